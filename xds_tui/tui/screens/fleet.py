"""The main screen: the commands for hosts, catalog and events.

The other screens are imported when they are opened, because the first paint does not wait for them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.dom import DOMNode

from xds_tui.config.schema import HostListSettings, PaneSettings, SaveSetting
from xds_tui.domain.model import Host
from xds_tui.domain.records import OrderAction
from xds_tui.fleet.monitor import Monitor
from xds_tui.fleet.state import ConnectionState
from xds_tui.remote.templates import ConnectCommands
from xds_tui.structs import dataclass
from xds_tui.text.activity import activity_details
from xds_tui.tui.command import Context, interval_after
from xds_tui.tui.commands import bindings
from xds_tui.tui.context import Profile
from xds_tui.tui.runtime.key_queue import FLOW
from xds_tui.tui.screens.fleet_view import FleetView
from xds_tui.tui.widgets.table.table import Table

if TYPE_CHECKING:
    from xds_tui.domain.purchase import Draft
    from xds_tui.domain.records import Quote
    from xds_tui.text.prompts import CursorMove


@dataclass(frozen=True, slots=True)
class ViewState:
    """Cursor, marks, filter and draft, to restore it when the screen is reopened in another language."""

    query: str
    cursor: str | None
    marked: frozenset[str]
    draft: Draft | None


class FleetScreen(FleetView):
    """Shows a `FleetState`, and runs the commands of the user on its hosts."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("fleet")
    AUTO_FOCUS = "#hosts"

    PLACES: ClassVar = ("fleet", "hosts", "catalog", "table")
    """Where its commands are available."""

    def __init__(
        self,
        monitor: Monitor,
        place: Profile,
        clock: Callable[[], datetime],
        exports: Path,
        *,
        listing: HostListSettings | None = None,
        panes: PaneSettings | None = None,
        commands: ConnectCommands | None = None,
        keep: SaveSetting | None = None,
    ) -> None:
        """Create the screen.

        Args:
            monitor: provides the fleet and sends operations.
            place: the profile that is open.
            clock: returns the time, UTC.
            exports: the folder that exports are written to.
            listing: how the hosts are listed at first.
            panes: which panes are shown at first.
            commands: the programs that connect to hosts.
            keep: saves what is chosen here; None: it is not saved.

        """
        super().__init__(monitor, place, clock, listing=listing, panes=panes or PaneSettings(), keep=keep)
        self._exports = exports
        self._commands = commands or ConnectCommands()
        self._draft: Draft | None = None
        self._stand: ViewState | None = None

    def restore(self) -> None:
        """Restore the state of the screen before it was reopened."""
        if self._stand is not None:
            self._go_on(self._stand)

    @property
    def listing(self) -> HostListSettings:
        """The present settings of the host table."""
        return self._hosts.listing

    @property
    def panes(self) -> PaneSettings:
        """The visible panes."""
        return PaneSettings(self._catalog_mode, self.shows_overview)

    def stand(self) -> ViewState:
        """Return the state of the screen, for `resume`."""
        table = self._hosts.table
        return ViewState(self._hosts.query_text, table.cursor_key, table.marked, self._draft)

    def resume(self, stand: ViewState) -> None:
        """Restore `stand` when the screen is mounted."""
        self._draft = stand.draft
        self._stand = stand

    def _go_on(self, stand: ViewState) -> None:
        self._hosts.filter_by(stand.query)
        self._hosts.table.mark(stand.marked)
        if stand.cursor is not None:
            self._hosts.select(stand.cursor)

    def action_back(self) -> None:
        """Close what was opened last: the notice, the zoom, the filter, the marks or the other pane."""
        if self._notice.dismiss() or self.share_screen():
            return
        if self._catalog is not None and self.front == "catalog" and self._catalog.clear_filter():
            return
        if self._hosts.table.marked and not self._hosts.query_text:
            self._hosts.table.clear_marks()
        elif not self._hosts.clear_filter():
            self.action_pane("hosts")

    async def action_filter(self) -> None:
        """Filter the pane with the focus."""
        if self.front == "catalog" and self._catalog is not None:
            await self._catalog.open_filter()
        else:
            self.show_pane("hosts")
            await self._hosts.open_filter()

    def action_arrange(self, about: str) -> None:
        """Open a dialog for the host table: `sort`, `group`, `columns` or `filters`."""
        from xds_tui.tui.flows.list_options import DIALOGS

        DIALOGS[about](self.app, self._hosts)

    # What applies

    def context(self) -> Context:
        """The selected hosts and the state of the connection, on which the available actions depend."""
        table = self._hosts.table
        keys = table.marked or {table.cursor_key or ""}
        return Context.from_state(
            self.fleet,
            (host for key in keys if (host := self._hosts.host(key))),
            self._ordered,
            is_read_only=self._place.read_only,
            marked=len(table.marked),
            is_wide=self.is_wide,
            is_unseen=self.is_covered and self.front != "hosts",
        )

    @on(Table.RowHighlighted, "#hosts")
    @on(Table.MarksChanged, "#hosts")
    def _update_for_selection(self, event: Table.TableMessage) -> None:
        self._notice.clear("action")
        # With marks the cursor decides nothing, and thousands may be marked.
        if isinstance(event, Table.MarksChanged) or not event.table.marked:
            self.update_command_states()

    def target_widget(self, place: str) -> DOMNode:
        """Focus and return the pane that handles the actions of `place`."""
        if place == "catalog" and self._catalog is not None:
            self.action_pane("catalog")
            return self._catalog
        if place in ("hosts", "table") and not self._hosts.has_focus_within:
            self.action_pane("hosts")
        return {"hosts": self._hosts, "table": self._hosts.table}.get(place, self)

    def go_to(self, host_id: str) -> None:
        """Move the cursor to a host; clear a filter that hides it."""
        self.action_pane("hosts")
        if not self._hosts.table.move_to(host_id):
            self._hosts.clear_filter()
            self._hosts.select(host_id)

    # What the user wants done

    def action_refresh(self) -> None:
        """Refresh everything now."""
        self._monitor.refresh()

    def action_pause(self) -> None:
        """Pause or resume polling."""
        self._monitor.set_paused(self.fleet.connection is not ConnectionState.PAUSED)

    def action_interval(self, step: int) -> None:
        """Lengthen or shorten the poll interval."""
        self._monitor.set_interval(interval_after(self.fleet.interval, step))

    def action_ask(self, name: str) -> None:
        """Confirm and place an operation on the marked hosts, or else on the one under the cursor."""
        self._order(OrderAction[name.upper()], *self._hosts.picked())

    @work(group=FLOW)
    async def _order(self, action: OrderAction, hosts: Sequence[Host], hidden: Collection[str]) -> None:
        from xds_tui.tui.flows.power import confirm_and_order, select

        selection = select(hosts, self.fleet)
        moved = self._cursor_move()
        if await confirm_and_order(self, self._monitor, action, selection, hidden, self._clock(), moved=moved):
            self._hosts.table.clear_marks()

    def _cursor_move(self) -> CursorMove | None:
        """Return how the cursor came to its host, if the user did not move it."""
        from xds_tui.text.prompts import CursorMove

        table = self._hosts.table
        if not table.is_displaced or table.marked:
            return None
        return CursorMove.BY_PURCHASE if table.cursor_key == self._purchased else CursorMove.BY_REFRESH

    def selected_hosts(self) -> Sequence[Host]:
        """Return the marked hosts, or else the one under the cursor."""
        return self._hosts.picked()[0]

    def finish_edit(self) -> None:
        """Clear the marks."""
        self._hosts.table.clear_marks()

    def action_connect(self) -> None:
        """Connect to the host under the cursor."""
        from xds_tui.tui.flows.connect import ConnectMethods, begin

        for host in self._hosts.picked()[0][:1]:
            begin(self, host, ConnectMethods(self._exports, self._commands))

    @work(group=FLOW)
    async def action_copy(self) -> None:
        """Copy a field of the marked hosts, or else of the one under the cursor."""
        from xds_tui.tui.flows.copy import choose_and_copy

        await choose_and_copy(self, self._hosts.picked()[0], self._commands)

    @on(Table.RowSelected, "#hosts")
    def _open_host(self, event: Table.RowSelected) -> None:
        self._show_details(event.key)

    def action_details(self) -> None:
        """Show all details of the host under the cursor."""
        if key := self._hosts.table.cursor_key:
            self._show_details(key)

    def _show_details(self, host_id: str) -> None:
        from xds_tui.tui.flows.connect import ConnectMethods
        from xds_tui.tui.screens.host_detail import HostDetailScreen

        screen = HostDetailScreen(
            self._monitor,
            host_id,
            self._clock,
            ConnectMethods(self._exports, self._commands),
            rent=self.rent_like,
            is_read_only=self._place.read_only,
        )
        self.app.push_screen(screen)

    @on(Table.RowSelected, "#events")
    def _open_event(self, event: Table.RowSelected) -> None:
        activity = self._events.activity(event.key) if self._events is not None else None
        if activity is not None:
            self._notice.show(activity_details(activity), mild=True)

    def action_history(self) -> None:
        """Open the full history: events, operations, charts."""
        self._open_history()

    def action_host_events(self) -> None:
        """Open the history of the host under the cursor."""
        if key := self._hosts.table.cursor_key:
            self._open_history(f"id:{key}")

    def _open_history(self, query: str = "") -> None:
        from xds_tui.tui.screens.history import HistoryScreen

        history, claims = self._monitor.recorder, self._monitor.orders.claims
        screen = HistoryScreen(
            self._place, history, claims, self.fleet, self._clock, self._exports, rent=self.rent_as_ordered
        )
        screen.filter_text = query
        self.app.push_screen(screen)

    def action_report(self) -> None:
        """Open the report on the costs of the month."""
        from xds_tui.tui.screens.report import ReportScreen

        self.app.push_screen(ReportScreen(self._monitor, self._clock))

    def action_new(self) -> None:
        """Open the wizard with the last draft, or with the selection of the catalog."""
        from xds_tui.domain.purchase import Draft

        draft = self._draft or Draft()
        if self._catalog is not None and self.front == "catalog":
            choice = self._catalog.selection()
            draft = replace(
                draft,
                billing=choice.billing,
                package=choice.package or draft.package,
                image=choice.image or draft.image,
            )
        self.rent(draft)

    def action_rent_again(self) -> None:
        """Rent another host like the one under the cursor."""
        if (key := self._hosts.table.cursor_key) and (host := self._hosts.host(key)):
            self.rent_like(host)

    @work(group=FLOW)
    async def rent_like(self, host: Host) -> None:
        """Open the wizard for another host like `host`."""
        from xds_tui.domain.purchase import draft_from_host
        from xds_tui.text import prompts

        bought = await self._monitor.recorder.bought()
        draft = draft_from_host(host, bought.get(host.id), self.fleet.catalog)
        await self._open_wizard(draft, prompts.missing_choices(draft, host))

    def rent_as_ordered(self, quote: Quote, host_id: str | None) -> None:
        """Open the wizard for another host like one that was ordered, with its tags if it is known."""
        from xds_tui.domain.purchase import draft_from_quote, shared_part

        annotation = shared_part(self._monitor.annotations.find(host_id))
        self.rent(draft_from_quote(quote, self.fleet.catalog, annotation))

    @work(group=FLOW)
    async def rent(self, draft: Draft) -> None:
        """Open the wizard with `draft`."""
        await self._open_wizard(draft)

    async def _open_wizard(self, draft: Draft, hint: str = "") -> None:
        """Open the wizard, and keep what the user fills in; a draft closed unchanged replaces none."""
        from xds_tui.tui.screens.create.screen import CreateScreen

        self._monitor.refresh_catalog()
        finished = await self.app.push_screen_wait(CreateScreen(self._monitor, draft, hint))
        if finished.has_changed:
            self._draft = finished.draft
        if finished.has_bought and self.is_current:
            self.action_pane("hosts")
