"""Send every request that changes something: write it to the journal, send it once, and follow it to its outcome.

Orders run in tasks that belong to `OrderService`, never to a screen, because closing a dialog or quitting must not
cancel a request that has been sent. `order_states` has the table of state transitions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from xds_tui.api.errors import ApiError, NotSent
from xds_tui.config.hosts_file import HostsFile
from xds_tui.domain import order_states
from xds_tui.domain.annotations import NO_ANNOTATION, Annotation
from xds_tui.domain.attribution import RebootProgress
from xds_tui.domain.model import Host, Snapshot
from xds_tui.domain.order_states import OrderEvent
from xds_tui.domain.records import Event, HostSource, Order, OrderAction, OrderState, Quote
from xds_tui.fleet.annotation_book import AnnotationBook
from xds_tui.fleet.host_claims import HostClaims
from xds_tui.fleet.order_book import MAX_ENDED_ORDERS, OrderBook
from xds_tui.fleet.order_events import order_events
from xds_tui.fleet.order_requests import CALLS, HostCall, create, new_request, possible_purchases
from xds_tui.fleet.order_sender import OrderSender
from xds_tui.fleet.rejection_watch import RejectionWatch
from xds_tui.fleet.state import OrderContext
from xds_tui.i18n import N_
from xds_tui.store.database import StoreError

if TYPE_CHECKING:
    from xds_tui.api.client import Client
    from xds_tui.fleet.spending_guard import SpendingGuard
    from xds_tui.store.journal import Journal


MAX_CONCURRENT_ORDERS: Final = 4
"""Power, reboot and delete requests under way at the same time."""

ELSEWHERE_WINDOW: Final = timedelta(hours=1)
"""How long the orders of other programs are shown."""

MAX_RESUME_AGE: Final = timedelta(days=7)
"""Older orders are not resumed at a start: no host appears that late."""

STOPPED: Final = N_("Canceled before it was sent")
MAY_BE_BOUGHT: Final = N_("An earlier order may have bought this already, so nothing was sent")
INTERRUPTED: Final = {
    OrderState.PENDING: N_("The program ended before the request was sent"),
    OrderState.SENT: N_("The program ended before the response arrived"),
}
UNCONFIRMED_SUMMARY: Final = N_("The host list did not show the result in time")


class OrderService:
    """Sends orders to the service and follows each to its outcome.

    Attributes:
        annotations: knows which hosts are protected.
        book: the current orders.
        claims: assigns hosts to creates with no host in their response.
        rejections: watches for hosts that appear although their creates were rejected.

    """

    def __init__(
        self,
        client: Callable[[], Client],
        journal: Journal,
        clock: Callable[[], datetime],
        report: Callable[[Sequence[Event]], None],
        annotations: AnnotationBook | None = None,
        guard: SpendingGuard | None = None,
    ) -> None:
        """Prepare to send orders.

        Args:
            client: returns the client of the account that is signed in; raises `SignedOut` if there is none.
            journal: where orders are written before they are sent.
            clock: returns the time, UTC.
            report: receives the events of orders that the user places or decides on.
            annotations: knows which hosts are protected; None if none is.
            guard: enforces the caps on spending; None without caps.

        """
        self._client = client
        self._journal = journal
        self._clock = clock
        self.book = OrderBook()
        self.claims = HostClaims(self.book, journal, clock, report)
        self.rejections = RejectionWatch(self.book, journal, clock)
        self._tasks: set[asyncio.Task[None]] = set()
        self._cancelled_batches: set[str] = set()
        self._send_limit = asyncio.Semaphore(MAX_CONCURRENT_ORDERS)
        self.annotations = annotations or AnnotationBook(HostsFile(None))
        self._sender = OrderSender(self.book, journal, self.rejections, client, clock, report, self.annotations, guard)

    @property
    def all(self) -> tuple[Order, ...]:
        """The orders that are open and those that ended recently, newest first."""
        return self.book.newest_first

    @property
    def is_sending(self) -> bool:
        """Whether any order is being sent."""
        return bool(self._tasks)

    def context(self, snapshot: Snapshot | None = None, answered: Collection[str] = ()) -> OrderContext:
        """Return the orders as they affect what is shown, and which of them `snapshot` confirms; see `match_orders`."""
        confirmed: Mapping[str, str] = {}
        if snapshot is not None and self.book.wanting_hosts:
            confirmed = self.book.reconcile(snapshot, answered).confirmed
        return OrderContext(self.all, confirmed, self.book.prices)

    # Requests of the user

    async def submit(self, orders: Sequence[Order], *, confirmed: Collection[str] = ()) -> tuple[Order, ...]:
        """Send those orders of one request that were not sent before; return all of its orders as they are then.

        Orders that another running program sends are not sent here: see `sync`.

        Args:
            orders: what `order_requests.new_request` returns, or what it returned at an earlier attempt.
            confirmed: as in `buy`.

        Raises:
            RequestMismatchError: if the request ID was used for something else.
            StoreError: if the orders cannot be recorded; nothing is sent then.

        """
        generation = self._sender.generation
        claim = await self._journal.claim_request(orders)
        # Without a sender an order is this program's own, so that no older record of it counts.
        claimed = [replace(order, sender="") for order in claim.orders if order.id in claim.claimed]
        for order in claimed:
            self.book.write(order)
        if claimed and (quote := claimed[0].quote) is not None:
            self._start(self._buy_in_turn(claimed, quote, generation, frozenset(confirmed)))
        elif claimed:
            self._start(self._send_all(claimed, CALLS[claimed[0].action], generation))
        return claim.orders

    async def send_for_rules(self, claim: Awaitable[tuple[Order, ...]]) -> None:
        """Send the orders that `claim` returns, a call of `Journal.claim_for_rules`; all are for the same operation."""
        generation, orders = self._sender.generation, await claim
        if orders and generation == self._sender.generation:
            for order in orders:
                self.book.write(order)
            self._start(self._send_all(orders, CALLS[orders[0].action], generation))

    def buy(
        self, quote: Quote, count: int, *, confirmed: Collection[str] = (), annotation: Annotation = NO_ANNOTATION
    ) -> str:
        """Buy `count` hosts one after another, and return the batch ID that their orders share.

        The price is read once more before the first order is sent; if it differs from the quote, nothing is bought.
        An outcome that would repeat for the next order ends the batch.

        Args:
            quote: what to buy.
            count: number of hosts.
            confirmed: IDs of the orders in `possible_purchases` that the user is willing to repeat. If there are others
                at the time of sending, nothing is bought.
            annotation: what the new hosts are to have; several get numbered names.

        """
        orders = self._place(OrderAction.CREATE, quote=quote, count=count, annotation=annotation)
        self._start(self._buy_in_turn(orders, quote, self._sender.generation, frozenset(confirmed)))
        return orders[0].batch

    async def possible_purchases(self, quote: Quote, *, apart_from: str = "") -> tuple[Order, ...]:
        """Return the creates that may have bought already what `quote` is for: see `order_requests`."""
        return await possible_purchases(self._journal, self.book, quote, self._clock(), apart_from)

    def power(self, hosts: Iterable[Host], *, on: bool) -> None:
        """Start or stop hosts: one request each."""
        action = OrderAction.POWER_ON if on else OrderAction.POWER_OFF
        self._send_each(action, hosts)

    def reboot(self, hosts: Iterable[Host]) -> None:
        """Reboot hosts: one request each."""
        self._send_each(OrderAction.REBOOT, hosts)

    def delete(self, hosts: Iterable[Host]) -> None:
        """Delete hosts: one request each."""
        self._send_each(OrderAction.DELETE, hosts)

    def stop(self, batch: str) -> None:
        """Send no further order of `batch`; the one being sent continues."""
        self._cancelled_batches.add(batch)

    async def resume(self) -> tuple[Order, ...]:
        """Resume the orders that an earlier run left open, load the prices of earlier purchases, and return these.

        Raises:
            StoreError: if the journal cannot be read.

        """
        creates = await self._journal.creates()
        for order in creates:
            if order.host_id and order.quote:
                self.book.add_purchase(order.host_id, order.quote)
        self.rejections.resume(creates)
        for unreadable in await self._journal.unreadable_orders():
            if unreadable.host_id:
                self.book.claim(unreadable.host_id)
        await self.sync()
        return tuple(creates)

    async def sync(self) -> tuple[Event, ...]:
        """Take in what other programs wrote to the journal, and return an event for each change of an order of theirs.

        The open orders of a program that has ended are followed from now on; those of a running one are its own.

        Raises:
            StoreError: if the journal cannot be read.

        """
        now = self._clock()
        recent = await self._journal.orders(MAX_ENDED_ORDERS)
        elsewhere = await self._journal.is_elsewhere(recent)
        changed = self.book.update_elsewhere(
            [order for order in recent if now - order.created_at < ELSEWHERE_WINDOW], elsewhere
        )
        self.rejections.resume(order for order in recent if order.id not in elsewhere)
        for order in await self._journal.open_orders():
            if order.id in self.book:
                continue
            if event := order_states.AFTER_RESTART.get(order.state):
                await self._sender.end_abandoned(order, event, INTERRUPTED[order.state])
            elif now - order.created_at < MAX_RESUME_AGE:
                self.book.write(order)
        return tuple(event for order in changed for event in order_events(order))

    def reset(self) -> None:
        """Remove everything: another account has signed in, for which none of it is sent or followed."""
        self._sender.reset()
        self.book.clear()
        self.rejections.reset()

    async def reconcile(
        self, snapshot: Snapshot, answered: Collection[str], reboots: RebootProgress | None = None
    ) -> tuple[Event, ...]:
        """Confirm every order that `snapshot` agrees with, end those that are overdue, and return what happened.

        Args:
            snapshot: the hosts.
            answered: `answered_ids` when `snapshot` began to be read. It says nothing about other orders.
            reboots: the reboots observed so far; None if none was.

        """
        generation = self._sender.generation
        events: list[Event] = []
        names = {host.id: host.name for host in snapshot.hosts}
        self.book.update_hosts(snapshot)
        result = self.book.reconcile(snapshot, answered, await self.claims.creates_elsewhere(), reboots)
        for order_id, host_id in result.confirmed.items():
            if generation != self._sender.generation:
                return tuple(events)
            order = self.book[order_id]
            found = replace(order, host_id=host_id, host_name=names.get(host_id, order.host_name))
            if order.host_id is not None:
                events += await self._sender.conclude(found, OrderEvent.CONFIRMED)
            else:
                source = HostSource.RESPONSE if host_id == order.named_host_id else HostSource.MATCH
                events += await self.claims.confirm(replace(found, host_source=source))
        if result.is_matched and generation == self._sender.generation:
            events += await self.claims.write_candidates(result.candidates)
            events += await self.rejections.reconcile(snapshot, result.pending_hosts, result.rejected_hosts)
        for order in self.book.late(answered, self._clock()):
            summary = order.summary or UNCONFIRMED_SUMMARY
            events += await self._sender.conclude(replace(order, summary=summary), OrderEvent.TIMED_OUT)
        return tuple(events)

    async def close(self, max_wait: float) -> bool:
        """Wait at most `max_wait` seconds for requests under way; whether all of them ended.

        The others are in the journal as sent, and are followed after the next start.
        """
        for order in self.book:
            self._cancelled_batches.add(order.batch)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=max_wait)
        return not self._tasks

    # Sending

    def _place(self, action: OrderAction, **details: Any) -> tuple[Order, ...]:
        """Add the orders of a request without an ID to the book; `details` are those of `new_request`."""
        orders = new_request("", action, self._clock(), **details)
        for order in orders:
            self.book.write(order)
        return orders

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _send_each(self, action: OrderAction, hosts: Iterable[Host]) -> None:
        book, generation = self.book, self._sender.generation
        possible = [host for host in hosts if not (book.is_under_way(action, host) or book.is_hindered(action, host))]
        self._start(self._send_all(self._place(action, hosts=possible), CALLS[action], generation))

    async def _send_all(self, orders: Sequence[Order], call: HostCall, generation: int) -> None:
        """Write the orders to the journal, then send each, a few at a time."""
        try:
            await self._journal.write_orders(orders)
        except StoreError as error:
            for order in orders:
                await self._sender.end(order, OrderEvent.NOT_SENT, generation, error)
            return
        await asyncio.gather(*(self._send_to_host(order, call, generation) for order in orders))

    async def _send_to_host(self, order: Order, call: HostCall, generation: int) -> None:
        host_id = order.host_id or ""

        async def send(client: Client) -> str:
            await call(client, host_id)
            return host_id

        async with self._send_limit:
            await self._sender.send(order, send, generation)

    async def _buy_in_turn(
        self, orders: Sequence[Order], quote: Quote, generation: int, confirmed: Collection[str]
    ) -> None:
        obstacle = await self._find_obstacle(orders, quote, confirmed)
        for order in orders:
            if obstacle is None and order.batch in self._cancelled_batches:
                obstacle = NotSent(STOPPED)
            if obstacle is not None:
                await self._sender.end(order, OrderEvent.NOT_SENT, error=obstacle)
                continue
            # A host that has appeared since the user decided cannot be the result of this order.
            updated = replace(order, quote=replace(quote, known_hosts=self.book.known_hosts))
            ended = await self._sender.send(updated, lambda client: create(client, quote), generation)
            if ended.state is not OrderState.ACCEPTED:
                obstacle = NotSent(STOPPED, ended.summary)

    async def _find_obstacle(
        self, orders: Sequence[Order], quote: Quote, confirmed: Collection[str]
    ) -> ApiError | StoreError | None:
        """Write the orders to the journal, and return why they must not be sent; None if they may be."""
        from xds_tui.fleet import catalog_reader  # not needed before the first paint

        batch = orders[0].batch
        try:
            await self._journal.write_orders(orders)
            if any(order.id not in confirmed for order in await self.possible_purchases(quote, apart_from=batch)):
                return NotSent(MAY_BE_BOUGHT)
            return await catalog_reader.verify_quote(quote, self._client())
        except (ApiError, StoreError) as error:
            return error
