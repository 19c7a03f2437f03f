"""Read all pages of the host list and combine them into one consistent snapshot.

The list can change while it is read: a new host moves others to the next page, where they are seen twice, and a deleted
one moves others to the page before, so that they are not seen at all. A list can also be wrong. A reading is therefore
consistent only if every row has an ID, no host is repeated, and the total is the same on every page and equals the
number of hosts. An inconsistent list is read again, unless it repeats the same contradiction. If it has fewer hosts
than its total says, the service may count pages from 0: page 0 is requested once, and its answer is remembered.

A host that the list does not show is gone only if a consistent list and `one/{id}` agree. Until then it stays in the
snapshot, marked as not listed. Each refresh requests a few missing hosts from `one/{id}`, beginning with those not
requested before. If a whole fleet is missing, the service is more likely to be wrong than all hosts to be gone, and
hundreds of requests would not help.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Final, Protocol

from xds_tui.api.errors import ApiError
from xds_tui.domain.model import Absence, Host, Snapshot
from xds_tui.domain.snapshot_diff import keep_details
from xds_tui.fleet.state import Progress
from xds_tui.structs import dataclass

if TYPE_CHECKING:
    from xds_tui.api.decode import HostPage
    from xds_tui.api.page_numbers import PageNumbers


PAGE_SIZE: Final = 25
"""Hosts per page, the maximum that the service allows (reference: mypage)."""

MAX_CONCURRENT_PAGES: Final = 4
"""Requests under way at the same time: enough for a large fleet, few enough not to burden the service."""

ATTEMPTS: Final = 3
"""Readings of a list that keeps changing before an inconsistent one is used."""

CONTRADICTION_DELAY: Final = timedelta(minutes=5)
"""An inconsistent list is assumed to show only hosts that were listed this long before."""

MAX_PAGES: Final = 4_000
"""Upper bound for one reading, 100,000 hosts, in case the total is wrong."""

MAX_CHECKS: Final = 20
"""Missing hosts that are requested in one refresh."""

MAX_CONCURRENT_CHECKS: Final = 4
"""Of these, requests under way at the same time."""


class HostPages(Protocol):
    """The part of the client that a listing needs."""

    @property
    def page_numbers(self) -> PageNumbers:
        """The number of the first page, which a listing corrects."""

    async def hosts(self, page: int) -> HostPage:
        """Request one page, counted from 1; 0 for the page before the first one, if there is any."""

    async def host(self, host_id: str) -> Host | None:
        """Request one host; None if it does not exist or belongs to another account."""


@dataclass(frozen=True, slots=True)
class HostListing:
    """The result of reading the whole list."""

    snapshot: Snapshot
    unreadable: int
    """Rows of the list that could not be identified as hosts."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """One pass over all pages."""

    hosts: dict[str, Host]
    """By ID, in the order of the list; of a repeated host the last occurrence."""
    has_repeated_hosts: bool
    totals: frozenset[int]
    is_total_unreadable: bool
    unreadable: int

    @property
    def is_consistent(self) -> bool:
        is_whole = not self.has_repeated_hosts and not self.unreadable and not self.is_total_unreadable
        return is_whole and (not self.totals or self.totals == {len(self.hosts)})

    @property
    def lacks_hosts(self) -> bool:
        """Whether there are fewer hosts than a total says."""
        return any(total > len(self.hosts) for total in self.totals)


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
        source: the client.
        before: the snapshot before; its hosts stay until they are shown to be gone.
        clock: returns the time, UTC.
        deleted: IDs of hosts that were deleted here with the consent of the service.
        may_be_others: whether the list may be of another account than `before`. It is if they share no host.

    Raises:
        ApiError: if a page cannot be read.

    """
    known = {host.id: host for host in before.hosts} if before is not None else {}
    source = _Unchanged(source, dict(known))
    reading, seen, started_at = await _read_until_consistent(source, known, clock)
    if may_be_others and known.keys().isdisjoint(seen):
        before, known = None, {}
    snapshot = await resolve_absences(
        ListedHosts(reading.hosts, reading.is_consistent),
        known | seen,
        before,
        lambda ids: look_up(source.host, ids),
        clock(),
        deleted,
    )
    listed_at = started_at if reading.is_consistent else started_at - CONTRADICTION_DELAY
    if before is not None and before.listed_at is not None:
        listed_at = max(listed_at, before.listed_at)
    return HostListing(replace(snapshot, listed_at=listed_at), reading.unreadable)


async def _read_until_consistent(
    source: HostPages, known: Collection[str], clock: Callable[[], datetime]
) -> tuple[_Reading, dict[str, Host], datetime]:
    """Return the last reading, all hosts that any reading showed, and when the last one started."""
    numbers = source.page_numbers
    started_at, reading = clock(), await _read(source, known)
    seen = dict(reading.hosts)
    for _ in range(ATTEMPTS - 1):
        if reading.is_consistent:
            break
        if not numbers.is_known and reading.lacks_hosts:
            await _find_first_page(source, reading, numbers)
        previous, started_at = reading, clock()
        reading = await _read(source, known)
        seen |= reading.hosts
        if _agree(previous, reading):
            break
    if numbers.first == 0 and not reading.is_consistent:
        numbers.reset()
    return reading, seen, started_at


async def _find_first_page(source: HostPages, reading: _Reading, numbers: PageNumbers) -> None:
    """Request page 0. An error counts as an empty page, so that no later listing waits for it."""
    try:
        page = await source.hosts(0)
    except ApiError:
        numbers.set_first(1)
    else:
        numbers.learn({host.id for host in page.hosts}, reading.hosts.keys())


class _Unchanged:
    """A source that returns the known object for each unchanged host, so that later comparisons are cheap."""

    def __init__(self, source: HostPages, known: Mapping[str, Host]) -> None:
        self._source = source
        self._known = known
        self.page_numbers = source.page_numbers

    async def hosts(self, page: int) -> HostPage:
        """Request one page. Comparing page by page never blocks the event loop for long."""
        response = await self._source.hosts(page)
        return replace(response, hosts=tuple(map(self._reuse, response.hosts)))

    async def host(self, host_id: str) -> Host | None:
        """Request one host."""
        host = await self._source.host(host_id)
        return None if host is None else self._reuse(host)

    def _reuse(self, host: Host) -> Host:
        before = self._known.get(host.id)
        return host if before is None else keep_details(host, before)


def _agree(first: _Reading, second: _Reading) -> bool:
    """Return whether two readings are equal. A list that contradicts itself in the same way twice is not read again."""
    return list(first.hosts) == list(second.hosts) and first.totals == second.totals


async def _read(source: HostPages, known: Collection[str]) -> _Reading:
    """Read as many pages as the total requires, and more if the total may be too small."""
    first = await source.hosts(1)
    pages = [first]
    if first.total is not None and 0 < _count_rows(first) < first.total:
        # The service may return shorter pages than requested, so there are more of them.
        last = min(ceil(first.total / min(_count_rows(first), PAGE_SIZE)), MAX_PAGES)
        pages += await _read_pages(source, first, last)
    if first.total is None or not known or not set(known) <= {host.id for page in pages for host in page.hosts}:
        pages += await _read_on(source, pages)
    return _join(pages)


async def _read_on(source: HostPages, pages: Sequence[HostPage]) -> list[HostPage]:
    """Return the pages after `pages`, until one is not full. Without a total, the first page shows what full means.

    A page that only repeats hosts, as the last one for every later number, ends the list. It is left out if a total
    tells whether hosts are missing, or if the service has obviously ignored the page size and the page number.
    """
    further: list[HostPage] = []
    ids = {host.id for page in pages for host in page.hosts}
    last = pages[-1]
    full = PAGE_SIZE if pages[0].total is not None else _count_rows(pages[0])
    while full and _count_rows(last) == full and len(pages) + len(further) < MAX_PAGES:
        last = await source.hosts(len(pages) + len(further) + 1)
        is_repetition = _is_repetition(last, ids)
        if not is_repetition or (last.total is None and full == PAGE_SIZE):
            further.append(last)
        if is_repetition:
            break
        ids.update(host.id for host in last.hosts)
    return further


def _is_repetition(page: HostPage, ids: Collection[str]) -> bool:
    """Return whether a page shows only hosts of the pages before."""
    return bool(page.hosts) and all(host.id in ids for host in page.hosts)


async def _read_pages(source: HostPages, first: HostPage, last: int) -> list[HostPage]:
    """Return the pages from the second to `last`.

    A total can be far too large: reading stops at a page that is empty or repeats the hosts of others.
    """
    pages: dict[int, HostPage] = {}
    numbers = iter(range(2, last + 1))
    ids = {host.id for host in first.hosts}

    async def read() -> None:
        for number in numbers:
            page = pages[number] = await source.hosts(number)
            if not _count_rows(page) or _is_repetition(page, ids):
                break
            ids.update(host.id for host in page.hosts)

    readers = [asyncio.ensure_future(read()) for _ in range(MAX_CONCURRENT_PAGES)]
    try:
        await asyncio.gather(*readers)
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
    return [pages[number] for number in sorted(pages)]


def _join(pages: Sequence[HostPage]) -> _Reading:
    hosts: dict[str, Host] = {}
    count = 0
    for page in pages:
        for host in page.hosts:
            hosts.pop(host.id, None)
            hosts[host.id] = host
            count += 1
    return _Reading(
        hosts,
        has_repeated_hosts=count != len(hosts),
        totals=frozenset(page.total for page in pages if page.total is not None),
        is_total_unreadable=any(page.is_total_unreadable for page in pages),
        unreadable=sum(page.unreadable for page in pages),
    )


def _count_rows(page: HostPage) -> int:
    return len(page.hosts) + page.unreadable


class ProgressReporter:
    """A source that reports after each page how many hosts have been read; page 1 starts the count again."""

    def __init__(self, source: HostPages, report: Callable[[Progress], None]) -> None:
        """Read from `source`; `report` is not called for the last page."""
        self._source = source
        self.page_numbers = source.page_numbers
        self._report = report
        self._done = 0

    async def hosts(self, page: int) -> HostPage:
        """Request one page, and report."""
        response = await self._source.hosts(page)
        count = _count_rows(response)
        self._done = count if page == 1 else self._done + count
        if response.total is None or self._done < response.total:
            self._report(Progress(self._done, response.total))
        return response

    async def host(self, host_id: str) -> Host | None:
        """Request one host."""
        return await self._source.host(host_id)


@dataclass(frozen=True, slots=True)
class ListedHosts:
    """The result of one pass over all pages."""

    hosts: Mapping[str, Host]
    """By ID, in the order of the list."""
    is_consistent: bool
    """Whether the list did not contradict itself, so that a host missing from it may be gone."""


async def resolve_absences(
    listing: ListedHosts,
    known: Mapping[str, Host],
    before: Snapshot | None,
    lookup: Callable[[Sequence[str]], Awaitable[Mapping[str, Host | None]]],
    at: datetime,
    deleted: Collection[str] = (),
) -> Snapshot:
    """Return the snapshot after a listing: the listed hosts, and the missing ones that are not known to be gone.

    Args:
        listing: the hosts that the list showed.
        known: every host that may exist, by ID: those of `before`, and those that an earlier pass showed.
        before: the snapshot before, if any.
        lookup: requests several hosts from `one/{id}`. The result has None for a host that does not exist, and no entry
            for one that could not be requested.
        at: the time of the listing.
        deleted: hosts with an accepted delete; for them the response of `one/{id}` alone is sufficient.

    """
    earlier = before.unlisted if before is not None else {}
    missing = [host_id for host_id in known if host_id not in listing.hosts]
    # Newly missing hosts come first, because they are the most likely to be gone.
    waiting = [host_id for host_id in earlier if host_id in known and host_id not in listing.hosts]
    queue = [*(host_id for host_id in missing if host_id not in earlier), *waiting]
    checked, unchecked = queue[:MAX_CHECKS], queue[MAX_CHECKS:]
    found = await lookup(checked) if checked else {}
    gone = {
        host_id for host_id, host in found.items() if host is None and (listing.is_consistent or host_id in deleted)
    }
    remaining = [host_id for host_id in (*unchecked, *checked) if host_id not in gone]
    kept = {host_id: found.get(host_id) or known[host_id] for host_id in remaining}
    hosts = _insert(listing.hosts.values(), kept, before.hosts if before is not None else ())
    unlisted = {host_id: _absence(host_id, earlier.get(host_id), found, at) for host_id in remaining}
    return Snapshot(hosts, at, listing.is_consistent, unlisted)


def _absence(host_id: str, earlier: Absence | None, found: Mapping[str, Host | None], at: datetime) -> Absence:
    if earlier is not None and host_id not in found:
        return earlier
    return Absence(at if earlier is None else earlier.since, is_confirmed=found.get(host_id) is not None)


async def look_up(request: Callable[[str], Awaitable[Host | None]], ids: Sequence[str]) -> dict[str, Host | None]:
    """Request each host, a few at a time; stop at the first error, and omit hosts without a response."""
    found: dict[str, Host | None] = {}
    for start in range(0, len(ids), MAX_CONCURRENT_CHECKS):
        batch = ids[start : start + MAX_CONCURRENT_CHECKS]
        results = await asyncio.gather(*(_try(request, host_id) for host_id in batch))
        found |= {host_id: host for host_id, (host, is_read) in zip(batch, results, strict=True) if is_read}
        if not all(is_read for _host, is_read in results):
            break
    return found


async def _try(request: Callable[[str], Awaitable[Host | None]], host_id: str) -> tuple[Host | None, bool]:
    try:
        return await request(host_id), True
    except ApiError:
        return None, False


def _insert(listed: Iterable[Host], kept: Mapping[str, Host], before: Sequence[Host]) -> tuple[Host, ...]:
    """Return the listed hosts in their order, with each kept host after the one that it followed in `before`."""
    hosts = tuple(listed)
    if not kept:
        return hosts
    listed_ids = {host.id for host in hosts}
    following: dict[str | None, list[Host]] = {}
    anchor: str | None = None
    for host_id in dict.fromkeys((*(host.id for host in before), *kept)):
        if host_id in listed_ids:
            anchor = host_id
        elif host_id in kept:
            following.setdefault(anchor, []).append(kept[host_id])
    ordered = following.pop(None, [])
    for host in hosts:
        ordered += (host, *following.get(host.id, ()))
    return tuple(ordered)
