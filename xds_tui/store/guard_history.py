"""The guard of an account in the database: which program it is, what rules may send, and what the user has put off.

The programs that watch an account share these rows, so every decision that must be made once is one transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from xds_tui.domain.guard import MAX_ORDER_AGE, GuardRecord, Postponement, retry_at
from xds_tui.domain.records import Order, OrderState
from xds_tui.i18n import N_
from xds_tui.store import journal_rows
from xds_tui.store.account_history import AccountHistory
from xds_tui.store.bodies import from_microseconds, microseconds
from xds_tui.store.instance_lock import InstanceLock
from xds_tui.store.journal_rows import UnreadableOrder
from xds_tui.structs import dataclass

LAPSED: Final = N_("The program was suspended for too long after the rule's decision, so nothing was sent")

_KEEP_POSTPONEMENTS: Final = timedelta(days=7)
_GUARD: Final = "SELECT instance, program, machine, since, heartbeat, interval FROM guards WHERE account = ?"
_OPEN: Final = (OrderState.PENDING, OrderState.SENT, OrderState.ACCEPTED, OrderState.UNKNOWN)
_SINCE: Final = (
    "AND created_at >= ? AND CASE WHEN typeof(body) = 'text' AND json_valid(body)"
    " THEN ifnull(json_extract(body, '$.host_id') = ?, 1) ELSE 1 END ORDER BY created_at"
)
_LOOK_BACK: Final = timedelta(days=1)
"""Age up to which an open order of the same kind keeps a rule from sending another one."""


@dataclass(frozen=True, slots=True)
class WantedOrder:
    """An order that a rule wants to send."""

    order: Order
    begins: datetime
    """Orders of rules for the same host and action from then on were for the same purpose."""
    postponements: tuple[Postponement, ...]
    """What the decision knew to be put off for this rule and host."""


@dataclass(frozen=True, slots=True)
class ListingProof:
    """The listing that a decision is based on."""

    scope: str | None
    """The account that was listed."""
    at: datetime
    max_age: timedelta
    """How old the listing may be when its orders are placed."""


class GuardHistory(AccountHistory):
    """Adds what the guard of an account shares with other programs to the history of the account."""

    async def lead(self, program: str, machine: str, interval: float, clock: Callable[[], datetime]) -> GuardRecord:
        """Record that the service answered this program, and return the guard, which may be another program.

        This program becomes the guard if there is none, if the other one has ended, or if its heartbeat is too old.

        Args:
            program: `watch` or `app`.
            machine: the name of this machine.
            interval: seconds between two refreshes.
            clock: returns the time, UTC.

        """
        find_scope = self._scope_finder()

        def work(connection: sqlite3.Connection) -> GuardRecord:
            account, instance, now = account_of(find_scope(connection)), self._database.instance, clock()
            own = instance.acquire()
            known = _guard(connection, account)
            if known is not None and known.instance != own and _holds(known, instance, now):
                return known
            since = known.since if known is not None and known.instance == own else now
            record = GuardRecord(own, program, machine, since, now, interval)
            _write_guard(connection, account, record)
            return record

        return await self._database.write(work)

    async def guard(self) -> GuardRecord | None:
        """Return the program that carries out the rules, or did so last; None if none ever did."""
        find_scope = self._scope_finder()

        def work(connection: sqlite3.Connection) -> GuardRecord | None:
            return _guard(connection, account_of(find_scope(connection)))

        return await self._database.read(work)

    async def retire(self) -> None:
        """Let another program become the guard, if this one is."""
        find_scope = self._scope_finder()

        def work(connection: sqlite3.Connection) -> None:
            row = (account_of(find_scope(connection)), self._database.instance.name)
            connection.execute("DELETE FROM guards WHERE account = ? AND instance = ?", row)

        await self._database.write(work)

    def is_own(self, record: GuardRecord) -> bool:
        """Return whether this program is the guard that `record` describes."""
        return record.instance == self._database.instance.name

    async def claim_for_rules(
        self, wanted: Sequence[WantedOrder], listing: ListingProof, clock: Callable[[], datetime]
    ) -> tuple[Order, ...]:
        """Write those of the wanted orders that this program may send, and return them, placed now.

        None are if this program is not the guard any more, or was suspended since the hosts were listed. An order is
        left out if a rule has sent the same for the same purpose, if one like it is open, or if the user has changed
        what is put off. When this returns, the orders are on the disk.

        Args:
            wanted: at most one for each host.
            listing: what the decision is based on.
            clock: returns the time, UTC.

        Raises:
            StoreError: if they cannot be written; nothing may be sent then.

        """
        find_scope = self._scope_finder()
        written: list[tuple[str, str]] = []

        def work(connection: sqlite3.Connection) -> tuple[Order, ...]:
            scope, instance, now = find_scope(connection), self._database.instance, clock()
            sender = instance.acquire()
            free: list[WantedOrder] = []
            if scope == listing.scope and _may_act(_guard(connection, account_of(scope)), sender, listing, now):
                scopes = _scopes_of(connection, account_of(scope))
                free = [each for each in wanted if _is_free(connection, scope, scopes, each, instance, now)]
            claimed = [replace(each.order, created_at=now, sender=sender) for each in free]
            written[:] = [journal_rows.take_over(connection, scope, order, sender) for order in claimed]
            # Without a sender an order is this program's own, so that no older record of it counts.
            return tuple(replace(order, sender="") for order in claimed)

        return await self._database.write_durably(work, lambda connection: journal_rows.are_stored(connection, written))

    async def postpone(self, postponements: Collection[Postponement], now: datetime) -> None:
        """Put off or skip actions, in place of what was decided about them before."""
        find_scope = self._scope_finder()

        def work(connection: sqlite3.Connection) -> None:
            scope = find_scope(connection)
            for each in postponements:
                until = microseconds(each.until) if each.until is not None else None
                row = (scope, each.rule, each.host_id, microseconds(each.at), until)
                connection.execute("DELETE FROM postponements WHERE scope = ? AND rule = ? AND host_id = ?", row[:3])
                connection.execute("INSERT INTO postponements VALUES (?, ?, ?, ?, ?)", row)
            oldest = microseconds(now - _KEEP_POSTPONEMENTS)
            expired = "DELETE FROM postponements WHERE scope = ? AND max(at, ifnull(until, 0)) < ?"
            connection.execute(expired, (scope, oldest))

        await self._database.write(work)

    async def postponements(self) -> tuple[Postponement, ...]:
        """Return what the user has put off or skipped in the last days."""
        find_scope = self._scope_finder()
        return await self._database.read(lambda connection: _postponements(connection, find_scope(connection)))


def account_of(scope: str) -> str:
    """Return the account that a scope belongs to: without the profile, unless a bare token hides the account."""
    _profile, _space, account = scope.partition(" ")
    return scope if account.endswith(" token") or not account else account


def _guard(connection: sqlite3.Connection, account: str) -> GuardRecord | None:
    row = connection.execute(_GUARD, (account,)).fetchone()
    if row is None:
        return None
    instance, program, machine, since, heartbeat, interval = row
    try:
        times = from_microseconds(since), from_microseconds(heartbeat)
        return GuardRecord(str(instance), str(program), str(machine), *times, float(interval))
    except (TypeError, ValueError):
        return None  # damaged; the next guard replaces it


def _may_act(guard: GuardRecord | None, instance: str, listing: ListingProof, now: datetime) -> bool:
    """Return whether the program `instance` is the guard and was not suspended since its listing."""
    is_recent = abs(now - listing.at) <= listing.max_age
    return guard is not None and guard.instance == instance and guard.is_working(now) and is_recent


def _write_guard(connection: sqlite3.Connection, account: str, record: GuardRecord) -> None:
    times = microseconds(record.since), microseconds(record.heartbeat)
    connection.execute(
        "INSERT OR REPLACE INTO guards (account, instance, program, machine, since, heartbeat, interval)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (account, record.instance, record.program, record.machine, *times, record.interval),
    )


def _holds(record: GuardRecord, instance: InstanceLock, now: datetime) -> bool:
    """Return whether another program runs and has heard from the service lately."""
    return record.is_working(now) and instance.is_another_alive(record.instance)


def _scopes_of(connection: sqlite3.Connection, account: str) -> tuple[str, ...]:
    """Return the scopes of all profiles of an account that have orders."""
    scopes = (str(row[0]) for row in connection.execute("SELECT DISTINCT scope FROM orders"))
    return tuple(scope for scope in scopes if account_of(scope) == account)


def _is_free(
    connection: sqlite3.Connection,
    scope: str,
    scopes: Sequence[str],
    wanted: WantedOrder,
    instance: InstanceLock,
    now: datetime,
) -> bool:
    """Return whether nothing that is recorded speaks against an order of a rule."""
    order = wanted.order
    about = (order.rule, order.host_id)
    known = {each for each in _postponements(connection, scope) if (each.rule, each.host_id) == about}
    if known != set(wanted.postponements):
        return False
    failed = []
    for place, earlier in _orders_of_host(connection, scopes, order, min(wanted.begins, now - _LOOK_BACK)):
        if isinstance(earlier, UnreadableOrder):
            return False
        if earlier.action is not order.action:
            continue
        if earlier.state in _OPEN and not _has_lapsed(connection, place, earlier, instance, now):
            return False
        if not earlier.rule or earlier.created_at < wanted.begins:
            continue
        if earlier.state in (OrderState.CONFIRMED, OrderState.UNCONFIRMED):
            return False
        if earlier.state in (OrderState.REJECTED, OrderState.NOT_SENT) and earlier.summary != LAPSED:
            failed.append(earlier.created_at)
    at = retry_at(failed)
    return at is None or now >= at


def _has_lapsed(
    connection: sqlite3.Connection, scope: str, order: Order, instance: InstanceLock, now: datetime
) -> bool:
    """End an order of a rule that was not sent because its program was suspended or killed; whether it is one.

    From then on that program cannot send it: only an order of its own name can be marked as sent.
    """
    if not order.rule or order.state is not OrderState.PENDING:
        return False
    if abs(now - order.created_at) <= MAX_ORDER_AGE and instance.is_another_alive(order.sender):
        return False
    if order.sender == instance.name:
        return False
    ended = replace(order, state=OrderState.NOT_SENT, ended_at=now, summary=LAPSED)
    journal_rows.take_over(connection, scope, ended, instance.acquire())
    return True


def _orders_of_host(
    connection: sqlite3.Connection, scopes: Sequence[str], order: Order, since: datetime
) -> list[tuple[str, Order | UnreadableOrder]]:
    """Return the orders for the host of `order`, each with its scope; unreadable ones only if they may be open."""
    host_id = order.host_id or ""
    return [
        (scope, found)
        for scope in scopes
        for found in journal_rows.select(connection, scope, _SINCE, microseconds(since), host_id)
        if isinstance(found, Order) or (found.is_open and found.host_id == host_id)
    ]


def _postponements(connection: sqlite3.Connection, scope: str) -> tuple[Postponement, ...]:
    rows = connection.execute("SELECT rule, host_id, at, until FROM postponements WHERE scope = ?", (scope,))
    return tuple(
        Postponement(str(rule), str(host), from_microseconds(at), None if until is None else from_microseconds(until))
        for rule, host, at, until in rows
    )
