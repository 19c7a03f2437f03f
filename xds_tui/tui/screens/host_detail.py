"""Everything known of one host; its password only while the user asks to see it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar, Final

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from xds_tui.domain.credentials import MASK
from xds_tui.domain.model import Host
from xds_tui.domain.records import OrderAction
from xds_tui.fleet.monitor import Monitor
from xds_tui.fleet.state import ConnectionState
from xds_tui.i18n import _
from xds_tui.text import formats, messages
from xds_tui.tui.availability import Context, hosts_ordered
from xds_tui.tui.commands import bindings
from xds_tui.tui.flows import connect, copy
from xds_tui.tui.flows.connect import ConnectMethods
from xds_tui.tui.flows.power import confirm_and_order, select
from xds_tui.tui.host_fields import host_fields
from xds_tui.tui.runtime.key_queue import FLOW
from xds_tui.tui.screens.base import LiveScreen
from xds_tui.tui.widgets.footer import KeyBar
from xds_tui.tui.widgets.notice import Notice

REVEAL_TIMEOUT: Final = 30.0
"""Seconds that a password stays on screen."""


class HostDetailScreen(LiveScreen[None]):
    """One host, by ID: it stays the same host whatever the list does."""

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
        is_read_only: bool = False,
    ) -> None:
        super().__init__(monitor.state)
        self._means = means
        self._is_read_only = is_read_only
        self._monitor = monitor
        self._host_id = host_id
        self._clock = clock
        self._is_revealed = False
        self._is_described = False
        self._hiding: Timer | None = None

    def compose(self) -> ComposeResult:
        """The fields, this host's history under them, and the keys."""
        with VerticalScroll(id="detail", classes="pane"):
            yield Static(id="fields")
            yield Static(id="host-events")
        yield Notice(id="notice")
        yield KeyBar()

    def on_mount(self) -> None:
        """Draw what is known, and ask for what only a request for this host tells."""
        self._draw()
        self._describe()
        self.weigh_actions()

    def watch_fleet(self) -> None:
        """Draw what is known now."""
        if self.is_mounted:
            self._draw()
            self._describe()
            self.weigh_actions()

    def context(self) -> Context:
        """The host that is shown, and how we stand with the service."""
        hosts = [host] if (host := self._host) else []
        ordered = hosts_ordered(self.fleet.orders, self._clock())
        return Context.from_state(self.fleet, hosts, ordered, is_read_only=self._is_read_only)

    @property
    def _host(self) -> Host | None:
        snapshot = self.fleet.snapshot
        return next((host for host in snapshot.hosts if host.id == self._host_id), None) if snapshot else None

    def _describe(self) -> None:
        """Ask for this host once, as soon as the service can be asked."""
        if not self._is_described and self.fleet.connection in (ConnectionState.LIVE, ConnectionState.PAUSED):
            self._is_described = True
            self._monitor.request_details(self._host_id)

    def _draw(self) -> None:
        host = self._host
        pane = self.query_one("#detail")
        if host is None:
            pane.border_title = Content(self._host_id)
            self.query_one("#fields", Static).update(Content(_("This host is gone.")))
            return
        pane.border_title = Content(f"{host.name} · {formats.status(host)}")
        pairs = host_fields(host, self.fleet, self._clock(), self._password(host))
        width = max(formats.cells(name) for name, _value in pairs)
        lines = [f"{formats.padded(name, width)}  {value}" for name, value in pairs]
        self.query_one("#fields", Static).update(Content("\n".join(lines)))
        told = [event for event in self.fleet.events if event.host_id == host.id]
        history = [f"{formats.moment(event.at)}  {messages.event(event)}" for event in told]
        self.query_one("#host-events", Static).update(Content("\n".join(["", *history])))

    def _password(self, host: Host) -> str:
        if host.password is None:
            return formats.NOTHING
        return host.password.reveal() if self._is_revealed else f"{MASK}  {_('v shows it for 30 s')}"

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
        """Hide the password when something else is shown."""
        self._set_revealed(False)

    def action_connect(self) -> None:
        """Open a session on this host."""
        if host := self._host:
            connect.begin(self, host, self._means)

    @work(group=FLOW)
    async def action_copy(self) -> None:
        """Let the user choose what of this host is copied."""
        if host := self._host:
            await copy.choose_and_copy(self, [host], self._means.commands)

    @work
    async def action_copy_password(self) -> None:
        """Send the password to the terminal's clipboard."""
        host = self._host
        if host is not None and host.password:
            await copy.copy_and_report(self, host.password.reveal(), _("Password"))
        else:
            self.query_one(Notice).show([_("The service gives no password for it")], mild=True)

    @work(group=FLOW)
    async def action_ask(self, name: str) -> None:
        """Do something to this host, if the user confirms it."""
        hosts = [host] if (host := self._host) else []
        selection = select(hosts, self.fleet)
        await confirm_and_order(self, self._monitor, OrderAction[name.upper()], selection, 0, self._clock())

    def action_leave(self) -> None:
        """Go back to the hosts."""
        self.dismiss()
