"""The app: runs the monitor of the open profile and distributes what it publishes to the screens."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from textual import work
from textual.binding import BindingType
from textual.events import Resize
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from xds_tui.config.schema import HostListSettings, PaneSettings
from xds_tui.domain.records import Event
from xds_tui.fleet.monitor import Monitor
from xds_tui.fleet.state import ConnectionState, FleetState
from xds_tui.i18n import _
from xds_tui.tui import textual_compat
from xds_tui.tui.commands import bindings, current_keymap
from xds_tui.tui.context import AppServices, ProfileServices
from xds_tui.tui.notifier import Notifier
from xds_tui.tui.runtime.key_queue import FLOW
from xds_tui.tui.runtime.terminal_app import TerminalApp
from xds_tui.tui.screens.base import AppScreen, LiveScreen
from xds_tui.tui.screens.fleet import FleetScreen
from xds_tui.tui.screens.too_small import TooSmallScreen, is_too_small
from xds_tui.tui.theme import themes
from xds_tui.tui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from rich.console import RenderableType

    from xds_tui.domain.purchase_template import PurchaseTemplate

textual_compat.apply_patches()

_THEME: Final = Path(__file__).parent / "theme"

QUIT_TIMEOUT: Final = 5.0
"""Seconds that quitting waits for orders under way; those that take longer are settled at the next start."""

ABORT_TIMEOUT: Final = 1.0
"""Seconds that any other end of the app waits for them."""


class FleetUpdated(Message):
    """The monitor has published a new state. Only the newest one counts."""

    def __init__(self, state: FleetState, monitor: Monitor) -> None:
        super().__init__()
        self.state = state
        self.monitor = monitor
        """The monitor that published it: another profile may have been opened since."""

    def can_replace(self, message: Message) -> bool:
        """Replace an older state that is still waiting to be shown."""
        return isinstance(message, FleetUpdated)


class XdsApp(TerminalApp, inherit_bindings=False):
    """Runs the monitor and passes what it publishes to the screens."""

    TITLE = "xds-tui"
    ENABLE_COMMAND_PALETTE = False
    CSS_PATH: ClassVar = [_THEME / "base.tcss", _THEME / "fleet.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = bindings("app")

    def __init__(self, services: AppServices) -> None:
        super().__init__(services.keymap, ascii_only=services.ascii, cell_diff=services.cell_diff)
        self._services = services
        self._current = services.profile
        self._closing_profiles: list[ProfileServices] = []
        self._notifier = self._new_notifier()
        self._is_signing_in = False
        self._is_signed_out = False
        self._is_base_outdated = False
        if not services.animations:
            self.animation_level = "none"
        themes.apply(self, services.theme, os.environ, services.custom_theme)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return the values of our variables for a theme without them."""
        return themes.DEFAULT_VARIABLES

    def get_default_screen(self) -> FleetScreen:
        """Return the main screen; Textual would put an empty one under it."""
        return _fleet_screen(self._services, self._current, self._services.listing, self._services.panes)

    @property
    def templates(self) -> Mapping[str, PurchaseTemplate]:
        """The purchases that config.toml describes, by name."""
        return self._services.templates

    def new_status_line(self, title: str) -> Widget:
        """Return the status line of a screen with this title."""
        return StatusBar(self._current.place, self._services.clock, title=title)

    def _new_notifier(self) -> Notifier:
        return Notifier(self._services.alerts, self.write_sequence, self._services.clock())

    def recent_events(self) -> Sequence[Event]:
        """Return what happened in the fleet, newest first, for a crash report."""
        return self._current.monitor.state.events

    async def on_mount(self) -> None:
        """Start to watch the fleet."""
        self.set_keymap(current_keymap(self._services.keymap))
        self.show_problems(_keymap_problems(self._services))
        self.enable_job_control(self._refresh)
        self._watch_fleet()

    def _refresh(self) -> None:
        self._current.monitor.refresh()  # that of the profile which is open by then

    async def on_unmount(self) -> None:
        """Close everything, however the app ended; Textual has restored the terminal before."""
        await asyncio.gather(*(_close(profile) for profile in (self._current, *self._closing_profiles)))

    def on_resize(self, event: Resize) -> None:
        """Cover the screen with a message if the terminal is too small for it."""
        _cover_if_too_small(self, event.size)

    @work(group="watch", exclusive=True)
    async def _watch_fleet(self) -> None:
        self.show_problems(self._current.problems)
        monitor = self._current.monitor

        def publish(state: FleetState) -> None:
            self.post_message(FleetUpdated(state, monitor))

        await monitor.run(publish, self.wait_for_paint)

    def on_fleet_updated(self, message: FleetUpdated) -> None:
        """Pass the state to every screen that shows it, and open the sign-in screen when the session has expired."""
        if message.monitor is not self._current.monitor or not self.is_running:
            # Of another profile, or the app shuts down and its screens lose their widgets.
            return
        state, was_signed_out = message.state, self._is_signed_out
        self._is_signed_out = state.connection is ConnectionState.SIGNED_OUT
        for screen in self.screen_stack:
            if isinstance(screen, LiveScreen):
                screen.fleet = state
        self._notifier.on_state(state, self._services.clock())
        _cover_if_too_small(self, self.size)
        if not self._is_signed_out or was_signed_out or self._is_signing_in:
            return
        if state.snapshot is None or state.is_restored:
            self.action_sign_in()
        elif self.screen is not self.screen_stack[0]:
            # The user is in the middle of something, which the sign-in screen must not cover.
            self.notify(
                _("Session expired: press F2 to sign in again. Nothing here is lost."), severity="warning", markup=False
            )

    @work(group=FLOW)
    async def action_sign_in(self) -> None:
        """Sign in, again or with another account."""
        from xds_tui.tui.flows import session

        profile = self._current
        self._is_signing_in = True
        try:
            should_save = await session.sign_in(self, profile)
        finally:
            self._is_signing_in = False
        if should_save:
            await session.save_credentials(self, profile.account)

    @work(group=FLOW)
    async def action_choose_theme(self) -> None:
        """Choose a theme."""
        from xds_tui.tui.flows import session

        await session.choose_theme(self, self._services.keep, self._services.theme_folder)

    @work(group=FLOW)
    async def action_choose_language(self) -> None:
        """Choose a language, and reopen the main screen in it."""
        from xds_tui.tui.flows import session

        if not isinstance(self.screen, FleetScreen):
            self.notify(_("Press esc to close this first"), markup=False)
        elif self._services.ascii:
            self.notify(_("A terminal without UTF-8 can only show English"), severity="warning", markup=False)
        elif language := await session.choose_language(self):
            self.call_later(self._reopen_base)
            await session.save_language(self, self._services.keep, language)

    async def _reopen_base(self) -> None:
        """Reopen the main screen in another language where it was, as soon as no other screen covers it."""
        base = self.screen
        self._is_base_outdated = not isinstance(base, FleetScreen)
        if isinstance(base, FleetScreen):
            reopened = _fleet_screen(self._services, self._current, base.listing, base.panes)
            reopened.resume(base.stand())
            await self.switch_screen(reopened)

    async def on_fleet_screen_resumed(self) -> None:
        """Reopen the main screen if a change of language had to wait for that."""
        if self._is_base_outdated:
            await self._reopen_base()

    @work(group=FLOW)
    async def action_choose_profile(self) -> None:
        """Choose a profile and show its fleet."""
        from xds_tui.tui.flows import session

        if not isinstance(self.screen, FleetScreen):
            self.notify(_("Press esc to close this first"), markup=False)
        elif self._services.profiles is None:
            self.notify(_("There is no other profile"), markup=False)
        elif profile := await session.choose_profile(self, self._services.profiles, self._current.place):
            # Called by the app and not by this worker: Textual assigns workers to the screen of their caller.
            self.call_later(self._switch_profile, profile)

    async def _switch_profile(self, profile: ProfileServices) -> None:
        """Show another fleet, and close the previous one, with which nothing more can be ordered."""
        base, is_sending = self.screen, self._current.monitor.orders.is_sending
        if is_sending or not isinstance(base, FleetScreen):  # a screen was opened since
            reason = _("Operations are in progress. Try again when they have finished.")
            self.notify(reason if is_sending else _("Press esc to close this first"), severity="warning", markup=False)
            self._close_profile(profile)
            return
        previous, self._current = self._current, profile
        self._notifier.close()
        self._notifier, self._is_signed_out = self._new_notifier(), False
        await self.switch_screen(_fleet_screen(self._services, profile, base.listing, base.panes))
        self._watch_fleet()
        self._close_profile(previous)

    @work
    async def _close_profile(self, profile: ProfileServices) -> None:
        self._closing_profiles.append(profile)
        await _close(profile)
        self._closing_profiles.remove(profile)

    def action_help(self) -> None:
        """List the keys of the focused widget, or close the list."""
        from xds_tui.tui.screens.help import HelpScreen, sections

        if isinstance(self.screen, HelpScreen):
            self.screen.dismiss()
        else:
            self.push_screen(HelpScreen(sections(self.screen, self._services.keymap, self.get_key_display)))

    def action_manual(self) -> None:
        """Open the manual at the page about the notice or the screen, or close it."""
        from xds_tui.tui.screens.manual import ManualScreen

        if isinstance(self.screen, ManualScreen):
            self.screen.dismiss()
        elif not any(isinstance(screen, ManualScreen) for screen in self.screen_stack):
            topic = self.screen.manual_page if isinstance(self.screen, AppScreen) else AppScreen.manual_topic
            self.push_screen(ManualScreen(topic))

    @work(group=FLOW)
    async def action_palette(self) -> None:
        """Open the palette of commands, hosts and screens."""
        from xds_tui.tui.screens.palette import reach

        base, screen = self.screen_stack[0], self.screen
        if isinstance(base, FleetScreen) and isinstance(screen, LiveScreen):
            await reach(self, screen, base, self._services.keymap)

    async def action_quit(self) -> None:
        """Quit when the orders under way are recorded."""
        self._quit()

    @work
    async def _quit(self) -> None:
        from rich.text import Text

        from xds_tui.text import messages
        from xds_tui.text.record_names import with_alias

        orders, annotations = self._current.monitor.orders, self._current.monitor.state.annotations

        def left_open() -> tuple[str, ...]:
            return messages.left_open([with_alias(order, annotations) for order in orders.all])

        if orders.is_sending:
            self.notify("\n".join(left_open()), timeout=QUIT_TIMEOUT, markup=False)
        await orders.close(QUIT_TIMEOUT)
        lines = left_open()
        self.exit(0, message=Text(self.to_displayable("\n".join(lines))) if lines else None)

    def exit(self, result: int | None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """Exit, and restore the title of the window."""
        self._notifier.close()
        super().exit(result, return_code, message)


def _fleet_screen(
    services: AppServices, profile: ProfileServices, listing: HostListSettings, panes: PaneSettings
) -> FleetScreen:
    return FleetScreen(
        profile.monitor,
        profile.place,
        services.clock,
        services.exports,
        listing=listing,
        panes=panes,
        commands=services.commands,
        keep=services.keep,
    )


def _cover_if_too_small(app: XdsApp, size: Size) -> None:
    if is_too_small(size) and not isinstance(app.screen, TooSmallScreen):
        app.push_screen(TooSmallScreen())


def _keymap_problems(services: AppServices) -> Sequence[str]:
    if not services.keymap:
        return ()
    from xds_tui.tui import keymap

    return [f"[keys] {problem}" for problem in keymap.problems(services.keymap)]


async def _close(profile: ProfileServices) -> None:
    """Close a profile in bounded time; orders under way are settled when it is opened again."""
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2 * ABORT_TIMEOUT):
                await profile.monitor.close(ABORT_TIMEOUT)
    finally:
        await profile.close()
