"""The orders as they are known now: what is open, what ended lately, and what that says about hosts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from xds_tui.domain import order_states, pricing
from xds_tui.domain.create_matcher import LATEST
from xds_tui.domain.model import Host, Snapshot
from xds_tui.domain.reconcile import Reconciliation, match_orders
from xds_tui.domain.records import Event, Order, OrderAction, OrderState, Quote
from xds_tui.fleet.attribution import Attribution

REMEMBERED: Final = 50
"""Orders that ended and are still shown."""

NAMED_WINDOW: Final = timedelta(minutes=10)
"""How long a host is looked for of which a response only may have given the ID."""


class OrderBook:
    """Orders by their ID, in the order they were given.

    Attributes:
        bought: what an hour of each host that was bought here cost then, in CNY, by its ID.

    """

    def __init__(self) -> None:
        self._orders: dict[str, Order] = {}
        self._bought: dict[str, Decimal] = {}
        self._hosts: tuple[Host, ...] = ()
        self._gone: set[str] = set()
        self._named: set[str] = set()
        self._attribution = Attribution()

    def __iter__(self) -> Iterator[Order]:
        """Oldest first; the book may change meanwhile."""
        return iter(tuple(self._orders.values()))

    def __contains__(self, order_id: str) -> bool:
        return order_id in self._orders

    def __getitem__(self, order_id: str) -> Order:
        return self._orders[order_id]

    @property
    def newest_first(self) -> tuple[Order, ...]:
        """The orders that are open and those that ended lately."""
        return tuple(reversed(self._orders.values()))

    @property
    def bought(self) -> Mapping[str, Decimal]:
        """What an hour of each host that was bought here cost then, in CNY, by its ID."""
        return self._bought

    @property
    def known_hosts(self) -> frozenset[str]:
        """The hosts that have been seen: none of them is one that is bought from now on."""
        return frozenset(self._gone.union(host.id for host in self._hosts))

    def write(self, order: Order) -> None:
        """Put in `order` in place of what it was, and remove the oldest that ended.

        Refused creates are counted apart: their hosts are still watched for, however many orders end after them.
        """
        self._orders[order.id] = order
        ended = [old for old in self._orders.values() if old.state in order_states.FINAL]
        for is_refused_create in (True, False):
            alike = [old.id for old in ended if _is_refused_create(old) is is_refused_create]
            for order_id in alike[:-REMEMBERED]:
                del self._orders[order_id]
        if order.host_id and order.promise:
            self.learn_price(order.host_id, order.promise)

    def learn_price(self, host_id: str, promise: Quote) -> None:
        """Take note of a host that was bought, and what for."""
        self.take(host_id)
        price = pricing.hourly(promise.package)
        if price is not None:
            self._bought[host_id] = price

    def take(self, host_id: str) -> None:
        """Take note that a host is some order's: no other is settled by it."""
        self._named.add(host_id)

    def know(self, snapshot: Snapshot) -> None:
        """Take note of the hosts that are there."""
        if snapshot.hosts is not self._hosts:
            # Those that are there are known by the snapshot: their IDs are not kept a second time.
            self._gone |= {host.id for host in self._hosts}.difference(host.id for host in snapshot.hosts)
            self._hosts = snapshot.hosts

    def clear(self) -> None:
        """Forget everything: it is somebody else's."""
        self._orders.clear()
        self._bought.clear()
        self._hosts = ()
        self._gone.clear()
        self._named.clear()
        self._attribution = Attribution()

    # What they say about hosts

    def awaited_ids(self, now: datetime) -> tuple[str, ...]:
        """The hosts that were bought and not seen yet, the newest order's first; none is waited for for ever."""
        creates = [
            order
            for order in self.newest_first
            if order.action is OrderAction.CREATE and now - order.created_at < LATEST
        ]
        return tuple(
            host_id
            for order in creates
            if (order.state is OrderState.ACCEPTED and (host_id := order.host_id))
            or (
                order.state is OrderState.UNKNOWN
                and now - order.created_at < NAMED_WINDOW
                and (host_id := order.named_host_id)
            )
        )

    def touched_ids(self, now: datetime) -> tuple[str, ...]:
        """The hosts that should be changing because of an order, the newest order's first."""
        return tuple(
            order.host_id
            for order in self.newest_first
            if order.host_id and order.sent_at and order_states.is_intent(order, now)
        )

    def deleted_ids(self) -> frozenset[str]:
        """The hosts whose deletion the service accepted."""
        accepted = (OrderState.ACCEPTED, OrderState.CONFIRMED)
        deletes = (order for order in self if order.action is OrderAction.DELETE and order.state in accepted)
        return frozenset(order.host_id for order in deletes if order.host_id)

    def answered_ids(self) -> frozenset[str]:
        """The orders that have been answered, or whose answer is lost: those that a sweep which begins now can show."""
        return frozenset(order.id for order in self if order.state in (OrderState.ACCEPTED, OrderState.UNKNOWN))

    def reconcile(
        self, snapshot: Snapshot, answered: Collection[str], others: Collection[Order] = ()
    ) -> Reconciliation:
        """Return what `snapshot` says about the orders; the arguments are those of `match_orders`.

        That a host is on does not confirm a reboot whose outcome is unknown: it has to be seen to go down first.
        """
        result = match_orders(tuple(self), snapshot, answered, self._named, others)
        confirmed = {
            order_id: host_id
            for order_id, host_id in result.confirmed.items()
            if self._orders[order_id].action is not OrderAction.REBOOT
            or self._orders[order_id].state is not OrderState.UNKNOWN
            or self._attribution.has_rebooted(order_id)
        }
        return replace(result, confirmed=confirmed)

    def attribute(self, events: Sequence[Event], snapshot: Snapshot, answered: Collection[str]) -> tuple[Event, ...]:
        """Return `events`, what `snapshot` shows to have changed, with those marked that an order asked for."""
        if not events or not self._orders:
            return tuple(events)
        return self._attribution.mark(events, self, self.reconcile(snapshot, answered).confirmed)

    @property
    def wanting_hosts(self) -> tuple[Order, ...]:
        """The creates that came to a host or may have, and whose host is not known, oldest first."""
        return tuple(
            order
            for order in self
            if order.action is OrderAction.CREATE
            and order.host_id is None
            and order.state in (OrderState.ACCEPTED, OrderState.UNKNOWN)
        )

    def is_explained(self, host_id: str) -> bool:
        """Whether a host came of an order, or may have: the user knows already."""
        return host_id in self._named or any(
            host_id == order.host_id or (order.candidate is not None and host_id == order.candidate.host_id)
            for order in self
        )

    def late(self, answered: Collection[str], now: datetime) -> tuple[Order, ...]:
        """The orders that the fleet had the time to agree with, and did not."""
        return tuple(order for order in self if order.id in answered and order_states.is_late(order, now))

    def is_under_way(self, action: OrderAction, host: Host) -> bool:
        """Whether the very same was asked for a moment ago: a key that bounced must not send twice."""
        return any(
            order.action is action and order.host_id == host.id and order.state in (OrderState.PENDING, OrderState.SENT)
            for order in self
        )

    def is_hindered(self, action: OrderAction, host: Host) -> bool:
        """Whether a delete of the host keeps `action` from being sent."""
        return any(order.host_id == host.id and order_states.hinders(order, action) for order in self)


def _is_refused_create(order: Order) -> bool:
    return order.action is OrderAction.CREATE and order.state is OrderState.REJECTED
