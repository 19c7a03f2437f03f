"""The main screen without its commands: overview, hosts, catalog, events, and the host under the cursor.

The panes besides the hosts are filled after the first paint; their space is there from the start.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from xds_tui.config.schema import HostListSettings, PaneSettings, SaveSetting
from xds_tui.domain.cost_history import LENGTH
from xds_tui.domain.model import Status
from xds_tui.fleet.monitor import Monitor
from xds_tui.fleet.state import FleetState
from xds_tui.i18n import _
from xds_tui.text import terms
from xds_tui.tui.command import hosts_ordered
from xds_tui.tui.context import Profile
from xds_tui.tui.runtime.gc_tuning import GarbageCollector
from xds_tui.tui.screens.panes import PanedScreen
from xds_tui.tui.widgets.event_table import ActivityTable
from xds_tui.tui.widgets.footer import KeyBar
from xds_tui.tui.widgets.host_pane import HostPane
from xds_tui.tui.widgets.notice import FleetNotice
from xds_tui.tui.widgets.overview import OverviewPane
from xds_tui.tui.widgets.status_bar import StatusBar
from xds_tui.tui.widgets.table.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xds_tui.domain.records import Sample
    from xds_tui.tui.widgets.catalog_pane import CatalogPane
    from xds_tui.tui.widgets.inspector import Inspector

FILL_DELAY: Final = 0.3
"""Seconds after which the other panes are filled, whatever the first one waits for."""

MAX_SAMPLES: Final = 1440
"""Samples that the overview reads: one for each minute of a day."""


class FleetView(PanedScreen):
    """Shows a `FleetState`."""

    class Resumed(Message):
        """The screen is in front again."""

    def __init__(
        self,
        monitor: Monitor,
        place: Profile,
        clock: Callable[[], datetime],
        *,
        listing: HostListSettings | None,
        panes: PaneSettings,
        keep: SaveSetting | None,
    ) -> None:
        super().__init__(monitor.state, panes.catalog)
        self._monitor = monitor
        self._place = place
        self._clock = clock
        self._listing = listing
        self._keep = keep
        self._began = clock()
        self._ordered: frozenset[str] = frozenset()
        self._purchased: str | None = None
        self._is_filled = False
        self._collector = GarbageCollector()
        self._catalog: CatalogPane | None = None
        self._events: ActivityTable | None = None
        self._inspector: Inspector | None = None
        self.set_class(not panes.overview, "-no-overview")

    def compose(self) -> ComposeResult:
        """Compose status line and overview, the panes, and notice and key bar."""
        self.begin_side_by_side(self.app)
        status = StatusBar(self._place, self._clock, id="status")
        status.shows_totals = not self.shows_overview
        yield status
        yield OverviewPane(self._clock, self._read_samples, id="overview")
        with Container(id="panes"):
            yield Vertical(id="catalog-space")
            yield HostPane(
                self.fleet, self._clock, listing=self._listing, keep=self._keep, id="hosts-pane", classes="pane"
            )
            yield Vertical(id="events-space")
            yield Vertical(id="inspector-space")
        yield FleetNotice(id="notice")
        yield KeyBar()

    def on_mount(self) -> None:
        """Show the present state, and follow every change from then on."""
        # No watcher has seen what came between composing and mounting.
        self._hosts.fleet = self.fleet
        self._draw_above(self.fleet)
        self._notice.annotations = self.fleet.annotations
        self._notice.show_problem(self.fleet)
        self._notice.show_events((), self.fleet.events, self._began, self._meet)
        self.restore()
        # What an earlier run stored is painted first, but a disk that hangs delays nothing.
        self.set_timer(FILL_DELAY, self._fill)
        if self.fleet.snapshot is not None:
            self.call_after_refresh(self._fill)
        self.set_interval(60, self._tick)

    def restore(self) -> None:
        """Restore the state before the screen was reopened."""

    async def _read_samples(self) -> Sequence[Sample]:
        return await self._monitor.recorder.samples(LENGTH, MAX_SAMPLES)

    def _fill(self) -> None:
        """Fill the panes that the first paint does not wait for."""
        if not self._is_filled:
            self._is_filled = True
            self._mount_panes()

    @work
    async def _mount_panes(self) -> None:
        from xds_tui.tui.widgets.catalog_pane import CatalogPane
        from xds_tui.tui.widgets.inspector import Inspector

        events = ActivityTable(id="events", classes="pane", placeholder=_(terms.NO_EVENTS))
        events.border_title = Content(_("³Events"))
        events.border_subtitle = Content(_("h: full history"))
        catalog = CatalogPane(id="catalog", classes="pane")
        inspector = Inspector(self._clock, id="inspector", classes="pane")
        with self.app.batch_update():
            await self.query_one("#events-space").mount(events)
            await self.query_one("#catalog-space").mount(catalog)
            await self.query_one("#inspector-space").mount(inspector)
            events.show_events(self.fleet.events, self.fleet.annotations)
            catalog.fleet = self.fleet
        self._events, self._inspector, self._catalog = events, inspector, catalog
        self._inspect()
        self.query_one(OverviewPane).read_history()
        self._collector.enable()

    @property
    def _hosts(self) -> HostPane:
        return self.query_one(HostPane)

    @property
    def _notice(self) -> FleetNotice:
        return self.query_one(FleetNotice)

    def _tick(self) -> None:
        """Update the ages and remaining times, once a minute."""
        self.query_one(StatusBar).draw()
        self.query_one(OverviewPane).draw()
        self._hosts.draw()
        if self._inspector is not None:
            self._inspector.draw()

    def on_screen_resume(self) -> None:
        """Run the garbage collection that the closed screen has made due."""
        self.call_later(self._collect)
        self.post_message(self.Resumed())

    def _collect(self) -> None:
        self._collector.collect_if_due(is_idle=self.is_current)

    def watch_fleet(self, old: FleetState, new: FleetState) -> None:
        """Show the new state."""
        if not self.is_mounted:
            return
        self._draw_above(new)
        if self._catalog is not None:
            self._catalog.fleet = new
        self._hosts.fleet = new
        if not self._is_filled:
            self.call_after_refresh(self._fill)
        self._notice.annotations = new.annotations
        is_renamed = old.annotations is not new.annotations
        if self._events is not None and (is_renamed or old.events is not new.events):
            self._events.show_events(new.events, new.annotations)
        if old.events is not new.events:
            self._notice.show_events(old.events, new.events, self._began, self._meet)
        if old.error is not new.error or old.storage_problem is not new.storage_problem:
            self._notice.show_problem(new)
        self.call_later(self._collect)
        if old.orders is not new.orders:
            self._ordered = hosts_ordered(new.orders, self._clock())
        self._inspect()
        self.update_command_states()

    def _draw_above(self, fleet: FleetState) -> None:
        self.query_one(OverviewPane).fleet = fleet

    @on(Table.RowHighlighted, "#hosts")
    def _inspect(self) -> None:
        """Show the host under the cursor in the inspector."""
        if self._inspector is not None:
            key = self._hosts.table.cursor_key
            self._inspector.show_host(self._hosts.host(key) if key else None, self.fleet)

    def _meet(self, host_id: str) -> None:
        """Move the cursor to a purchased host, and show how to start it if it is off."""
        self._purchased = host_id
        self._hosts.select(host_id, is_asked=False)
        host = self._hosts.host(host_id)
        if host is not None and host.status is Status.OFF:
            self._notice.show(
                [_("{host} is ready but off. Press s to start it.").format(host=host.display_name)], mild=True
            )

    # Panes

    def pane(self, name: str) -> Widget | None:
        """Return a pane, or None before it is composed."""
        return {"hosts": self._hosts, "catalog": self._catalog, "history": self._events}[name]

    def focus_pane(self, name: str) -> None:
        """Focus the first widget of a pane."""
        places = {"hosts": self._hosts.table, "history": self._events, "catalog": self._catalog and self._catalog.first}
        if (place := places[name]) is not None:
            self.set_focus(place)

    @property
    def shows_overview(self) -> bool:
        """Whether the overview is shown."""
        return not self.has_class("-no-overview")

    async def action_overview(self) -> None:
        """Show or hide the overview, and save the setting."""
        self.toggle_class("-no-overview")
        self.query_one(StatusBar).shows_totals = not self.shows_overview
        if self._keep is not None:
            from xds_tui.config.schema import PANES_OVERVIEW

            value = None if self.shows_overview else False
            if reason := await self._keep({(*PANES_OVERVIEW.table, PANES_OVERVIEW.name): value}):
                self.notify(reason, severity="warning", markup=False)
