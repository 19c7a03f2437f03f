from __future__ import annotations

import json

import pytest
from support.app_driver import Desk, sitting_at
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


def a_machine(desk: Desk, status: int = ON) -> SimHost:
    """Return a reachable host, and move the cursor to it."""
    found = next(host for host in desk.world.listed() if host.status == status and host.port)
    desk.app.screen.query_one(HostTable).move_to(found.id)
    return found


async def chosen(desk: Desk, typed: str) -> str:
    """Choose what to copy, and return what was copied."""
    await desk.press("y")
    await desk.see("type to find")
    await desk.type(typed)
    await desk.press("enter")
    await desk.see("Sent to the terminal's clipboard")
    return desk.app.clipboard


@pytest.mark.parametrize("keys", [(), ("enter",)], ids=["in the list", "in the detail"])
async def test_the_copy_dialog_lists_all_fields_of_a_host(keys: tuple[str, ...]) -> None:
    async with sitting_at(Desk()) as desk:
        host = a_machine(desk)
        await desk.press(*keys)
        assert await chosen(desk, "address") == f"{ADDRESS}:{host.port}"
        assert await chosen(desk, host.id.lower()) == host.id
        assert f"{ADDRESS}" in await chosen(desk, "command")
        assert await chosen(desk, "password") == host.password
        await desk.see("clipboard: Password")
        assert host.password not in desk.text
        row = json.loads(await chosen(desk, "json"))
        assert row["id"] == host.id
        assert "password" not in row
        assert host.password not in str(row)


async def test_a_row_is_copied_with_the_fields_of_the_hosts_command() -> None:
    async with sitting_at(Desk()) as desk:
        host = a_machine(desk)
        row = json.loads(await chosen(desk, "json"))
        snapshot = desk.monitor.state.snapshot
        assert snapshot is not None
        (seen,) = (one for one in snapshot.hosts if one.id == host.id)
        table = export.hosts_table(Snapshot((seen,), snapshot.at), desk.monitor.state.costs)
        assert [row] == json.loads(export.to_json(table))


async def test_the_dialog_masks_the_password_and_names_missing_fields() -> None:
    async with sitting_at(Desk()) as desk:
        host = a_machine(desk)
        await desk.press("y")
        text = await desk.see("Copy from")
        assert MASK in text
        assert host.password not in text
        assert "Nothing went wrong with it lately" in text
        await desk.type("traceid")
        await desk.press("enter")
        assert isinstance(desk.app.screen, PickerScreen)
        await desk.press("escape")
        new = desk.world.listed()[0]
        new.port = 0
        await desk.sweep()
        desk.app.screen.query_one(HostTable).move_to(new.id)
        await desk.press("y")
        text = await desk.see("Copy from")
        assert text.count("Its address is not known yet") == 2
        assert "The service gives no password for it" in text


@pytest.mark.usefixtures("unhurried")
async def test_the_trace_id_of_the_last_failure_is_offered() -> None:
    async with sitting_at(Desk()) as desk:
        host = a_machine(desk, OFF)
        desk.service.faults.set(Fault(kind=Kind.CODE, endpoint="pve/open/operate", code=9001))
        await desk.press("s")
        if isinstance(desk.app.screen, ConfirmScreen):
            await desk.press("y")
        await until(lambda: any(order.trace_id for order in desk.monitor.state.orders))
        (order,) = desk.monitor.state.orders
        assert order.host_id == host.id
        assert await chosen(desk, "traceid") == order.trace_id


async def test_fields_of_marked_hosts_are_copied_one_per_line() -> None:
    async with sitting_at(Desk(), 160) as desk:
        hosts = [host for host in desk.world.listed() if host.port][:3]
        table = desk.app.screen.query_one(HostTable)
        table.mark([host.id for host in hosts])
        await desk.see("y Copy 3")
        await desk.press("y")
        text = await desk.see("Copy from 3 hosts")
        assert "Password" not in text
        await desk.press("escape")
        assert sorted((await chosen(desk, "addresses")).splitlines()) == sorted(
            f"{ADDRESS}:{host.port}" for host in hosts
        )
        await desk.see(r"clipboard: Addresses \(3\)")
        assert set((await chosen(desk, "ids")).splitlines()) == {host.id for host in hosts}
        rows = json.loads(await chosen(desk, "json"))
        assert {row["id"] for row in rows} == {host.id for host in hosts}
        assert table.marked


async def test_a_text_that_is_too_long_is_reported_instead_of_truncated(monkeypatch: pytest.MonkeyPatch) -> None:
    async with sitting_at(Desk()) as desk:
        a_machine(desk)
        assert await chosen(desk, "json")
        before = desk.app.clipboard
        monkeypatch.setattr(clipboard, "MAX_TEXT_BYTES", 10)
        await desk.press("y")
        await desk.type("address")
        await desk.press("enter")
        await desk.see("Not copied: Address is")
        assert desk.app.clipboard == before


async def test_a_key_of_the_details_copies_the_password() -> None:
    async with sitting_at(Desk()) as desk:
        host = a_machine(desk)
        await desk.press("enter", "Y")
        await desk.see("Sent to the terminal's clipboard: Password")
        assert desk.app.clipboard == host.password
        assert host.password not in desk.text


async def test_a_missing_password_is_not_copied() -> None:
    async with sitting_at(Desk()) as desk:
        host = a_machine(desk)
        host.port = 0
        await desk.sweep()
        await desk.press("enter", "Y")
        await desk.see("The service gives no password for it")
        assert desk.app.clipboard == ""
        host.gone_from = desk.clock()
        await desk.sweep()
        await desk.see("This host no longer exists")
        for key in ("c", "y"):
            await desk.press(key)
            await desk.see("No host is selected")


async def test_a_terminal_without_clipboard_access_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async with sitting_at(Desk()) as desk:
        a_machine(desk)
        await chosen(desk, "address")
        await desk.see("Nothing arrives if the terminal does not take OSC 52")
        monkeypatch.setenv("TERM", "linux")
        await chosen(desk, "json")
        await desk.see("The Linux console takes nothing")


async def test_closing_the_dialog_copies_nothing() -> None:
    async with sitting_at(Desk()) as desk:
        a_machine(desk)
        await desk.press("y", "escape")
        assert desk.app.clipboard == ""
        assert "Sent" not in desk.text
    async with sitting_at(Desk(hosts=0)) as desk:
        await desk.press("y")
        await desk.see("No host is selected")
