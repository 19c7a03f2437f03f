"""Every way to end or suspend the real program in a real terminal: it reacts at once and cleans up."""

from __future__ import annotations

import json
import os
import select
import shlex
import signal
import sqlite3
import sys
import termios
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from support.terminal import Terminal
from support.wait import TIMEOUT
from test_whole_job import ACCOUNT, SECRET, Simulator, assert_restored, simulating

COMMAND = Path(sys.executable).parent / "xds-tui"
PROMPT = "ready>"

CTRL_C, CTRL_Q, CTRL_Z, SHIFT_HOME = "\x03", "\x11", "\x1a", "\x1b[1;2H"
IGNORING_HANGUPS = ["sh", "-c", "trap '' HUP; exec \"$0\""]


class Program(Terminal):
    """A terminal that can hang up or stall, and measures the CPU time of the exit."""

    start_cost = 0.0
    """Seconds of CPU time that the program had used when it began to exit."""
    end_cost = 0.0
    """Seconds of CPU time that the exit used."""

    def hang_up(self) -> None:
        """Close the master side of the terminal, as when the connection is lost."""
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, self._fd)
        os.close(null)

    def stop(self) -> None:
        """Stop the program by a signal, and wait until it is stopped."""
        self.signal(signal.SIGSTOP)
        assert os.WIFSTOPPED(os.waitpid(self._pid, os.WUNTRACED)[1])

    def processor_time(self, *, of_the_loop_alone: bool = False) -> float:
        """Return the seconds of CPU time of the program, or of its main thread."""
        folder = f"/proc/{self._pid}/task/{self._pid}" if of_the_loop_alone else f"/proc/{self._pid}"
        fields = Path(folder, "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def threads(self) -> int:
        return len(list(Path(f"/proc/{self._pid}/task").iterdir()))

    def until(self, condition: Callable[[], bool]) -> None:
        """Read until the condition is true."""
        ends = time.monotonic() + TIMEOUT
        while not condition():
            assert time.monotonic() < ends, self.text
            self._read(0.02)

    def stop_reading(self) -> None:
        """Make the program draw without reading its output, until the terminal is full."""
        os.set_blocking(self._fd, False)
        ends = time.monotonic() + TIMEOUT
        theirs = os.open(f"/proc/{self._pid}/fd/2", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        try:
            while select.select([], [theirs], [], 0)[1]:
                assert time.monotonic() < ends, "the terminal accepts all of it"
                os.write(self._fd, b"z")
                select.select([], [], [], 0.02)
        finally:
            os.close(theirs)

    def take_in_the_rest(self) -> None:
        """Read the remaining output."""
        while select.select([self._fd], [], [], 0)[0]:
            try:
                data = os.read(self._fd, 65536)
            except OSError:
                return
            self.raw += data

    def end(self, *, reading: bool = True) -> int:
        """Wait until the process has ended, record the CPU time of its exit, and return its exit code."""
        began, before = time.monotonic(), self.processor_time()
        while True:
            pid, status, usage = os.wait4(self._pid, os.WNOHANG)
            if pid:
                break
            assert time.monotonic() < began + TIMEOUT, f"it is still there:\n{self.text}"
            select.select([self._fd] if reading else [], [], [], 0.01)
            if reading:
                self.take_in_the_rest()
        self.exit_code = os.waitstatus_to_exitcode(status)
        self.start_cost = before
        self.end_cost = usage.ru_utime + usage.ru_stime - before
        with pytest.raises(ProcessLookupError):
            os.killpg(self._pid, 0)
        return self.exit_code


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with simulating() as running:
        yield running


@pytest.fixture
def environ(tmp_path: Path, simulator: Simulator) -> dict[str, str]:
    """The environment of a signed-in user with a history file."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "XDS_BASE_URL": simulator.url,
        "XDS_UUID": ACCOUNT,
        "XDS_SECRET": SECRET,
    }


def started(environ: dict[str, str], *wrapped: str, columns: int = 120, rows: int = 40) -> Program:
    """The program in its own terminal, after it has shown the fleet."""
    program = Program([*wrapped, str(COMMAND)], columns=columns, rows=rows, environ=environ)
    program.wait_for("● live")
    return program


def history(environ: dict[str, str]) -> Path:
    (path,) = Path(environ["HOME"]).rglob("journal.db")
    return path


def assert_closed(path: Path) -> None:
    """Check that the history file was closed, is not locked, and is valid."""
    # SQLite deletes its log when the last connection is closed.
    assert not path.with_name(f"{path.name}-wal").exists()
    with closing(sqlite3.connect(path, timeout=0)) as database:
        database.execute("BEGIN EXCLUSIVE")
        assert database.execute("PRAGMA quick_check").fetchone() == ("ok",)


WAYS: dict[str, tuple[Callable[[Program], None], int]] = {
    "q": (lambda program: program.press("q"), 0),
    "ctrl-c twice": (lambda program: program.press(CTRL_C, CTRL_C), 130),
    "SIGTERM": (lambda program: program.signal(signal.SIGTERM), 143),
    "SIGHUP": (lambda program: program.signal(signal.SIGHUP), 129),
    "SIGINT": (lambda program: program.signal(signal.SIGINT), 130),
    "SIGQUIT": (lambda program: program.signal(signal.SIGQUIT), 131),
    "SIGUSR1": (lambda program: program.signal(signal.SIGUSR1), 138),
    "SIGALRM": (lambda program: program.signal(signal.SIGALRM), 142),
}


@pytest.mark.sweep(2)
@pytest.mark.parametrize("way", WAYS)
def test_the_app_exits_restores_the_terminal_and_closes_its_file(environ: dict[str, str], way: str) -> None:
    leave, code = WAYS[way]
    with started(environ) as program:
        leave(program)
        assert program.end() == code
        assert_restored(program)
        assert program.end_cost < program.start_cost
    assert_closed(history(environ))


def test_closing_the_terminal_ends_the_app(environ: dict[str, str]) -> None:
    with started(environ) as program:
        program.hang_up()
        assert program.end(reading=False) == 129
        assert program.end_cost < program.start_cost
    assert_closed(history(environ))


def test_closing_the_terminal_ends_the_app_with_sighup_ignored(environ: dict[str, str]) -> None:
    with started(environ, *IGNORING_HANGUPS) as program:
        program.signal(signal.SIGHUP)
        # A program that draws notices the hang-up by itself; an idle one reads the end of the file repeatedly.
        program.press("p")
        program.wait_for("paused")
        program.wait_for("4090×1 16核")
        program.hang_up()
        assert program.end(reading=False) == 129
        assert program.end_cost < program.start_cost
    assert_closed(history(environ))


def test_ctrl_c_shows_that_a_second_one_quits(environ: dict[str, str]) -> None:
    with started(environ) as program:
        program.press(CTRL_C)
        program.wait_for("ctrl.c again")
        # The message disappears after its time, and with it the first key press.
        program.wait_for("ctrl.c again", gone=True)
        program.press(CTRL_C)
        program.wait_for("ctrl.c again")
        program.press(CTRL_C)
        assert program.end() == 130


def test_ctrl_c_copies_a_selection_and_quits_in_a_dialog(environ: dict[str, str]) -> None:
    del environ["XDS_UUID"], environ["XDS_SECRET"]
    with Program([str(COMMAND)], environ=environ) as program:
        program.wait_for("Sign in to")
        program.type("A12345")
        program.wait_for("A12345")
        program.press(SHIFT_HOME, CTRL_C, CTRL_C, CTRL_C)
        program.until(lambda: b"\x1b]52;c;QTEyMzQ1" in program.raw)
        assert "ctrl+c again" not in program.text
        program.press("backspace", CTRL_C)
        program.wait_for("ctrl.c again")
        program.press(CTRL_C)
        assert program.end() == 130


@pytest.mark.sweep(1)
@pytest.mark.parametrize(("way", "is_answered"), [("SIGTERM", False), ("q", True)])
def test_quitting_waits_for_an_order_and_a_signal_leaves_it_sent(
    environ: dict[str, str], way: str, is_answered: bool
) -> None:
    leave, code = WAYS[way]
    with (
        simulating() as simulator,
        started(environ | {"XDS_BASE_URL": simulator.url}) as program,
    ):
        program.press("j", "j", "j", "j")
        program.wait_for("▌ +设计-05 .*off")
        # Longer than a signal waits, and shorter than the key does.
        set_faults(simulator, [{"kind": "latency", "endpoint": "pve/open/operate", "seconds": 2.5}])
        program.press("s")
        program.until(lambda: states_of_orders(environ) == ["sent"])
        leave(program)
        assert program.end() == code
        assert_restored(program)
    assert_closed(history(environ))
    assert (states_of_orders(environ) != ["sent"]) is is_answered


def set_faults(simulator: Simulator, faults: object) -> None:
    request = urllib.request.Request(f"{simulator.url}/_sim/faults", json.dumps(faults).encode(), method="POST")  # noqa: S310 - loopback
    urllib.request.urlopen(request).close()  # noqa: S310 - loopback


def states_of_orders(environ: dict[str, str]) -> list[str]:
    with closing(sqlite3.connect(history(environ))) as database:
        return [state for (state,) in database.execute("SELECT state FROM orders")]


def test_a_stalled_terminal_is_restored_at_exit(environ: dict[str, str]) -> None:
    with started(environ, columns=240, rows=80) as program:
        program.stop_reading()
        program.signal(signal.SIGTERM)
        assert program.end(reading=False) == 143
        program.take_in_the_rest()
        assert_restored(program)
    assert_closed(history(environ))


def test_closing_a_stalled_terminal_ends_the_app(environ: dict[str, str]) -> None:
    with started(environ, columns=240, rows=80) as program:
        program.stop_reading()
        program.hang_up()
        assert program.end(reading=False) == 129
    assert_closed(history(environ))


STUCK = """
import sys, time
from textual.app import App
from xds_tui.tui.runtime import shutdown

class Stuck(App):
    def on_ready(self):
        self.bell()
        time.sleep(10 * 3600)

sys.exit(shutdown.run_until_exit(Stuck(), mouse=True))
"""


def test_a_blocked_event_loop_does_not_keep_the_process(environ: dict[str, str]) -> None:
    with Program([sys.executable, "-c", STUCK], environ=environ) as program:
        program.until(lambda: b"\x07" in program.raw)
        program.signal(signal.SIGTERM)
        assert program.end() == 143
        assert program.modes == program.modes_before
        assert program.end_cost < program.start_cost


def test_ctrl_z_returns_to_the_shell_and_fg_resumes_with_fresh_data(
    environ: dict[str, str], simulator: Simulator
) -> None:
    shell = Program(["bash", "--norc", "--noprofile", "-i"], environ={**environ, "PS1": PROMPT})
    with shell:
        shell.wait_for(PROMPT)
        # The wrapper that waits for the program must stop too, or the shell does not get the terminal.
        shell.type(f"sh -c '{shlex.quote(str(COMMAND))} --interval 3600; echo code $?'\r")
        shell.wait_for("● live")
        shell.wait_for("Hosts 40")
        for _ in range(2):
            shell.screen.reset()
            shell.press(CTRL_Z)
            shell.wait_for(rf"(?s)Stopped.*{PROMPT}")
            assert_screen_left(shell)
            asked = listings(simulator)
            shell.screen.reset()
            shell.type("fg\r")
            shell.wait_for("● live")
            shell.wait_for("q Quit")
            shell.until(partial(is_listed_again, simulator, asked))
        shell.screen.reset()
        shell.press("q")
        shell.wait_for("code 0")
        assert_screen_left(shell)
        shell.wait_for(PROMPT)
    assert_closed(history(environ))


def is_listed_again(simulator: Simulator, before: int) -> bool:
    return listings(simulator) > before


def listings(simulator: Simulator) -> int:
    """Return how often the first page of hosts was requested."""
    return sum("mypage?" in request and "page=1&" in request for request in simulator.state()["requests"])


def assert_screen_left(program: Program) -> None:
    for on, off in ((b"\x1b[?1049h", b"\x1b[?1049l"), (b"\x1b[?1000h", b"\x1b[?1000l"), (b"\x1b[?25l", b"\x1b[?25h")):
        assert program.raw.rfind(off) > program.raw.rfind(on), on


def test_ctrl_z_does_nothing_without_a_shell(environ: dict[str, str]) -> None:
    with started(environ) as program:
        program.press(CTRL_Z)
        program.wait_for("no shell")
        program.press(CTRL_Q)
        assert program.end() == 0


def test_a_process_stopped_from_outside_resumes_and_restores_the_terminal(
    environ: dict[str, str],
) -> None:
    with started(environ) as program:
        threads = program.threads()
        program.stop()
        termios.tcsetattr(program._fd, termios.TCSANOW, program.modes_before)
        program.raw.clear()
        program.signal(signal.SIGCONT)
        program.until(lambda: b"ci-runner-5" in program.raw.partition(b"\x1b[?1049h")[2])
        program.until(lambda: program.threads() == threads)
        program.press("q")
        assert program.end() == 0
        assert_restored(program)
