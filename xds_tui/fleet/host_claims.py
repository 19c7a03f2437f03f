"""Assign hosts to creates with no host in their response, as matched or as the user decides, and record that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from xds_tui.domain import order_states
from xds_tui.domain.order_states import OrderEvent
from xds_tui.domain.records import Candidate, Event, HostSource, Order, OrderState
from xds_tui.fleet.order_book import OrderBook
from xds_tui.fleet.order_events import candidate_event, journal_failure, order_event
from xds_tui.store.database import StoreError
from xds_tui.store.journal import SettleResult
from xds_tui.store.journal_rows import TAKEN_OVER

if TYPE_CHECKING:
    from xds_tui.store.journal import Journal


class HostClaims:
    """Assigns each host to one create at most, across all programs that use the same journal."""

    def __init__(
        self,
        book: OrderBook,
        journal: Journal,
        clock: Callable[[], datetime],
        report: Callable[[Sequence[Event]], None],
    ) -> None:
        """Assign hosts to the orders of `book`; `report` receives the events of what the user decides."""
        self._book = book
        self._journal = journal
        self._clock = clock
        self._report = report
        self._unwritten: set[str] = set()

    async def creates_elsewhere(self) -> tuple[Order, ...]:
        """Return the creates of other running programs; none if no create of this one lacks its host."""
        if not self._book.wanting_hosts:
            return ()
        try:
            return await self._journal.creates_elsewhere()
        except StoreError:
            return ()  # the journal checks each claim again

    async def confirm(self, found: Order) -> list[Event]:
        """Confirm a create by its host, and return the events; none if the host belongs, or may belong, to another.

        If that cannot be written to the journal, the create stays open, and the next listing tries again.
        """
        confirmed = order_states.ended(found, OrderEvent.CONFIRMED, self._clock())
        try:
            if await self._claim(confirmed) is not SettleResult.WRITTEN:
                return []
        except StoreError as failure:
            if found.id in self._unwritten:
                return []
            self._unwritten.add(found.id)
            return [journal_failure(confirmed, failure)]
        self._unwritten.discard(found.id)
        self._book.write(confirmed)
        return [order_event(confirmed)]

    async def write_candidates(self, candidates: Mapping[str, Candidate]) -> list[Event]:
        """Record the candidates, by order ID, and return an event for each new one."""
        before = self._book.wanting_hosts
        changed = [
            replace(order, candidate=candidates.get(order.id))
            for order in before
            if order.candidate != candidates.get(order.id)
        ]
        if not changed:
            return []
        known = {(order.id, order.candidate.host_id) for order in before if order.candidate}
        for order in changed:
            self._book.write(order)
        events = [
            candidate_event(order, order.candidate, self._clock())
            for order in changed
            if order.candidate and (order.id, order.candidate.host_id) not in known
        ]
        try:
            await self._journal.write_orders(changed)
        except StoreError as failure:
            events.append(journal_failure(changed[0], failure))
        return events

    async def accept_candidate(self, order_id: str) -> SettleResult:
        """Confirm an order by its candidate, as the user decided.

        Raises:
            StoreError: if the decision cannot be recorded; nothing has changed then.
            KeyError: if the order is not open in this program, or has no candidate.

        """
        order, candidate = self._with_candidate(order_id)
        found = replace(order, host_id=candidate.host_id, host_name=candidate.host_name, host_source=HostSource.USER)
        confirmed = order_states.ended(found, OrderEvent.CONFIRMED, self._clock())
        claim = await self._claim(confirmed)
        if claim is SettleResult.WRITTEN:
            self._book.write(confirmed)
            self._report([order_event(confirmed)])
        return claim

    async def decline_candidate(self, order_id: str) -> None:
        """Record that the candidate is not the host of the order, as the user decided; raises as `accept_candidate`."""
        order, candidate = self._with_candidate(order_id)
        declined = replace(order, candidate=None, declined=order.declined | {candidate.host_id})
        await self._journal.write_orders([declined])
        self._book.write(declined)
        self._report([])

    async def forget(self, order: Order) -> Order:
        """Record that an order of unknown outcome did nothing, as the user has found out, and return it.

        Raises:
            StoreError: if that cannot be recorded, or another running program follows the order.

        """
        if await self._journal.is_elsewhere([order]):
            raise StoreError(TAKEN_OVER, order.id)
        if order.state is not OrderState.UNCONFIRMED:
            order = order_states.ended(order, OrderEvent.TIMED_OUT, self._clock())
        forgotten = replace(order, is_forgotten=True, candidate=None)
        await self._journal.write_orders([forgotten])
        self._book.write(forgotten)
        self._report([order_event(forgotten)])
        return forgotten

    async def _claim(self, confirmed: Order) -> SettleResult:
        claim = await self._journal.settle_order(confirmed)
        if claim is SettleResult.TAKEN and confirmed.host_id:
            self._book.claim(confirmed.host_id)
        return claim

    def _with_candidate(self, order_id: str) -> tuple[Order, Candidate]:
        order = self._book[order_id]
        if order.candidate is None or order.host_id is not None:
            raise KeyError(order_id)
        return order, order.candidate
