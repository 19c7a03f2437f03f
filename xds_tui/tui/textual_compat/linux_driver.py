"""Textual's driver for terminals, with public names for what `runtime.terminal_driver` replaces."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import IO, Any, Final

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from xds_tui.system.terminal import is_apple_terminal
from xds_tui.tui.textual_compat import CompatApp

SYNCHRONIZED_OUTPUT: Final = "2026"
IN_BAND_RESIZE: Final = "2048"
"""DEC private modes that Textual queries at start."""


class CompatLinuxDriver(LinuxDriver):
    """A driver with replaceable input and output threads.

    Textual's input thread ends on bytes that are not UTF-8 (https://github.com/Textualize/textual/issues/6456), and its
    output blocks the event loop while the terminal accepts nothing (no upstream issue found).
    """

    @property
    def app(self) -> App[Any]:
        """The app that the driver belongs to."""
        return self._app

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop of the app."""
        return self._loop

    @property
    def output(self) -> IO[str]:
        """The file to draw on.

        Raises:
            RuntimeError: if standard error is closed.

        """
        if self._file is None:
            raise RuntimeError("there is no standard error to draw on")
        return self._file

    @property
    def has_in_band_resize(self) -> bool:
        """Whether the terminal reports changes of its size in its input."""
        return self._in_band_window_resize

    def on_mode_query(self, mode: str) -> None:
        """Handle that the terminal is about to be asked for the state of a DEC private mode."""

    def start_application_mode(self) -> None:
        """Take the terminal, without Textual's output thread."""
        if isinstance(self.app, CompatApp):
            self.app.start_frames()
        start: Callable[[], None] = super().start_application_mode
        start()
        if self._writer_thread is not None:
            self._writer_thread.stop()

    def _request_terminal_sync_mode_support(self) -> None:
        if self.input_tty and not is_apple_terminal(os.environ):
            self.on_mode_query(SYNCHRONIZED_OUTPUT)
        super()._request_terminal_sync_mode_support()

    def _query_in_band_window_resize(self) -> None:
        self.on_mode_query(IN_BAND_RESIZE)
        super()._query_in_band_window_resize()

    def _run_input_thread(self) -> None:
        """Run the input thread; unlike Textual's, it leaves exceptions to `threading.excepthook`."""
        self.run_input_thread()
