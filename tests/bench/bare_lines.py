"""Baseline of a start, a key and an idle minute: a bare Textual app with a number of lines drawn by `render_line`."""

from __future__ import annotations

import sys

from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip


class Lines(ScrollView, can_focus=True):
    """Lines that are created when they become visible."""

    def on_mount(self) -> None:
        self.virtual_size = Size(100, int(sys.argv[1]))

    def render_line(self, y: int) -> Strip:
        number = self.scroll_offset.y + y
        text = f"host-{number}  " + "  ".join(f"cell {column}" for column in range(1, 7))
        return Strip([Segment(text, self.rich_style)]).adjust_cell_length(self.size.width, self.rich_style)


class BareLines(App[None]):
    def compose(self) -> ComposeResult:
        yield Lines()


if __name__ == "__main__":
    BareLines().run()
