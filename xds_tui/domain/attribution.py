"""Mark the changes of hosts that follow from orders given here.

A stop that was ordered explains that its host stops, not that it starts again. A start explains nothing that happens
after the host is on. An order that was rejected, or never sent, explains nothing; but a change that a rejected order
asked for, soon after it was rejected, is reported: the service may have carried it out all the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from xds_tui.domain.model import Status
from xds_tui.domain.records import Doubt, Event, EventKind, Order, OrderAction, OrderState
from xds_tui.domain.repeats import POINTED_OUT_FOR
from xds_tui.structs import dataclass

LATE_WINDOW: Final = timedelta(minutes=10)
"""How long after it was sent an order explains a change that came too late to confirm it."""

REBOOT_START_WINDOW: Final = timedelta(minutes=2)
"""How long after a reboot was sent its host may begin to go down. Later it cannot be distinguished from a stop."""

_OPEN: Final = (OrderState.SENT, OrderState.UNKNOWN, OrderState.ACCEPTED)
_DOWN: Final = (Status.STOPPING, Status.OFF, Status.STARTING)
_EXPECTED_STATUSES: Final[Mapping[OrderAction, tuple[Status, ...]]] = {
    OrderAction.POWER_OFF: (Status.STOPPING, Status.OFF),
    OrderAction.POWER_ON: (Status.STARTING, Status.ON, Status.BILLED),
}


@dataclass(frozen=True, slots=True)
class RebootProgress:
    """How far reboots have come, which no order state records.

    Attributes:
        down: IDs of the reboot orders after which the host went down.
        completed: IDs of those whose host was seen to come up again after that.

    """

    down: frozenset[str] = frozenset()
    completed: frozenset[str] = frozenset()


def mark_own(
    events: Iterable[Event], orders: Iterable[Order], confirmed: Mapping[str, str], reboots: RebootProgress
) -> tuple[tuple[Event, ...], RebootProgress]:
    """Return `events` with `own` set on those that an order explains, and the reboots after them.

    Args:
        events: the changes from one snapshot to the next. Pass each only once, because reboots are followed.
        orders: all known orders.
        confirmed: the orders that the same snapshot confirms, order ID to host ID.
        reboots: the progress of reboots before these events.

    """
    by_host: dict[str, list[Order]] = {}
    for order in orders:
        if host_id := order.host_id or confirmed.get(order.id):
            by_host.setdefault(host_id, []).append(order)
    marked = []
    for event in events:
        is_own = False
        for order in by_host.get(event.host_id or "", ()):
            # No early exit: a reboot under way must see each change of its host.
            explains, reboots = _explains(order, event, reboots)
            is_own = is_own or explains
        marked.append(replace(event, own=True) if is_own else event)
    return tuple(marked), reboots


def _explains(order: Order, event: Event, reboots: RebootProgress) -> tuple[bool, RebootProgress]:
    if order.action is OrderAction.REBOOT:
        return _belongs_to_reboot(order, event, reboots)
    is_late = order.state is OrderState.UNCONFIRMED and _is_within(LATE_WINDOW, order, event)
    if order.state not in _OPEN and not is_late:
        return False, reboots
    match order.action:
        case OrderAction.CREATE:
            return event.kind is EventKind.APPEARED, reboots
        case OrderAction.DELETE:
            return event.kind is EventKind.GONE, reboots
        case _:
            return event.kind is EventKind.STATUS and event.new in _EXPECTED_STATUSES[order.action], reboots


def _belongs_to_reboot(order: Order, event: Event, reboots: RebootProgress) -> tuple[bool, RebootProgress]:
    """Whether a change belongs to a reboot: down once, soon after it was sent, and up again once.

    The order may already be confirmed by a host that was still on before it went down.
    """
    if event.kind is not EventKind.STATUS or event.new is None or order.id in reboots.completed:
        return False, reboots
    if order.state not in (*_OPEN, OrderState.CONFIRMED, OrderState.UNCONFIRMED):
        return False, reboots
    is_down = order.id in reboots.down
    if is_down and event.new.is_on:
        return _is_within(LATE_WINDOW, order, event), replace(reboots, completed=reboots.completed | {order.id})
    window = LATE_WINDOW if is_down else REBOOT_START_WINDOW
    if event.new not in _DOWN or not _is_within(window, order, event):
        return False, reboots
    return True, replace(reboots, down=reboots.down | {order.id})


def rejected_but_done(changes: Iterable[Event], orders: Iterable[Order], reported: Collection[str]) -> Iterator[Event]:
    """Yield an event for each rejected order that was carried out all the same: its host changes as ordered.

    Creates are not among them: `repeats` finds their hosts.

    Args:
        changes: the changes from one snapshot to the next, after `mark_own`: what another order explains is not news.
        orders: all known orders.
        reported: IDs of the orders that were reported before.

    """
    rejected = [
        order
        for order in orders
        if order.state is OrderState.REJECTED and order.sent_at is not None and order.id not in reported
    ]
    for change in changes if rejected else ():
        order = next((order for order in rejected if _is_as_ordered(order, change)), None)
        if order is not None and not change.own:
            rejected.remove(order)
            yield Event(
                at=change.at,
                kind=EventKind.ORDER,
                host_id=change.host_id,
                host_name=change.host_name,
                order_id=order.id,
                action=order.action,
                state=order.state,
                doubt=Doubt.REJECTED,
                code=order.code,
                trace_id=order.trace_id,
            )


def _is_as_ordered(order: Order, change: Event) -> bool:
    """Whether a host changed as an order for it had asked a short time ago."""
    if order.host_id != change.host_id or order.action is OrderAction.CREATE:
        return False
    if not timedelta() <= change.at - _sent_at(order) < POINTED_OUT_FOR:
        return False
    if order.action is OrderAction.DELETE:
        return change.kind is EventKind.GONE
    if change.kind is not EventKind.STATUS or change.old is None:
        return False
    if order.action is OrderAction.REBOOT:
        return change.old.is_on and change.new is Status.STARTING
    was_so = change.old.is_on if order.action is OrderAction.POWER_ON else change.old in (Status.OFF, Status.EXPIRED)
    return change.new in _EXPECTED_STATUSES[order.action] and not was_so


def _is_within(window: timedelta, order: Order, event: Event) -> bool:
    return abs(_sent_at(order) - event.at) < window


def _sent_at(order: Order) -> datetime:
    return order.sent_at or order.created_at
