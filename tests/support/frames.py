"""What the app writes to a terminal, an emulated terminal that shows it, and what a perfect terminal library writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from unittest.mock import patch

import pyte
from pyte.screens import Char
from rich.console import RenderableType
from textual._compositor import CompositorUpdate, LayoutUpdate
from textual.app import App
from textual.screen import Screen

from xds_tui.tui.textual_compat.cell_diff import CellDiff

from .app_driver import AppDriver

FRAME: Final = len("\x1b[?2026h" + "\x1b[40;120H" + "\x1b[?2026l")
"""Bytes that Textual writes around each frame: synchronized output, and the position of the cursor."""

Cells = list[list[Char]]


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
        screen = self.screen
        return [[screen.buffer[y][x] for x in range(screen.columns)] for y in range(screen.lines)]


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


def ideal_length(before: Cells, after: Cells) -> int:
    """Return the bytes that turn one screen into another: moves, changes of attributes, and the cells that differ."""
    length, attributes = 0, ("default", "default", frozenset[str]())
    for old_row, new_row in zip(before, after, strict=True):
        position = -1
        for x, (old, new) in enumerate(zip(old_row, new_row, strict=True)):
            if old == new or not new.data:
                continue
            if x != position:
                length += 8 if position < 0 else 4
            wanted = _attributes(new)
            if wanted != attributes:
                length += _change(attributes, wanted)
                attributes = wanted
            length += len(new.data.encode())
            position = x + 1 + (x + 1 < len(new_row) and not new_row[x + 1].data)
    return length


def _attributes(cell: Char) -> tuple[str, str, frozenset[str]]:
    flags = ("bold", "italics", "underscore", "strikethrough", "reverse", "blink")
    return cell.fg, cell.bg, frozenset(flag for flag in flags if getattr(cell, flag))


def _change(before: tuple[str, str, frozenset[str]], after: tuple[str, str, frozenset[str]]) -> int:
    """Return the length of the sequence that changes attributes, without what stays as it is."""
    parts = [_color_length(new) for old, new in zip(before[:2], after[:2], strict=True) if old != new]
    parts += [2] * len(before[2] ^ after[2])
    return len("\x1b[m") + sum(parts) + max(0, len(parts) - 1)


def _color_length(color: str) -> int:
    """Return the length of the SGR parameter of one of pyte's colors, a name or `rrggbb`."""
    if len(color) != 6 or not all(letter in "0123456789abcdef" for letter in color):
        return 2
    return len("38;2;") + len(";".join(str(int(color[start : start + 2], 16)) for start in (0, 2, 4)))
