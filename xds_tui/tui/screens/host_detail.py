"""All details of one host; the password is masked unless the user reveals it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar, Final

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal, VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.timer import Timer

from xds_tui.domain.credentials import MASK
from xds_tui.domain.model import Host
from xds_tui.domain.records import Event, Order, OrderAction
from xds_tui.fleet.monitor import Monitor
from xds_tui.fleet.state import ConnectionState
from xds_tui.i18n import _
from xds_tui.text import formats, host_card, messages, tags, terms
from xds_tui.text.activity import activities, activity_line
from xds_tui.text.overview import Line
from xds_tui.tui.command import Context, hosts_ordered
from xds_tui.tui.commands import COMMANDS, bindings
from xds_tui.tui.flows import connect, copy
from xds_tui.tui.flows.connect import ConnectMethods
from xds_tui.tui.flows.power import confirm_and_order, select
from xds_tui.tui.host_fields import FieldGroup, host_field_groups
from xds_tui.tui.runtime.key_queue import FLOW
from xds_tui.tui.screens.base import WIDE_COLUMNS
from xds_tui.tui.screens.host_actions import HostActionsScreen
from xds_tui.tui.theme import glyphs
from xds_tui.tui.widgets.footer import KeyBar
from xds_tui.tui.widgets.lines import StyledLines
from xds_tui.tui.widgets.notice import Notice

BROAD_COLUMNS: Final = 160
"""Columns from which the fields are in three columns, above events and operations side by side."""

TALL_ROWS: Final = 30
"""Rows from which all fields are usually visible at once."""

REVEAL_TIMEOUT: Final = 30.0
"""Seconds that a password stays on screen."""

MAX_PAST: Final = 2_000
"""How many events and orders of all hosts are searched for those of this one, the latest ones."""

_COLUMNS: Final = ("fields", "more-fields", "other-fields")
"""The widgets of the columns of fields; all but the first are empty on narrower terminals."""


class HostDetailScreen(HostActionsScreen[None]):
    """Shows one host, by ID: a change of the list does not replace it."""

    manual_topic = "ssh"
    BINDINGS: ClassVar[list[BindingType]] = bindings("detail")

    CSS_PATH = "../theme/detail.tcss"

    def __init__(
        self,
        monitor: Monitor,
        host_id: str,
        clock: Callable[[], datetime],
        means: ConnectMethods,
        *,
        rent: Callable[[Host], object],
        is_read_only: bool = False,
    ) -> None:
        """Create the screen.

        Args:
            monitor: provides the fleet and sends operations.
            host_id: the host.
            clock: returns the time, UTC.
            means: how hosts are connected to.
            rent: opens the wizard for another host like this one.
            is_read_only: whether operations are disabled.

        """
        super().__init__(monitor.state)
        self._rent = rent
        self._means = means
        self._is_read_only = is_read_only
        self._monitor = monitor
        self._host_id = host_id
        self._clock = clock
        self._is_revealed = False
        self._is_described = False
        self._hiding: Timer | None = None
        self._past_events: tuple[Event, ...] = ()
        self._past_orders: tuple[Order, ...] = ()

    def compose(self) -> ComposeResult:
        """Compose fields and events of the host: side by side on wide terminals, otherwise stacked."""
        self._arrange(self.app.size.width)
        yield self.status_line(_("Host"))
        with Container(id="columns"):
            with VerticalScroll(id="detail", classes="pane"), Horizontal(id="field-columns"):
                for column in _COLUMNS:
                    yield StyledLines(id=column)
            with Container(id="past"):
                with VerticalScroll(id="host-events", classes="pane"):
                    yield StyledLines(id="event-lines")
                with VerticalScroll(id="host-orders", classes="pane"):
                    yield StyledLines(id="order-lines")
        yield Notice(id="notice")
        yield KeyBar()

    def on_resize(self, event: Resize) -> None:
        """Arrange the columns for the new width."""
        self._arrange(event.size.width)
        self.call_after_refresh(self._draw)

    def _arrange(self, width: int) -> None:
        self.set_class(width >= WIDE_COLUMNS, "-wide")
        self.set_class(width >= BROAD_COLUMNS, "-broad")

    def on_mount(self) -> None:
        """Show the host and its past, and request the details that the list lacks."""
        self._draw()
        self._describe()
        self._read_past()
        self.update_command_states()

    @work
    async def _read_past(self) -> None:
        """Read the events and orders of earlier sessions."""
        recorder = self._monitor.recorder
        self._past_orders = tuple(order for order in await recorder.past_orders(MAX_PAST) if self._is_mine(order))
        self._past_events = tuple(event for event in await recorder.past_events(MAX_PAST, None) if self._is_mine(event))
        self._draw()

    def _is_mine(self, record: Event | Order) -> bool:
        return record.host_id == self._host_id

    def watch_fleet(self) -> None:
        """Show the new state."""
        if self.is_mounted:
            self._draw()
            self._describe()
            self.update_command_states()

    def context(self) -> Context:
        """The host and the state of the connection, on which the available actions depend."""
        hosts = [host] if (host := self._host) else []
        ordered = hosts_ordered(self.fleet.orders, self._clock())
        return Context.from_state(self.fleet, hosts, ordered, is_read_only=self._is_read_only)

    @property
    def _host(self) -> Host | None:
        snapshot = self.fleet.snapshot
        return next((host for host in snapshot.hosts if host.id == self._host_id), None) if snapshot else None

    def _describe(self) -> None:
        """Request this host once, as soon as there is a connection."""
        if not self._is_described and self.fleet.connection in (ConnectionState.LIVE, ConnectionState.PAUSED):
            self._is_described = True
            self._monitor.request_details(self._host_id)

    def _draw(self) -> None:
        host, fields, events = self._host, self.query_one("#fields", StyledLines), self.query_one("#host-events")
        pane = self.query_one("#detail")
        if host is None:
            pane.border_title = Content(self._host_id)
            fields.show([((_("This host no longer exists."), ""),)])
            return
        pane.border_title = Content(f"{glyphs.marked_name(self.app, host)} · {formats.status(host)}")
        events.border_title = Content(_("Recent events"))
        now = self._clock()
        groups = host_field_groups(host, self.fleet, now, self._password(host))
        is_broad = self.has_class("-broad")
        if is_broad:
            machine, access, cost, *others = groups
            columns = ([machine], [access, *others], [cost])
        elif self.size.height < TALL_ROWS:
            machine, access, *others = groups
            columns = ([access, machine, *others], [], [])  # what the page is opened for most often, without scrolling
        else:
            columns = (list(groups), [], [])
        width = fields.size.width or self.size.width
        bar = host_card.remaining_bar(host, now, width - 2)
        last = max(index for index, column in enumerate(columns) if column)
        for index, (name, column) in enumerate(zip(_COLUMNS, columns, strict=True)):
            lines = _field_lines(column, width)
            lines += [(), (("  ", ""), *bar)] if bar and index == last else []
            self.query_one(f"#{name}", StyledLines).show(lines)
        self._draw_past()

    def _draw_past(self) -> None:
        """Show the events of the host, and beside them the operations on it if there is room."""
        events, orders = self.query_one("#event-lines", StyledLines), self.query_one("#order-lines", StyledLines)
        self.query_one("#host-orders").border_title = Content(_(COMMANDS["history.orders"].label))
        events.show(self._event_lines(events.size.width or self.size.width))
        orders.show(self._order_lines(orders.size.width or self.size.width))

    def _order_lines(self, width: int) -> list[Line]:
        known = {order.id: order for order in (*self._past_orders, *filter(self._is_mine, self.fleet.orders))}
        lines: list[Line] = []
        for order in sorted(known.values(), key=lambda order: order.created_at, reverse=True):
            price = formats.money(order.quote.estimate) if order.quote else ""
            parts = (messages.action(order.action), messages.order_status(order), price, messages.order_reason(order))
            text = " · ".join(part for part in parts if part)
            lines += _timed_lines(order.created_at, text, width)
        return lines or [((_("No operations yet"), "muted"),)]

    def _event_lines(self, width: int) -> list[Line]:
        events = dict.fromkeys((*filter(self._is_mine, self.fleet.events), *self._past_events))
        happened = [glyphs.with_shown_name(self.app, event, self.fleet.annotations) for event in events]
        lines: list[Line] = []
        for activity in activities(happened):
            lines += _timed_lines(activity.latest.at, activity_line(activity), width)
        return lines or [((_(terms.NO_EVENTS), "muted"),)]

    def _password(self, host: Host) -> str:
        if host.password is None:
            return formats.NOTHING
        return host.password.reveal() if self._is_revealed else f"{MASK}  {_('press v to show for 30 s')}"

    def action_reveal(self) -> None:
        """Show the password for a while, or hide it again."""
        self._set_revealed(not self._is_revealed)

    def _set_revealed(self, revealed: bool) -> None:
        self._is_revealed = revealed
        if self._hiding is not None:
            self._hiding.stop()
        self._hiding = self.set_timer(REVEAL_TIMEOUT, lambda: self._set_revealed(False)) if revealed else None
        self._draw()

    def on_screen_suspend(self) -> None:
        """Hide the password when another screen covers this one."""
        self._set_revealed(False)

    def action_connect(self) -> None:
        """Connect to this host."""
        if host := self._host:
            connect.begin(self, host, self._means)

    @work(group=FLOW)
    async def action_copy(self) -> None:
        """Copy a field of this host."""
        if host := self._host:
            await copy.choose_and_copy(self, [host], self._means.commands)

    def selected_hosts(self) -> Sequence[Host]:
        """Return this host, while it exists."""
        return [host] if (host := self._host) else []

    @work
    async def action_copy_password(self) -> None:
        """Send the password to the terminal's clipboard."""
        host = self._host
        if host is not None and host.password:
            await copy.copy_and_report(self, host.password.reveal(), _(terms.PASSWORD))
        else:
            self.query_one(Notice).show([_(messages.NO_PASSWORD)], mild=True)

    def action_rent_again(self) -> None:
        """Rent another host like this one."""
        if host := self._host:
            self._rent(host)

    @work(group=FLOW)
    async def action_ask(self, name: str) -> None:
        """Confirm and place an operation on this host."""
        hosts = [host] if (host := self._host) else []
        selection = select(hosts, self.fleet)
        await confirm_and_order(self, self._monitor, OrderAction[name.upper()], selection, (), self._clock())

    def action_leave(self) -> None:
        """Close the details."""
        self.dismiss()


def _timed_lines(at: datetime, text: str, width: int) -> list[Line]:
    """Return a time and a text in lines of at most `width` cells."""
    time = f"{formats.moment(at)}  "
    first, *rest = formats.wrapped(text, max(1, width - formats.cells(time)))
    return [((time, "muted"), (first, "")), *(((" " * formats.cells(time), ""), (more, "")) for more in rest)]


def _field_lines(groups: Sequence[FieldGroup], width: int) -> list[Line]:
    """Return the titles and fields of groups; the lines of a long value stand below each other."""
    name_width = max((formats.cells(name) for group in groups for name, _value in group.fields), default=0)
    lines: list[Line] = []
    for group in groups:
        lines += [(), ((group.title, "strong"),)] if lines else [((group.title, "strong"),)]
        for name, value in group.fields:
            parts = _value_lines(value, max(1, width - name_width - 4))
            names = [name, *[""] * (len(parts) - 1)]
            lines += [
                ((f"  {formats.padded(before, name_width)}  ", "muted"), *part)
                for before, part in zip(names, parts, strict=True)
            ]
    return lines


def _value_lines(value: str | Sequence[str], width: int) -> list[Line]:
    """Return a text, or tags in their colors, in lines of at most `width` cells."""
    if not isinstance(value, str) and all(formats.cells(tag) <= width for tag in value):
        return tags.wrapped(value, width)
    text = value if isinstance(value, str) else "  ".join(value)
    return [((part.plain, ""),) for part in Content(text).wrap(width)]
