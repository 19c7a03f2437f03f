"""The history screen: all events and operations with a filter, and charts of hosts and costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import ContentSwitcher, Static
from textual.worker import Worker

from xds_tui.domain.endpoint import DEMO
from xds_tui.domain.filtering import RowContext
from xds_tui.domain.model import Host
from xds_tui.domain.records import Event, Order, Quote
from xds_tui.fleet.host_claims import HostClaims
from xds_tui.fleet.recorder import Recorder
from xds_tui.fleet.state import FleetState
from xds_tui.i18n import N_, _
from xds_tui.system.files import FileWriteError, write_export
from xds_tui.text import export, formats, messages, terms
from xds_tui.text.record_names import aliased_candidate, with_candidate_alias
from xds_tui.tui.commands import COMMANDS, bindings
from xds_tui.tui.context import Profile
from xds_tui.tui.flows import claim, copy
from xds_tui.tui.screens.base import LiveScreen
from xds_tui.tui.screens.history_log import HistoryFilter, HistoryLog, rental_hours
from xds_tui.tui.theme import glyphs
from xds_tui.tui.widgets.charts import SPANS, Charts
from xds_tui.tui.widgets.event_table import EventTable
from xds_tui.tui.widgets.filter_input import FilterInput
from xds_tui.tui.widgets.footer import KeyBar
from xds_tui.tui.widgets.notice import Notice
from xds_tui.tui.widgets.order_table import OrderTable
from xds_tui.tui.widgets.status_bar import StatusBar
from xds_tui.tui.widgets.table.table import Table

PAGE_SIZE: Final = 1_000
"""Events read at once; the next ones are read when the cursor nears the end."""

MAX_ORDERS: Final = 2_000

PREFETCH_ROWS: Final = 50
"""Distance of the cursor from the last row at which more events are read."""


class Tab(IntEnum):
    """A tab of the screen."""

    EVENTS = 0
    ORDERS = 1
    CHARTS = 2


_COMMANDS: Final = ("history.events", "history.orders", "history.charts")
"""The command of each tab, which has its title."""
_NO_ORDERS: Final = N_("No operations yet. Press n to rent a host.")
_WIDGETS: Final = ("#all-events", "#all-orders", "#charts")
"""The widget of each tab."""
_ROW: Final = "row"
"""The subject of a notice with the details of a row, which does not outlast the row's tab."""


class HistoryScreen(LiveScreen[None]):
    """Shows the history of one account in tabs."""

    manual_topic = "orders"
    BINDINGS: ClassVar[list[BindingType]] = bindings("history")
    CSS_PATH = "../theme/history.tcss"
    AUTO_FOCUS = ""

    tab: reactive[Tab] = reactive(Tab.EVENTS, repaint=False)
    """The tab that is shown."""
    filter_text: reactive[str] = reactive("", repaint=False)
    """The filter as typed."""

    def __init__(
        self,
        profile: Profile,
        history: Recorder,
        claims: HostClaims,
        fleet: FleetState,
        clock: Callable[[], datetime],
        exports: Path,
        *,
        rent: Callable[[Quote, str | None], object],
    ) -> None:
        """Create the screen.

        Args:
            profile: the open profile, for the status line.
            history: reads the journal.
            claims: receives the user's decisions about hosts that may be theirs.
            fleet: the current state.
            clock: returns the time, UTC.
            exports: the folder that exports are written to.
            rent: opens the wizard for another host like one that was ordered.

        """
        super().__init__(fleet)
        self._rent = rent
        self._profile = profile
        self._history = history
        self._claims = claims
        self._clock = clock
        self._exports = exports
        self._log = HistoryLog()
        self._shown: tuple[list[Event], list[Order]] = ([], [])
        self._filter = HistoryFilter()
        self._reader: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        """Create the status line, the names of the tabs, the tabs, the filter and the keys."""
        yield StatusBar(self._profile, self._clock, title=_(terms.HISTORY))
        yield Static(id="tabs")
        with ContentSwitcher(initial="all-events", id="tab"):
            events = EventTable(id="all-events", placeholder=_("Loading…"))
            events.is_dated = True
            yield events
            yield OrderTable(id="all-orders", placeholder=_("Loading…"))
            yield Charts(self._history.samples, self._clock, id="charts")
        field = FilterInput(_("text, name:train, status:rejected, age<24h"), self.filter_text)
        field.display = False
        yield field
        yield Notice()
        yield KeyBar()

    def on_mount(self) -> None:
        """Read the journal."""
        # Not by AUTO_FOCUS, which would set the focus again whenever a dialog over the charts closes.
        self.query_one("#all-events").focus()
        self.query_one(StatusBar).fleet = self.fleet
        self._restart()

    def _restart(self) -> None:
        """Read the journal from the newest event on."""
        self._log = HistoryLog()
        self._draw_tables()
        self._reader = self._read(self._log)

    @work(exclusive=True, group="reading")
    async def _read(self, log: HistoryLog) -> None:
        """Read events until enough rows are below the cursor, which with a filter may be until the end."""
        if not log.has_orders:
            log.add_orders(await self._history.past_orders(MAX_ORDERS))
            log.has_orders = True
        while log is self._log and not log.is_whole and self.query_one(EventTable).is_near_end(PREFETCH_ROWS):
            log.add_older(await self._history.past_events(PAGE_SIZE, log.oldest))
            self._draw_tables()

    def _read_more(self) -> None:
        if not self._log.is_whole and (self._reader is None or self._reader.is_finished):
            self._reader = self._read(self._log)

    # Display

    def watch_fleet(self, old: FleetState, new: FleetState) -> None:
        """Show new events and operations, and keep the charts up to date while they are shown."""
        if not self.is_mounted:
            return
        self.query_one(StatusBar).fleet = new
        if old.events and old.events[0] not in new.events:
            self._restart()  # another account signed in
        is_renamed = old.annotations is not new.annotations
        if is_renamed or old.events is not new.events or old.orders is not new.orders:
            self._log.add_newer(new.events)
            self._log.add_orders(new.orders)
            self._draw_tables()
        if self.tab is Tab.CHARTS and new.snapshot is not old.snapshot:
            self.query_one(Charts).update(new, only_if_old=True)

    def watch_filter_text(self) -> None:
        """Apply the filter while it is typed."""
        self._filter = self._filter.parse(self.filter_text)
        if self.is_mounted:
            self._draw_tables()
            self._read_more()

    def watch_tab(self) -> None:
        """Show another tab."""
        if not self.is_mounted:
            return
        self.query_one(ContentSwitcher).current = _WIDGETS[self.tab].removeprefix("#")
        if self.tab is Tab.CHARTS:
            self.set_focus(None)
            self.query_one(Charts).update(self.fleet)
        else:
            self.query_one(_WIDGETS[self.tab]).focus()
        self.query_one(Notice).clear(_ROW)
        self._draw_tabs()
        self.refresh_bindings()

    def _draw_tables(self) -> None:
        context = _row_context(self._clock(), self.fleet)
        events = self._log.matching_events(self._filter.events, context)
        orders = self._log.matching_orders(self._filter.orders, context)
        self._shown = events, orders
        table, order_table = self.query_one(EventTable), self.query_one(OrderTable)
        table.placeholder = _placeholder(_(terms.NO_EVENTS), self.filter_text, is_read=self._log.is_whole)
        table.show_events(events, self.fleet.annotations)
        order_table.placeholder = _placeholder(_(_NO_ORDERS), self.filter_text, is_read=self._log.has_orders)
        order_table.show_orders(orders, _hosts(self.fleet), self.fleet.annotations)
        if self.tab is Tab.ORDERS:
            self.refresh_bindings()  # the order under the cursor may have another candidate
        self._draw_tabs()

    def _draw_tabs(self) -> None:
        if self.tab is Tab.CHARTS:
            parts = [self.query_one(Charts).span_name]
        else:
            count, error = len(self._shown[self.tab]), self._filter.errors[self.tab]
            filtered = f" · {self.filter_text}" if self.filter_text else ""
            parts = [_("{count} shown").format(count=count) + filtered]
            parts += [f"! {messages.error_message(error)}"] if error else []
        if self.fleet.base_url == DEMO:
            parts.append(_("generated demo data"))
        self.query_one("#tabs", Static).update(Content("  ".join([*_tab_titles(self.tab), *parts])))

    # Actions

    def action_tab(self, tab: int) -> None:
        """Show a tab."""
        self.tab = Tab(tab)

    def action_next(self) -> None:
        """Show the next tab."""
        self.tab = Tab((self.tab + 1) % len(Tab))

    def action_previous(self) -> None:
        """Show the previous tab."""
        self.tab = Tab((self.tab - 1) % len(Tab))

    def action_span(self) -> None:
        """Show the charts of an hour, a day or a week."""
        charts = self.query_one(Charts)
        charts.span = (charts.span + 1) % len(SPANS)
        self._draw_tabs()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the actions of the current tab; keys typed into the filter are not actions."""
        if action in ("next", "previous") and isinstance(self.focused, FilterInput):
            return False
        if action == "span":
            return self.tab is Tab.CHARTS
        if action == "decide":
            order = self._order_at_cursor()
            return order is not None and order.candidate is not None
        if action == "rent_again":
            order = self._order_at_cursor()
            return order is not None and order.quote is not None
        if action in ("filter", "copy", "export"):
            return self.tab is not Tab.CHARTS
        return True

    def action_filter(self) -> None:
        """Open the filter."""
        field = self.query_one(FilterInput)
        field.display = True
        field.focus()

    @on(FilterInput.Typed)
    def _apply_filter(self, event: FilterInput.Typed) -> None:
        event.stop()
        self.filter_text = event.text

    @on(FilterInput.Left)
    def _close_filter(self, event: FilterInput.Left) -> None:
        event.stop()
        self.query_one(FilterInput).display = False
        if self.tab is not Tab.CHARTS:
            self.query_one(_WIDGETS[self.tab]).focus()

    @on(Table.RowHighlighted, "#all-events")
    def _on_event_highlighted(self) -> None:
        self._read_more()

    @on(Table.RowHighlighted, "#all-orders")
    def _on_order_highlighted(self) -> None:
        self.refresh_bindings()

    @on(Table.RowSelected)
    def _show_row(self, event: Table.RowSelected) -> None:
        if lines := _row_lines(event.table, event.key, self.fleet):
            self.show_notice(lines, mild=True, subject=_ROW)

    def _order_at_cursor(self) -> Order | None:
        table = self.query_one(OrderTable)
        key = table.cursor_key
        return table.order_of(key) if self.tab is Tab.ORDERS and key is not None else None

    def action_rent_again(self) -> None:
        """Rent another host like that of the order under the cursor."""
        if (order := self._order_at_cursor()) and order.quote:
            self._rent(order.quote, order.host_id)

    @work
    async def action_decide(self, is_mine: bool) -> None:
        """Confirm the order under the cursor with its candidate, or decline the candidate."""
        order = self._order_at_cursor()
        if order is None or order.candidate is None:
            return
        candidate = aliased_candidate(order.candidate, self.fleet.annotations)
        lines, is_decided = await claim.decide(self._claims, order.id, candidate, is_mine=is_mine)
        self.show_notice(lines, mild=is_decided)

    @work
    async def action_copy(self) -> None:
        """Copy the traceId of the row under the cursor."""
        key = self.query_one(_WIDGETS[self.tab], Table).cursor_key
        if key is None:
            return
        row = self.query_one(EventTable).event_of(key) or self.query_one(OrderTable).order_of(key)
        if row is None:
            return
        if row.trace_id:
            await copy.copy_and_report(self, row.trace_id, f"traceId {row.trace_id}")
        else:
            self.show_notice([_("The service returned no traceId for this")], mild=True)

    @work
    async def action_export(self) -> None:
        """Write all rows that match the filter to a CSV and a JSON file, including those that are not loaded yet."""
        context, applied, annotations = _row_context(self._clock(), self.fleet), self._filter, self.fleet.annotations
        if self.tab is Tab.EVENTS:
            log = await self._load_all()
            if log is None:
                return
            name, table = "events", export.events_table(log.matching_events(applied.events, context), annotations)
        else:
            orders = self._log.matching_orders(applied.orders, context)
            name, table = "orders", export.orders_table(orders, _hosts(self.fleet), annotations)
        stem = f"{name}-{context.now:%Y%m%dT%H%M%SZ}"
        try:
            for ending, content in ((".csv", export.to_csv(table)), (".json", export.to_json(table))):
                path = await write_export(self._exports, stem + ending, content)
        except FileWriteError as error:
            self.show_notice([messages.error_message(error)])
            return
        text = _("Exported {count} rows to {path} (.csv and .json)")
        self.show_notice([text.format(count=len(table.rows), path=path.with_suffix(""))], mild=True)

    async def _load_all(self) -> HistoryLog | None:
        """Read all events; None if the user stopped it or another account signed in."""
        log, notice = self._log, self.query_one(Notice)
        while not log.is_whole:
            progress = _("Loading history: {count} events so far (esc to stop)").format(count=log.count)
            self.show_notice([progress], mild=True, subject="export")
            log.add_older(await self._history.past_events(PAGE_SIZE, log.oldest))
            if log is not self._log or not notice.display:
                return None
        return log

    def action_leave(self) -> None:
        """Close the notice, else clear the filter, else close the screen."""
        if self.query_one(Notice).dismiss():
            return
        if self.filter_text:
            self.query_one(FilterInput).value = ""
            return
        self.dismiss()


def _tab_titles(current: Tab) -> list[str]:
    titles = [_(COMMANDS[command].label) for command in _COMMANDS]
    return [f"{'▸' if tab == current else ' '}{tab + 1} {title}" for tab, title in enumerate(titles)]


def _placeholder(empty: str, filter_text: str, *, is_read: bool) -> str:
    """Return what a table without rows says."""
    if not is_read:
        return _("Loading…")
    return _("No matches. Press esc to clear the filter.") if filter_text else empty


def _row_context(now: datetime, fleet: FleetState) -> RowContext:
    return RowContext(now, annotations=fleet.annotations)


def _hosts(fleet: FleetState) -> dict[str, Host]:
    return {host.id: host for host in fleet.snapshot.hosts} if fleet.snapshot else {}


def _row_lines(table: Table, key: str, fleet: FleetState) -> tuple[str, ...]:
    """Return the full text of a row of `table`, which another tab may cover by now; empty if the row is gone."""
    if isinstance(table, EventTable) and (event := table.event_of(key)):
        event = glyphs.with_shown_name(table.app, event, fleet.annotations)
        return (formats.moment(event.at), *messages.event_lines(event))
    if isinstance(table, OrderTable) and (order := table.order_of(key)):
        order = with_candidate_alias(order, fleet.annotations)
        order = glyphs.with_shown_name(table.app, order, fleet.annotations)
        return (formats.moment(order.created_at), *messages.order_facts(order), *rental_hours(order, _hosts(fleet)))
    return ()
