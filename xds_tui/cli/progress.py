"""A line on standard error while something is waited for: in a terminal alone, after a moment, and then taken away."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable
from typing import Final, TypeVar

from xds_tui.cli.output import width
from xds_tui.domain.sanitize import clean
from xds_tui.fleet.state import Progress
from xds_tui.i18n import _
from xds_tui.system import standard_streams

T = TypeVar("T")

SHOW_DELAY: Final = 0.3
"""Seconds after which a wait is told of."""

REDRAW_INTERVAL: Final = 1.0
"""Seconds between two lines where nothing else is news."""

_ERASE: Final = "\r\x1b[K"
"""To the first column, and nothing from there on (ECMA-48: EL)."""


class ProgressLine:
    """One wait: what for, how far it is, and for how many seconds."""

    def __init__(self, words: str) -> None:
        """Be ready to tell of it; `words`: what is waited for, in the chosen language."""
        self._words = words
        self._far = ""
        self._since = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._is_drawn = False

    async def until(self, work: Awaitable[T]) -> T:
        """Return what `work` does, or fail as it does."""
        loop = asyncio.get_running_loop()
        self._since = loop.time()
        if sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb":
            self._timer = loop.call_later(SHOW_DELAY, self._tick)
        try:
            return await work
        finally:
            if self._timer is not None:
                self._timer.cancel()
            if self._is_drawn:
                _write(_ERASE)

    def tell(self, reading: Progress) -> None:
        """Say how far the host list has been read."""
        if reading.total is not None:
            self._far = _("{done} of {total} hosts").format(done=reading.done, total=reading.total)
            if self._is_drawn:
                self._draw()

    def _tick(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(REDRAW_INTERVAL, self._tick)
        self._draw()

    def _draw(self) -> None:
        waited = _("{seconds} s").format(seconds=int(asyncio.get_running_loop().time() - self._since))
        line = clean(", ".join(part for part in (f"xds-tui: {self._words}", self._far, waited) if part))
        if width(line) >= os.get_terminal_size(sys.stderr.fileno()).columns:
            line = waited  # a line that is broken into two cannot be taken away
        _write(_ERASE + line)
        self._is_drawn = True


def _write(text: str) -> None:
    standard_streams.complain(text)
