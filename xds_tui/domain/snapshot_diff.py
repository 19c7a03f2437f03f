"""What happened between two snapshots, as events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from xds_tui.domain.model import Billing, Host, Snapshot, Status
from xds_tui.domain.records import Event, EventKind, OrderState


def changes(old: Snapshot | None, new: Snapshot) -> tuple[Event, ...]:
    """Return what happened from `old` to `new`, at the time of `new`; whose doing it was is `attribution`'s.

    Args:
        old: the snapshot before; with None nothing happened, it was only not known.
        new: a consistent snapshot: a host that is not in it is gone.

    """
    if old is None or old is new:
        return ()
    before = {host.id: host for host in old.hosts}
    after = {host.id for host in new.hosts}
    happened = []
    for host in new.hosts:
        was = before.get(host.id)
        if was is host:
            continue
        kind = EventKind.APPEARED if was is None else EventKind.STATUS
        if was is None or was.status is not host.status:
            happened.append(
                Event(
                    at=new.at,
                    kind=kind,
                    host_id=host.id,
                    host_name=host.name,
                    old=was.status if was else None,
                    new=host.status,
                )
            )
    happened += [
        Event(at=new.at, kind=EventKind.GONE, host_id=host.id, host_name=host.name, old=host.status)
        for host in old.hosts
        if host.id not in after
    ]
    return tuple(happened)


HOURS: Final = (1, 24)
"""Hours before the end of a rent at which the user is alerted, shortest first."""

_STOPPED: Final = (Status.STOPPING, Status.OFF, Status.EXPIRED)
_FAILED: Final = (OrderState.NOT_SENT, OrderState.REJECTED, OrderState.UNKNOWN, OrderState.UNCONFIRMED)


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
