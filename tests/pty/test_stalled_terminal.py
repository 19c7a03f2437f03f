"""A terminal that accepts no output for a while: polling continues, and the screen is repainted afterwards."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.wait import TIMEOUT
from test_shutdown import (
    COMMAND,
    Program,
    assert_closed,
    history,
    listings,
    set_faults,
    states_of_orders,
)
from test_whole_job import ACCOUNT, SECRET, Simulator, assert_restored, simulating

HOST = re.compile(r"[●○↑↓✕] (?:on|off|starting|stopping|expired)")
"""The status of a host, of which every row has one."""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "XDS_UUID": ACCOUNT,
        "XDS_SECRET": SECRET,
    }


def wait_unread(condition: Callable[[], bool]) -> None:
    """Wait for a condition while the terminal is not read."""
    ends = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.05)


def started(environ: dict[str, str], simulator: Simulator) -> Program:
    command = [str(COMMAND), "--base-url", simulator.url, "--interval", "5"]
    program = Program(command, columns=240, rows=80, environ=environ)
    program.wait_for("● live")
    return program


def test_polling_continues_and_an_order_is_settled_while_stalled(environ: dict[str, str]) -> None:
    with simulating() as simulator, started(environ, simulator) as program:
        program.press("j", "j", "j", "j")
        program.wait_for("▌ +设计-05 .*off")
        set_faults(simulator, [{"kind": "latency", "endpoint": "pve/open/operate", "seconds": 1}])
        program.press("s")
        program.until(lambda: states_of_orders(environ) == ["sent"])
        program.stop_reading()
        wait_unread(lambda: states_of_orders(environ) != ["sent"])
        simulator.advance(60)
        before = listings(simulator)
        wait_unread(lambda: states_of_orders(environ) == ["confirmed"])
        wait_unread(lambda: listings(simulator) >= before + 3)
        program.wait_for("设计-05 .*● on")
        program.until(lambda: len(HOST.findall(program.text)) >= 40)
        program.wait_for("q Quit")
        program.press("q")
        assert program.end() == 0
        assert_restored(program)


def test_a_key_quits_the_app_while_stalled(environ: dict[str, str]) -> None:
    with simulating() as simulator, started(environ, simulator) as program:
        program.stop_reading()
        os.write(program._fd, b"q")
        assert program.end(reading=False) == 0
        program.take_in_the_rest()
        assert_restored(program)
    assert_closed(history(environ))
