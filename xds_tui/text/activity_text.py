"""Activities in words: an operation with all its steps in one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from xds_tui.domain.activity import Activity
from xds_tui.domain.records import Event, EventKind, OrderAction, OrderState
from xds_tui.i18n import N_, _
from xds_tui.text import formats, messages

_DONE: Final[Mapping[OrderAction, str]] = {
    OrderAction.CREATE: N_("{host} rented in {time}"),
    OrderAction.POWER_ON: N_("{host} started in {time}"),
    OrderAction.POWER_OFF: N_("{host} stopped in {time}"),
    OrderAction.REBOOT: N_("{host} rebooted in {time}"),
    OrderAction.DELETE: N_("{host} deleted in {time}"),
}


def line(activity: Activity) -> str:
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


def details(activity: Activity) -> tuple[str, ...]:
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
