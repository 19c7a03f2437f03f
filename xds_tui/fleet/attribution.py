"""Which changes of hosts came of our orders: only those that an order asked for.

A stop that we ordered explains that its host stops, not that it starts again; a start explains nothing that happens
after the host is on. An order that was refused, or never sent, explains nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from xds_tui.domain.model import Status
from xds_tui.domain.records import Event, EventKind, Order, OrderAction, OrderState

LATE_WINDOW: Final = timedelta(minutes=10)
"""How long after it was given an order explains a change that came too late to confirm it."""

REBOOT_BEGINS: Final = timedelta(minutes=2)
"""How long after a reboot was sent its host may begin to go down: nothing else tells it from a stop."""

_OPEN: Final = (OrderState.SENT, OrderState.UNKNOWN, OrderState.ACCEPTED)
_DOWN: Final = (Status.STOPPING, Status.OFF, Status.STARTING)
_ASKED_FOR: Final[Mapping[OrderAction, tuple[Status, ...]]] = {
    OrderAction.POWER_OFF: (Status.STOPPING, Status.OFF),
    OrderAction.POWER_ON: (Status.STARTING, Status.ON, Status.BILLED),
}


class Attribution:
    """Marks events as our own, and follows each reboot down and up again, which no order state tells."""

    def __init__(self) -> None:
        self._down: set[str] = set()
        self._rebooted: set[str] = set()

    def has_rebooted(self, order_id: str) -> bool:
        """Whether the host of this reboot was seen to go down and to come up again."""
        return order_id in self._rebooted

    def mark(self, events: Iterable[Event], orders: Iterable[Order], confirmed: Mapping[str, str]) -> tuple[Event, ...]:
        """Return `events` with `own` set on those that one of `orders` asked for.

        Args:
            events: what changed from one snapshot to the next; each only once, for reboots are followed.
            orders: all that are known.
            confirmed: the orders that the same snapshot confirms, order ID to host ID.

        """
        by_host: dict[str, list[Order]] = {}
        for order in orders:
            if host_id := order.host_id or confirmed.get(order.id):
                by_host.setdefault(host_id, []).append(order)
        return tuple(
            replace(event, own=True) if self._is_own(event, by_host.get(event.host_id or "", ())) else event
            for event in events
        )

    def _is_own(self, event: Event, orders: Iterable[Order]) -> bool:
        # Not `any`, which would stop at the first: a reboot that is under way has to see each change of its host.
        return bool({order.id for order in orders if self._explains(order, event)})

    def _explains(self, order: Order, event: Event) -> bool:
        if order.action is OrderAction.REBOOT:
            return self._is_of_reboot(order, event)
        if order.state not in _OPEN and not (
            order.state is OrderState.UNCONFIRMED and _is_within(LATE_WINDOW, order, event)
        ):
            return False
        match order.action:
            case OrderAction.CREATE:
                return event.kind is EventKind.APPEARED
            case OrderAction.DELETE:
                return event.kind is EventKind.GONE
            case _:
                return event.kind is EventKind.STATUS and event.new in _ASKED_FOR[order.action]

    def _is_of_reboot(self, order: Order, event: Event) -> bool:
        """Whether a change belongs to a reboot: down once, soon after it was sent, and up again once.

        It may have been confirmed before it began, by a host that was still on.
        """
        if event.kind is not EventKind.STATUS or event.new is None or order.id in self._rebooted:
            return False
        if order.state not in (*_OPEN, OrderState.CONFIRMED, OrderState.UNCONFIRMED):
            return False
        if order.id in self._down and event.new.is_on:
            self._rebooted.add(order.id)
            return _is_within(LATE_WINDOW, order, event)
        if event.new not in _DOWN:
            return False
        begins = order.id not in self._down
        if not _is_within(REBOOT_BEGINS if begins else LATE_WINDOW, order, event):
            return False
        self._down.add(order.id)
        return True


def _is_within(window: timedelta, order: Order, event: Event) -> bool:
    return abs(_time(order) - event.at) < window


def _time(order: Order) -> datetime:
    return order.sent_at or order.created_at
