"""Every command with a closed or full standard stream: a clear message, and status 1."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import pytest
from support.cli_runner import COMMAND
from support.wait import TIMEOUT

WRITING = ["--help", "--version", "hosts --help", "hosts", "hosts --json", "catalog --csv", "completion bash", "doctor"]
QUIET = ["catalog", "orders", "events"]


def shell(environ: dict[str, str], command: str, redirections: str) -> subprocess.CompletedProcess[str]:
    line = f"exec {shlex.join(COMMAND)} {command} {redirections}"
    return subprocess.run(
        ["bash", "-c", line], env=environ, capture_output=True, encoding="utf-8", timeout=TIMEOUT, check=False
    )


@pytest.mark.sweep(4)
@pytest.mark.parametrize("redirection", [">/dev/full", ">&- <&-"])
@pytest.mark.parametrize("command", WRITING)
def test_unwritable_output_is_reported(environ: dict[str, str], command: str, redirection: str) -> None:
    ended = shell(environ, command, redirection)
    assert ended.returncode == 1
    assert ended.stderr.startswith("xds-tui: ")
    assert len(ended.stderr.splitlines()) == 1


REDIRECTIONS = ["2>&-", "2>/dev/full", "<&-", "<&- 2>&-"]
REDIRECTED = [
    *((command, REDIRECTIONS[row % len(REDIRECTIONS)]) for row, command in enumerate([*WRITING, *QUIET])),
    *(("hosts", redirections) for redirections in REDIRECTIONS),
]
"""Each command with one of the streams missing, and one command with each."""


@pytest.mark.sweep(2)
@pytest.mark.parametrize(("command", "redirections"), REDIRECTED)
def test_a_command_works_without_the_other_streams(environ: dict[str, str], command: str, redirections: str) -> None:
    usual, ended = shell(environ, command, ""), shell(environ, command, redirections)
    assert ended.returncode == usual.returncode
    assert bool(ended.stdout) == bool(usual.stdout)
    assert "Traceback" not in ended.stderr


@pytest.mark.sweep(6)
@pytest.mark.parametrize("command", ["--help", "hosts", "completion bash", "--no-such-option", "login", ""])
@pytest.mark.parametrize("redirections", [">&- 2>&-", "<&- >&- 2>&-", ">/dev/full 2>/dev/full", "<&- 2>&- >/dev/full"])
def test_without_standard_error_the_status_reports_the_failure(
    environ: dict[str, str], command: str, redirections: str
) -> None:
    ended = shell(environ, command, redirections)
    assert ended.returncode == (2 if command == "--no-such-option" else 1)
    assert (ended.stdout, ended.stderr) == ("", "")


def test_the_descriptor_of_a_closed_stream_is_not_reused(environ: dict[str, str]) -> None:
    program = "import os, sys; from xds_tui.system import standard_streams; standard_streams.open_missing(); "
    program += "sys.exit(os.open('/', os.O_RDONLY) < 3)"
    line = f"exec {shlex.quote(sys.executable)} -c {shlex.quote(program)} <&- >&- 2>&-"
    assert subprocess.run(["bash", "-c", line], env=environ, check=False).returncode == 0


def test_a_closed_pipe_causes_no_message(environ: dict[str, str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        for command in ("--help", "hosts", "completion bash"):
            line = [*COMMAND, *command.split()]
            ended = subprocess.run(line, env=environ, stdout=writing, stderr=subprocess.PIPE, check=False)
            assert (ended.returncode, ended.stderr) == (0, b"")
    finally:
        os.close(writing)


STUCK = """
import sys, threading
from xds_tui.cli import main
from xds_tui.auth import keyring_store
threading.Thread(target=threading.Event().wait, name=keyring_store.THREAD, daemon=True).start()
sys.argv = ["xds-tui", "--no-such-option"] if len(sys.argv) > 1 else ["xds-tui", "completion", "bash"]
import atexit
atexit.register(print, "the interpreter's own end")
sys.exit(main.main())
"""


def test_a_thread_blocked_in_the_keyring_does_not_delay_the_exit(environ: dict[str, str]) -> None:
    ended = subprocess.run([sys.executable, "-c", STUCK], env=environ, capture_output=True, text=True, check=False)
    assert ended.returncode == 0
    assert "complete -" in ended.stdout
    assert "own end" not in ended.stdout
