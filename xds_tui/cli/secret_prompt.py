"""A prompt for a secret on the controlling terminal, which is never echoed.

`getpass` switches echo off once. A shell with job control switches it on again for its own prompt when the process is
stopped, and does not switch it off when the process continues, so the secret would be typed in the clear after
Ctrl-Z and `fg`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import signal
import sys
import termios
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Final

_LOCAL_FLAGS: Final = 3
"""Index of the local flags in what `termios.tcgetattr` returns."""

_ECHO: Final = termios.ECHO | termios.ECHONL
_LINE: Final = 4096
"""Bytes of the longest line that a terminal in canonical mode accepts."""

_FATAL: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""Signals that end the process by default, which would leave the terminal without echo. SIGINT raises an exception."""


def ask(prompt: str) -> str:
    """Write `prompt` to the terminal and return the line that is typed on standard input, without echo.

    Input that was typed before echo was off is discarded. The terminal gets its echo back when the prompt ends, when
    the process is stopped, and when a signal ends it.

    Must be called in the main thread.

    Raises:
        EOFError: if standard input ends or hangs up before a line was typed.

    """
    terminal = _PromptTerminal(sys.stdin.fileno(), prompt)
    try:
        with _handlers(terminal), _wake_up() as woken:
            terminal.hide()
            return terminal.read_line(woken)
    except (OSError, termios.error) as error:
        raise EOFError from error
    finally:
        terminal.restore()
        terminal.write("\n")


class _PromptTerminal:
    """The terminal on a file descriptor, while a secret is typed on it."""

    def __init__(self, fd: int, prompt: str) -> None:
        self._fd = fd
        self._prompt = prompt
        self._echo: int = termios.tcgetattr(fd)[_LOCAL_FLAGS] & _ECHO

    @property
    def is_hidden(self) -> bool:
        """Whether what is typed is not echoed."""
        return not termios.tcgetattr(self._fd)[_LOCAL_FLAGS] & termios.ECHO

    def hide(self) -> None:
        """Switch echo off, discard what was typed before, and write the prompt."""
        self._set_echo(0)
        _repeat(lambda: termios.tcflush(self._fd, termios.TCIFLUSH))
        self.write(self._prompt)

    def restore(self) -> None:
        """Restore the echo of the terminal, unless this is a background job and another program uses the terminal."""
        with contextlib.suppress(OSError, termios.error):
            if os.tcgetpgrp(self._fd) == os.getpgrp():
                self._set_echo(self._echo)

    def _set_echo(self, echo: int) -> None:
        """Change the echo flags alone: a shell may have changed others while the process was stopped."""

        def change() -> None:
            modes = termios.tcgetattr(self._fd)
            modes[_LOCAL_FLAGS] = modes[_LOCAL_FLAGS] & ~_ECHO | echo
            # Not TCSAFLUSH: it waits for output, for ever if the terminal accepts none.
            termios.tcsetattr(self._fd, termios.TCSANOW, modes)

        _repeat(change)

    def read_line(self, woken: int) -> str:
        """Read until the line ends, or the input does; what can be read from `woken` is thrown away.

        Raises:
            EOFError: if the input ends with nothing typed.

        """
        line = b""
        while not line.endswith(b"\n"):
            ready = select.select([self._fd, woken], [], [])[0]
            if woken in ready:
                os.read(woken, _LINE)
            if self._fd not in ready:
                continue
            data = os.read(self._fd, _LINE)
            if not data:
                break
            line += data
        if not line:
            raise EOFError
        return line.decode(errors="replace").rstrip("\r\n")

    def write(self, text: str) -> None:
        """Write to the terminal, whatever standard error is redirected to."""
        with contextlib.suppress(OSError):
            fd = os.open("/dev/tty", os.O_WRONLY | os.O_NOCTTY)
            try:
                os.write(fd, text.encode(errors="replace"))
            finally:
                os.close(fd)


def _repeat(change: Callable[[], None]) -> None:
    """Change the terminal, again if interrupted: the change stops a background job until it is in the foreground."""
    while True:
        try:
            return change()
        except termios.error as error:
            if error.args[0] != errno.EINTR:
                raise


@contextlib.contextmanager
def _wake_up() -> Iterator[int]:
    """Return a file that can be read after every signal.

    A blocking `read` in the main thread is not interrupted by a signal that another thread received, and the handler
    would not run before the next line.
    """
    woken, waking = os.pipe()
    os.set_blocking(waking, False)
    before = signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
    try:
        yield woken
    finally:
        signal.set_wakeup_fd(before)
        os.close(waking)
        os.close(woken)


@contextlib.contextmanager
def _handlers(terminal: _PromptTerminal) -> Iterator[None]:
    """Handle the signals that stop, continue or end the process; those that are ignored stay ignored."""

    def act_by_default(number: int, _frame: FrameType | None) -> None:
        terminal.restore()
        handler = signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        # Reached by SIGTSTP alone. Without a shell the process was not even stopped, and is not continued either.
        signal.signal(number, handler)
        if not terminal.is_hidden:
            terminal.hide()

    def on_continue(_number: int, _frame: FrameType | None) -> None:
        terminal.hide()

    before = {number: signal.getsignal(number) for number in (*_FATAL, signal.SIGTSTP, signal.SIGCONT)}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, on_continue if number == signal.SIGCONT else act_by_default)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
