"""What the user is called to the screen for: pure, events in and events out.

A host that ran and stops or vanishes without an order of ours; an order that came to nothing or to nobody knows what,
wallet errors among them; a rent that ends within 24 hours, and again within one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from xds_tui.model import Billing, Host, Snapshot, Status
from xds_tui.record import Event, EventKind, OrderState

HOURS: Final = (1, 24)
"""A rent that ends within so many hours is told of, nearest first."""

_STOPPED: Final = (Status.STOPPING, Status.OFF, Status.EXPIRED)
_FAILED: Final = (OrderState.NOT_SENT, OrderState.REFUSED, OrderState.UNKNOWN, OrderState.NOT_SEEN)


def flagged(events: Iterable[Event]) -> tuple[Event, ...]:
    """Return `events` with those marked that the user should be called for."""
    return tuple(replace(event, alert=True) if _calls(event) else event for event in events)


def expiring(snapshot: Snapshot, now: datetime) -> Mapping[str, Event]:
    """Return an event for each rent that ends soon, by a key that stays the same while it is the same news."""
    found = {}
    latest = now + timedelta(hours=max(HOURS))
    for host in snapshot.hosts:
        if host.expires is None or not now < host.expires <= latest:
            continue
        within = _within(host, now)
        if within is not None:
            event = Event(
                at=now,
                kind=EventKind.EXPIRING,
                host_id=host.id,
                host_name=host.name,
                expires=host.expires,
                within=within,
                alert=True,
            )
            found[f"expiring {host.id} {host.expires.isoformat()} {within}"] = event
    return found


def _within(host: Host, now: datetime) -> int | None:
    if host.expires is None or host.billing is Billing.ON_DEMAND or host.status is Status.EXPIRED:
        return None
    return next((hours for hours in HOURS if host.expires - now <= timedelta(hours=hours)), None)


def _calls(event: Event) -> bool:
    match event.kind:
        case EventKind.STATUS:
            return not event.own and _ran(event) and event.new in _STOPPED
        case EventKind.GONE:
            return not event.own and _ran(event)
        case EventKind.ORDER:
            return event.state in _FAILED
        case _:
            return event.alert


def _ran(event: Event) -> bool:
    return event.old is not None and event.old.is_on
