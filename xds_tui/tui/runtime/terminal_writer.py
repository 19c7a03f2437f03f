"""Writes to the terminal in a thread, so that a terminal that accepts no output blocks nothing else."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Condition, Thread
from typing import IO, Final

THREAD_NAME: Final = "xds-tui output"

SKIP_FRAMES_FROM: Final = 1 << 16
"""Queued characters from which on frames are skipped."""

MAX_QUEUED: Final = 1 << 20
"""Characters that are queued at most; more is discarded."""

_CHUNK_SIZE: Final = 4096
"""Characters per write."""


class TerminalWriter(Thread):
    """Writes in the order of the calls to `write`, which never block."""

    def __init__(self, file: IO[str], on_caught_up: Callable[[], None]) -> None:
        """Create the thread.

        Args:
            file: the terminal.
            on_caught_up: called in this thread when the queue is empty after a frame was skipped.

        """
        super().__init__(daemon=True, name=THREAD_NAME)
        self._file = file
        self._on_caught_up = on_caught_up
        self._queue: deque[str] = deque()
        self._queued = 0
        self._has_skipped = False
        self._is_stopping = False
        self._changed = Condition()

    def write(self, text: str) -> None:
        """Queue `text`."""
        with self._changed:
            if self._queued + len(text) > MAX_QUEUED:
                self._has_skipped = True
                return
            self._queue.extend(text[start : start + _CHUNK_SIZE] for start in range(0, len(text), _CHUNK_SIZE))
            self._queued += len(text)
            self._changed.notify_all()

    def should_skip_frame(self) -> bool:
        """Return whether the terminal is so far behind that another frame is useless."""
        with self._changed:
            is_behind = self._queued > SKIP_FRAMES_FROM
            self._has_skipped |= is_behind
            return is_behind

    def run(self) -> None:
        """Write until `stop` is called; run again after a failed write, whose text is lost."""
        while (text := self._next()) is not None:
            try:
                self._file.write(text)
                self._file.flush()
            finally:
                self._finish(len(text))

    def _next(self) -> str | None:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._is_stopping)
            return self._queue.popleft() if self._queue else None

    def _finish(self, length: int) -> None:
        with self._changed:
            self._queued -= length
            has_caught_up = self._has_skipped and not self._queued
            if has_caught_up:
                self._has_skipped = False
            self._changed.notify_all()
        if has_caught_up:
            self._on_caught_up()

    def stop(self, timeout: float | None = None) -> bool:
        """Write what is queued and end the thread.

        Args:
            timeout: seconds to wait for that; None: without a limit.

        Returns:
            Whether the thread has ended.

        """
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()
        self.join(timeout)
        return not self.is_alive()
