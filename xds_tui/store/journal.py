"""What happened, what was ordered and what was last seen, of one account, in the database.

Events and orders are kept as JSON beside the few columns that they are looked up by. A field that is added to
`record` or `model` with a default needs no migration. Samples are plain columns: there are many of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from typing import Final
from urllib.parse import urlsplit

import msgspec

from xds_tui.i18n import N_
from xds_tui.model import Snapshot
from xds_tui.record import Event, EventKind, Order, OrderState, Promise, Sample
from xds_tui.store.db import Database, StoreError
from xds_tui.store.moments import microseconds
from xds_tui.store.retention import drop_old
from xds_tui.store.samples import add_sample, samples_between
from xds_tui.store.snapshots import last_snapshot, save_snapshot, without_secret

MAX_EVENTS: Final = 50_000
"""Events kept of an account; the oldest go first."""
MAX_AGE: Final = timedelta(days=90)
"""How far back events are kept, counted from the newest."""
OPEN_STATES: Final = (OrderState.INTENDED, OrderState.SENT, OrderState.UNKNOWN, OrderState.DONE)
"""States that something is still expected to happen to; DONE is the service's word, not yet the fleet's."""
SAME_MOMENT: Final = timedelta(minutes=2)
"""Two programs that watch one account see a change so far apart at most; it is kept once."""

_SEEN: Final = (EventKind.STATUS, EventKind.APPEARED, EventKind.GONE, EventKind.EXPIRING)
"""What every program that watches sees for itself."""
_LATEST: Final = 2**63 - 1
"""Later than any moment, in microseconds."""


_ENCODER: Final = msgspec.json.Encoder(enc_hook=without_secret)
_EVENT: Final = msgspec.json.Decoder(Event)
_ORDER: Final = msgspec.json.Decoder(Order)


class Claim(Enum):
    """What became of the wish to settle a create by a host."""

    WRITTEN = "written"
    TAKEN = "taken"
    """Another order of this account names the host."""
    LATER = "later"
    """A create is still under way in another program that lives: the host may be its."""


class Journal:
    """The memory of one account. Every method may raise `StoreError`; nothing has changed then.

    Until `belong_to` says whose it is, it is that of whoever was signed in last with this profile: what is shown
    before the keyring and the network have answered.
    """

    def __init__(self, database: Database, profile: str) -> None:
        """Use `database`, which stays the caller's to close."""
        self._database = database
        self._profile = profile
        self._scope: str | None = None

    @property
    def problem(self) -> StoreError | None:
        """Why what is kept will not last, or what was lost; None while all is well, and before anything was read."""
        return self._database.problem

    async def belong_to(self, base_url: str, account_id: str) -> bool:
        """Keep and find from now on what is of this account; with a bare token (no ID), of the service's tokens.

        Returns whether what was found until now is of somebody else.
        """
        whose = self._whose()
        self._scope = f"{self._profile} {urlsplit(base_url).netloc} {account_id or 'token'}"
        return await self._database.read(whose) not in (self._scope, self._profile)

    # Events

    async def add_events(self, events: Iterable[Event]) -> None:
        """Add `events` in their order, but for those that another program has kept already, and drop the oldest."""
        events, whose = tuple(events), self._whose()
        if events:
            await self._database.write(lambda connection: _add_events(connection, whose(connection), events))

    async def events(self, limit: int, before: datetime | None = None) -> tuple[Event, ...]:
        """Return the latest events, newest first, of those earlier than `before`.

        They are about `limit`: as many more as happened at the same moment as the last of them, so that the next
        page is asked for with `before` that moment and misses none. One that a later version wrote and this one
        cannot read is left out.
        """
        until, whose = microseconds(before) if before is not None else _LATEST, self._whose()

        def work(connection: sqlite3.Connection) -> list[tuple[str]]:
            where = {"scope": whose(connection), "before": until, "last": limit - 1}
            return connection.execute(_PAGE, where).fetchall()

        return _readable_events(await self._database.read(work))

    async def said(self, keys: Iterable[str], at: datetime) -> frozenset[str]:
        """Return which of `keys` were said before now, and remember all of them as said."""
        rows, whose = [(key, microseconds(at)) for key in keys], self._whose()
        return await self._database.write(lambda connection: _said(connection, whose(connection), rows))

    # Orders

    async def write_orders(self, orders: Iterable[Order]) -> None:
        """Write `orders` in place of what was written of them before; on the return they are on the disk."""
        orders, whose = tuple(orders), self._whose()

        def work(connection: sqlite3.Connection) -> None:
            sender = self._database.instance.claim()
            for order in orders:
                _write_order(connection, whose(connection), replace(order, sender=order.sender or sender))

        await self._database.write(work)

    async def settle_order(self, found: Order) -> Claim:
        """Write `found`, a create that a host was found for, unless the host is or may be another create's."""
        whose = self._whose()

        def work(connection: sqlite3.Connection) -> Claim:
            scope = whose(connection)
            others = [_ORDER.decode(body) for (body,) in connection.execute(_CREATES, (scope,))]
            if any(other.host_id == found.host_id and other.id != found.id for other in others):
                return Claim.TAKEN
            if any(other.state is OrderState.SENT and self._is_another_alive(other) for other in others):
                return Claim.LATER
            _write_order(connection, scope, found)
            return Claim.WRITTEN

        return await self._database.write(work)

    async def orders(self, limit: int) -> tuple[Order, ...]:
        """Return the latest `limit` orders, newest first."""
        query = "SELECT body FROM orders WHERE scope = ? ORDER BY created_at DESC, rowid DESC LIMIT ?"
        return await self._orders(query, limit)

    async def open_orders(self) -> tuple[Order, ...]:
        """Return the orders in one of `OPEN_STATES`, oldest first, but for those of another program that lives."""
        query = "SELECT body FROM orders WHERE scope = ? AND state IN (?, ?, ?, ?) ORDER BY created_at, rowid"
        found = await self._orders(query, *(state.value for state in OPEN_STATES))
        return await self._database.read(lambda _: tuple(order for order in found if not self._is_another_alive(order)))

    async def creates_elsewhere(self) -> tuple[Order, ...]:
        """Return the creates of other programs that use this journal and run, oldest first."""
        found = await self._orders(_CREATES + " ORDER BY created_at, rowid")
        return await self._database.read(lambda _: tuple(order for order in found if self._is_another_alive(order)))

    async def bought(self) -> dict[str, Promise]:
        """Return what was promised for each host that was bought here, by its ID."""
        orders = await self._orders(_CREATES + " ORDER BY created_at, rowid")
        return {order.host_id: order.promise for order in orders if order.host_id and order.promise}

    # Samples and the last snapshot

    async def add_sample(self, sample: Sample) -> None:
        """Add what a sweep counted, and drop samples that have become too many or too old."""
        whose = self._whose()
        await self._database.write(lambda connection: add_sample(connection, whose(connection), sample))

    async def samples(self, since: datetime, most: int, until: datetime) -> tuple[Sample, ...]:
        """Return at most about `most` samples between two moments, oldest first: of many that are near, the last."""
        whose = self._whose()
        return await self._database.read(
            lambda connection: samples_between(connection, whose(connection), since, until, most)
        )

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep `snapshot` as the last one, without its passwords. For 10,000 hosts that is 3 MB: not every sweep."""
        whose = self._whose()
        await self._database.write(
            lambda connection: save_snapshot(connection, whose(connection), self._profile, snapshot)
        )

    async def last_snapshot(self) -> Snapshot | None:
        """Return the snapshot that was kept last, or None if there is none that this version can read."""
        whose = self._whose()
        return await self._database.read(lambda connection: last_snapshot(connection, whose(connection)))

    def _whose(self) -> Callable[[sqlite3.Connection], str]:
        """Return what finds out the scope of what is asked now, whatever happens until the store comes to it."""
        return partial(_scope, scope=self._scope, profile=self._profile)

    def _is_another_alive(self, order: Order) -> bool:
        return self._database.instance.is_another_alive(order.sender)

    async def _orders(self, query: str, *parameters: str | int) -> tuple[Order, ...]:
        whose = self._whose()
        rows = await self._database.read(
            lambda connection: connection.execute(query, (whose(connection), *parameters)).fetchall()
        )
        try:
            return tuple(_ORDER.decode(body) for (body,) in rows)
        except ValueError as error:
            raise StoreError(N_("An order that was written cannot be read"), str(error)) from error


_CREATES: Final = "SELECT body FROM orders WHERE scope = ? AND json_extract(body, '$.action') = 'create'"
_WRITE_ORDER: Final = (
    "INSERT INTO orders (id, scope, created_at, state, body) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET state = excluded.state, body = excluded.body"
)
_PAGE: Final = (
    "SELECT body FROM events WHERE scope = :scope AND at < :before AND at >= ifnull("
    "(SELECT at FROM events WHERE scope = :scope AND at < :before ORDER BY at DESC LIMIT 1 OFFSET :last),"
    " 0) ORDER BY at DESC, id DESC"
)


def _scope(connection: sqlite3.Connection, *, scope: str | None, profile: str) -> str:
    """The scope that is known, or else that of whoever was last; the profile's name where there was nobody."""
    if scope is not None:
        return scope
    query = "SELECT scope FROM snapshots WHERE profile = ? ORDER BY at DESC LIMIT 1"
    row = connection.execute(query, (profile,)).fetchone()
    return row[0] if row else profile


def _execute(connection: sqlite3.Connection, statement: str, row: tuple[str | int, ...]) -> None:
    connection.execute(statement, row)


def _write_order(connection: sqlite3.Connection, scope: str, order: Order) -> None:
    row = (order.id, scope, microseconds(order.created_at), order.state.value, _encode(order))
    connection.execute(_WRITE_ORDER, row)


def _add_events(connection: sqlite3.Connection, scope: str, events: tuple[Event, ...]) -> None:
    since = microseconds(min(event.at for event in events) - SAME_MOMENT)
    recent = connection.execute("SELECT body FROM events WHERE scope = ? AND at >= ? ORDER BY id", (scope, since))
    kept = {_about(event): event for event in _readable_events(recent) if event.kind in _SEEN}
    rows = []
    for event in events:
        if event.kind in _SEEN:
            if _is_same(kept.get(_about(event)), event):
                continue
            kept[_about(event)] = event
        rows.append((scope, microseconds(event.at), _encode(event)))
    connection.executemany("INSERT INTO events (scope, at, body) VALUES (?, ?, ?)", rows)
    drop_old(connection, "events", scope, MAX_EVENTS, MAX_AGE)


def _about(event: Event) -> tuple[str | None, bool]:
    return event.host_id, event.kind is EventKind.EXPIRING


def _is_same(kept: Event | None, event: Event) -> bool:
    """Whether the last that was kept of a host is what another program saw of the same change."""
    return (
        kept is not None
        and (kept.kind, kept.new, kept.within) == (event.kind, event.new, event.within)
        and abs(event.at - kept.at) <= SAME_MOMENT
    )


def _said(connection: sqlite3.Connection, scope: str, rows: list[tuple[str, int]]) -> frozenset[str]:
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


def _readable_events(rows: Iterable[tuple[str]]) -> tuple[Event, ...]:
    return tuple(event for (body,) in rows if (event := _readable_event(body)) is not None)


def _readable_event(body: str) -> Event | None:
    try:
        return _EVENT.decode(body)
    except ValueError:
        return None


def _encode(record: Event | Order) -> str:
    return _ENCODER.encode(record).decode()
