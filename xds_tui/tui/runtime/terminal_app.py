"""The app as a program in a terminal: order of key presses, suspension, output, crash reports and exit."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from textual.actions import SkipAction
from textual.app import ScreenStackError
from textual.binding import Binding
from textual.css.query import NoMatches
from textual.events import Event, Key, MouseDown, MouseUp
from textual.filter import LineFilter
from textual.screen import Screen, ScreenResultType
from textual.widgets import Input
from textual.worker import WorkerFailed

from xds_tui.i18n import _
from xds_tui.tui.commands import COMMANDS, keys_of
from xds_tui.tui.runtime.key_queue import KeyQueue, convert_to_halfwidth
from xds_tui.tui.runtime.suspend import JobControl
from xds_tui.tui.runtime.terminal_writer import FrameSkipper
from xds_tui.tui.screens.base import cancel_workers, is_closing
from xds_tui.tui.textual_compat import CompatApp, get_driver
from xds_tui.tui.theme import glyphs

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.message_pump import MessagePump

    from xds_tui.domain.records import Event as FleetEvent

INTERRUPT_EXIT_CODE: Final = 128 + signal.SIGINT
"""The exit code after Ctrl-C, as in a shell."""

REDRAW_KEY: Final = "ctrl+l"
"""Draws everything again, as in other programs of the terminal."""

DOUBLE_PRESS_WINDOW: Final = 2.0
"""Seconds within which a second Ctrl-C quits."""

PROBLEM_DURATION: Final = 20.0
"""Seconds that a problem with the configuration is shown."""

UNQUEUED_COMMANDS: Final = ("app.quit", "app.interrupt", "app.suspend")
"""Commands with keys that do not wait for the keys before them."""

_IDEOGRAPHIC_SPACE: Final = "\u3000"


class TerminalApp(CompatApp, inherit_bindings=False):
    """An app that shares its terminal with a shell and with other programs.

    Attributes:
        user_keymap: the keys that the user has set, by command ID.
        input_time: when the key or mouse button that is being handled was pressed, by the clock of `time.monotonic`.

    """

    def __init__(self, keymap: Mapping[str, str], *, ascii_only: bool, cell_diff: bool = False) -> None:
        """Create the app.

        Args:
            keymap: the keys that the user has set, by command ID.
            ascii_only: whether to replace all other characters in the output.
            cell_diff: whether to write only the cells of a terminal that differ.

        """
        super().__init__()
        self.uses_cell_diff = cell_diff
        self.user_keymap = keymap
        self.input_time = time.monotonic()
        self._key_queue = KeyQueue(self, self._dispatch_key)
        self._unqueued_keys = frozenset(key for name in UNQUEUED_COMMANDS for key in keys_of(COMMANDS[name], keymap))
        self._output_filters = glyphs.output_filters(is_colourless=self.no_color, is_ascii=ascii_only)
        self._interrupted_at = -DOUBLE_PRESS_WINDOW
        self._job_control: JobControl | None = None

    def recent_events(self) -> Sequence[FleetEvent]:
        """Return what happened in the fleet, newest first, for a crash report."""
        return ()

    # Keys

    async def on_event(self, event: Event) -> None:
        """Handle key presses one at a time, apart from those that end or suspend the app."""
        if isinstance(event, Key) and event.key == REDRAW_KEY:
            self.redraw()
        elif isinstance(event, Key) and not event.is_forwarded and event.key not in self._unqueued_keys:
            await self._key_queue.put(event)
        else:
            if isinstance(event, (MouseDown, MouseUp)):
                self.input_time = event.time
            await super().on_event(event)

    async def push_screen_wait(
        self, screen: Screen[ScreenResultType] | str, *, mode: str | None = None
    ) -> ScreenResultType:
        """Push a screen and wait for its result; until then key presses go to that screen."""
        with self._key_queue.flows.waiting_for_user():
            return await super().push_screen_wait(screen, mode=mode)

    async def _dispatch_key(self, key: Key) -> None:
        self.input_time = key.time
        # Input fields take text as it is, but Textual drops the ideographic space as not printable.
        is_text = isinstance(self.focused, Input) and key.character != _IDEOGRAPHIC_SPACE
        await super().on_event(key if is_text else convert_to_halfwidth(key))

    def action_interrupt(self) -> None:
        """Quit at the second Ctrl-C in a row; if text is selected, let Ctrl-C copy it."""
        if self.screen.get_selected_text() or getattr(self.focused, "selected_text", ""):
            raise SkipAction
        now = time.monotonic()
        if now - self._interrupted_at < DOUBLE_PRESS_WINDOW:
            self.exit(None, INTERRUPT_EXIT_CODE)
            return
        self._interrupted_at = now
        self.notify(_("Press ctrl+c again to quit"), timeout=DOUBLE_PRESS_WINDOW, markup=False)

    # Suspension

    def enable_job_control(self, on_resume: Callable[[], None]) -> None:
        """Support Ctrl-Z and `fg`; `on_resume` is called when time has passed in the background."""
        if not self.is_headless:
            self._job_control = JobControl(self, on_resume)

    def action_suspend_process(self) -> None:
        """Stop the process and return to the shell, until `fg`."""
        if self._job_control is not None:
            self._job_control.stop()

    # Output

    def redraw(self) -> None:
        """Draw the whole screen again, which something else has written to."""
        self.forget_frame()
        self.refresh(layout=True)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return Textual's line filters, followed by those for terminals without colours or UTF-8."""
        return (*super().get_line_filters(), *self._output_filters)

    def should_skip_frame(self) -> bool:
        """Return whether the terminal or browser is still busy with earlier frames."""
        driver = get_driver(self)
        return isinstance(driver, FrameSkipper) and driver.should_skip_frame()

    def write_sequence(self, sequence: str) -> None:
        """Write an escape sequence, unless another program has the terminal."""
        driver = get_driver(self)
        is_suspended = self._job_control is not None and self._job_control.is_suspended
        if driver is not None and not self.is_headless and not is_suspended:
            driver.write(self.to_displayable(sequence))

    def get_key_display(self, binding: Binding) -> str:
        """Return how a key is shown: in ASCII, enter by its name, because its symbol has no substitute."""
        shown = super().get_key_display(binding)
        return shown.replace("⏎", "enter") if glyphs.is_ascii(self) else shown

    def to_displayable(self, text: str) -> str:
        """Return `text` in ASCII if the terminal needs that, otherwise unchanged."""
        return glyphs.to_ascii(text) if glyphs.is_ascii(self) else text

    async def wait_for_paint(self) -> None:
        """Wait until the changes made so far are on the screen."""
        painted = asyncio.Event()
        self.call_after_refresh(painted.set)
        await painted.wait()

    def show_problems(self, problems: Sequence[str]) -> None:
        """Show each problem with the configuration for `PROBLEM_DURATION`."""
        for problem in problems:
            self.notify(problem, severity="warning", timeout=PROBLEM_DURATION, markup=False)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy selected text in the way that reaches the clipboard of this terminal."""
        from xds_tui.tui.flows import copy

        self.run_worker(copy.copy_selected(self, text))

    # Crash and exit

    def is_expected_error(self, error: Exception, node: MessagePump | None) -> bool:
        """Return whether a screen or widget was not found because its screen, or the app, is closing."""
        cause = error.error if isinstance(error, WorkerFailed) else error
        is_ending = self.is_exiting or not self.is_running
        return isinstance(cause, (NoMatches, ScreenStackError)) and (is_ending or is_closing(node or self))

    def format_crash(self, error: Exception) -> RenderableType:
        """Write a crash report, and return a message without values of variables."""
        from rich.text import Text

        from xds_tui.tui.runtime import crash_report

        return Text(self.to_displayable(crash_report.crash_message(error, self.recent_events())))

    def exit(self, result: int | None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """Exit, and cancel the workers of all screens first."""
        for screen in self.screen_stack:
            cancel_workers(self, screen)
        super().exit(result, return_code, message)
