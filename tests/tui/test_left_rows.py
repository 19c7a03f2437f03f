"""Selecting a row at the moment when a refresh removes it shows nothing and does not fail."""

from __future__ import annotations

import pytest
from support.app_driver import AppDriver, running_app

from xds_tui.tui.widgets.event_table import ActivityTable, EventTable
from xds_tui.tui.widgets.order_table import OrderTable
from xds_tui.tui.widgets.table.table import Table

pytestmark = pytest.mark.usefixtures("unhurried")


async def choose_what_has_left(driver: AppDriver, table: Table) -> None:
    before = driver.text
    table.post_message(Table.RowSelected(table, "a row that has left"))
    await driver.pilot.pause()
    assert driver.app.return_code is None
    assert driver.text == before


async def test_selecting_a_removed_event_shows_nothing() -> None:
    async with running_app(AppDriver()) as driver:
        await choose_what_has_left(driver, driver.app.screen.query_one("#events", ActivityTable))


@pytest.mark.parametrize(("page", "kind"), [("1", EventTable), ("2", OrderTable)])
async def test_removed_rows_of_the_history_are_neither_shown_nor_copied(
    page: str, kind: type[Table], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_app(AppDriver()) as driver:
        await driver.press("h", page)
        await driver.wait_for_text(f"▸{page} ")
        table = driver.app.screen.query_one(kind)
        await choose_what_has_left(driver, table)
        monkeypatch.setattr(kind, "cursor_key", "a row that has left")
        before = driver.text
        await driver.press("t")
        assert driver.text == before
        assert driver.app.clipboard == ""
