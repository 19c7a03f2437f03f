"""Baseline of a start: a bare Textual app with a DataTable of as many rows and columns."""

from __future__ import annotations

import sys

from textual.app import App, ComposeResult
from textual.widgets import DataTable

COLUMNS = 7


class BareTable(App[None]):
    def compose(self) -> ComposeResult:
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns(*(f"column {number}" for number in range(COLUMNS)))
        for number in range(int(sys.argv[1])):
            table.add_row(f"host-{number}", *(f"cell {column}" for column in range(1, COLUMNS)))


if __name__ == "__main__":
    BareTable().run()
