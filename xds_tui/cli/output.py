"""Standard output as scripts and pipes need it: one form, whole rows, and a reader that may leave at any time."""

from __future__ import annotations

import select
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from io import TextIOWrapper
from typing import Final

from xds_tui.domain.sanitize import clean
from xds_tui.i18n import N_, _
from xds_tui.system import standard_streams
from xds_tui.text import export
from xds_tui.text.export import Table, Value

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


class OutputFormat(Enum):
    """What the rows are written as."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class OutputError(Exception):
    """Standard output could not be written.

    Attributes:
        summary: what happened, one sentence in English, marked for translation.
        detail: the system's words.
        is_left: whether that is because the reader of a pipe has left, which is no trouble.

    """

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.summary = N_("The output could not be written")
        self.detail = str(error)
        self.is_left = isinstance(error, BrokenPipeError)


class Output:
    """Writes rows to standard output.

    Attributes:
        is_followed: whether more readings follow: rows of JSON are then written without a list around them.

    """

    def __init__(self, form: OutputFormat, columns: Sequence[Column], *, is_followed: bool, repeats: bool) -> None:
        """Write as `form`.

        Args:
            form: table, JSON or CSV.
            columns: what the table shows.
            is_followed: whether more readings follow.
            repeats: whether each reading says everything anew, so that tables are set apart, with the time above each.

        """
        self._form = form
        self._layout = Layout(columns, [_(column.title) for column in columns])
        self._repeats = repeats
        self._is_first = True
        self.is_followed = is_followed
        if isinstance(sys.stdout, TextIOWrapper):
            if form is OutputFormat.TABLE:
                sys.stdout.reconfigure(errors="replace")  # a letter that somebody's terminal lacks is no failure
            else:
                sys.stdout.reconfigure(encoding="utf-8", newline="")  # what programs read is the same everywhere

    def show(self, table: Table) -> None:
        """Write all rows of a reading.

        Raises:
            OutputError: if they cannot be written; nothing can be from then on.

        """
        text = self._text(table)
        self._is_first = False
        write(text)

    def _text(self, table: Table) -> str:
        if self._form is OutputFormat.JSON:
            return export.to_json_lines(table) if self.is_followed else export.to_json(table)
        if self._form is OutputFormat.CSV:
            return export.to_csv(table, header=self._is_first)
        rows = [dict(zip(table.fields, row, strict=True)) for row in table.rows]
        drawn = self._layout.drawn(rows, header=self._is_first or self._repeats)
        if not (self.is_followed and self._repeats):
            return drawn
        gap = "" if self._is_first else "\n"
        return f"{gap}{time.strftime('%Y-%m-%d %H:%M:%S')}\n{drawn}"


def write(text: str) -> None:
    """Write to standard output, now.

    Raises:
        OutputError: if that cannot be done.

    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        standard_streams.discard(sys.stdout)
        raise OutputError(error) from None


def wait(seconds: float) -> bool:
    """Wait, and return whether somebody still reads the output; if not, that is known at once."""
    watcher = select.poll()
    watcher.register(sys.stdout.fileno(), 0)
    seen = watcher.poll(seconds * 1000)
    if any(event & (select.POLLERR | select.POLLHUP) for _file, event in seen):
        return False
    if seen:  # a system that cannot watch this kind of file
        time.sleep(seconds)
    return True
