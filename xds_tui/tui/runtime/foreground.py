"""The terminal is lent to a program that is started from here, and taken back when it ends.

The event loop goes on meanwhile, and with it the orders under way and the sweeps: only nothing is drawn. A word to end
that comes meanwhile ends the program, too. As a shell does, we hear no key that means a signal: it is the program's.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import termios
from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Event, Thread
from typing import Any, Final

from textual.app import App

from xds_tui.system import processes
from xds_tui.tui.runtime import suspend

_STDIN, _STDOUT, _STDERR = 0, 1, 2

_OF_KEYS: Final = (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP)
"""What keys send to everything that runs in the terminal's foreground, and so to us."""

_IGNORED_BY_PYTHON: Final = (signal.SIGPIPE, signal.SIGXFSZ)
"""What a child would inherit as ignored."""

STOP_TIMEOUT: Final = 1.0
"""Seconds that a program has to end when we must; it has the terminal's modes to restore."""


async def run_in_foreground(
    app: App[Any], command: Sequence[str], environ: Mapping[str, str], *, first: str, last: Callable[[int], str]
) -> int:
    """Let `command` have the terminal until it ends, and return its exit code; -n: it was ended by signal n.

    Args:
        app: who has the terminal now.
        command: the program, which is looked for in PATH, and its arguments.
        environ: the environment, of which it gets what is not ours.
        first: is written above what the program writes.
        last: what is written beneath, by the exit code; the user presses enter then. Empty: nobody has to read it.

    Raises:
        SuspendNotSupported: if the terminal is not ours to lend, as in a browser; the program was not started.
        OSError: if the program cannot be started.

    """
    found = shutil.which(command[0])
    if found is None:
        raise FileNotFoundError(command[0])
    failure: OSError | None = None
    code = 0
    # A cancellation goes through all of it: it means that the app ends, and does not take the terminal again.
    with app.batch_update(), app.suspend(), _keys_unheard():
        with _modes_kept():
            _say(first)
            try:
                code = await _run(found, command, processes.environment(environ))
            except OSError as error:  # else the terminal would not be taken again
                failure = error
            suspend.wait_for_foreground()
        if failure is None and (told := last(code)):
            _say(told)
            await _entered()
        # What was typed for the program must not press keys here.
        with contextlib.suppress(termios.error):
            termios.tcflush(_STDIN, termios.TCIFLUSH)
    if failure is not None:
        raise failure
    return code


def _say(line: str) -> None:
    if sys.__stderr__ is not None:
        sys.__stderr__.write(f"{line}\n")
        sys.__stderr__.flush()


@contextlib.contextmanager
def _keys_unheard() -> Iterator[None]:
    """Do nothing on the signals that keys send; a handler is not inherited, as ignoring would be."""
    before = {number: signal.signal(number, lambda _number, _frame: None) for number in _OF_KEYS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _modes_kept() -> Iterator[None]:
    """Give the terminal the modes back that it has now: a program that was killed could not."""
    modes: list[Any] | None = None
    with contextlib.suppress(termios.error):  # it has gone
        modes = termios.tcgetattr(_STDIN)
    try:
        yield
    finally:
        if modes is not None and not suspend.is_in_background():
            with contextlib.suppress(termios.error):
                termios.tcsetattr(_STDIN, termios.TCSANOW, modes)


def _spawn(path: str, command: Sequence[str], environ: Mapping[str, str]) -> int:
    # The terminal is where we draw: standard output may be a file.
    to_terminal = ((os.POSIX_SPAWN_DUP2, _STDERR, _STDOUT),)
    return os.posix_spawn(path, tuple(command), environ, file_actions=to_terminal, setsigdef=_IGNORED_BY_PYTHON)


async def _run(path: str, command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a program in the terminal; where it stops, we stop with it, until the shell says `fg`.

    Raises:
        OSError: if it cannot be started.

    """
    loop = asyncio.get_running_loop()
    statuses: asyncio.Queue[int] = asyncio.Queue()
    ended = Event()
    pid = _spawn(path, command, environ)

    def watch() -> None:
        while not ended.is_set():
            _pid, status = os.waitpid(pid, os.WUNTRACED)
            if not os.WIFSTOPPED(status):
                ended.set()
            with contextlib.suppress(RuntimeError):  # the loop may have been closed
                loop.call_soon_threadsafe(statuses.put_nowait, status)

    Thread(target=watch, name="xds-tui lending", daemon=True).start()
    try:
        while os.WIFSTOPPED(status := await statuses.get()):
            suspend.stop_job()
    except asyncio.CancelledError:
        _end(pid, ended)
        raise
    return os.waitstatus_to_exitcode(status)


def _end(pid: int, ended: Event) -> None:
    """End a program as a terminal does that is closed, and wait for it."""
    for number in (signal.SIGHUP, signal.SIGCONT):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
    if not ended.wait(STOP_TIMEOUT):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        ended.wait(STOP_TIMEOUT)


async def _entered() -> None:
    """Wait until the user presses enter or Ctrl-C, or the terminal goes."""
    loop = asyncio.get_running_loop()
    pressed = asyncio.Event()
    loop.add_reader(_STDIN, pressed.set)
    before = signal.signal(signal.SIGINT, lambda _number, _frame: loop.call_soon_threadsafe(pressed.set))
    try:
        await pressed.wait()
    finally:
        signal.signal(signal.SIGINT, before)
        loop.remove_reader(_STDIN)
