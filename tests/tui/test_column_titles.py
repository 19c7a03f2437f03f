"""The titles of columns fit in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from rich.cells import cell_len

from xds_tui import i18n
from xds_tui.tui.screens.create import order_form, result
from xds_tui.tui.widgets import catalog_rows, event_table, host_table, order_table
from xds_tui.tui.widgets.table.columns import Column, translated

TABLES = {
    "hosts": host_table._COLUMNS.values(),
    "images": catalog_rows.IMAGE_COLUMNS,
    "packages": catalog_rows.PACKAGE_COLUMNS,
    "periods": order_form._COLUMNS,
    "purchase": result._COLUMNS,
    "orders": order_table._COLUMNS,
    "events of today": event_table.TIMED_COLUMNS,
    "events": event_table._DATED,
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
