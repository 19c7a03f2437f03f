"""Cell-wise output: only the cells that differ from what the terminal shows are written.

Textual writes whole widgets, or whole lines of them, with all attributes of each piece. No upstream issue found.
`CellDiff` stands between the compositor and the driver: it keeps what the terminal shows, and renders an update of the
compositor to moves of the cursor, changes of attributes, and the cells that differ.

A line with characters that terminals draw with different widths is written as a whole, as Textual does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

_CERTAIN: Final = re.compile(
    r"[ -~\u00a1-\u00ac\u00ae-\u02af\u2010-\u2027\u2030-\u205e\u2190-\u21ff\u2200-\u22ff\u23ce\u2500-\u25fc"
    r"\u2713-\u2718\u2800-\u28ff\u3001-\u3029\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60]*"
)
"""Text without control, combining and emoji characters: each character is one or two cells wide, as Rich says."""

_SECOND_HALF: Final = ""
"""The content of the second cell of a wide character."""

_MAX_FILLED_GAP: Final = 4
"""Cells that are rather written again than jumped over; a jump is at least three bytes."""


def _cells(text: str) -> list[str] | None:
    """Return the content of each cell of `text`, not to be changed; None if the width of a character is not certain."""
    if not _CERTAIN.fullmatch(text):
        return None
    if text.isascii():
        return list(text)
    cells: list[str] = []
    for character in text:
        cells.append(character)
        if cell_len(character) == 2:
            cells.append(_SECOND_HALF)
    return cells


@lru_cache(maxsize=4096)
def _attributes(style: Style | None, color_system: ColorSystem) -> str | None:
    """Return the SGR parameters of a style; None if it has a link, which is not an attribute."""
    if style is None:
        return ""
    if style.link:
        return None
    return Strip.render_style(style, "", color_system).removeprefix("\x1b[").partition("m")[0]


@lru_cache(maxsize=8192)
def _prepare(segment: Segment, color_system: ColorSystem) -> tuple[list[str], str] | None:
    """Return the cells and the attributes of a segment; None if it is to be written as Textual does."""
    cells, attributes = _cells(segment.text), _attributes(segment.style, color_system)
    return None if cells is None or attributes is None else (cells, attributes)


@lru_cache(maxsize=4096)
def _transition(before: str, after: str) -> str:
    """Return the shortest sequence that changes the attributes from `before` to `after`."""
    if not after:
        return "\x1b[m"
    from_scratch = f"\x1b[0;{after}m" if before else f"\x1b[{after}m"
    (old_flags, old_colors), (flags, colors) = _parse(before), _parse(after)
    if not old_flags <= flags:
        return from_scratch
    parts = sorted(flags - old_flags)
    defaults = ("39", "49")
    parts += [
        color or default for old, color, default in zip(old_colors, colors, defaults, strict=True) if old != color
    ]
    if not parts:
        return ""
    changed = f"\x1b[{';'.join(parts)}m"
    return min(changed, from_scratch, key=len)


@lru_cache(maxsize=4096)
def _parse(attributes: str) -> tuple[frozenset[str], tuple[str, str]]:
    """Return the flags, such as bold, and the foreground and the background in SGR parameters."""
    flags, foreground, background = set(), "", ""
    parameters = iter(attributes.split(";")) if attributes else iter(())
    for parameter in parameters:
        if parameter in ("38", "48"):
            kind = next(parameters)
            rest = [next(parameters) for _ in range(3 if kind == "2" else 1)]
            color = ";".join((parameter, kind, *rest))
        else:
            color = parameter
        number = int(parameter)
        if number == 38 or 30 <= number <= 37 or 90 <= number <= 97:
            foreground = color
        elif number == 48 or 40 <= number <= 47 or 100 <= number <= 107:
            background = color
        elif number not in (39, 49):
            flags.add(parameter)
    return frozenset(flags), (foreground, background)


class _Row:
    """The cells that a row of the terminal shows; None where that is not known."""

    __slots__ = ("attributes", "contents", "pieces")

    def __init__(self) -> None:
        self.pieces: Sequence[tuple[int, Strip]] | None = None
        """The update that the row showed last; None if that is not known."""
        self.contents: list[str | None] = []
        self.attributes: list[str] = []

    def extend_to(self, width: int) -> None:
        missing = width - len(self.contents)
        if missing > 0:
            self.contents.extend([None] * missing)
            self.attributes.extend([""] * missing)

    def forget(self, start: int) -> None:
        """Forget the cells from `start` on."""
        self.contents[start:] = [None] * (len(self.contents) - start)


class CellDiff:
    """Renders updates of the compositor to what differs from the screen of the terminal."""

    def __init__(self) -> None:
        self._rows: dict[int, _Row] = {}
        self._size = (0, 0)
        self._is_valid = False

    def reset(self) -> None:
        """Forget what the terminal shows, because it may have changed; may be called in any thread."""
        self._is_valid = False

    def wrap(self, update: CompositorUpdate) -> CompositorUpdate:
        """Return an update that is rendered to what differs; one of another kind is returned as it is."""
        return DiffUpdate(self, update) if isinstance(update, LayoutUpdate | ChopsUpdate) else update

    def render(self, update: LayoutUpdate | ChopsUpdate, console: Console) -> str:
        """Render an update, and remember what the terminal shows afterwards."""
        if not self._is_valid:
            self._is_valid = True
            self._rows.clear()
        if isinstance(update, LayoutUpdate):
            size = (update.region.right, update.region.bottom)
            if size != self._size:
                self._rows.clear()
                self._size = size
        output = _Output()
        for y, pieces in _lines(update):
            self._render_line(y, pieces, console, output)
        return output.finish()

    def _render_line(self, y: int, pieces: Sequence[tuple[int, Strip]], console: Console, output: _Output) -> None:
        row = self._rows.setdefault(y, _Row())
        if row.pieces is not None and _are_same(row.pieces, pieces):
            return
        row.pieces = None
        row.extend_to(pieces[-1][0] + pieces[-1][1].cell_length)
        color_system = console._color_system or ColorSystem.TRUECOLOR  # noqa: SLF001 - as Strip.render
        segments: list[tuple[int, list[str], str]] = []
        for x, strip in pieces:
            start = x
            for segment in strip:
                prepared = _prepare(segment, color_system)
                if prepared is None:
                    output.write_whole(y, pieces, console)
                    row.forget(pieces[0][0])
                    return
                cells, attributes = prepared
                segments.append((start, cells, attributes))
                start += len(cells)
        for x, cells, attributes in segments:
            _write_segment(row, y, x, cells, attributes, output)
        row.pieces = pieces


def _are_same(before: Sequence[tuple[int, Strip]], after: Sequence[tuple[int, Strip]]) -> bool:
    """Return whether both are the same objects at the same places, which is quicker than to compare the cells."""
    if len(before) != len(after):
        return False
    for (x, strip), (old_x, old_strip) in zip(after, before, strict=True):
        if strip is not old_strip or x != old_x:
            return False
    return True


def _write_segment(row: _Row, y: int, x: int, cells: list[str], attributes: str, output: _Output) -> None:
    """Write the cells of a segment that differ from `row`, and put them into it."""
    contents, shown = row.contents, row.attributes
    count = len(cells)
    end = x + count
    old, old_attributes = contents[x:end], shown[x:end]
    if attributes not in old_attributes:
        runs = [(0, count)] if count else []
    else:
        has_same_attributes = old_attributes.count(attributes) == count
        if has_same_attributes and old == cells:
            return
        runs = _runs(cells, old, None if has_same_attributes else [each == attributes for each in old_attributes])
    for first, last in runs:
        output.move(y, x + first, row)
        output.write("".join(cells[first:last]), last - first, attributes)
        _put(row, x + first, cells[first:last], attributes)


def _runs(cells: list[str], old: list[str | None], is_alike: list[bool] | None) -> list[tuple[int, int]]:
    """Return the ranges of cells that differ, none of which begins or ends within a wide character.

    Args:
        cells: what is to be shown.
        old: what is shown.
        is_alike: whether a cell has the right attributes already; None: all have.

    """
    if is_alike is None:
        changed = [index for index, (cell, before) in enumerate(zip(cells, old, strict=True)) if cell != before]
    else:
        changed = [
            index
            for index, (cell, before, is_same) in enumerate(zip(cells, old, is_alike, strict=True))
            if cell != before or not is_same
        ]
    runs: list[tuple[int, int]] = []
    first = last = -1
    for index in changed:
        if index > last or first < 0:
            if last > first:
                runs.append((first, last))
            first = index - (cells[index] == _SECOND_HALF)
        last = index + 1 + (index + 1 < len(cells) and cells[index + 1] == _SECOND_HALF)
    runs.append((first, last))
    return runs


def _put(row: _Row, start: int, cells: list[str], attributes: str) -> None:
    """Remember that cells were written.

    Half a wide character disappears with the other half, or not: it depends on the terminal.
    """
    contents, end = row.contents, start + len(cells)
    if start and contents[start] == _SECOND_HALF:
        contents[start - 1] = None
    if end < len(contents) and contents[end] == _SECOND_HALF:
        contents[end] = None
    contents[start:end] = cells
    row.attributes[start:end] = [attributes] * len(cells)


def _lines(update: LayoutUpdate | ChopsUpdate) -> Iterator[tuple[int, list[tuple[int, Strip]]]]:
    """Yield the row and the pieces of each line of an update; the pieces are apart from each other in some."""
    if isinstance(update, LayoutUpdate):
        for y, strips in enumerate(update.strips, update.region.y):
            x, pieces = update.region.x, []
            for strip in strips:
                pieces.append((x, strip))
                x += strip.cell_length
            yield y, pieces
        return
    for y, first, last in update.spans:
        pieces = []
        for end, (x, chop) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if chop is not None and x <= last and end > first:
                is_whole = first <= x < last and end <= last
                pieces.append((x, chop if is_whole else chop.crop(0, min(end, last) - x)))
        if pieces:
            yield y, pieces


class DiffUpdate(CompositorUpdate):
    """An update of the compositor that is rendered to what differs from the screen of the terminal.

    Attributes:
        original: the whole update.

    """

    def __init__(self, diff: CellDiff, original: LayoutUpdate | ChopsUpdate) -> None:
        self._diff = diff
        self.original = original

    def render_segments(self, console: Console) -> str:
        """Render the update; to be called once, as it is assumed to be written."""
        return self._diff.render(self.original, console)


class _Output:
    """Sequences for the terminal, and where they leave its cursor and its attributes."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._attributes = ""
        self._y = -1
        self._x = -1
        self._is_certain = False
        """Whether the column of the cursor does not depend on the width of characters in this terminal."""

    def move(self, y: int, x: int, row: _Row) -> None:
        """Move the cursor to a cell; what is shown in `row` may be written again on the way."""
        if y == self._y and x == self._x:
            return
        gap = x - self._x
        if y != self._y or gap < 0 or not self._is_certain:
            self._parts.append(f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H")
            self._is_certain = True
        elif gap <= _MAX_FILLED_GAP and self._can_write_again(row, x):
            self._parts += [content for content in row.contents[self._x : x] if content]
        else:
            self._parts.append(f"\x1b[{gap}C" if gap > 1 else "\x1b[C")
        self._y, self._x = y, x

    def _can_write_again(self, row: _Row, end: int) -> bool:
        contents = row.contents[self._x : end]
        return all(content and content.isascii() for content in contents) and all(
            attributes == self._attributes for attributes in row.attributes[self._x : end]
        )

    def write(self, text: str, width: int, attributes: str) -> None:
        """Write characters of a row at the cursor, which are `width` cells wide."""
        if attributes != self._attributes:
            self._parts.append(_transition(self._attributes, attributes))
            self._attributes = attributes
        self._parts.append(text)
        self._x += width
        self._is_certain = self._is_certain and text.isascii()

    def write_whole(self, y: int, pieces: Sequence[tuple[int, Strip]], console: Console) -> None:
        """Write all pieces of a line, as Textual does."""
        if self._attributes:
            self._parts.append("\x1b[m")
            self._attributes = ""
        expected = -1
        for x, strip in pieces:
            if x != expected:
                self._parts.append(f"\x1b[{y + 1};{x + 1}H")
            self._parts.append(strip.render(console))
            expected = x + strip.cell_length
        self._y = -1

    def finish(self) -> str:
        """Return all sequences; the attributes are those of the terminal's default at the end."""
        if self._attributes:
            self._parts.append("\x1b[m")
            self._attributes = ""
        return "".join(self._parts)
