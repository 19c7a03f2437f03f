from __future__ import annotations

import json

import pytest
from support.app_driver import AppDriver, running_app
from support.wait import until

from tests.simulator_faults.faults import Fault, Kind
from xds_tui.domain.credentials import MASK
from xds_tui.domain.model import Snapshot
from xds_tui.simulator.host import OFF, ON, SimHost
from xds_tui.system import clipboard
from xds_tui.text import export
from xds_tui.tui.screens.confirm import ConfirmScreen
from xds_tui.tui.screens.picker import PickerScreen
from xds_tui.tui.widgets.host_table import HostTable

ADDRESS = "gx-xds-rdp.songmao-idc.com"


def a_machine(driver: AppDriver, status: int = ON) -> SimHost:
    """Return a reachable host, and move the cursor to it."""
    found = next(host for host in driver.world.listed() if host.status == status and host.port)
    driver.app.screen.query_one(HostTable).move_to(found.id)
    return found


async def chosen(driver: AppDriver, typed: str) -> str:
    """Choose what to copy, and return what was copied."""
    await driver.press("y")
    await driver.wait_for_text("type to search")
    await driver.type(typed)
    await driver.press("enter")
    await driver.wait_for_text("Sent to the terminal's clipboard")
    return driver.app.clipboard


@pytest.mark.parametrize("keys", [(), ("enter",)], ids=["in the list", "in the detail"])
async def test_the_copy_dialog_lists_all_fields_of_a_host(keys: tuple[str, ...]) -> None:
    async with running_app(AppDriver()) as driver:
        host = a_machine(driver)
        await driver.press(*keys)
        assert await chosen(driver, "address") == f"{ADDRESS}:{host.port}"
        assert await chosen(driver, host.id.lower()) == host.id
        assert f"{ADDRESS}" in await chosen(driver, "command")
        assert await chosen(driver, "password") == host.password
        await driver.wait_for_text("clipboard: Password")
        assert host.password not in driver.text
        row = json.loads(await chosen(driver, "json"))
        assert row["id"] == host.id
        assert "password" not in row
        assert host.password not in str(row)


async def test_a_row_is_copied_with_the_fields_of_the_hosts_command() -> None:
    async with running_app(AppDriver()) as driver:
        host = a_machine(driver)
        row = json.loads(await chosen(driver, "json"))
        snapshot = driver.monitor.state.snapshot
        assert snapshot is not None
        (seen,) = (one for one in snapshot.hosts if one.id == host.id)
        table = export.hosts_table(Snapshot((seen,), snapshot.at), driver.monitor.state.costs)
        assert [row] == json.loads(export.to_json(table))


async def test_the_dialog_masks_the_password_and_names_missing_fields() -> None:
    async with running_app(AppDriver()) as driver:
        host = a_machine(driver)
        await driver.press("y")
        text = await driver.wait_for_text("Copy from")
        assert MASK in text
        assert host.password not in text
        assert "no errors were reported for it recently" in text
        await driver.type("traceid")
        await driver.press("enter")
        assert isinstance(driver.app.screen, PickerScreen)
        await driver.press("escape")
        new = driver.world.listed()[0]
        new.port = 0
        await driver.refresh()
        driver.app.screen.query_one(HostTable).move_to(new.id)
        await driver.press("y")
        text = await driver.wait_for_text("Copy from")
        assert text.count("The address is not known yet") == 2
        assert "the service provides no password for it" in text


@pytest.mark.usefixtures("unhurried")
async def test_the_trace_id_of_the_last_failure_is_offered() -> None:
    async with running_app(AppDriver()) as driver:
        host = a_machine(driver, OFF)
        driver.service.faults.set(Fault(kind=Kind.CODE, endpoint="pve/open/operate", code=9001))
        await driver.press("s")
        if isinstance(driver.app.screen, ConfirmScreen):
            await driver.press("y")
        await until(lambda: any(order.trace_id for order in driver.monitor.state.orders))
        (order,) = driver.monitor.state.orders
        assert order.host_id == host.id
        assert await chosen(driver, "traceid") == order.trace_id


async def test_fields_of_marked_hosts_are_copied_one_per_line() -> None:
    async with running_app(AppDriver(), 160) as driver:
        hosts = [host for host in driver.world.listed() if host.port][:3]
        table = driver.app.screen.query_one(HostTable)
        table.mark([host.id for host in hosts])
        await driver.wait_for_text("y Copy 3")
        await driver.press("y")
        text = await driver.wait_for_text("Copy from 3 hosts")
        assert "Password" not in text
        await driver.press("escape")
        assert sorted((await chosen(driver, "addresses")).splitlines()) == sorted(
            f"{ADDRESS}:{host.port}" for host in hosts
        )
        await driver.wait_for_text(r"clipboard: Addresses \(3\)")
        assert set((await chosen(driver, "ids")).splitlines()) == {host.id for host in hosts}
        rows = json.loads(await chosen(driver, "json"))
        assert {row["id"] for row in rows} == {host.id for host in hosts}
        assert table.marked


async def test_a_text_that_is_too_long_is_reported_instead_of_truncated(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_app(AppDriver()) as driver:
        a_machine(driver)
        assert await chosen(driver, "json")
        before = driver.app.clipboard
        monkeypatch.setattr(clipboard, "MAX_TEXT_BYTES", 10)
        await driver.press("y")
        await driver.type("address")
        await driver.press("enter")
        await driver.wait_for_text("Not copied: Address has")
        assert driver.app.clipboard == before


async def test_a_key_of_the_details_copies_the_password() -> None:
    async with running_app(AppDriver()) as driver:
        host = a_machine(driver)
        await driver.press("enter", "Y")
        await driver.wait_for_text("Sent to the terminal's clipboard: Password")
        assert driver.app.clipboard == host.password
        assert host.password not in driver.text


async def test_a_missing_password_is_not_copied() -> None:
    async with running_app(AppDriver()) as driver:
        host = a_machine(driver)
        host.port = 0
        await driver.refresh()
        await driver.press("enter", "Y")
        await driver.wait_for_text("the service provides no password for it")
        assert driver.app.clipboard == ""
        host.gone_from = driver.clock()
        await driver.refresh()
        await driver.wait_for_text("This host no longer exists")
        for key in ("c", "y"):
            await driver.press(key)
            await driver.wait_for_text("No host is selected")


async def test_a_terminal_without_clipboard_access_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_app(AppDriver()) as driver:
        a_machine(driver)
        await chosen(driver, "address")
        await driver.wait_for_text("It arrives only if the terminal supports OSC 52")
        monkeypatch.setenv("TERM", "linux")
        await chosen(driver, "json")
        await driver.wait_for_text("The Linux console does not support copying")


async def test_closing_the_dialog_copies_nothing() -> None:
    async with running_app(AppDriver()) as driver:
        a_machine(driver)
        await driver.press("y", "escape")
        assert driver.app.clipboard == ""
        assert "Sent" not in driver.text
    async with running_app(AppDriver(hosts=0)) as driver:
        await driver.press("y")
        await driver.wait_for_text("No host is selected")
