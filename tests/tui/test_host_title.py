from __future__ import annotations

import pytest

from xds_tui.domain.host_list import Counts
from xds_tui.tui.widgets.host_pane import Listed, title

LISTED = Listed(Counts(total=42, on=30, changing=2, expiring=1), shown=12, unreadable=1, marked=3, hidden_columns=6)


def test_the_title_shows_everything_that_fits() -> None:
    text = "Hosts 12/42 · 30 on · 2 changing · 1 expires < 24 h · 1 unreadable · 3 marked · +6 columns"
    assert title(LISTED, 200) == text


@pytest.mark.parametrize("width", [40, 60, 76])
def test_parts_that_rows_show_too_are_dropped_first(width: int) -> None:
    text = title(LISTED, width)
    assert text.endswith("1 expires < 24 h · 1 unreadable · 3 marked · +6 columns")
    assert text.startswith("Hosts 12/42")
    assert "on ·" not in text or len(text) <= width


def test_the_title_omits_empty_parts() -> None:
    listed = Listed(Counts(total=1, on=0, changing=0, expiring=0), None, 0, 0, 0)
    assert title(listed, 80) == "Hosts 1 · 0 on"


def test_an_inconsistent_list_is_reported() -> None:
    listed = Listed(Counts(total=60, on=0, changing=0, expiring=0), None, 0, 0, 0, unlisted=6, is_complete=False)
    assert title(listed, 80) == "Hosts 60 · 0 on · 6 not listed · list incomplete"


def test_one_column_is_one() -> None:
    listed = Listed(Counts(total=1, on=0, changing=0, expiring=0), None, 0, 0, 1)
    assert title(listed, 80).endswith("+1 column")
