"""All pages of the host list, made into one consistent snapshot.

The list moves while it is read: a host that is created pushes others to the next page (they are seen twice), one
that is deleted pulls others back (they are not seen at all). So a reading counts only if no host came twice and
their number is the one that was announced, the same on every page; or if two readings in a row saw the very same
hosts, which is what a total that lies looks like. After `ATTEMPTS` readings that do not, each known host that was
not seen is asked for by its ID before it is called gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from xds_tui.model import Host, Snapshot

if TYPE_CHECKING:
    from xds_tui.api.wire import HostPage

PAGE_SIZE: Final = 25
"""The most that the service gives at once (reference: mypage)."""

AT_ONCE: Final = 4
"""Requests under way at the same time: quick for a large fleet, polite to the service."""

ATTEMPTS: Final = 3
"""Readings of a list that keeps moving before single hosts are asked for."""

MAX_PAGES: Final = 4_000
"""A list that claims more than 100,000 hosts is not believed further."""


_A = TypeVar("_A")
_B = TypeVar("_B")


class HostList(Protocol):
    """What a sweep needs of the client."""

    async def hosts(self, page: int) -> HostPage:
        """Ask for one page, counted from 1."""

    async def host(self, host_id: str) -> Host | None:
        """Ask for one host; None: not there, or not ours."""


@dataclass(frozen=True, slots=True)
class Swept:
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
    unreadable: int

    @property
    def is_consistent(self) -> bool:
        counted = len(self.hosts) + self.unreadable
        return not self.repeated and (not self.totals or self.totals == {counted})


async def sweep(source: HostList, before: Snapshot | None, clock: Callable[[], datetime]) -> Swept:
    """Read the whole list until it is consistent, and return it as one snapshot.

    Raises:
        XdsError: as the client does, for the first request that failed.

    """
    known = {host.id: host for host in before.hosts} if before is not None else {}
    source = _Unchanged(source, dict(known))
    previous: _Reading | None = None
    for _ in range(ATTEMPTS):
        reading = await _read(source)
        if reading.is_consistent or (previous is not None and _agree(previous, reading)):
            return Swept(Snapshot(tuple(reading.hosts.values()), clock()), reading.unreadable)
        known |= reading.hosts
        previous = reading
    missed = [host_id for host_id in known if host_id not in reading.hosts]
    found = [host for host in await _bounded(source.host, missed) if host is not None]
    return Swept(Snapshot((*reading.hosts.values(), *found), clock()), reading.unreadable)


class _Unchanged:
    """A list whose hosts are the very objects of before where they are equal: what is done with them can rest."""

    def __init__(self, source: HostList, known: Mapping[str, Host]) -> None:
        self._source = source
        self._known = known

    async def hosts(self, page: int) -> HostPage:
        """Ask for one page; comparing page by page never holds up the event loop for long."""
        there = await self._source.hosts(page)
        return replace(there, hosts=tuple(map(self._same, there.hosts)))

    async def host(self, host_id: str) -> Host | None:
        """Ask for one host."""
        return await self._source.host(host_id)

    def _same(self, host: Host) -> Host:
        before = self._known.get(host.id)
        return before if before is not None and before == host else host


def _agree(one: _Reading, other: _Reading) -> bool:
    return not one.repeated and not other.repeated and list(one.hosts) == list(other.hosts)


async def _read(source: HostList) -> _Reading:
    first = await source.hosts(1)
    pages = [first]
    if first.total is None:
        while _is_full(pages[-1]) and len(pages) < MAX_PAGES:
            pages.append(await source.hosts(len(pages) + 1))
    elif first.total > _rows(first):
        last = min(ceil(first.total / PAGE_SIZE), MAX_PAGES)
        pages += await _bounded(source.hosts, range(2, last + 1))
    return _joined(pages)


def _joined(pages: Sequence[HostPage]) -> _Reading:
    hosts: dict[str, Host] = {}
    count = 0
    for page in pages:
        for host in page.hosts:
            hosts.pop(host.id, None)
            hosts[host.id] = host
            count += 1
    totals = frozenset(page.total for page in pages if page.total is not None)
    return _Reading(hosts, count != len(hosts), totals, sum(page.unreadable for page in pages))


def _rows(page: HostPage) -> int:
    return len(page.hosts) + page.unreadable


def _is_full(page: HostPage) -> bool:
    return _rows(page) >= PAGE_SIZE


async def _bounded(ask: Callable[[_A], Awaitable[_B]], about: Iterable[_A]) -> list[_B]:
    """Ask about each, at most `AT_ONCE` together, and return the answers in order; one failure ends the rest."""
    limit = asyncio.Semaphore(AT_ONCE)

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
