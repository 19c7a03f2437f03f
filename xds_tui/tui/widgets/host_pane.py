"""The hosts that the filter holds for, in the order that was asked for, with counts in the title."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.reactive import reactive

from xds_tui.config.schema import HostListSettings, SaveSetting, host_list_changes
from xds_tui.domain import filtering, host_list, order_states
from xds_tui.domain.filter_query import Query
from xds_tui.domain.host_list import Counts, Sort
from xds_tui.domain.model import Host
from xds_tui.fleet.state import ConnectionState, FleetState
from xds_tui.i18n import _, ngettext
from xds_tui.text import formats, labels, messages
from xds_tui.tui.commands import bindings
from xds_tui.tui.textual_compat import TitledWidget
from xds_tui.tui.widgets.host_table import HostTable, group_rows
from xds_tui.tui.widgets.table.table import Table

if TYPE_CHECKING:
    from xds_tui.tui.widgets.filter_input import FilterInput


@dataclass(frozen=True, slots=True)
class Listed:
    """What there is to say."""

    of: Counts
    shown: int | None
    """How many hosts the filter leaves; None: there is no filter."""
    unreadable: int
    marked: int
    hidden_columns: int
    """How many columns are left out because they do not fit."""
    unlisted: int = 0
    """How many of the hosts the service's list does not show."""
    is_complete: bool = True
    """Whether the service's list agrees with itself."""


def title(listed: Listed, width: int) -> str:
    """Return the title in at most `width` cells if that can be: what is on and what changes, rows tell too."""
    of = listed.of
    count = f"{of.total}" if listed.shown is None else f"{listed.shown}/{of.total}"
    parts = [_("Hosts {count}").format(count=count)]
    parts += [_("{count} on").format(count=of.on)]
    parts += [_("{count} changing").format(count=of.changing)] * bool(of.changing)
    can_leave = len(parts) - 1
    for number, words in (
        (of.expiring, _("{count} expires < 24 h")),
        (listed.unreadable, _("{count} unreadable")),
        (listed.unlisted, _("{count} not listed")),
        (not listed.is_complete, _("list incomplete")),
        (listed.marked, _("{count} marked")),
        (listed.hidden_columns, ngettext("+{count} column", "+{count} columns", listed.hidden_columns)),
    ):
        if number:
            parts.append(words.format(count=number))
    while can_leave and formats.cells(" · ".join(parts)) > width:
        del parts[1]
        can_leave -= 1
    return " · ".join(parts)


class HostPane(TitledWidget, Vertical):
    """The host table with its filter, its order and its title."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("hosts")
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
    listing: reactive[HostListSettings] = reactive(HostListSettings, repaint=False)
    """How the hosts are listed."""

    def __init__(
        self,
        fleet: FleetState,
        clock: Callable[[], datetime],
        *,
        listing: HostListSettings | None = None,
        keep: SaveSetting | None = None,
        id: str,  # noqa: A002 - Textual's own name for it
        classes: str,
    ) -> None:
        """Make the pane.

        Args:
            fleet: what is known.
            clock: the time, UTC.
            listing: how the hosts are listed at first.
            keep: keeps how they are listed from now on; None: for as long as the pane is there.
            id: Textual's own.
            classes: Textual's own.

        """
        super().__init__(id=id, classes=classes)
        self.set_reactive(HostPane.fleet, fleet)
        self.set_reactive(HostPane.listing, listing or HostListSettings())
        self._clock = clock
        self._keep = keep
        self._query: Query = ()
        self._wrong = ""
        self._hosts: dict[str, Host] = {}
        self._wanted: str | None = None
        self._filter: FilterInput | None = None

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

    def select(self, host_id: str, *, is_asked: bool = True) -> None:
        """Put the cursor on a host, as soon as it is shown; `is_asked`: the user wants it there now."""
        if is_asked and self.table.move_to(host_id):
            return
        self._wanted = host_id
        self.draw()

    def draw(self) -> None:
        """Draw the hosts as they are now: ages go on without anything else happening."""
        snapshot, now, table = self.fleet.snapshot, self._clock(), self.table
        table.placeholder = self._why_empty()
        if snapshot is None:
            self._hosts = {}
            table.clear_marks()
            table.show_hosts({}, (), {}, {}, now, columns=self.listing.columns)
            self.set_border_title("")
            self._draw_titles()
            return
        self._hosts = {host.id: host for host in snapshot.hosts}
        table.unmark(table.marked.difference(self._hosts))
        intents = {
            order.host_id: order
            for order in reversed(self.fleet.orders)
            if order.host_id and order_states.is_intent(order, now)
        }
        listing, costs = self.listing, self.fleet.costs
        table.sort_key, table.sort_reverse = listing.sort, listing.descending
        sort = Sort(listing.sort, listing.descending)
        keys: Sequence[str] = host_list.rows(snapshot, self._query, sort, now, costs)
        headings = None
        if listing.group is not None:
            keys, headings = group_rows(host_list.grouped(self._hosts, keys, listing.group, costs))
        table.show_hosts(
            self._hosts,
            keys,
            intents,
            costs.hosts,
            now,
            unlisted=snapshot.unlisted,
            columns=listing.columns,
            headings=headings,
        )
        self._draw_titles()
        if self._wanted is not None and table.move_to(self._wanted, is_requested=False):
            self._wanted = None

    @on(Table.MarksChanged)
    @on(Table.ColumnsFitted)
    def _draw_titles(self) -> None:
        """Say above what is listed, and below by which filter and in which order if the header cannot tell."""
        snapshot, table, listing = self.fleet.snapshot, self.table, self.listing
        if snapshot is not None:
            listed = Listed(
                host_list.counts(snapshot, self._clock()),
                table.row_count if self._query else None,
                self.fleet.unreadable,
                len(table.marked),
                table.hidden_columns,
                len(snapshot.unlisted),
                snapshot.is_complete,
            )
            self.set_border_title(title(listed, self.size.width - 4 if self.size.width else 1000))
        if self._wrong:
            self.set_border_subtitle(f"! {self._wrong}", "$text-error")
            return
        is_typed = self._filter is not None and self._filter.display
        parts = [self.query_text.strip()] if self.query_text.strip() and not is_typed else []
        if listing.sort is not None and not table.shows_column(listing.sort):
            arrow = table.glyphs.descending if listing.descending else table.glyphs.ascending
            parts.insert(0, f"{_(labels.COLUMNS[listing.sort])} {arrow}")
        self.set_border_subtitle(" · ".join(parts))

    def on_resize(self) -> None:
        """Say as much as there is room for."""
        self._draw_titles()

    def _why_empty(self) -> str:
        if self.fleet.connection is ConnectionState.SIGNED_OUT and self.fleet.snapshot is None:
            return _("Signed out: press i to sign in")
        if self.fleet.snapshot is None:
            return _("Waiting for the first answer")
        if self._query:
            return _("No host matches the filter: esc clears it")
        if self.fleet.unreadable:
            return _("No host could be read: the history says why")
        return _("No hosts yet: n rents one")

    def watch_fleet(self, old: FleetState, new: FleetState) -> None:
        """Draw what differs from before."""
        if self.is_mounted and (
            old.snapshot is not new.snapshot
            or old.orders is not new.orders
            or old.costs is not new.costs
            or old.connection != new.connection
        ):
            self.draw()

    # Filter

    def watch_query_text(self, text: str) -> None:
        """Apply the filter while it is typed, and show what is wrong with it."""
        self._query, error = filtering.parse_while_typing(filtering.HOSTS, text, self._query)
        self._wrong = messages.error_message(error) if error else ""
        if self.is_mounted:
            self.draw()
            self.table.is_displaced = False  # the user did that

    def filter_by(self, text: str) -> None:
        """Filter by `text`, as if it had been typed."""
        self.query_text = text
        if self._filter is not None:
            self._filter.value = text

    async def open_filter(self) -> None:
        """Let the user type a filter."""
        if self._filter is None:
            from xds_tui.tui.widgets.filter_input import FilterInput

            hint = _("words, status:on, gpu:4090, mem>=64, expires<24h, -windows")
            self._filter = FilterInput(hint, self.query_text)
            await self.mount(self._filter)
        self._filter.display = True
        self._draw_titles()
        self._filter.focus()

    def clear_filter(self) -> bool:
        """Show every host again; whether any was hidden."""
        if not self.query_text:
            return False
        self.filter_by("")
        return True

    def on_filter_input_typed(self, event: FilterInput.Typed) -> None:
        """Filter as it is typed."""
        event.stop()
        self.query_text = event.text

    def on_filter_input_left(self, event: FilterInput.Left) -> None:
        """Close the filter."""
        event.stop()
        if self._filter is not None:
            self._filter.display = False
        self._draw_titles()
        self.table.focus()

    # How they are listed

    def watch_listing(self) -> None:
        """List the hosts anew."""
        if self.is_mounted:
            self.draw()

    def list_as(self, listing: HostListSettings) -> None:
        """List the hosts so from now on, in the next run of the app too."""
        changes = host_list_changes(self.listing, listing)
        self.listing = listing
        if changes and self._keep is not None:
            self.app.run_worker(self._keep_changes(self._keep, changes))  # which goes on when the screen closes

    def sort_by(self, column: str | None) -> None:
        """Order the hosts by a column, or as the service does; by the column it is, the other way round."""
        is_same = column is not None and column == self.listing.sort
        self.list_as(replace(self.listing, sort=column, descending=is_same and not self.listing.descending))

    async def _keep_changes(self, keep: SaveSetting, changes: Mapping[tuple[str, ...], object]) -> None:
        if why := await keep(changes):
            self.app.notify(why, severity="warning", markup=False)

    @on(Table.HeaderSelected)
    def _sort_by_header(self, event: Table.HeaderSelected) -> None:
        event.stop()
        self.sort_by(event.column)
