"""Hosts that are asked for one by one: those on their way, those that an order waits for, those not in the list yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from xds_tui.api.errors import XdsError
from xds_tui.fleet.order_book import OrderBook
from xds_tui.fleet.pace import MAX_LOOKS
from xds_tui.model import Host, Snapshot

if TYPE_CHECKING:
    from xds_tui.api.client import Client


class Looks:
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
        self._late: set[str] = set()

    def forget(self) -> None:
        """Wait for no host any more: somebody else is signed in."""
        self._late.clear()

    def wanted(self, snapshot: Snapshot) -> tuple[str, ...]:
        """The hosts worth a look of their own: what an order waits for, and what is starting or stopping."""
        now = self._clock()
        changing = [host.id for host in snapshot.hosts if host.status.is_changing]
        wanted = dict.fromkeys((*self._book.awaited_ids(now), *self._book.touched_ids(now), *changing))
        return tuple(wanted)[:MAX_LOOKS]

    async def looked(self, before: Snapshot) -> tuple[Snapshot, XdsError | None]:
        """Ask for the hosts that are wanted, and return what is known then, and why it is not more, if so."""
        seen: dict[str, Host | None] = {}
        trouble: XdsError | None = None
        try:
            for host_id in self.wanted(before):
                seen[host_id] = await self._client().host(host_id)
        except XdsError as error:
            trouble = error
        listed = {host.id for host in before.hosts}
        self._late |= {host_id for host_id, host in seen.items() if host is not None and host_id not in listed}
        return _merged(before, seen, self._clock()), trouble

    async def with_latecomers(self, swept: Snapshot) -> Snapshot:
        """Return what was swept with the hosts that we bought and that are there, though not in the list yet."""
        listed = {host.id for host in swept.hosts}
        self._late = (self._late | set(self._book.awaited_ids(self._clock()))) - listed
        seen: dict[str, Host | None] = {}
        for host_id in list(self._late)[:MAX_LOOKS]:
            try:
                seen[host_id] = await self._client().host(host_id)
            except XdsError:
                # The list was read, so the service is there; this host is asked for again with the next sweep.
                break
        self._late -= {host_id for host_id, host in seen.items() if host is None}
        return _merged(swept, seen, swept.at)


def _merged(snapshot: Snapshot, seen: Mapping[str, Host | None], at: datetime) -> Snapshot:
    """Put hosts that were asked for singly into a snapshot: the new ones on top, the vanished ones out."""
    if not seen:
        return snapshot
    there = {host.id for host in snapshot.hosts}
    new = [host for host_id, host in seen.items() if host is not None and host_id not in there]
    kept = [seen.get(host.id, host) for host in snapshot.hosts]
    return Snapshot((*new, *(host for host in kept if host is not None)), at)
