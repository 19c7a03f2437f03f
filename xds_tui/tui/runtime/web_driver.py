"""The app in a browser: what leads to it are two pipes, and a server at their other end that started us.

The server is textual-serve or one that speaks as it does, with packets in both directions; Textual's driver for it
leaves undone what `ending` needs: it does not notice that nobody looks any more, fails where a pipe is broken, and
takes SIGTERM and SIGINT for itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Iterable
from functools import partial
from typing import Any, ClassVar, Final

from textual.app import App
from textual.driver import Driver
from textual.drivers._byte_stream import ByteStream
from textual.drivers.web_driver import WebDriver
from textual.message import Message

from xds_tui.tui.runtime import shutdown
from xds_tui.tui.runtime.input_events import InputEvents

_STDIN, _STDOUT, _STDERR = 0, 1, 2

_NOBODY_LOOKS: Final = ("quit", "exit")
"""What the server says when the page was closed, and when it will say nothing more."""


def run(app: App[Any], *, mouse: bool) -> int:
    """Run `app` as `ending.run` does, in a browser; the exit code is 129 when the page or the server has gone."""
    line = Pipes()
    app.driver_class = _driver(line)
    return shutdown.run_until_exit(app, mouse=mouse, line=line)


class Pipes:
    """The pipes to the server, and whether anybody looks at its page."""

    def __init__(self) -> None:
        """Keep standard output for packets: whatever else is written to it goes where errors go from now on."""
        self._out = os.dup(_STDOUT)
        os.dup2(_STDERR, _STDOUT)
        self._hears, self._held = socket.socketpair()
        self.fds = (_STDIN, self._hears.fileno())

    def hang_up(self) -> None:
        """Have it known that nobody looks any more."""
        self._held.close()

    def write(self, data: bytes) -> int:
        """Write all of `data`, or none of what is left once nobody reads it."""
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self._out, left) :]
        except OSError:
            self._silence()
            self.hang_up()
        return len(data)

    def is_stalled(self) -> bool:
        """Whether the server takes nothing at the moment."""
        poll = select.poll()
        poll.register(self._out, select.POLLOUT)
        return not poll.poll(0)

    def leave_stalled(self) -> None:
        """Free the event loop, which waits to write."""
        with contextlib.suppress(OSError):
            self._silence()
            # The call is interrupted, and repeated on what is in the pipe's place now.
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)

    def restore(self) -> None:
        """Do nothing: the page is the server's, and nothing in it was changed."""

    def _silence(self) -> None:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, self._out)
        os.close(null)


def _driver(line: Pipes) -> type[Driver]:
    """Return the driver for a browser at the other end of `line`."""

    class DriverOnLine(BrowserDriver):
        _line = line

    return DriverOnLine


class BrowserDriver(WebDriver):
    """Textual's driver for a browser, which tells its line when nobody looks any more."""

    _line: ClassVar[Pipes]

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        """Make it; see `Driver`."""
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._write = partial(self._line.write)

    def start_application_mode(self) -> None:
        """Take the page, and leave the signals as they are."""
        handlers = {number: signal.getsignal(number) for number in shutdown.SIGNALS}
        super().start_application_mode()
        for number, handler in handlers.items():
            asyncio.get_running_loop().remove_signal_handler(number)
            signal.signal(number, handler)
        if not self._mouse:
            self.write("\x1b[?1003l")
            self._disable_mouse_support()

    def run_input_thread(self) -> None:
        """Read packets and post the events of those that hold input, until the end or the server's."""
        packets, decoder = ByteStream(), InputEvents()
        try:
            for data in self._input_reader:
                for kind, payload in packets.feed(data) if data else ():
                    if kind == "D":
                        self._post(decoder.feed(payload, time.monotonic()))
                    else:
                        with contextlib.suppress(ValueError, LookupError, TypeError):  # no packet that is known
                            self._on_meta(kind, payload)
                self._post(decoder.tick(time.monotonic()))
        finally:
            self._input_reader.close()
            if not self.exit_event.is_set():
                self._line.hang_up()

    def _post(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.process_message(message)

    def on_meta(self, packet_type: str, payload: dict[str, object]) -> None:
        """Take in what the server says of the page."""
        if packet_type in _NOBODY_LOOKS:
            self._line.hang_up()
        else:
            super().on_meta(packet_type, payload)
