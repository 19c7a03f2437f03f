"""How the columns of a line-drawn table share its width.

Pure: nothing here knows Textual. Widths are terminal cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from xds_tui.i18n import _


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    key: str
    """What cells, sorting and messages know it by."""
    title: str
    """What the header shows."""
    width: int
    """The cells it needs at least; longer content is cut."""
    align: Literal["left", "right"] = "left"
    """Where content stands that is shorter than the column."""
    grow: int = 0
    """Its share of the width that is to spare."""
    drop: int = 0
    """Columns with the highest number leave first where the width does not suffice; 0 stays."""


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of one column in every line."""

    column: Column
    """The column."""
    index: int
    """Which of the table's columns it is, and so which of a row's cells stands here."""
    x: int
    """Its first cell from the left edge of the line."""
    width: int
    """Its cells."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns that fit stand in a line."""

    width: int
    """The cells of the whole line."""
    slots: tuple[Slot, ...]
    """The columns that fit, from left to right."""

    def slot_at(self, x: int) -> Slot | None:
        """Return the slot that cell `x` of a line belongs to, or None for one that belongs to none."""
        for slot in reversed(self.slots):
            if slot.x <= x:
                return slot if x < slot.x + slot.width else None
        return None


def fit(columns: Sequence[Column], width: int, *, margin: int = 0, gap: int = 1, end: int = 0) -> Layout:
    """Place `columns` in a line of `width` cells: `margin` at the left, `gap` between two, `end` at the right.

    While they do not fit, the one with the highest `drop` leaves, of equals the rightmost. What is to spare goes to
    those that grow. Columns that never leave keep their width and may stick out at the right, as does one that is
    alone.
    """
    staying = list(range(len(columns)))
    room = width - end
    while _needed(columns, staying, margin, gap) > room and len(staying) > 1:
        leaves = max(reversed(staying), key=lambda index: columns[index].drop)
        if columns[leaves].drop == 0:
            break
        staying.remove(leaves)
    spare = max(0, room - _needed(columns, staying, margin, gap))
    shares = _shares([columns[index].grow for index in staying], spare)
    slots = []
    x = margin
    for index, share in zip(staying, shares, strict=True):
        slots.append(Slot(columns[index], index, x, columns[index].width + share))
        x += columns[index].width + share + gap
    return Layout(width, tuple(slots))


def _needed(columns: Sequence[Column], staying: Sequence[int], margin: int, gap: int) -> int:
    return margin + sum(columns[index].width for index in staying) + gap * max(0, len(staying) - 1)


def _shares(weights: Sequence[int], spare: int) -> list[int]:
    """Split `spare` cells by `weights`, without losing one to rounding."""
    total = sum(weights)
    if not total:
        return [0] * len(weights)
    ends = [spare * sum(weights[: n + 1]) // total for n in range(len(weights))]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def translated(columns: Iterable[Column]) -> tuple[Column, ...]:
    """Return columns whose titles were only marked with their titles in the language of now."""
    return tuple(replace(column, title=_(column.title)) for column in columns)
