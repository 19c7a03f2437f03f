"""What happened, what was ordered and what was last seen, of one account, in the database.

Events and orders are kept as JSON beside the few columns that they are looked up by. A field that is added to
`record` or `model` with a default needs no migration. Samples are plain columns: there are many of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from xds_tui.domain.model import Snapshot
from xds_tui.domain.records import Event, EventKind, Order, OrderState, Quote, Sample
from xds_tui.store import order_rows
from xds_tui.store.bodies import encode, events_in
from xds_tui.store.database import Database, StoreError
from xds_tui.store.order_rows import HeldOrders, UnreadableOrder, write_held
from xds_tui.store.samples import add_sample, drop_old, samples_between
from xds_tui.store.snapshots import last_snapshot, save_snapshot
from xds_tui.store.timestamps import microseconds

MAX_EVENTS: Final = 50_000
"""Events kept of an account; the oldest go first."""
MAX_AGE: Final = timedelta(days=90)
"""How far back events are kept, counted from the newest."""
OPEN_STATES: Final = (OrderState.PENDING, OrderState.SENT, OrderState.UNKNOWN, OrderState.ACCEPTED)
"""States that something is still expected to happen to; DONE is the service's word, not yet the fleet's."""
SAME_MOMENT: Final = timedelta(minutes=2)
"""Two programs that watch one account see a change so far apart at most; it is kept once."""

_SEEN: Final = (EventKind.STATUS, EventKind.APPEARED, EventKind.GONE, EventKind.EXPIRING)
"""What every program that watches sees for itself."""
_LATEST: Final = 2**63 - 1
"""Later than any moment, in microseconds."""


class SettleResult(Enum):
    """What became of the wish to settle a create by a host."""

    WRITTEN = "written"
    TAKEN = "taken"
    """Another order of this account names the host."""
    LATER = "later"
    """A create is still under way in another program that lives: the host may be its."""


class Journal:
    """The memory of one account. Every method may raise `StoreError`; nothing has changed then.

    Until `bind_account` says whose it is, it is that of whoever was signed in last with this profile: what is shown
    before the keyring and the network have answered.
    """

    def __init__(self, database: Database, profile: str) -> None:
        """Use `database`, which stays the caller's to close."""
        self._database = database
        self._profile = profile
        self._scope: str | None = None
        self._held = HeldOrders()

    @property
    def problem(self) -> StoreError | None:
        """Why nothing can be recorded on the disk now; None if it can, and before anything was read."""
        return self._database.problem

    @property
    def notice(self) -> StoreError | None:
        """What was lost when the file was opened; None if nothing was."""
        return self._database.notice

    @property
    def generation(self) -> int:
        """How many files have been opened: it rises when the file is not the one that was open before."""
        return self._database.generation

    def watch(self, on_change: Callable[[], None]) -> None:
        """Call `on_change` in the running event loop whenever the file begins or ceases to be usable."""
        self._database.watch(on_change)

    async def bind_account(self, base_url: str, account_id: str) -> bool:
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

        def work(connection: sqlite3.Connection) -> list[tuple[object]]:
            where = {"scope": whose(connection), "before": until, "last": limit - 1}
            return connection.execute(_PAGE, where).fetchall()

        return events_in(await self._database.read(work))

    async def said(self, keys: Iterable[str], at: datetime) -> frozenset[str]:
        """Return which of `keys` were said before now, and remember all of them as said."""
        rows, whose = [(key, microseconds(at)) for key in keys], self._whose()
        return await self._database.write(lambda connection: _said(connection, whose(connection), rows))

    # Orders

    async def write_orders(self, orders: Iterable[Order]) -> None:
        """Write `orders` in place of what was written of them before; on the return they are on the disk.

        What could not be written before, and what was in a file that is gone, is written with them.

        Raises:
            StoreError: if they are not in the file that the path names; nothing that they say may be sent then.

        """
        orders, whose = tuple(orders), self._whose()
        held, required = self._held.add(orders, whose), {order.id for order in orders}
        written: list[tuple[str, str]] = []

        def work(connection: sqlite3.Connection) -> int:
            sender = self._database.instance.claim()
            generation = self._database.generation
            written[:] = write_held(connection, held, required, sender, generation)
            return generation

        generation = await self._database.write_durably(work, lambda connection: order_rows.has(connection, written))
        self._held.note_written(held, generation)

    async def restore_orders(self) -> None:
        """Write the orders that a file which is gone held, or that could not be written when they ended."""
        if self._held:
            await self.write_orders(())

    async def settle_order(self, found: Order) -> SettleResult:
        """Write `found`, a create that a host was found for, unless the host is or may be another create's."""
        whose = self._whose()
        written: list[tuple[str, str]] = []

        def work(connection: sqlite3.Connection) -> SettleResult:
            written.clear()
            scope = whose(connection)
            others = order_rows.creates(connection, scope)
            if any(other.host_id == found.host_id and other.id != found.id for other in others):
                return SettleResult.TAKEN
            readable = [other for other in others if isinstance(other, Order)]
            if any(other.state is OrderState.SENT and self._is_another_alive(other) for other in readable):
                return SettleResult.LATER
            if any(isinstance(other, UnreadableOrder) and other.may_have_bought(found) for other in others):
                return SettleResult.LATER
            written[:] = [order_rows.write(connection, scope, found)]
            return SettleResult.WRITTEN

        claim = await self._database.write_durably(work, lambda connection: order_rows.has(connection, written))
        if claim is SettleResult.WRITTEN:
            self._held.drop(found.id)
        return claim

    async def orders(self, limit: int) -> tuple[Order, ...]:
        """Return the latest `limit` orders that can be read, newest first."""
        return _readable(await self._orders("ORDER BY created_at DESC, rowid DESC LIMIT ?", limit))

    async def open_orders(self) -> tuple[Order, ...]:
        """Return the orders in one of `OPEN_STATES`, oldest first, but for those of another program that lives."""
        where = "AND state IN (?, ?, ?, ?) ORDER BY created_at, rowid"
        found = _readable(await self._orders(where, *(state.value for state in OPEN_STATES)))
        whose = self._whose()
        mine = await self._database.read(lambda _: tuple(order for order in found if not self._is_another_alive(order)))
        self._held.note_read(mine, whose, self._database.generation)
        return mine

    async def unreadable_orders(self) -> tuple[UnreadableOrder, ...]:
        """Return the orders that cannot be read, oldest first: a later version wrote them, or they are damaged."""
        rows = await self._orders("ORDER BY created_at, rowid")
        return tuple(row for row in rows if isinstance(row, UnreadableOrder))

    async def creates_elsewhere(self) -> tuple[Order, ...]:
        """Return the creates of other programs that use this journal and run, oldest first."""
        found = _readable(await self._creates())
        return await self._database.read(lambda _: tuple(order for order in found if self._is_another_alive(order)))

    async def creates(self) -> tuple[Order, ...]:
        """Return every create of this account that can be read, whichever program gave it, oldest first."""
        return _readable(await self._creates())

    async def unreadable_creates(self) -> tuple[UnreadableOrder, ...]:
        """Return what may be creates of this account and cannot be read, oldest first."""
        return tuple(row for row in await self._creates() if isinstance(row, UnreadableOrder))

    async def bought(self) -> dict[str, Quote]:
        """Return what was promised for each host that was bought here, by its ID."""
        return {order.host_id: order.promise for order in await self.creates() if order.host_id and order.promise}

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

    async def _creates(self) -> tuple[Order | UnreadableOrder, ...]:
        whose = self._whose()
        return await self._database.read(lambda connection: order_rows.creates(connection, whose(connection)))

    async def _orders(self, rest: str, *parameters: str | int) -> tuple[Order | UnreadableOrder, ...]:
        whose = self._whose()
        return await self._database.read(
            lambda connection: order_rows.select(connection, whose(connection), rest, *parameters)
        )


_PAGE: Final = (
    "SELECT CAST(body AS BLOB) FROM events WHERE scope = :scope AND at < :before AND at >= ifnull("
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


def _readable(rows: Iterable[Order | UnreadableOrder]) -> tuple[Order, ...]:
    return tuple(row for row in rows if isinstance(row, Order))


def _add_events(connection: sqlite3.Connection, scope: str, events: tuple[Event, ...]) -> None:
    since = microseconds(min(event.at for event in events) - SAME_MOMENT)
    recent = connection.execute(
        "SELECT CAST(body AS BLOB) FROM events WHERE scope = ? AND at >= ? ORDER BY id", (scope, since)
    )
    kept = {_about(event): event for event in events_in(recent) if event.kind in _SEEN}
    rows = []
    for event in events:
        if event.kind in _SEEN:
            if _is_same(kept.get(_about(event)), event):
                continue
            kept[_about(event)] = event
        rows.append((scope, microseconds(event.at), encode(event)))
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
