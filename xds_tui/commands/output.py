"""Standard output as scripts and pipes need it: one form, whole rows, and a reader that may leave at any time."""

from __future__ import annotations

import select
import sys
import time
from collections.abc import Sequence
from enum import Enum
from io import TextIOWrapper

from xds_tui import export, standard_streams
from xds_tui.commands.table import Column, Layout
from xds_tui.export import Table
from xds_tui.i18n import N_, _


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
