"""Textual's driver for a terminal, with input that cannot end the program and output that cannot hold it up.

Textual's own input thread ends at the first byte that is no UTF-8, and its writes block the event loop while the
terminal accepts no output. Private names of Textual are relied on; its minor version is pinned.
"""

from __future__ import annotations

import contextlib
import os
import select
import termios
import time
from collections.abc import Callable
from typing import Any, Final

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Resize
from textual.message import Message

from xds_tui.tui.runtime import shutdown
from xds_tui.tui.runtime.input_events import InputEvents
from xds_tui.tui.runtime.terminal_writer import TerminalWriter

_TICK: Final = 0.1
"""Seconds between two looks whether the thread is to end."""

_PENDING_TICK: Final = 0.02
"""Seconds between two looks whether an unfinished sequence has become a key."""

_READ: Final = 4096

REPLY_LIMIT: Final = 2.0
"""Seconds from a query until its reply is not waited for any more; all of the end takes less than `ending.LIMIT`."""

LATE_LIMIT: Final = 0.3
"""Seconds at most for reports that were under way when the terminal was told to send no more."""

CLOSE_LIMIT: Final = 1.0
"""Seconds at the end for what waits to be written."""

_SYNC, _RESIZE = "2026", "2048"
"""Modes that the terminal is asked about: whole frames, and reports of its size."""

_INPUT_OFF: Final = "\x1b[?2004l\x1b[?1004l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l\x1b[<u"
"""Switches off what makes a terminal send more than keys: marks around pastes, focus, mouse, and kitty's protocol."""

_SIZES_OFF: Final = "\x1b[?2048l"
_SCREEN_OFF: Final = "\x1b[?7h\x1b[?1049l\x1b[?25h"


class TerminalDriver(LinuxDriver):
    """Reads and writes in threads of its own."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        """Make it; see `Driver`."""
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._input = InputEvents()
        self._asked: set[str] = set()
        self._asked_at = 0.0
        self._latency = 0.0
        self._writer = self._new_writer()

    def _new_writer(self) -> TerminalWriter:
        if self._file is None:
            raise RuntimeError("there is no standard error to draw on")
        return TerminalWriter(self._file, self._on_caught_up)

    def start_application_mode(self) -> None:
        """Take the terminal, and start to read and write."""
        self._input = InputEvents()
        self._asked.clear()
        self._writer = self._new_writer()
        self._writer.start()
        start: Callable[[], None] = super().start_application_mode
        start()
        if self._writer_thread is not None:
            self._writer_thread.stop()  # which has nothing to do

    def stop_application_mode(self) -> None:
        """Give the terminal back as it was, with nothing in its input that it sent to the program."""
        self.write(_INPUT_OFF + (_SIZES_OFF if self._in_band_window_resize else ""))
        self.disable_input()
        self._discard_late_input()
        if self.attrs_before is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
        self.write(_SCREEN_OFF)

    def close(self) -> None:
        """End the thread that writes; at the program's end, soon even if the terminal accepts nothing."""
        if not self._writer.stop(None if self._app.is_running else CLOSE_LIMIT):
            shutdown.leave_stalled()
            self._writer.stop(CLOSE_LIMIT)

    # Output

    def write(self, data: str) -> None:
        """Have `data` written, without waiting for it."""
        self._writer.write(data)

    def skips_frame(self) -> bool:
        """Whether a frame need not be drawn: all of the screen will be, once the terminal accepts output again."""
        return self._writer.skips_frame()

    def _on_caught_up(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop may have been closed
            self._loop.call_soon_threadsafe(self._app.call_later, self._repaint)

    def _repaint(self) -> None:
        self._app.refresh(layout=True)

    # Queries

    def _request_terminal_sync_mode_support(self) -> None:
        if self.input_tty and os.environ.get("TERM_PROGRAM") != "Apple_Terminal":
            self._note_query(_SYNC)
        super()._request_terminal_sync_mode_support()

    def _query_in_band_window_resize(self) -> None:
        self._note_query(_RESIZE)
        super()._query_in_band_window_resize()

    def _note_query(self, mode: str) -> None:
        self._asked.add(mode)
        self._asked_at = time.monotonic()

    def _has_all_replies(self) -> bool:
        return self._asked <= self._input.reported

    def _discard_late_input(self) -> None:
        """Read what the terminal sends too late, for as long as something is expected.

        A shell would take a reply or a mouse report for what the user types.
        """
        began = time.monotonic()
        replies_until, reports_until = self._asked_at + REPLY_LIMIT, began + min(LATE_LIMIT, 1.5 * self._latency)
        while True:
            now = time.monotonic()
            until = reports_until if self._has_all_replies() else max(replies_until, reports_until)
            if now >= until:
                break
            with contextlib.suppress(OSError):
                if select.select([self.fileno], [], [], until - now)[0] and (data := os.read(self.fileno, _READ)):
                    list(self._input.feed(data, now))
                    continue
            break  # nothing came, or the terminal has gone
        with contextlib.suppress(termios.error):
            termios.tcflush(self.fileno, termios.TCIFLUSH)

    # Input

    def _run_input_thread(self) -> None:
        """Read input; whatever fails is left to `threading.excepthook`."""
        self.run_input_thread()

    def run_input_thread(self) -> None:
        """Read input and post its events, until the end or the terminal's."""
        while not self.exit_event.is_set():
            is_ready = select.select([self.fileno], [], [], _PENDING_TICK if self._input.is_pending else _TICK)[0]
            if not is_ready:
                self._post(b"")
                continue
            try:
                data = os.read(self.fileno, _READ)
            except OSError:
                return  # it has gone, as `ending` notices
            if not data:
                self.exit_event.wait(_TICK)
                continue
            self._post(data)

    def process_message(self, message: Message) -> None:
        """Post an event; a size that was not asked for is not believed."""
        if isinstance(message, Resize) and not self._in_band_window_resize:
            return
        super().process_message(message)

    def _post(self, data: bytes) -> None:
        now = time.monotonic()
        had_replies = self._has_all_replies()
        for event in self._input.feed(data, now) if data else self._input.tick(now):
            self.process_message(event)
        if not had_replies and self._has_all_replies():
            self._latency = now - self._asked_at
