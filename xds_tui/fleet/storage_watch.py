"""Whether orders can be recorded: shown while they cannot, and caught up on when they can again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from xds_tui.store.problems import StoreError

if TYPE_CHECKING:
    from xds_tui.store.journal import Journal


class StorageWatch:
    """Follows the state of the history file for the monitor."""

    def __init__(self, journal: Journal, show: Callable[[StoreError | None], None]) -> None:
        """Make it; `show` is called with why nothing can be recorded, or None, whenever the file's state changes."""
        self._journal = journal
        self._show = show
        self._catch_up: Callable[[], Awaitable[None]] | None = None
        self._catching_up: asyncio.Task[None] | None = None

    def begin(self, catch_up: Callable[[], Awaitable[None]]) -> None:
        """Follow the file from now on; `catch_up` is awaited when another file has been opened.

        What could not be written meanwhile is in it by then.
        """
        self._catch_up = catch_up
        self._journal.watch(self._note)

    def _note(self) -> None:
        if self._journal.problem is not None:
            self._show(self._journal.problem)
        elif self._catching_up is None or self._catching_up.done():
            self._catching_up = asyncio.get_running_loop().create_task(self._restore())

    async def _restore(self) -> None:
        generation = None
        while generation != self._journal.generation:
            generation = self._journal.generation
            with contextlib.suppress(StoreError):  # it is the next problem then
                await self._journal.restore_orders()
            if self._catch_up is not None:
                await self._catch_up()
        self._show(self._journal.problem)

    async def close(self, patience: float) -> None:
        """Wait until what was begun has ended, at most `patience` seconds."""
        if self._catching_up is not None:
            await asyncio.wait({self._catching_up}, timeout=patience)
