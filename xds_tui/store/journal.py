"""The journal of one account: events, orders, samples and the last snapshot, in the database.

Events and orders are stored as JSON, with columns for the fields that queries use. A new field with a default in
`domain.records` or `domain.model` needs no migration. Samples are plain columns, because there are many of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from xds_tui.domain.model import Snapshot
from xds_tui.domain.records import Event, EventKind, Order, OrderState, Quote, Sample
from xds_tui.store import order_rows
from xds_tui.store.bodies import decode_events, encode
from xds_tui.store.database import Database, StoreError
from xds_tui.store.order_rows import HeldOrders, ScopeFinder, UnreadableOrder, write_held
from xds_tui.store.samples import add_samples, drop_old, samples_between
from xds_tui.store.snapshots import last_snapshot, save_snapshot
from xds_tui.store.timestamps import microseconds

MAX_EVENTS: Final = 50_000
"""Events stored per account; the oldest are deleted first."""
MAX_AGE: Final = timedelta(days=90)
"""Age at which events are deleted, relative to the newest."""
OPEN_STATES: Final = (OrderState.PENDING, OrderState.SENT, OrderState.UNKNOWN, OrderState.ACCEPTED)
"""States in which an order can still change."""
DUPLICATE_WINDOW: Final = timedelta(minutes=2)
"""Maximum time between two programs observing the same change of an account; it is stored once."""

_OBSERVED_KINDS: Final = (EventKind.STATUS, EventKind.APPEARED, EventKind.GONE, EventKind.EXPIRING)
"""Event kinds that every program watching the account observes."""
_MAX_TIME: Final = 2**63 - 1
"""A time after any other, in microseconds since the epoch."""


@dataclass(frozen=True, slots=True)
class History:
    """A history that is written at once."""

    samples: Sequence[Sample]
    """Oldest first, as the others."""
    events: Sequence[Event]
    orders: Sequence[Order]


class SettleResult(Enum):
    """The result of assigning a host to a create."""

    WRITTEN = "written"
    TAKEN = "taken"
    """Another order of this account has the host."""
    LATER = "later"
    """The host may belong to a create that another running program is sending, or to one that cannot be read."""


class Journal:
    """Stores and reads the history of one account. Every method may raise `StoreError`; nothing has changed then.

    Until `bind_account` is called, it reads the history of the account that last used this profile, which is displayed
    before the keyring and the network respond.
    """

    def __init__(self, database: Database, profile: str) -> None:
        """Use `database`; the caller closes it."""
        self._database = database
        self._profile = profile
        self._scope: str | None = None
        self._held = HeldOrders()

    @property
    def problem(self) -> StoreError | None:
        """Why nothing can be written to the disk; None if it can, or before the first access."""
        return self._database.problem

    @property
    def notice(self) -> StoreError | None:
        """What was lost when the file was opened; None if nothing was lost."""
        return self._database.notice

    @property
    def generation(self) -> int:
        """How many files have been opened; it increases when the file was replaced by another."""
        return self._database.generation

    def watch(self, on_change: Callable[[], None]) -> None:
        """Call `on_change` in the running event loop whenever the file becomes usable or unusable."""
        self._database.watch(on_change)

    async def bind_account(self, base_url: str, account_id: str) -> bool:
        """Store and read the history of this account; with a bare token `account_id` is empty.

        Returns whether the history that was read before belongs to another account.
        """
        find_scope = self._scope_finder()
        self._scope = _scope_of(self._profile, base_url, account_id)
        return await self._database.read(find_scope) not in (self._scope, self._profile)

    def add_history(self, base_url: str, account_id: str, generate: Callable[[], History]) -> None:
        """Add a generated history of an account before anything is read.

        `generate` and the writing run on the store's thread.
        """
        scope = _scope_of(self._profile, base_url, account_id)
        self._database.write_in_background(lambda connection: _add_history(connection, scope, generate()))

    # Events

    async def add_events(self, events: Iterable[Event]) -> None:
        """Add `events`, except those that another program has stored, and delete the oldest."""
        events, find_scope = tuple(events), self._scope_finder()
        if events:
            await self._database.write(lambda connection: _add_events(connection, find_scope(connection), events))

    async def events(self, limit: int, before: datetime | None = None) -> tuple[Event, ...]:
        """Return the latest events earlier than `before`, newest first; unreadable ones are left out.

        May return more than `limit`: all events with the time of the last one are included, so that the next page,
        with that time as `before`, misses none.
        """
        until, find_scope = microseconds(before) if before is not None else _MAX_TIME, self._scope_finder()

        def work(connection: sqlite3.Connection) -> list[tuple[object]]:
            where = {"scope": find_scope(connection), "before": until, "last": limit - 1}
            return connection.execute(_PAGE, where).fetchall()

        return decode_events(await self._database.read(work))

    async def mark_reported(self, keys: Iterable[str], at: datetime) -> frozenset[str]:
        """Mark all of `keys` as reported to the user, and return those that were marked before."""
        rows, find_scope = [(key, microseconds(at)) for key in keys], self._scope_finder()
        return await self._database.write(lambda connection: _mark_reported(connection, find_scope(connection), rows))

    # Orders

    async def write_orders(self, orders: Iterable[Order]) -> None:
        """Write or replace `orders`; when this returns, they are on the disk.

        Orders that could not be written before, and those of a deleted file, are written with them.

        Raises:
            StoreError: if they are not in the file at the path; then their requests must not be sent.

        """
        orders, find_scope = tuple(orders), self._scope_finder()
        held, required = self._held.add(orders, find_scope), {order.id for order in orders}
        written: list[tuple[str, str]] = []

        def is_written(connection: sqlite3.Connection) -> bool:
            return order_rows.are_stored(connection, written)

        def work(connection: sqlite3.Connection) -> int:
            sender = self._database.instance.acquire()
            generation = self._database.generation
            written[:] = write_held(connection, held, required, sender, generation)
            return generation

        generation = await self._database.write_durably(
            work, lambda connection: order_rows.are_stored(connection, written)
        )
        self._held.mark_written(held, generation)

    async def restore_orders(self) -> None:
        """Write the orders of a deleted file and those that could not be written when they ended."""
        if self._held:
            await self.write_orders(())

    async def settle_order(self, found: Order) -> SettleResult:
        """Write `found`, a create with its host, unless the host belongs or may belong to another create."""
        find_scope = self._scope_finder()
        written: list[tuple[str, str]] = []

        def work(connection: sqlite3.Connection) -> SettleResult:
            written.clear()
            scope = find_scope(connection)
            others = order_rows.select_creates(connection, scope)
            if any(other.host_id == found.host_id and other.id != found.id for other in others):
                return SettleResult.TAKEN
            readable = [other for other in others if isinstance(other, Order)]
            if any(other.state is OrderState.SENT and self._is_another_alive(other) for other in readable):
                return SettleResult.LATER
            if any(isinstance(other, UnreadableOrder) and other.may_have_bought(found) for other in others):
                return SettleResult.LATER
            written[:] = [order_rows.write_order(connection, scope, found)]
            return SettleResult.WRITTEN

        result = await self._database.write_durably(work, lambda connection: order_rows.are_stored(connection, written))
        if result is SettleResult.WRITTEN:
            self._held.drop(found.id)
        return result

    async def orders(self, limit: int) -> tuple[Order, ...]:
        """Return the latest `limit` readable orders, newest first."""
        return _readable(await self._orders("ORDER BY created_at DESC, rowid DESC LIMIT ?", limit))

    async def open_orders(self) -> tuple[Order, ...]:
        """Return the orders in `OPEN_STATES`, oldest first, except those of other running programs."""
        where = "AND state IN (?, ?, ?, ?) ORDER BY created_at, rowid"
        found = _readable(await self._orders(where, *(state.value for state in OPEN_STATES)))
        find_scope = self._scope_finder()
        own = await self._database.read(lambda _: tuple(order for order in found if not self._is_another_alive(order)))
        self._held.add_open(own, find_scope, self._database.generation)
        return own

    async def unreadable_orders(self) -> tuple[UnreadableOrder, ...]:
        """Return the unreadable orders, oldest first: written by a later version, or damaged."""
        rows = await self._orders("ORDER BY created_at, rowid")
        return tuple(row for row in rows if isinstance(row, UnreadableOrder))

    async def creates_elsewhere(self) -> tuple[Order, ...]:
        """Return the creates of other running programs that use this journal, oldest first."""
        found = _readable(await self._creates())
        return await self._database.read(lambda _: tuple(order for order in found if self._is_another_alive(order)))

    async def creates(self) -> tuple[Order, ...]:
        """Return every readable create of this account, by any program, oldest first."""
        return _readable(await self._creates())

    async def unreadable_creates(self) -> tuple[UnreadableOrder, ...]:
        """Return what may be creates of this account and cannot be read, oldest first."""
        return tuple(row for row in await self._creates() if isinstance(row, UnreadableOrder))

    async def bought(self) -> dict[str, Quote]:
        """Return the quote of each host bought through this journal, by host ID."""
        return {order.host_id: order.promise for order in await self.creates() if order.host_id and order.promise}

    # Samples and the last snapshot

    async def add_sample(self, sample: Sample) -> None:
        """Add a sample, and delete samples beyond the maximum number and age."""
        find_scope = self._scope_finder()
        await self._database.write(lambda connection: add_samples(connection, find_scope(connection), [sample]))

    async def samples(self, since: datetime, limit: int, until: datetime) -> tuple[Sample, ...]:
        """Return about `limit` samples from `since` to `until`, oldest first: the last one of each interval."""
        find_scope = self._scope_finder()
        return await self._database.read(
            lambda connection: samples_between(connection, find_scope(connection), since, until, limit)
        )

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        """Store `snapshot` as the last one, without passwords. With 10,000 hosts it is 3 MB: not for every refresh."""
        find_scope = self._scope_finder()
        await self._database.write(
            lambda connection: save_snapshot(connection, find_scope(connection), self._profile, snapshot)
        )

    async def last_snapshot(self) -> Snapshot | None:
        """Return the stored snapshot, or None if there is none or it cannot be read."""
        find_scope = self._scope_finder()
        return await self._database.read(lambda connection: last_snapshot(connection, find_scope(connection)))

    def _scope_finder(self) -> ScopeFinder:
        """Return a function that finds the current scope, even if `bind_account` is called before it runs."""
        return partial(_scope, scope=self._scope, profile=self._profile)

    def _is_another_alive(self, order: Order) -> bool:
        return self._database.instance.is_another_alive(order.sender)

    async def _creates(self) -> tuple[Order | UnreadableOrder, ...]:
        find_scope = self._scope_finder()
        return await self._database.read(
            lambda connection: order_rows.select_creates(connection, find_scope(connection))
        )

    async def _orders(self, rest: str, *parameters: str | int) -> tuple[Order | UnreadableOrder, ...]:
        find_scope = self._scope_finder()
        return await self._database.read(
            lambda connection: order_rows.select(connection, find_scope(connection), rest, *parameters)
        )


_PAGE: Final = (
    "SELECT CAST(body AS BLOB) FROM events WHERE scope = :scope AND at < :before AND at >= ifnull("
    "(SELECT at FROM events WHERE scope = :scope AND at < :before ORDER BY at DESC LIMIT 1 OFFSET :last),"
    " 0) ORDER BY at DESC, id DESC"
)


def _scope_of(profile: str, base_url: str, account_id: str) -> str:
    return f"{profile} {urlsplit(base_url).netloc} {account_id or 'token'}"


def _scope(connection: sqlite3.Connection, *, scope: str | None, profile: str) -> str:
    """Return the bound scope, or the scope last used with `profile`, or `profile` if there is none."""
    if scope is not None:
        return scope
    query = "SELECT scope FROM snapshots WHERE profile = ? ORDER BY at DESC LIMIT 1"
    row = connection.execute(query, (profile,)).fetchone()
    return row[0] if row else profile


def _readable(rows: Iterable[Order | UnreadableOrder]) -> tuple[Order, ...]:
    return tuple(row for row in rows if isinstance(row, Order))


def _add_history(connection: sqlite3.Connection, scope: str, history: History) -> None:
    rows = ((scope, microseconds(event.at), encode(event)) for event in history.events)
    connection.executemany(_ADD_EVENT, rows)
    for order in history.orders:
        order_rows.write_order(connection, scope, order)
    add_samples(connection, scope, history.samples)


_ADD_EVENT: Final = "INSERT INTO events (scope, at, body) VALUES (?, ?, ?)"


def _add_events(connection: sqlite3.Connection, scope: str, events: tuple[Event, ...]) -> None:
    since = microseconds(min(event.at for event in events) - DUPLICATE_WINDOW)
    recent = connection.execute(
        "SELECT CAST(body AS BLOB) FROM events WHERE scope = ? AND at >= ? ORDER BY id", (scope, since)
    )
    stored = {_subject(event): event for event in decode_events(recent) if event.kind in _OBSERVED_KINDS}
    rows = []
    for event in events:
        if event.kind in _OBSERVED_KINDS:
            if _is_same(stored.get(_subject(event)), event):
                continue
            stored[_subject(event)] = event
        rows.append((scope, microseconds(event.at), encode(event)))
    connection.executemany(_ADD_EVENT, rows)
    drop_old(connection, "events", scope, MAX_EVENTS, MAX_AGE)


def _subject(event: Event) -> tuple[str | None, bool]:
    return event.host_id, event.kind is EventKind.EXPIRING


def _is_same(stored: Event | None, event: Event) -> bool:
    """Return whether the last stored event of a host is another program's observation of the same change."""
    return (
        stored is not None
        and (stored.kind, stored.new, stored.within) == (event.kind, event.new, event.within)
        and abs(event.at - stored.at) <= DUPLICATE_WINDOW
    )


def _mark_reported(connection: sqlite3.Connection, scope: str, rows: list[tuple[str, int]]) -> frozenset[str]:
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
