"""Hosts that are asked for one by one: those on their way, those that an order waits for, those not in the list yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from xds_tui.api.errors import ApiError
from xds_tui.domain.model import Absence, Host, Snapshot
from xds_tui.domain.poll_schedule import MAX_LOOKS
from xds_tui.fleet.host_details import keep_details
from xds_tui.fleet.order_book import OrderBook

if TYPE_CHECKING:
    from xds_tui.api.client import Client


@dataclass(frozen=True, slots=True)
class Looked:
    """What single requests showed."""

    snapshot: Snapshot
    trouble: ApiError | None
    """Why not every host was asked for, if so."""
    is_sweep_due: bool
    """Whether a listed host is not there any more by its own word: the list has to agree before it is gone."""


class HostLookup:
    """Asks for single hosts, and puts what it is told into snapshots."""

    def __init__(self, client: Callable[[], Client], book: OrderBook, clock: Callable[[], datetime]) -> None:
        """Make it.

        Args:
            client: gives the client of whoever is signed in.
            book: the orders, which know what is waited for.
            clock: the time, UTC.

        """
        self._client = client
        self._book = book
        self._clock = clock
        self._absent: set[str] = set()
        self._opened: dict[str, None] = {}

    def forget(self) -> None:
        """Wait for no host any more: somebody else is signed in."""
        self._absent.clear()
        self._opened.clear()

    def describe(self, host_id: str) -> None:
        """Ask once for a host whose details are opened: only `one/{id}` has all of them."""
        self._opened[host_id] = None

    def wanted(self, snapshot: Snapshot) -> tuple[str, ...]:
        """Return the hosts to ask for singly: those opened, those an order waits for, those starting or stopping."""
        now = self._clock()
        changing = [host.id for host in snapshot.hosts if host.status.is_changing]
        wanted = dict.fromkeys((*self._opened, *self._book.awaited_ids(now), *self._book.touched_ids(now), *changing))
        self._absent.intersection_update(host.id for host in snapshot.hosts)
        return tuple(host_id for host_id in wanted if host_id not in self._absent)[:MAX_LOOKS]

    async def looked(self, before: Snapshot) -> Looked:
        """Ask for the hosts that are wanted, and return what is known then.

        A host that is in `before` stays there, whatever `one/{id}` says: only a listing can agree that it is gone.
        """
        seen: dict[str, Host | None] = {}
        trouble: ApiError | None = None
        try:
            for host_id in self.wanted(before):
                self._opened.pop(host_id, None)
                seen[host_id] = await self._client().host(host_id)
        except ApiError as error:
            trouble = error
        there = {host.id for host in before.hosts}
        absent = {host_id for host_id, host in seen.items() if host is None and host_id in there}
        self._absent |= absent
        return Looked(_merged(before, seen, self._clock()), trouble, bool(absent))

    async def with_latecomers(self, swept: Snapshot) -> Snapshot:
        """Return what was swept with the hosts that we bought and that are there, though not in the list yet."""
        there = {host.id for host in swept.hosts}
        seen: dict[str, Host | None] = {}
        for host_id in [one for one in self._book.awaited_ids(self._clock()) if one not in there][:MAX_LOOKS]:
            try:
                seen[host_id] = await self._client().host(host_id)
            except ApiError:
                # The list was read, so the service is there; this host is asked for again with the next sweep.
                break
        return _merged(swept, seen, swept.at)


def _merged(snapshot: Snapshot, seen: Mapping[str, Host | None], at: datetime) -> Snapshot:
    """Put hosts that were asked for singly into a snapshot: the new ones on top, as not listed."""
    found = {host_id: host for host_id, host in seen.items() if host is not None}
    if not found:
        return snapshot
    there = {host.id for host in snapshot.hosts}
    new = {host_id: host for host_id, host in found.items() if host_id not in there}
    known = (keep_details(found[host.id], host) if host.id in found else host for host in snapshot.hosts)
    hosts = (*new.values(), *known)
    unlisted = {**snapshot.unlisted, **dict.fromkeys(new, Absence(at, is_confirmed=True))}
    return replace(snapshot, hosts=hosts, at=at, unlisted=unlisted)
