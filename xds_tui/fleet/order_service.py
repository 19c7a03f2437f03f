"""The one door for everything that changes anything: written down, sent once, and followed until it is known.

Every order runs in a task of its own that belongs to `OrderService`, never to a screen: closing a dialog or leaving the
program must not cancel a request whose bytes have left. `order_states` has the table of what may follow what.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from xds_tui.api.errors import ApiError, NotSent, OutcomeUnknown, Rejected, SignedOut
from xds_tui.domain import order_states
from xds_tui.domain.model import Host, Snapshot
from xds_tui.domain.order_states import OrderEvent
from xds_tui.domain.records import Event, HostSource, Order, OrderAction, OrderState, Quote
from xds_tui.domain.repeats import may_repeat
from xds_tui.fleet.host_claims import HostClaims
from xds_tui.fleet.order_book import OrderBook
from xds_tui.fleet.order_events import journal_failure, order_event, with_error
from xds_tui.fleet.refusal_watch import RefusalWatch
from xds_tui.i18n import N_
from xds_tui.store.database import StoreError

if TYPE_CHECKING:
    from xds_tui.api.client import Client
    from xds_tui.store.journal import Journal

MAX_CONCURRENT_ORDERS: Final = 4
"""Power and reboot requests under way together."""

MAX_RESUME_AGE: Final = timedelta(days=7)
"""Orders older than this are not looked for any more at a start: no host appears that late."""

STOPPED: Final = N_("Stopped before it was sent")
MAY_BE_BOUGHT: Final = N_("An earlier order may have bought it already, so nothing was sent")
SOMEBODY_ELSE: Final = N_("Another account has been signed in to since")
ENDED_BEFORE: Final = {
    OrderState.PENDING: N_("The program ended before it was sent"),
    OrderState.SENT: N_("The program ended before its answer came"),
}
NOT_SEEN: Final = N_("The fleet did not come to show it in time")


class OrderService:
    """Gives orders to the service and knows what became of each.

    Attributes:
        book: the orders as they are known now.
        claims: which hosts came of creates that named none.
        refusals: which hosts appeared though their creates were refused.

    """

    def __init__(
        self,
        client: Callable[[], Client],
        journal: Journal,
        clock: Callable[[], datetime],
        tell: Callable[[Sequence[Event]], None],
    ) -> None:
        """Make the door.

        Args:
            client: gives the client of whoever is signed in; raises `SignedOut` where nobody is.
            journal: where orders are written before they are sent.
            clock: gives the time, UTC.
            tell: is handed the events of every change.

        """
        self._client = client
        self._journal = journal
        self._clock = clock
        self._tell = tell
        self.book = OrderBook()
        self.claims = HostClaims(self.book, journal, clock, tell)
        self.refusals = RefusalWatch(self.book, journal, clock, tell)
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped: set[str] = set()
        self._sending = asyncio.Semaphore(MAX_CONCURRENT_ORDERS)
        self._era = 0

    # What is known

    @property
    def all(self) -> tuple[Order, ...]:
        """The orders that are open and those that ended lately, newest first."""
        return self.book.newest_first

    @property
    def is_sending(self) -> bool:
        """Whether any order is on its way right now."""
        return bool(self._tasks)

    # What the user asks for

    def buy(self, promise: Quote, count: int, *, confirmed: Collection[str] = ()) -> str:
        """Buy `count` hosts one after another, and return the batch that its orders share.

        The price is asked for once more before the first is sent; if it is not what was promised, nothing is
        bought. An outcome that would be the next one's too ends the batch.

        Args:
            promise: what is bought.
            count: how many hosts.
            confirmed: the IDs of the orders in `possible_purchases` that the user wants to risk repeating. If there
                are others by the time of sending, nothing is bought.

        """
        batch = _new_id()
        orders = [self._intended(OrderAction.CREATE, batch, promise=promise) for _ in range(count)]
        self._start(self._buy_in_turn(orders, promise, self._era, frozenset(confirmed)))
        return batch

    async def possible_purchases(self, promise: Quote) -> tuple[Order, ...]:
        """Return the creates that may have bought already what `promise` is about, oldest first.

        Raises:
            StoreError: if the journal, which has those of earlier runs and other programs, cannot be read.

        """
        now = self._clock()
        written = {order.id: order for order in await self._journal.creates() if order.id not in self.book}
        # What this program is sending right now is not among them: its outcome is about to be known.
        own = {order.id: order for order in self.book if order.state is not OrderState.SENT}
        found = [order for order in (written | own).values() if may_repeat(order, promise, now)]
        return tuple(sorted(found, key=lambda order: order.created_at))

    def power(self, hosts: Iterable[Host], *, on: bool) -> None:
        """Start or stop hosts: one request each."""
        action = OrderAction.POWER_ON if on else OrderAction.POWER_OFF
        self._send_each(action, hosts, lambda client, host_id: client.power(host_id, on))

    def reboot(self, hosts: Iterable[Host]) -> None:
        """Reboot hosts: one request each."""
        self._send_each(OrderAction.REBOOT, hosts, lambda client, host_id: client.reboot(host_id))

    def delete(self, hosts: Iterable[Host]) -> None:
        """Delete hosts: one request each."""
        self._send_each(OrderAction.DELETE, hosts, lambda client, host_id: client.delete(host_id))

    def stop(self, batch: str) -> None:
        """Send no further order of `batch`; the one under way is not touched."""
        self._stopped.add(batch)

    # What the fleet shows

    async def resume(self) -> None:
        """Take up the orders that an earlier run left open, and what was bought before.

        Raises:
            StoreError: if the journal cannot be read.

        """
        now = self._clock()
        creates = await self._journal.creates()
        for order in creates:
            if order.host_id and order.promise:
                self.book.learn_price(order.host_id, order.promise)
        self.refusals.resume(creates)
        for unreadable in await self._journal.unreadable_orders():
            if unreadable.host_id:
                self.book.take(unreadable.host_id)
        for order in await self._journal.open_orders():
            if order.id in self.book:
                continue
            if event := order_states.AFTER_RESTART.get(order.state):
                await self._end(replace(order, summary=ENDED_BEFORE[order.state]), event)
            elif now - order.created_at < MAX_RESUME_AGE:
                self.book.write(order)

    def forget(self) -> None:
        """Forget what is shown: somebody else is signed in, in whose name none of it is sent or looked for."""
        self._era += 1
        self.book.clear()
        self.refusals.reset()

    async def observe(self, snapshot: Snapshot, answered: Collection[str]) -> None:
        """Settle every order that `snapshot` agrees with, and end those that it had the time to agree with.

        Args:
            snapshot: what was seen.
            answered: `answered_ids` of the moment at which it began to be read; other orders it says nothing about.

        """
        era = self._era
        names = {host.id: host.name for host in snapshot.hosts}
        self.book.know(snapshot)
        result = self.book.reconcile(snapshot, answered, await self.claims.creates_elsewhere())
        for order_id, host_id in result.confirmed.items():
            if era != self._era:
                return
            order = self.book[order_id]
            found = replace(order, host_id=host_id, host_name=names.get(host_id, order.host_name))
            if order.host_id is not None:
                await self._end(found, OrderEvent.CONFIRMED)
            else:
                source = HostSource.RESPONSE if host_id == order.named_host_id else HostSource.MATCH
                await self.claims.confirm(replace(found, host_source=source))
        if result.is_matched and era == self._era:
            await self.claims.write_candidates(result.candidates)
            await self.refusals.observe(snapshot)
        for order in self.book.late(answered, self._clock()):
            await self._end(replace(order, summary=order.summary or NOT_SEEN), OrderEvent.TIMED_OUT)

    async def close(self, patience: float) -> bool:
        """Wait at most `patience` seconds for the requests under way; whether all of them ended.

        Those that did not are in the journal as sent, and are settled at the next start.
        """
        for order in self.book:
            self._stopped.add(order.batch)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience)
        return not self._tasks

    # How it is done

    def _intended(
        self, action: OrderAction, batch: str, host: Host | None = None, promise: Quote | None = None
    ) -> Order:
        order = Order(
            id=_new_id(),
            batch=batch,
            action=action,
            state=OrderState.PENDING,
            created_at=self._clock(),
            host_id=host.id if host else None,
            host_name=host.name if host else "",
            promise=promise,
        )
        self.book.write(order)
        return order

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _send_each(
        self, action: OrderAction, hosts: Iterable[Host], call: Callable[[Client, str], Awaitable[None]]
    ) -> None:
        batch = _new_id()
        orders = [
            self._intended(action, batch, host)
            for host in hosts
            if not self.book.is_under_way(action, host) and not self.book.is_hindered(action, host)
        ]
        self._start(self._send_all(orders, call, self._era))

    async def _send_all(
        self, orders: Sequence[Order], call: Callable[[Client, str], Awaitable[None]], era: int
    ) -> None:
        """Write down what the user decided, and send each of it, some at a time."""
        try:
            await self._journal.write_orders(orders)
        except StoreError as error:
            for order in orders:
                await self._end(order, OrderEvent.NOT_SENT, error, era)
            return
        await asyncio.gather(*(self._send_to(order, order.host_id or "", call, era) for order in orders))

    async def _send_to(
        self, order: Order, host_id: str, call: Callable[[Client, str], Awaitable[None]], era: int
    ) -> None:
        async def send(client: Client) -> str:
            await call(client, host_id)
            return host_id

        async with self._sending:
            await self._send(order, send, era)

    async def _buy_in_turn(self, orders: Sequence[Order], promise: Quote, era: int, repeated: Collection[str]) -> None:
        why = await self._why_not(orders, promise, repeated)
        for order in orders:
            if why is None and order.batch in self._stopped:
                why = NotSent(STOPPED)
            if why is not None:
                await self._end(order, OrderEvent.NOT_SENT, why)
                continue
            # A host that appeared since the user decided cannot be the one that is bought now.
            leaving = replace(order, promise=replace(promise, known_hosts=self.book.known_hosts))
            ended = await self._send(leaving, lambda client: _create(client, promise), era)
            if ended.state is not OrderState.ACCEPTED:
                why = NotSent(STOPPED, ended.summary)

    async def _why_not(
        self, orders: Sequence[Order], promise: Quote, repeated: Collection[str]
    ) -> ApiError | StoreError | None:
        """Write down what the user decided, and return why it cannot be sent, or None."""
        from xds_tui.fleet import catalog_reader  # nobody buys before the first paint

        try:
            await self._journal.write_orders(orders)
            if any(order.id not in repeated for order in await self.possible_purchases(promise)):
                return NotSent(MAY_BE_BOUGHT)
            return await catalog_reader.verify_quote(promise, self._client())
        except (ApiError, StoreError) as error:
            return error

    async def _send(self, order: Order, call: Callable[[Client], Awaitable[str | None]], era: int) -> Order:
        """Write the order down, send it once, and write down what came of it.

        A cancellation is passed on as it is: only the end of the program cancels, and then the journal says SENT,
        which the next start reads as "its answer was lost".
        """
        try:
            if era != self._era:
                raise NotSent(SOMEBODY_ELSE)
            client = self._client()
            order = await self._leave(order, era)
        except (ApiError, StoreError) as error:
            return await self._end(order, OrderEvent.NOT_SENT, error, era)
        try:
            host_id = await call(client)
            order = replace(order, answered_at=self._clock())
        except NotSent as error:
            return await self._end(order, OrderEvent.NOT_SENT, error, era)
        except (Rejected, SignedOut) as error:
            self.refusals.add(order)
            return await self._end(order, OrderEvent.REJECTED, error, era)
        except ApiError as error:
            named = error.host_id if isinstance(error, OutcomeUnknown) else None
            lost = replace(order, answered_at=self._clock(), named_host_id=named)
            return await self._end(lost, OrderEvent.NO_ANSWER, error, era)
        if order.promise is not None and host_id in order.promise.known_hosts:
            host_id = None  # the host of somebody's earlier purchase: what was accepted now is another
        source = HostSource.RESPONSE if host_id and order.action is OrderAction.CREATE else None
        return await self._end(replace(order, host_id=host_id, host_source=source), OrderEvent.ACCEPTED, era=era)

    async def _leave(self, order: Order, era: int) -> Order:
        """Write that the order leaves, before it does.

        Raises:
            StoreError: if it cannot be written; then it must not be sent.

        """
        state = order_states.next_state(order.state, OrderEvent.SENT)
        order = replace(order, state=state, sent_at=self._clock())
        await self._journal.write_orders([order])
        self._show(order, era)
        return order

    async def _end(
        self, order: Order, event: OrderEvent, error: ApiError | StoreError | None = None, era: int | None = None
    ) -> Order:
        """Show what came of an order, and write it down; a journal that fails then is said, not fatal."""
        ended = order_states.ended(order if error is None else with_error(order, error), event, self._clock())
        self._show(ended, era)
        try:
            await self._journal.write_orders([ended])
        except StoreError as failure:
            self._tell([journal_failure(ended, failure)])
        return ended

    def _show(self, order: Order, era: int | None = None) -> None:
        """Show the state that an order came to, unless it is of whoever was signed in before."""
        if era is not None and era != self._era:
            return
        self.book.write(order)
        self._tell([order_event(order)])


def _new_id() -> str:
    return os.urandom(16).hex()


async def _create(client: Client, promise: Quote) -> str | None:
    package_id, image_id = promise.package.id, promise.image.id
    if promise.period is None:
        return await client.create_on_demand(package_id=package_id, image_id=image_id)
    return await client.create_rent(package_id=package_id, image_id=image_id, period=promise.period)
