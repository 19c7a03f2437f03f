"""The history of one account in the database: its events, samples, last snapshot, and what was on sale last.

Events are stored as JSON, with columns for the fields that queries use. Samples are plain columns, because there are
many of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from xds_tui.domain.model import Catalog, Snapshot
from xds_tui.domain.records import Event, Sample
from xds_tui.store.bodies import decode_events, microseconds
from xds_tui.store.database import Database, StoreError
from xds_tui.store.journal_rows import PAGE, ScopeFinder, add_events, mark_reported, reported
from xds_tui.store.samples import add_samples, observation_times, samples_between
from xds_tui.store.snapshots import Offers, last_offers, last_snapshot, save_offers, save_snapshot

_MAX_TIME: Final = 2**63 - 1
"""A time after any other, in microseconds since the epoch."""


class AccountHistory:
    """Stores and reads the history of one account. Every method may raise `StoreError`; nothing has changed then.

    Until `bind_account` is called, it reads the history of the account that last used this profile, which is displayed
    before the keyring and the network respond.

    Attributes:
        unreadable_events: how many events the last reading left out.

    """

    def __init__(self, database: Database, profile: str) -> None:
        """Use `database`; the caller closes it."""
        self._database = database
        self._profile = profile
        self._scope: str | None = None
        self._stored_snapshot: tuple[tuple[str, int], Snapshot] | None = None
        """The account and the generation of the file to which a snapshot was written last, and the snapshot."""
        self.unreadable_events = 0

    @property
    def problem(self) -> StoreError | None:
        """Why nothing can be written to the disk; None if it can, or before the first access."""
        return self._database.problem

    @property
    def notice(self) -> StoreError | None:
        """A description of the data lost when the file was opened; None if none was lost."""
        return self._database.notice

    @property
    def generation(self) -> int:
        """How many files have been opened; it increases when the file was replaced by another."""
        return self._database.generation

    @property
    def scope(self) -> str | None:
        """Identifies the account whose history this is; None before `bind_account`."""
        return self._scope

    def watch(self, on_change: Callable[[], None]) -> None:
        """Call `on_change` in the running event loop whenever the file becomes usable or unusable."""
        self._database.watch(on_change)

    async def bind_account(self, base_url: str, account_id: str) -> bool:
        """Store and read the history of this account; with a bare token `account_id` is empty.

        Returns whether the history that was read before belongs to another account.
        """
        find_scope = self._scope_finder()
        self._scope = scope_of(self._profile, base_url, account_id)
        return await self._database.read(find_scope) not in (self._scope, self._profile)

    # Events

    async def add_events(self, events: Iterable[Event]) -> None:
        """Add `events`, except those that another program has stored, and delete the oldest."""
        events, find_scope = tuple(events), self._scope_finder()
        if events:
            await self._database.write(lambda connection: add_events(connection, find_scope(connection), events))

    async def events(self, limit: int, before: datetime | None = None) -> tuple[Event, ...]:
        """Return the latest events earlier than `before`, newest first; unreadable ones are left out.

        May return more than `limit`: all events with the time of the last one are included, so that the next page,
        with that time as `before`, misses none.
        """
        until, find_scope = microseconds(before) if before is not None else _MAX_TIME, self._scope_finder()

        def work(connection: sqlite3.Connection) -> list[tuple[object]]:
            where = {"scope": find_scope(connection), "before": until, "last": limit - 1}
            return connection.execute(PAGE, where).fetchall()

        rows = await self._database.read(work)
        events = decode_events(rows)
        self.unreadable_events = len(rows) - len(events)
        return events

    async def events_after(self, mark: int) -> tuple[int, tuple[Event, ...]]:
        """Return the mark for the next call, and the readable events after `mark`, oldest first; begin with mark 0."""
        find_scope = self._scope_finder()

        def work(connection: sqlite3.Connection) -> list[tuple[object, int]]:
            query = "SELECT CAST(body AS BLOB), id FROM events WHERE scope = ? AND id > ? ORDER BY id"
            return connection.execute(query, (find_scope(connection), mark)).fetchall()

        rows = await self._database.read(work)
        return (rows[-1][1] if rows else mark), decode_events((body,) for body, _id in rows)

    async def reported(self, keys: Iterable[str]) -> frozenset[str]:
        """Return those of `keys` that are marked as reported."""
        find_scope, wanted = self._scope_finder(), tuple(keys)
        return await self._database.read(lambda connection: reported(connection, find_scope(connection), wanted))

    async def mark_reported(self, keys: Iterable[str], at: datetime) -> frozenset[str]:
        """Mark all of `keys` as reported to the user, and return those that were marked before."""
        rows, find_scope = [(key, microseconds(at)) for key in keys], self._scope_finder()
        return await self._database.write(lambda connection: mark_reported(connection, find_scope(connection), rows))

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

    async def observation_times(self, since: datetime, until: datetime) -> tuple[datetime, ...]:
        """Return when the fleet was observed, from the last time before `since` to `until`, oldest first."""
        find_scope = self._scope_finder()
        return await self._database.read(
            lambda connection: observation_times(connection, find_scope(connection), since, until)
        )

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        """Store `snapshot` as the last one, without passwords: all of it, or what has changed since it was stored."""
        find_scope, before = self._scope_finder(), self._stored_snapshot

        def work(connection: sqlite3.Connection) -> tuple[str, int]:
            scope = find_scope(connection)
            place = (scope, self._database.generation)
            known = before[1] if before is not None and before[0] == place else None
            save_snapshot(connection, scope, self._profile, snapshot, known)
            return place

        self._stored_snapshot = None
        self._stored_snapshot = (await self._database.write(work), snapshot)

    async def last_snapshot(self) -> Snapshot | None:
        """Return the stored snapshot, or None if there is none or it cannot be read."""
        find_scope = self._scope_finder()
        return await self._database.read(lambda connection: last_snapshot(connection, find_scope(connection)))

    async def save_offers(self, catalog: Catalog) -> None:
        """Store the IDs and names of what `catalog` has, in place of what was stored."""
        find_scope = self._scope_finder()
        await self._database.write(lambda connection: save_offers(connection, find_scope(connection), catalog))

    async def last_offers(self) -> Offers:
        """Return what was on sale when the catalog was read last; nothing if it never was."""
        find_scope = self._scope_finder()
        return await self._database.read(lambda connection: last_offers(connection, find_scope(connection)))

    def _scope_finder(self) -> ScopeFinder:
        """Return a function that finds the current scope, even if `bind_account` is called before it runs."""
        return partial(_scope, scope=self._scope, profile=self._profile)


def scope_of(profile: str, base_url: str, account_id: str) -> str:
    """Return the scope of the rows of an account; with a bare token `account_id` is empty."""
    return f"{profile} {urlsplit(base_url).netloc} {account_id or 'token'}"


def _scope(connection: sqlite3.Connection, *, scope: str | None, profile: str) -> str:
    """Return the bound scope, or the scope last used with `profile`, or `profile` if there is none."""
    if scope is not None:
        return scope
    query = "SELECT scope FROM snapshots WHERE profile = ? ORDER BY at DESC LIMIT 1"
    row = connection.execute(query, (profile,)).fetchone()
    return row[0] if row else profile
