"""Decide about hosts that the list does not show: one is gone only if a consistent list and `one/{id}` agree.

Until then it stays in the snapshot, marked as not listed. Each refresh requests a few missing hosts from `one/{id}`,
beginning with those not requested before. If a whole fleet is missing, the service is more likely to be wrong than all
hosts to be gone, and hundreds of requests would not help.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from xds_tui.api.errors import ApiError
from xds_tui.domain.model import Absence, Host, Snapshot

MAX_CHECKS: Final = 20
"""Missing hosts that are requested in one refresh."""

MAX_CONCURRENT_CHECKS: Final = 4
"""Of these, requests under way at the same time."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The result of one pass over all pages."""

    hosts: Mapping[str, Host]
    """By ID, in the order of the list."""
    is_consistent: bool
    """Whether the list did not contradict itself, so that a host missing from it may be gone."""


async def resolve(
    listing: Listing,
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
