"""The orders that are open or ended recently, and what they imply for hosts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from xds_tui.domain import order_states, pricing
from xds_tui.domain.attribution import RebootProgress
from xds_tui.domain.create_evidence import request_of
from xds_tui.domain.creation_times import SMALL_SKEW, to_milliseconds
from xds_tui.domain.host_fit import LATEST, LISTING_DELAY, LISTING_GRACE
from xds_tui.domain.model import Host, Snapshot
from xds_tui.domain.reconcile import Reconciliation, match_orders
from xds_tui.domain.records import Order, OrderAction, OrderState, Quote
from xds_tui.fleet.state import NO_PRICES

MAX_ENDED_ORDERS: Final = 50
"""Orders that have ended and are still shown."""

NAMED_WINDOW: Final = timedelta(minutes=10)
"""How long to look for a host with an ID that a response may have contained, without being certain."""


class OrderBook:
    """Orders by ID, in the order in which they were placed."""

    def __init__(self) -> None:
        self._orders: dict[str, Order] = {}
        self._elsewhere: dict[str, Order] = {}
        self._ended_before: set[str] | None = None
        self._prices: dict[str, Decimal] = {}
        self._frozen_prices: Mapping[str, Decimal] | None = NO_PRICES
        self._hosts: tuple[Host, ...] = ()
        self._gone: set[str] = set()
        self._claimed: set[str] = set()
        self._listing_grace = LISTING_GRACE

    def __iter__(self) -> Iterator[Order]:
        """Iterate over a copy, oldest first, so that the book may change during the iteration."""
        return iter(tuple(self._orders.values()))

    def __contains__(self, order_id: str) -> bool:
        return order_id in self._orders

    def __getitem__(self, order_id: str) -> Order:
        return self._orders[order_id]

    @property
    def newest_first(self) -> tuple[Order, ...]:
        """The orders that are open and those that ended recently, with those of other programs."""
        own = tuple(reversed(self._orders.values()))
        if not self._elsewhere:
            return own
        return tuple(sorted((*own, *self._elsewhere.values()), key=lambda order: order.created_at, reverse=True))

    @property
    def prices(self) -> Mapping[str, Decimal]:
        """CNY per hour of each host bought here, by host ID; the same object until a price is added."""
        if self._frozen_prices is None:
            self._frozen_prices = MappingProxyType(dict(self._prices))
        return self._frozen_prices

    @property
    def known_hosts(self) -> frozenset[str]:
        """IDs of all hosts seen so far; none of them can be the result of a purchase that is made now."""
        return frozenset(self._gone.union(host.id for host in self._hosts))

    def known_before(self, moment: datetime) -> frozenset[str]:
        """Return the IDs of the hosts seen so far, except those that came into being after `moment`."""
        skew = timedelta(milliseconds=SMALL_SKEW)
        later = {host.id for host in self._hosts if host.created is not None and host.created >= moment - skew}
        return self.known_hosts - later

    def write(self, order: Order) -> None:
        """Add `order`, or replace its earlier state, and drop the oldest orders that have ended.

        Rejected creates are counted separately, because their hosts are still watched for.
        """
        self._elsewhere.pop(order.id, None)
        self._orders[order.id] = order
        ended = [old for old in self._orders.values() if old.state in order_states.FINAL]
        for is_rejected_create in (True, False):
            group = [old.id for old in ended if _is_rejected_create(old) is is_rejected_create]
            for order_id in group[:-MAX_ENDED_ORDERS]:
                del self._orders[order_id]
        if order.host_id and order.quote:
            self.add_purchase(order.host_id, order.quote)

    def update_elsewhere(self, recent: Sequence[Order], alive: Collection[str]) -> list[Order]:
        """Record the orders of other programs, and return those that are new or have changed their state, oldest first.

        They are shown, and block operations on their hosts as ours do, but only their program follows them. Those that
        had ended at the first call are not shown.

        Args:
            recent: the latest orders of the journal, newest first.
            alive: the IDs of those with a running program. An order of ours that is among them was taken over.

        """
        for order_id in alive:
            self._orders.pop(order_id, None)
        ended = order_states.FINAL
        for order in recent:
            own = self._orders.get(order.id)
            if own is not None and own.sender and own.state not in ended and order.state in ended:
                self._orders[order.id] = order  # of a program that has ended, and settled by another one since
        if self._ended_before is None:
            self._ended_before = {order.id for order in recent if order.state in ended}
        self._ended_before.difference_update(alive)
        known, hidden = self._elsewhere, {*self._orders, *self._ended_before}
        self._elsewhere = {
            order.id: order
            for order in recent
            if order.id in alive or (order.id not in hidden and order.state in ended)
        }
        for order in self._elsewhere.values():
            if order.host_id and order.quote:
                self.add_purchase(order.host_id, order.quote)
        return [
            order
            for order in reversed(self._elsewhere.values())
            if order.id not in known or known[order.id].state is not order.state
        ]

    @property
    def has_open_elsewhere(self) -> bool:
        """Whether an order of another program is open, which is to be followed here if that program has ended."""
        return any(order.state not in order_states.FINAL for order in self._elsewhere.values())

    def add_purchase(self, host_id: str, quote: Quote) -> None:
        """Record that a host was bought here, and its price."""
        self.claim(host_id)
        price = pricing.hourly(quote.package)
        if price is not None and self._prices.get(host_id) != price:
            self._prices[host_id] = price
            self._frozen_prices = None

    def claim(self, host_id: str) -> None:
        """Record that a host belongs to an order, so that no other order is confirmed by it."""
        self._claimed.add(host_id)

    def update_hosts(self, snapshot: Snapshot) -> None:
        """Record which hosts exist."""
        if snapshot.hosts is not self._hosts:
            # Present hosts are known by the snapshot, so only the IDs of gone ones are stored.
            self._gone |= {host.id for host in self._hosts}.difference(host.id for host in snapshot.hosts)
            self._hosts = snapshot.hosts

    def clear(self) -> None:
        """Remove everything: another account has signed in."""
        self._orders.clear()
        self._elsewhere.clear()
        self._ended_before = None
        self._prices.clear()
        self._frozen_prices = NO_PRICES
        self._hosts = ()
        self._gone.clear()
        self._claimed.clear()
        self._listing_grace = LISTING_GRACE

    def note_unlisted(self, host_ids: Collection[str], listed_at: datetime) -> None:
        """Record hosts that exist but were missing from the list that was read from `listed_at` on.

        Hosts that were bought here show how long a new host can be missing from the list.
        """
        for order in self:
            if order.action is OrderAction.CREATE and order.host_id in host_ids and order.answered_at:
                missing = (listed_at - order.answered_at) // timedelta(milliseconds=1)
                self._listing_grace = min(max(self._listing_grace, 2 * missing), LISTING_DELAY)

    # What the orders imply for hosts

    def awaited_ids(self, now: datetime) -> tuple[str, ...]:
        """Return the hosts that were bought within `LATEST` and have not been seen, the newest order's first."""
        return tuple(
            host_id
            for order in self.newest_first
            if order.action is OrderAction.CREATE
            and now - order.created_at < LATEST
            and (host_id := _awaited_host(order, now))
        )

    def touched_ids(self, now: datetime) -> tuple[str, ...]:
        """Return the hosts that should be changing because of an order, the newest order's first."""
        return tuple(
            order.host_id
            for order in self.newest_first
            if order.host_id and order.sent_at and order_states.is_intent(order, now)
        )

    def deleted_ids(self) -> frozenset[str]:
        """Return the hosts with an accepted delete."""
        accepted = (OrderState.ACCEPTED, OrderState.CONFIRMED)
        deletes = (
            order for order in self.newest_first if order.action is OrderAction.DELETE and order.state in accepted
        )
        return frozenset(order.host_id for order in deletes if order.host_id)

    def answered_ids(self) -> frozenset[str]:
        """Return the orders that a listing which starts now can confirm, because their request has ended."""
        return frozenset(order.id for order in self if order.state in (OrderState.ACCEPTED, OrderState.UNKNOWN))

    def reconcile(
        self,
        snapshot: Snapshot,
        answered: Collection[str],
        others: Collection[Order] = (),
        reboots: RebootProgress | None = None,
    ) -> Reconciliation:
        """Return what `snapshot` says about the orders.

        A host that is on does not confirm a reboot with an unknown outcome: it must have gone down first.

        Args:
            snapshot: the hosts.
            answered: see `match_orders`.
            others: see `match_orders`.
            reboots: the reboots observed so far; None if none was.

        """
        result = match_orders(tuple(self), snapshot, answered, self._claimed, others, self._listing_grace)
        completed = reboots.completed if reboots is not None else ()
        confirmed = {
            order_id: host_id
            for order_id, host_id in result.confirmed.items()
            if self._orders[order_id].action is not OrderAction.REBOOT
            or self._orders[order_id].state is not OrderState.UNKNOWN
            or order_id in completed
        }
        return replace(result, confirmed=confirmed)

    @property
    def wanting_hosts(self) -> tuple[Order, ...]:
        """The creates that did or may have produced a host that is not known yet, oldest first."""
        return tuple(
            order
            for order in self
            if order.action is OrderAction.CREATE
            and order.host_id is None
            and order.state in (OrderState.ACCEPTED, OrderState.UNKNOWN)
        )

    def seconds_until_decision(self, now: datetime) -> float | None:
        """Return after how many seconds a listing can tell which host the next open create bought; None: no more."""
        requests = [
            request_of(order, order.sent_at, order.quote)
            for order in self.wanting_hosts
            if order.sent_at and order.quote
        ]
        left = [request.over_at + self._listing_grace - to_milliseconds(now) for request in requests]
        return min((milliseconds / 1000 for milliseconds in left if milliseconds > 0), default=None)

    def is_claimed(self, host_id: str) -> bool:
        """Whether a host belongs to an order."""
        return host_id in self._claimed or any(host_id == order.host_id for order in self)

    @property
    def candidate_ids(self) -> frozenset[str]:
        """The hosts that may belong to an order, so that the user knows about them."""
        return frozenset(order.candidate.host_id for order in self if order.candidate is not None)

    def late(self, answered: Collection[str], now: datetime) -> tuple[Order, ...]:
        """Return the orders that should have been confirmed by now and were not."""
        return tuple(order for order in self if order.id in answered and order_states.is_late(order, now))

    def is_under_way(self, action: OrderAction, host: Host) -> bool:
        """Whether the same operation is being sent already: a repeated key press must not send it twice."""
        return any(
            order.action is action and order.host_id == host.id and order.state in (OrderState.PENDING, OrderState.SENT)
            for order in self.newest_first
        )

    def is_hindered(self, action: OrderAction, host: Host) -> bool:
        """Whether a delete of the host prevents `action` from being sent."""
        return any(order.host_id == host.id and order_states.hinders(order, action) for order in self.newest_first)


def _awaited_host(order: Order, now: datetime) -> str | None:
    if order.state is OrderState.ACCEPTED:
        return order.host_id
    is_recent = now - order.created_at < NAMED_WINDOW
    return order.named_host_id if order.state is OrderState.UNKNOWN and is_recent else None


def _is_rejected_create(order: Order) -> bool:
    return order.action is OrderAction.CREATE and order.state is OrderState.REJECTED
