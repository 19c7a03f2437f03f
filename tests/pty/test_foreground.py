"""The real program runs ssh in the foreground of a real terminal and resumes; a script replaces ssh."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from test_shutdown import (
    COMMAND,
    CTRL_C,
    CTRL_Z,
    PROMPT,
    Program,
    assert_closed,
    assert_screen_left,
    history,
    listings,
    started,
)
from test_whole_job import ACCOUNT, SECRET, Simulator, assert_restored, simulating

SSH = """#!{python}
import json, os, signal, sys, termios
with open({record!r}, "a") as file:
    json.dump({{"argv": sys.argv, "environ": dict(os.environ), "modes": termios.tcgetattr(0)[3]}}, file)
    file.write("\\n")
assert os.isatty(0) and os.isatty(1) and os.isatty(2)
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
assert signal.getsignal(signal.SIGTSTP) is signal.SIG_DFL
signal.signal(signal.SIGINT, signal.SIG_DFL)
print("at the host $ ", end="", flush=True)
said = sys.stdin.readline().strip()
print("heard", said, flush=True)
if said == "raw":
    modes = termios.tcgetattr(0)
    modes[3] &= ~(termios.ECHO | termios.ICANON | termios.ISIG)
    termios.tcsetattr(0, termios.TCSANOW, modes)
    os.kill(os.getpid(), signal.SIGKILL)
if said == "itself":
    os.kill(os.getpid(), signal.SIGTSTP)
    print("continued", flush=True)
    said = "0"
sys.exit(int(said))
"""


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with simulating() as running:
        yield running


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """The file to which the script writes how it was started."""
    return tmp_path / "record.jsonl"


@pytest.fixture
def environ(tmp_path: Path, simulator: Simulator, record: Path) -> dict[str, str]:
    """The environment of a signed-in user with a script in place of ssh."""
    programs = tmp_path / "bin"
    programs.mkdir()
    script = programs / "ssh"
    script.write_text(SSH.format(python=sys.executable, record=str(record)))
    script.chmod(0o755)
    return {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "XDS_BASE_URL": simulator.url,
        "XDS_UUID": ACCOUNT,
        "XDS_SECRET": SECRET,
    }


def to_the_host(program: Program) -> None:
    """Move the cursor to a host that is on, and connect to it."""
    program.press("/")
    program.wait_for("text, status:on")
    program.type("-off os:ubuntu")
    program.press("enter")
    program.wait_for("/ -off os:ubuntu · esc clears")
    program.press("down")
    connect(program)


def connect(program: Program) -> None:
    program.screen.reset()
    program.press("c")
    program.wait_for(r"at the host \$")
    assert_screen_left(program)


def is_last(program: Program, on: bytes, off: bytes) -> bool:
    """Return whether `on` was written after the last `off`."""
    return program.raw.rfind(on) > program.raw.rfind(off)


def assert_screen_taken(program: Program) -> None:
    """Check that screen, mouse, keyboard, paste and line discipline are set by the app."""
    for on, off in (
        (b"\x1b[?1049h", b"\x1b[?1049l"),
        (b"\x1b[?1003h", b"\x1b[?1003l"),
        (b"\x1b[?2004h", b"\x1b[?2004l"),
        (b"\x1b[?25l", b"\x1b[?25h"),
        (b"\x1b[>", b"\x1b[<u"),
    ):
        program.until(partial(is_last, program, on, off))
    assert program.modes != program.modes_before


def recorded(record: Path) -> dict[str, object]:
    fields: dict[str, object] = json.loads(record.read_text().splitlines()[-1])
    return fields


def test_ssh_runs_in_the_terminal_and_the_app_resumes(environ: dict[str, str], record: Path) -> None:
    with started(environ) as program:
        to_the_host(program)
        shown = rb"(?s)xds-tui: ssh -p \d+ -l root -- gx-xds-rdp\.songmao-idc\.com\r\n.*at the host"
        assert re.search(shown, program.raw)
        assert program.modes == program.modes_before
        program.type("0\r")
        program.wait_for("live")
        assert_screen_taken(program)
        program.wait_for("os:ubuntu")
        program.wait_for(r"(?s)Hosts.*││▌ .*q Quit")
        seen = recorded(record)
        argv = seen["argv"]
        assert isinstance(argv, list)
        assert argv[1:4] == ["-p", argv[2], "-l"]
        assert argv[4:] == ["root", "--", "gx-xds-rdp.songmao-idc.com"]
        # The cursor is still on the same host: each has a port of its own.
        connect(program)
        program.type("0\r")
        program.wait_for("live")
        assert recorded(record)["argv"] == argv
        program.wait_for(r"(?s)Hosts.*││▌ .*q Quit")
        assert "ended" not in program.text
        program.press("q")
        assert program.end() == 0
        assert_restored(program)
    assert_closed(history(environ))


def test_the_environment_of_ssh_has_no_variables_of_the_app(environ: dict[str, str], record: Path) -> None:
    with started(environ) as program:
        to_the_host(program)
        seen = recorded(record)["environ"]
        assert isinstance(seen, dict)
        assert seen["HOME"] == environ["HOME"]
        assert not [name for name in seen if name.startswith("XDS_")]
        assert SECRET not in str(seen)


def test_an_error_of_ssh_is_shown_before_the_app_resumes(environ: dict[str, str]) -> None:
    with started(environ) as program:
        to_the_host(program)
        program.type("255\r")
        program.wait_for("heard 255")
        program.wait_for(r"could not connect.*\(exit code 255\)")
        program.wait_for("press enter to go back")
        # Keys typed meanwhile do not reach the app.
        program.type("D\r")
        program.wait_for("live")
        program.wait_for(r"(?s)live.*█ ssh could not connect.*q Quit")
        assert "permanently" not in program.text
        connect(program)
        program.type("3\r")
        program.wait_for(r"(?s)live.*ssh ended with exit code 3")


def test_ctrl_c_interrupts_only_ssh(environ: dict[str, str]) -> None:
    with started(environ) as program:
        to_the_host(program)
        program.press(CTRL_C)
        program.wait_for(r"(?s)live.*ssh was ended by SIGINT")
        program.press("q")
        assert program.end() == 0
        assert_restored(program)


def test_the_terminal_modes_are_restored_after_ssh_was_killed(environ: dict[str, str]) -> None:
    with started(environ) as program:
        to_the_host(program)
        program.type("raw\r")
        program.wait_for(r"(?s)live.*ssh was ended by SIGKILL")
        program.press("q")
        assert program.end() == 0
        assert_restored(program)


@pytest.mark.sweep(1)
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_request_to_exit_ends_ssh_too(environ: dict[str, str], number: int, code: int) -> None:
    with started(environ) as program:
        to_the_host(program)
        program.signal(number)
        # No process of its group remains: `end` makes sure of that.
        assert program.end() == code
        assert_restored(program)
    assert_closed(history(environ))


def test_closing_the_terminal_ends_ssh_and_the_app(environ: dict[str, str]) -> None:
    with started(environ) as program:
        to_the_host(program)
        program.hang_up()
        assert program.end(reading=False) == 129
    assert_closed(history(environ))


def test_polling_continues_while_ssh_runs(environ: dict[str, str], simulator: Simulator) -> None:
    with Program([str(COMMAND), "--interval", "5"], environ=environ) as program:
        program.wait_for("● live")
        to_the_host(program)
        asked = listings(simulator)
        written = len(program.raw)
        program.until(lambda: listings(simulator) > asked + 1)
        assert len(program.raw) == written
        program.type("0\r")
        program.wait_for("live")


@pytest.mark.sweep(1)
@pytest.mark.parametrize("how", [CTRL_Z, "itself\r"], ids=["ctrl-z", "by itself"])
def test_stopping_ssh_stops_the_job_and_fg_continues_it(environ: dict[str, str], how: str) -> None:
    with Program(["bash", "--norc", "--noprofile", "-i"], environ={**environ, "PS1": PROMPT}) as shell:
        shell.wait_for(PROMPT)
        shell.type(f"sh -c '{shlex.quote(str(COMMAND))} --interval 3600; echo code $?'\r")
        shell.wait_for("● live")
        to_the_host(shell)
        shell.screen.reset()
        shell.type(how)
        shell.wait_for(rf"(?s)Stopped.*{PROMPT}")
        shell.screen.reset()
        shell.type("fg\r")
        if how == CTRL_Z:
            shell.wait_for("sh -c")
            shell.type("0\r")
        shell.wait_for("q Quit")
        shell.screen.reset()
        shell.press("q")
        shell.wait_for("code 0")
        assert_screen_left(shell)
        shell.wait_for(PROMPT)


def test_ctrl_z_stops_no_process_without_a_shell(environ: dict[str, str]) -> None:
    with started(environ) as program:
        to_the_host(program)
        program.press(CTRL_Z)
        program.type("0\r")
        program.wait_for("live")
