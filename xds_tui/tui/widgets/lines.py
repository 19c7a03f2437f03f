"""Widgets that show lines of text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.content import Content
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.widget import Widget

from xds_tui.text import formats
from xds_tui.text.overview import Line
from xds_tui.text.tags import STYLES


class StyledLines(Widget):
    """Shows lines of styled spans, such as those of `text.overview`, and repaints only those that look different."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"lines--{style}"
        for style in ("border", "title", "strong", "good", "busy", "warn", "bad", "muted", "accent", "spark", *STYLES)
    }
    DEFAULT_CSS = """
    StyledLines {
        .lines--border { color: $surface-lighten-2; }
        .lines--title { color: $foreground; }
        .lines--strong { text-style: bold; }
        .lines--good, .lines--spark { color: $text-success; }
        .lines--busy, .lines--accent { color: $text-accent; }
        .lines--warn { color: $text-warning; }
        .lines--bad { color: $text-error; text-style: bold; }
        .lines--muted { color: $text-muted; }
        &:ansi .lines--muted { text-style: dim; }
    }
    """

    lines: reactive[tuple[Content, ...]] = reactive((), repaint=False, always_update=True)
    """The lines that are drawn."""

    def show(self, lines: Iterable[Line]) -> None:
        """Draw other lines."""
        self.lines = tuple(_content(line) for line in lines)

    def watch_lines(self, old: tuple[Content, ...], new: tuple[Content, ...]) -> None:
        """Repaint the lines that look different."""
        if len(old) != len(new):
            self.refresh(layout=self.styles.auto_dimensions)
            return
        changed = [y for y, (line, before) in enumerate(zip(new, old, strict=True)) if not line.is_same(before)]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def render(self) -> Content:
        """Return all lines."""
        return Content("\n").join(self.lines)


class WrappedText(Widget):
    """Shows a text, whose lines are broken between Chinese characters, too, unlike those of Textual's `Static`."""

    DEFAULT_CSS = "WrappedText { height: auto; }"

    text: reactive[str] = reactive("", layout=True)
    """The text, which may have several lines."""

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines at this width."""
        return len(wrapped_lines(self.text, width))

    def render(self) -> Content:
        """Return the text as it is broken at the present width."""
        return Content("\n".join(wrapped_lines(self.text, self.size.width)))


def wrapped_lines(text: str, width: int) -> list[str]:
    """Return the lines of a text, each at most `width` cells."""
    return [part for line in text.split("\n") for part in formats.wrapped(line, max(width, 1))]


def _content(line: Line) -> Content:
    return Content.assemble(*(Content(text).stylize(f".lines--{style}" if style else "") for text, style in line))
