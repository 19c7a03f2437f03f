"""A confirmation that is pressed before its dialog can have been read is ignored."""

from __future__ import annotations

import pytest
from support.app_driver import Desk, sitting_at

from xds_tui.simulator.host import BILLED, OFF
from xds_tui.tui.screens.confirm import Dialog
from xds_tui.tui.widgets.host_table import HostTable

pytestmark = pytest.mark.usefixtures("hurried")


async def test_a_confirmation_pressed_too_early_is_ignored() -> None:
    async with sitting_at(Desk()) as desk:
        target = next(host for host in desk.world.listed() if host.status == BILLED)
        desk.app.screen.query_one(HostTable).move_to(target.id)
        await desk.press("x")
        await desk.see("Stop 1 host")
        await desk.press("y", "tab", "enter")
        await desk.pilot.click("#yes")
        assert isinstance(desk.app.screen, Dialog)
        await desk.press("n")
        await desk.see_no_more("Stop 1 host")
        assert desk.asked("operate") == 0


async def test_an_id_typed_before_the_dialog_opened_deletes_nothing() -> None:
    async with sitting_at(Desk()) as desk:
        target = next(host for host in desk.world.listed() if host.rented and host.status == OFF)
        desk.app.screen.query_one(HostTable).move_to(target.id)
        await desk.press("D")
        await desk.see("Type .* and press enter")
        await desk.type(target.id)
        await desk.press("enter")
        assert isinstance(desk.app.screen, Dialog)
        await desk.press("escape")
        await desk.see_no_more("and press enter")
        assert desk.asked("delete") + desk.asked("remove") == 0
        assert target.gone_from is None
