"""What happened between two snapshots, as events."""

from __future__ import annotations

from xds_tui.model import Snapshot
from xds_tui.record import Event, EventKind


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
