from __future__ import annotations

from decimal import Decimal

import pytest

from xds_tui.domain.host_list import Counts
from xds_tui.domain.pricing import FleetRate, Rate
from xds_tui.text.host_title import Listed, title

NOTHING = Rate(Decimal(0), Decimal(0), is_known=True)
RATE = FleetRate(Rate(Decimal("4.5"), Decimal("4.5"), is_known=True), NOTHING, 0)
LISTED = Listed(
    Counts(total=12, on=8, changing=2, expiring=1, off=2),
    all=42,
    rate=RATE,
    query="gpu:4090",
    unreadable=1,
    marked=3,
    hidden_columns=6,
)


def test_counts_and_cost_are_those_of_the_filtered_hosts() -> None:
    shown = (
        "¹Hosts 12/42 · 8 on · 2 changing · ¥4.50/h · 1 expiring soon · 1 not parsed · 3 marked"
        " · / gpu:4090 · esc clears · +6 columns"
    )
    assert title(LISTED, 200) == shown


@pytest.mark.parametrize("width", [40, 60, 76, 100])
def test_what_the_rows_show_too_is_left_out_first(width: int) -> None:
    shown = title(LISTED, width)
    assert shown.startswith("¹Hosts 12/42 · ")
    assert shown.endswith("1 not parsed · 3 marked · / gpu:4090 · esc clears")
    assert "column" not in shown
    assert ("8 on" in shown) is (width == 100)


def test_what_does_not_exist_is_not_shown() -> None:
    assert title(Listed(Counts(total=1, on=0, changing=0, expiring=0)), 80) == "¹Hosts 1 · 0 on"


def test_an_inconsistent_list_is_reported() -> None:
    listed = Listed(Counts(total=60, on=0, changing=0, expiring=0), unlisted=6, is_complete=False)
    assert title(listed, 80) == "¹Hosts 60 · 0 on · 6 not listed · list incomplete"


def test_one_column_is_one() -> None:
    listed = Listed(Counts(total=1, on=0, changing=0, expiring=0), hidden_columns=1)
    assert title(listed, 80).endswith("+1 column")
