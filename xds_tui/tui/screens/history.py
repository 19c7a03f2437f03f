"""Everything that is remembered: events and orders with a filter, and plots of hosts and money over time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import ContentSwitcher, Static
from textual.worker import Worker

from xds_tui.domain.model import Host
from xds_tui.domain.records import Event, Order
from xds_tui.fleet.host_claims import HostClaims
from xds_tui.fleet.recorder import Recorder
from xds_tui.fleet.state import FleetState
from xds_tui.i18n import N_, _
from xds_tui.system.exports import FileWriteError, write_export
from xds_tui.text import export, formats, messages
from xds_tui.tui.commands import bindings
from xds_tui.tui.flows import claim, copy
from xds_tui.tui.screens.base import LiveScreen
from xds_tui.tui.screens.history_log import HistoryFilter, HistoryLog, rent_lengths
from xds_tui.tui.widgets.event_table import EventTable
from xds_tui.tui.widgets.filter_input import FilterInput
from xds_tui.tui.widgets.footer import KeyBar
from xds_tui.tui.widgets.notice import Notice
from xds_tui.tui.widgets.order_table import OrderTable
from xds_tui.tui.widgets.table.table import Table

if TYPE_CHECKING:
    from xds_tui.tui.widgets.plots import Charts

PAGE: Final = 1_000
"""Events read at once; the next page comes when the cursor nears the end."""

MOST_ORDERS: Final = 2_000

NEAR: Final = 50
"""Rows before the end at which more is read."""

POINTS: Final = 400
"""Samples in a plot: two for each column of a wide terminal."""

REDRAW: Final = timedelta(minutes=1)


class Page(IntEnum):
    """What is looked at."""

    EVENTS = 0
    ORDERS = 1
    PLOTS = 2


_TITLES: Final = (N_("Events"), N_("Orders"), N_("Plots"))
_SPANS: Final = (
    (timedelta(hours=1), N_("last hour")),
    (timedelta(days=1), N_("last day")),
    (timedelta(days=7), N_("last week")),
)


class HistoryScreen(LiveScreen[None]):
    """Looks back."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("history")
    CSS_PATH = "../theme/history.tcss"
    AUTO_FOCUS = ""

    page: reactive[Page] = reactive(Page.EVENTS, repaint=False)
    """What is looked at."""
    span: reactive[int] = reactive(0, repaint=False)
    """Which of the spans is plotted."""
    words: reactive[str] = reactive("", repaint=False)
    """The filter as typed."""

    def __init__(
        self,
        history: Recorder,
        claims: HostClaims,
        fleet: FleetState,
        clock: Callable[[], datetime],
        exports: Path,
    ) -> None:
        """Make the screen.

        Args:
            history: what is remembered.
            claims: what the user's decisions about hosts that may be theirs go to.
            fleet: what is known now.
            clock: the time, UTC.
            exports: the folder that exports are written to.

        """
        super().__init__(fleet)
        self._history = history
        self._claims = claims
        self._clock = clock
        self._exports = exports
        self._past = HistoryLog()
        self._seen: tuple[list[Event], list[Order]] = ([], [])
        self._applied = HistoryFilter()
        self._reading: Worker[None] | None = None
        self._plots: Charts | None = None
        self._is_opening_plots = False
        self._plotted_at: datetime | None = None

    def compose(self) -> ComposeResult:
        """The views' names above, the view below."""
        yield Static(id="views")
        with ContentSwitcher(initial="past-events", id="view"):
            events = EventTable(id="past-events", placeholder=_("Reading"))
            events.is_dated = True
            yield events
            yield OrderTable(id="past-orders", placeholder=_("Nothing was ordered here yet: n rents a host"))
            with Vertical(id="past-plots"):
                yield Static(Content(_("Reading")), id="plots-wait")
        field = FilterInput(_("words, name:train, status:rejected, age<24h"))
        field.display = False
        yield field
        yield Notice()
        yield KeyBar()

    def on_mount(self) -> None:
        """Read what is remembered."""
        # Not by AUTO_FOCUS, which comes again with what lay over the plots, where nothing is to be focused.
        self.query_one("#past-events").focus()
        self._draw_views()
        self._begin_anew()

    def _begin_anew(self) -> None:
        """Read what is remembered, from the newest on."""
        self._past = HistoryLog()
        self._draw()
        self._reading = self._read(self._past)

    @work(exclusive=True, group="reading")
    async def _read(self, past: HistoryLog) -> None:
        """Read on until there are rows enough below the cursor: with a filter that may be until the end."""
        if past.oldest is None:
            past.add_orders(await self._history.past_orders(MOST_ORDERS))
        while past is self._past and not past.is_whole and self.query_one(EventTable).is_near_end(NEAR):
            past.add_older(await self._history.past_events(PAGE, past.oldest))
            self._draw()

    def _read_on(self) -> None:
        if not self._past.is_whole and (self._reading is None or self._reading.is_finished):
            self._reading = self._read(self._past)

    # What is shown

    def watch_fleet(self, old: FleetState, new: FleetState) -> None:
        """Show what has happened since."""
        if not self.is_mounted:
            return
        if old.events and old.events[0] not in new.events:
            self._begin_anew()  # somebody else signed in: what was read is not theirs
        if old.events is not new.events or old.orders is not new.orders:
            self._past.add_newer(new.events)
            self._past.add_orders(new.orders)
            self._draw()
        if self.page is Page.PLOTS and new.snapshot is not old.snapshot:
            self._draw_plots(only_if_old=True)

    def watch_words(self) -> None:
        """Filter as it is typed."""
        self._applied = self._applied.parse(self.words)
        if self.is_mounted:
            self._draw()
            self._read_on()

    def watch_page(self) -> None:
        """Show another view."""
        if not self.is_mounted:
            return
        self.query_one(ContentSwitcher).current = ("past-events", "past-orders", "past-plots")[self.page]
        if self.page is Page.PLOTS:
            self.set_focus(None)
            self._draw_plots()
        else:
            self.query_one(("#past-events", "#past-orders")[self.page]).focus()
        self._draw_views()
        self.refresh_bindings()

    def watch_span(self) -> None:
        """Plot another span."""
        if self.is_mounted:
            self._draw_plots()
            self._draw_views()

    def _draw(self) -> None:
        now = self._clock()
        events = self._past.matching_events(self._applied.events, now)
        orders = self._past.matching_orders(self._applied.orders, now)
        self._seen = events, orders
        table = self.query_one(EventTable)
        nothing = _("Nothing matches: esc shows everything") if self.words else _("Nothing has happened yet")
        table.placeholder = nothing if self._past.is_whole else _("Reading")
        table.show_events(events)
        self.query_one(OrderTable).show_orders(orders, self._hosts())
        if self.page is Page.ORDERS:
            self.refresh_bindings()  # what can be decided of the order at the cursor may have changed
        self._draw_views()

    def _draw_views(self) -> None:
        parts = [f"{'▸' if page == self.page else ' '}{page + 1} {_(title)}" for page, title in enumerate(_TITLES)]
        if self.page is Page.PLOTS:
            parts.append(_(_SPANS[self.span][1]))
        else:
            seen = len(self._seen[self.page])
            error = self._applied.errors[self.page]
            parts.append(_("{count} shown").format(count=seen) + (f" · {self.words}" if self.words else ""))
            parts += [f"! {messages.error_message(error)}"] if error else []
        self.query_one("#views", Static).update(Content("  ".join(parts)))

    def _hosts(self) -> dict[str, Host]:
        snapshot = self.fleet.snapshot
        return {host.id: host for host in snapshot.hosts} if snapshot else {}

    def _draw_plots(self, *, only_if_old: bool = False) -> None:
        now = self._clock()
        if only_if_old and self._plotted_at is not None and abs(now - self._plotted_at) < REDRAW:
            return
        self._plotted_at = now
        if self._plots is not None:
            self._read_samples(self._plots)
        elif not self._is_opening_plots:
            self._is_opening_plots = True
            self._open_plots()

    @work
    async def _open_plots(self) -> None:
        # Not exclusive: half a mount cannot be begun again by the next key.
        painted = asyncio.Event()
        self.call_after_refresh(painted.set)
        await painted.wait()  # what draws them is not imported before it can be read that they come
        from xds_tui.tui.widgets.plots import Charts

        plots = Charts()
        with self.app.batch_update():
            await self.query_one("#past-plots").mount(plots)
            await self.query_one("#plots-wait").remove()
        self._plots = plots
        self._read_samples(plots)

    @work(exclusive=True, group="plots")
    async def _read_samples(self, plots: Charts) -> None:
        now, length = self._clock(), _SPANS[self.span][0]
        plots.draw(await self._history.samples(length, POINTS), now - length, now)

    # What the user does

    def action_page(self, page: int) -> None:
        """Look at something else."""
        self.page = Page(page)

    def action_next(self) -> None:
        """Look at the next view."""
        self.page = Page((self.page + 1) % len(Page))

    def action_previous(self) -> None:
        """Look at the view before."""
        self.page = Page((self.page - 1) % len(Page))

    def action_span(self) -> None:
        """Plot an hour, a day or a week."""
        self.span = (self.span + 1) % len(_SPANS)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what the view can do; the field that is typed into keeps its keys."""
        is_typing = isinstance(self.focused, FilterInput)
        if action in ("next", "previous") and is_typing:
            return False
        if action == "span":
            return self.page is Page.PLOTS
        if action == "decide":
            order = self._order_at_cursor()
            return order is not None and order.candidate is not None
        if action in ("filter", "copy", "export"):
            return self.page is not Page.PLOTS
        return True

    def action_filter(self) -> None:
        """Open the filter."""
        field = self.query_one(FilterInput)
        field.display = True
        field.focus()

    @on(FilterInput.Typed)
    def _filter(self, event: FilterInput.Typed) -> None:
        event.stop()
        self.words = event.text

    @on(FilterInput.Left)
    def _close_filter(self, event: FilterInput.Left) -> None:
        event.stop()
        self.query_one(FilterInput).display = False
        self.query_one(("#past-events", "#past-orders")[min(self.page, 1)]).focus()

    @on(Table.RowHighlighted, "#past-events")
    def _near_the_end(self) -> None:
        self._read_on()

    @on(Table.RowHighlighted, "#past-orders")
    def _offer_decision(self) -> None:
        self.refresh_bindings()

    @on(Table.RowSelected)
    def _tell_all(self, event: Table.RowSelected) -> None:
        if lines := self._lines(event.table, event.key):
            self.query_one(Notice).tell(lines, mild=True)

    def _lines(self, table: Table, key: str) -> tuple[str, ...]:
        """All of what was chosen in `table`: another view may be open by now; empty: it has left meanwhile."""
        if isinstance(table, EventTable):
            told = table.event_of(key)
            return (formats.moment(told.at), *messages.event_lines(told)) if told else ()
        order = self.query_one(OrderTable).order_of(key)
        if order is None:
            return ()
        return (formats.moment(order.created_at), *messages.order_facts(order), *rent_lengths(order, self._hosts()))

    def _order_at_cursor(self) -> Order | None:
        table = self.query_one(OrderTable)
        key = table.cursor_key
        return table.order_of(key) if self.page is Page.ORDERS and key is not None else None

    @work
    async def action_decide(self, is_mine: bool) -> None:
        """Confirm the order at the cursor by the host that may be its, or remember that it is not."""
        order = self._order_at_cursor()
        if order is None or order.candidate is None:
            return
        lines, is_done = await claim.decide(self._claims, order.id, order.candidate, is_mine=is_mine)
        if self.is_attached:
            self.query_one(Notice).tell(lines, mild=is_done)

    @work
    async def action_copy(self) -> None:
        """Send the traceId of what is under the cursor to the clipboard."""
        table = self.query_one(("#past-events", "#past-orders")[self.page], Table)
        key = table.cursor_key
        if key is None:
            return
        chosen = (
            self.query_one(EventTable).event_of(key)
            if self.page is Page.EVENTS
            else self.query_one(OrderTable).order_of(key)
        )
        if chosen is None:
            return
        if not chosen.trace_id:
            self.query_one(Notice).tell([_("The service gave no traceId for this")], mild=True)
            return
        await copy.copy_and_tell(self, chosen.trace_id, f"traceId {chosen.trace_id}")

    @work
    async def action_export(self) -> None:
        """Write what is shown to files, as CSV and as JSON: all of it, and not only what has been scrolled to."""
        past, applied, now = self._past, self._applied, self._clock()
        if self.page is Page.EVENTS:
            notice = self.query_one(Notice)
            while not past.is_whole:
                far = _("Reading all of it: {count} events so far; esc stops").format(count=past.count)
                notice.tell([far], mild=True, subject="export")
                past.add_older(await self._history.past_events(PAGE, past.oldest))
                if past is not self._past or not notice.display:
                    return  # somebody else signed in meanwhile, or it was stopped
            name, table = "events", export.events_table(past.matching_events(applied.events, now))
        else:
            name, table = "orders", export.orders_table(past.matching_orders(applied.orders, now), self._hosts())
        stem = f"{name}-{now:%Y%m%dT%H%M%SZ}"
        try:
            for ending, content in ((".csv", export.to_csv(table)), (".json", export.to_json(table))):
                path = await write_export(self._exports, stem + ending, content)
        except FileWriteError as error:
            self.query_one(Notice).tell([messages.error_message(error)])
            return
        told = _("{count} rows were written to {path} (.csv and .json)")
        self.query_one(Notice).tell([told.format(count=len(table.rows), path=path.with_suffix(""))], mild=True)

    def action_leave(self) -> None:
        """Go back: from the notice, from the filter, from the screen."""
        if self.query_one(Notice).dismiss():
            return
        if self.words:
            self.query_one(FilterInput).value = ""
            return
        self.dismiss()
