"""The prompt of `xds-tui login` for the secret, which is never echoed, even if the program is interrupted."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.terminal import Terminal

from tests.simulator_faults.middleware import Service
from tests.simulator_faults.server import RunningSimulator
from xds_tui.simulator.demo_fleet import populate
from xds_tui.simulator.world import ACCOUNT, SECRET, World

TESTS = Path(__file__).parents[1]
PROMPT = "shell-prompt>"
CTRL_BACKSLASH, CTRL_C, CTRL_Z = "\x1c", "\x03", "\x1a"
HALF = "half-of-a-secret"

LOGIN = """
import sys
from test_login_command import Desktop, services
from xds_tui.cli.commands import login
from xds_tui.auth.keyring_store import KeyringStore
try:
    sys.exit(login.login(services(sys.argv[1], KeyringStore(Desktop()))))
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    world = World()
    populate(world, 3)
    with RunningSimulator(Service(world)) as simulator:
        yield simulator.url


@pytest.fixture
def environ() -> dict[str, str]:
    folders = (TESTS.parent, TESTS, TESTS / "cli", TESTS / "pty")
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONPATH": os.pathsep.join(map(str, folders))}


def login(url: str) -> list[str]:
    return [sys.executable, "-c", LOGIN, url]


def shell(environ: dict[str, str]) -> Terminal:
    return Terminal(["bash", "--norc", "--noprofile", "-i"], environ={**environ, "PS1": PROMPT})


def echoes(terminal: Terminal) -> bool:
    return bool(terminal.modes[3] & termios.ECHO)


def type_account(terminal: Terminal) -> None:
    terminal.wait_for(r"Account ID:\s*\Z")
    terminal.type(f"{ACCOUNT}\n")
    terminal.wait_for(r"Secret:\s*\Z")


def stop_by_key(terminal: Terminal) -> None:
    """Press the key in the middle of the secret; the terminal discards what was typed before."""
    terminal.type(HALF + CTRL_Z)


def stop_from_outside(terminal: Terminal) -> None:
    """Stop the program by SIGSTOP, which cannot be handled."""
    os.killpg(os.tcgetpgrp(terminal._fd), signal.SIGSTOP)


@pytest.mark.parametrize("stop", [stop_by_key, stop_from_outside])
def test_the_secret_is_not_echoed_after_fg(url: str, environ: dict[str, str], stop: Callable[[Terminal], None]) -> None:
    with shell(environ) as terminal:
        terminal.wait_for(PROMPT)
        terminal.type(f"{shlex.join(login(url))}\n")
        type_account(terminal)
        for _ in range(2):
            stop(terminal)
            terminal.wait_for(rf"Stopped[^\0]*{PROMPT}")
            terminal.screen.reset()
            terminal.type("fg\n")
            terminal.wait_for(r"Secret:\s*\Z")
        terminal.type(f"{SECRET}\n")
        terminal.wait_for("The credentials are stored in")
        assert SECRET.encode() not in terminal.raw
        assert HALF.encode() not in terminal.raw


def test_a_background_job_prompts_without_echo_in_the_foreground(url: str, environ: dict[str, str]) -> None:
    with shell(environ) as terminal:
        terminal.wait_for(PROMPT)
        terminal.type(f"{shlex.join(login(url))}\n")
        type_account(terminal)
        stop_by_key(terminal)
        terminal.wait_for(rf"Stopped[^\0]*{PROMPT}")
        terminal.screen.reset()
        terminal.type("bg\n")
        # It is stopped again, because it must not change the terminal from the background.
        terminal.wait_for(rf"bg[^\0]*{PROMPT}")
        terminal.type("until jobs %1 | grep -q Stopped; do sleep 0.05; done; echo is''stopped\n")
        terminal.wait_for("isstopped")
        terminal.screen.reset()
        terminal.type("fg\n")
        terminal.wait_for(r"Secret:\s*\Z")
        terminal.type(f"{SECRET}\n")
        terminal.wait_for("The credentials are stored in")
        assert SECRET.encode() not in terminal.raw


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_terminating_signal_restores_the_echo(url: str, environ: dict[str, str], number: signal.Signals) -> None:
    with Terminal(login(url), environ=environ) as terminal:
        type_account(terminal)
        assert not echoes(terminal)
        terminal.signal(number)
        assert terminal.wait_for_end() == -number
        assert terminal.modes == terminal.modes_before


@pytest.mark.sweep(2)
@pytest.mark.parametrize(("key", "code"), [(CTRL_C, 130), (CTRL_BACKSLASH, -signal.SIGQUIT), ("\x04", 1), ("\n", 1)])
def test_a_terminating_key_restores_the_echo(url: str, environ: dict[str, str], key: str, code: int) -> None:
    with Terminal(login(url), environ=environ) as terminal:
        type_account(terminal)
        terminal.type(key)
        assert terminal.wait_for_end() == code
        assert terminal.modes == terminal.modes_before


def test_ctrl_z_without_a_shell_does_not_echo_the_secret(url: str, environ: dict[str, str]) -> None:
    with Terminal(login(url), environ=environ) as terminal:
        type_account(terminal)
        terminal.type(CTRL_Z)
        terminal.wait_for(r"Secret:[^\0]*Secret:\s*\Z")
        terminal.type(f"{SECRET}\n")
        assert terminal.wait_for_end() == 0
        assert SECRET.encode() not in terminal.raw


def test_sigcont_without_a_stop_restores_the_echo_afterwards(url: str, environ: dict[str, str]) -> None:
    with Terminal(login(url), environ=environ) as terminal:
        type_account(terminal)
        terminal.signal(signal.SIGCONT)
        terminal.wait_for(r"Secret:[^\0]*Secret:\s*\Z")
        terminal.type(f"{SECRET}\n")
        assert terminal.wait_for_end() == 0
        assert terminal.modes == terminal.modes_before
