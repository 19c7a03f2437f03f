"""The app introduces the parts to each other, and holds no rules."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from textual import work
from textual._context import active_message_pump
from textual.actions import SkipAction
from textual.binding import BindingType
from textual.css.query import NoMatches
from textual.events import Resize
from textual.filter import LineFilter
from textual.geometry import Size
from textual.message import Message
from textual.worker import WorkerFailed

from xds_tui.config.schema import HostListSettings
from xds_tui.fleet.monitor import Monitor
from xds_tui.fleet.state import ConnectionState, FleetState
from xds_tui.i18n import _
from xds_tui.tui import textual_compat
from xds_tui.tui.commands import bindings
from xds_tui.tui.context import AppServices, ProfileServices
from xds_tui.tui.notifier import Notifier
from xds_tui.tui.runtime.key_queue import FLOW, KeysInTurnApp
from xds_tui.tui.runtime.suspend import JobControl
from xds_tui.tui.runtime.terminal_driver import TerminalDriver
from xds_tui.tui.screens.base import LiveScreen, cancel_workers, is_closing
from xds_tui.tui.screens.fleet import FleetScreen
from xds_tui.tui.screens.too_small import TooSmallScreen, is_too_small
from xds_tui.tui.theme import glyphs, themes

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.screen import Screen

textual_compat.share()
textual_compat.repair()

_THEME: Final = Path(__file__).parent / "theme"

SAVE_TIMEOUT: Final = 5.0
"""Seconds that quitting waits for orders under way; those that take longer are settled at the next start."""

QUIT_TIMEOUT: Final = 1.0
"""Seconds that any other end waits for them."""

INTERRUPTED: Final = 130
"""The exit code after Ctrl-C, as a shell has it."""

DOUBLE_PRESS_WINDOW: Final = 2.0
"""Seconds in which a second Ctrl-C means it."""


class FleetUpdated(Message):
    """Something is known that was not before; only the newest counts."""

    def __init__(self, state: FleetState, monitor: Monitor) -> None:
        super().__init__()
        self.state = state
        self.monitor = monitor
        """Whose state it is: another profile may have been opened since it was sent."""

    def can_replace(self, message: Message) -> bool:
        """Let the newest state take the place of one that waits to be shown."""
        return isinstance(message, FleetUpdated)


class XdsApp(KeysInTurnApp, inherit_bindings=False):
    """Runs the monitor, and hands what it publishes to the screens."""

    TITLE = "xds-tui"
    ENABLE_COMMAND_PALETTE = False
    CSS_PATH: ClassVar = [_THEME / "base.tcss", _THEME / "fleet.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = bindings("app")

    def __init__(self, parts: AppServices) -> None:
        super().__init__(parts.keymap)
        self._parts = parts
        self._open = parts.profile
        self._left: list[ProfileServices] = []
        self._alarm = self._new_alarm()
        self._is_signing_in = False
        self._is_base_outdated = False
        self._is_signed_out = False
        self._interrupted_at = -DOUBLE_PRESS_WINDOW
        self._job_control: JobControl | None = None
        if not parts.animations:
            self.animation_level = "none"
        self._line_filters = glyphs.filters(is_colourless=self.no_color, is_ascii=parts.ascii)
        themes.apply(self, parts.theme, os.environ)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return what lines go through before they are written: Textual's own, and ours after them."""
        return (*super().get_line_filters(), *self._line_filters)

    def get_default_screen(self) -> FleetScreen:
        """Begin with the fleet, not with an empty screen under it."""
        return self._fleet_screen(self._parts.listing)

    def _fleet_screen(self, listing: HostListSettings) -> FleetScreen:
        parts, opened = self._parts, self._open
        return FleetScreen(
            opened.monitor,
            opened.place,
            parts.clock,
            parts.exports,
            listing=listing,
            commands=parts.commands,
            keep=parts.keep,
        )

    def _new_alarm(self) -> Notifier:
        return Notifier(self._parts.alerts, self._write, self._parts.clock())

    def on_resize(self, event: Resize) -> None:
        """Say so where there is no room for what is open."""
        self._mind_room(event.size)

    def _mind_room(self, size: Size) -> None:
        if is_too_small(size) and not isinstance(self.screen, TooSmallScreen):
            self.push_screen(TooSmallScreen())

    def watch_app_focus(self, is_focused: bool) -> None:
        """Focus what a screen begins with that was opened while the user was elsewhere; Textual does not."""
        if is_focused:
            self.screen._update_auto_focus()  # noqa: SLF001 - Textual's minor version is pinned

    def on_mount(self) -> None:
        """Begin to watch the fleet; it is shown as it is known."""
        self.set_keymap(dict(self._parts.keymap))
        self._warn(self._keymap_problems())
        if not self.is_headless:
            self._job_control = JobControl(self, self._refresh)
        self._watch()

    def _keymap_problems(self) -> Sequence[str]:
        if not self._parts.keymap:
            return ()
        from xds_tui.tui import keymap

        return [f"[keys] {problem}" for problem in keymap.problems(self._parts.keymap)]

    def _refresh(self) -> None:
        self._open.monitor.refresh()

    def _warn(self, problems: Sequence[str]) -> None:
        for problem in problems:
            self.notify(problem, severity="warning", timeout=20, markup=False)

    async def on_unmount(self) -> None:
        """Close everything, whichever way the app ended; the terminal is as it was by now."""
        await asyncio.gather(*(_close(opened) for opened in (self._open, *self._left)))

    @work(group="watch", exclusive=True)
    async def _watch(self) -> None:
        self._warn(self._open.problems)
        monitor = self._open.monitor
        await monitor.run(lambda state: self._publish(state, monitor), self._shown)

    async def _shown(self) -> None:
        """Wait until what was published is on the screen."""
        painted = asyncio.Event()
        self.call_after_refresh(painted.set)
        await painted.wait()

    def _publish(self, state: FleetState, monitor: Monitor) -> None:
        self.post_message(FleetUpdated(state, monitor))

    def on_fleet_updated(self, message: FleetUpdated) -> None:
        """Hand the state to every screen that shows it."""
        if message.monitor is not self._open.monitor:
            return
        state, was_signed_out = message.state, self._is_signed_out
        self._is_signed_out = state.connection is ConnectionState.SIGNED_OUT
        for screen in self.screen_stack:
            if isinstance(screen, LiveScreen):
                screen.fleet = state
        self._alarm.hear(message.state, self._parts.clock())
        self._mind_room(self.size)
        if not self._is_signed_out or was_signed_out or self._is_signing_in:
            return
        if state.snapshot is None or state.is_restored:
            self.action_sign_in()
        elif self.screen is not self.screen_stack[0]:
            # Somebody is in the middle of something: nothing is put over it.
            self.notify(_("Signed out: F2 signs in again, and nothing here is lost"), severity="warning", markup=False)

    def _write(self, sequence: str) -> None:
        is_lent = self._job_control is not None and self._job_control.is_lent
        if self._driver is not None and not self.is_headless and not is_lent:
            self._driver.write(self._readable(sequence))

    def copy_to_clipboard(self, text: str) -> None:
        """Copy what is selected, by the way that reaches this terminal's clipboard."""
        from xds_tui.tui.flows import copy

        self.run_worker(copy.copy_selected(self, text))

    def _readable(self, text: str) -> str:
        return glyphs.to_ascii(text) if glyphs.is_ascii(self) else text

    @work(group=FLOW)
    async def action_sign_in(self) -> None:
        """Sign in, as somebody else or again."""
        from xds_tui.tui.flows import session

        opened = self._open
        self._is_signing_in = True
        try:
            wants_them_kept = await session.sign_in(self, opened)
        finally:
            self._is_signing_in = False
        if wants_them_kept:
            await session.save_credentials(self, opened.account)

    @work(group=FLOW)
    async def action_choose_theme(self) -> None:
        """Let the user choose the colours."""
        from xds_tui.tui.flows import session

        await session.choose_theme(self, self._parts.keep)

    @work(group=FLOW)
    async def action_choose_language(self) -> None:
        """Let the user choose the language; the main screen is opened anew in it, where it was."""
        from xds_tui.tui.flows import session

        base = self.screen
        if not isinstance(base, FleetScreen):
            self.notify(_("Esc leaves this first"), markup=False)
        elif self._parts.ascii:
            self.notify(_("A terminal without UTF-8 is written to in English"), severity="warning", markup=False)
        elif chosen := await session.choose_language(self):
            self.call_later(self._open_base_again)
            await session.keep_language(self, self._parts.keep, chosen)

    async def _open_base_again(self) -> None:
        """Open the main screen in another language, where it was; as soon as nothing lies over it."""
        base = self.screen
        self._is_base_outdated = not isinstance(base, FleetScreen)
        if isinstance(base, FleetScreen):
            again = self._fleet_screen(base.listing)
            again.resume(base.stand())
            await self.switch_screen(again)

    async def on_fleet_screen_resumed(self) -> None:
        """Do what was put off because something lay over the main screen."""
        if self._is_base_outdated:
            await self._open_base_again()

    @work(group=FLOW)
    async def action_choose_profile(self) -> None:
        """Let the user choose whose fleet is open, and have the main screen show that one."""
        from xds_tui.tui.flows import session

        base = self.screen
        if not isinstance(base, FleetScreen):
            self.notify(_("Esc leaves this first"), markup=False)
        elif self._parts.profiles is None:
            self.notify(_("There is no other profile"), markup=False)
        elif opened := await session.choose_profile(self, self._parts.profiles, self._open.place):
            # To be called by the app itself: what a screen begins, remembers the screen.
            self.call_later(self._change_to, opened)

    async def _change_to(self, opened: ProfileServices) -> None:
        """Show another fleet; nothing more can be ordered in the one before, which is closed behind it."""
        base, is_sending = self.screen, self._open.monitor.orders.is_sending
        if is_sending or not isinstance(base, FleetScreen):  # something was opened over it meanwhile
            why_not = _("Orders are under way: try again when they have ended")
            self.notify(why_not if is_sending else _("Esc leaves this first"), severity="warning", markup=False)
            self._let_go(opened)
            return
        left, self._open = self._open, opened
        self._alarm.close()
        self._alarm, self._is_signed_out = self._new_alarm(), False
        await self.switch_screen(self._fleet_screen(base.listing))
        self._watch()
        self._let_go(left)

    @work
    async def _let_go(self, left: ProfileServices) -> None:
        self._left.append(left)
        await _close(left)
        self._left.remove(left)

    def action_help(self) -> None:
        """List the keys of what has the focus, or leave the list."""
        from xds_tui.tui.screens.help import HelpScreen, sections

        if isinstance(self.screen, HelpScreen):
            self.screen.dismiss()
        else:
            self.push_screen(HelpScreen(sections(self.screen, self._parts.keymap, self.get_key_display)))

    @work(group=FLOW)
    async def action_palette(self) -> None:
        """Let every action, host and screen be had by name."""
        from xds_tui.tui.screens.palette import reach

        base, screen = self.screen_stack[0], self.screen
        if isinstance(base, FleetScreen) and isinstance(screen, LiveScreen):
            await reach(self, screen, base, self._parts.keymap)

    def exit(self, result: int | None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """Leave, with the window's title as it was before."""
        self._alarm.close()
        for screen in self.screen_stack:
            cancel_workers(self, screen)
        super().exit(result, return_code, message)

    async def action_quit(self) -> None:
        """Leave, once the orders under way are written down."""
        self._leave()

    @work
    async def _leave(self) -> None:
        from rich.text import Text

        from xds_tui.text import messages

        orders = self._open.monitor.orders
        if orders.is_sending:
            self.notify("\n".join(messages.left_open(orders.all)), timeout=SAVE_TIMEOUT, markup=False)
        await orders.close(SAVE_TIMEOUT)
        left = messages.left_open(orders.all)
        self.exit(0, message=Text(self._readable("\n".join(left))) if left else None)

    def action_interrupt(self) -> None:
        """Leave at the second Ctrl-C in a row; where text is selected it is copied instead."""
        if self.screen.get_selected_text() or getattr(self.focused, "selected_text", ""):
            raise SkipAction
        now = time.monotonic()
        if now - self._interrupted_at < DOUBLE_PRESS_WINDOW:
            self.exit(None, INTERRUPTED)
            return
        self._interrupted_at = now
        self.notify(_("Press Ctrl+C again to quit"), timeout=DOUBLE_PRESS_WINDOW, markup=False)

    def action_suspend_process(self) -> None:
        """Go back to the shell, until it says `fg`."""
        if self._job_control is not None:
            self._job_control.stop()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Draw, unless the terminal has yet to accept what was drawn before; a private name, as are the next."""
        if isinstance(self._driver, TerminalDriver) and self._driver.skips_frame():
            self.post_display_hook()
        else:
            super()._display(screen, renderable)

    def _handle_exception(self, error: Exception) -> None:
        """Fail, but not for a widget that is missing because its screen, or the app, closes while it opens.

        Nothing is mounted any more then. A private name, as is the next one: Textual's minor version is pinned.
        """
        cause = error.error if isinstance(error, WorkerFailed) else error
        is_expected = self._exit or is_closing(active_message_pump.get(self))
        if not (is_expected and isinstance(cause, NoMatches)):
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Say what failed without the values that Textual would print."""
        from rich.text import Text

        from xds_tui.tui.runtime import crash_report

        error = self._exception
        if error is not None and not self._exit_renderables:
            # What is too long for a line is the terminal's to wrap: a path can be copied then.
            self.error_console.soft_wrap = True
            told = crash_report.crash_message(error, self._open.monitor.state.events)
            self._exit_renderables.append(Text(self._readable(told)))
        self._close_messages_no_wait()


async def _close(opened: ProfileServices) -> None:
    """Close what was built for a profile, in bounded time; orders under way are settled when it is opened again."""
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2 * QUIT_TIMEOUT):
                await opened.monitor.close(QUIT_TIMEOUT)
    finally:
        await opened.close()
