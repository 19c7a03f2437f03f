"""`xds-tui events` and `xds-tui orders`: rows of the local journal, oldest first, so that new rows are appended."""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Coroutine
from typing import TYPE_CHECKING, Final

from xds_tui.cli import columns
from xds_tui.cli.output import OutputFormat, RowWriter, print_error
from xds_tui.cli.progress import ProgressLine
from xds_tui.cli.watch import follow
from xds_tui.domain import filtering
from xds_tui.domain.filter_query import Query
from xds_tui.domain.filtering import RowContext
from xds_tui.i18n import _, ngettext
from xds_tui.text import export, messages
from xds_tui.text.export import ExportTable, Value

if TYPE_CHECKING:
    from datetime import datetime

    from xds_tui.cli.services import CommandServices
    from xds_tui.domain.records import Event
    from xds_tui.store.journal_rows import UnreadableOrder

EVENT_PAGE_SIZE: Final = 1_000
"""Events per query to the journal."""

MAX_ORDERS: Final = 1_000_000
"""More orders than a journal contains."""


def events(
    services: CommandServices, output_format: OutputFormat, query: Query, *, last: int | None, interval: float | None
) -> int:
    """List the events that match `query`, then every `interval` seconds the new ones; return the exit code.

    Args:
        services: the journal and its account.
        output_format: table, JSON or CSV.
        query: a filter with fields that have been validated.
        last: the maximum number of events of the first listing, the latest ones; None for all.
        interval: seconds between two listings; None to list once.

    """
    reader = _JournalReader(services, query, last)
    writer = RowWriter(output_format, columns.EVENTS, is_followed=interval is not None, is_repeated=False)
    return follow(services, lambda: _with_progress(reader.events()), writer, interval or 0)


def orders(
    services: CommandServices, output_format: OutputFormat, query: Query, *, last: int | None, interval: float | None
) -> int:
    """List orders, then every `interval` seconds those that are new or have changed; otherwise as `events`."""
    reader = _JournalReader(services, query, last)
    writer = RowWriter(output_format, columns.ORDERS, is_followed=interval is not None, is_repeated=False)
    return follow(services, lambda: _with_progress(reader.orders()), writer, interval or 0)


def _with_progress(work: Awaitable[ExportTable]) -> Coroutine[None, None, ExportTable]:
    return ProgressLine(_("reading the local history")).until(work)


class _JournalReader:
    """Reads rows from the journal, each time only those that are new or have changed."""

    def __init__(self, services: CommandServices, query: Query, last: int | None) -> None:
        self._services = services
        self._query = query
        self._last = last
        self._known_events: set[Event] = set()
        self._known_orders: set[tuple[Value, ...]] = set()
        self._has_reported_unreadable = False

    async def events(self) -> ExportTable:
        """Return the events that were recorded since the last call."""
        new: list[Event] = []
        before: datetime | None = None
        while page := await self._services.journal.events(EVENT_PAGE_SIZE, before):
            new += (event for event in page if event not in self._known_events)
            before = page[-1].at
            if page[-1] in self._known_events:
                break
        self._raise_problem()
        self._known_events.update(new)
        oldest_first = new[::-1]
        matching = filtering.select(
            filtering.EVENTS,
            oldest_first,
            self._query,
            await self._context(),
            lambda: map(messages.event_search_text, oldest_first),
        )
        return self._limit(export.events_table(matching, self._services.annotations.annotations))

    async def orders(self) -> ExportTable:
        """Return the orders that are new or have changed since the last call."""
        journal = self._services.journal
        orders, snapshot = await journal.orders(MAX_ORDERS), await journal.last_snapshot()
        self._raise_problem()
        self._report_unreadable(await journal.unreadable_orders())
        hosts = {host.id: host for host in snapshot.hosts} if snapshot else {}
        oldest_first = orders[::-1]
        matching = filtering.select(
            filtering.ORDERS,
            oldest_first,
            self._query,
            await self._context(),
            lambda: map(messages.order_search_text, oldest_first),
        )
        table = export.orders_table(matching, hosts, self._services.annotations.annotations)
        rows = tuple(row for row in table.rows if row not in self._known_orders)
        self._known_orders.update(rows)
        return self._limit(ExportTable(table.fields, rows))

    async def _context(self) -> RowContext:
        """Return the time and the present aliases; those that were read before, if the file cannot be read."""
        book = self._services.annotations
        await book.refresh()
        return RowContext(self._services.clock(), annotations=book.annotations)

    def _report_unreadable(self, unreadable: Collection[UnreadableOrder]) -> None:
        """Warn once that orders are missing from the list."""
        if unreadable and not self._has_reported_unreadable:
            self._has_reported_unreadable = True
            warning = ngettext(
                "The record of {count} order cannot be read: {ids}",
                "The records of {count} orders cannot be read: {ids}",
                len(unreadable),
            )
            ids = ", ".join(order.id for order in unreadable)
            print_error([warning.format(count=len(unreadable), ids=ids)])

    def _raise_problem(self) -> None:
        """Raise the error of an unusable database, which would otherwise look like an empty history."""
        problem = self._services.journal.problem or self._services.journal.notice
        if problem is not None:
            raise problem

    def _limit(self, table: ExportTable) -> ExportTable:
        """Return all rows; of the first listing, at most the last `last`."""
        last, self._last = self._last, None
        return table if last is None else ExportTable(table.fields, table.rows[-last:])
