"""The filtered and sorted hosts, with counts in the title."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.reactive import reactive

from xds_tui.config.schema import HostListSettings, SaveSetting
from xds_tui.config.settings import host_list_changes
from xds_tui.domain import filtering, host_list, order_states, pricing
from xds_tui.domain.filter_query import Query
from xds_tui.domain.host_list import Sort
from xds_tui.domain.model import Host, Snapshot
from xds_tui.fleet.state import ConnectionState, FleetState
from xds_tui.i18n import _
from xds_tui.text import labels, messages, terms
from xds_tui.text.host_title import Listed, title
from xds_tui.tui.commands import bindings
from xds_tui.tui.widgets.filter_input import FilteredPane
from xds_tui.tui.widgets.host_table import HostTable, filled_columns, group_rows
from xds_tui.tui.widgets.table.table import Table


class HostPane(FilteredPane, Vertical):
    """The host table with its filter and its title."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("hosts")
    DEFAULT_CSS = "HostPane #hosts { height: 1fr; }"

    fleet: reactive[FleetState] = reactive(FleetState, repaint=False)
    """The state of the fleet."""
    listing: reactive[HostListSettings] = reactive(HostListSettings, repaint=False)
    """Sort order, groups, columns and saved filters."""

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
        """Create the pane.

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
        self._totals = Listed(host_list.counts((), clock()))
        self._hosts: dict[str, Host] = {}
        self._measured: Snapshot | None = None
        self._wanted: str | None = None

    def compose(self) -> ComposeResult:
        """Compose the table; the filter field is mounted when it is opened."""
        yield HostTable(id="hosts")

    def on_mount(self) -> None:
        """Show the present state."""
        self.draw()

    # What is shown

    @property
    def table(self) -> HostTable:
        """The table."""
        return self.query_one(HostTable)

    def host(self, host_id: str) -> Host | None:
        """Return the host with this ID, or None."""
        return self._hosts.get(host_id)

    def picked(self) -> tuple[list[Host], frozenset[str]]:
        """Return the marked hosts, or else the one under the cursor, and the IDs of the hidden marked ones."""
        table = self.table
        ids = table.marked or {table.cursor_key or ""}
        return [host for host in self._hosts.values() if host.id in ids], table.hidden_marks

    def select(self, host_id: str, *, is_asked: bool = True) -> None:
        """Move the cursor to a host as soon as it is listed; at once if `is_asked`, because the user chose it."""
        if is_asked and self.table.move_to(host_id):
            return
        self._wanted = host_id
        self.draw()

    def draw(self) -> None:
        """Show the hosts, with their ages and remaining times at the present time."""
        snapshot, now, table = self.fleet.snapshot, self._clock(), self.table
        table.placeholder = self._why_empty()
        columns = filled_columns(self.listing.columns, self.fleet.annotations)
        if snapshot is None:
            self._hosts = {}
            table.clear_marks()
            table.show_hosts({}, (), {}, {}, now, columns=columns)
            self.set_border_title("")
            self._draw_titles()
            return
        self._take(snapshot)
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
        self._totals = self._listed(snapshot.hosts, keys, now)
        headings = None
        if listing.group is not None:
            keys, headings = group_rows(host_list.grouped(self._hosts, keys, listing.group, costs), listing.group)
        table.show_hosts(
            self._hosts,
            keys,
            intents,
            costs.hosts,
            now,
            unlisted=snapshot.unlisted,
            columns=columns,
            headings=headings,
        )
        self._draw_titles()
        if self._wanted is not None and table.move_to(self._wanted, is_requested=False):
            self._wanted = None

    def _take(self, snapshot: Snapshot) -> None:
        """Look up hosts in `snapshot` from now on, and give their names enough width."""
        self._hosts = {host.id: host for host in snapshot.hosts}
        if snapshot is not self._measured:
            self._measured = snapshot
            self.table.make_room_for(snapshot.hosts)

    def _listed(self, hosts: Sequence[Host], keys: Sequence[str], now: datetime) -> Listed:
        """Return the totals of the hosts with these keys."""
        costs = self.fleet.costs
        if not self._query:
            rate = costs.fleet if self.fleet.catalog is not None else None
            return Listed(host_list.counts(hosts, now), rate=rate)
        shown = [self._hosts[key] for key in keys]
        rate = pricing.fleet_rate(shown, costs.hosts, now) if self.fleet.catalog is not None else None
        return Listed(host_list.counts(shown, now), len(hosts), rate, self.query_text.strip())

    @on(Table.MarksChanged)
    @on(Table.ColumnsFitted)
    def _draw_titles(self) -> None:
        """Show totals and filter above, and below an error in the filter, or the order if the header cannot show it."""
        snapshot, table, listing = self.fleet.snapshot, self.table, self.listing
        if snapshot is not None:
            listed = replace(
                self._totals,
                unreadable=self.fleet.unreadable,
                marked=len(table.marked),
                hidden_columns=table.hidden_columns,
                unlisted=len(snapshot.unlisted),
                is_complete=snapshot.is_complete,
            )
            self.set_border_title(title(listed, self.size.width - 4 if self.size.width else 1000))
        if self._wrong:
            self.set_border_subtitle(f"! {self._wrong}", "$text-error")
            return
        parts = []
        if listing.sort is not None and not table.shows_column(listing.sort):
            arrow = table.glyphs.descending if listing.descending else table.glyphs.ascending
            parts.append(f"{_(labels.COLUMNS[listing.sort])} {arrow}")
        self.set_border_subtitle(" · ".join(parts))

    def on_resize(self) -> None:
        """Fit the titles to the new width."""
        self._draw_titles()

    def _why_empty(self) -> str:
        if self.fleet.connection is ConnectionState.SIGNED_OUT and self.fleet.snapshot is None:
            return _(terms.NOT_SIGNED_IN)
        if self.fleet.snapshot is None:
            return _("Waiting for the first response")
        if self._query:
            return _("No hosts match the filter. Press esc to clear it.")
        if self.fleet.unreadable:
            return _("No host could be parsed; see the history (h)")
        if not self.fleet.snapshot.is_complete:
            return _(terms.INCOMPLETE_LIST)
        return _("No hosts yet. Press n to rent one.")

    def watch_fleet(self, old: FleetState, new: FleetState) -> None:
        """Show the new state."""
        if self.is_mounted and (
            old.snapshot is not new.snapshot
            or old.orders is not new.orders
            or old.costs is not new.costs
            or old.connection != new.connection
        ):
            self.draw()

    # Filter

    @property
    def filter_hint(self) -> str:
        """Return an example of a filter."""
        return _("text, status:on, gpu:4090, mem>=64, expires<24h, -windows")

    def apply_filter(self, text: str) -> None:
        """Show the matching hosts, and the error in the filter if there is one."""
        self._query, error = filtering.parse_while_typing(filtering.HOSTS, text, self._query)
        self._wrong = messages.error_message(error) if error else ""
        if self.is_mounted:
            self.draw()
            self.table.is_displaced = False  # the user did that

    def focus_rows(self) -> None:
        """Move the focus to the table."""
        self.table.focus()

    # How they are listed

    def watch_listing(self) -> None:
        """List the hosts again."""
        if self.is_mounted:
            self.draw()

    def list_as(self, listing: HostListSettings) -> None:
        """Apply the settings of the list, and save them."""
        changes = host_list_changes(self.listing, listing)
        self.listing = listing
        if changes and self._keep is not None:
            self.app.run_worker(self._keep_changes(self._keep, changes))  # which goes on when the screen closes

    def sort_by(self, column: str | None, *, descending: bool = False) -> None:
        """Order the hosts by a column, or as the service does; by the present column, the other way round."""
        is_same = column is not None and column == self.listing.sort
        descending = not self.listing.descending if is_same else descending
        self.list_as(replace(self.listing, sort=column, descending=descending))

    def action_sort_by_cost(self) -> None:
        """Sort by cost, the most expensive host first, or the other way round."""
        self.sort_by("cost", descending=True)

    def action_sort_by_expiry(self) -> None:
        """Sort by expiry, the next one first, or the other way round."""
        self.sort_by("expires")

    def action_sort_by_neighbour(self, step: int) -> None:
        """Sort by the visible column next to the present one; beyond the last one, in the order of the service."""
        columns = [None, *(column for column in self.listing.columns if self.table.shows_column(column))]
        index = columns.index(self.listing.sort) if self.listing.sort in columns else 0
        column = columns[(index + step) % len(columns)]
        self.list_as(replace(self.listing, sort=column, descending=False))

    async def _keep_changes(self, keep: SaveSetting, changes: Mapping[tuple[str, ...], object]) -> None:
        if why := await keep(changes):
            self.app.notify(why, severity="warning", markup=False)

    @on(Table.HeaderSelected)
    def _sort_by_header(self, event: Table.HeaderSelected) -> None:
        event.stop()
        self.sort_by(event.column)
