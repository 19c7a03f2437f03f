"""Hosts that the list does not show: gone only if a consistent list and `one/{id}` agree.

Until then they stay in the snapshot, marked as not listed. `one/{id}` is asked for a few of them in each refresh, those
first that it has not been asked for: when a whole fleet is missing, the service is more likely to be wrong than to be
worth hundreds of requests.
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
"""Missing hosts that are asked for in one refresh."""

CHECKS_AT_ONCE: Final = 4
"""Of them, requests under way at the same time."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What one pass over the list showed."""

    hosts: Mapping[str, Host]
    """By ID, in the order of the list."""
    is_consistent: bool
    """Whether the list agreed with itself, so that a host which it does not show may be gone."""


async def resolve(
    listing: Listing,
    known: Mapping[str, Host],
    before: Snapshot | None,
    lookup: Callable[[Sequence[str]], Awaitable[Mapping[str, Host | None]]],
    at: datetime,
    deleted: Collection[str] = (),
) -> Snapshot:
    """Return the snapshot that follows from a listing: what it shows, and what is missing but not known to be gone.

    Args:
        listing: what the list showed.
        known: every host that may be there, by ID: those of `before`, and those that an earlier pass showed.
        before: the snapshot before, if any.
        lookup: asks `one/{id}` for several hosts; None: not there. A host that it could not ask for is left out.
        at: the time of the listing.
        deleted: hosts whose deletion the service accepted from us: `one/{id}` alone suffices for them.

    """
    since = before.unlisted if before is not None else {}
    missing = [host_id for host_id in known if host_id not in listing.hosts]
    # Those that were not asked for yet come first: they are most likely to be gone.
    waiting = [one for one in since if one in known and one not in listing.hosts]
    queue = [*(one for one in missing if one not in since), *waiting]
    asked = queue[:MAX_CHECKS]
    found = await lookup(asked) if asked else {}
    gone = {one for one, host in found.items() if host is None and (listing.is_consistent or one in deleted)}
    left = [one for one in (*queue[MAX_CHECKS:], *asked) if one not in gone]
    kept = {one: found.get(one) or known[one] for one in left}
    hosts = _in_place(listing.hosts.values(), kept, before.hosts if before is not None else ())
    unlisted = {
        one: Absence(since[one].since if one in since else at, found.get(one) is not None)
        if one in found or one not in since
        else since[one]
        for one in left
    }
    return Snapshot(hosts, at, listing.is_consistent, unlisted)


async def look_up(ask: Callable[[str], Awaitable[Host | None]], ids: Sequence[str]) -> dict[str, Host | None]:
    """Ask for each host, a few at a time; the first error ends it, and what was not answered is left out."""
    answered: dict[str, Host | None] = {}
    for start in range(0, len(ids), CHECKS_AT_ONCE):
        batch = ids[start : start + CHECKS_AT_ONCE]
        results = await asyncio.gather(*(_answer(ask, host_id) for host_id in batch))
        answered |= {one: host for one, (host, is_answered) in zip(batch, results, strict=True) if is_answered}
        if not all(is_answered for _host, is_answered in results):
            break
    return answered


async def _answer(ask: Callable[[str], Awaitable[Host | None]], host_id: str) -> tuple[Host | None, bool]:
    try:
        return await ask(host_id), True
    except ApiError:
        return None, False


def _in_place(listed: Iterable[Host], kept: Mapping[str, Host], before: Sequence[Host]) -> tuple[Host, ...]:
    """Return the listed hosts in their order, with those that are kept after the host that they stood after before."""
    if not kept:
        return tuple(listed)
    hosts = list(listed)
    there = {host.id for host in hosts}
    following: dict[str | None, list[Host]] = {}
    anchor: str | None = None
    for host_id in dict.fromkeys((*(host.id for host in before), *kept)):
        if host_id in there:
            anchor = host_id
        elif host_id in kept:
            following.setdefault(anchor, []).append(kept[host_id])
    ordered = following.pop(None, [])
    for host in hosts:
        ordered += (host, *following.get(host.id, ()))
    return tuple(ordered)
