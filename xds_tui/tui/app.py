"""The app introduces the parts to each other, and holds no rules."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Final

from textual import work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.message import Message

from xds_tui.fleet.account import Account
from xds_tui.fleet.monitor import Monitor
from xds_tui.fleet.state import FleetState, Link
from xds_tui.i18n import _
from xds_tui.tui.screens.fleet import FleetScreen
from xds_tui.tui.screens.live import LiveScreen
from xds_tui.tui.widgets.status_bar import Place

_THEME: Final = Path(__file__).parent / "theme"

PATIENCE: Final = 5.0
"""Seconds that leaving waits for orders under way; those that take longer are settled at the next start."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What `cli` built for the app."""

    monitor: Monitor
    account: Account
    place: Place
    clock: Callable[[], datetime]
    keymap: Mapping[str, str]
    close: Callable[[], Awaitable[None]]
    """Closes what is left when the monitor has ended."""
    insecure_http: bool = False
    problems: Sequence[str] = ()
    """What is wrong with the configuration, one sentence each."""


class FleetUpdated(Message):
    """Something is known that was not before; only the newest counts."""

    def __init__(self, state: FleetState) -> None:
        super().__init__()
        self.state = state

    def can_replace(self, message: Message) -> bool:
        """Let the newest state take the place of one that waits to be shown."""
        return isinstance(message, FleetUpdated)


class XdsApp(App[int]):
    """Runs the monitor, and hands what it publishes to the screens."""

    TITLE = "xds-tui"
    ENABLE_COMMAND_PALETTE = True
    CSS_PATH: ClassVar = [_THEME / "base.tcss", _THEME / "fleet.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", _("Quit"), id="app.quit", show=False, priority=True),
        Binding("i", "sign_in", _("Sign in"), id="app.sign-in", show=False),
        Binding("question_mark", "help", _("Help"), id="app.help", key_display="?"),
    ]

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._is_signing_in = False
        if "SSH_CONNECTION" in os.environ or "SSH_TTY" in os.environ:
            # Every frame of an animation crosses the line.
            self.animation_level = "none"

    def get_default_screen(self) -> FleetScreen:
        """Begin with the fleet, not with an empty screen under it."""
        parts = self._parts
        return FleetScreen(parts.monitor, parts.account, parts.place, parts.clock)

    def on_mount(self) -> None:
        """Begin to watch the fleet; it is shown as it is known."""
        self.set_keymap(dict(self._parts.keymap))
        for problem in self._parts.problems:
            self.notify(problem, severity="warning", timeout=20, markup=False)
        for number in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, self.exit, None, 128 + number)
        self._watch()

    @work
    async def _watch(self) -> None:
        await self._parts.monitor.run(self._publish)

    def _publish(self, state: FleetState) -> None:
        self.post_message(FleetUpdated(state))

    def on_fleet_updated(self, message: FleetUpdated) -> None:
        """Hand the state to every screen that shows it."""
        needs_sign_in = message.state.link is Link.SIGNED_OUT
        for screen in self.screen_stack:
            if isinstance(screen, LiveScreen):
                if screen.fleet.link is Link.SIGNED_OUT:
                    needs_sign_in = False
                screen.fleet = message.state
        if needs_sign_in and not self._is_signing_in:
            self.action_sign_in()

    @work
    async def action_sign_in(self) -> None:
        """Sign in, as somebody else or again."""
        from xds_tui.tui.screens.sign_in import SignInScreen

        account = self._parts.account
        self._is_signing_in = True
        try:
            signed_in = await self.push_screen_wait(SignInScreen(account, insecure_http=self._parts.insecure_http))
        finally:
            self._is_signing_in = False
        if signed_in is None:
            return
        self._parts.monitor.signed_in()
        if signed_in.keep:
            await self._keep(account)

    async def _keep(self, account: Account) -> None:
        """Have the credentials kept, and say where; the keyring may ask the user first."""
        from xds_tui.tui import telling
        from xds_tui.vault import VaultError

        try:
            name = await account.keep()
        except VaultError as error:
            told = _("Kept for this run only: {reason}").format(reason=telling.vault_trouble(error))
            self.notify(told, severity="warning", timeout=20, markup=False)
            return
        self.notify(_("Kept in the keyring: {name}").format(name=name), markup=False)

    def action_help(self) -> None:
        """List the keys of what has the focus."""
        from xds_tui.tui.screens.help import HelpScreen, keys_of

        bindings = list(self.screen.active_bindings.values())
        self.push_screen(HelpScreen(keys_of(bindings, self.get_key_display)))

    async def action_quit(self) -> None:
        """Leave, once the orders under way are written down."""
        await self._parts.monitor.close(PATIENCE)
        await self._parts.close()
        self.exit(0)

    def _fatal_error(self) -> None:
        """Say what failed without the values that Textual would print (a private name: its minor version is pinned)."""
        from rich.segment import Segments
        from rich.text import Text

        from xds_tui.tui import crash

        error = self._exception
        if error is not None:
            told = self.console.render(Text(crash.report(error)), self.console.options)
            self._exit_renderables.append(Segments(list(told)))
        self._close_messages_no_wait()
