"""Watches for hosts that appear though their orders were refused, and points them out to the user."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
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


class RefusalWatch:
    """Compares new hosts with the creates that were refused in the last minutes."""

    def __init__(
        self,
        book: OrderBook,
        journal: Journal,
        clock: Callable[[], datetime],
        report: Callable[[Sequence[Event]], None],
    ) -> None:
        """Watch the refused orders of `book`; `report` receives the events."""
        self._book = book
        self._journal = journal
        self._clock = clock
        self._report = report
        self._known: dict[str, frozenset[str]] = {}

    def resume(self, creates: Iterable[Order]) -> None:
        """Watch what an earlier run saw refused, against the hosts that are known by now."""
        now = self._clock()
        for order in creates:
            if is_watched(order, now) and order.id not in self._book:
                self._book.write(order)
                self._known[order.id] = self._book.known_hosts

    def add(self, sent: Order) -> None:
        """Remember which hosts were there when an order was sent that turns out to be refused."""
        if sent.promise is not None:
            self._known[sent.id] = sent.promise.known_hosts

    def reset(self) -> None:
        """Forget everything: another account is signed in."""
        self._known.clear()

    async def observe(self, snapshot: Snapshot) -> None:
        """Point out each host of `snapshot` that nobody here ordered and that fits a refused order, once.

        Nothing is said while a create is under way: a host that is new may be its.
        """
        now = self._clock()
        watched = [order for order in self._book if is_watched(order, now)]
        self._known = {order.id: self._known[order.id] for order in watched if order.id in self._known}
        if not watched or any(
            order.action is OrderAction.CREATE and order.state is OrderState.SENT for order in self._book
        ):
            return
        known = {order.id: self._known.get(order.id, self._book.known_hosts) for order in watched}
        new = [host for host in snapshot.hosts if not self._book.is_explained(host.id)]
        found = hosts_of_refused(watched, new, known)
        if not found:
            return
        elsewhere = await self._ordered_elsewhere()
        marked = [
            replace(order, candidate=found[order.id])
            for order in watched
            if order.id in found and found[order.id].host_id not in elsewhere
        ]
        if marked:
            await self._point_out(marked, now)

    async def _ordered_elsewhere(self) -> frozenset[str]:
        """The hosts that came of orders which other programs wrote into the same journal."""
        try:
            return frozenset(await self._journal.bought())
        except StoreError:
            return frozenset()

    async def _point_out(self, marked: Sequence[Order], now: datetime) -> None:
        for order in marked:
            self._book.write(order)
        self._report(
            [
                replace(candidate_event(order, order.candidate, now), code=order.code, trace_id=order.trace_id)
                for order in marked
                if order.candidate
            ]
        )
        try:
            await self._journal.write_orders(marked)
        except StoreError as failure:
            self._report([journal_failure(marked[0], failure)])
