"""Ends the program on a signal, when its terminal is gone, or after the app has exited: in bounded time.

Textual handles neither SIGTERM nor SIGHUP, and on exit it waits for terminals that accept no output. So a thread waits
for signals and for the terminal to hang up, asks the app to exit, and ends the process itself if that does not help.
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

from xds_tui.tui.runtime import terminal_writer

_TERMINATING: Final = (
    *("TERM", "HUP", "INT", "QUIT", "USR1", "USR2"),
    *("ALRM", "VTALRM", "PROF", "IO", "XCPU", "PWR", "STKFLT"),
)

SIGNALS: Final = tuple(number for number in signal.Signals if number.name.removeprefix("SIG") in _TERMINATING)
"""The signals that end a process by default and do not report a fault in it; the exit code is 128 + n."""

EXIT_TIMEOUT: Final = 3.0
"""Seconds from the first request to exit until the process ends, whatever still blocks it."""

_TICK: Final = 1000
"""Milliseconds between two checks of the terminal, in case a hang-up is not reported at once."""

_FAILURE: Final = 1
_HUNG_UP: Final = 128 + signal.SIGHUP
_STDIN: Final = 0
_STDERR: Final = 2
"""The file descriptors that Textual reads from and draws on."""

_INTERRUPT: Final = signal.SIGURG
"""Interrupts a blocked write; it is ignored by default, so it has no other effect."""

_restoring: Final = threading.Lock()
"""Held while a stalled terminal is restored; the process must not end before that is done."""

_RESTORE_SEQUENCE: Final = (
    b"\x18\x1b[?2026l\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"
    b"\x1b[?1004l\x1b[<u\x1b[?1049l\x1b[?25h"
)
"""Cancels an incomplete sequence, switches off every mode that Textual sets, and restores the main screen."""


class Connection(Protocol):
    """The connection to the user: a terminal, or pipes to the server of a browser page."""

    @property
    def fds(self) -> Sequence[int]:
        """The file descriptors that hang up when the user is gone."""

    def is_stalled(self) -> bool:
        """Return whether no output is accepted at the moment."""

    def abandon(self) -> None:
        """Unblock the thread that waits to write, and restore what the app has changed, without waiting."""

    def restore(self) -> None:
        """Restore what the app has changed, as far as it has not done so itself."""


def run_until_exit(app: App[Any], *, mouse: bool, connection: Connection | None = None) -> int:
    """Run `app` in the main thread of a process that ends afterwards.

    Args:
        app: the app.
        mouse: whether to enable the mouse.
        connection: the connection to the user; None: the terminal.

    Returns:
        The exit code: 0 after quitting, 1 after a failure, 128 + n after signal n, and 129 when the terminal is gone.
        Signals that the parent process has set to be ignored stay ignored.

    """
    with asyncio.Runner() as runner:
        watchdog = _Watchdog(app, runner.get_loop(), connection or _ControllingTerminal())
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, watchdog.on_signal)
        signal.signal(_INTERRUPT, lambda _number, _frame: None)
        threading.excepthook = watchdog.on_thread_exception
        sys.unraisablehook = watchdog.on_unraisable
        runner.get_loop().set_exception_handler(watchdog.on_loop_exception)
        watchdog.start()
        runner.run(app.run_async(mouse=mouse))
        code = _FAILURE if app.return_code is None else app.return_code
        # Threads that are still running, such as DNS look-ups, must not delay the end either.
        watchdog.request_exit(code)
    with _restoring:
        return code


@contextlib.contextmanager
def default_signal_handlers() -> Iterator[None]:
    """Restore the default handlers of `SIGNALS` while another program has the terminal."""
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in handlers.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def is_hung_up() -> bool:
    """Return whether the terminal is gone."""
    poll = select.poll()
    poll.register(_STDIN, 0)
    return any(event & select.POLLHUP for _fd, event in poll.poll(0))


def abandon_stalled_terminal() -> None:
    """Unblock the thread that writes to the terminal, and restore the terminal without waiting.

    Output that is written but not yet read is discarded, to make room for `_RESTORE_SEQUENCE`.
    """
    with _restoring, contextlib.suppress(OSError, termios.error):
        terminal = os.open(os.ttyname(_STDERR), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        _discard_output()
        interrupt_writer()
        deadline = time.monotonic() + _TICK / 1000
        is_written = False
        while not is_written and time.monotonic() < deadline:
            # Until it is interrupted, the thread fills the buffer again.
            termios.tcflush(terminal, termios.TCOFLUSH)
            with contextlib.suppress(BlockingIOError):
                is_written = os.write(terminal, _RESTORE_SEQUENCE) == len(_RESTORE_SEQUENCE)
            time.sleep(0 if is_written else 0.01)
        os.close(terminal)


def interrupt_writer() -> None:
    """Interrupt a blocked write of the output thread, which Python repeats on what its descriptor is by then."""
    for thread in threading.enumerate():
        if thread.name == terminal_writer.THREAD_NAME and thread.ident is not None:
            signal.pthread_kill(thread.ident, _INTERRUPT)


class _ControllingTerminal:
    """The controlling terminal, as a `Connection`."""

    fds = (_STDIN, _STDERR)

    def __init__(self) -> None:
        self._modes = termios.tcgetattr(_STDIN)

    def is_stalled(self) -> bool:
        poll = select.poll()
        poll.register(_STDERR, select.POLLOUT)
        return not poll.poll(0)

    def abandon(self) -> None:
        abandon_stalled_terminal()

    def restore(self) -> None:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(_STDIN, termios.TCSANOW, self._modes)


class _Watchdog(threading.Thread):
    """Waits for a request to exit, and ends the process at most `EXIT_TIMEOUT` seconds later."""

    def __init__(self, app: App[Any], loop: asyncio.AbstractEventLoop, connection: Connection) -> None:
        super().__init__(name="xds-tui watchdog", daemon=True)
        self._app = app
        self._loop = loop
        self._connection = connection
        self._request_reader, self._request_writer = os.pipe()
        self._poll = select.poll()
        self._poll.register(self._request_reader, select.POLLIN)
        for fd in connection.fds:
            self._poll.register(fd, 0)  # poll always reports a hang-up

    def request_exit(self, code: int) -> None:
        """Request that the process ends with exit code `code`."""
        os.write(self._request_writer, bytes([code]))

    def on_signal(self, number: int, _frame: FrameType | None) -> None:
        """Request the exit; a signal handler must not block, whatever the main thread is doing."""
        self.request_exit(128 + number)

    def on_thread_exception(self, args: threading.ExceptHookArgs) -> None:
        """Fail in the app; if the terminal is gone, restart the output thread, for which the event loop may wait."""
        thread = args.thread
        is_writer = thread is not None and thread.name == terminal_writer.THREAD_NAME
        if thread is None or not is_writer or not isinstance(args.exc_value, OSError):
            self._fail_threadsafe(args.exc_value)
            return
        _discard_output()
        self.request_exit(_HUNG_UP)
        thread.run()

    def on_unraisable(self, args: sys.UnraisableHookArgs) -> None:
        """Fail in the app on an exception that Python could not raise, such as one in a finalizer."""
        self._fail_threadsafe(args.exc_value)

    def on_loop_exception(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Fail in the app on an exception that nothing awaited; errors of a connection go to its user."""
        if "transport" not in context and "exception" in context:
            self._fail(context["exception"])

    def _fail_threadsafe(self, error: BaseException | None) -> None:
        if error is not None:
            with contextlib.suppress(RuntimeError):  # the loop may be closed
                self._loop.call_soon_threadsafe(self._fail, error)

    def _fail(self, error: BaseException) -> None:
        from xds_tui.tui.runtime import crash_report

        if crash_report.is_program_error(error):
            self._app.call_later(_raise, error)

    def run(self) -> None:
        """Wait for a request, pass it to the app, and end the process if it still runs after `EXIT_TIMEOUT`."""
        while (code := self._poll_request()) is None:
            pass
        deadline = time.monotonic() + EXIT_TIMEOUT
        with contextlib.suppress(RuntimeError):  # the loop may be closed
            self._loop.call_soon_threadsafe(self._app.exit, None, code)
        while time.monotonic() < deadline:
            if self._poll_request() is None and self._connection.is_stalled():
                self._connection.abandon()
        self._connection.restore()
        os._exit(code)

    def _poll_request(self) -> int | None:
        """Wait for `_TICK` and return the requested exit code, or None if there is no request."""
        code = None
        for fd, event in self._poll.poll(_TICK):
            if fd == self._request_reader:
                code = os.read(fd, 1)[0]
                continue
            self._poll.unregister(fd)
            if event & select.POLLHUP:
                code = _HUNG_UP
        return code


def _raise(error: BaseException) -> None:
    """Raise `error` in the app, which then restores the terminal and writes a report."""
    raise error


def _discard_output() -> None:
    """Redirect standard error to the null device, because writing to the terminal would raise or block."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, _STDERR)
    os.close(null)
