"""The hosts that the filter holds for, in the order that was asked for, with counts in the title."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.reactive import reactive

from xds_tui.fleet import order_states, view
from xds_tui.fleet.query import Query, QueryError, parse
from xds_tui.fleet.state import FleetState, Link
from xds_tui.fleet.view import Sort
from xds_tui.i18n import _
from xds_tui.model import Host
from xds_tui.preferences import COLUMNS
from xds_tui.tui.widgets.host_table import HostTable
from xds_tui.tui.widgets.line_table import LineTable
from xds_tui.tui.widgets.titled import Titled

if TYPE_CHECKING:
    from xds_tui.tui.widgets.filter_field import FilterField


class HostPane(Titled, Vertical):
    """The host table with its filter, its order and its title."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "sort", _("Sort"), id="hosts.sort", show=False),
    ]
    DEFAULT_CSS = """
    HostPane {
        #hosts { height: 1fr; }
        #filter { height: 1; padding: 0 1; }
    }
    """

    fleet: reactive[FleetState] = reactive(FleetState, repaint=False)
    """Where the hosts come from."""
    query_text: reactive[str] = reactive("", repaint=False)
    """The filter as typed; the last one that could be read is in force."""
    sort: reactive[Sort] = reactive(Sort(), repaint=False)
    """The order of the hosts."""

    def __init__(self, fleet: FleetState, clock: Callable[[], datetime], *, id: str, classes: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id, classes=classes)
        self.set_reactive(HostPane.fleet, fleet)
        self._clock = clock
        self._query: Query = ()
        self._hosts: dict[str, Host] = {}
        self._wanted: str | None = None
        self._filter: FilterField | None = None

    def compose(self) -> ComposeResult:
        """The table; the filter comes when it is opened."""
        yield HostTable(id="hosts")

    def on_mount(self) -> None:
        """Draw what is known."""
        self.draw()

    # What is shown

    @property
    def table(self) -> HostTable:
        """The table."""
        return self.query_one(HostTable)

    def host(self, host_id: str) -> Host | None:
        """The host with this ID, if it is there."""
        return self._hosts.get(host_id)

    def picked(self) -> tuple[list[Host], int]:
        """The marked hosts, or else the one under the cursor; and how many of them the filter hides."""
        table = self.table
        ids = table.marked or {table.cursor_key or ""}
        return [host for host in self._hosts.values() if host.id in ids], len(table.hidden_marks)

    def select(self, host_id: str) -> None:
        """Put the cursor on a host, as soon as it is shown."""
        self._wanted = host_id
        self.draw()

    def draw(self) -> None:
        """Draw the hosts as they are now: ages go on without anything else happening."""
        snapshot, now, table = self.fleet.snapshot, self._clock(), self.table
        table.placeholder = self._why_empty()
        if snapshot is None:
            self._hosts = {}
            table.clear_marks()
            table.show_hosts({}, (), {}, {}, now)
            self.retitle("")
            return
        self._hosts = {host.id: host for host in snapshot.hosts}
        table.forget(table.marked.difference(self._hosts))
        intents = {
            order.host_id: order
            for order in reversed(self.fleet.orders)
            if order.host_id and order_states.is_intent(order, now)
        }
        table.sort_key, table.sort_reverse = self.sort.column, self.sort.descending
        ids = view.rows(snapshot, self._query, self.sort, now, self.fleet.costs)
        table.show_hosts(self._hosts, ids, intents, self.fleet.costs.hosts, now)
        self._draw_title()
        if self._wanted is not None and table.move_to(self._wanted):
            self._wanted = None

    def _draw_title(self) -> None:
        snapshot, table = self.fleet.snapshot, self.table
        if snapshot is None:
            return
        of = view.counts(snapshot, self._clock())
        shown = f"{table.row_count}/{of.total}" if self._query else f"{of.total}"
        parts = [_("Hosts {count}").format(count=shown), _("{count} on").format(count=of.on)]
        for count, words in (
            (of.changing, _("{count} changing")),
            (of.expiring, _("{count} expires < 24 h")),
            (self.fleet.unreadable, _("{count} unreadable")),
            (len(table.marked), _("{count} marked")),
        ):
            if count:
                parts.append(words.format(count=count))
        self.retitle(" · ".join(parts))

    def _why_empty(self) -> str:
        if self.fleet.link is Link.SIGNED_OUT and self.fleet.snapshot is None:
            return _("Signed out: press i to sign in")
        if self.fleet.snapshot is None:
            return _("Waiting for the first answer")
        if self._query:
            return _("No host matches the filter: esc clears it")
        return _("No hosts yet: n rents one")

    def watch_fleet(self, old: FleetState, new: FleetState) -> None:
        """Draw what differs from before."""
        if self.is_mounted and (
            old.snapshot is not new.snapshot
            or old.orders is not new.orders
            or old.costs is not new.costs
            or old.link != new.link
        ):
            self.draw()

    # Filter and order

    def watch_query_text(self, text: str) -> None:
        """Filter by what is typed; while it cannot be read, by the last that could, with the reason beneath."""
        try:
            self._query = parse(text)
        except QueryError as error:
            self.resubtitle(_(error.reason).format(word=error.word))
            return
        self.resubtitle(text)
        self.draw()

    def watch_sort(self) -> None:
        """Order the hosts anew."""
        if self.is_mounted:
            self.draw()

    async def open_filter(self) -> None:
        """Let the user type a filter."""
        if self._filter is None:
            from xds_tui.tui.widgets.filter_field import FilterField

            self._filter = FilterField(_("words, status:on, gpu:4090, mem>=64, expires<24h, -windows"))
            await self.mount(self._filter)
        self._filter.display = True
        self._filter.focus()

    def clear_filter(self) -> bool:
        """Show every host again; whether any was hidden."""
        if self._filter is None or not self.query_text:
            return False
        self._filter.value = ""
        return True

    def on_filter_field_typed(self, event: FilterField.Typed) -> None:
        """Filter as it is typed."""
        event.stop()
        self.query_text = event.text

    def on_filter_field_left(self, event: FilterField.Left) -> None:
        """Close the filter."""
        event.stop()
        if self._filter is not None:
            self._filter.display = False
        self.table.focus()

    def action_sort(self) -> None:
        """Order by the next column; after the last as the service does."""
        columns = (None, *COLUMNS)
        self.sort = Sort(columns[(columns.index(self.sort.column) + 1) % len(columns)])

    @on(LineTable.HeaderSelected)
    def _sort_by(self, event: LineTable.HeaderSelected) -> None:
        event.stop()
        self.sort = Sort(event.column, event.column == self.sort.column and not self.sort.descending)

    @on(LineTable.MarksChanged)
    def _count_marks(self, event: LineTable.MarksChanged) -> None:
        event.stop()
        self._draw_title()
