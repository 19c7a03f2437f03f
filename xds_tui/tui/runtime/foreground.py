"""Runs a program in the foreground of the terminal, as a shell does.

The event loop continues to run, and with it orders and polls; only nothing is drawn. A request to exit ends the program
too. The signals that keys send are ignored here, because they are meant for the program.
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
from threading import Event
from typing import Any, Final

from textual.app import App

from xds_tui.system import processes, threads
from xds_tui.tui.runtime import suspend

_STDIN, _STDOUT, _STDERR = 0, 1, 2

_KEY_SIGNALS: Final = (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP)
"""The signals that keys send to every process in the foreground of the terminal."""

_IGNORED_BY_PYTHON: Final = (signal.SIGPIPE, signal.SIGXFSZ)
"""Signals that Python ignores, which a child process must not inherit."""

STOP_TIMEOUT: Final = 1.0
"""Seconds that the program has to end when the app exits; it may have to restore the terminal."""


async def run_in_foreground(
    app: App[Any], command: Sequence[str], environ: Mapping[str, str], *, header: str, footer: Callable[[int], str]
) -> int:
    """Run `command` in the terminal until it ends.

    Args:
        app: the app, which is suspended.
        command: the program, which is searched in PATH, and its arguments.
        environ: the environment, from which internal variables are removed.
        header: the line to write before the program starts.
        footer: returns the line to write afterwards, for the exit code; the user confirms it with Enter. Empty: none.

    Returns:
        The exit code; -n if signal n ended the program.

    Raises:
        SuspendNotSupported: if there is no terminal, as in a browser; the program was not started.
        OSError: if the program cannot be started.

    """
    path = _find(command[0])
    failure: OSError | None = None
    code = 0
    # Cancellation passes through: the app is exiting and does not take the terminal again.
    with app.batch_update(), app.suspend(), _ignore_key_signals():
        with _preserve_terminal_modes():
            _print_line(header)
            try:
                code = await _run(path, command, processes.environment(environ))
            except OSError as error:  # raised only when the terminal is taken again
                failure = error
            suspend.wait_for_foreground()
        if failure is None and (line := footer(code)):
            _print_line(line)
            await _wait_for_enter()
        _discard_typed_ahead()
    if failure is not None:
        raise failure
    return code


def _find(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise FileNotFoundError(program)
    return path


def _discard_typed_ahead() -> None:
    """Discard input that was typed for the program."""
    with contextlib.suppress(termios.error):
        termios.tcflush(_STDIN, termios.TCIFLUSH)


def _print_line(line: str) -> None:
    if sys.__stderr__ is not None:
        sys.__stderr__.write(f"{line}\n")
        sys.__stderr__.flush()


@contextlib.contextmanager
def _ignore_key_signals() -> Iterator[None]:
    """Ignore the signals that keys send, by a handler: unlike SIG_IGN, a child process does not inherit it."""
    handlers = {number: signal.signal(number, lambda _number, _frame: None) for number in _KEY_SIGNALS}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _preserve_terminal_modes() -> Iterator[None]:
    """Restore the modes of the terminal afterwards, which a killed program cannot do."""
    modes: list[Any] | None = None
    with contextlib.suppress(termios.error):  # the terminal is gone
        modes = termios.tcgetattr(_STDIN)
    try:
        yield
    finally:
        if modes is not None and not suspend.is_in_background():
            with contextlib.suppress(termios.error):
                termios.tcsetattr(_STDIN, termios.TCSANOW, modes)


def _spawn(path: str, command: Sequence[str], environ: Mapping[str, str]) -> int:
    # Standard error is the terminal; standard output may be a file.
    to_terminal = ((os.POSIX_SPAWN_DUP2, _STDERR, _STDOUT),)
    return os.posix_spawn(path, tuple(command), environ, file_actions=to_terminal, setsigdef=_IGNORED_BY_PYTHON)


async def _run(path: str, command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a program in the terminal and return its exit code; when it stops, stop too until `fg`.

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
            with contextlib.suppress(RuntimeError):  # the loop may be closed
                loop.call_soon_threadsafe(statuses.put_nowait, status)

    threads.start_daemon(watch, name="xds-tui foreground")
    try:
        while os.WIFSTOPPED(status := await statuses.get()):
            suspend.stop_job()
    except asyncio.CancelledError:
        _end(pid, ended)
        raise
    return os.waitstatus_to_exitcode(status)


def _end(pid: int, ended: Event) -> None:
    """End a program with SIGHUP, as a closed terminal does, or else with SIGKILL."""
    for number in (signal.SIGHUP, signal.SIGCONT):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
    if not ended.wait(STOP_TIMEOUT):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        ended.wait(STOP_TIMEOUT)


async def _wait_for_enter() -> None:
    """Wait until the user presses Enter or Ctrl-C, or the terminal is gone."""
    loop = asyncio.get_running_loop()
    pressed = asyncio.Event()
    loop.add_reader(_STDIN, pressed.set)
    handler = signal.signal(signal.SIGINT, lambda _number, _frame: loop.call_soon_threadsafe(pressed.set))
    try:
        await pressed.wait()
    finally:
        signal.signal(signal.SIGINT, handler)
        loop.remove_reader(_STDIN)
