"""Standard output and standard error of the commands without a screen: tables, JSON, CSV and error messages."""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from io import TextIOWrapper
from typing import Final

from xds_tui.domain.sanitize import clean
from xds_tui.errors import AppError
from xds_tui.i18n import N_, _
from xds_tui.structs import dataclass
from xds_tui.system import standard_streams
from xds_tui.system.exit_codes import ExitCode
from xds_tui.text import export, messages
from xds_tui.text.export import ExportTable, Value
from xds_tui.text.labels import NO_VALUE

Row = Mapping[str, Value]
"""An exported row: field name to value."""

COLUMN_GAP: Final = "  "


@dataclass(frozen=True, slots=True)
class TextColumn:
    """A column of a table."""

    title: str
    """Marked for translation."""
    text: Callable[[Row], str]
    is_number: bool = False
    """Whether the text is aligned to the right."""
    name: str = ""
    """The name on a command line; empty: it cannot be chosen."""
    drop: int = 0
    """The higher, the sooner it is left out where there is no room; 0: never."""
    is_optional: bool = False
    """Whether it is left out if the first rows have no value in it."""


def cell_width(text: str) -> int:
    """Return the number of terminal cells that sanitized `text` occupies."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


class TableLayout:
    """Aligns rows in columns. The width of a column grows with the rows rendered so far."""

    def __init__(self, columns: Sequence[TextColumn], titles: Sequence[str], room: int | None = None) -> None:
        """Start with columns as wide as their `titles`, which are in the chosen language.

        Args:
            columns: the columns.
            titles: their titles.
            room: the cells of a line; columns that do not fit are left out. None: as many as they take.

        """
        self._room = room
        self._shown: tuple[int, ...] | None = None
        self._empty: frozenset[int] = frozenset()
        self._columns = columns
        self._titles = tuple(titles)
        self._widths = [cell_width(title) for title in titles]

    def render(self, rows: Iterable[Row], *, header: bool) -> str:
        """Return one line per row, below a line of titles if `header`."""
        lines = [tuple(clean(column.text(row)) for column in self._columns) for row in rows]
        for line in lines:
            self._widths = [max(pair) for pair in zip(self._widths, map(cell_width, line), strict=True)]
        if self._shown is None:
            self._empty = self._without_value(lines)
            self._shown = self._fitting()
        return "".join(f"{self._align(line)}\n" for line in ([self._titles] if header else []) + lines)

    @property
    def left_out(self) -> tuple[str, ...]:
        """The titles of the columns for which there is no room; known after the first rendering."""
        shown = range(len(self._columns)) if self._shown is None else self._shown
        return tuple(title for index, title in enumerate(self._titles) if index not in {*shown, *self._empty})

    def _without_value(self, lines: Sequence[Sequence[str]]) -> frozenset[int]:
        """Return the positions of the optional columns in which no line has a value."""
        optional = (index for index, column in enumerate(self._columns) if column.is_optional)
        return frozenset(index for index in optional if all(line[index] == NO_VALUE for line in lines))

    def _fitting(self) -> tuple[int, ...]:
        """Return the positions of the columns that fit into a line."""
        shown = [index for index in range(len(self._columns)) if index not in self._empty]
        while self._room is not None:
            width = sum(self._widths[index] for index in shown) + len(COLUMN_GAP) * (len(shown) - 1)
            droppable = [index for index in shown if self._columns[index].drop]
            if width <= self._room or not droppable:
                break
            shown.remove(max(droppable, key=lambda index: self._columns[index].drop))
        return tuple(shown)

    def _align(self, cells: tuple[str, ...]) -> str:
        padded = [
            _pad(cell, width, align_right=column.is_number)
            for index, (cell, width, column) in enumerate(zip(cells, self._widths, self._columns, strict=True))
            if self._shown is None or index in self._shown
        ]
        return COLUMN_GAP.join(padded).rstrip()


def _pad(text: str, width: int, *, align_right: bool) -> str:
    padding = " " * (width - cell_width(text))
    return padding + text if align_right else text + padding


class OutputFormat(Enum):
    """Format of the rows on standard output."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    SSH_CONFIG = "ssh-config"
    ANSIBLE = "ansible"
    PROMETHEUS = "prometheus"
    MARKDOWN = "md"


class OutputError(AppError):
    """Standard output could not be written.

    Attributes:
        is_broken_pipe: whether the reader closed the pipe, which is not a failure of the command.

    """

    def __init__(self, error: OSError) -> None:
        super().__init__(N_("The output could not be written"), str(error))
        self.is_broken_pipe = isinstance(error, BrokenPipeError)


class CommandError(AppError):
    """A command cannot do what it was asked to, and has sent nothing.

    Attributes:
        code: the exit code.

    """

    def __init__(self, summary: str, detail: str = "", code: ExitCode = ExitCode.FAILURE) -> None:
        super().__init__(summary, detail)
        self.code = code


class RowWriter:
    """Writes listings to standard output.

    Attributes:
        is_followed: whether further listings follow; JSON is then written as one object per line.

    """

    def __init__(
        self,
        output_format: OutputFormat,
        columns: Sequence[TextColumn],
        *,
        is_followed: bool,
        is_repeated: bool,
        has_header: bool = True,
    ) -> None:
        """Prepare standard output.

        Args:
            output_format: table, JSON or CSV.
            columns: the columns of the table.
            is_followed: whether further listings follow.
            is_repeated: whether each listing is complete; the table then repeats its titles, below the time.
            has_header: whether tables and CSV have a header.

        """
        self._has_header = has_header
        self._format = output_format
        self._layout = TableLayout(columns, [_(column.title) for column in columns], _terminal_width())
        self._is_repeated = is_repeated
        self._is_first = True
        self.is_followed = is_followed
        if isinstance(sys.stdout, TextIOWrapper):
            if output_format is OutputFormat.TABLE:
                sys.stdout.reconfigure(errors="replace")  # the encoding of the terminal may lack a character
            else:
                sys.stdout.reconfigure(encoding="utf-8", newline="")  # independent of locale and platform

    def write(self, table: ExportTable) -> None:
        """Write all rows of a listing.

        Raises:
            OutputError: if standard output cannot be written; later calls fail, too.

        """
        text = self._text(table)
        self._is_first = False
        write(text)

    def _text(self, table: ExportTable) -> str:
        if self._format is OutputFormat.JSON:
            return export.to_json_lines(table) if self.is_followed else export.to_json(table)
        if self._format is OutputFormat.CSV:
            return export.to_csv(table, header=self._has_header and self._is_first)
        rows = [dict(zip(table.fields, row, strict=True)) for row in table.rows]
        text = self._layout.render(rows, header=self._has_header and (self._is_first or self._is_repeated))
        if self._is_first and (left_out := self._layout.left_out):
            print_error([_("Columns left out for lack of space: {columns}").format(columns=", ".join(left_out))])
        if not (self.is_followed and self._is_repeated):
            return text
        separator = "" if self._is_first else "\n"
        return f"{separator}{time.strftime('%Y-%m-%d %H:%M:%S')}\n{text}"


class TextWriter:
    """Writes texts to standard output, in UTF-8.

    Attributes:
        is_followed: whether further texts follow.

    """

    def __init__(self, *, is_followed: bool) -> None:
        self.is_followed = is_followed

    def write(self, text: str) -> None:
        """Write a text; raises `OutputError` as `write`."""
        write_json(text)


def _terminal_width() -> int | None:
    """Return the cells of a line if standard output is a terminal."""
    if not sys.stdout.isatty():
        return None
    columns = os.get_terminal_size(sys.stdout.fileno()).columns
    return columns or None


def write(text: str) -> None:
    """Write `text` to standard output and flush it.

    Raises:
        OutputError: if standard output cannot be written.

    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        standard_streams.discard(sys.stdout)
        raise OutputError(error) from None


def write_json(text: str) -> None:
    """Write JSON to standard output, in UTF-8 whatever the locale; raises as `write`."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")
    write(text)


def print_error(lines: Iterable[str]) -> None:
    """Write `lines` to standard error after the name of the program, sanitized and without the empty ones."""
    cleaned = [clean(line) for line in lines if line]
    standard_streams.complain("xds-tui: " + "\n  ".join(cleaned) + "\n")


def print_output_error(error: OutputError) -> ExitCode:
    """Report `error` on standard error, unless the reader closed the pipe, and return the exit code."""
    if error.is_broken_pipe:
        return ExitCode.OK
    print_error([messages.error_message(error)])
    return ExitCode.FAILURE


def wait_for_reader(seconds: float) -> bool:
    """Wait for `seconds`, and return True; return False as soon as the reader of standard output is gone."""
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    events = poll.poll(seconds * 1000)
    if any(event & (select.POLLERR | select.POLLHUP) for _fd, event in events):
        return False
    if events:  # the system cannot poll this kind of file
        time.sleep(seconds)
    return True
