"""What a table tells; each is known as `Table.…` too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from xds_tui.tui.widgets.table.table import Table


@dataclass
class TableMessage(Message):
    """What all messages of a table have in common."""

    table: Table

    @property
    def control(self) -> Table:
        """The table."""
        return self.table


@dataclass
class RowHighlighted(TableMessage):
    """The cursor came to another row."""

    key: str | None
    """The row's key; None where there are no rows."""

    def can_replace(self, message: Message) -> bool:
        """Only the newest place of the cursor counts."""
        return isinstance(message, RowHighlighted) and message.table is self.table


@dataclass
class RowSelected(TableMessage):
    """Enter was pressed on a row, or the row with the cursor was clicked."""

    key: str


@dataclass
class MarksChanged(TableMessage):
    """Other rows are marked than before."""

    keys: frozenset[str]


@dataclass
class HeaderSelected(TableMessage):
    """The title of a column was clicked."""

    column: str


@dataclass
class ColumnsFitted(TableMessage):
    """Another number of columns is left out than before, because of the width."""

    hidden: int

    def can_replace(self, message: Message) -> bool:
        """Only the newest number counts."""
        return isinstance(message, ColumnsFitted) and message.table is self.table
