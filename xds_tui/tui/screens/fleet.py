"""The main screen: the catalog, the hosts, and what happened.

The other screens are imported when they are opened: the first paint does not wait for them.
"""

from __future__ import annotations

import gc
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize

from xds_tui.fleet.account import Account
from xds_tui.fleet.monitor import Monitor
from xds_tui.fleet.state import FleetState, Link
from xds_tui.i18n import _
from xds_tui.model import Host, Status
from xds_tui.record import Action, Event, EventKind, OrderState
from xds_tui.tui import telling, wording
from xds_tui.tui.screens.live import WIDE, LiveScreen
from xds_tui.tui.widgets.event_list import EventList
from xds_tui.tui.widgets.host_pane import HostPane
from xds_tui.tui.widgets.host_table import HostTable
from xds_tui.tui.widgets.key_bar import KeyBar
from xds_tui.tui.widgets.line_table import LineTable
from xds_tui.tui.widgets.notice import Notice
from xds_tui.tui.widgets.status_bar import Place, StatusBar

if TYPE_CHECKING:
    from xds_tui.tui.draft import Draft
    from xds_tui.tui.widgets.catalog_pane import CatalogPane

INTERVALS: Final = (5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0)
"""Seconds between sweeps that `+` and `-` go through; the vendor advises 15."""

_PANES: Final = ("hosts", "catalog", "history")


class FleetScreen(LiveScreen[None]):
    """Shows a `FleetState`, and asks for what the user wants done with the hosts in it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", _("New"), id="fleet.new"),
        Binding("s", "ask('power_on')", _("Start"), id="fleet.start"),
        Binding("x", "ask('power_off')", _("Stop"), id="fleet.stop"),
        Binding("b", "ask('reboot')", _("Reboot"), id="fleet.reboot"),
        Binding("D", "ask('delete')", _("Delete"), id="fleet.delete", key_display="D"),
        Binding("slash", "filter", _("Find"), id="fleet.filter", key_display="/"),
        Binding("1", "pane('hosts')", _("Hosts"), id="fleet.hosts", show=False),
        Binding("2", "pane('catalog')", _("Catalog"), id="fleet.catalog"),
        Binding("3", "pane('history')", _("History"), id="fleet.history"),
        Binding("h", "history", _("All history"), id="fleet.all-history", show=False),
        Binding("q", "app.quit", _("Quit"), id="fleet.quit"),
        Binding("r", "refresh", _("Refresh"), id="fleet.refresh", show=False),
        Binding("p", "pause", _("Pause"), id="fleet.pause", show=False),
        Binding("plus", "interval(1)", _("Slower"), id="fleet.slower", show=False, key_display="+"),
        Binding("minus", "interval(-1)", _("Faster"), id="fleet.faster", show=False, key_display="-"),
        Binding("z", "zoom", _("Zoom"), id="fleet.zoom", show=False),
        Binding("escape", "back", _("Back"), id="fleet.back", show=False),
    ]
    AUTO_FOCUS = "#hosts"

    def __init__(
        self, monitor: Monitor, account: Account, place: Place, clock: Callable[[], datetime], exports: Path
    ) -> None:
        """Make the screen.

        Args:
            monitor: what is asked for refreshes, and whose orders are given.
            account: who the wizard buys for.
            place: where the user is.
            clock: the time, UTC.
            exports: the folder that exports are written to.

        """
        super().__init__(monitor.state)
        self.add_class("-hosts")
        self._monitor = monitor
        self._account = account
        self._place = place
        self._clock = clock
        self._exports = exports
        self._began = clock()
        self._draft: Draft | None = None
        self._catalog: CatalogPane | None = None
        self._events: EventList | None = None

    def compose(self) -> ComposeResult:
        """Status above, hosts in the middle, trouble and keys below; the other panes come after the first paint."""
        # A class that is set later would have every widget styled twice.
        self.set_class(self.app.size.width >= WIDE, "-wide")
        yield StatusBar(self._place, self._clock, id="status")
        with Horizontal(id="panes"):
            yield Vertical(id="catalog-space")
            with Vertical(id="main"):
                yield HostPane(self.fleet, self._clock, id="hosts-pane", classes="pane")
                yield Vertical(id="events-space")
        yield Notice(id="notice")
        yield KeyBar()

    def on_mount(self) -> None:
        """Draw what is known, and from then on whenever something else is."""
        # What came between composing and mounting has been handed to nobody yet.
        self.query_one(StatusBar).fleet = self._hosts.fleet = self.fleet
        self._notice_trouble(self.fleet)
        self._notice_events((), self.fleet.events)
        self.call_after_refresh(self._fill)
        self.set_interval(60, self._tick)

    async def _fill(self) -> None:
        """Put the other panes into the room that was left for them."""
        from xds_tui.tui.widgets.catalog_pane import CatalogPane

        if not self.query_one("#events-space").is_attached:
            return  # left before anything was painted
        events = EventList(id="events", classes="pane", placeholder=_("Nothing has happened yet"))
        events.border_title = Content(_("History · h: all of it, and plots"))
        catalog = CatalogPane(id="catalog", classes="pane")
        with self.app.batch_update():
            await self.query_one("#events-space").mount(events)
            await self.query_one("#catalog-space").mount(catalog)
            events.show_events(self.fleet.events)
            catalog.fleet = self.fleet
        self._events, self._catalog = events, catalog
        if not gc.isenabled():
            # Disabled by the command line for a quicker start; what there is now stays, so it is never looked at again.
            gc.freeze()
            gc.enable()

    @property
    def _hosts(self) -> HostPane:
        return self.query_one(HostPane)

    # What is shown

    def _tick(self) -> None:
        """Let the ages that are shown go on: once a minute, the only thing that is drawn without a reason."""
        self.query_one(StatusBar).draw()
        self._hosts.draw()

    def watch_fleet(self, old: FleetState, new: FleetState) -> None:
        """Draw what differs from before."""
        if not self.is_mounted:
            return
        self.query_one(StatusBar).fleet = new
        if self._catalog is not None:
            self._catalog.fleet = new
        self._hosts.fleet = new
        if old.events is not new.events:
            if self._events is not None:
                self._events.show_events(new.events)
            self._notice_events(old.events, new.events)
        if old.trouble is not new.trouble:
            self._notice_trouble(new)

    def _notice_trouble(self, state: FleetState) -> None:
        notice = self.query_one(Notice)
        if state.trouble is not None:
            is_mild = state.link is not Link.SIGNED_OUT
            notice.tell(telling.trouble(state.trouble), mild=is_mild, subject="service")
        else:
            notice.take_back("service")

    def _notice_events(self, old: Sequence[Event], new: Sequence[Event]) -> None:
        """Keep what went wrong with an order in sight, and find the host that came of one."""
        known = set(map(id, old))
        happened = [event for event in new if id(event) not in known and event.at >= self._began]
        for event in reversed(happened):
            if event.action is Action.CREATE and event.state is OrderState.SETTLED:
                self._meet(event)
        called = [event for event in happened if event.alert and event.kind is not EventKind.EXPIRING]
        if called:
            is_mild = all(event.state in (None, OrderState.UNKNOWN) for event in called)
            self.query_one(Notice).tell(telling.events_lines(called), mild=is_mild)

    def _meet(self, event: Event) -> None:
        """Select a host that was bought, and say how to start it if it is off."""
        host_id = event.host_id or ""
        self._hosts.select(host_id)
        host = self._hosts.host(host_id)
        if host is not None and host.status is Status.OFF:
            self.query_one(Notice).tell([_("{host} is there and off: s starts it").format(host=host.name)], mild=True)

    # Panes

    def on_resize(self, event: Resize) -> None:
        """Put the panes side by side, or show one at a time."""
        self.set_class(event.size.width >= WIDE, "-wide")

    def action_pane(self, name: str) -> None:
        """Show a pane, and put the focus on it."""
        pane = {"hosts": self._hosts.table, "catalog": self._catalog, "history": self._events}[name]
        if pane is None:
            return
        self._show_pane(name)
        if isinstance(pane, HostTable | EventList):
            pane.focus()
        else:
            pane.focus_first()

    def _show_pane(self, name: str) -> None:
        for pane in _PANES:
            self.set_class(pane == name, f"-{pane}")

    def on_descendant_focus(self) -> None:
        """Let the pane with the focus be the one that a narrow screen shows."""
        if self._hosts.has_focus_within:
            self._show_pane("hosts")
        elif self._events is not None and self._events.has_focus:
            self._show_pane("history")
        elif self._catalog is not None and self._catalog.has_focus_within:
            self._show_pane("catalog")

    def action_zoom(self) -> None:
        """Give the focused pane the whole screen, or share it again."""
        self.toggle_class("-zoomed")

    def action_back(self) -> None:
        """Leave what was opened last: the notice, the zoom, the filter, the marks, the other pane."""
        if self.query_one(Notice).dismiss():
            return
        if self.has_class("-zoomed"):
            self.remove_class("-zoomed")
        elif self._hosts.table.marked and not self._hosts.query_text:
            self._hosts.table.clear_marks()
        elif not self._hosts.clear_filter():
            self.action_pane("hosts")

    async def action_filter(self) -> None:
        """Open the filter."""
        self._show_pane("hosts")
        await self._hosts.open_filter()

    # What the user wants done

    def action_refresh(self) -> None:
        """Ask for everything now."""
        self._monitor.refresh()

    def action_pause(self) -> None:
        """Stop asking, or begin again."""
        self._monitor.pause(self.fleet.link is not Link.PAUSED)

    def action_interval(self, step: int) -> None:
        """Ask less or more often."""
        place = bisect_left(INTERVALS, self.fleet.interval) + step
        self._monitor.every(INTERVALS[max(0, min(place, len(INTERVALS) - 1))])

    def action_ask(self, name: str) -> None:
        """Do something to the marked hosts, or else to the one under the cursor."""
        self._order(Action[name.upper()], *self._hosts.picked())

    @work
    async def _order(self, action: Action, hosts: Sequence[Host], hidden: int) -> None:
        from xds_tui.tui import questions, telling
        from xds_tui.tui.giving import give
        from xds_tui.tui.screens.confirm import confirmed

        if not hosts:
            self.query_one(Notice).tell([_("There is no host to do that to")], mild=True)
            return
        if await confirmed(self.app, questions.about(action, hosts, hidden, self._clock())):
            self.query_one(Notice).dismiss()
            gone = give(self._monitor, action, hosts)
            if gone:
                self.query_one(Notice).tell([telling.gone_meanwhile(gone)])
            self._hosts.table.clear_marks()

    @on(LineTable.RowSelected, "#hosts")
    def _open_host(self, event: LineTable.RowSelected) -> None:
        from xds_tui.tui.screens.detail import DetailScreen

        self.app.push_screen(DetailScreen(self._monitor, event.key, self._clock))

    @on(LineTable.RowSelected, "#events")
    def _open_event(self, event: LineTable.RowSelected) -> None:
        if self._events is None:
            return
        told = self._events.event_of(event.key)
        self.query_one(Notice).tell([wording.moment(told.at), *telling.event_lines(told)], mild=True)

    def action_history(self) -> None:
        """Look back: all events and orders, and plots."""
        from xds_tui.tui.screens.history import HistoryScreen

        self.app.push_screen(HistoryScreen(self._monitor.history, self.fleet, self._clock, self._exports))

    @work
    async def action_new(self) -> None:
        """Rent a host: the wizard, with the draft of last time or with what is chosen in the catalog."""
        from xds_tui.tui.draft import Draft
        from xds_tui.tui.screens.create import CreateScreen

        draft = self._draft or Draft()
        if self._catalog is not None and self.has_class("-catalog"):
            choice = self._catalog.selection()
            draft = replace(draft, billing=choice.billing, package=choice.package, image=choice.image)
        self._monitor.refresh_catalog()
        finished = await self.app.push_screen_wait(CreateScreen(self._monitor, draft))
        self._draft = finished.draft
        if finished.has_bought:
            self.action_pane("hosts")
