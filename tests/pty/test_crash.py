"""The real program made to fail at every stage: the terminal is restored and a report is written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.terminal import Terminal
from test_whole_job import assert_restored

PLANTED = "planted-7c1d"

FAILING = f"""
import asyncio, sys, threading
from xds_tui.cli import main
from xds_tui.tui.screens.fleet import FleetScreen

def fail(*_):
    token = "{PLANTED}"
    raise LookupError(f"nothing goes with {{token}}")

async def later():
    await asyncio.sleep(0)
    fail()

def in_a_task(self):
    asyncio.get_running_loop().create_task(later())

def in_a_callback(self):
    asyncio.get_running_loop().call_soon(fail)

def in_a_thread(self):
    threading.Thread(target=fail).start()

def in_a_worker(self):
    self.run_worker(later())

def in_a_render(self):
    from xds_tui.tui.widgets.status_bar import StatusBar
    StatusBar.render = fail
    self.query_one(StatusBar).refresh()

def in_a_timer(self):
    self.set_timer(0.01, fail)

FleetScreen.action_zoom = dict(key=fail, task=in_a_task, callback=in_a_callback, thread=in_a_thread,
                               worker=in_a_worker, render=in_a_render, timer=in_a_timer)[sys.argv[1]]
sys.exit(main.main(["--demo"]))
"""

BEFORE = f"""
import sys
from xds_tui.cli import main

def fail(*_):
    token = "{PLANTED}"
    raise LookupError(token)

main._run_app = fail
sys.exit(main.main(["--demo"]))
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8"}


def assert_failure_is_reported(said: str, home: Path) -> None:
    """Check the three lines of the message and the report that they name."""
    what, where, how = said.strip().splitlines()
    assert "LookupError" in what
    assert "send it" in how
    (path,) = home.rglob("crashes/*.txt")
    assert str(path) in where
    report = path.read_text()
    assert "LookupError" in report
    assert re.search(r"<string>:\d+ fail", report)
    assert PLANTED not in said
    assert PLANTED not in report


@pytest.mark.sweep(2)
@pytest.mark.parametrize("where", ["key", "task", "callback", "thread", "worker", "render", "timer"])
def test_a_crash_restores_the_terminal_and_writes_a_report(environ: dict[str, str], where: str) -> None:
    with Terminal([sys.executable, "-c", FAILING, where], environ=environ) as program:
        program.wait_for("● live")
        program.press("z")
        assert program.wait_for_end() == 1
        assert_restored(program)
        assert_failure_is_reported(after_the_screen(program), Path(environ["HOME"]))
        assert PLANTED.encode() not in program.raw


def after_the_screen(program: Terminal) -> str:
    """Return what is written after the main screen is restored, without the sequences that reset modes."""
    rest = bytes(program.raw).rpartition(b"\x1b[?1049l")[2]
    return re.sub(rb"\x1b\[[<?]?[0-9;]*[a-z]|\x07", b"", rest).decode()


def test_a_crash_before_the_first_screen_is_reported(environ: dict[str, str]) -> None:
    command = [sys.executable, "-c", BEFORE]
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert_failure_is_reported(ended.stderr, Path(environ["HOME"]))
