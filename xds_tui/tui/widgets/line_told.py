"""What a table tells; each is known as `LineTable.…` too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from xds_tui.tui.widgets.line_table import LineTable


@dataclass
class Told(Message):
    """What all messages of a table have in common."""

    table: LineTable

    @property
    def control(self) -> LineTable:
        """The table."""
        return self.table


@dataclass
class RowHighlighted(Told):
    """The cursor came to another row."""

    key: str | None
    """The row's key; None where there are no rows."""

    def can_replace(self, message: Message) -> bool:
        """Only the newest place of the cursor counts."""
        return isinstance(message, RowHighlighted) and message.table is self.table


@dataclass
class RowSelected(Told):
    """Enter was pressed on a row, or the row with the cursor was clicked."""

    key: str


@dataclass
class MarksChanged(Told):
    """Other rows are marked than before."""

    keys: frozenset[str]


@dataclass
class HeaderSelected(Told):
    """The title of a column was clicked."""

    column: str


@dataclass
class ColumnsFitted(Told):
    """Another number of columns is left out than before, because of the width."""

    hidden: int

    def can_replace(self, message: Message) -> bool:
        """Only the newest number counts."""
        return isinstance(message, ColumnsFitted) and message.table is self.table
