"""A confirmation that is pressed before its dialog can have been read is ignored."""

from __future__ import annotations

import pytest
from support.app_driver import AppDriver, running_app

from xds_tui.simulator.host import BILLED, OFF
from xds_tui.tui.screens.confirm import Dialog
from xds_tui.tui.widgets.host_table import HostTable

pytestmark = pytest.mark.usefixtures("hurried")


async def test_a_confirmation_pressed_too_early_is_ignored() -> None:
    async with running_app(AppDriver()) as driver:
        target = next(host for host in driver.world.listed() if host.status == BILLED)
        driver.app.screen.query_one(HostTable).move_to(target.id)
        await driver.press("x")
        await driver.wait_for_text("Stop 1 host")
        await driver.press("y", "tab", "enter")
        await driver.pilot.click("#yes")
        assert isinstance(driver.app.screen, Dialog)
        await driver.press("n")
        await driver.wait_until_gone("Stop 1 host")
        assert driver.request_count("operate") == 0


async def test_an_id_typed_before_the_dialog_opened_deletes_nothing() -> None:
    async with running_app(AppDriver()) as driver:
        target = next(host for host in driver.world.listed() if host.rented and host.status == OFF)
        driver.app.screen.query_one(HostTable).move_to(target.id)
        await driver.press("D")
        await driver.wait_for_text("Type .* and press enter")
        await driver.type(target.id)
        await driver.press("enter")
        assert isinstance(driver.app.screen, Dialog)
        await driver.press("escape")
        await driver.wait_until_gone("and press enter")
        assert driver.request_count("delete") + driver.request_count("remove") == 0
        assert target.gone_from is None
