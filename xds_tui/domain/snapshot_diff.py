"""The differences between two snapshots as events, the alerts among events, and details kept from one to the next.

In the dialect of the published documents the list has neither the MAC nor the IPv4 address, and the table of its fields
omits the login; only `one/{id}` returns them. A known value is kept until the service returns another one, or until the
host has another address.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from xds_tui.domain.model import Billing, Host, Snapshot, Status
from xds_tui.domain.records import Event, EventKind, OrderState


def changes(old: Snapshot | None, new: Snapshot) -> tuple[Event, ...]:
    """Return the changes from `old` to `new` as events. `attribution` determines who caused them.

    Args:
        old: the previous snapshot; None for the first one, from which no changes are known.
        new: a consistent snapshot: a host that is not in it is gone.

    """
    if old is None or old is new:
        return ()
    before = {host.id: host for host in old.hosts}
    after = {host.id for host in new.hosts}
    events = []
    for host in new.hosts:
        was = before.get(host.id)
        if was is host:
            continue
        kind = EventKind.APPEARED if was is None else EventKind.STATUS
        if was is None or not _is_same_status(was.status, host.status):
            events.append(
                Event(
                    at=new.at,
                    kind=kind,
                    host_id=host.id,
                    host_name=host.name,
                    old=was.status if was else None,
                    new=host.status,
                )
            )
    events += [
        Event(at=new.at, kind=EventKind.GONE, host_id=host.id, host_name=host.name, old=host.status)
        for host in old.hosts
        if host.id not in after
    ]
    return tuple(events)


def _is_same_status(old: Status, new: Status) -> bool:
    """Return whether nothing happened between two statuses: that a running host is billed now is no event."""
    return old is new or (old.is_on and new.is_on)


HOURS: Final = (1, 24)
"""Hours before a prepaid host expires at which to alert the user, shortest first."""

_STOPPED: Final = (Status.STOPPING, Status.OFF, Status.EXPIRED)
_FAILED: Final = (OrderState.NOT_SENT, OrderState.REJECTED, OrderState.UNKNOWN, OrderState.UNCONFIRMED)


def flagged(events: Iterable[Event]) -> tuple[Event, ...]:
    """Return `events`, with `alert` set on those to notify the user about."""
    return tuple(replace(event, alert=True) if _is_alert(event) else event for event in events)


def expiring(snapshot: Snapshot, now: datetime) -> Mapping[str, Event]:
    """Return an event for each prepaid host that expires soon, by a key that identifies the alert."""
    events = {}
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
            events[f"expiring {host.id} {host.expires.isoformat()} {within}"] = event
    return events


def _within(host: Host, now: datetime) -> int | None:
    if host.expires is None or host.billing is Billing.ON_DEMAND or host.status is Status.EXPIRED:
        return None
    return next((hours for hours in HOURS if host.expires - now <= timedelta(hours=hours)), None)


def _is_alert(event: Event) -> bool:
    match event.kind:
        case EventKind.STATUS:
            return not event.own and _was_on(event) and event.new in _STOPPED
        case EventKind.GONE:
            return not event.own and _was_on(event)
        case EventKind.ORDER:
            return event.state in _FAILED
        case _:
            return event.alert


def _was_on(event: Event) -> bool:
    return event.old is not None and event.old.is_on


_DETAILS: Final = {"mac": "mac", "ipv4": "ipv4", "account": "hostAccount", "password": "hostPw"}
"""Attributes that are kept, with the service's names of the fields."""

_LOGIN: Final = {"account", "password"}
"""Attributes that are not kept once the host lost its address: they are no use without one, and may have changed."""


def keep_details(host: Host, before: Host) -> Host:
    """Return `host` with the details of `before` that it lacks; `before` itself if the two are equal then.

    Args:
        host: the host as the service describes it.
        before: the same host as it was known before.

    """
    if host == before:  # most hosts, at every refresh
        return before
    if _has_moved(host, before):
        return host
    names = _DETAILS if _is_reachable(host) or not _is_reachable(before) else _DETAILS.keys() - _LOGIN
    known = ((name, getattr(before, name)) for name in names)
    kept: dict[str, Any] = {name: value for name, value in known if value is not None and _is_missing(host, name)}
    complete = replace(host, **kept) if kept else host
    return before if complete == before else complete


def _is_reachable(host: Host) -> bool:
    return host.address is not None and host.port is not None


def _is_missing(host: Host, name: str) -> bool:
    """Return whether the response lacks a field. An unreadable value is present, and replaces the known one."""
    return getattr(host, name) is None and _DETAILS[name] not in host.raw


def _has_moved(host: Host, before: Host) -> bool:
    """Return whether this is another machine, or one at another address, so that known details may be wrong."""
    pairs = ((host.created, before.created), (host.address, before.address), (host.port, before.port))
    return any(new is not None and old is not None and new != old for new, old in pairs)
