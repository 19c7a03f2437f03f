"""A scrollable view that is drawn line by line, and repaints only the lines that look different."""

from __future__ import annotations

from typing import Final

from rich.style import Style
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from xds_tui.tui.widgets.table.render import Glyphs, LineSpec

_MAX_STRIPS: Final = 160
"""Drawn lines in the cache, twice as many as a high screen has. Each consists of dozens of objects, which slow down
garbage collections."""


class LineView(ScrollView):
    """Draws each line from a `LineSpec`.

    After every change the specifications of the visible lines are compared with those drawn last, and the lines that
    differ are drawn again.
    """

    virtual_size: reactive[Size] = reactive(Size(0, 0), repaint=False)
    """The size of all lines. Textual's own reactive repaints the whole screen whenever a row is added or removed."""

    def __init__(self, *, glyphs: Glyphs, id: str | None, classes: str | None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self.glyphs = glyphs
        self._drawn: dict[int, LineSpec] = {}
        self._drawn_keys: dict[int, str | None] = {}
        self._strips: LRUCache[LineSpec, Strip] = LRUCache(_MAX_STRIPS)

    def line_spec(self, y: int) -> LineSpec:
        """Return everything that determines how line `y` of the screen looks."""
        raise NotImplementedError

    def key_at(self, y: int) -> str | None:
        """Return the key of the row in line `y` of the screen, or None."""
        raise NotImplementedError

    def drawn_key(self, y: int) -> str | None:
        """Return the key of the row that the user sees in line `y` of the screen, or None."""
        return self._drawn_keys.get(y)

    def render_line(self, y: int) -> Strip:
        """Draw line `y` of the screen, or return it from the cache."""
        spec = self._drawn[y] = self.line_spec(y)
        self._drawn_keys[y] = self.key_at(y)
        if (strip := self._strips.get(spec)) is None:
            strip = self._strips[spec] = spec.draw(self.glyphs, self._component_style)
        return strip

    def repaint_changed_lines(self) -> None:
        """Repaint the visible lines that look different from how they were drawn last."""
        region = self.scrollable_content_region
        for y in range(region.height):
            if self._drawn.get(y) != self.line_spec(y):
                self.refresh(Region(0, y, region.width, 1))
            else:
                self._drawn_keys[y] = self.key_at(y)

    def notify_style_update(self) -> None:
        """Discard the drawn lines, because their colours may have changed."""
        super().notify_style_update()
        self._strips.clear()

    def watch_virtual_size(self, virtual_size: Size) -> None:
        """Show the scrollbar if it is necessary."""
        # Before the first layout only lines beyond the screen are certain to need one; this saves a second layout.
        available = self.container_size.height or self.app.size.height
        self.show_vertical_scrollbar = is_needed = virtual_size.height > available
        if is_needed:
            self.vertical_scrollbar.window_virtual_size = virtual_size.height
        self.vertical_scrollbar.display = is_needed

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Move the scrollbar, and repaint: no line changes if rows were inserted above the visible part."""
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.position = new_value
        self.repaint_changed_lines()

    def _component_style(self, *parts: str) -> Style:
        return self.get_visual_style(*(f"line-table--{part}" for part in parts)).rich_style
