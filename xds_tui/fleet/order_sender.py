"""Send one order: write it to the journal, send its request once, and record the outcome."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from xds_tui.api.errors import ApiError, NotSent, OutcomeUnknown, Rejected, SignedOut
from xds_tui.domain import order_states
from xds_tui.domain.guard import MAX_ORDER_AGE
from xds_tui.domain.order_states import OrderEvent
from xds_tui.domain.records import Event, HostSource, Order, OrderAction
from xds_tui.fleet.annotation_book import AnnotationBook
from xds_tui.fleet.order_book import OrderBook
from xds_tui.fleet.order_events import journal_failure, order_event, order_events, with_error
from xds_tui.fleet.rejection_watch import RejectionWatch
from xds_tui.i18n import N_
from xds_tui.store.database import StoreError
from xds_tui.store.guard_history import LAPSED

if TYPE_CHECKING:
    from xds_tui.api.client import Client
    from xds_tui.fleet.spending_guard import SpendingGuard
    from xds_tui.store.journal import Journal

ACCOUNT_CHANGED: Final = N_("Another account has signed in since")


class OrderSender:
    """Takes one order at a time from PENDING to its outcome.

    Attributes:
        generation: how many accounts have signed in before the current one. An order of an earlier generation is not
            sent, and its outcome is not shown.

    """

    def __init__(
        self,
        book: OrderBook,
        journal: Journal,
        rejections: RejectionWatch,
        client: Callable[[], Client],
        clock: Callable[[], datetime],
        report: Callable[[Sequence[Event]], None],
        annotations: AnnotationBook,
        guard: SpendingGuard | None = None,
    ) -> None:
        """Send orders of `book`; the arguments are those of `OrderService`."""
        self.generation = 0
        self._book = book
        self._journal = journal
        self._rejections = rejections
        self._client = client
        self._clock = clock
        self._report = report
        self._annotations = annotations
        self._guard = guard
        if guard is not None:
            guard.follow(lambda: book)

    def reset(self) -> None:
        """Send none of the orders before: another account has signed in."""
        self.generation += 1
        if self._guard is not None:
            self._guard.reset()

    async def send(self, order: Order, call: Callable[[Client], Awaitable[str | None]], generation: int) -> Order:
        """Write the order to the journal, send it once, and record its outcome.

        A cancellation is not handled: only the end of the program cancels, and then the journal says SENT, which the
        next start reads as an order without a response.
        """
        try:
            obstacle = await self._obstacle(order)
            if generation != self.generation:
                raise NotSent(ACCOUNT_CHANGED)
            if obstacle is not None:
                raise obstacle
            client = self._client()
            self._check_age(order)
            order = await self._mark_sent(order, generation)
        except (ApiError, StoreError) as error:
            return await self.end(order, OrderEvent.NOT_SENT, generation, error)
        try:
            self._check_age(order)
            host_id = await call(client)
            order = replace(order, answered_at=self._clock())
        except NotSent as error:
            return await self.end(order, OrderEvent.NOT_SENT, generation, error)
        except (Rejected, SignedOut) as error:
            self._rejections.add(order)
            return await self.end(order, OrderEvent.REJECTED, generation, error)
        except ApiError as error:
            named = error.host_id if isinstance(error, OutcomeUnknown) else None
            unanswered = replace(order, answered_at=self._clock(), named_host_id=named)
            return await self.end(unanswered, OrderEvent.NO_ANSWER, generation, error)
        if order.quote is not None and host_id in order.quote.known_hosts:
            host_id = None  # the host of an earlier purchase; this order produced another one
        source = HostSource.RESPONSE if host_id and order.action is OrderAction.CREATE else None
        return await self.end(replace(order, host_id=host_id, host_source=source), OrderEvent.ACCEPTED, generation)

    async def _obstacle(self, order: Order) -> NotSent | None:
        """Return why `order` must not be sent: its host is protected, or a cap on spending refuses it."""
        obstacle = await self._annotations.obstacle(order)
        if obstacle is None and self._guard is not None:
            obstacle = await self._guard.obstacle(order)
        return obstacle

    def _check_age(self, order: Order) -> None:
        """Raise `NotSent` if the program was suspended since a rule placed the order: another one may guard now."""
        if order.rule and abs(self._clock() - order.created_at) > MAX_ORDER_AGE:
            raise NotSent(LAPSED)

    async def _mark_sent(self, order: Order, generation: int) -> Order:
        """Write that the order is being sent, before it is.

        Raises:
            StoreError: if that cannot be written; the order must not be sent then.

        """
        state = order_states.next_state(order.state, OrderEvent.SENT)
        order = replace(order, state=state, sent_at=self._clock())
        await self._journal.write_orders([order])
        if generation == self.generation:
            self._book.write(order)
            self._report(order_events(order))
        return order

    async def end(
        self,
        order: Order,
        event: OrderEvent,
        generation: int | None = None,
        error: ApiError | StoreError | None = None,
    ) -> Order:
        """Report and record the outcome of an order.

        If another account has signed in since `generation`, the outcome is only written to the journal.
        """
        ended = order_states.ended(order if error is None else with_error(order, error), event, self._clock())
        if generation in (None, self.generation):
            self._book.write(ended)
            self._report(order_events(ended))
        self._report(await self._write(ended))
        return ended

    async def end_abandoned(self, order: Order, event: OrderEvent, summary: str) -> None:
        """Record the outcome of an order of a program that has ended, unless it changed after it was read.

        The program may have sent the order between the reading and its end, and another one may follow it already.
        """
        ended = order_states.ended(replace(order, summary=summary), event, self._clock())
        try:
            if not await self._journal.replace_order(order, ended):
                return
        except StoreError as failure:
            self._report([journal_failure(ended, failure)])
        self._book.write(ended)
        self._report(order_events(ended))

    async def conclude(self, order: Order, event: OrderEvent) -> list[Event]:
        """Record an outcome that a snapshot showed, and return its events.

        Nothing is recorded if the order has ended since, while the outcome of another one was written.
        """
        if not order_states.is_possible(self._book[order.id].state, event):
            return []
        ended = order_states.ended(order, event, self._clock())
        self._book.write(ended)
        return [order_event(ended), *await self._write(ended)]

    async def _write(self, order: Order) -> list[Event]:
        """Write an outcome to the journal; return an event if that fails, which does not change the outcome."""
        try:
            await self._journal.write_orders([order])
        except StoreError as failure:
            return [journal_failure(order, failure)]
        return []
