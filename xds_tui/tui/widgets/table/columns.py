"""The layout of a table: which columns fit, and where. All widths are in terminal cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from xds_tui.i18n import _
from xds_tui.structs import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    key: str
    """The identifier in rows, sort orders and messages."""
    title: str
    """The text of the header."""
    width: int
    """The minimum width; longer content is cut."""
    align: Literal["left", "right"] = "left"
    """The alignment of content that is shorter than the column."""
    grow: int = 0
    """The weight with which it shares the remaining width."""
    drop: int = 0
    """If the columns do not fit, those with the highest number are hidden first; 0: never."""


@dataclass(frozen=True, slots=True)
class Slot:
    """The position of a column in each line."""

    column: Column
    index: int
    """The index of the column in the table, and of its cell in a row."""
    x: int
    """The distance from the left edge of the line."""
    width: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The positions of the columns that fit."""

    width: int
    """The width of the whole line."""
    slots: tuple[Slot, ...]
    """The columns that fit, from left to right."""

    def slot_at(self, x: int) -> Slot | None:
        """Return the slot that contains cell `x` of a line, or None."""
        for slot in reversed(self.slots):
            if slot.x <= x:
                return slot if x < slot.x + slot.width else None
        return None


def fit(columns: Sequence[Column], width: int, *, margin: int = 0, gap: int = 1, end: int = 0) -> Layout:
    """Return the layout of `columns` in a line of `width` cells.

    Columns that do not fit are hidden, those with the highest `drop` first and of equals the rightmost. The remaining
    width is distributed by `grow`. Columns that are never hidden, and the last one, may exceed the line.

    Args:
        columns: all columns, from left to right.
        width: the width of the line.
        margin: the cells left of the first column.
        gap: the cells between two columns.
        end: the cells right of the last column.

    """
    available = width - end
    visible, hidden = _hide(columns, list(range(len(columns))), available, margin, gap)
    if hidden:
        # The last one that was hidden takes no other with it that fits without it.
        rest = [index for index in range(len(columns)) if index != hidden[-1]]
        visible, _hidden = _hide(columns, rest, available, margin, gap)
    spare = max(0, available - _required_width(columns, visible, margin, gap))
    shares = _distribute([columns[index].grow for index in visible], spare)
    slots = []
    x = margin
    for index, share in zip(visible, shares, strict=True):
        slots.append(Slot(columns[index], index, x, columns[index].width + share))
        x += columns[index].width + share + gap
    return Layout(width, tuple(slots))


def _hide(
    columns: Sequence[Column], visible: list[int], available: int, margin: int, gap: int
) -> tuple[list[int], list[int]]:
    """Return the indexes of the columns that fit in `available` cells, and of those that are hidden, in order."""
    hidden = []
    while _required_width(columns, visible, margin, gap) > available and len(visible) > 1:
        first = max(reversed(visible), key=lambda index: columns[index].drop)
        if columns[first].drop == 0:
            break
        visible.remove(first)
        hidden.append(first)
    return visible, hidden


def _required_width(columns: Sequence[Column], visible: Sequence[int], margin: int, gap: int) -> int:
    return margin + sum(columns[index].width for index in visible) + gap * max(0, len(visible) - 1)


def _distribute(weights: Sequence[int], spare: int) -> list[int]:
    """Split `spare` cells by `weights`; their sum is exactly `spare`."""
    total = sum(weights)
    if not total:
        return [0] * len(weights)
    ends = [spare * sum(weights[: n + 1]) // total for n in range(len(weights))]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def translated(columns: Iterable[Column]) -> tuple[Column, ...]:
    """Return columns with their titles translated into the chosen language."""
    return tuple(replace(column, title=_(column.title)) for column in columns)
