"""The one door for everything that changes anything: written down, sent once, and followed until it is known.

Every order runs in a task of its own that belongs to `Orders`, never to a screen: closing a dialog or leaving the
program must not cancel a request whose bytes have left. `order_states` has the table of what may follow what.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from xds_tui.api.errors import NotSent, Refused, SignedOut, XdsError
from xds_tui.fleet import order_states
from xds_tui.fleet.order_events import not_written, told
from xds_tui.fleet.order_states import OrderEvent
from xds_tui.fleet.settling import settled
from xds_tui.i18n import N_
from xds_tui.model import Host, Snapshot
from xds_tui.record import Action, Event, Order, OrderState, Promise
from xds_tui.store.db import StoreError

if TYPE_CHECKING:
    from xds_tui.api.client import Client
    from xds_tui.store.journal import Journal

AT_ONCE: Final = 4
"""Power and reboot requests under way together."""

REMEMBERED: Final = 50
"""Orders that ended and are still shown."""

TAKEN_UP: Final = timedelta(days=7)
"""Orders older than this are not looked for any more at a start: no host appears that late."""

STOPPED: Final = N_("Stopped before it was sent")
PRICE_MOVED: Final = N_("The price moved, so nothing was bought")
GONE_FROM_CATALOG: Final = N_("The package is no longer sold, so nothing was bought")


class Orders:
    """Gives orders to the service and knows what became of each."""

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
        self._orders: dict[str, Order] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped: set[str] = set()
        self._known: set[str] = set()
        self._sending = asyncio.Semaphore(AT_ONCE)

    # What is known

    @property
    def all(self) -> tuple[Order, ...]:
        """The orders that are open and those that ended lately, newest first."""
        return tuple(reversed(self._orders.values()))

    @property
    def is_sending(self) -> bool:
        """Whether any order is on its way right now."""
        return bool(self._tasks)

    def awaited_ids(self) -> tuple[str, ...]:
        """The hosts that were bought and not seen yet, the newest order's first."""
        return tuple(
            order.host_id
            for order in self.all
            if order.action is Action.CREATE and order.host_id and order.state is OrderState.DONE
        )

    def touched_ids(self) -> tuple[str, ...]:
        """The hosts that should be changing because of an order, the newest order's first."""
        now = self._clock()
        return tuple(
            order.host_id
            for order in self.all
            if order.host_id and order.sent_at and order_states.is_intent(order, now)
        )

    # What the user asks for

    def buy(self, promise: Promise, count: int) -> str:
        """Buy `count` hosts one after another, and return the batch that its orders share.

        The price is asked for once more before the first is sent; if it is not what was promised, nothing is
        bought. An outcome that would be the next one's too ends the batch.
        """
        batch = _new_id()
        orders = [self._intended(Action.CREATE, batch, promise=promise) for _ in range(count)]
        self._start(self._buy_in_turn(orders, promise))
        return batch

    def power(self, hosts: Iterable[Host], *, on: bool) -> None:
        """Start or stop hosts: one request each."""
        action = Action.POWER_ON if on else Action.POWER_OFF
        self._send_each(action, hosts, lambda client, host_id: client.power(host_id, on))

    def reboot(self, hosts: Iterable[Host]) -> None:
        """Reboot hosts: one request each."""
        self._send_each(Action.REBOOT, hosts, lambda client, host_id: client.reboot(host_id))

    def delete(self, hosts: Iterable[Host]) -> None:
        """Delete hosts: one request each; an answer that says "not deleted" is a refusal."""
        self._send_each(Action.DELETE, hosts, _delete)

    def stop(self, batch: str) -> None:
        """Send no further order of `batch`; the one under way is not touched."""
        self._stopped.add(batch)

    # What the fleet shows

    async def take_up(self) -> None:
        """Take up the orders that an earlier run left open."""
        now = self._clock()
        for order in await self._journal.open_orders():
            if event := order_states.AFTER_RESTART.get(order.state):
                await self._end(order, event)
            elif now - order.created_at < TAKEN_UP:
                self._orders[order.id] = order

    async def observe(self, snapshot: Snapshot) -> None:
        """Settle every order that `snapshot` agrees with."""
        names = {host.id: host.name for host in snapshot.hosts}
        self._known.update(names)
        for order_id, host_id in settled(self._orders.values(), snapshot).items():
            order = self._orders[order_id]
            name = names.get(host_id, order.host_name)
            await self._end(replace(order, host_id=host_id, host_name=name), OrderEvent.SEEN)

    async def close(self, patience: float) -> bool:
        """Wait at most `patience` seconds for the requests under way; whether all of them ended.

        Those that did not are in the journal as sent, and are settled at the next start.
        """
        for order in self._orders.values():
            self._stopped.add(order.batch)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience)
        return not self._tasks

    # How it is done

    def _intended(self, action: Action, batch: str, host: Host | None = None, promise: Promise | None = None) -> Order:
        order = Order(
            id=_new_id(),
            batch=batch,
            action=action,
            state=OrderState.INTENDED,
            created_at=self._clock(),
            host_id=host.id if host else None,
            host_name=host.name if host else "",
            promise=promise,
        )
        self._orders[order.id] = order
        return order

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _send_each(self, action: Action, hosts: Iterable[Host], call: Callable[[Client, str], Awaitable[None]]) -> None:
        batch = _new_id()
        for host in hosts:
            if not self._is_under_way(action, host.id):
                order = self._intended(action, batch, host)
                self._start(self._send_to(order, host.id, call))

    def _is_under_way(self, action: Action, host_id: str) -> bool:
        """Whether the very same was asked for a moment ago: a key that bounced must not send twice."""
        return any(
            order.action is action
            and order.host_id == host_id
            and order.state in (OrderState.INTENDED, OrderState.SENT)
            for order in self._orders.values()
        )

    async def _send_to(self, order: Order, host_id: str, call: Callable[[Client, str], Awaitable[None]]) -> None:
        async def send(client: Client) -> str:
            await call(client, host_id)
            return host_id

        async with self._sending:
            await self._send(order, send)

    async def _buy_in_turn(self, orders: Sequence[Order], promise: Promise) -> None:
        why = await self._why_not(promise)
        for order in orders:
            if why is None and order.batch in self._stopped:
                why = NotSent(STOPPED)
            if why is not None:
                await self._end(order, OrderEvent.HELD_BACK, why)
                continue
            # A host that appeared since the user decided cannot be the one that is bought now.
            leaving = replace(order, promise=replace(promise, known_hosts=frozenset(self._known)))
            ended = await self._send(leaving, lambda client: _create(client, promise))
            if ended.state is not OrderState.DONE:
                why = NotSent(STOPPED, ended.summary)

    async def _why_not(self, promise: Promise) -> XdsError | None:
        """Return why the promise cannot be kept any more, or None: the price is as it was shown."""
        from xds_tui import catalog  # nobody buys before the first paint

        try:
            offered = await self._client().packages(promise.billing)
        except XdsError as error:
            return error
        shown = promise.package
        now = next((package for package in offered if package.id == shown.id), None)
        if now is None:
            return NotSent(GONE_FROM_CATALOG)
        if (now.amount, now.discount) != (shown.amount, shown.discount):
            return NotSent(PRICE_MOVED, f"{shown.amount} × {shown.discount} → {now.amount} × {now.discount} CNY/h")
        if catalog.hindrance(promise.image, now, promise.billing) is not None:
            return NotSent(GONE_FROM_CATALOG)
        return None

    async def _send(self, order: Order, call: Callable[[Client], Awaitable[str | None]]) -> Order:
        """Write the order down, send it once, and write down what came of it.

        A cancellation is passed on as it is: only the end of the program cancels, and then the journal says SENT,
        which the next start reads as "its answer was lost".
        """
        try:
            client = self._client()
            order = await self._leave(order)
        except (XdsError, StoreError) as error:
            return await self._end(order, OrderEvent.HELD_BACK, error)
        try:
            host_id = await call(client)
        except NotSent as error:
            return await self._end(order, OrderEvent.HELD_BACK, error)
        except (Refused, SignedOut) as error:
            return await self._end(order, OrderEvent.REFUSED, error)
        except XdsError as error:
            return await self._end(order, OrderEvent.LOST, error)
        return await self._end(replace(order, host_id=host_id), OrderEvent.ACCEPTED)

    async def _leave(self, order: Order) -> Order:
        """Write that the order leaves, before it does.

        Raises:
            StoreError: if it cannot be written; then it must not be sent.

        """
        state = order_states.after(order.state, OrderEvent.LEAVES)
        order = replace(order, state=state, sent_at=self._clock())
        await self._journal.write_order(order)
        self._show(order)
        return order

    async def _end(self, order: Order, event: OrderEvent, error: XdsError | StoreError | None = None) -> Order:
        """Show what came of an order, and write it down; a journal that fails then is said, not fatal."""
        ended = replace(order, state=order_states.after(order.state, event), ended_at=self._clock())
        if ended.promise is not None and ended.state in order_states.FINAL:
            # The hosts that were known are for finding the new one; kept for ever they would be the journal's bulk.
            ended = replace(ended, promise=replace(ended.promise, known_hosts=frozenset()))
        if error is not None:
            ended = replace(ended, summary=error.summary, message=error.detail)
        if isinstance(error, XdsError):
            ended = replace(ended, trace_id=error.trace_id)
        if isinstance(error, Refused | SignedOut):
            ended = replace(ended, code=error.code)
        self._show(ended)
        try:
            await self._journal.write_order(ended)
        except StoreError as failure:
            self._tell([not_written(ended, failure)])
        return ended

    def _show(self, order: Order) -> None:
        self._orders[order.id] = order
        ended = [old.id for old in self._orders.values() if old.state in order_states.FINAL]
        for order_id in ended[:-REMEMBERED]:
            del self._orders[order_id]
        self._tell([told(order)])


def _new_id() -> str:
    return os.urandom(16).hex()


async def _create(client: Client, promise: Promise) -> str | None:
    package_id, image_id = promise.package.id, promise.image.id
    if promise.period is None:
        return await client.create_on_demand(package_id=package_id, image_id=image_id)
    return await client.create_rent(package_id=package_id, image_id=image_id, period=promise.period)


async def _delete(client: Client, host_id: str) -> None:
    if not await client.delete(host_id):
        raise Refused(0, "")
