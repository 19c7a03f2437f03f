"""A table that reads only the visible rows.

A row is requested by its key when its line is drawn, so a table of 10,000 rows costs one pass over their keys and as
many rows as fit on the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive

from xds_tui.tui.commands import bindings
from xds_tui.tui.widgets.table import viewport
from xds_tui.tui.widgets.table.columns import Column, fit
from xds_tui.tui.widgets.table.line_view import LineView
from xds_tui.tui.widgets.table.render import (
    ASCII_GLYPHS,
    CSS,
    END,
    GAP,
    MARGIN,
    PARTS,
    Cell,
    Glyphs,
    HeaderLook,
    Heading,
    HeadingLook,
    LineSpec,
    Row,
    RowCache,
    RowLook,
    TextLook,
)
from xds_tui.tui.widgets.table.viewport import Viewport

__all__ = ["ASCII_GLYPHS", "Cell", "Column", "Glyphs", "Heading", "Row", "Table"]

_MARKING: Final = frozenset({"mark", "extend", "mark_all"})


class Table(LineView, can_focus=True, inherit_bindings=False):
    """A table with a header, a cursor of one row, and marks; all three by the key of a row."""

    ALLOW_SELECT = False
    MARKS: ClassVar[bool] = False
    """Whether rows can be marked, for operations on several of them."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("table")
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"line-table--{part}" for part in PARTS}
    DEFAULT_CSS = CSS

    placeholder: reactive[str] = reactive("", repaint=False)
    """The text to show in the middle if there are no rows."""
    sort_key: reactive[str | None] = reactive(None, repaint=False)
    """The key of the column that is marked in the header as the sort order."""
    sort_reverse: reactive[bool] = reactive(False, repaint=False)
    """Whether it shows descending order."""

    @dataclass
    class TableMessage(Message):
        """The base of all messages of a table."""

        table: Table

        @property
        def control(self) -> Table:
            """The table that posted the message, for `@on` with a selector."""
            return self.table

    @dataclass
    class RowHighlighted(TableMessage):
        """The cursor has moved to another row."""

        key: str | None
        """The key of the row; None if there are no rows."""

        def can_replace(self, message: Message) -> bool:
            """Replace an older message of the same table."""
            return isinstance(message, Table.RowHighlighted) and message.table is self.table

    @dataclass
    class RowSelected(TableMessage):
        """Enter was pressed on a row, or the row under the cursor was clicked."""

        key: str

    @dataclass
    class MarksChanged(TableMessage):
        """The set of marked rows has changed."""

        keys: frozenset[str]

    @dataclass
    class HeaderSelected(TableMessage):
        """The title of a column was clicked."""

        column: str

    @dataclass
    class ColumnsFitted(TableMessage):
        """The number of columns that do not fit has changed."""

        hidden: int

        def can_replace(self, message: Message) -> bool:
            """Replace an older message of the same table."""
            return isinstance(message, Table.ColumnsFitted) and message.table is self.table

    def __init__(
        self,
        *,
        placeholder: str = "",
        glyphs: Glyphs | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs or Glyphs(), id=id, classes=classes)
        self.set_reactive(Table.placeholder, placeholder)
        self._rows = RowCache((), _no_row)
        self._layout = fit((), 0)
        self._posted_hidden_columns = 0
        self._keys: tuple[str, ...] = ()
        self._headings: Mapping[str, Heading] = {}
        self._cursor = 0
        self._marked: frozenset[str] = frozenset()
        self._run: viewport.Run | None = None
        self._click_moved = False
        self._pressed: tuple[int, str | None] = (0, None)
        self.is_displaced = False
        """Whether new data has moved the cursor or removed marks since the user last changed them."""

    def show(
        self,
        columns: Sequence[Column],
        keys: Sequence[str],
        row: Callable[[str], Row],
        headings: Mapping[str, Heading] | None = None,
    ) -> None:
        """Show these rows in this order, and keep the cursor, the marks and what is on screen.

        The cursor stays on its row, and the row on its line of the screen. If the row has been removed, the cursor
        moves to the row at its index. Cells with a changed text are highlighted until the next call.

        Args:
            columns: the columns of the table.
            keys: the unique keys of the rows and headings.
            row: returns the row of a key. It is called only for rows on screen, at any time until the next call, and
                must return equal values each time.
            headings: the keys that are headings instead of rows. They cannot be marked, and the cursor skips them.

        """
        self._rows.reset(tuple(columns), row)
        self._arrange()
        keys, place = tuple(keys), self._viewport
        self._headings = headings or {}
        self._go(place if keys == place.keys else place.with_rows(keys, self._headings))
        self.is_displaced |= place.key not in (None, self.cursor_key)

    @property
    def row_count(self) -> int:
        """The number of rows, without headings."""
        return len(self._keys) - len(self._headings)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all rows and headings in their order."""
        return self._keys

    def is_near_end(self, rows: int) -> bool:
        """Return whether at most `rows` rows are left from the cursor on."""
        return len(self._keys) - self._cursor <= rows

    @property
    def hidden_columns(self) -> int:
        """The number of columns that do not fit; 0 before the first layout."""
        return len(self._rows.columns) - len(self._layout.slots) if self._layout.width else 0

    def shows_column(self, key: str) -> bool:
        """Return whether a column fits."""
        return any(slot.column.key == key for slot in self._layout.slots)

    @property
    def cursor_key(self) -> str | None:
        """The key of the row under the cursor; None if there are no rows."""
        return self._viewport.key

    @property
    def marked(self) -> frozenset[str]:
        """The keys of all marked rows, including those that are not shown."""
        return self._marked

    @property
    def hidden_marks(self) -> frozenset[str]:
        """The keys of marked rows that are not shown."""
        return self._marked.difference(self._keys)

    def move_to(self, key: str, *, is_requested: bool = True) -> bool:
        """Move the cursor to a row and show it; return whether it exists. `is_requested`: by the user."""
        index, before = self._viewport.index(key), self.cursor_key
        if index is not None:
            self._go(self._viewport.at(index))
            self.is_displaced = not is_requested and (self.is_displaced or self.cursor_key != before)
        return index is not None

    def mark(self, keys: Iterable[str]) -> None:
        """Mark rows in addition."""
        self._set_marks(self._marked.union(keys))

    def unmark(self, keys: Iterable[str]) -> None:
        """Remove the marks of rows that no longer exist."""
        had_marks = bool(self._marked)
        self._set_marks(self._marked.difference(keys))
        self.is_displaced |= had_marks and not self._marked

    def clear_marks(self) -> None:
        """Remove all marks."""
        self._set_marks(frozenset())

    def watch_placeholder(self) -> None:
        """Show the new text."""
        self.repaint_changed_lines()

    def watch_sort_key(self) -> None:
        """Show the order in the header."""
        self.repaint_changed_lines()

    def watch_sort_reverse(self) -> None:
        """Show the order in the header."""
        self.repaint_changed_lines()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Record which row is drawn under the mouse, because it may move before the button is released."""
        if (offset := event.get_content_offset(self)) is not None:
            self._pressed = (offset.y, self.drawn_key(offset.y))

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the clicked row, or select the row if the cursor is on it.

        With ctrl the row is marked, with shift all rows from the cursor to it. The clicked row is the one that was
        drawn when the button was pressed.
        """
        offset = event.get_content_offset(self)
        if offset is None:
            return
        event.stop()
        if offset.y == 0:
            if (slot := self._layout.slot_at(offset.x)) is not None:
                self.post_message(self.HeaderSelected(self, slot.column.key))
            return
        line, pressed = self._pressed
        key = pressed if line == offset.y else self.drawn_key(offset.y)
        if key is not None and (index := self._viewport.index(key)) is not None:
            self._click_row(index, event)

    def on_resize(self) -> None:
        """Keep the row under the cursor visible."""
        self._go(self._viewport.at(self._cursor))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Disable the marking actions if rows cannot be marked."""
        return self.MARKS or action not in _MARKING

    def action_step(self, rows: int) -> None:
        """Move the cursor down, or up if `rows` is negative."""
        self._move(self._cursor + rows)

    def action_page(self, pages: int) -> None:
        """Move the cursor a number of screens down, or up if `pages` is negative."""
        self._move(self._cursor + pages * self._viewport.page)

    def action_first(self) -> None:
        """Move the cursor to the first row."""
        self._move(0)

    def action_last(self) -> None:
        """Move the cursor to the last row."""
        self._move(len(self._keys) - 1)

    def action_select(self) -> None:
        """Select the row under the cursor."""
        if (key := self.cursor_key) is not None:
            self.post_message(self.RowSelected(self, key))

    def action_mark(self) -> None:
        """Toggle the mark of the row under the cursor."""
        if (key := self.cursor_key) is not None:
            self.is_displaced = False
            self._set_marks(self._marked ^ {key})

    def action_extend(self, rows: int) -> None:
        """Move the cursor and mark the rows between its starting point and its new position."""
        self._extend_to(self._cursor + rows)

    def action_mark_all(self) -> None:
        """Mark all shown rows; if they all are, remove their marks."""
        self._set_marks(viewport.all_or_none(self._marked, frozenset(self._keys).difference(self._headings)))

    @property
    def _viewport(self) -> Viewport:
        height = self.scrollable_content_region.height
        room = height - 1 if height else len(self._keys)  # nothing is out of sight before the first layout
        return Viewport(self._keys, self._cursor, self.scroll_offset.y, max(1, room), self._headings)

    def _move(self, index: int) -> None:
        self.is_displaced = False
        self._go(self._viewport.at(index))

    def _go(self, place: Viewport) -> None:
        before = self.cursor_key
        self._keys, self._cursor = place.keys, place.cursor
        self.virtual_size = Size(0, len(place.keys) + 1)
        self.scroll_to(y=place.top, animate=False, force=True)
        self.repaint_changed_lines()
        if place.key != before:
            self.post_message(self.RowHighlighted(self, place.key))

    def _set_marks(self, marked: frozenset[str]) -> None:
        if marked != self._marked:
            self._marked = marked
            self.repaint_changed_lines()
            self.post_message(self.MarksChanged(self, marked))

    def _extend_to(self, index: int) -> None:
        start, self.is_displaced = self._viewport, False
        self._run = viewport.extend(self._run, self._marked, start, end := start.at(index))
        self._go(end)
        if self._run is not None:
            self._set_marks(self._run.marked)

    def _click_row(self, index: int, event: events.Click) -> None:
        if self._keys[index] in self._headings:
            self._move(index + 1)  # the first row below it
            return
        if event.shift and self.MARKS:
            self._extend_to(index)
            return
        moved = index != self._cursor
        self._move(index)
        if event.ctrl and self.MARKS:
            self.action_mark()
        elif not moved and (event.chain == 1 or self._click_moved):
            self.action_select()
        self._click_moved = moved

    def _arrange(self) -> None:
        self._layout = fit(self._rows.columns, self.scrollable_content_region.width, margin=MARGIN, gap=GAP, end=END)
        if self.hidden_columns != self._posted_hidden_columns:
            self._posted_hidden_columns = self.hidden_columns
            self.post_message(self.ColumnsFitted(self, self.hidden_columns))

    def line_spec(self, y: int) -> LineSpec:
        """Return everything that determines how line `y` of the screen looks."""
        region = self.scrollable_content_region
        if self._layout.width != region.width:
            self._arrange()
        if y == 0:
            return HeaderLook(self._layout, self.sort_key, self.sort_reverse)
        index = self.scroll_offset.y + y - 1
        if index < len(self._keys):
            return self._row_look(index)
        middle = not self._keys and y == (region.height + 1) // 2
        return TextLook(self._layout, self.placeholder if middle else "")

    def key_at(self, y: int) -> str | None:
        """Return the key of the row or heading in line `y` of the screen, or None."""
        index = self.scroll_offset.y + y - 1
        return self._keys[index] if y > 0 and index < len(self._keys) else None

    def _row_look(self, index: int) -> LineSpec:
        key = self._keys[index]
        if key in self._headings:
            return HeadingLook(self._layout, self._headings[key])
        state = "" if index != self._cursor else "cursor" if self.has_focus else "cursor-blurred"
        return RowLook(self._layout, self._rows[key], state, key in self._marked, self._rows.changed(key))


def _no_row(key: str) -> Row:
    raise KeyError(key)
