"""Line charts as rows of characters: one series as a filled area, and another as a line over it.

A chart is drawn with braille dots, two by four in a cell, or in ASCII, one column and three steps in a cell. Every
value is drawn at least one dot high, so that zero differs from a time without data.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from math import ceil, floor, log10
from typing import Final

from xds_tui.domain.sanitize import local_time
from xds_tui.structs import dataclass

Points = Sequence[tuple[datetime, Decimal | None]]
"""Times, ascending, and the values from then on; None where the value is not known."""

MAX_GAP: Final = 3
"""A stretch without points is empty if it is longer than this many usual distances between two points."""

MIN_LENGTH: Final = timedelta(minutes=1)
"""Shortest time that a chart covers, and the distance between points that is usual at least."""

AREA, LINE, EMPTY = "a", "l", " "
"""What a cell shows, as one character of `Drawing.marks`."""


@dataclass(frozen=True, slots=True)
class Charset:
    """The characters that a chart is drawn with, and its resolution."""

    columns: int
    """Columns of dots in a cell."""
    steps: int
    """Rows of dots in a cell."""
    is_ascii: bool = False


BRAILLE: Final = Charset(2, 4)
ASCII: Final = Charset(1, 3, is_ascii=True)

_BRAILLE_DOTS: Final = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
"""The bit of each dot, by column and by row from the bottom."""
_ASCII_AREA: Final = " .:#"
"""By the number of dots that are filled."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart without its axes."""

    rows: tuple[str, ...]
    """Rows of cells, from the top."""
    marks: tuple[str, ...]
    """What each cell shows: `AREA`, `LINE` or `EMPTY`."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers beside a series."""

    last: Decimal
    minimum: Decimal
    maximum: Decimal


def figures(points: Points) -> Figures | None:
    """Return the last, smallest and largest known value, or None if there is none."""
    values = [value for _at, value in points if value is not None]
    return Figures(values[-1], min(values), max(values)) if values else None


def visible_range(points: Points, since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """Return the start and the end of a chart: from the first point on if that is later than `since`."""
    start = max(since, points[0][0]) if points else since
    return start, max(until, start + MIN_LENGTH)


def resample(points: Points, start: datetime, end: datetime, now: datetime, count: int) -> list[Decimal | None]:
    """Return the value in each of `count` columns between `start` and `end`.

    A value holds until the next point, and the last one until `now`, but not over a gap; the last value within a
    column counts.
    """
    holds = _held_until(points, now)
    times = [at for at, _value in points]
    width = (end - start) / count
    values: list[Decimal | None] = []
    for column in range(count):
        index = bisect_left(times, start + width * (column + 1)) - 1
        is_known = index >= 0 and holds[index] >= start + width * column and times[index] <= now
        values.append(points[index][1] if is_known else None)
    return values


def _held_until(points: Points, now: datetime) -> list[datetime]:
    """Return until when each value holds."""
    if not points:
        return []
    times = [at for at, _value in points]
    steps = sorted(later - earlier for earlier, later in pairwise(times))
    usual = max(steps[len(steps) // 2] if steps else MIN_LENGTH, timedelta(0))
    limit = max(usual * MAX_GAP, MIN_LENGTH)
    return [
        max(later, earlier) if later - earlier <= limit else earlier + usual
        for earlier, later in pairwise([*times, now])
    ]


def level(value: Decimal, top: Decimal, steps: int) -> int:
    """Return the height of `value` in a chart that reaches from 0 to `top`, from 1 to `steps`."""
    part = min(max(float(value) / float(top), 0.0), 1.0)
    return 1 + round(part * (steps - 1))


def row_of(value: Decimal, top: Decimal, height: int, charset: Charset = BRAILLE) -> int:
    """Return the row of cells, from the top, in which `value` is drawn."""
    steps = height * charset.steps
    return (steps - level(value, top, steps)) // charset.steps


def draw(
    area: Sequence[Decimal | None],
    line: Sequence[Decimal | None],
    top: Decimal,
    height: int,
    charset: Charset = BRAILLE,
) -> Drawing:
    """Draw two series of values, one for each column of dots.

    Args:
        area: the series that is drawn as a filled area.
        line: the series that is drawn as a line; in its cells nothing else is drawn.
        top: the value at the upper edge, more than 0.
        height: number of rows of cells.
        charset: the characters.

    """
    steps = height * charset.steps
    filled = [0 if value is None else level(value, top, steps) for value in area]
    spans = _line_spans(line, top, steps)
    rows, marks = [], []
    for row in reversed(range(height)):
        bottom = row * charset.steps
        cells = [
            _cell(filled[left : left + charset.columns], spans[left : left + charset.columns], bottom, charset)
            for left in range(0, len(area), charset.columns)
        ]
        rows.append("".join(character for character, _mark in cells))
        marks.append("".join(mark for _character, mark in cells))
    return Drawing(tuple(rows), tuple(marks))


def _line_spans(line: Sequence[Decimal | None], top: Decimal, steps: int) -> list[tuple[int, int]]:
    """Return the lowest and the highest dot of a line in each column; consecutive columns are connected."""
    spans: list[tuple[int, int]] = []
    before: int | None = None
    for value in line:
        at = None if value is None else level(value, top, steps)
        if at is None:
            spans.append((0, -1))
        elif before is None or before == at:
            spans.append((at, at))
        else:
            spans.append((before + 1, at) if before < at else (at, before - 1))
        before = at
    return spans


def _cell(filled: Sequence[int], spans: Sequence[tuple[int, int]], bottom: int, charset: Charset) -> tuple[str, str]:
    """Return the character and the mark of the cell with its lowest dot at the height `bottom` + 1."""
    heights = range(bottom + 1, bottom + 1 + charset.steps)
    line = [[low <= at <= high for at in heights] for low, high in spans]
    if any(map(any, line)):
        if charset.is_ascii:
            return ("-" if sum(line[0]) == 1 else "|"), LINE
        return _braille(line), LINE
    area = [[at <= top for at in heights] for top in filled]
    if not any(map(any, area)):
        return " ", EMPTY
    return (_ASCII_AREA[sum(area[0])] if charset.is_ascii else _braille(area)), AREA


def _braille(dots: Sequence[Sequence[bool]]) -> str:
    bits = (
        bit
        for column, column_bits in zip(dots, _BRAILLE_DOTS, strict=False)
        for is_set, bit in zip(column, column_bits, strict=True)
        if is_set
    )
    return chr(0x2800 + sum(bits))


BLOCKS: Final = "▁▂▃▄▅▆▇█"
ASCII_BLOCKS: Final = "_.-:=+*#"
"""Heights of a sparkline, lowest first."""

NO_VALUE: Final = "·"
"""What a sparkline shows where the value is not known."""


def sparkline(values: Sequence[Decimal | None], top: Decimal, blocks: str = BLOCKS) -> str:
    """Return a character for each value, as high as its part of `top`."""
    return "".join(_block(value, top, blocks) for value in values)


def _block(value: Decimal | None, top: Decimal, blocks: str) -> str:
    if value is None:
        return NO_VALUE
    return blocks[min(len(blocks) - 1, int(value * len(blocks) / top))] if top else blocks[0]


# Axes


def scale(highest: Decimal, unit: Decimal, count: int) -> list[Decimal]:
    """Return the numbers beside a chart, from 0 to at least `highest`: at most `count` round steps of whole units."""
    least = max(highest / count, unit)
    power = Decimal(10) ** floor(log10(least))
    steps = (part * power for part in map(Decimal, ("1", "2", "2.5", "3", "4", "5", "10", "20")))
    step = next(step for step in steps if step >= least and step % unit == 0)
    return [step * number for number in range(max(1, ceil(highest / step)) + 1)]


_STEPS: Final = tuple(
    [timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15, 30)]
    + [timedelta(hours=hours) for hours in (1, 2, 3, 4, 6, 12)]
    + [timedelta(days=days) for days in (1, 2, 3, 7)]
)
_LABEL_WIDTH: Final = 5
"""Cells of `09:30` and of `11-28`."""


def time_axis(start: datetime, end: datetime, width: int) -> str:
    """Return the labels under a chart of `width` cells: local times of day, and the date at midnight."""
    length = end - start
    room = max(1, width // (_LABEL_WIDTH * 2))
    step = next((step for step in _STEPS if length / step <= room), _STEPS[-1])
    begin = local_time(start)
    midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    axis = ""
    at = midnight + step * ceil((begin - midnight) / step)
    while at <= end:
        cell = floor((at - start) / length * width) if length else 0
        if cell >= len(axis) + (1 if axis else 0) and cell + _LABEL_WIDTH <= width:
            local = local_time(at)
            axis = axis.ljust(cell) + local.strftime("%H:%M" if local.hour or local.minute else "%m-%d")
        at += step
    return axis.ljust(width)
