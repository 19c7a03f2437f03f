"""A table drawn line by line: it repaints the lines that look different, and reads the rows that are seen.

Nothing here knows what the rows are about. A row is asked for by its key when its line is drawn, so a table of 10,000
rows costs one pass over their keys and as many rows as the screen is high. There is one rule for repainting: after
any change the looks of the lines on screen are compared with those last drawn, and lines that differ are drawn again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from xds_tui.tui.widgets.line_drawing import (
    ASCII_GLYPHS,
    GAP,
    MARGIN,
    Cell,
    Glyphs,
    HeaderLook,
    Look,
    Row,
    RowLook,
    TextLook,
)
from xds_tui.tui.widgets.line_layout import Column, fit

__all__ = ["ASCII_GLYPHS", "Cell", "Column", "Glyphs", "LineTable", "Row"]

_KEPT: Final = 512
"""Rows and strips that are kept: a few screenfuls, however many rows there are."""


class LineTable(ScrollView, can_focus=True, inherit_bindings=False):
    """A table with a header, a cursor of one row, and marks; all three by the key of a row."""

    ALLOW_SELECT = False

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "cursor_up", "Up", show=False, id="line-table.up"),
        Binding("down,j", "cursor_down", "Down", show=False, id="line-table.down"),
        Binding("pageup", "page_up", "Page up", show=False, id="line-table.page-up"),
        Binding("pagedown", "page_down", "Page down", show=False, id="line-table.page-down"),
        Binding("home,g", "first", "First row", show=False, id="line-table.first"),
        Binding("end,G", "last", "Last row", show=False, id="line-table.last"),
        Binding("enter", "select", "Select", show=False, id="line-table.select"),
        Binding("space", "mark", "Mark", show=False, id="line-table.mark"),
    ]
    """
    | Key(s) | Description |
    | :- | :- |
    | up, k / down, j | Move the cursor a row. |
    | pageup / pagedown | Move the cursor a screenful. |
    | home, g / end, G | Move the cursor to the first or last row. |
    | enter | Select the row with the cursor. |
    | space | Mark the row with the cursor, or take the mark away. |
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "line-table--header",
        "line-table--cursor",
        "line-table--cursor-blurred",
        "line-table--marked",
        "line-table--changed",
        "line-table--placeholder",
        "line-table--dim",
        "line-table--good",
        "line-table--warn",
        "line-table--bad",
        "line-table--busy",
        "line-table--muted",
        "line-table--accent",
    }
    DEFAULT_CSS = """
    LineTable {
        width: 1fr;
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        .line-table--header { color: $text-muted; text-style: bold; }
        .line-table--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: $block-cursor-text-style;
        }
        .line-table--cursor-blurred { background: $foreground 12%; }
        .line-table--marked { text-style: bold; }
        .line-table--changed { text-style: bold underline; }
        .line-table--placeholder { color: $text-muted; }
        .line-table--dim { color: $text-disabled; }
        .line-table--good { color: $text-success; }
        .line-table--warn { color: $text-warning; }
        .line-table--bad { color: $text-error; }
        .line-table--busy { color: $text-accent; }
        .line-table--muted { color: $text-muted; }
        .line-table--accent { color: $text-primary; }
    }
    """

    virtual_size: reactive[Size] = reactive(Size(0, 0), repaint=False)
    """The size of all lines. Textual's own lays the whole screen out and repaints it, whenever a row comes or goes."""
    placeholder: reactive[str] = reactive("", repaint=False)
    """What is shown in the middle where there are no rows."""
    sort_key: reactive[str | None] = reactive(None, repaint=False)
    """The key of the column whose header tells that the rows are sorted by it."""
    sort_reverse: reactive[bool] = reactive(False, repaint=False)
    """Whether it tells that the largest come first."""

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
            return isinstance(message, LineTable.RowHighlighted) and message.table is self.table

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

    def __init__(
        self,
        *,
        placeholder: str = "",
        glyphs: Glyphs | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.set_reactive(LineTable.placeholder, placeholder)
        self._glyphs = glyphs or Glyphs()
        self._columns: tuple[Column, ...] = ()
        self._layout = fit((), 0)
        self._keys: tuple[str, ...] = ()
        self._row_of: Callable[[str], Row] = _no_row
        self._rows: LRUCache[str, Row] = LRUCache(_KEPT)
        self._rows_before: LRUCache[str, Row] = LRUCache(_KEPT)
        self._cursor = 0
        self._marked: frozenset[str] = frozenset()
        self._drawn: dict[int, Look] = {}
        self._strips: LRUCache[Look, Strip] = LRUCache(_KEPT)
        self._click_moved = False

    def show(self, columns: Sequence[Column], keys: Sequence[str], row: Callable[[str], Row]) -> None:
        """Show these rows in this order, and keep the cursor, the marks and what is on screen.

        The cursor stays on its row, and that on its line of the screen; if it has gone, the cursor goes to the row
        that took its place. Cells that differ from those drawn since the last `show` are marked as changed, until
        the next `show` or `fade`.

        Args:
            columns: What a line consists of.
            keys: The key of each row, none of them twice.
            row: Tells what stands in the row of a key. It is called for rows on screen only, at any time until the
                next `show`, and must answer the same each time.

        """
        columns = tuple(columns)
        self._rows_before = self._rows if columns == self._columns else LRUCache(_KEPT)
        self._rows = LRUCache(_KEPT)
        self._columns = columns
        self._row_of = row
        self._arrange()
        before = self.cursor_key
        if (keys := tuple(keys)) != self._keys:
            self._place(keys)
        self._repaint()
        self._tell_cursor(before)

    def fade(self) -> None:
        """Take the marks of change away."""
        self._rows_before = LRUCache(_KEPT)
        self._repaint()

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        return len(self._keys)

    @property
    def hidden_columns(self) -> int:
        """How many columns are left out because the width does not suffice."""
        return len(self._columns) - len(self._layout.slots)

    @property
    def cursor_key(self) -> str | None:
        """The key of the row with the cursor; None where there are no rows."""
        return self._keys[self._cursor] if self._keys else None

    @property
    def marked(self) -> frozenset[str]:
        """The keys of all marked rows, those among them that are not shown now."""
        return self._marked

    @property
    def hidden_marks(self) -> frozenset[str]:
        """The keys of marked rows that are not shown now."""
        return self._marked.difference(self._keys)

    def move_to(self, key: str) -> bool:
        """Put the cursor on the row of `key` and show it; False if there is none."""
        index = _index(self._keys, key)
        if index is not None:
            self._move(index)
        return index is not None

    def mark(self, keys: Iterable[str]) -> None:
        """Mark these rows too."""
        self._set_marks(self._marked.union(keys))

    def forget(self, keys: Iterable[str]) -> None:
        """Take the marks of these rows away."""
        self._set_marks(self._marked.difference(keys))

    def clear_marks(self) -> None:
        """Take all marks away."""
        self._set_marks(frozenset())

    def render_line(self, y: int) -> Strip:
        """Draw line `y` of the screen, from the cache if it looked the same before."""
        look = self._drawn[y] = self._look(y)
        if (strip := self._strips.get(look)) is None:
            strip = self._strips[look] = look.draw(self._glyphs, self._style)
        return strip

    def notify_style_update(self) -> None:
        """Forget strips in colours that have changed."""
        super().notify_style_update()
        self._strips.clear()

    def watch_virtual_size(self, virtual_size: Size) -> None:
        """Show the scrollbar if it is necessary, in the right size."""
        if not self.size:
            return
        self.show_vertical_scrollbar = shown = virtual_size.height > self.container_size.height
        if shown:
            self.vertical_scrollbar.window_virtual_size = virtual_size.height
        self.vertical_scrollbar.display = shown

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Move the scrollbar, and repaint what stands elsewhere now: nothing, where rows came in above the screen."""
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.position = new_value
        self._repaint()

    def watch_placeholder(self) -> None:
        """Show the new text."""
        self._repaint()

    def watch_sort_key(self) -> None:
        """Show the order in the header."""
        self._repaint()

    def watch_sort_reverse(self) -> None:
        """Show the order in the header."""
        self._repaint()

    def on_click(self, event: events.Click) -> None:
        """Move the cursor, or select the row if it is there; with ctrl or shift mark; tell of a click on a title."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        event.stop()
        if offset.y == 0:
            if (slot := self._layout.slot_at(offset.x)) is not None:
                self.post_message(self.HeaderSelected(self, slot.column.key))
        elif (index := self._top + offset.y - 1) < len(self._keys):
            self._click_row(index, event)

    def on_resize(self) -> None:
        """Keep the row with the cursor in sight."""
        self._arrange()
        self._reveal()

    def action_cursor_up(self) -> None:
        """Move the cursor a row up."""
        self._move(self._cursor - 1)

    def action_cursor_down(self) -> None:
        """Move the cursor a row down."""
        self._move(self._cursor + 1)

    def action_page_up(self) -> None:
        """Move the cursor a screenful up."""
        self._move(self._cursor - self._page)

    def action_page_down(self) -> None:
        """Move the cursor a screenful down."""
        self._move(self._cursor + self._page)

    def action_first(self) -> None:
        """Move the cursor to the first row."""
        self._move(0)

    def action_last(self) -> None:
        """Move the cursor to the last row."""
        self._move(len(self._keys) - 1)

    def action_select(self) -> None:
        """Select the row with the cursor."""
        if (key := self.cursor_key) is not None:
            self.post_message(self.RowSelected(self, key))

    def action_mark(self) -> None:
        """Mark the row with the cursor, or take its mark away."""
        if (key := self.cursor_key) is not None:
            self._set_marks(self._marked ^ {key})

    @property
    def _page(self) -> int:
        """How many rows there is room for."""
        return max(1, self.scrollable_content_region.height - 1)

    @property
    def _top(self) -> int:
        """The index of the first row on screen."""
        return self.scroll_offset.y

    def _set_marks(self, marked: frozenset[str]) -> None:
        if marked != self._marked:
            self._marked = marked
            self._repaint()
            self.post_message(self.MarksChanged(self, marked))

    def _click_row(self, index: int, event: events.Click) -> None:
        moved = index != self._cursor
        self._move(index)
        if event.ctrl or event.shift:
            self.action_mark()
        elif not moved and (event.chain == 1 or self._click_moved):
            self.action_select()
        self._click_moved = moved

    def _move(self, index: int) -> None:
        before = self.cursor_key
        self._cursor = max(0, min(index, len(self._keys) - 1))
        self._reveal()
        self._repaint()
        self._tell_cursor(before)

    def _tell_cursor(self, before: str | None) -> None:
        if self.cursor_key != before:
            self.post_message(self.RowHighlighted(self, self.cursor_key))

    def _reveal(self) -> None:
        """Scroll as little as shows the row with the cursor."""
        if self._cursor < self._top:
            self._scroll(self._cursor)
        elif self._cursor >= self._top + self._page:
            self._scroll(self._cursor - self._page + 1)

    def _scroll(self, top: int) -> None:
        self.scroll_to(y=top, animate=False, force=True)

    def _place(self, keys: tuple[str, ...]) -> None:
        """Put other rows in place of the old without moving what the eye rests on.

        That is the row with the cursor, or the top one where the cursor was scrolled out of sight.
        """
        top = self._top
        seen = top <= self._cursor < top + self._page
        anchor = self._cursor if seen else top
        cursor, anchored = self._moved(keys, self._cursor), self._moved(keys, anchor)
        self._keys, self._cursor = keys, cursor
        top = min(top + anchored - anchor, len(keys) - self._page)
        if top < self._top:  # or the shorter table would be drawn scrolled to its end first
            self._scroll(top)
        self.virtual_size = Size(0, len(keys) + 1)
        self._scroll(top)
        if seen:
            self._reveal()

    def _moved(self, keys: tuple[str, ...], index: int) -> int:
        """Return where in `keys` the row is that was at `index`, or the one that took its place."""
        moved = _index(keys, self._keys[index]) if index < len(self._keys) else None
        return max(0, min(index, len(keys) - 1)) if moved is None else moved

    def _arrange(self) -> None:
        self._layout = fit(self._columns, self.scrollable_content_region.width, margin=MARGIN, gap=GAP)

    def _repaint(self) -> None:
        """Repaint the lines that look different from what was drawn last."""
        region = self.scrollable_content_region
        for y in range(region.height):
            if self._drawn.get(y) != self._look(y):
                self.refresh(Region(0, y, region.width, 1))

    def _look(self, y: int) -> Look:
        """Return everything that line `y` of the screen is drawn from."""
        region = self.scrollable_content_region
        if self._layout.width != region.width:
            self._arrange()
        if y == 0:
            return HeaderLook(self._layout, self.sort_key, self.sort_reverse)
        index = self._top + y - 1
        if index < len(self._keys):
            return self._row_look(index)
        middle = not self._keys and y == (region.height + 1) // 2
        return TextLook(self._layout, self.placeholder if middle else "")

    def _row_look(self, index: int) -> RowLook:
        key = self._keys[index]
        if (row := self._rows.get(key)) is None:
            row = self._rows[key] = self._row_of(key)
        state = "" if index != self._cursor else "cursor" if self.has_focus else "cursor-blurred"
        before = self._rows_before.get(key)
        changed = frozenset[int]() if before is None or before.cells == row.cells else _differing(before, row)
        return RowLook(self._layout, row, state, key in self._marked, changed)

    def _style(self, *parts: str) -> Style:
        return self.get_visual_style(*(f"line-table--{part}" for part in parts)).rich_style


def _no_row(key: str) -> Row:
    raise KeyError(key)


def _index(keys: tuple[str, ...], key: str) -> int | None:
    try:
        return keys.index(key)
    except ValueError:
        return None


def _differing(before: Row, row: Row) -> frozenset[int]:
    pairs = enumerate(zip(before.cells, row.cells, strict=True))
    return frozenset(index for index, (old, new) in pairs if old != new)
