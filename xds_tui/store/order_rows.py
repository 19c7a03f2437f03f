"""Rows of orders: statements that `journal` runs on the store's thread, and the orders that go with a lost file.

A row that cannot be read, because a later version wrote it or because it is damaged, is never written to: it stands for
an open order of unknown content.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from xds_tui.domain.records import Order, OrderAction, OrderState
from xds_tui.domain.sanitize import clean
from xds_tui.i18n import N_
from xds_tui.store.bodies import encode, host_id_in, order_in
from xds_tui.store.problems import StoreError
from xds_tui.store.timestamps import microseconds, moment

CANNOT_BE_REPLACED: Final = N_("The record of this order cannot be read, so it is not replaced")

LATEST: Final = timedelta(hours=2)
"""A host that appears longer after an order than this did not come of it."""

_COLUMNS: Final = "id, created_at, state, CAST(body AS BLOB)"
_OTHERS: Final = ", ".join(f"'{action.value}'" for action in OrderAction if action is not OrderAction.CREATE)
_CREATES: Final = (
    "AND CASE WHEN typeof(body) = 'text' AND json_valid(body)"
    f" THEN ifnull(json_extract(body, '$.action') NOT IN ({_OTHERS}), 1) ELSE 1 END ORDER BY created_at, rowid"
)
_WRITE: Final = (
    "INSERT INTO orders (id, scope, created_at, state, body) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET state = excluded.state, body = excluded.body"
)
_ENDED: Final = (OrderState.NOT_SENT, OrderState.REJECTED, OrderState.CONFIRMED, OrderState.UNCONFIRMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableOrder:
    """An order whose row cannot be read, with what can be known of it all the same."""

    id: str
    created_at: datetime | None
    """None if that cannot be read either."""
    is_open: bool
    """Whether something may still come of it."""
    host_id: str | None
    """The host that it names."""

    @property
    def may_be_purchase(self) -> bool:
        """Whether it may have bought a host that nobody knows to have come of it."""
        return self.is_open and self.host_id is None

    def may_have_bought(self, found: Order) -> bool:
        """Whether the host that was found for another order may have come of this one."""
        if not self.may_be_purchase:
            return False
        about = found.sent_at or found.created_at
        return self.created_at is None or abs(about - self.created_at) <= LATEST


def select(
    connection: sqlite3.Connection, scope: str, rest: str, *parameters: str | int
) -> tuple[Order | UnreadableOrder, ...]:
    """Return the orders of `scope`; `rest` is further conditions, order and limit."""
    query = f"SELECT {_COLUMNS} FROM orders WHERE scope = ? {rest}"  # noqa: S608 - texts of this package
    return tuple(map(_order, connection.execute(query, (scope, *parameters))))


def creates(connection: sqlite3.Connection, scope: str) -> tuple[Order | UnreadableOrder, ...]:
    """Return the purchases of `scope`, and what may be purchases."""
    rows = select(connection, scope, _CREATES)
    return tuple(row for row in rows if isinstance(row, UnreadableOrder) or row.action is OrderAction.CREATE)


def write(connection: sqlite3.Connection, scope: str, order: Order) -> tuple[str, str]:
    """Write an order in place of what was written of it, and return its ID and body.

    Raises:
        StoreError: if what was written of it cannot be read.

    """
    if isinstance(_find(connection, order.id), UnreadableOrder):
        raise StoreError(CANNOT_BE_REPLACED, order.id)
    body = encode(order)
    connection.execute(_WRITE, (order.id, scope, microseconds(order.created_at), order.state.value, body))
    return order.id, body


def has(connection: sqlite3.Connection, written: Sequence[tuple[str, str]]) -> bool:
    """Whether each ID has its body."""
    query = "SELECT CAST(body AS BLOB) FROM orders WHERE id = ?"
    return all(connection.execute(query, (id_,)).fetchone() == (body.encode(),) for id_, body in written)


@dataclass(frozen=True, slots=True)
class HeldOrder:
    """An order that would be lost with the file, or that could not be written to it."""

    order: Order
    whose: Callable[[sqlite3.Connection], str]
    """Gives the scope that it belongs to."""
    generation: int | None
    """The file that it is in; None: not in any in this state, as far as is known."""


class HeldOrders:
    """The open orders of this run, and those whose outcome could not be written. For the event loop's thread."""

    def __init__(self) -> None:
        self._orders: dict[str, HeldOrder] = {}

    def __bool__(self) -> bool:
        """Whether any is held."""
        return bool(self._orders)

    def add(self, orders: Iterable[Order], whose: Callable[[sqlite3.Connection], str]) -> tuple[HeldOrder, ...]:
        """Hold orders that are about to be written, and return all that are held."""
        self._orders |= {order.id: HeldOrder(order, whose, None) for order in orders}
        return tuple(self._orders.values())

    def note_written(self, held: Iterable[HeldOrder], generation: int) -> None:
        """Note that `held` are in a file now; those that have ended need not be held any more."""
        for one in held:
            if self._orders.get(one.order.id) is one:  # else it has changed meanwhile
                if one.order.state in _ENDED:
                    del self._orders[one.order.id]
                else:
                    self._orders[one.order.id] = replace(one, generation=generation)

    def drop(self, order_id: str) -> None:
        """Hold an order no more: it has ended, and that is on the disk."""
        self._orders.pop(order_id, None)

    def note_read(self, orders: Iterable[Order], whose: Callable[[sqlite3.Connection], str], generation: int) -> None:
        """Hold orders of earlier runs that are open."""
        for order in orders:
            self._orders.setdefault(order.id, HeldOrder(order, whose, generation))


def write_held(
    connection: sqlite3.Connection, held: Iterable[HeldOrder], required: Collection[str], sender: str, generation: int
) -> list[tuple[str, str]]:
    """Write the held orders that are not in the open file, and return the ID and body of each that was written.

    Args:
        connection: in a transaction.
        held: the orders.
        required: the IDs of those that must be written.
        sender: the running program, as `instance` names it.
        generation: which file is open.

    Raises:
        StoreError: if one that is required would replace a row that cannot be read.

    """
    written = []
    for one in held:
        scope, order = one.whose(connection), replace(one.order, sender=one.order.sender or sender)
        if one.generation is None:
            try:
                written.append(write(connection, scope, order))
            except StoreError:
                if order.id in required:
                    raise
        elif one.generation != generation and _find(connection, order.id) is None:
            write(connection, scope, order)
    return written


def _find(connection: sqlite3.Connection, order_id: str) -> Order | UnreadableOrder | None:
    row = connection.execute(f"SELECT {_COLUMNS} FROM orders WHERE id = ?", (order_id,)).fetchone()  # noqa: S608 - as above
    return None if row is None else _order(row)


def _order(row: tuple[object, object, object, object]) -> Order | UnreadableOrder:
    order_id, created_at, state, body = row
    order = order_in(body)
    if order is not None and order.id == order_id:
        return order
    try:
        created: datetime | None = moment(created_at)
    except ValueError:
        created = None
    is_open = state not in {ended.value for ended in _ENDED}
    return UnreadableOrder(id=clean(str(order_id)), created_at=created, is_open=is_open, host_id=host_id_in(body))
