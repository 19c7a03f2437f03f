"""What happened, what was ordered and what was last seen, of one profile, in the database.

Events and orders are kept as JSON beside the few columns that they are looked up by. A field that is added to
`record` or `model` with a default needs no migration.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from xds_tui.i18n import N_
from xds_tui.model import Snapshot
from xds_tui.record import Event, Order, OrderState
from xds_tui.secret import Secret
from xds_tui.store.db import Database, StoreError

MAX_EVENTS: Final = 50_000
"""Events kept of a profile; the oldest go first."""
MAX_AGE: Final = timedelta(days=90)
"""How far back events are kept, counted from the newest."""
OPEN_STATES: Final = (OrderState.INTENDED, OrderState.SENT, OrderState.UNKNOWN, OrderState.DONE)
"""States that something is still expected to happen to; DONE is the service's word, not yet the fleet's."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = 2**63 - 1
"""Later than any moment, in microseconds."""


def _without_secret(value: object) -> None:
    """Write null for a secret: nothing secret is kept in the database."""
    if not isinstance(value, Secret):
        raise TypeError(f"nothing to keep: {type(value).__name__}")


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_without_secret)
_EVENT: Final = msgspec.json.Decoder(Event)
_ORDER: Final = msgspec.json.Decoder(Order)
_SNAPSHOT: Final = msgspec.json.Decoder(Snapshot)


class Journal:
    """The memory of one profile. Every method may raise `StoreError`; nothing has changed then."""

    def __init__(self, database: Database, profile: str) -> None:
        """Use `database`, which stays the caller's to close."""
        self._database = database
        self._profile = profile

    async def add_events(self, events: Iterable[Event]) -> None:
        """Add `events` in their order, and drop those that have become too many or too old."""
        rows = [(self._profile, _microseconds(event.at), _encode(event)) for event in events]
        if rows:
            await self._database.write(lambda connection: _add_events(connection, self._profile, rows))

    async def events(self, limit: int, before: datetime | None = None) -> tuple[Event, ...]:
        """Return the latest events, newest first, of those earlier than `before`.

        They are about `limit`: as many more as happened at the same moment as the last of them, so that the next
        page is asked for with `before` that moment and misses none. One that a later version wrote and this one
        cannot read is left out.
        """
        bodies = await self._database.read(lambda connection: _events(connection, self._profile, limit, before))
        return tuple(event for body in bodies if (event := _readable_event(body)) is not None)

    async def write_order(self, order: Order) -> None:
        """Write `order` in place of what was written of it before; on the return it is on the disk."""
        row = (order.id, self._profile, _microseconds(order.created_at), order.state.value, _encode(order))
        await self._database.write(lambda connection: _execute(connection, _WRITE_ORDER, row))

    async def orders(self, limit: int) -> tuple[Order, ...]:
        """Return the latest `limit` orders, newest first."""
        query = "SELECT body FROM orders WHERE profile = ? ORDER BY created_at DESC, rowid DESC LIMIT ?"
        return await self._orders(query, (self._profile, limit))

    async def open_orders(self) -> tuple[Order, ...]:
        """Return the orders in one of `OPEN_STATES`, oldest first, however many they are."""
        states = [state.value for state in OPEN_STATES]
        query = "SELECT body FROM orders WHERE profile = ? AND state IN (?, ?, ?, ?) ORDER BY created_at, rowid"
        return await self._orders(query, (self._profile, *states))

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep `snapshot` as the last one, without its passwords. For 10,000 hosts that is 3 MB: not every sweep."""
        await self._database.write(
            lambda connection: _execute(connection, _WRITE_SNAPSHOT, (self._profile, _encode(snapshot)))
        )

    async def last_snapshot(self) -> Snapshot | None:
        """Return the snapshot that was kept last, or None if there is none that this version can read."""
        return await self._database.read(self._last_snapshot)

    def _last_snapshot(self, connection: sqlite3.Connection) -> Snapshot | None:
        row = connection.execute("SELECT body FROM snapshots WHERE profile = ?", (self._profile,)).fetchone()
        try:
            return _SNAPSHOT.decode(row[0]) if row else None
        except ValueError:
            return None

    async def _orders(self, query: str, parameters: tuple[str | int, ...]) -> tuple[Order, ...]:
        rows = await self._database.read(lambda connection: connection.execute(query, parameters).fetchall())
        try:
            return tuple(_ORDER.decode(body) for (body,) in rows)
        except ValueError as error:
            raise StoreError(N_("An order that was written cannot be read"), str(error)) from error


_WRITE_ORDER: Final = (
    "INSERT INTO orders (id, profile, created_at, state, body) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET state = excluded.state, body = excluded.body"
)
_WRITE_SNAPSHOT: Final = (
    "INSERT INTO snapshots (profile, body) VALUES (?, ?) ON CONFLICT (profile) DO UPDATE SET body = excluded.body"
)
_PAGE: Final = (
    "SELECT body FROM events WHERE profile = :profile AND at < :before AND at >= ifnull("
    "(SELECT at FROM events WHERE profile = :profile AND at < :before ORDER BY at DESC LIMIT 1 OFFSET :last),"
    " 0) ORDER BY at DESC, id DESC"
)


def _execute(connection: sqlite3.Connection, statement: str, row: tuple[str | int, ...]) -> None:
    connection.execute(statement, row)


def _add_events(connection: sqlite3.Connection, profile: str, rows: list[tuple[str, int, str]]) -> None:
    connection.executemany("INSERT INTO events (profile, at, body) VALUES (?, ?, ?)", rows)
    newest, kept_from = connection.execute(
        "SELECT max(at), (SELECT at FROM events WHERE profile = :profile ORDER BY at DESC LIMIT 1 OFFSET :last)"
        " FROM events WHERE profile = :profile",
        {"profile": profile, "last": MAX_EVENTS - 1},
    ).fetchone()
    oldest = max(newest - MAX_AGE // timedelta(microseconds=1), kept_from or 0)
    connection.execute("DELETE FROM events WHERE profile = ? AND at < ?", (profile, oldest))


def _events(connection: sqlite3.Connection, profile: str, limit: int, before: datetime | None) -> list[str]:
    until = _microseconds(before) if before is not None else _LATEST
    parameters = {"profile": profile, "before": until, "last": limit - 1}
    return [body for (body,) in connection.execute(_PAGE, parameters)]


def _readable_event(body: str) -> Event | None:
    try:
        return _EVENT.decode(body)
    except ValueError:
        return None


def _encode(record: Event | Order | Snapshot) -> str:
    return _ENCODER.encode(record).decode()


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
