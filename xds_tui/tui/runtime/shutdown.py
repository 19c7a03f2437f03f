"""How the program ends when it is told to or its terminal goes: in order if possible, and soon in any case.

Textual has no handler for SIGTERM and SIGHUP, and its end waits for a terminal that accepts no output. So a thread
waits for the word to end and for the terminal to go, asks the app to end, and ends the process itself where that does
not help.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import sys
import termios
import threading
import time
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any, Final, Protocol

from textual.app import App

_ENDING: Final = ("TERM", "HUP", "INT", "QUIT", "USR1", "USR2", "ALRM", "VTALRM", "PROF", "IO", "XCPU", "PWR", "STKFLT")

SIGNALS: Final = tuple(number for number in signal.Signals if number.name.removeprefix("SIG") in _ENDING)
"""What the program ends on, with the exit code 128 + n: all that ends a process by default and is no failure of it."""

LIMIT: Final = 3.0
"""Seconds from the word to end until the process is gone, whatever still holds it."""

_TICK: Final = 1000
"""Milliseconds between two looks at the terminal, should the system not tell at once that it is gone."""

_FAILURE: Final = 1
_HUNG_UP: Final = 128 + signal.SIGHUP
_STDIN: Final = 0
_STDERR: Final = 2
"""What Textual reads, and what it draws on."""

_INTERRUPT: Final = signal.SIGURG
"""Interrupts a write that waits; by default it is ignored, so nothing else is done on it."""

_WRITER: Final = "textual-output"
"""Textual's name for the thread that writes to the terminal."""

_leaving: Final = threading.Lock()
"""Held while a stalled terminal is restored; the process must not end before."""

_RESTORE: Final = (
    b"\x18\x1b[?2026l\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"
    b"\x1b[?1004l\x1b[<u\x1b[?1049l\x1b[?25h"
)
"""Cancels a sequence that was cut short, and what Textual has switched on; the screen before comes back."""


class Line(Protocol):
    """What leads to whoever looks at the app."""

    @property
    def fds(self) -> Sequence[int]:
        """What hangs up when nobody looks any more."""

    def is_stalled(self) -> bool:
        """Whether nothing is taken at the moment."""

    def leave_stalled(self) -> None:
        """Free whoever waits to write, on whom the event loop waits, and leave everything as it was found."""

    def restore(self) -> None:
        """Leave it as it was found, as far as the app has not."""


def run_until_exit(app: App[Any], *, mouse: bool, line: Line | None = None) -> int:
    """Run `app` in the main thread of a process that ends afterwards, and return the exit code.

    `line` is a terminal where it is not given.

    That is 0 after quitting, 1 after a failure, 128 + n after signal n, and 129 when the terminal has gone. Signals
    that whoever started us wanted ignored stay ignored.
    """
    with asyncio.Runner() as runner:
        watch = _Watch(app, runner.get_loop(), line or _Terminal())
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, watch.on_signal)
        signal.signal(_INTERRUPT, lambda _number, _frame: None)
        threading.excepthook = watch.on_failure
        sys.unraisablehook = watch.on_unraisable
        runner.get_loop().set_exception_handler(watch.on_lost)
        watch.start()
        runner.run(app.run_async(mouse=mouse))
        code = _FAILURE if app.return_code is None else app.return_code
        # What is left of it, name look-ups on threads for one, must not hold up the end either.
        watch.ask(code)
    with _leaving:
        return code


@contextlib.contextmanager
def exit_immediately() -> Iterator[None]:
    """Have `SIGNALS` end the process by their default, for while the terminal is not ours."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def is_hung_up() -> bool:
    """Whether the terminal that we read has gone."""
    poll = select.poll()
    poll.register(_STDIN, 0)
    return any(event & select.POLLHUP for _fd, event in poll.poll(0))


def leave_stalled() -> None:
    """Free the thread that waits to write, and restore the terminal without waiting.

    What had been written and not been read is thrown away, so that there is room for that.
    """
    with _leaving, contextlib.suppress(OSError, termios.error):
        terminal = os.open(os.ttyname(_STDERR), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        _silence()
        for thread in threading.enumerate():
            if thread.name == _WRITER and thread.ident is not None:
                # The call is interrupted, and repeated on what is in the terminal's place now.
                signal.pthread_kill(thread.ident, _INTERRUPT)
        ends = time.monotonic() + _TICK / 1000
        is_written = False
        while not is_written and time.monotonic() < ends:
            # Until it is interrupted, the thread fills the room again.
            termios.tcflush(terminal, termios.TCOFLUSH)
            with contextlib.suppress(BlockingIOError):
                is_written = os.write(terminal, _RESTORE) == len(_RESTORE)
            time.sleep(0 if is_written else 0.01)
        os.close(terminal)


class _Terminal:
    """The terminal that started us."""

    fds = (_STDIN, _STDERR)

    def __init__(self) -> None:
        self._modes = termios.tcgetattr(_STDIN)

    def is_stalled(self) -> bool:
        """Whether the terminal takes nothing at the moment."""
        poll = select.poll()
        poll.register(_STDERR, select.POLLOUT)
        return not poll.poll(0)

    def leave_stalled(self) -> None:
        """Do so, and restore the screen."""
        leave_stalled()

    def restore(self) -> None:
        """Give the terminal the modes back that it had."""
        with contextlib.suppress(termios.error):
            termios.tcsetattr(_STDIN, termios.TCSANOW, self._modes)


class _Watch(threading.Thread):
    """Waits for the word to end, and then for the end, which comes at the latest after `LIMIT` seconds."""

    def __init__(self, app: App[Any], loop: asyncio.AbstractEventLoop, line: Line) -> None:
        super().__init__(name="xds-tui ending", daemon=True)
        self._app = app
        self._loop = loop
        self._line = line
        self._asked, self._asking = os.pipe()
        self._poll = select.poll()
        self._poll.register(self._asked, select.POLLIN)
        for fd in line.fds:
            self._poll.register(fd, 0)  # a hang-up is told unasked

    def ask(self, code: int) -> None:
        """Have the process end with `code`."""
        os.write(self._asking, bytes([code]))

    def on_signal(self, number: int, _frame: FrameType | None) -> None:
        """Pass the word on; nothing here may wait, whatever the main thread is in the middle of."""
        self.ask(128 + number)

    def on_failure(self, failure: threading.ExceptHookArgs) -> None:
        """Have the thread that draws go on when the terminal has gone: the event loop would wait for it for ever."""
        thread = failure.thread
        if thread is None or thread.name != _WRITER or not isinstance(failure.exc_value, OSError):
            if failure.exc_value is not None:
                with contextlib.suppress(RuntimeError):  # the loop may have been closed
                    self._loop.call_soon_threadsafe(self._fail, failure.exc_value)
            return
        _silence()
        self.ask(_HUNG_UP)
        thread.run()

    def on_unraisable(self, failure: sys.UnraisableHookArgs) -> None:
        """End with a report on a mistake that Python could raise nowhere, as in a finalizer."""
        if failure.exc_value is not None:
            with contextlib.suppress(RuntimeError):  # the loop may have been closed
                self._loop.call_soon_threadsafe(self._fail, failure.exc_value)

    def on_lost(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """End with a report on a mistake that nobody waited for; what befalls a connection is told to its user."""
        if "transport" not in context and "exception" in context:
            self._fail(context["exception"])

    def _fail(self, error: BaseException) -> None:
        from xds_tui.tui.runtime import crash_report

        if crash_report.is_mistake(error):
            self._app.call_later(_raise, error)

    def run(self) -> None:
        """Wait for the word, hand it to the app, and end the process if it is still there after `LIMIT`."""
        while (code := self._word()) is None:
            pass
        ends = time.monotonic() + LIMIT
        with contextlib.suppress(RuntimeError):  # the loop may have been closed
            self._loop.call_soon_threadsafe(self._app.exit, None, code)
        while time.monotonic() < ends:
            if self._word() is None and self._line.is_stalled():
                self._line.leave_stalled()
        self._line.restore()
        os._exit(code)

    def _word(self) -> int | None:
        """Return the exit code that is asked for, or None when nothing was for a tick."""
        code = None
        for fd, event in self._poll.poll(_TICK):
            if fd == self._asked:
                code = os.read(fd, 1)[0]
                continue
            self._poll.unregister(fd)
            if event & select.POLLHUP:
                code = _HUNG_UP
        return code


def _raise(error: BaseException) -> None:
    """Fail in the app, which restores the terminal and reports."""
    raise error


def _silence() -> None:
    """Let what is still drawn go nowhere: it would raise, or wait."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, _STDERR)
    os.close(null)
