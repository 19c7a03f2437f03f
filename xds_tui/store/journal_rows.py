"""The rows of orders, events and reported alerts, for `journal` to use on the store's thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from xds_tui.domain.records import Event, EventKind, Order, OrderAction, OrderState
from xds_tui.domain.sanitize import clean
from xds_tui.i18n import N_
from xds_tui.store.bodies import (
    decode_event,
    decode_events,
    decode_host_id,
    decode_order,
    encode,
    from_microseconds,
    microseconds,
)
from xds_tui.store.problems import StoreError
from xds_tui.store.samples import drop_old
from xds_tui.structs import dataclass

ScopeFinder = Callable[[sqlite3.Connection], str]
"""Returns the scope of rows: the profile, service and account they belong to."""

CANNOT_BE_REPLACED: Final = N_("The record of this order cannot be read, so it is not overwritten")
TAKEN_OVER: Final = N_("Another program is sending this order")
UNREADABLE_REQUEST: Final = N_("An order with this request ID cannot be read, so nothing was sent")

MAX_HOST_DELAY: Final = timedelta(hours=2)
"""Maximum time between an order and the appearance of its host."""

_COLUMNS: Final = "id, created_at, state, CAST(body AS BLOB)"
_OTHER_ACTIONS: Final = ", ".join(f"'{action.value}'" for action in OrderAction if action is not OrderAction.CREATE)
_CREATES: Final = (
    "AND CASE WHEN typeof(body) = 'text' AND json_valid(body)"
    f" THEN ifnull(json_extract(body, '$.action') NOT IN ({_OTHER_ACTIONS}), 1) ELSE 1 END ORDER BY created_at, rowid"
)
_WRITE: Final = (
    "INSERT INTO orders (id, scope, created_at, state, body, request_id, request_index) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET created_at = excluded.created_at, state = excluded.state, body = excluded.body"
)
_REQUEST: Final = "AND request_id = ? ORDER BY request_index"
_FINAL_STATES: Final = (OrderState.NOT_SENT, OrderState.REJECTED, OrderState.CONFIRMED, OrderState.UNCONFIRMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableOrder:
    """An order that cannot be decoded, with the fields of its row that can."""

    id: str
    created_at: datetime | None
    """None if it cannot be read."""
    is_open: bool
    """Whether its state may still change."""
    host_id: str | None
    """The host that the order names; None if it names none or cannot be read."""

    @property
    def may_be_purchase(self) -> bool:
        """Whether it may be an open create with an unknown host."""
        return self.is_open and self.host_id is None

    def may_have_bought(self, found: Order) -> bool:
        """Return whether this order may have bought the host that was matched to the order `found`."""
        if not self.may_be_purchase:
            return False
        sent_at = found.sent_at or found.created_at
        return self.created_at is None or abs(sent_at - self.created_at) <= MAX_HOST_DELAY


def select(
    connection: sqlite3.Connection, scope: str, rest: str, *parameters: str | int
) -> tuple[Order | UnreadableOrder, ...]:
    """Return the orders of `scope`; `rest` is the rest of the SQL query: conditions, order and limit."""
    query = f"SELECT {_COLUMNS} FROM orders WHERE scope = ? {rest}"  # noqa: S608 - texts of this package
    return tuple(map(_order, connection.execute(query, (scope, *parameters))))


def select_creates(connection: sqlite3.Connection, scope: str) -> tuple[Order | UnreadableOrder, ...]:
    """Return the creates of `scope`, and the unreadable orders that may be creates."""
    rows = select(connection, scope, _CREATES)
    return tuple(row for row in rows if isinstance(row, UnreadableOrder) or row.action is OrderAction.CREATE)


def write_order(connection: sqlite3.Connection, scope: str, order: Order) -> tuple[str, str]:
    """Insert or replace an order, and return its ID and body.

    A program that has taken over an order writes its own name into it. Whatever the program before it still has to say
    about the order is out of date, even if that program is alive after all: it must neither overwrite the record nor
    send the order.

    Raises:
        StoreError: if its row exists and cannot be read, or belongs to another program.

    """
    stored = _find(connection, order.id)
    if isinstance(stored, UnreadableOrder):
        raise StoreError(CANNOT_BE_REPLACED, order.id)
    if stored is not None and stored.sender not in ("", order.sender):
        raise StoreError(TAKEN_OVER, order.id)
    return _replace_order(connection, scope, order)


def replace_if_unchanged(
    connection: sqlite3.Connection, scope: str, before: Order, after: Order
) -> list[tuple[str, str]]:
    """Write `after` if the stored order still is `before`; return its ID and body then, otherwise nothing."""
    stored = _find(connection, before.id)
    if stored != before or stored.sender != before.sender:
        return []
    return [_replace_order(connection, scope, after)]


def select_request(connection: sqlite3.Connection, scope: str, request_id: str) -> tuple[Order, ...]:
    """Return the orders of a request; none if its ID is new.

    Raises:
        StoreError: if one of them cannot be read.

    """
    rows = select(connection, scope, _REQUEST, request_id)
    for row in rows:
        if isinstance(row, UnreadableOrder):
            raise StoreError(UNREADABLE_REQUEST, row.id)
    return tuple(row for row in rows if isinstance(row, Order))


def take_over(connection: sqlite3.Connection, scope: str, order: Order, sender: str) -> tuple[str, str]:
    """Write an order that was provably not sent as one that the program `sender` sends; return its ID and body."""
    return _replace_order(connection, scope, replace(order, sender=sender))


def _replace_order(connection: sqlite3.Connection, scope: str, order: Order) -> tuple[str, str]:
    body, request = encode(order), (order.request_id, order.request_index) if order.request_id else (None, None)
    row = (order.id, scope, microseconds(order.created_at), order.state.value, body, *request)
    connection.execute(_WRITE, row)
    return order.id, body


def are_stored(connection: sqlite3.Connection, written: Sequence[tuple[str, str]]) -> bool:
    """Return whether the row of each ID has the given body."""
    query = "SELECT CAST(body AS BLOB) FROM orders WHERE id = ?"
    return all(connection.execute(query, (id_,)).fetchone() == (body.encode(),) for id_, body in written)


@dataclass(frozen=True, slots=True)
class HeldOrder:
    """An order to write again if the file is lost, or that could not be written."""

    order: Order
    find_scope: ScopeFinder
    """Finds the scope of the order."""
    generation: int | None
    """The number of the file that contains this state of the order; None if no file is known to."""


class HeldOrders:
    """The open orders of this run, and those with an outcome that could not be written.

    Use it only on the thread of the event loop.
    """

    def __init__(self) -> None:
        self._orders: dict[str, HeldOrder] = {}

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._orders)

    def add(self, orders: Iterable[Order], find_scope: ScopeFinder) -> tuple[HeldOrder, ...]:
        """Add orders that are about to be written, and return all held orders."""
        self._orders |= {order.id: HeldOrder(order, find_scope, None) for order in orders}
        return tuple(self._orders.values())

    def mark_written(self, held: Iterable[HeldOrder], generation: int) -> None:
        """Record that file number `generation` contains `held`, and remove those in a final state."""
        for entry in held:
            if self._orders.get(entry.order.id) is entry:  # otherwise it has changed since
                if entry.order.state in _FINAL_STATES:
                    del self._orders[entry.order.id]
                else:
                    self._orders[entry.order.id] = replace(entry, generation=generation)

    def drop(self, order_id: str) -> None:
        """Remove an order after its final state has been written to the disk."""
        self._orders.pop(order_id, None)

    def replace(self, order: Order, find_scope: ScopeFinder, generation: int) -> None:
        """Replace an order by what file number `generation` contains."""
        self._orders.pop(order.id, None)
        if order.state not in _FINAL_STATES:
            self._orders[order.id] = HeldOrder(order, find_scope, generation)

    def add_open(self, orders: Iterable[Order], find_scope: ScopeFinder, generation: int) -> None:
        """Add open orders of earlier runs, read from file number `generation`."""
        for order in orders:
            self._orders.setdefault(order.id, HeldOrder(order, find_scope, generation))


def write_held(
    connection: sqlite3.Connection, held: Iterable[HeldOrder], required: Collection[str], sender: str, generation: int
) -> list[tuple[str, str]]:
    """Write the held orders that the open file lacks, and return the ID and body of each changed entry.

    Args:
        connection: in a transaction.
        held: the orders.
        required: IDs of the orders that must be written.
        sender: the ID of this program (`instance_lock`).
        generation: the number of the open file.

    Raises:
        StoreError: if a required order would replace an unreadable row.

    """
    written = []
    for entry in held:
        scope, order = entry.find_scope(connection), replace(entry.order, sender=entry.order.sender or sender)
        if entry.generation is None:
            try:
                written.append(write_order(connection, scope, order))
            except StoreError:
                if order.id in required:
                    raise
        elif entry.generation != generation and _find(connection, order.id) is None:
            write_order(connection, scope, order)
    return written


def _find(connection: sqlite3.Connection, order_id: str) -> Order | UnreadableOrder | None:
    row = connection.execute(f"SELECT {_COLUMNS} FROM orders WHERE id = ?", (order_id,)).fetchone()  # noqa: S608 - as above
    return None if row is None else _order(row)


def _order(row: tuple[object, object, object, object]) -> Order | UnreadableOrder:
    order_id, created_at, state, body = row
    order = decode_order(body)
    if order is not None and order.id == order_id:
        return order
    try:
        created: datetime | None = from_microseconds(created_at)
    except ValueError:
        created = None
    is_open = state not in {ended.value for ended in _FINAL_STATES}
    return UnreadableOrder(id=clean(str(order_id)), created_at=created, is_open=is_open, host_id=decode_host_id(body))


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


def reported(connection: sqlite3.Connection, scope: str, keys: Iterable[str]) -> frozenset[str]:
    """Return those of `keys` that are marked as reported."""
    query = "SELECT 1 FROM said WHERE scope = ? AND key = ?"
    return frozenset(key for key in keys if connection.execute(query, (scope, key)).fetchone())


def mark_reported(connection: sqlite3.Connection, scope: str, rows: list[tuple[str, int]]) -> frozenset[str]:
    """Mark the keys of `rows` as reported at their times, and return those that were marked before."""
    before = reported(connection, scope, [key for key, _ in rows])
    for key, at in rows:
        connection.execute("INSERT OR IGNORE INTO said (scope, key, at) VALUES (?, ?, ?)", (scope, key, at))
        oldest = at - MAX_AGE // timedelta(microseconds=1)
        connection.execute("DELETE FROM said WHERE scope = ? AND at < ?", (scope, oldest))
    return before
