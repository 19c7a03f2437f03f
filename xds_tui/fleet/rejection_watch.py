"""Report hosts that appear although the creates that they fit were rejected."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from xds_tui.domain.model import Snapshot
from xds_tui.domain.records import Event, Order, OrderAction, OrderState
from xds_tui.domain.repeats import hosts_of_refused, is_watched
from xds_tui.fleet.order_book import OrderBook
from xds_tui.fleet.order_events import candidate_event, journal_failure
from xds_tui.store.database import StoreError

if TYPE_CHECKING:
    from xds_tui.store.journal import Journal


class RejectionWatch:
    """Compares new hosts with the creates that were rejected in the last minutes."""

    def __init__(self, book: OrderBook, journal: Journal, clock: Callable[[], datetime]) -> None:
        """Watch the rejected orders of `book`."""
        self._book = book
        self._journal = journal
        self._clock = clock
        self._known_hosts: dict[str, frozenset[str]] = {}

    def resume(self, creates: Iterable[Order]) -> None:
        """Watch the creates that were rejected in an earlier run, or in another program that has ended."""
        now = self._clock()
        for order in creates:
            if is_watched(order, now) and order.id not in self._book:
                self._book.write(order)
                self._known_hosts[order.id] = self._book.known_before(order.sent_at or order.created_at)

    def add(self, sent: Order) -> None:
        """Record which hosts existed when an order was sent that has been rejected."""
        if sent.quote is not None:
            self._known_hosts[sent.id] = sent.quote.known_hosts

    def reset(self) -> None:
        """Remove everything: another account has signed in."""
        self._known_hosts.clear()

    async def reconcile(
        self, snapshot: Snapshot, pending_hosts: Collection[str] = (), rejected_hosts: Collection[str] = ()
    ) -> list[Event]:
        """Return an event for each host of `snapshot` that no order explains and that fits a rejected one, once.

        Nothing is reported while a create is being sent, because a new host may be its result.

        Args:
            snapshot: the hosts.
            pending_hosts: hosts that may turn out to be another order's, about which nothing is reported.
            rejected_hosts: hosts that came into being during a rejected request, which are reported even if they are
                offered for another order.

        """
        now = self._clock()
        failures = await self._withdraw()
        watched = [order for order in self._book if is_watched(order, now)]
        known = self._known_hosts
        self._known_hosts = {order.id: known[order.id] for order in watched if order.id in known}
        if not watched or any(
            order.action is OrderAction.CREATE and order.state is OrderState.SENT for order in self._book
        ):
            return failures
        known = {order.id: self._known_hosts.get(order.id, self._book.known_hosts) for order in watched}
        offered = self._book.candidate_ids
        hidden = {*pending_hosts, *offered.difference(rejected_hosts)}
        new = [host for host in snapshot.hosts if host.id not in hidden and not self._book.is_claimed(host.id)]
        found = hosts_of_refused(watched, new, known, offered)
        if not found:
            return failures
        elsewhere = await self._ordered_elsewhere()
        marked = [
            replace(order, candidate=found[order.id])
            for order in watched
            if order.id in found and found[order.id].host_id not in elsewhere
        ]
        return [*failures, *(await self._report(marked, now) if marked else [])]

    async def _withdraw(self) -> list[Event]:
        """Take back hosts that were reported and turned out to be another order's."""
        withdrawn = [
            replace(order, candidate=None)
            for order in self._book
            if order.action is OrderAction.CREATE
            and order.state is OrderState.REJECTED
            and order.candidate is not None
            and self._book.is_claimed(order.candidate.host_id)
        ]
        return await self._write(withdrawn) if withdrawn else []

    async def _ordered_elsewhere(self) -> frozenset[str]:
        """Return the hosts of orders that other programs wrote to the same journal."""
        try:
            return frozenset(await self._journal.bought())
        except StoreError:
            return frozenset()

    async def _report(self, marked: Sequence[Order], now: datetime) -> list[Event]:
        events = [
            replace(candidate_event(order, order.candidate, now), code=order.code, trace_id=order.trace_id)
            for order in marked
            if order.candidate
        ]
        return events + await self._write(marked)

    async def _write(self, orders: Sequence[Order]) -> list[Event]:
        for order in orders:
            self._book.write(order)
        try:
            await self._journal.write_orders(orders)
        except StoreError as failure:
            return [journal_failure(orders[0], failure)]
        return []
