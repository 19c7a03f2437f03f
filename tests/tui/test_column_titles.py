"""What heads the columns, in both languages: a title that is cut off names nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from rich.cells import cell_len

from xds_tui import i18n
from xds_tui.tui.widgets import event_list, host_table, how_much, offers, order_list, purchase
from xds_tui.tui.widgets.line_layout import Column, translated

TABLES = {
    "hosts": host_table._COLUMNS.values(),
    "images": offers.IMAGE_COLUMNS,
    "packages": offers.PACKAGE_COLUMNS,
    "periods": how_much._COLUMNS,
    "purchase": purchase._COLUMNS,
    "orders": order_list._COLUMNS,
    "events of today": event_list._TODAY,
    "events": event_list._DATED,
}


@pytest.fixture(params=i18n.LANGUAGES)
def _in_each_language(request: pytest.FixtureRequest) -> Iterator[None]:
    i18n.choose(request.param)
    yield
    i18n.choose("en")


@pytest.mark.usefixtures("_in_each_language")
@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_title_fits_above_its_column(table: Iterable[Column]) -> None:
    assert [column.title for column in translated(table) if cell_len(column.title) > column.width] == []
