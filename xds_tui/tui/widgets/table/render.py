"""How one line of a table is drawn: what it is drawn from, its *look*, becomes a strip of exactly the table's width.

A look is frozen and holds all that decides how a line appears, but for the colours: lines with equal looks are equal
on screen. All text is inert: no markup is read in it, and what could act on a terminal is replaced. Widths are terminal
cells; a CJK character takes two.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Final

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from xds_tui.tui.widgets.table.columns import Layout, Slot

MARGIN: Final = 3
"""Cells left of the first column: the cursor, the mark, and one that parts them from the text."""

INDENT: Final = 1
"""Cells left of a heading: rows stand further in."""

GAP: Final = 2
"""Cells between two columns."""

END: Final = 1
"""Cells right of the last column, so that its text does not touch the scrollbar."""

REPLACEMENT: Final = "\ufffd"
"""What stands for a character that could act on a terminal."""

StyleOf = Callable[..., Style]
"""Tells the style of one or more parts of a table, each stronger than those before it."""

_Part = tuple[Style, str]


@dataclass(frozen=True, slots=True)
class Cell:
    """What one column shows of one row: plain text, never markup."""

    text: str
    style: str = ""
    """The component class `line-table--STYLE` that it is drawn in; empty for the table's own."""
    quiet: bool = False
    """Whether a change of it is no news: it tells how long something is, or came to be known later than the rest."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one line of the table shows."""

    cells: tuple[Cell, ...]
    """One for each column, in the order of the columns."""
    dim: bool = False
    """Whether the whole line steps back."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What the rows below it have in common."""

    text: str
    note: str = ""
    """What is told of them beside it, less loudly."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The signs that a table adds to the texts, each one cell wide."""

    cursor: str = "▌"
    mark: str = "✓"
    ascending: str = "▲"
    descending: str = "▼"
    ellipsis: str = "…"


ASCII_GLYPHS: Final = Glyphs(cursor=">", mark="*", ascending="^", descending="v", ellipsis="~")
"""Signs that every terminal has."""


@dataclass(frozen=True, slots=True)
class HeaderLook:
    """The titles of the columns."""

    layout: Layout
    sort_key: str | None
    sort_reverse: bool

    def draw(self, glyphs: Glyphs, style_of: StyleOf) -> Strip:
        """Draw the line."""
        style = style_of("header")
        parts = [(style, " " * MARGIN)]
        for slot in self.layout.slots:
            arrow = ""
            if slot.column.key == self.sort_key:
                arrow = glyphs.descending if self.sort_reverse else glyphs.ascending
            title = cut(inert_text(slot.column.title), slot.width - cell_len(arrow), glyphs.ellipsis)
            parts += _placed(slot, title + arrow, style, style)
        return _strip(parts, self.layout.width, style)


@dataclass(frozen=True, slots=True)
class RowLook:
    """A row of the table."""

    layout: Layout
    row: Row
    state: str
    """`cursor`, `cursor-blurred` or nothing."""
    marked: bool
    changed: frozenset[int]
    """The columns whose cells are marked as changed."""

    def draw(self, glyphs: Glyphs, style_of: StyleOf) -> Strip:
        """Draw the line; under the cursor cells lose their own colours, which were not chosen for its background."""
        classes = self._classes()
        style = style_of(*classes)
        cursor, mark = glyphs.cursor if self.state else " ", glyphs.mark if self.marked else " "
        parts = [(style, f"{cursor}{mark} ")]
        for slot in self.layout.slots:
            cell = self.row.cells[slot.index]
            own = [cell.style] if cell.style and self.state != "cursor" else []
            if slot.index in self.changed:
                own.append("changed")
            text = cut(inert_text(cell.text), slot.width, glyphs.ellipsis)
            parts += _placed(slot, text, style_of(*classes, *own) if own else style, style)
        return _strip(parts, self.layout.width, style)

    def _classes(self) -> tuple[str, ...]:
        told = (("dim", self.row.dim), ("marked", self.marked), (self.state, bool(self.state)))
        return tuple(name for name, holds in told if holds)


@dataclass(frozen=True, slots=True)
class HeadingLook:
    """A line that tells what the rows below it have in common."""

    layout: Layout
    heading: Heading

    def draw(self, glyphs: Glyphs, style_of: StyleOf) -> Strip:
        """Draw the line: it begins left of the first column."""
        style, width = style_of("heading"), self.layout.width - INDENT - END
        text = cut(inert_text(self.heading.text), width, glyphs.ellipsis)
        note = (
            cut(inert_text(self.heading.note), width - cell_len(text) - GAP, glyphs.ellipsis)
            if self.heading.note
            else ""
        )
        parts = [(style, " " * INDENT + text), (style_of("muted"), " " * GAP + note if note else "")]
        return _strip(parts, self.layout.width, style)


@dataclass(frozen=True, slots=True)
class TextLook:
    """A line that is not a row: blank, or with a text in its middle."""

    layout: Layout
    text: str

    def draw(self, glyphs: Glyphs, style_of: StyleOf) -> Strip:
        """Draw the line."""
        style = style_of("placeholder")
        text = cut(inert_text(self.text), self.layout.width, glyphs.ellipsis)
        left = (self.layout.width - cell_len(text)) // 2
        return _strip([(style, " " * left + text)], self.layout.width, style)


LineSpec = HeaderLook | HeadingLook | RowLook | TextLook


def inert_text(text: str) -> str:
    """Return `text` with every character replaced that could act on a terminal or turn the direction of a line."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or _is_space(letter) else REPLACEMENT for letter in text)


def _is_space(letter: str) -> bool:
    return unicodedata.category(letter) == "Zs"


def cut(text: str, width: int, ellipsis: str) -> str:
    """Return `text` if it fits into `width` cells, else as much of it as fits before `ellipsis`."""
    if cell_len(text) <= width:
        return text
    room = width - cell_len(ellipsis)
    if room <= 0:
        return set_cell_size(ellipsis, max(0, width))
    return chop_cells(text, room)[0] + ellipsis


def _placed(slot: Slot, text: str, style: Style, around: Style) -> list[_Part]:
    """Return `text` in its slot, and the gap after it; blanks are drawn as what is around, to make few segments."""
    blank = " " * (slot.width - cell_len(text))
    left, right = (blank, "") if slot.column.align == "right" else ("", blank)
    return [(around, left), (style, text), (around, right + " " * GAP)]


def _strip(parts: list[_Part], width: int, style: Style) -> Strip:
    """Fill up to `width`, and join what is drawn in one style, because each segment costs some 40 bytes of colours."""
    missing = width - sum(cell_len(text) for _, text in parts)
    filled = [part for part in (*parts, (style, " " * missing)) if part[1]]
    runs = groupby(filled, itemgetter(0))
    segments = [Segment("".join(text for _, text in run), shared) for shared, run in runs]
    return Strip(segments).adjust_cell_length(width, style)


PARTS: Final = (
    *("header", "heading", "cursor", "cursor-blurred", "marked", "changed", "placeholder"),
    *("dim", "good", "warn", "bad", "busy", "muted", "accent"),
)
"""Each is a component class `line-table--PART`; those of the second line are for cells."""

CSS: Final = """
Table {
    width: 1fr;
    height: 1fr;
    overflow-x: hidden;
    overflow-y: auto;
    scrollbar-size-vertical: 1;
    .line-table--header { color: $text-muted; text-style: bold; }
    .line-table--heading { text-style: bold; }
    .line-table--cursor {
        background: $block-cursor-background;
        color: $block-cursor-foreground;
        text-style: $block-cursor-text-style;
    }
    .line-table--cursor-blurred { background: $block-cursor-blurred-background; }
    .line-table--marked { text-style: bold; }
    .line-table--changed { text-style: bold underline; }
    .line-table--placeholder { color: $text-muted; }
    .line-table--dim { color: $text-disabled; }
    .line-table--good { color: $text-success; }
    .line-table--warn { color: $text-warning; }
    .line-table--bad { color: $text-error; }
    .line-table--busy { color: $text-accent; }
    .line-table--muted { color: $text-muted; }
    .line-table--accent { color: $text-primary; }
    &:ansi {
        .line-table--placeholder, .line-table--dim, .line-table--muted { text-style: dim; }
    }
}
"""
