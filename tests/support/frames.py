"""What the app writes to a terminal, and an emulated terminal that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from unittest.mock import patch

import pyte
from rich.console import RenderableType
from textual._compositor import CompositorUpdate, LayoutUpdate
from textual.app import App
from textual.screen import Screen

from xds_tui.tui.textual_compat.cell_diff import CellDiff

from .app_driver import AppDriver
from .ideal_output import Cells, cells_of

FRAME: Final = len("\x1b[?2026h" + "\x1b[40;120H" + "\x1b[?2026l")
"""Bytes that Textual writes around each frame: synchronized output, and the position of the cursor."""


class EmulatedTerminal:
    """A screen that understands what is written to it."""

    def __init__(self, columns: int, rows: int) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self.screen)
        self.clear()

    def clear(self) -> None:
        """Show nothing, and do not wrap lines, as the driver asks of a terminal."""
        self.screen.reset()
        self._stream.feed("\x1b[?7l")

    def write(self, text: str) -> None:
        """Show `text`; Textual writes line feeds before positions only."""
        self._stream.feed(text.replace("\n", ""))

    def cells(self) -> Cells:
        """Return what is in each cell, by row."""
        return cells_of(self.screen)


class Recording:
    """What a running app has written, as the terminal driver would."""

    def __init__(self, driver: AppDriver, columns: int, rows: int) -> None:
        self.app = driver.app
        self.terminal = EmulatedTerminal(columns, rows)
        self.written = 0
        """Bytes since the start, without those around each frame."""
        self.frames = 0

    def add(self, update: CompositorUpdate) -> None:
        """Write a frame."""
        text = update.render_segments(self.app.console)
        self.terminal.write(text)
        self.written += len(text.encode())
        self.frames += 1

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the terminal."""
        self.terminal.screen.resize(rows, columns)

    def is_correct(self) -> bool:
        """Return whether the terminal shows what it would show after everything was drawn again."""
        return self.terminal.cells() == self.redrawn()

    def redrawn(self) -> Cells:
        """Return what a terminal shows that gets everything at once."""
        screen = self.app.screen
        terminal = EmulatedTerminal(*screen.size)
        strips = screen._compositor.render_strips()
        terminal.write(LayoutUpdate([[strip] for strip in strips], screen.region).render_segments(self.app.console))
        return terminal.cells()


@contextmanager
def recording(driver: AppDriver, columns: int, rows: int) -> Iterator[Recording]:
    """Record what the app writes, from its first frame on."""
    driver.app.cell_diff = CellDiff()
    record = Recording(driver, columns, rows)
    display = App._display

    def display_and_record(app: App[object], screen: Screen[object], renderable: RenderableType | None) -> None:
        display(app, screen, renderable)
        if isinstance(renderable, CompositorUpdate) and not app._batch_count:
            record.add(renderable)

    with patch.object(App, "_display", display_and_record):
        yield record
