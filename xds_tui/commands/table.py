"""Rows as aligned text: columns by what a terminal shows, with no escape sequence anywhere."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from xds_tui.api.text import clean
from xds_tui.export import Value

Row = Mapping[str, Value]
"""An exported row by its fields."""

GAP: Final = "  "

_MARKS: Final = frozenset({"Mn", "Me"})
_JOINED_JAMO: Final = (range(0x1160, 0x1200), range(0xD7B0, 0xD800))
"""Korean vowels and endings: drawn within the syllable before them."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    title: str
    text: Callable[[Row], str]
    is_number: bool = False
    """Whether it is aligned at the right."""


def width(text: str) -> int:
    """Return the terminal cells that `text`, a cleaned one, takes (Unicode: East_Asian_Width)."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(char: str) -> int:
    if unicodedata.category(char) in _MARKS or any(ord(char) in jamo for jamo in _JOINED_JAMO):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


class Layout:
    """Draws rows under each other; what is drawn later is aligned with what was drawn before, if it fits."""

    def __init__(self, columns: Sequence[Column], titles: Sequence[str]) -> None:
        """Make a layout; `titles` are those of the columns in the chosen language."""
        self._columns = columns
        self._titles = tuple(titles)
        self._widths = [width(title) for title in titles]

    def drawn(self, rows: Iterable[Row], *, header: bool) -> str:
        """Return the lines of `rows`, under a line of titles if wanted."""
        cells = [tuple(clean(column.text(row)) for column in self._columns) for row in rows]
        for row in cells:
            self._widths = [max(pair) for pair in zip(self._widths, map(width, row), strict=True)]
        return "".join(f"{self._line(row)}\n" for row in ([self._titles] if header else []) + cells)

    def _line(self, cells: tuple[str, ...]) -> str:
        padded = [
            _padded(cell, wide, at_right=column.is_number)
            for cell, wide, column in zip(cells, self._widths, self._columns, strict=True)
        ]
        return GAP.join(padded).rstrip()


def _padded(text: str, cells: int, *, at_right: bool) -> str:
    blank = " " * (cells - width(text))
    return blank + text if at_right else text + blank
