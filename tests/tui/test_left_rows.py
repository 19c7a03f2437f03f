"""Selecting a row at the moment when a refresh removes it shows nothing and does not fail."""

from __future__ import annotations

import pytest
from support.app_driver import Desk, sitting_at

from xds_tui.tui.widgets.event_table import ActivityTable, EventTable
from xds_tui.tui.widgets.order_table import OrderTable
from xds_tui.tui.widgets.table.table import Table

pytestmark = pytest.mark.usefixtures("unhurried")


async def choose_what_has_left(desk: Desk, table: Table) -> None:
    before = desk.text
    table.post_message(Table.RowSelected(table, "a row that has left"))
    await desk.pilot.pause()
    assert desk.app.return_code is None
    assert desk.text == before


async def test_selecting_a_removed_event_shows_nothing() -> None:
    async with sitting_at(Desk()) as desk:
        await choose_what_has_left(desk, desk.app.screen.query_one("#events", ActivityTable))


@pytest.mark.parametrize(("page", "kind"), [("1", EventTable), ("2", OrderTable)])
async def test_removed_rows_of_the_history_are_neither_shown_nor_copied(
    page: str, kind: type[Table], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sitting_at(Desk()) as desk:
        await desk.press("h", page)
        await desk.see(f"▸{page} ")
        table = desk.app.screen.query_one(kind)
        await choose_what_has_left(desk, table)
        monkeypatch.setattr(kind, "cursor_key", "a row that has left")
        before = desk.text
        await desk.press("t")
        assert desk.text == before
        assert desk.app.clipboard == ""
