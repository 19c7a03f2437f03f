"""Connecting without a suspended terminal; `tests/pty` has the tests with one."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.app_driver import Desk, sitting_at
from support.wait import until

from xds_tui.domain.endpoint import DEMO
from xds_tui.remote.templates import ConnectCommands
from xds_tui.simulator.host import OFF, SimHost
from xds_tui.tui.flows import connect
from xds_tui.tui.widgets.host_table import HostTable

WITH_ARGUMENTS = """#!{python}
import json, os, sys
with open({seen!r}, "w") as file:
    json.dump([sys.argv[1:], dict(os.environ)], file)
sys.exit({code})
"""

Program = Callable[..., Path]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Install the only program that can be found, and return the file to which it writes how it was started."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION", "SSH_TTY"):
        monkeypatch.delenv(name, raising=False)

    def install(name: str, code: int = 0) -> Path:
        seen = tmp_path / f"{name}.json"
        script = folder / name
        script.write_text(WITH_ARGUMENTS.format(python=sys.executable, seen=str(seen), code=code))
        script.chmod(0o755)
        return seen

    return install


def a_machine(desk: Desk, system: str, *, off: bool = False) -> SimHost:
    """Return a reachable host with this system, and move the cursor to it."""
    found = next(
        host
        for host in desk.world.listed()
        if host.image.name.startswith(system) and host.port and (host.status == OFF) is off
    )
    desk.app.screen.query_one(HostTable).move_to(found.id)
    return found


async def test_the_command_is_shown_if_the_terminal_cannot_be_suspended(program: Program) -> None:
    seen = program("ssh")
    async with sitting_at(Desk()) as desk:
        host = a_machine(desk, "Ubuntu")
        await desk.press("c")
        await desk.see("cannot be lent to ssh")
        await desk.see(f"ssh -p {host.port} -l root -- gx-xds-rdp")
        assert not seen.exists()


async def test_the_command_is_shown_and_can_be_copied_if_ssh_is_missing(program: Program) -> None:
    assert program
    async with sitting_at(Desk(), 80, 24) as desk:
        host = a_machine(desk, "Ubuntu")
        await desk.press("c")
        await desk.see("ssh is not installed here")
        await desk.press("y")
        await desk.see("ssh command")
        await desk.type("ssh")
        await desk.press("enter")
        await desk.see("Sent to the terminal's clipboard: ssh command")
        assert desk.app.clipboard == f"ssh -p {host.port} -l root -- gx-xds-rdp.songmao-idc.com"


async def test_a_configured_command_is_used(program: Program) -> None:
    program("mosh")
    async with sitting_at(Desk(commands=ConnectCommands(linux=("mosh", "{user}@{address}")))) as desk:
        a_machine(desk, "Ubuntu")
        await desk.press("enter", "c")
        await desk.see("cannot be lent to mosh")
        await desk.see("mosh root@gx-xds-rdp.songmao-idc.com")


async def test_demo_hosts_cannot_be_connected_to(program: Program) -> None:
    seen = program("ssh")
    async with sitting_at(Desk(base_url=DEMO)) as desk:
        a_machine(desk, "Ubuntu")
        await desk.press("c")
        await desk.see("The demo's hosts are nowhere")
        await desk.see("ssh -p")
        assert not seen.exists()


async def test_in_a_browser_no_program_is_started_on_the_server(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = program("remmina")
    monkeypatch.setenv("DISPLAY", ":9")
    async with sitting_at(Desk()) as desk:
        monkeypatch.setattr(type(desk.app._driver), "is_web", property(lambda _driver: True))
        host = a_machine(desk, "Windows")
        await desk.press("c")
        await desk.see("A browser cannot do it")
        await desk.see(f"mstsc /v:gx-xds-rdp.songmao-idc.com:{host.port}")
        assert not seen.exists()
        assert not desk.exports.exists()


async def test_the_reason_why_a_host_cannot_be_connected_to_is_shown() -> None:
    async with sitting_at(Desk()) as desk:
        off = a_machine(desk, "Ubuntu", off=True)
        await desk.press("c")
        await desk.see(f"{off.name} is off. Press s to start it")
        table = desk.app.screen.query_one(HostTable)
        table.mark([host.id for host in desk.world.listed()[:2]])
        await desk.press("c")
        await desk.see("Connect works on one host at a time")
        table.clear_marks()
        new = next(host for host in desk.world.listed() if host.status != OFF)
        new.port = 0
        await desk.sweep()
        table.move_to(new.id)
        await desk.press("c")
        await desk.see("Its address is not known yet")


async def test_without_a_display_the_rdp_file_and_a_command_are_shown(program: Program) -> None:
    seen = program("remmina")
    async with sitting_at(Desk()) as desk:
        host = a_machine(desk, "Windows")
        await desk.press("c")
        await desk.see("there is no display here")
        await desk.see(f"mstsc /v:gx-xds-rdp.songmao-idc.com:{host.port}")
        path = desk.exports / f"xds-{host.id}.rdp"
        await desk.see(path.name)
        assert (
            path.read_bytes()
            == (
                f"full address:s:gx-xds-rdp.songmao-idc.com:{host.port}\r\n"
                "username:s:administrator\r\nprompt for credentials:i:1\r\n"
            ).encode()
        )
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert host.password not in desk.text
        assert not seen.exists()


async def test_an_rdp_client_is_started_if_there_is_one(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = program("remmina")
    monkeypatch.setenv("DISPLAY", ":9")
    monkeypatch.setenv("XDS_SECRET", "hush")
    async with sitting_at(Desk()) as desk:
        host = a_machine(desk, "Windows")
        await desk.press("enter", "c")
        await desk.see(f"remmina was started for gx-xds-rdp.songmao-idc.com:{host.port}")
        await until(lambda: seen.exists() and bool(seen.read_text()))
        arguments, environ = json.loads(seen.read_text())
        assert arguments == ["-c", str(desk.exports / f"xds-{host.id}.rdp")]
        assert "hush" not in str(environ)
        assert host.password not in str((arguments, environ))


async def test_a_client_that_fails_at_once_is_reported(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    program("remmina", code=3)
    monkeypatch.setenv("DISPLAY", ":9")
    monkeypatch.setattr(connect, "START_TIMEOUT", 30.0)
    async with sitting_at(Desk()) as desk:
        a_machine(desk, "Windows")
        await desk.press("c")
        await desk.see("remmina ended with code 3")
        await desk.see("remmina -c rdp://gx-xds-rdp")


async def test_a_slow_client_is_reported_as_starting(
    program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program("remmina")
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    (tmp_path / "bin" / "remmina").write_text(f"#!{sys.executable}\nopen({str(gate)!r}).read(); raise SystemExit(3)\n")
    monkeypatch.setenv("DISPLAY", ":9")
    monkeypatch.setattr(connect, "START_TIMEOUT", 30.0)
    async with sitting_at(Desk()) as desk:
        a_machine(desk, "Windows")
        await desk.press("c")
        await desk.see("starting remmina")
        await asyncio.to_thread(gate.write_text, "")
        await desk.see("remmina ended with code 3")


async def test_a_client_that_prompts_in_the_terminal_runs_in_the_foreground(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("xfreerdp")
    monkeypatch.setenv("DISPLAY", ":9")
    async with sitting_at(Desk()) as desk:
        host = a_machine(desk, "Windows")
        await desk.press("c")
        await desk.see("cannot be lent to xfreerdp")
        await desk.see(f"xfreerdp /v:gx-xds-rdp.songmao-idc.com:{host.port} /u:administrator")


async def test_a_configured_client_that_is_missing_is_reported(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert program
    monkeypatch.setenv("DISPLAY", ":9")
    async with sitting_at(Desk(commands=ConnectCommands(windows=("krdc", "{file}")))) as desk:
        a_machine(desk, "Windows")
        await desk.press("c")
        await desk.see("krdc could not be started")
        await desk.see("mstsc /v:")


async def test_an_unwritable_export_folder_is_reported(program: Program) -> None:
    assert program
    async with sitting_at(Desk()) as desk:
        a_machine(desk, "Windows")
        desk.exports.write_text("a file")
        await desk.press("c")
        await desk.see("The file could not be written")
        await desk.see("mstsc /v:")
