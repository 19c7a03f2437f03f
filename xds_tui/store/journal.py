"""The journal of one account: its orders, and the history of its hosts (`account_history`), in the database.

Orders are stored as JSON, with columns for the fields that queries use. A new field with a default in `domain.records`
or `domain.model` needs no migration.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from enum import Enum
from typing import Final

from xds_tui.domain.records import Event, Order, OrderState, Quote, Sample
from xds_tui.domain.repeats import is_same_request
from xds_tui.i18n import N_
from xds_tui.store import journal_rows
from xds_tui.store.account_history import scope_of
from xds_tui.store.bodies import encode, microseconds
from xds_tui.store.database import Database, StoreError
from xds_tui.store.guard_history import GuardHistory
from xds_tui.store.journal_rows import ADD_EVENT, HeldOrders, UnreadableOrder, write_held
from xds_tui.store.migrations import pragma
from xds_tui.store.samples import add_samples
from xds_tui.structs import dataclass

OPEN_STATES: Final = (OrderState.PENDING, OrderState.SENT, OrderState.UNKNOWN, OrderState.ACCEPTED)
"""States in which an order can still change."""


@dataclass(frozen=True, slots=True)
class History:
    """A history that is written at once."""

    samples: Sequence[Sample]
    """Oldest first, as the others."""
    events: Sequence[Event]
    orders: Sequence[Order]


MISMATCH: Final = N_("This request ID was already used for something else")


class RequestMismatchError(StoreError):
    """A request ID that exists was used for other orders."""


class SettleResult(Enum):
    """The result of assigning a host to a create."""

    WRITTEN = "written"
    TAKEN = "taken"
    """Another order of this account has the host."""
    LATER = "later"
    """The host may belong to a create that another running program is sending, or to one that cannot be read."""


@dataclass(frozen=True, slots=True)
class RequestClaim:
    """The orders of a request, and which of them the claiming program has to send."""

    orders: tuple[Order, ...]
    """All of them, as the journal has them now."""
    claimed: frozenset[str]
    """The IDs of those that this program alone may send."""


class Journal(GuardHistory):
    """Adds the orders to the history of an account."""

    def __init__(self, database: Database, profile: str) -> None:
        """Use `database`; the caller closes it."""
        super().__init__(database, profile)
        self._held = HeldOrders()

    def add_history(self, base_url: str, account_id: str, generate: Callable[[], History]) -> None:
        """Add a generated history of an account before anything is read.

        `generate` and the writing run on the store's thread.
        """
        scope = scope_of(self._profile, base_url, account_id)
        self._database.write_in_background(lambda connection: _add_history(connection, scope, generate()))

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
            return journal_rows.are_stored(connection, written)

        def work(connection: sqlite3.Connection) -> int:
            sender = self._database.instance.acquire()
            generation = self._database.generation
            written[:] = write_held(connection, held, required, sender, generation)
            return generation

        generation = await self._database.write_durably(
            work, lambda connection: journal_rows.are_stored(connection, written)
        )
        self._held.mark_written(held, generation)

    async def replace_order(self, before: Order, after: Order) -> bool:
        """Write `after` unless the stored order has changed since `before` was read; return whether it was written.

        Raises:
            StoreError: if it cannot be written.

        """
        find_scope = self._scope_finder()
        written: list[tuple[str, str]] = []

        def work(connection: sqlite3.Connection) -> int:
            self._database.instance.acquire()
            written[:] = journal_rows.replace_if_unchanged(connection, find_scope(connection), before, after)
            return self._database.generation

        generation = await self._database.write_durably(
            work, lambda connection: journal_rows.are_stored(connection, written)
        )
        if written:
            self._held.replace(after, find_scope, generation)
        else:
            self._held.drop(before.id)
        return bool(written)

    async def delete_attempts(self, orders: Iterable[Order]) -> None:
        """Delete `orders`, which bought nothing, unless their state has changed; see `waitlist.to_prune`."""
        rows, find_scope = [(order.id, order.state.value) for order in orders], self._scope_finder()
        query = "DELETE FROM orders WHERE scope = ? AND id = ? AND state = ?"

        def work(connection: sqlite3.Connection) -> None:
            scope = find_scope(connection)
            connection.executemany(query, [(scope, *row) for row in rows])

        await self._database.write(work)

    async def restore_orders(self) -> None:
        """Write the orders of a deleted file and those that could not be written when they ended."""
        if self._held:
            await self.write_orders(())

    async def request(self, request_id: str) -> tuple[Order, ...]:
        """Return the orders of a request, in their order; none if its ID is new.

        Raises:
            StoreError: if one of them cannot be read.

        """
        find_scope = self._scope_finder()
        return await self._database.read(
            lambda connection: journal_rows.select_request(connection, find_scope(connection), request_id)
        )

    async def claim_request(self, orders: Sequence[Order]) -> RequestClaim:
        """Write the orders of one request unless it exists, and claim those that were provably not sent.

        That are all orders of a new request; those of an existing one that are NOT_SENT, or that are PENDING and
        belong to a program that has ended. Each is claimed by one program only. When this returns, the claim is on
        the disk. An order that is claimed again has the time and the quote of the corresponding one of `orders`.

        Args:
            orders: in state PENDING, with the request ID and their positions.

        Raises:
            RequestMismatchError: if the request exists and is for something else.
            StoreError: if the claim could not be ensured; nothing may be sent then.

        """
        request_id, find_scope = orders[0].request_id, self._scope_finder()
        written: list[tuple[str, str]] = []

        def work(connection: sqlite3.Connection) -> RequestClaim:
            sender, scope = self._database.instance.acquire(), find_scope(connection)
            stored = journal_rows.select_request(connection, scope, request_id)
            claims = self._claims(stored, orders) if stored else {order.id: order for order in orders}
            written[:] = [journal_rows.take_over(connection, scope, order, sender) for order in claims.values()]
            return RequestClaim(journal_rows.select_request(connection, scope, request_id), frozenset(claims))

        return await self._database.write_durably(work, lambda connection: journal_rows.are_stored(connection, written))

    def _claims(self, stored: Sequence[Order], wanted: Sequence[Order]) -> dict[str, Order]:
        """Return those of the `stored` orders that may be sent again, as they are to be sent.

        Raises:
            RequestMismatchError: if `wanted` are not the same orders.

        """
        if not is_same_request(stored, wanted):
            raise RequestMismatchError(MISMATCH, stored[0].request_id)
        return {
            order.id: replace(again, id=order.id, batch=order.batch)
            for order, again in zip(stored, wanted, strict=True)
            if order.state is OrderState.NOT_SENT
            or (order.state is OrderState.PENDING and self._has_lost_sender(order))
        }

    def _has_lost_sender(self, order: Order) -> bool:
        return order.sender != self._database.instance.name and not self._is_another_alive(order)

    async def settle_order(self, found: Order) -> SettleResult:
        """Write `found`, a create with its host, unless the host belongs or may belong to another create."""
        find_scope = self._scope_finder()
        written: list[tuple[str, str]] = []

        def work(connection: sqlite3.Connection) -> SettleResult:
            written.clear()
            scope = find_scope(connection)
            others = journal_rows.select_creates(connection, scope)
            if any(other.host_id == found.host_id and other.id != found.id for other in others):
                return SettleResult.TAKEN
            readable = [other for other in others if isinstance(other, Order)]
            if any(other.state is OrderState.SENT and self._is_another_alive(other) for other in readable):
                return SettleResult.LATER
            if any(isinstance(other, UnreadableOrder) and other.may_have_bought(found) for other in others):
                return SettleResult.LATER
            sender = found.sender or self._database.instance.acquire()
            written[:] = [journal_rows.write_order(connection, scope, replace(found, sender=sender))]
            return SettleResult.WRITTEN

        result = await self._database.write_durably(
            work, lambda connection: journal_rows.are_stored(connection, written)
        )
        if result is SettleResult.WRITTEN:
            self._held.drop(found.id)
        return result

    async def orders(self, limit: int) -> tuple[Order, ...]:
        """Return the latest `limit` readable orders, newest first."""
        return _readable(await self._orders("ORDER BY created_at DESC, rowid DESC LIMIT ?", limit))

    async def open_orders(self) -> tuple[Order, ...]:
        """Return the orders in `OPEN_STATES`, oldest first, except those of other running programs."""
        found = await self.orders_under_way()
        find_scope = self._scope_finder()
        own = await self._database.read(lambda _: tuple(order for order in found if not self._is_another_alive(order)))
        self._held.add_open(own, find_scope, self._database.generation)
        return own

    async def orders_under_way(self) -> tuple[Order, ...]:
        """Return the readable orders in `OPEN_STATES` by any program, oldest first."""
        where = "AND state IN (?, ?, ?, ?) ORDER BY created_at, rowid"
        return _readable(await self._orders(where, *(state.value for state in OPEN_STATES)))

    async def unreadable_orders(self) -> tuple[UnreadableOrder, ...]:
        """Return the unreadable orders, oldest first: written by a later version, or damaged."""
        rows = await self._orders("ORDER BY created_at, rowid")
        return tuple(row for row in rows if isinstance(row, UnreadableOrder))

    async def is_elsewhere(self, orders: Iterable[Order]) -> frozenset[str]:
        """Return the IDs of those of `orders` that another running program sends or follows."""
        orders = tuple(orders)
        return await self._database.read(
            lambda _: frozenset(order.id for order in orders if self._is_another_alive(order))
        )

    async def version(self) -> int:
        """Return a number that changes whenever another program has written to the file."""
        return await self._database.read(lambda connection: pragma(connection, "data_version"))

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
        return {order.host_id: order.quote for order in await self.creates() if order.host_id and order.quote}

    def _is_another_alive(self, order: Order) -> bool:
        return self._database.instance.is_another_alive(order.sender)

    async def _creates(self) -> tuple[Order | UnreadableOrder, ...]:
        find_scope = self._scope_finder()
        return await self._database.read(
            lambda connection: journal_rows.select_creates(connection, find_scope(connection))
        )

    async def _orders(self, rest: str, *parameters: str | int) -> tuple[Order | UnreadableOrder, ...]:
        find_scope = self._scope_finder()
        return await self._database.read(
            lambda connection: journal_rows.select(connection, find_scope(connection), rest, *parameters)
        )


def _readable(rows: Iterable[Order | UnreadableOrder]) -> tuple[Order, ...]:
    return tuple(row for row in rows if isinstance(row, Order))


def _add_history(connection: sqlite3.Connection, scope: str, history: History) -> None:
    rows = ((scope, microseconds(event.at), encode(event)) for event in history.events)
    connection.executemany(ADD_EVENT, rows)
    for order in history.orders:
        journal_rows.write_order(connection, scope, order)
    add_samples(connection, scope, history.samples)
