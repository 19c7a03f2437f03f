"""The driver for browsers: the app talks to a server through two pipes, and the server to the page.

The server is textual-serve or one with the same protocol. In contrast to Textual's driver, this one writes in a thread,
so that a server that reads nothing blocks nothing else, reports to `shutdown` that the page was closed, and leaves
signals and broken pipes to it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import Iterable
from typing import Any, ClassVar, Final

from textual.app import App
from textual.driver import Driver
from textual.message import Message

from xds_tui.tui.runtime import shutdown
from xds_tui.tui.runtime.input_events import InputEvents
from xds_tui.tui.runtime.terminal_driver import CLOSE_TIMEOUT, repaint_threadsafe
from xds_tui.tui.runtime.terminal_writer import TerminalWriter
from xds_tui.tui.textual_compat.web_driver import CompatWebDriver

_STDIN, _STDOUT, _STDERR = 0, 1, 2

_CLOSING_PACKETS: Final = ("quit", "exit")
"""Packet types that the server sends when the page was closed, and when it ends."""


def run(app: App[Any], *, mouse: bool) -> int:
    """Run `app` as `shutdown.run_until_exit` does, in a browser; the exit code is 129 if the page or server is gone."""
    pipes = ServerPipes()
    app.driver_class = _driver_class(pipes)
    return shutdown.run_until_exit(app, mouse=mouse, connection=pipes)


class ServerPipes:
    """The pipes to the server, as a `shutdown.Connection`."""

    def __init__(self) -> None:
        """Reserve standard output for packets: everything else written to it goes to standard error."""
        self._output = os.dup(_STDOUT)
        os.dup2(_STDERR, _STDOUT)
        self._watched_end, self._closed_end = socket.socketpair()
        self.fds = (_STDIN, self._watched_end.fileno())

    def hang_up(self) -> None:
        """Make one of `fds` hang up, because the page was closed."""
        self._closed_end.close()

    def write(self, data: bytes, /) -> int:
        """Write all of `data`, which may block; once the server is gone, discard it. Return the length of `data`."""
        remaining = memoryview(data)
        try:
            while remaining:
                remaining = remaining[os.write(self._output, remaining) :]
        except OSError:
            self._discard_output()
            self.hang_up()
        return len(data)

    def flush(self) -> None:
        """Do nothing: nothing is buffered."""

    def is_stalled(self) -> bool:
        """Return whether the server accepts no output at the moment."""
        poll = select.poll()
        poll.register(self._output, select.POLLOUT)
        return not poll.poll(0)

    def abandon(self) -> None:
        """Unblock the thread that waits to write."""
        with contextlib.suppress(OSError):
            self._discard_output()
            shutdown.interrupt_writer()

    def restore(self) -> None:
        """Do nothing: the page belongs to the server."""

    def _discard_output(self) -> None:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, self._output)
        os.close(null)


def _driver_class(server: ServerPipes) -> type[Driver]:
    """Return a driver class, which Textual instantiates itself, for the browser behind `server`."""

    class ConnectedDriver(BrowserDriver):
        pipes = server

    return ConnectedDriver


class BrowserDriver(CompatWebDriver):
    """A driver that reports to its pipes when the page was closed."""

    pipes: ClassVar[ServerPipes]

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        """Create the driver; the arguments are those of `Driver`."""
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._output = TerminalWriter(self.pipes, self._on_caught_up)
        self.set_writer(self._queue)

    def start_application_mode(self) -> None:
        """Take the page, and restore the signal handlers that Textual replaces."""
        self._output.start()
        handlers = {number: signal.getsignal(number) for number in shutdown.SIGNALS}
        super().start_application_mode()
        for number, handler in handlers.items():
            asyncio.get_running_loop().remove_signal_handler(number)
            signal.signal(number, handler)

    def close(self) -> None:
        """End the output thread within bounded time, even if the server reads nothing."""
        if not self._output.stop(CLOSE_TIMEOUT):
            self.pipes.abandon()
            self._output.stop(CLOSE_TIMEOUT)

    def should_skip_frame(self) -> bool:
        """Return whether the server is behind, so that a frame is useless; it is repainted when it has caught up."""
        return self._output.should_skip_frame()

    def _queue(self, packet: bytes) -> int:
        self._output.write(packet)
        return len(packet)

    def _on_caught_up(self) -> None:
        repaint_threadsafe(self.app, self.loop)

    def run_input_thread(self) -> None:
        """Read packets and post the events in them until the app ends or the server is gone."""
        decoder = InputEvents()
        try:
            with contextlib.closing(self.read_input()) as payloads:
                for payload in payloads:
                    now = time.monotonic()
                    self._post(decoder.feed(payload, now) if payload else decoder.tick(now))
        finally:
            if not self.exit_event.is_set():
                self.pipes.hang_up()

    def _post(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.process_message(message)

    def on_meta(self, packet_type: str, payload: dict[str, object]) -> None:
        """Handle a packet that is not input, such as the size of the page."""
        if packet_type in _CLOSING_PACKETS:
            self.pipes.hang_up()
        else:
            super().on_meta(packet_type, payload)
