"""The real program with a Secret Service that does not respond: it reports that and continues."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.terminal import Terminal
from test_secret_service import daemon, pytestmark
from test_whole_job import ACCOUNT, SECRET, Simulator, assert_restored, simulating

__all__ = ["daemon", "pytestmark"]

COMMAND = Path(sys.executable).parent / "xds-tui"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with simulating() as running:
        yield running


@pytest.fixture
def environ(tmp_path: Path, simulator: Simulator, daemon: subprocess.Popen[bytes]) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "DBUS_SESSION_BUS_ADDRESS": os.environ["DBUS_SESSION_BUS_ADDRESS"],
        "XDS_BASE_URL": simulator.url,
    }


def sign_in(program: Terminal) -> None:
    program.type(ACCOUNT)
    program.press("enter")
    program.type(SECRET)
    program.wait_for("•{9}")
    program.press("enter")
    program.wait_for("● live")
    program.wait_for("Hosts 4")


def live_and_leave(program: Terminal) -> None:
    program.press("3", "1", "down", "enter")
    program.wait_for("Password")
    program.press("escape")
    program.wait_for("Hosts 4")
    program.press("q")
    assert program.wait_for_end() == 0
    assert_restored(program)


def test_a_keyring_that_hangs_at_start_is_reported(
    environ: dict[str, str],
    daemon: subprocess.Popen[bytes],
) -> None:
    daemon.send_signal(signal.SIGSTOP)
    try:
        with Terminal([str(COMMAND)], environ=environ) as program:
            program.wait_for("Sign in to")
            program.wait_for("Stored for this run only: The keyring")
            sign_in(program)
            live_and_leave(program)
    finally:
        daemon.send_signal(signal.SIGCONT)


def test_a_keyring_that_hangs_while_storing_blocks_nothing(
    environ: dict[str, str],
    daemon: subprocess.Popen[bytes],
) -> None:
    with Terminal([str(COMMAND)], environ=environ) as program:
        program.wait_for("Sign in to")
        program.wait_for("Keyring on this machine: SecretService Keyring")
        daemon.send_signal(signal.SIGSTOP)
        try:
            sign_in(program)
            program.wait_for("Waiting for the keyring")
            live_and_leave(program)
        finally:
            daemon.send_signal(signal.SIGCONT)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("logout", "waiting for the keyring"),
        ("hosts", "looking for the credentials"),
    ],
)
def test_a_command_reports_a_hanging_keyring_and_can_be_interrupted(
    environ: dict[str, str],
    daemon: subprocess.Popen[bytes],
    command: str,
    message: str,
) -> None:
    daemon.send_signal(signal.SIGSTOP)
    try:
        with Terminal([str(COMMAND), command], environ=environ) as program:
            program.wait_for(message)
            program.press("\x03")
            assert program.wait_for_end() == 130
            assert message not in program.text
    finally:
        daemon.send_signal(signal.SIGCONT)
