"""What a perfect terminal library would write."""

from __future__ import annotations

import pyte
from pyte.screens import Char

Cells = list[list[Char]]


def cells_of(screen: pyte.Screen) -> Cells:
    """Return what is in each cell, by row."""
    return [[screen.buffer[y][x] for x in range(screen.columns)] for y in range(screen.lines)]


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
