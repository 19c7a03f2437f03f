"""Everything that is remembered: events and orders with a filter, and plots of hosts and money over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import ContentSwitcher, Static

from xds_tui import export
from xds_tui.fleet.chronicle import Chronicle
from xds_tui.fleet.state import FleetState
from xds_tui.i18n import _
from xds_tui.model import Host
from xds_tui.record import Event, Order
from xds_tui.store.db import StoreError
from xds_tui.store.exports import write_export
from xds_tui.tui import telling, wording
from xds_tui.tui.screens.live import LiveScreen
from xds_tui.tui.widgets.event_list import EventList
from xds_tui.tui.widgets.filter_field import FilterField
from xds_tui.tui.widgets.key_bar import KeyBar
from xds_tui.tui.widgets.line_table import LineTable
from xds_tui.tui.widgets.notice import Notice
from xds_tui.tui.widgets.order_list import OrderList

if TYPE_CHECKING:
    from xds_tui.tui.widgets.plots import Plots

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


_TITLES: Final = (_("Events"), _("Orders"), _("Plots"))
_SPANS: Final = (
    (timedelta(hours=1), _("last hour")),
    (timedelta(days=1), _("last day")),
    (timedelta(days=7), _("last week")),
)


class HistoryScreen(LiveScreen[None]):
    """Looks back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", _("Back"), id="history.back"),
        *(Binding(str(page + 1), f"page({page})", title, show=False) for page, title in enumerate(_TITLES)),
        Binding("right,tab", "next", _("Next view"), id="history.next", priority=True),
        Binding("left", "previous", _("View before"), id="history.previous", show=False, priority=True),
        Binding("slash", "filter", _("Find"), id="history.filter", key_display="/"),
        Binding("s", "span", _("Time span"), id="history.span"),
        Binding("t", "copy", _("Copy traceId"), id="history.trace"),
        Binding("e", "export", _("Export"), id="history.export"),
    ]
    CSS_PATH = "../theme/history.tcss"
    AUTO_FOCUS = "#past-events"

    page: reactive[Page] = reactive(Page.EVENTS, repaint=False)
    """What is looked at."""
    span: reactive[int] = reactive(0, repaint=False)
    """Which of the spans is plotted."""
    words: reactive[str] = reactive("", repaint=False)
    """The filter as typed."""

    def __init__(self, history: Chronicle, fleet: FleetState, clock: Callable[[], datetime], exports: Path) -> None:
        """Make the screen.

        Args:
            history: what is remembered.
            fleet: what is known now.
            clock: the time, UTC.
            exports: the folder that exports are written to.

        """
        super().__init__(fleet)
        self._history = history
        self._clock = clock
        self._exports = exports
        self._events: list[Event] = []
        self._orders: Sequence[Order] = ()
        self._is_all_read = False
        self._plots: Plots | None = None
        self._plotted_at: datetime | None = None

    def compose(self) -> ComposeResult:
        """The views' names above, the view below."""
        yield Static(id="views")
        with ContentSwitcher(initial="past-events", id="view"):
            yield EventList(id="past-events", placeholder=_("Reading"))
            yield OrderList(id="past-orders", placeholder=_("Nothing was ordered here yet: n rents a host"))
            yield Vertical(id="past-plots")
        field = FilterField(_("words, or -words that must not be there"))
        field.display = False
        yield field
        yield Notice()
        yield KeyBar()

    def on_mount(self) -> None:
        """Read what is remembered."""
        self._draw_views()
        self._read()

    @work
    async def _read(self) -> None:
        self._orders = await self._history.past_orders(MOST_ORDERS)
        await self._read_more()

    async def _read_more(self) -> None:
        """Read the next page of events, and show it."""
        before = self._events[-1].at if self._events else None
        more = await self._history.past_events(PAGE, before)
        self._is_all_read = not more
        self._events += more
        self.query_one(EventList).placeholder = _("Nothing has happened yet")
        self._draw()

    # What is shown

    def watch_fleet(self, old: FleetState, new: FleetState) -> None:
        """Show what has happened since."""
        if not self.is_mounted:
            return
        if old.events is not new.events:
            known = set(map(id, old.events))
            self._events[:0] = [event for event in new.events if id(event) not in known]
            self._draw()
        if old.orders is not new.orders:
            self._take_orders(new.orders)
        if self.page is Page.PLOTS and new.snapshot is not old.snapshot:
            self._draw_plots(only_if_old=True)

    def _take_orders(self, orders: Sequence[Order]) -> None:
        newer = {order.id: order for order in orders}
        known = {order.id for order in self._orders}
        self._orders = (
            *(order for order in orders if order.id not in known),
            *(newer.get(order.id, order) for order in self._orders),
        )
        self._draw()

    def watch_words(self) -> None:
        """Filter as it is typed."""
        if self.is_mounted:
            self._draw()

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
        self.query_one(EventList).show_events(self._seen_events())
        self.query_one(OrderList).show_orders(self._seen_orders(), self._hosts())
        self._draw_views()

    def _draw_views(self) -> None:
        parts = [f"{'▸' if page == self.page else ' '}{page + 1} {title}" for page, title in enumerate(_TITLES)]
        if self.page is Page.PLOTS:
            parts.append(_SPANS[self.span][1])
        else:
            seen = len(self._seen_events() if self.page is Page.EVENTS else self._seen_orders())
            parts.append(_("{count} shown").format(count=seen) + (f" · {self.words}" if self.words else ""))
        self.query_one("#views", Static).update(Content("  ".join(parts)))

    def _seen_events(self) -> list[Event]:
        return [event for event in self._events if _matches(self.words, *telling.event_lines(event))]

    def _seen_orders(self) -> list[Order]:
        return [order for order in self._orders if _matches(self.words, *_words_of(order))]

    def _hosts(self) -> dict[str, Host]:
        snapshot = self.fleet.snapshot
        return {host.id: host for host in snapshot.hosts} if snapshot else {}

    @work(exclusive=True, group="plots")
    async def _draw_plots(self, *, only_if_old: bool = False) -> None:
        now = self._clock()
        if only_if_old and self._plotted_at is not None and abs(now - self._plotted_at) < REDRAW:
            return
        self._plotted_at = now
        if self._plots is None:
            from xds_tui.tui.widgets.plots import Plots

            self._plots = Plots()
            await self.query_one("#past-plots").mount(self._plots)
        length = _SPANS[self.span][0]
        self._plots.draw(await self._history.samples(length, POINTS), now - length, now)

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
        is_typing = isinstance(self.focused, FilterField)
        if action in ("next", "previous") and is_typing:
            return False
        if action == "span":
            return self.page is Page.PLOTS
        if action in ("filter", "copy", "export"):
            return self.page is not Page.PLOTS
        return True

    def action_filter(self) -> None:
        """Open the filter."""
        field = self.query_one(FilterField)
        field.display = True
        field.focus()

    @on(FilterField.Typed)
    def _filter(self, event: FilterField.Typed) -> None:
        event.stop()
        self.words = event.text

    @on(FilterField.Left)
    def _close_filter(self, event: FilterField.Left) -> None:
        event.stop()
        self.query_one(FilterField).display = False
        self.query_one(("#past-events", "#past-orders")[min(self.page, 1)]).focus()

    @on(LineTable.RowHighlighted, "#past-events")
    async def _near_the_end(self, event: LineTable.RowHighlighted) -> None:
        table = self.query_one(EventList)
        if not self._is_all_read and self._events and table.is_near_end(NEAR):
            await self._read_more()

    @on(LineTable.RowSelected)
    def _tell_all(self, event: LineTable.RowSelected) -> None:
        self.query_one(Notice).tell(self._lines(event.key), mild=True)

    def _lines(self, key: str) -> tuple[str, ...]:
        if self.page is Page.EVENTS:
            told = self.query_one(EventList).event_of(key)
            return (wording.moment(told.at), *telling.event_lines(told))
        order = self.query_one(OrderList).order_of(key)
        return (wording.moment(order.created_at), *_words_of(order), *telling.order_lines(order))

    def action_copy(self) -> None:
        """Send the traceId of what is under the cursor to the clipboard."""
        table = self.query_one(("#past-events", "#past-orders")[self.page], LineTable)
        key = table.cursor_key
        if key is None:
            return
        chosen = (
            self.query_one(EventList).event_of(key)
            if self.page is Page.EVENTS
            else self.query_one(OrderList).order_of(key)
        )
        if not chosen.trace_id:
            self.query_one(Notice).tell([_("The service gave no traceId for this")], mild=True)
            return
        self.app.copy_to_clipboard(chosen.trace_id)
        sent = _("traceId {id} was sent to the terminal's clipboard.").format(id=chosen.trace_id)
        self.query_one(Notice).tell([sent], mild=True)

    @work
    async def action_export(self) -> None:
        """Write what is shown to files, as CSV and as JSON."""
        if self.page is Page.EVENTS:
            name, table = "events", export.events_table(self._seen_events())
        else:
            name, table = "orders", export.orders_table(self._seen_orders(), self._hosts())
        stem = f"{name}-{self._clock():%Y%m%dT%H%M%SZ}"
        try:
            for ending, content in ((".csv", export.to_csv(table)), (".json", export.to_json(table))):
                path = await write_export(self._exports, stem + ending, content)
        except StoreError as error:
            self.query_one(Notice).tell([_(error.summary), error.detail])
            return
        told = _("{count} rows were written to {path} (.csv and .json)")
        self.query_one(Notice).tell([told.format(count=len(table.rows), path=path.with_suffix(""))], mild=True)

    def action_leave(self) -> None:
        """Go back: from the notice, from the filter, from the screen."""
        if self.query_one(Notice).dismiss():
            return
        if self.words:
            self.query_one(FilterField).value = ""
            return
        self.dismiss()


def _words_of(order: Order) -> tuple[str, ...]:
    """What an order can be found by, and is told as."""
    promise = order.promise
    bought = (promise.package.name, promise.image.label, wording.money(promise.estimate)) if promise else ()
    what = (telling.action(order.action), order.host_name, telling.order_state(order.state), *bought)
    host = (_("host {id}").format(id=order.host_id),) if order.host_id else ()
    return (*(part for part in what if part), *host)


def _matches(words: str, *texts: str) -> bool:
    """Whether every word is somewhere in `texts`, and none that follows a minus is."""
    text = "\n".join(texts).casefold()
    return all(
        (word[1:] not in text) if word.startswith("-") and len(word) > 1 else word in text
        for word in words.casefold().split()
    )
