"""The rows of events and of reported alerts, for `journal` to use on the store's thread."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from typing import Final

from xds_tui.domain.records import Event, EventKind
from xds_tui.store.bodies import decode_event, decode_events, encode
from xds_tui.store.samples import drop_old
from xds_tui.store.timestamps import microseconds

MAX_EVENTS: Final = 50_000
"""Events stored per account; the oldest are deleted first."""
MAX_AGE: Final = timedelta(days=90)
"""Age at which events are deleted, relative to the newest."""
DUPLICATE_WINDOW: Final = timedelta(minutes=2)
"""Maximum time between two programs observing the same change of an account; it is stored once."""

_OBSERVED_KINDS: Final = (EventKind.STATUS, EventKind.APPEARED, EventKind.GONE, EventKind.EXPIRING)
"""Event kinds that every program watching the account observes."""
ADD_EVENT: Final = "INSERT INTO events (scope, at, body) VALUES (?, ?, ?)"
PAGE: Final = (
    "SELECT CAST(body AS BLOB) FROM events WHERE scope = :scope AND at < :before AND at >= ifnull("
    "(SELECT at FROM events WHERE scope = :scope AND at < :before ORDER BY at DESC LIMIT 1 OFFSET :last),"
    " 0) ORDER BY at DESC, id DESC"
)
"""Selects the events of a scope before a time: about as many as `last`, newest first."""


def add_events(connection: sqlite3.Connection, scope: str, events: tuple[Event, ...]) -> None:
    """Add `events`, except those that another program has stored, and from time to time delete the oldest."""
    observed = [event.at for event in events if event.kind in _OBSERVED_KINDS]
    stored = _observed_since(connection, scope, min(observed) - DUPLICATE_WINDOW) if observed else {}
    rows = []
    for event in events:
        if event.kind in _OBSERVED_KINDS:
            if _is_same(stored.get(_subject(event)), event):
                continue
            stored[_subject(event)] = event
        rows.append((scope, microseconds(event.at), encode(event)))
    connection.executemany(ADD_EVENT, rows)
    drop_old(connection, "events", scope, len(rows), MAX_EVENTS, MAX_AGE)


def _observed_since(
    connection: sqlite3.Connection, scope: str, since: datetime
) -> dict[tuple[str | None, bool], Event]:
    """Return the last observed event of each subject."""
    rows = connection.execute(
        "SELECT CAST(body AS BLOB) FROM events WHERE scope = ? AND at >= ? ORDER BY id", (scope, microseconds(since))
    )
    return {_subject(event): event for event in decode_events(rows) if event.kind in _OBSERVED_KINDS}


def count_unreadable_events(connection: sqlite3.Connection) -> int:
    """Count the events of all accounts that cannot be decoded."""
    bodies = connection.execute("SELECT CAST(body AS BLOB) FROM events")
    return sum(decode_event(body) is None for (body,) in bodies)


def _subject(event: Event) -> tuple[str | None, bool]:
    return event.host_id, event.kind is EventKind.EXPIRING


def _is_same(stored: Event | None, event: Event) -> bool:
    """Return whether the last stored event of a host is another program's observation of the same change."""
    return (
        stored is not None
        and (stored.kind, stored.new, stored.within) == (event.kind, event.new, event.within)
        and abs(event.at - stored.at) <= DUPLICATE_WINDOW
    )


def mark_reported(connection: sqlite3.Connection, scope: str, rows: list[tuple[str, int]]) -> frozenset[str]:
    """Mark the keys of `rows` as reported at their times, and return those that were marked before."""
    before = frozenset(
        key
        for key, _ in rows
        if connection.execute("SELECT 1 FROM said WHERE scope = ? AND key = ?", (scope, key)).fetchone()
    )
    for key, at in rows:
        connection.execute("INSERT OR IGNORE INTO said (scope, key, at) VALUES (?, ?, ?)", (scope, key, at))
        oldest = at - MAX_AGE // timedelta(microseconds=1)
        connection.execute("DELETE FROM said WHERE scope = ? AND at < ?", (scope, oldest))
    return before
