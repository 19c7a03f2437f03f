"""The dialog for the columns of the host table and their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content

from xds_tui.config.schema import COLUMNS
from xds_tui.i18n import _
from xds_tui.text import labels
from xds_tui.tui.commands import bindings
from xds_tui.tui.screens.base import DialogScreen
from xds_tui.tui.widgets.footer import KeyBar
from xds_tui.tui.widgets.host_table import has_left
from xds_tui.tui.widgets.table.table import Cell, Column, Row, Table


class ColumnList(Table):
    """The list of all columns; the marked ones are shown, in this order."""

    MARKS = True

    BINDINGS: ClassVar[list[BindingType]] = bindings("columns")

    def begin_with(self, chosen: Sequence[str]) -> None:
        """List `columns` as marked, followed by all others."""
        self._show([*chosen, *(column for column in COLUMNS if column not in chosen)])
        self.clear_marks()
        self.mark(chosen)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The marked columns."""
        return tuple(key for key in self.keys if key in self.marked)

    def _show(self, keys: Sequence[str]) -> None:
        leaves = has_left()
        rows = {
            key: Row(
                (
                    Cell(_(labels.COLUMNS[key])),
                    Cell(
                        _("hidden, no. {place}").format(place=leaves.index(key) + 1)
                        if key in leaves
                        else _("always shown"),
                        "muted",
                    ),
                )
            )
            for key in COLUMNS
        }
        self.show(
            (Column("name", _("COLUMN"), 22, grow=1), Column("leaves", _("WHEN NARROW"), 18)),
            keys,
            rows.__getitem__,
        )

    def action_shift(self, rows: int) -> None:
        """Move the current column down by `places`, or up if negative."""
        keys, key = list(self.keys), self.cursor_key
        if key is not None:
            place = keys.index(key)
            keys.insert(max(0, min(place + rows, len(keys) - 1)), keys.pop(place))
            self._show(keys)
            self.move_to(key)

    def action_standard(self) -> None:
        """Mark all columns in their default order."""
        self.begin_with(COLUMNS)


class ColumnPickerScreen(DialogScreen[tuple[str, ...] | None]):
    """Returns some of `schema.COLUMNS`, or None."""

    manual_topic = "configuration"
    DEFAULT_CSS = """
    ColumnPickerScreen {
        align: center middle;
        ColumnList { height: 14; max-height: 66vh; }
        .dialog { padding: 0 1; border-subtitle-color: $text-warning; }
    }
    """
    CSS_PATH = "../theme/dialog.tcss"

    def __init__(self, chosen: Sequence[str]) -> None:
        super().__init__()
        self._chosen = chosen

    def compose(self) -> ComposeResult:
        """Compose the list and its keys."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content(_("Columns: marked ones are shown, from left to right"))
            yield ColumnList()
        yield KeyBar()

    def on_mount(self) -> None:
        """Show the present columns."""
        self.query_one(ColumnList).begin_with(self._chosen)

    @on(Table.RowSelected)
    def _toggle(self, event: Table.RowSelected) -> None:
        """Toggle the current column on a click; enter applies the selection instead."""
        event.stop()
        self.query_one(ColumnList).action_mark()

    @on(Table.MarksChanged)
    def _let_it_be_kept(self) -> None:
        self.query_one(".dialog").border_subtitle = ""

    def action_keep(self) -> None:
        """Apply the selection."""
        if chosen := self.query_one(ColumnList).chosen:
            self.dismiss(chosen)
        else:
            self.query_one(".dialog").border_subtitle = Content(
                _("At least one column is needed. Press space to mark it.")
            )

    def action_leave(self) -> None:
        """Cancel."""
        self.dismiss(None)
