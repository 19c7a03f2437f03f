"""Drawing the lines of a table: a `LineSpec` describes a line, and its `draw` returns a strip of the table's width.

Specifications are frozen and contain everything that determines the appearance except the colours, so equal ones look
equal. Markup in texts is not interpreted, and characters that could control the terminal are replaced. Widths are in
terminal cells; a CJK character takes two.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Final

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.strip import Strip

from xds_tui.structs import dataclass
from xds_tui.text.tags import STYLES
from xds_tui.tui.widgets.table.columns import Column, Layout, Slot

MARGIN: Final = 3
"""Cells left of the first column: the cursor, the mark, and a space."""

INDENT: Final = 1
"""Cells left of a heading, which starts further left than rows."""

GAP: Final = 2
"""Cells between two columns."""

END: Final = 1
"""Cells right of the last column, so that its text does not touch the scrollbar."""

REPLACEMENT: Final = "\ufffd"
"""Replaces characters that could control the terminal."""

StyleOf = Callable[..., Style]
"""Returns the combined style of one or more component classes, of which later ones take precedence."""

_Part = tuple[Style, str]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a row, as plain text without markup."""

    text: str
    style: str = ""
    """The component class `line-table--STYLE`; empty: the style of the table."""
    quiet: bool = False
    """Whether not to highlight changes: for durations, and for values that are loaded later than the rest."""
    runs: tuple[tuple[int, str], ...] = ()
    """Lengths in characters and styles of parts of the text, from its start, that look different from `style`."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table."""

    cells: tuple[Cell, ...]
    """The cells in the order of the columns."""
    dim: bool = False
    """Whether the whole line is dimmed."""


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a group of rows."""

    text: str
    note: str = ""
    """A muted text after it, such as the number of rows."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The symbols that a table draws, each one cell wide."""

    cursor: str = "▌"
    mark: str = "✓"
    ascending: str = "▲"
    descending: str = "▼"
    ellipsis: str = "…"


ASCII_GLYPHS: Final = Glyphs(cursor=">", mark="*", ascending="^", descending="v", ellipsis="~")
"""Symbols for terminals without Unicode."""


@dataclass(frozen=True, slots=True)
class HeaderLook:
    """The line with the titles of the columns."""

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
            parts += _pad(slot, title + arrow, style, style)
        return _strip(parts, self.layout.width, style)


@dataclass(frozen=True, slots=True)
class RowLook:
    """The line of a row."""

    layout: Layout
    row: Row
    state: str
    """`cursor`, `cursor-blurred` or empty."""
    marked: bool
    changed: frozenset[int]
    """The indexes of the cells to highlight as changed."""

    def draw(self, glyphs: Glyphs, style_of: StyleOf) -> Strip:
        """Draw the line; under the cursor without the cells' own colours, which suit only the usual background."""
        classes = self._classes()
        style = style_of(*classes)
        cursor, mark = glyphs.cursor if self.state else " ", glyphs.mark if self.marked else " "
        parts = [(style, f"{cursor}{mark} ")]
        for slot in self.layout.slots:
            cell = self.row.cells[slot.index]
            cell_classes = [cell.style] if cell.style and self.state != "cursor" else []
            if slot.index in self.changed:
                cell_classes.append("changed")
            text = cut(inert_text(cell.text), slot.width, glyphs.ellipsis)
            padded = _pad(slot, text, style_of(*classes, *cell_classes) if cell_classes else style, style)
            if cell.runs and self.state != "cursor" and slot.index not in self.changed:
                pieces = split_runs(cell.runs, text)
                padded[1:2] = [(style_of(*classes, name) if name else style, piece) for name, piece in pieces]
            parts += padded
        return _strip(parts, self.layout.width, style)

    def _classes(self) -> tuple[str, ...]:
        classes = (("dim", self.row.dim), ("marked", self.marked), (self.state, bool(self.state)))
        return tuple(name for name, is_set in classes if is_set)


@dataclass(frozen=True, slots=True)
class HeadingLook:
    """The line of a heading."""

    layout: Layout
    heading: Heading

    def draw(self, glyphs: Glyphs, style_of: StyleOf) -> Strip:
        """Draw the line, which starts left of the first column."""
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
    """A line that is blank or contains a centred text."""

    layout: Layout
    text: str

    def draw(self, glyphs: Glyphs, style_of: StyleOf) -> Strip:
        """Draw the line."""
        style = style_of("placeholder")
        text = cut(inert_text(self.text), self.layout.width, glyphs.ellipsis)
        left = (self.layout.width - cell_len(text)) // 2
        return _strip([(style, " " * left + text)], self.layout.width, style)


def split_runs(runs: Iterable[tuple[int, str]], text: str) -> Iterator[tuple[str, str]]:
    """Yield the styles and parts of a text that may have been cut; what no run covers has no style."""
    start = 0
    for length, name in runs:
        if piece := text[start : start + length]:
            yield name, piece
        start += length
    if rest := text[start:]:
        yield "", rest


LineSpec = HeaderLook | HeadingLook | RowLook | TextLook


def inert_text(text: str) -> str:
    """Return `text` with characters replaced that could control the terminal or change the direction of text."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or _is_space(letter) else REPLACEMENT for letter in text)


def _is_space(letter: str) -> bool:
    return unicodedata.category(letter) == "Zs"


def cut(text: str, width: int, ellipsis: str) -> str:
    """Return `text`, shortened to `width` cells with `ellipsis` at its end if necessary."""
    if cell_len(text) <= width:
        return text
    room = width - cell_len(ellipsis)
    if room <= 0:
        return set_cell_size(ellipsis, max(0, width))
    return chop_cells(text, room)[0] + ellipsis


def _pad(slot: Slot, text: str, style: Style, around: Style) -> list[_Part]:
    """Return `text` aligned in its slot, and the gap after it; spaces have the style `around`, for fewer segments."""
    blank = " " * (slot.width - cell_len(text))
    left, right = (blank, "") if slot.column.align == "right" else ("", blank)
    return [(around, left), (style, text), (around, right + " " * GAP)]


def _strip(parts: list[_Part], width: int, style: Style) -> Strip:
    """Fill the line up to `width`, and join parts of the same style, because each segment costs about 40 bytes."""
    missing = width - sum(cell_len(text) for _, text in parts)
    filled = [part for part in (*parts, (style, " " * missing)) if part[1]]
    runs = groupby(filled, itemgetter(0))
    segments = [Segment("".join(text for _, text in run), shared) for shared, run in runs]
    return Strip(segments).adjust_cell_length(width, style)


PARTS: Final = (
    *("header", "heading", "cursor", "cursor-blurred", "marked", "changed", "placeholder"),
    *("dim", "good", "warn", "bad", "busy", "muted", "accent"),
    *STYLES,
)
"""The names of the component classes `line-table--PART`; those of the second line are for cells."""

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


MAX_ROWS: Final = 512
"""The number of rows in the cache: a few screens full."""

_NONE: Final[frozenset[int]] = frozenset()


class RowCache:
    """Rows by key, each read from the source at the first access, and the rows before the last `reset`."""

    def __init__(self, columns: tuple[Column, ...], source: Callable[[str], Row]) -> None:
        self.columns = columns
        self._source = source
        self._rows: LRUCache[str, Row] = LRUCache(MAX_ROWS)
        self._previous: LRUCache[str, Row] = LRUCache(MAX_ROWS)

    def reset(self, columns: tuple[Column, ...], source: Callable[[str], Row]) -> None:
        """Replace the source. After a change of the columns, no row is compared with the one before."""
        self._previous = self._rows if columns == self.columns else LRUCache(MAX_ROWS)
        self._rows = LRUCache(MAX_ROWS)
        self.columns = columns
        self._source = source

    def __getitem__(self, key: str) -> Row:
        """Return the row of `key`."""
        if (row := self._rows.get(key)) is None:
            row = self._rows[key] = self._source(key)
        return row

    def changed(self, key: str) -> frozenset[int]:
        """Return the indexes of the cells that differ from those before the last `reset`, apart from quiet ones."""
        before, row = self._previous.get(key), self[key]
        if before is None or before.cells == row.cells:
            return _NONE
        pairs = enumerate(zip(before.cells, row.cells, strict=True))
        return frozenset(index for index, (old, new) in pairs if old != new and not new.quiet)
