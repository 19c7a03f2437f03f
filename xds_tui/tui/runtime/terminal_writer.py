"""Writes to the terminal, or to the server of a page, in a thread: one that accepts no output blocks nothing else."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Condition, Thread
from typing import AnyStr, Final, Generic, Protocol, TypeVar, runtime_checkable

_Text = TypeVar("_Text", str, bytes, contravariant=True)

THREAD_NAME: Final = "xds-tui output"

SKIP_FRAMES_FROM: Final = 1 << 16
"""Queued characters or bytes from which on frames are skipped."""

MAX_QUEUED: Final = 1 << 20
"""Characters or bytes that are queued at most; more is discarded."""

_CHUNK_SIZE: Final = 4096
"""Characters or bytes per write."""


@runtime_checkable
class FrameSkipper(Protocol):
    """A driver that knows when another frame is useless, because its output is behind."""

    def should_skip_frame(self) -> bool:
        """Return whether the output is behind; everything is repainted when it has caught up."""


class Output(Protocol[_Text]):
    """A file, or an object with the same methods, that is written to."""

    def write(self, text: _Text, /) -> int:
        """Write all of `text`."""

    def flush(self) -> None:
        """Write out what is buffered."""


class TerminalWriter(Thread, Generic[AnyStr]):
    """Writes in the order of the calls to `write`, which never block."""

    def __init__(self, file: Output[AnyStr], on_caught_up: Callable[[], None]) -> None:
        """Create the thread.

        Args:
            file: the terminal, or the pipe to a server.
            on_caught_up: called in this thread when the queue is empty after a frame was skipped.

        """
        super().__init__(daemon=True, name=THREAD_NAME)
        self._file: Output[AnyStr] = file
        self._on_caught_up = on_caught_up
        self._queue: deque[AnyStr] = deque()
        self._queued = 0
        self._has_skipped = False
        self._is_stopping = False
        self._changed = Condition()

    def write(self, text: AnyStr) -> None:
        """Queue `text`, or discard it whole if too much is queued already."""
        with self._changed:
            if self._queued + len(text) > MAX_QUEUED:
                self._has_skipped = True
                return
            self._queue.extend(text[start : start + _CHUNK_SIZE] for start in range(0, len(text), _CHUNK_SIZE))
            self._queued += len(text)
            self._changed.notify_all()

    def should_skip_frame(self) -> bool:
        """Return whether the reader is so far behind that another frame is useless."""
        with self._changed:
            is_behind = self._queued > SKIP_FRAMES_FROM
            self._has_skipped |= is_behind
            return is_behind

    def run(self) -> None:
        """Write until `stop` is called; run again after a failed write. The text of that write is lost."""
        while (text := self._next()) is not None:
            try:
                self._file.write(text)
                self._file.flush()
            finally:
                self._finish(len(text))

    def _next(self) -> AnyStr | None:
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
