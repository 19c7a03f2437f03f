"""`xds-tui events` and `xds-tui orders`: what is remembered here, oldest first, so that what comes next is appended."""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Coroutine
from typing import TYPE_CHECKING, Final

from xds_tui.cli import columns
from xds_tui.cli.output import Output, OutputFormat
from xds_tui.cli.progress import ProgressLine
from xds_tui.cli.watch import follow
from xds_tui.domain import row_filter
from xds_tui.domain.filter_query import Query
from xds_tui.i18n import _, ngettext
from xds_tui.text import export, labels
from xds_tui.text.export import Table, Value

if TYPE_CHECKING:
    from datetime import datetime

    from xds_tui.cli.services import CommandServices
    from xds_tui.domain.records import Event
    from xds_tui.store.order_rows import UnreadableOrder

PAGE: Final = 1_000
"""Events that are read at once."""

ALL_ORDERS: Final = 1_000_000


def events(
    parts: CommandServices, form: OutputFormat, query: Query, *, last: int | None, interval: float | None
) -> int:
    """List the events that a checked `query` holds for, then every `interval` seconds those that are new.

    Args:
        parts: what is remembered.
        form: table, JSON or CSV.
        query: what is wanted.
        last: only so many, the latest; None: all.
        interval: seconds; None: list once.

    """
    past = _Past(parts, query, last)
    out = Output(form, columns.EVENTS, is_followed=interval is not None, repeats=False)
    return follow(parts, lambda: _told(past.events()), out, interval or 0)


def orders(
    parts: CommandServices, form: OutputFormat, query: Query, *, last: int | None, interval: float | None
) -> int:
    """List orders, then every `interval` seconds those that are new or have changed; as `events` otherwise."""
    past = _Past(parts, query, last)
    out = Output(form, columns.ORDERS, is_followed=interval is not None, repeats=False)
    return follow(parts, lambda: _told(past.orders()), out, interval or 0)


def _told(reading: Awaitable[Table]) -> Coroutine[None, None, Table]:
    return ProgressLine(_("reading what is remembered")).until(reading)


class _Past:
    """What is remembered, each time only what is news."""

    def __init__(self, parts: CommandServices, query: Query, last: int | None) -> None:
        self._parts = parts
        self._query = query
        self._last = last
        self._events: set[Event] = set()
        self._orders: set[tuple[Value, ...]] = set()
        self._has_reported = False

    async def events(self) -> Table:
        """Read the events that have not been read."""
        found: list[Event] = []
        before: datetime | None = None
        while page := await self._parts.journal.events(PAGE, before):
            found += (event for event in page if event not in self._events)
            before = page[-1].at
            if page[-1] in self._events:
                break
        self._check()
        self._events.update(found)
        return self._wanted(export.events_table(reversed(found)), row_filter.EVENTS)

    async def orders(self) -> Table:
        """Read the orders, and leave out those that are as they were."""
        journal = self._parts.journal
        found, snapshot = await journal.orders(ALL_ORDERS), await journal.last_snapshot()
        self._check()
        self._report_unreadable(await journal.unreadable_orders())
        hosts = {host.id: host for host in snapshot.hosts} if snapshot else {}
        table = export.orders_table(reversed(found), hosts)
        rows = tuple(row for row in table.rows if row not in self._orders)
        self._orders.update(rows)
        return self._wanted(Table(table.fields, rows), row_filter.ORDERS)

    def _report_unreadable(self, unreadable: Collection[UnreadableOrder]) -> None:
        """Say, once, that orders are missing from the list."""
        if unreadable and not self._has_reported:
            self._has_reported = True
            complaint = ngettext(
                "{count} order cannot be read: {ids}", "{count} orders cannot be read: {ids}", len(unreadable)
            )
            ids = ", ".join(order.id for order in unreadable)
            labels.print_error([complaint.format(count=len(unreadable), ids=ids)])

    def _check(self) -> None:
        """Refuse to show nothing where there is something that cannot be read."""
        problem = self._parts.journal.problem or self._parts.journal.notice
        if problem is not None:
            raise problem

    def _wanted(self, table: Table, fields: row_filter.Fields) -> Table:
        kept = row_filter.kept(table, self._query, fields, self._parts.clock())
        last, self._last = self._last, None
        return kept if last is None else Table(kept.fields, kept.rows[-last:])
