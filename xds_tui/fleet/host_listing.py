"""All pages of the host list, made into one consistent snapshot.

The list moves while it is read: a host that is created pushes others to the next page (they are seen twice), one
that is deleted pulls others back (they are not seen at all). And a list can simply be wrong. So a reading is consistent
only if every row has an ID, no host came twice and their number is the one that was announced, the same on every page.
A list that is not is read again, unless it says the very same as before. What comes of hosts that it does not show,
consistent or not, is for `absences` to say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from xds_tui.domain.host_details import keep_details
from xds_tui.domain.model import Host, Snapshot
from xds_tui.fleet.absences import Listing, look_up, resolve
from xds_tui.fleet.state import Progress

if TYPE_CHECKING:
    from xds_tui.api.decode import HostPage

PAGE_SIZE: Final = 25
"""The most that the service gives at once (reference: mypage)."""

MAX_CONCURRENT_PAGES: Final = 4
"""Requests under way at the same time: quick for a large fleet, polite to the service."""

ATTEMPTS: Final = 3
"""Readings of a list that keeps moving before it is taken as it is."""

CONTRADICTION_DELAY: Final = timedelta(minutes=5)
"""A list that contradicts itself is taken to show only what had been listed for so long."""

MAX_PAGES: Final = 4_000
"""A list that claims more than 100,000 hosts is not believed further."""


_A = TypeVar("_A")
_B = TypeVar("_B")


class HostPages(Protocol):
    """What a sweep needs of the client."""

    async def hosts(self, page: int) -> HostPage:
        """Ask for one page, counted from 1."""

    async def host(self, host_id: str) -> Host | None:
        """Ask for one host; None: not there, or not ours."""


@dataclass(frozen=True, slots=True)
class HostListing:
    """What a sweep saw."""

    snapshot: Snapshot
    unreadable: int
    """Rows of the list that could not even be told apart as hosts."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """One pass over all pages."""

    hosts: dict[str, Host]
    """By ID, in the order of the list; a host that came twice stands where and as it was seen last."""
    repeated: bool
    totals: frozenset[int]
    is_total_unreadable: bool
    unreadable: int

    @property
    def is_consistent(self) -> bool:
        is_whole = not self.repeated and not self.unreadable and not self.is_total_unreadable
        return is_whole and (not self.totals or self.totals == {len(self.hosts)})


async def list_hosts(
    source: HostPages,
    before: Snapshot | None,
    clock: Callable[[], datetime],
    *,
    deleted: Collection[str] = (),
    may_be_others: bool = False,
) -> HostListing:
    """Read the whole list until it is consistent, and return it as one snapshot.

    Args:
        source: what is asked.
        before: the snapshot before, whose hosts are still there unless the contrary is shown.
        clock: the time, UTC.
        deleted: hosts whose deletion the service accepted from us.
        may_be_others: whether the list may be of another account than `before`; then it is, if they share no host.

    Raises:
        XdsError: as the client does, for the first request of the list that failed.

    """
    known = {host.id: host for host in before.hosts} if before is not None else {}
    source = _Unchanged(source, dict(known))
    began, reading = clock(), await _read(source, known)
    seen = dict(reading.hosts)
    for _ in range(ATTEMPTS - 1):
        if reading.is_consistent:
            break
        previous, began = reading, clock()
        reading = await _read(source, known)
        seen |= reading.hosts
        if _agree(previous, reading):
            break
    if may_be_others and known.keys().isdisjoint(seen):
        before, known = None, {}
    snapshot = await resolve(
        Listing(reading.hosts, reading.is_consistent),
        known | seen,
        before,
        lambda ids: look_up(source.host, ids),
        clock(),
        deleted,
    )
    listed_at = began if reading.is_consistent else began - CONTRADICTION_DELAY
    if before is not None and before.listed_at is not None:
        listed_at = max(listed_at, before.listed_at)
    return HostListing(replace(snapshot, listed_at=listed_at), reading.unreadable)


class _Unchanged:
    """A list whose hosts are the very objects of before where they are equal: what is done with them can rest."""

    def __init__(self, source: HostPages, known: Mapping[str, Host]) -> None:
        self._source = source
        self._known = known

    async def hosts(self, page: int) -> HostPage:
        """Ask for one page; comparing page by page never holds up the event loop for long."""
        there = await self._source.hosts(page)
        return replace(there, hosts=tuple(map(self._same, there.hosts)))

    async def host(self, host_id: str) -> Host | None:
        """Ask for one host."""
        host = await self._source.host(host_id)
        return None if host is None else self._same(host)

    def _same(self, host: Host) -> Host:
        before = self._known.get(host.id)
        return host if before is None else keep_details(host, before)


def _agree(one: _Reading, other: _Reading) -> bool:
    """Whether two readings say the very same: a list that contradicts itself steadily is not read a third time."""
    return list(one.hosts) == list(other.hosts) and one.totals == other.totals


async def _read(source: HostPages, known: Collection[str]) -> _Reading:
    """Read every page that the total asks for, and further ones where the total may be too small."""
    first = await source.hosts(1)
    pages = [first]
    if first.total is not None and 0 < _rows(first) < first.total:
        # A service that cuts the pages shorter than we asked for has more of them.
        last = min(ceil(first.total / min(_rows(first), PAGE_SIZE)), MAX_PAGES)
        pages += await _pages(source, last)
    if first.total is None or not known or not set(known) <= {host.id for page in pages for host in page.hosts}:
        while _rows(pages[-1]) == PAGE_SIZE and len(pages) < MAX_PAGES:
            pages.append(await source.hosts(len(pages) + 1))
    return _joined(pages)


async def _pages(source: HostPages, last: int) -> list[HostPage]:
    """Return the pages from the second to `last`, as far as they are not empty: a total can be far too large."""
    pages: dict[int, HostPage] = {}
    numbers = iter(range(2, last + 1))

    async def read_on(_worker: int) -> None:
        for number in numbers:
            pages[number] = await source.hosts(number)
            if not _rows(pages[number]):
                break

    await _bounded(read_on, range(MAX_CONCURRENT_PAGES))
    return [pages[number] for number in sorted(pages)]


def _joined(pages: Sequence[HostPage]) -> _Reading:
    hosts: dict[str, Host] = {}
    count = 0
    for page in pages:
        for host in page.hosts:
            hosts.pop(host.id, None)
            hosts[host.id] = host
            count += 1
    totals = frozenset(page.total for page in pages if page.total is not None)
    return _Reading(
        hosts,
        count != len(hosts),
        totals,
        any(page.is_total_unreadable for page in pages),
        sum(page.unreadable for page in pages),
    )


def _rows(page: HostPage) -> int:
    return len(page.hosts) + page.unreadable


async def _bounded(ask: Callable[[_A], Awaitable[_B]], about: Iterable[_A]) -> list[_B]:
    """Request each, at most `MAX_CONCURRENT_PAGES` at a time, and return the responses in order."""
    limit = asyncio.Semaphore(MAX_CONCURRENT_PAGES)

    async def ask_in_turn(one: _A) -> _B:
        async with limit:
            return await ask(one)

    tasks = [asyncio.ensure_future(ask_in_turn(one)) for one in about]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


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
