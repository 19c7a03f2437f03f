"""Textual's driver for browsers, with public names for what `runtime.web_driver` replaces."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Generator
from functools import partial
from typing import Any

from textual.app import App
from textual.drivers._byte_stream import ByteStream
from textual.drivers.web_driver import WebDriver


class CompatWebDriver(WebDriver):
    """A driver that writes with a given function and yields the input that it reads.

    Textual's driver blocks the event loop while the server reads nothing, fails on a broken pipe, ends its input thread
    on bytes that are not UTF-8 (https://github.com/Textualize/textual/issues/6456), and sends the mouse modes even with
    `mouse=False`.
    """

    def __init__(self, app: App[Any], *, debug: bool, mouse: bool, size: tuple[int, int] | None) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._packets = ByteStream()

    @property
    def app(self) -> App[Any]:
        """The app that the driver belongs to."""
        return self._app

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop of the app."""
        return self._loop

    def set_writer(self, write: Callable[[bytes], int]) -> None:
        """Write packets with `write`."""
        self._write = partial(write)

    def start_application_mode(self) -> None:
        """Take the page, and switch the mouse off again if it is not wanted."""
        super().start_application_mode()
        if not self._mouse:
            self.write("\x1b[?1003l")
            self._disable_mouse_support()

    def read_input(self) -> Generator[bytes]:
        """Yield each payload of input, and `b""` after each read; packets of other types are handled here."""
        try:
            for data in self._input_reader:
                for packet_type, payload in self._packets.feed(data) if data else ():
                    if packet_type == "D":
                        yield payload
                    else:
                        with contextlib.suppress(ValueError, LookupError, TypeError):  # not a packet of this protocol
                            self._on_meta(packet_type, payload)
                yield b""
        finally:
            self._input_reader.close()
