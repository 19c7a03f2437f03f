"""The driver for terminals: input that cannot end the program, and output that cannot block it.

A thread decodes input with `input_events`, another writes output with `terminal_writer`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import termios
import time
import weakref
from functools import partial
from threading import Event
from typing import Any, Final

from textual.app import App
from textual.events import Resize
from textual.message import Message

from xds_tui.tui.runtime import shutdown
from xds_tui.tui.runtime.input_events import InputEvents
from xds_tui.tui.runtime.terminal_writer import TerminalWriter
from xds_tui.tui.textual_compat import CompatApp
from xds_tui.tui.textual_compat.linux_driver import CompatLinuxDriver

_CLOSED_TICK: Final = 0.1
"""Seconds between two checks whether the input thread should end, after the terminal was closed."""

_PENDING_TICK: Final = 0.02
"""Seconds between two checks whether an unfinished sequence has become a key."""

_READ_SIZE: Final = 4096
"""Bytes per read of the terminal."""

REPLY_TIMEOUT: Final = 2.0
"""Seconds to wait for the reply to a query; with all else that closing does, less than `shutdown.EXIT_TIMEOUT`."""

LATE_INPUT_TIMEOUT: Final = 0.3
"""Seconds to wait at most for reports that the terminal sent before they were switched off."""

CLOSE_TIMEOUT: Final = 1.0
"""Seconds to wait at exit for output to be written."""

_INPUT_MODES_OFF: Final = "\x1b[?2004l\x1b[?1004l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l\x1b[<u"
"""Switches off bracketed paste, focus and mouse reports, and kitty's keyboard protocol."""

_RESIZE_REPORTS_OFF: Final = "\x1b[?2048l"
_SCREEN_OFF: Final = "\x1b[?7h\x1b[?1049l\x1b[?25h"
"""Restores line wrap, the main screen and the cursor."""


def repaint_threadsafe(app: App[Any], loop: asyncio.AbstractEventLoop) -> None:
    """Have `app` draw everything again, because frames were skipped; for another thread than that of `loop`."""
    with contextlib.suppress(RuntimeError):  # the loop may be closed
        loop.call_soon_threadsafe(app.call_later, partial(_repaint, app))


def _repaint(app: App[Any]) -> None:
    if isinstance(app, CompatApp):
        app.forget_frame()
    app.refresh(layout=True)


class WaitableEvent(Event):
    """An event that a thread can await together with input: while it is set, its descriptor is readable."""

    def __init__(self) -> None:
        """Create an event that is not set."""
        super().__init__()
        self._reader, self._writer = os.pipe()
        weakref.finalize(self, _close, self._reader, self._writer)

    def fileno(self) -> int:
        """Return the descriptor for `select`."""
        return self._reader

    def set(self) -> None:
        """Set the event."""
        if not self.is_set():
            super().set()
            os.write(self._writer, b"\0")

    def clear(self) -> None:
        """Reset the event."""
        if self.is_set():
            super().clear()
            os.read(self._reader, 1)


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


class TerminalDriver(CompatLinuxDriver):
    """Reads and writes in threads of its own."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        """Create the driver; the arguments are those of `Driver`."""
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._end_of_input = WaitableEvent()
        self.exit_event = self._end_of_input
        self._input = InputEvents()
        self._queried_modes: set[str] = set()
        self._queried_at = 0.0
        self._latency = 0.0
        self._writer = TerminalWriter(self.output, self._on_caught_up)

    def start_application_mode(self) -> None:
        """Take the terminal, and start to read and write."""
        self._input = InputEvents()
        self._queried_modes.clear()
        self._writer = TerminalWriter(self.output, self._on_caught_up)
        self._writer.start()
        super().start_application_mode()

    def stop_application_mode(self) -> None:
        """Restore the terminal, and discard replies and reports that it still sends."""
        self.write(_INPUT_MODES_OFF + (_RESIZE_REPORTS_OFF if self.has_in_band_resize else ""))
        self.disable_input()
        self._discard_late_input()
        if self.attrs_before is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
        self.write(_SCREEN_OFF)

    def close(self) -> None:
        """End the output thread; at exit within bounded time, even if the terminal accepts no output."""
        if not self._writer.stop(None if self.app.is_running else CLOSE_TIMEOUT):
            shutdown.abandon_stalled_terminal()
            self._writer.stop(CLOSE_TIMEOUT)

    # Output

    def write(self, data: str) -> None:
        """Queue `data` to be written."""
        self._writer.write(data)

    def should_skip_frame(self) -> bool:
        """Return whether the terminal is behind, so that a frame is useless; it is repainted when it has caught up."""
        return self._writer.should_skip_frame()

    def _on_caught_up(self) -> None:
        repaint_threadsafe(self.app, self.loop)

    # Queries

    def on_mode_query(self, mode: str) -> None:
        """Record a query; its reply must not be left to the shell at exit."""
        self._queried_modes.add(mode)
        self._queried_at = time.monotonic()

    def _has_all_replies(self) -> bool:
        return self._queried_modes <= self._input.reported_modes

    def _discard_late_input(self) -> None:
        """Read what the terminal sends late, for as long as a reply or report may arrive.

        A shell would take a reply or a mouse report for typed text.
        """
        start = time.monotonic()
        reply_deadline = self._queried_at + REPLY_TIMEOUT
        report_deadline = start + min(LATE_INPUT_TIMEOUT, 1.5 * self._latency)
        while True:
            now = time.monotonic()
            deadline = report_deadline if self._has_all_replies() else max(reply_deadline, report_deadline)
            if now >= deadline:
                break
            with contextlib.suppress(OSError):
                is_ready = select.select([self.fileno], [], [], deadline - now)[0]
                if is_ready and (data := os.read(self.fileno, _READ_SIZE)):
                    list(self._input.feed(data, now))
                    continue
            break  # a timeout, or the terminal is gone
        with contextlib.suppress(termios.error):
            termios.tcflush(self.fileno, termios.TCIFLUSH)

    # Input

    def run_input_thread(self) -> None:
        """Read input and post its events until the app ends or the terminal is gone."""
        while not self.exit_event.is_set():
            timeout = _PENDING_TICK if self._input.is_pending else None
            readable = select.select([self.fileno, self._end_of_input.fileno()], [], [], timeout)[0]
            if self.fileno not in readable:
                self._post(b"")
                continue
            try:
                data = os.read(self.fileno, _READ_SIZE)
            except OSError:
                return  # the terminal is gone, which `shutdown` notices
            if not data:
                self.exit_event.wait(_CLOSED_TICK)
                continue
            self._post(data)

    def process_message(self, message: Message) -> None:
        """Post an event; a size report that was not requested is ignored."""
        if isinstance(message, Resize) and not self.has_in_band_resize:
            return
        super().process_message(message)

    def _post(self, data: bytes) -> None:
        now = time.monotonic()
        had_all_replies = self._has_all_replies()
        for event in self._input.feed(data, now) if data else self._input.tick(now):
            self.process_message(event)
        if not had_all_replies and self._has_all_replies():
            self._latency = now - self._queried_at
