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
from support.app_driver import AppDriver, running_app
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


def a_machine(driver: AppDriver, system: str, *, off: bool = False) -> SimHost:
    """Return a reachable host with this system, and move the cursor to it."""
    found = next(
        host
        for host in driver.world.listed()
        if host.image.name.startswith(system) and host.port and (host.status == OFF) is off
    )
    driver.app.screen.query_one(HostTable).move_to(found.id)
    return found


async def test_the_command_is_shown_if_the_terminal_cannot_be_suspended(program: Program) -> None:
    seen = program("ssh")
    async with running_app(AppDriver()) as driver:
        host = a_machine(driver, "Ubuntu")
        await driver.press("c")
        await driver.wait_for_text("cannot run ssh")
        await driver.wait_for_text(f"ssh -p {host.port} -l root -- gx-xds-rdp")
        assert not seen.exists()


@pytest.mark.usefixtures("program")
async def test_the_command_is_shown_and_can_be_copied_if_ssh_is_missing() -> None:
    async with running_app(AppDriver(), 80, 24) as driver:
        host = a_machine(driver, "Ubuntu")
        await driver.press("c")
        await driver.wait_for_text("ssh is not installed on this machine")
        await driver.press("y")
        await driver.wait_for_text("ssh command")
        await driver.type("ssh")
        await driver.press("enter")
        await driver.wait_for_text("Sent to the terminal's clipboard: ssh command")
        assert driver.app.clipboard == f"ssh -p {host.port} -l root -- gx-xds-rdp.songmao-idc.com"


async def test_a_configured_command_is_used(program: Program) -> None:
    program("mosh")
    async with running_app(AppDriver(commands=ConnectCommands(linux=("mosh", "{user}@{address}")))) as driver:
        a_machine(driver, "Ubuntu")
        await driver.press("enter", "c")
        await driver.wait_for_text("cannot run mosh")
        await driver.wait_for_text("mosh root@gx-xds-rdp.songmao-idc.com")


async def test_demo_hosts_cannot_be_connected_to(program: Program) -> None:
    seen = program("ssh")
    async with running_app(AppDriver(base_url=DEMO)) as driver:
        a_machine(driver, "Ubuntu")
        await driver.press("c")
        await driver.wait_for_text("Demo hosts do not exist")
        await driver.wait_for_text("ssh -p")
        assert not seen.exists()


async def test_in_a_browser_no_program_is_started_on_the_server(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = program("remmina")
    monkeypatch.setenv("DISPLAY", ":9")
    async with running_app(AppDriver()) as driver:
        monkeypatch.setattr(type(driver.app._driver), "is_web", property(lambda _driver: True))
        host = a_machine(driver, "Windows")
        await driver.press("c")
        await driver.wait_for_text("A browser cannot connect")
        await driver.wait_for_text(f"mstsc /v:gx-xds-rdp.songmao-idc.com:{host.port}")
        assert not seen.exists()
        assert not driver.exports.exists()


async def test_the_reason_why_a_host_cannot_be_connected_to_is_shown() -> None:
    async with running_app(AppDriver()) as driver:
        off = a_machine(driver, "Ubuntu", off=True)
        await driver.press("c")
        await driver.wait_for_text(f"{off.name} is off. Press s to start it.")
        table = driver.app.screen.query_one(HostTable)
        table.mark([host.id for host in driver.world.listed()[:2]])
        await driver.press("c")
        await driver.wait_for_text("Connect works on one host at a time")
        table.clear_marks()
        new = next(host for host in driver.world.listed() if host.status != OFF)
        new.port = 0
        await driver.refresh()
        table.move_to(new.id)
        await driver.press("c")
        await driver.wait_for_text("The address is not known yet")


async def test_without_a_display_the_rdp_file_and_a_command_are_shown(program: Program) -> None:
    seen = program("remmina")
    async with running_app(AppDriver()) as driver:
        host = a_machine(driver, "Windows")
        await driver.press("c")
        await driver.wait_for_text("there is no graphical display")
        await driver.wait_for_text(f"mstsc /v:gx-xds-rdp.songmao-idc.com:{host.port}")
        path = driver.exports / f"xds-{host.id}.rdp"
        await driver.wait_for_text(path.name)
        assert (
            path.read_bytes()
            == (
                f"full address:s:gx-xds-rdp.songmao-idc.com:{host.port}\r\n"
                "username:s:administrator\r\nprompt for credentials:i:1\r\n"
            ).encode()
        )
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert host.password not in driver.text
        assert not seen.exists()


async def test_an_rdp_client_is_started_if_there_is_one(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = program("remmina")
    monkeypatch.setenv("DISPLAY", ":9")
    monkeypatch.setenv("XDS_SECRET", "hush")
    async with running_app(AppDriver()) as driver:
        host = a_machine(driver, "Windows")
        await driver.press("enter", "c")
        await driver.wait_for_text(f"remmina was started for gx-xds-rdp.songmao-idc.com:{host.port}")
        await until(lambda: seen.exists() and bool(seen.read_text()))
        arguments, environ = json.loads(seen.read_text())
        assert arguments == ["-c", str(driver.exports / f"xds-{host.id}.rdp")]
        assert "hush" not in str(environ)
        assert host.password not in str((arguments, environ))


async def test_a_client_that_fails_at_once_is_reported(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    program("remmina", code=3)
    monkeypatch.setenv("DISPLAY", ":9")
    monkeypatch.setattr(connect, "START_TIMEOUT", 30.0)
    async with running_app(AppDriver()) as driver:
        a_machine(driver, "Windows")
        await driver.press("c")
        await driver.wait_for_text("remmina ended with exit code 3")
        await driver.wait_for_text("remmina -c rdp://gx-xds-rdp")


async def test_a_slow_client_is_reported_as_starting(
    program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program("remmina")
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    (tmp_path / "bin" / "remmina").write_text(f"#!{sys.executable}\nopen({str(gate)!r}).read(); raise SystemExit(3)\n")
    monkeypatch.setenv("DISPLAY", ":9")
    monkeypatch.setattr(connect, "START_TIMEOUT", 30.0)
    async with running_app(AppDriver()) as driver:
        a_machine(driver, "Windows")
        await driver.press("c")
        await driver.wait_for_text("starting remmina")
        await asyncio.to_thread(gate.write_text, "")
        await driver.wait_for_text("remmina ended with exit code 3")


async def test_a_client_that_prompts_in_the_terminal_runs_in_the_foreground(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("xfreerdp")
    monkeypatch.setenv("DISPLAY", ":9")
    async with running_app(AppDriver()) as driver:
        host = a_machine(driver, "Windows")
        await driver.press("c")
        await driver.wait_for_text("cannot run xfreerdp")
        await driver.wait_for_text(f"xfreerdp /v:gx-xds-rdp.songmao-idc.com:{host.port} /u:administrator")


@pytest.mark.usefixtures("program")
async def test_a_configured_client_that_is_missing_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":9")
    async with running_app(AppDriver(commands=ConnectCommands(windows=("krdc", "{file}")))) as driver:
        a_machine(driver, "Windows")
        await driver.press("c")
        await driver.wait_for_text("krdc could not be started")
        await driver.wait_for_text("mstsc /v:")


@pytest.mark.usefixtures("program")
async def test_an_unwritable_export_folder_is_reported() -> None:
    async with running_app(AppDriver()) as driver:
        a_machine(driver, "Windows")
        driver.exports.write_text("a file")
        await driver.press("c")
        await driver.wait_for_text("The file could not be written")
        await driver.wait_for_text("mstsc /v:")
