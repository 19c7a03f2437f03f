"""How far the host list has been read, for whoever waits for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from xds_tui.fleet.state import Progress
from xds_tui.fleet.sweep import HostPages
from xds_tui.model import Host

if TYPE_CHECKING:
    from xds_tui.api.wire import HostPage


class ProgressReporter:
    """A host list that tells, page by page, how many of its hosts have come; a second reading counts anew."""

    def __init__(self, source: HostPages, tell: Callable[[Progress], None]) -> None:
        self._source = source
        self._tell = tell
        self._done = 0

    async def hosts(self, page: int) -> HostPage:
        """Ask for one page, and tell."""
        there = await self._source.hosts(page)
        rows = len(there.hosts) + there.unreadable
        self._done = rows if page == 1 else self._done + rows
        if there.total is None or self._done < there.total:
            self._tell(Progress(self._done, there.total))
        return there

    async def host(self, host_id: str) -> Host | None:
        """Ask for one host."""
        return await self._source.host(host_id)
