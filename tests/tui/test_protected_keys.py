"""Protected hosts survive every command of the main screen and of the details."""

from __future__ import annotations

from typing import Final

import pytest
from support.app_driver import AppDriver, running_app
from support.wait import until

from xds_tui.domain.annotations import AnnotationChange
from xds_tui.simulator.host import RUNNING
from xds_tui.tui.commands import COMMANDS, keys_of
from xds_tui.tui.widgets.host_table import HostTable

pytestmark = pytest.mark.usefixtures("unhurried")

FATAL: Final = ("operate", "reboot", "delete")
ORDERS: Final = ("fleet.stop", "fleet.reboot", "fleet.delete")
OTHERS: Final = {"app.quit", "app.suspend", "fleet.quit", "fleet.start", "host.start", "detail.start"}


async def test_no_command_harms_a_protected_host() -> None:
    async with running_app(AppDriver(hosts=4)) as driver:
        hosts = driver.world.listed()
        await driver.monitor.annotations.edit({host.id: AnnotationChange(is_marked=True) for host in hosts})
        await until(lambda: bool(driver.monitor.state.annotations))
        table = driver.app.screen.query_one(HostTable)
        places = {command.place for command in COMMANDS.values() if command.id in ORDERS}
        commands = [command for command in COMMANDS.values() if command.place in places and command.id not in OTHERS]
        assert {command.id for command in commands} >= set(ORDERS)
        for command in commands:
            for host in hosts:
                table.move_to(host.id)
                if host.id not in table.marked:
                    await driver.press("space")
            await driver.press(keys_of(command, {})[0], "y")
            if "delete 4" in driver.text:
                await driver.press(*"delete 4", "enter")
            assert not any(driver.request_count(f"/{call}/") for call in FATAL), command.id
            while len(driver.app.screen_stack) > 1:
                await driver.press("escape")
        await driver.monitor.annotations.edit({host.id: AnnotationChange(is_marked=False) for host in hosts})
        await driver.press("D")
        await driver.wait_for_text("delete 4")
        await driver.press(*"delete 4", "enter")
        await until(lambda: driver.request_count("/delete/") == len(hosts))


async def test_a_bulk_operation_lists_the_hosts_that_it_leaves_out() -> None:
    async with running_app(AppDriver()) as driver:
        first, second = [host for host in driver.world.listed() if host.status in RUNNING][:2]
        change = AnnotationChange(alias="keep-me", is_marked=True)
        await driver.monitor.annotations.edit({first.id: change})
        await driver.wait_for_text("keep-me")
        table = driver.app.screen.query_one(HostTable)
        for host in (first, second):
            table.move_to(host.id)
            await driver.press("space")
        await driver.press("x")
        await driver.wait_for_text("Protected and left out: keep-me")
        await driver.press("y")
        await driver.wait_for_text("Protected, so nothing was sent: keep-me")
        assert not driver.request_count(f"/operate/{first.id}")
