"""A program in a real pseudo-terminal: it receives keys, and its output is displayed on an emulated screen."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

import pyte

from .wait import TIMEOUT

READING_TIME: Final = 1.5
"""Seconds to wait before a dialog is confirmed, longer than the program's guard against early key presses."""

REPEAT_DELAY: Final = 20.0
"""Seconds after which a key without effect is pressed again."""

KEYS: Final = {"enter": "\r", "tab": "\t", "escape": "\x1b[27u", "up": "\x1b[A", "down": "\x1b[B", "backspace": "\x7f"}

"""The bytes of named keys. Escape is sent as in the kitty keyboard protocol: a bare ESC that is read together with the
next key would be Alt and that key."""

_ANSWERS: Final[tuple[tuple[re.Pattern[bytes], bytes], ...]] = (
    (re.compile(rb"\x1b\[c"), b"\x1b[?62;22c"),
    (re.compile(rb"\x1b\[6n"), b"\x1b[1;1R"),
    (re.compile(rb"\x1b\[\?2026\$p"), b"\x1b[?2026;2$y"),
    (re.compile(rb"\x1b\[\?2048\$p"), b"\x1b[?2048;0$y"),
)
"""The replies of the terminal to queries."""

_UNKNOWN_TO_PYTE: Final = re.compile(
    rb"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p|\x1b\[[0-9;]* q|\x1b\[[0-9;]*t"
    rb"|\x1b[P_^X][^\x1b]*\x1b\\|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
    rb"|\xe2\x83[\x9d-\xa0]"
)
"""Sequences that pyte would display, and the enclosing marks, after which it drops the rest of a text."""


class Terminal:
    """Runs a command in a pseudo-terminal; as a context manager it makes sure that no process remains."""

    _text = ""

    def __init__(
        self, command: Sequence[str], *, columns: int = 120, rows: int = 40, environ: Mapping[str, str] | None = None
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self.raw = bytearray()
        self.answers = _ANSWERS
        self.exit_code: int | None = None
        self._stream = pyte.ByteStream(self.screen)
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            os.execvpe(command[0], list(command), {**(environ or os.environ), "TERM": "xterm-256color"})  # noqa: S606
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.modes_before = termios.tcgetattr(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.exit_code is None:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        os.close(self._fd)

    @property
    def text(self) -> str:
        """The text of the screen."""
        if self.screen.dirty:  # otherwise it is the same: a wait looks at it many times a second
            rows = (self.screen.buffer[y] for y in range(self.screen.lines))
            self._text = "\n".join("".join(row[x].data for x in range(self.screen.columns)).rstrip() for row in rows)
            self.screen.dirty.clear()
        return self._text

    @property
    def modes(self) -> list[Any]:
        """The modes of the line discipline, as returned by termios."""
        return termios.tcgetattr(self._fd)

    def press(self, *keys: str) -> None:
        """Press keys, given by name or as a character."""
        for key in keys:
            os.write(self._fd, KEYS.get(key, key).encode())
            self._read(0.02)

    def type(self, text: str) -> None:
        """Type a text."""
        os.write(self._fd, text.encode())

    def click(self, pattern: str) -> None:
        """Click on the first character of a match, and wait for one before."""
        self.wait_for(pattern)
        for y in range(self.screen.lines):
            cells = [(x, self.screen.buffer[y][x].data) for x in range(self.screen.columns)]
            line = "".join(data for _x, data in cells)
            if found := re.search(pattern, line):
                places = [x for x, data in cells for _character in data]
                at = f"{places[found.start()] + 1};{y + 1}"
                os.write(self._fd, f"\x1b[<0;{at}M\x1b[<0;{at}m".encode())
                self._read(0.05)
                return
        raise AssertionError(f"{pattern!r} is on no line of its own:\n{self.text}")

    def paste(self, text: str) -> None:
        """Paste a text, as the terminal does with the mouse or a menu."""
        os.write(self._fd, f"\x1b[200~{text}\x1b[201~".encode())

    def pause(self, seconds: float) -> None:
        """Process the program's output for a number of seconds."""
        self._read(seconds)

    def signal(self, number: int) -> None:
        """Send a signal to the program."""
        os.kill(self._pid, number)

    def wait_for(self, pattern: str, *, gone: bool = False) -> str:
        """Wait until the screen matches (or, with `gone`, does not match), and return its text."""
        ends = time.monotonic() + TIMEOUT
        while bool(re.search(pattern, self.text)) is gone:
            assert time.monotonic() < ends, f"{pattern!r} did not {'go' if gone else 'come'}:\n{self.text}"
            assert self._read(0.05) or bool(re.search(pattern, self.text)) is not gone, f"it ended:\n{self.text}"
        return self.text

    def press_until_gone(self, key: str, pattern: str) -> None:
        """Press a key until the screen does not match; a dialog ignores keys that are pressed too early.

        A press is repeated only if it has had no effect for long: it must not reach the screen below the dialog.
        """
        self._until_gone(lambda: self.press(key), pattern)

    def click_until_gone(self, place: str, pattern: str) -> None:
        """Click until the screen does not match, like `press_until_gone`."""
        self._until_gone(lambda: self.click(place), pattern)

    def _until_gone(self, do: Callable[[], None], pattern: str) -> None:
        ends = time.monotonic() + TIMEOUT
        self._read(READING_TIME)
        while re.search(pattern, self.text):
            assert time.monotonic() < ends, f"{pattern!r} did not go:\n{self.text}"
            do()
            pressed = time.monotonic()
            while re.search(pattern, self.text) and time.monotonic() < pressed + REPEAT_DELAY:
                assert self._read(0.05), f"it ended:\n{self.text}"

    def wait_for_end(self) -> int:
        """Wait until the program has ended, and return its exit code."""
        ends = time.monotonic() + TIMEOUT
        while self._read(0.05):
            assert time.monotonic() < ends, f"it did not end:\n{self.text}"
        assert self.exit_code is not None
        return self.exit_code

    def _read(self, seconds: float) -> bool:
        """Process the program's output for a while; return False after it has ended."""
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            if not select.select([self._fd], [], [], left)[0]:
                continue
            try:
                data = os.read(self._fd, 65536)
            except OSError:
                data = b""
            if not data:
                if self.exit_code is None:
                    self.exit_code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
                return False
            self.raw += data
            for question, answer in self.answers:
                if question.search(data):
                    os.write(self._fd, answer)
            self._stream.feed(_UNKNOWN_TO_PYTE.sub(b"", data))
        return True
