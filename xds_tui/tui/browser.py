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
from functools import partial
from typing import Any, Final

from textual.app import App
from textual.driver import Driver
from textual.drivers.web_driver import WebDriver

from xds_tui.tui import ending

_STDIN, _STDOUT, _STDERR = 0, 1, 2

_NOBODY_LOOKS: Final = ("quit", "exit")
"""What the server says when the page was closed, and when it will say nothing more."""


def run(app: App[Any], *, mouse: bool) -> int:
    """Run `app` as `ending.run` does, in a browser; the exit code is 129 when the page or the server has gone."""
    line = Pipes()
    app.driver_class = _driver(line)
    return ending.run(app, mouse=mouse, line=line)


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
    """Return Textual's driver for a browser, with its packets on `line`, whose end it tells of."""

    class BrowserDriver(WebDriver):
        def __init__(
            self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
        ) -> None:
            super().__init__(app, debug=debug, mouse=mouse, size=size)
            self._write = partial(line.write)

        def start_application_mode(self) -> None:
            handlers = {number: signal.getsignal(number) for number in ending.SIGNALS}
            super().start_application_mode()
            for number, handler in handlers.items():
                asyncio.get_running_loop().remove_signal_handler(number)
                signal.signal(number, handler)
            if not self._mouse:
                self.write("\x1b[?1003l")
                self._disable_mouse_support()

        def run_input_thread(self) -> None:
            super().run_input_thread()
            if not self.exit_event.is_set():
                line.hang_up()

        def on_meta(self, packet_type: str, payload: dict[str, object]) -> None:
            if packet_type in _NOBODY_LOOKS:
                line.hang_up()
            else:
                super().on_meta(packet_type, payload)

    return BrowserDriver
