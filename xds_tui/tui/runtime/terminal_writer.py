"""Writes to the terminal from a thread of its own, so that nobody waits for a terminal that accepts no output."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Condition, Thread
from typing import IO, Final

NAME: Final = "textual-output"
"""The name of the thread, as Textual has it."""

BEHIND: Final = 1 << 16
"""Characters that wait to be written, from which on frames are skipped."""

MOST: Final = 1 << 20
"""Characters that wait to be written at most; what exceeds them is discarded."""

_CHUNK: Final = 4096


class TerminalWriter(Thread):
    """Writes in the order of the calls, which never block."""

    def __init__(self, file: IO[str], caught_up: Callable[[], None]) -> None:
        """Write to `file`; `caught_up` is called in this thread when everything after a skipped frame is written."""
        super().__init__(daemon=True, name=NAME)
        self._file = file
        self._caught_up = caught_up
        self._waiting: deque[str] = deque()
        self._size = 0
        self._has_skipped = False
        self._is_to_end = False
        self._changed = Condition()

    def write(self, text: str) -> None:
        """Have `text` written."""
        with self._changed:
            if self._size + len(text) > MOST:
                self._has_skipped = True
                return
            self._waiting.extend(text[start : start + _CHUNK] for start in range(0, len(text), _CHUNK))
            self._size += len(text)
            self._changed.notify_all()

    def skips_frame(self) -> bool:
        """Whether the terminal is so far behind that another frame is useless; `caught_up` is called later."""
        with self._changed:
            is_behind = self._size > BEHIND
            self._has_skipped |= is_behind
            return is_behind

    def drain(self, seconds: float) -> bool:
        """Wait until everything is written, and return whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._size, seconds)

    def run(self) -> None:
        """Write until told to stop; called again after a failed write, whose text is lost."""
        while (text := self._next()) is not None:
            try:
                self._file.write(text)
                self._file.flush()
            finally:
                self._done(len(text))

    def _next(self) -> str | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_to_end)
            return self._waiting.popleft() if self._waiting else None

    def _done(self, length: int) -> None:
        with self._changed:
            self._size -= length
            has_caught_up = self._has_skipped and not self._size
            if has_caught_up:
                self._has_skipped = False
            self._changed.notify_all()
        if has_caught_up:
            self._caught_up()

    def stop(self, seconds: float | None = None) -> bool:
        """Write what waits, end the thread, and return whether that was done in time; None: however long it takes."""
        with self._changed:
            self._is_to_end = True
            self._changed.notify_all()
        self.join(seconds)
        return not self.is_alive()
