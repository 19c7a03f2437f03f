"""Read single hosts: those in transition, those an order waits for, those not listed yet, those the user opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from xds_tui.api.errors import ApiError
from xds_tui.domain.model import Absence, Host, Snapshot
from xds_tui.domain.poll_schedule import MAX_LOOKUPS
from xds_tui.domain.snapshot_diff import keep_details
from xds_tui.fleet.order_book import OrderBook
from xds_tui.structs import dataclass

if TYPE_CHECKING:
    from xds_tui.api.client import Client


@dataclass(frozen=True, slots=True)
class LookupResult:
    """The result of a round of single requests."""

    snapshot: Snapshot
    error: ApiError | None
    """Why some hosts were not read; None if all were."""
    is_listing_due: bool
    """Whether a listed host was not found: only a listing can confirm that it is gone."""


class HostLookup:
    """Reads single hosts and merges them into snapshots."""

    def __init__(self, client: Callable[[], Client], book: OrderBook, clock: Callable[[], datetime]) -> None:
        """Prepare to read.

        Args:
            client: returns the client of the account that is signed in.
            book: the orders, which determine the hosts to wait for.
            clock: returns the time, UTC.

        """
        self._client = client
        self._book = book
        self._clock = clock
        self._not_found: set[str] = set()
        self._requested: dict[str, None] = {}

    def reset(self) -> None:
        """Stop waiting for hosts, because another account has signed in."""
        self._not_found.clear()
        self._requested.clear()

    def request(self, host_id: str) -> None:
        """Read a host once in the next round: only `one/{id}` returns all of its details."""
        self._requested[host_id] = None

    def due_hosts(self, snapshot: Snapshot) -> tuple[str, ...]:
        """Return the IDs of the hosts to read: those requested, those an order waits for, those in transition."""
        now = self._clock()
        changing = [host.id for host in snapshot.hosts if host.status.is_changing]
        due = dict.fromkeys((*self._requested, *self._book.awaited_ids(now), *self._book.touched_ids(now), *changing))
        self._not_found.intersection_update(host.id for host in snapshot.hosts)
        return tuple(host_id for host_id in due if host_id not in self._not_found)[:MAX_LOOKUPS]

    async def update(self, snapshot: Snapshot) -> LookupResult:
        """Read the hosts that are due and return `snapshot` with them.

        A host in `snapshot` stays there even if it is not found, because only a listing can confirm that it is gone.
        """
        found: dict[str, Host | None] = {}
        error: ApiError | None = None
        try:
            for host_id in self.due_hosts(snapshot):
                self._requested.pop(host_id, None)
                found[host_id] = await self._client().host(host_id)
        except ApiError as failure:
            error = failure
        known = {host.id for host in snapshot.hosts}
        not_found = {host_id for host_id, host in found.items() if host is None and host_id in known}
        self._not_found |= not_found
        return LookupResult(_merge(snapshot, found, self._clock()), error, bool(not_found))

    async def add_unlisted(self, listed: Snapshot) -> Snapshot:
        """Return `listed` with the hosts bought here that exist but have not entered the list yet."""
        known = {host.id for host in listed.hosts}
        awaited = [host_id for host_id in self._book.awaited_ids(self._clock()) if host_id not in known]
        found: dict[str, Host | None] = {}
        for host_id in awaited[:MAX_LOOKUPS]:
            try:
                found[host_id] = await self._client().host(host_id)
            except ApiError:
                # The list was read, so the service is up. The next refresh asks for this host again.
                break
        late = {host_id for host_id, host in found.items() if host is not None}
        self._book.note_unlisted(late, listed.listed_at or listed.at)
        return _merge(listed, found, listed.at)


def _merge(snapshot: Snapshot, results: Mapping[str, Host | None], at: datetime) -> Snapshot:
    """Return the snapshot with hosts that were read separately; new ones come first and are marked as unlisted."""
    found = {host_id: host for host_id, host in results.items() if host is not None}
    if not found:
        return snapshot
    listed = {host.id for host in snapshot.hosts}
    new = {host_id: host for host_id, host in found.items() if host_id not in listed}
    known = (keep_details(found[host.id], host) if host.id in found else host for host in snapshot.hosts)
    unlisted = {**snapshot.unlisted, **dict.fromkeys(new, Absence(at, is_confirmed=True))}
    return replace(snapshot, hosts=(*new.values(), *known), at=at, unlisted=unlisted)
