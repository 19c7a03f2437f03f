"""Activities: events grouped by the operation that they belong to, so that each operation is one entry of a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from xds_tui.domain.records import Event, EventKind, OrderAction, OrderState
from xds_tui.i18n import N_, _
from xds_tui.structs import dataclass
from xds_tui.text import formats, messages

MAX_LENGTH: Final = timedelta(minutes=30)
"""How long after its first event an operation explains the changes of its host."""

_EXPLAINED: Final = (EventKind.STATUS, EventKind.APPEARED, EventKind.GONE)


@dataclass(frozen=True, slots=True)
class Activity:
    """The events of one operation, or a single event that belongs to none."""

    key: str
    """Stays the same while events are added."""
    events: tuple[Event, ...]
    """Oldest first."""

    @property
    def latest(self) -> Event:
        """The event that happened last."""
        return self.events[-1]

    @property
    def orders(self) -> tuple[Event, ...]:
        """Those of the events that tell the state of the operation."""
        return tuple(event for event in self.events if event.kind is EventKind.ORDER)

    @property
    def has_failed(self) -> bool:
        """Whether the operation came to nothing, or its outcome is not known."""
        failed = (OrderState.NOT_SENT, OrderState.REJECTED, OrderState.UNCONFIRMED, OrderState.UNKNOWN)
        return bool(self.orders) and self.orders[-1].state in failed

    @property
    def duration(self) -> timedelta | None:
        """The time from the first event to the confirmation; None if it is not confirmed."""
        confirmed = [event.at for event in self.orders if event.state is OrderState.CONFIRMED]
        return max(timedelta(0), confirmed[-1] - self.events[0].at) if confirmed else None


def activities(events: Sequence[Event]) -> list[Activity]:
    """Group events, given newest first, into activities, the latest one first."""
    oldest_first = list(reversed(events))
    operations: dict[str, list[Event]] = {}
    for event in oldest_first:
        if event.kind is EventKind.ORDER and event.order_id:
            operations.setdefault(event.order_id, []).append(event)
    by_host: dict[str, list[str]] = {}
    for order_id, steps in operations.items():
        for host_id in {step.host_id for step in steps if step.host_id}:
            by_host.setdefault(host_id, []).append(order_id)
    grouped: dict[str, list[Event]] = {}
    for event in oldest_first:
        grouped.setdefault(_operation_of(event, operations, by_host) or event_key(event), []).append(event)
    found = [Activity(key, tuple(members)) for key, members in grouped.items()]
    places = {id(event): place for place, event in enumerate(oldest_first)}
    return sorted(found, key=lambda activity: places[id(activity.latest)], reverse=True)


def event_key(event: Event) -> str:
    """Return a key that tells events apart and stays the same when they are read again."""
    parts = (event.at.isoformat(), event.kind.value, event.host_id, event.order_id, event.state and event.state.value)
    return "|".join(str(part) for part in parts)


def _operation_of(event: Event, operations: dict[str, list[Event]], by_host: dict[str, list[str]]) -> str | None:
    if event.kind is EventKind.ORDER:
        return event.order_id
    if not event.own or event.kind not in _EXPLAINED:
        return None
    for order_id in reversed(by_host.get(event.host_id or "", ())):
        if _explains(operations[order_id][0].at, event.at):
            return order_id
    return None


def _explains(began: datetime, at: datetime) -> bool:
    return timedelta(0) <= at - began <= MAX_LENGTH


_DONE: Final[Mapping[OrderAction, str]] = {
    OrderAction.CREATE: N_("{host} rented in {time}"),
    OrderAction.POWER_ON: N_("{host} started in {time}"),
    OrderAction.POWER_OFF: N_("{host} stopped in {time}"),
    OrderAction.REBOOT: N_("{host} rebooted in {time}"),
    OrderAction.DELETE: N_("{host} deleted in {time}"),
}


def activity_line(activity: Activity) -> str:
    """Return an activity in one line, without its time."""
    orders = activity.orders
    if not orders or orders[0].action is None:
        return messages.event(activity.latest)
    host = next((event.host_name or event.host_id for event in reversed(activity.events) if event.host_id), "") or ""
    duration = activity.duration
    if duration is not None:
        done = _(_DONE[orders[0].action]).format(host=host, time=formats.span(duration))
        return done + messages.by_you(activity.latest)
    what = " ".join(part for part in (host, messages.action(orders[0].action)) if part)
    steps = [_step(event) for event in activity.events]
    return " · ".join([what, *dict.fromkeys(step for step in steps if step)])


def activity_details(activity: Activity) -> tuple[str, ...]:
    """Return everything that is known about an activity, one fact per line."""
    return (formats.moment(activity.latest.at), *messages.event_lines(activity.latest))


def _step(event: Event) -> str:
    if event.kind is EventKind.STATUS:
        word = formats.status_word(event.new)
        return f"{word}…" if event.new is not None and event.new.is_changing else word
    if event.kind is not EventKind.ORDER or event.state in (None, OrderState.PENDING):
        return ""
    state = messages.order_state(event.state)
    return f"{state}: {messages.with_detail(event.summary, event.message)}" if event.summary else state
