"""The main screen: the catalog, the hosts, and what happened.

The other screens are imported when they are opened: the first paint does not wait for them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.dom import DOMNode
from textual.message import Message
from textual.widget import Widget

from xds_tui.config.schema import HostListSettings, SaveSetting
from xds_tui.domain.model import Host, Status
from xds_tui.domain.records import OrderAction
from xds_tui.fleet.monitor import Monitor
from xds_tui.fleet.state import ConnectionState, FleetState
from xds_tui.i18n import _
from xds_tui.remote.templates import ConnectCommands
from xds_tui.text import formats, messages
from xds_tui.tui.availability import Context, hosts_ordered, interval_after
from xds_tui.tui.commands import bindings
from xds_tui.tui.context import Profile
from xds_tui.tui.runtime.gc_tuning import GarbageCollector
from xds_tui.tui.runtime.key_queue import FLOW
from xds_tui.tui.screens.base import PanedScreen
from xds_tui.tui.widgets.event_table import EventTable
from xds_tui.tui.widgets.footer import KeyBar
from xds_tui.tui.widgets.host_pane import HostPane
from xds_tui.tui.widgets.notice import FleetNotice
from xds_tui.tui.widgets.status_bar import StatusBar
from xds_tui.tui.widgets.table.table import Table

if TYPE_CHECKING:
    from xds_tui.domain.purchase import Draft
    from xds_tui.tui.widgets.catalog_pane import CatalogPane

FILL_DELAY: Final = 0.3
"""Seconds after which the other panes are there, whatever the first waits for."""


@dataclass(frozen=True, slots=True)
class ViewState:
    """Where the user stands: what the screen goes on with when it is opened anew in another language."""

    query: str
    cursor: str | None
    marked: frozenset[str]
    draft: Draft | None


class FleetScreen(PanedScreen):
    """Shows a `FleetState`, and asks for what the user wants done with the hosts in it."""

    class Resumed(Message):
        """Nothing lies over the screen any more."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("fleet")
    AUTO_FOCUS = "#hosts"

    PLACES: ClassVar = ("fleet", "hosts", "catalog", "table")
    """Where its actions are heard."""

    def __init__(
        self,
        monitor: Monitor,
        place: Profile,
        clock: Callable[[], datetime],
        exports: Path,
        *,
        listing: HostListSettings | None = None,
        commands: ConnectCommands | None = None,
        keep: SaveSetting | None = None,
    ) -> None:
        """Make the screen.

        Args:
            monitor: what is asked for refreshes, and whose orders are given.
            place: where the user is.
            clock: the time, UTC.
            exports: the folder that exports are written to.
            listing: how the hosts are listed at first.
            commands: what hosts are connected to with.
            keep: keeps how they are listed from then on; None: it is not kept.

        """
        super().__init__(monitor.state)
        self._monitor = monitor
        self._place = place
        self._clock = clock
        self._exports = exports
        self._listing = listing
        self._commands = commands or ConnectCommands()
        self._keep = keep
        self._began = clock()
        self._ordered: frozenset[str] = frozenset()
        self._draft: Draft | None = None
        self._stand: ViewState | None = None
        self._is_filled = False
        self._collector = GarbageCollector()
        self._catalog: CatalogPane | None = None
        self._events: EventTable | None = None

    def compose(self) -> ComposeResult:
        """Status above, hosts in the middle, trouble and keys below; the other panes come after the first paint."""
        self.begin_side_by_side(self.app)
        yield StatusBar(self._place, self._clock, id="status")
        with Horizontal(id="panes"):
            yield Vertical(id="catalog-space")
            with Vertical(id="main"):
                yield HostPane(
                    self.fleet, self._clock, listing=self._listing, keep=self._keep, id="hosts-pane", classes="pane"
                )
                yield Vertical(id="events-space")
        yield FleetNotice(id="notice")
        yield KeyBar()

    def on_mount(self) -> None:
        """Draw what is known, and from then on whenever something else is."""
        # What came between composing and mounting has been handed to nobody yet.
        self.query_one(StatusBar).fleet = self._hosts.fleet = self.fleet
        self._notice.show_problem(self.fleet)
        self._notice.show_events((), self.fleet.events, self._began, self._meet)
        if self._stand is not None:
            self._go_on(self._stand)
        # What is remembered is painted first, but a disk that hangs holds nothing up.
        self.set_timer(FILL_DELAY, self._fill)
        if self.fleet.snapshot is not None:
            self.call_after_refresh(self._fill)
        self.set_interval(60, self._tick)

    @property
    def listing(self) -> HostListSettings:
        """How the hosts are listed now."""
        return self._hosts.listing

    def stand(self) -> ViewState:
        """Where the user stands."""
        table = self._hosts.table
        return ViewState(self._hosts.query_text, table.cursor_key, table.marked, self._draft)

    def resume(self, stand: ViewState) -> None:
        """Go on from where the user stood, once there is something to stand on."""
        self._draft = stand.draft
        self._stand = stand

    def _go_on(self, stand: ViewState) -> None:
        self._hosts.filter_by(stand.query)
        self._hosts.table.mark(stand.marked)
        if stand.cursor is not None:
            self._hosts.select(stand.cursor)

    def _fill(self) -> None:
        """Put the other panes into the room that was left for them, once."""
        if not self._is_filled:
            self._is_filled = True
            self._mount_panes()

    @work
    async def _mount_panes(self) -> None:
        from xds_tui.tui.widgets.catalog_pane import CatalogPane

        events = EventTable(id="events", classes="pane", placeholder=_("Nothing has happened yet"))
        events.border_title = Content(_("Recent events · h full history"))
        catalog = CatalogPane(id="catalog", classes="pane")
        with self.app.batch_update():
            await self.query_one("#events-space").mount(events)
            await self.query_one("#catalog-space").mount(catalog)
            events.show_events(self.fleet.events)
            catalog.fleet = self.fleet
        self._events, self._catalog = events, catalog
        self._collector.enable()

    @property
    def _hosts(self) -> HostPane:
        return self.query_one(HostPane)

    @property
    def _notice(self) -> FleetNotice:
        return self.query_one(FleetNotice)

    # What is shown

    def _tick(self) -> None:
        """Let the ages that are shown go on: once a minute, the only thing that is drawn without a reason."""
        self.query_one(StatusBar).draw()
        self._hosts.draw()

    def on_screen_resume(self) -> None:
        """Let go of what was open over this screen."""
        self.call_later(self._collect)
        self.post_message(self.Resumed())

    def _collect(self) -> None:
        self._collector.collect_if_due(is_idle=self.is_current)

    def watch_fleet(self, old: FleetState, new: FleetState) -> None:
        """Draw what differs from before."""
        if not self.is_mounted:
            return
        self.query_one(StatusBar).fleet = new
        if self._catalog is not None:
            self._catalog.fleet = new
        self._hosts.fleet = new
        if not self._is_filled:
            self.call_after_refresh(self._fill)
        if old.events is not new.events:
            if self._events is not None:
                self._events.show_events(new.events)
            self._notice.show_events(old.events, new.events, self._began, self._meet)
        if old.error is not new.error or old.storage_problem is not new.storage_problem:
            self._notice.show_problem(new)
        self.call_later(self._collect)
        if old.orders is not new.orders:
            self._ordered = hosts_ordered(new.orders, self._clock())
        self.weigh_actions()

    def _meet(self, host_id: str) -> None:
        """Select a host that was bought, and say how to start it if it is off."""
        self._hosts.select(host_id, is_asked=False)
        host = self._hosts.host(host_id)
        if host is not None and host.status is Status.OFF:
            self._notice.show([_("{host} is there and off: s starts it").format(host=host.name)], mild=True)

    # Panes

    def pane(self, name: str) -> Widget | None:
        """Return a pane, once it is there."""
        return {"hosts": self._hosts, "catalog": self._catalog, "history": self._events}[name]

    def focus_pane(self, name: str) -> None:
        """Put the focus where a pane begins."""
        places = {"hosts": self._hosts.table, "history": self._events, "catalog": self._catalog and self._catalog.first}
        if (place := places[name]) is not None:
            self.set_focus(place)

    def action_back(self) -> None:
        """Leave what was opened last: the notice, the zoom, the filter, the marks, the other pane."""
        if self._notice.dismiss() or self.share_screen():
            return
        if self._hosts.table.marked and not self._hosts.query_text:
            self._hosts.table.clear_marks()
        elif not self._hosts.clear_filter():
            self.action_pane("hosts")

    async def action_filter(self) -> None:
        """Open the filter."""
        self.show_pane("hosts")
        await self._hosts.open_filter()

    def action_arrange(self, about: str) -> None:
        """Ask how the hosts shall be listed: `sort`, `group`, `columns` or `filters`."""
        from xds_tui.tui.flows.list_options import DIALOGS

        DIALOGS[about](self.app, self._hosts)

    # What applies

    def context(self) -> Context:
        """What lies under the cursor or is marked, and how we stand with the service."""
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
    def _weigh_picked(self, event: Table.TableMessage) -> None:
        self._notice.clear("action")
        # With marks the cursor decides nothing, and thousands may be marked.
        if isinstance(event, Table.MarksChanged) or not event.table.marked:
            self.weigh_actions()

    def node_of(self, place: str) -> DOMNode:
        """Return the pane that hears the actions of a place, with the focus on it."""
        if place == "catalog" and self._catalog is not None:
            self.action_pane("catalog")
            return self._catalog
        if place in ("hosts", "table") and not self._hosts.has_focus_within:
            self.action_pane("hosts")
        return {"hosts": self._hosts, "table": self._hosts.table}.get(place, self)

    def go_to(self, host_id: str) -> None:
        """Put the cursor on a host; a filter that hides it is taken away."""
        self.action_pane("hosts")
        if not self._hosts.table.move_to(host_id):
            self._hosts.clear_filter()
            self._hosts.select(host_id)

    # What the user wants done

    def action_refresh(self) -> None:
        """Ask for everything now."""
        self._monitor.refresh()

    def action_pause(self) -> None:
        """Stop asking, or begin again."""
        self._monitor.set_paused(self.fleet.connection is not ConnectionState.PAUSED)

    def action_interval(self, step: int) -> None:
        """Ask less or more often."""
        self._monitor.set_interval(interval_after(self.fleet.interval, step))

    def action_ask(self, name: str) -> None:
        """Do something to the marked hosts, or else to the one under the cursor."""
        self._order(OrderAction[name.upper()], *self._hosts.picked())

    @work(group=FLOW)
    async def _order(self, action: OrderAction, hosts: Sequence[Host], hidden: int) -> None:
        from xds_tui.tui.flows.power import confirm_and_order, select

        selection = select(hosts, self.fleet)
        is_moved = self._hosts.table.is_displaced and not self._hosts.table.marked
        if await confirm_and_order(self, self._monitor, action, selection, hidden, self._clock(), is_moved=is_moved):
            self._hosts.table.clear_marks()

    def action_connect(self) -> None:
        """Open a session on the host under the cursor."""
        from xds_tui.tui.flows.connect import ConnectMethods, begin

        for host in self._hosts.picked()[0][:1]:
            begin(self, host, ConnectMethods(self._exports, self._commands))

    @work(group=FLOW)
    async def action_copy(self) -> None:
        """Let the user choose what of the marked hosts, or else of the one under the cursor, is copied."""
        from xds_tui.tui.flows.copy import choose_and_copy

        await choose_and_copy(self, self._hosts.picked()[0], self._commands)

    @on(Table.RowSelected, "#hosts")
    def _open_host(self, event: Table.RowSelected) -> None:
        from xds_tui.tui.flows.connect import ConnectMethods
        from xds_tui.tui.screens.host_detail import HostDetailScreen

        means = ConnectMethods(self._exports, self._commands)
        is_read_only = self._place.read_only
        self.app.push_screen(HostDetailScreen(self._monitor, event.key, self._clock, means, is_read_only=is_read_only))

    @on(Table.RowSelected, "#events")
    def _open_event(self, event: Table.RowSelected) -> None:
        told = self._events.event_of(event.key) if self._events is not None else None
        if told is None:
            return
        self._notice.show([formats.moment(told.at), *messages.event_lines(told)], mild=True)

    def action_history(self) -> None:
        """Open the history."""
        from xds_tui.tui.screens.history import HistoryScreen

        history, claims = self._monitor.recorder, self._monitor.orders.claims
        self.app.push_screen(HistoryScreen(self._place, history, claims, self.fleet, self._clock, self._exports))

    @work(group=FLOW)
    async def action_new(self) -> None:
        """Rent a host: the wizard, with the draft of last time or with what is chosen in the catalog."""
        from xds_tui.domain.purchase import Draft
        from xds_tui.tui.screens.create.screen import CreateScreen

        draft = self._draft or Draft()
        if self._catalog is not None and self.front == "catalog":
            choice = self._catalog.selection()
            draft = replace(draft, billing=choice.billing, package=choice.package, image=choice.image)
        self._monitor.refresh_catalog()
        finished = await self.app.push_screen_wait(CreateScreen(self._monitor, draft))
        self._draft = finished.draft
        if finished.has_bought:
            self.action_pane("hosts")
