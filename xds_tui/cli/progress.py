"""A progress line on standard error: on terminals only, after a short delay, erased when the work is done."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable
from typing import Final, TypeVar

from xds_tui.cli.output import cell_width
from xds_tui.domain.sanitize import clean
from xds_tui.fleet.state import Progress
from xds_tui.i18n import _
from xds_tui.system import standard_streams, terminal
from xds_tui.text import terms

T = TypeVar("T")

SHOW_DELAY: Final = 0.3
"""Seconds of waiting after which the line appears."""

REDRAW_INTERVAL: Final = 1.0
"""Seconds after which the elapsed time is updated."""

_ERASE_LINE: Final = "\r\x1b[K"
"""Carriage return, then erase to the end of the line (ECMA-48: EL)."""


def asking(url: str) -> str:
    """Return the subject of the progress line during a request to `url`."""
    return _("waiting for {url}").format(url=url)


class ProgressLine:
    """A line that states what is being waited for, how far it is, and for how many seconds."""

    def __init__(self, subject: str) -> None:
        """Set what is being waited for, in the chosen language; nothing is drawn yet."""
        self._subject = subject
        self._progress = ""
        self._started_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._is_drawn = False

    async def until(self, work: Awaitable[T]) -> T:
        """Return the result of `work`, or raise its exception; show the line if that takes longer than a moment."""
        loop = asyncio.get_running_loop()
        self._started_at = loop.time()
        if sys.stderr is not None and sys.stderr.isatty() and not terminal.is_dumb(os.environ):
            self._timer = loop.call_later(SHOW_DELAY, self._tick)
        try:
            return await work
        finally:
            if self._timer is not None:
                self._timer.cancel()
            if self._is_drawn:
                standard_streams.complain(_ERASE_LINE)

    def update(self, progress: Progress) -> None:
        """Show how many hosts have been read."""
        if progress.total is not None:
            self._progress = _("{done} of {total} hosts").format(done=progress.done, total=progress.total)
            if self._is_drawn:
                self._draw()

    def _tick(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(REDRAW_INTERVAL, self._tick)
        self._draw()

    def _draw(self) -> None:
        elapsed = _(terms.SECONDS).format(seconds=int(asyncio.get_running_loop().time() - self._started_at))
        line = clean(", ".join(part for part in (f"xds-tui: {self._subject}", self._progress, elapsed) if part))
        if cell_width(line) >= os.get_terminal_size(sys.stderr.fileno()).columns:
            line = elapsed  # a line that wraps cannot be erased
        standard_streams.complain(_ERASE_LINE + line)
        self._is_drawn = True
