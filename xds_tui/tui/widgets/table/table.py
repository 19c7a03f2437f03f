"""A table drawn line by line: it repaints the lines that look different, and reads the rows that are seen.

Nothing here knows what the rows are about. A row is asked for by its key when its line is drawn, so a table of 10,000
rows costs one pass over their keys and as many rows as the screen is high. There is one rule for repainting: after
any change the looks of the lines on screen are compared with those last drawn, and lines that differ are drawn again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar, Final, TypeAlias

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from xds_tui.tui.commands import bindings
from xds_tui.tui.widgets.table import messages, viewport
from xds_tui.tui.widgets.table.columns import Column, fit
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
    RowLook,
    TextLook,
)
from xds_tui.tui.widgets.table.row_cache import RowCache
from xds_tui.tui.widgets.table.viewport import Viewport

__all__ = ["ASCII_GLYPHS", "Cell", "Column", "Glyphs", "Heading", "Row", "Table"]

_STRIPS: Final = 160
"""Drawn lines that are kept: a high screen twice. Textual keeps dozens of objects with each, and the garbage collector
stops everything while it looks through them."""

_MARKING: Final = frozenset({"mark", "extend", "mark_all"})


class Table(ScrollView, can_focus=True, inherit_bindings=False):
    """A table with a header, a cursor of one row, and marks; all three by the key of a row."""

    ALLOW_SELECT = False
    MARKS: ClassVar[bool] = False
    """Whether rows can be marked: where something is done to several."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("line-table")
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"line-table--{part}" for part in PARTS}
    DEFAULT_CSS = CSS

    virtual_size: reactive[Size] = reactive(Size(0, 0), repaint=False)
    """The size of all lines. Textual's own lays the whole screen out and repaints it, whenever a row comes or goes."""
    placeholder: reactive[str] = reactive("", repaint=False)
    """What is shown in the middle where there are no rows."""
    sort_key: reactive[str | None] = reactive(None, repaint=False)
    """The key of the column whose header tells that the rows are sorted by it."""
    sort_reverse: reactive[bool] = reactive(False, repaint=False)
    """Whether it tells that the largest come first."""

    Told: TypeAlias = messages.TableMessage
    RowHighlighted: TypeAlias = messages.RowHighlighted
    RowSelected: TypeAlias = messages.RowSelected
    MarksChanged: TypeAlias = messages.MarksChanged
    HeaderSelected: TypeAlias = messages.HeaderSelected
    ColumnsFitted: TypeAlias = messages.ColumnsFitted

    def __init__(
        self,
        *,
        placeholder: str = "",
        glyphs: Glyphs | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.set_reactive(Table.placeholder, placeholder)
        self.glyphs = glyphs or Glyphs()
        self._rows = RowCache((), _no_row)
        self._layout = fit((), 0)
        self._told_hidden = 0
        self._keys: tuple[str, ...] = ()
        self._headings: Mapping[str, Heading] = {}
        self._cursor = 0
        self._marked: frozenset[str] = frozenset()
        self._run: viewport.Run | None = None
        self._drawn: dict[int, LineSpec] = {}
        self._strips: LRUCache[LineSpec, Strip] = LRUCache(_STRIPS)
        self._click_moved = False
        self._drawn_keys: dict[int, str | None] = {}
        self._pressed: tuple[int, str | None] = (0, None)
        self.is_displaced = False
        """Whether the cursor or the marks were changed by what came from elsewhere, since the user changed them."""

    def show(
        self,
        columns: Sequence[Column],
        keys: Sequence[str],
        row: Callable[[str], Row],
        headings: Mapping[str, Heading] | None = None,
    ) -> None:
        """Show these rows in this order, and keep the cursor, the marks and what is on screen.

        The cursor stays on its row, and that on its line of the screen; if it has gone, the cursor goes to the row
        that took its place. Cells that differ from those drawn since the last `show` are marked as changed, until
        the next `show` or `fade`.

        Args:
            columns: What a line consists of.
            keys: The key of each row, none of them twice.
            row: Tells what stands in the row of a key. It is called for rows on screen only, at any time until the
                next `show`, and must answer the same each time.
            headings: What those of the keys tell that are no rows: the cursor goes past them, nothing marks them.

        """
        self._rows.read_from(tuple(columns), row)
        self._arrange()
        keys, place = tuple(keys), self._place
        self._headings = headings or {}
        self._go(place if keys == place.keys else place.among(keys, self._headings))
        self.is_displaced |= place.key not in (None, self.cursor_key)

    def fade(self) -> None:
        """Take the marks of change away."""
        self._rows.fade()
        self._repaint()

    @property
    def row_count(self) -> int:
        """How many rows there are, without headings."""
        return len(self._keys) - len(self._headings)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all rows in their order, those of headings among them."""
        return self._keys

    def is_near_end(self, rows: int) -> bool:
        """Whether fewer than so many rows follow the cursor."""
        return len(self._keys) - self._cursor <= rows

    @property
    def hidden_columns(self) -> int:
        """How many columns are left out because the width does not suffice; 0 before that is known."""
        return len(self._rows.columns) - len(self._layout.slots) if self._layout.width else 0

    def shows_column(self, key: str) -> bool:
        """Whether a column is shown and has not been left out."""
        return any(slot.column.key == key for slot in self._layout.slots)

    @property
    def cursor_key(self) -> str | None:
        """The key of the row with the cursor; None where there are no rows."""
        return self._place.key

    @property
    def marked(self) -> frozenset[str]:
        """The keys of all marked rows, those among them that are not shown now."""
        return self._marked

    @property
    def hidden_marks(self) -> frozenset[str]:
        """The keys of marked rows that are not shown now."""
        return self._marked.difference(self._keys)

    def move_to(self, key: str, *, is_asked: bool = True) -> bool:
        """Put the cursor on the row of `key` and show it; False if there is none. `is_asked`: the user wants it."""
        index, before = self._place.index(key), self.cursor_key
        if index is not None:
            self._go(self._place.at(index))
            self.is_displaced = not is_asked and (self.is_displaced or self.cursor_key != before)
        return index is not None

    def mark(self, keys: Iterable[str]) -> None:
        """Mark these rows too."""
        self._set_marks(self._marked.union(keys))

    def forget(self, keys: Iterable[str]) -> None:
        """Take the marks of rows away that have gone."""
        had_marks = bool(self._marked)
        self._set_marks(self._marked.difference(keys))
        self.is_displaced |= had_marks and not self._marked

    def clear_marks(self) -> None:
        """Take all marks away."""
        self._set_marks(frozenset())

    def render_line(self, y: int) -> Strip:
        """Draw line `y` of the screen, from the cache if it looked the same before."""
        look = self._drawn[y] = self._look(y)
        self._drawn_keys[y] = self._key_at(y)
        if (strip := self._strips.get(look)) is None:
            strip = self._strips[look] = look.draw(self.glyphs, self._style)
        return strip

    def notify_style_update(self) -> None:
        """Forget strips in colours that have changed."""
        super().notify_style_update()
        self._strips.clear()

    def watch_virtual_size(self, virtual_size: Size) -> None:
        """Show the scrollbar if it is necessary, in the right size."""
        # Before the first layout only what is higher than the screen surely needs one; it saves a second layout.
        room = self.container_size.height or self.app.size.height
        self.show_vertical_scrollbar = shown = virtual_size.height > room
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

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Note which row is drawn under the mouse: it may have moved when the button is released."""
        if (offset := event.get_content_offset(self)) is not None:
            self._pressed = (offset.y, self._drawn_keys.get(offset.y))

    def on_click(self, event: events.Click) -> None:
        """Move the cursor, or select the row if it is there; mark it with ctrl, all up to it with shift.

        The row is the one that was drawn where the button was pressed, not the one that has its place by now.
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
        key = pressed if line == offset.y else self._drawn_keys.get(offset.y)
        if key is not None and (index := self._place.index(key)) is not None:
            self._click_row(index, event)

    def on_resize(self) -> None:
        """Keep the row with the cursor in sight."""
        self._go(self._place.at(self._cursor))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Offer to mark only where marks are for something."""
        return self.MARKS or action not in _MARKING

    def action_step(self, rows: int) -> None:
        """Move the cursor so many rows down, or up."""
        self._move(self._cursor + rows)

    def action_page(self, pages: int) -> None:
        """Move the cursor so many screenfuls down, or up."""
        self._move(self._cursor + pages * self._place.page)

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
            self.is_displaced = False
            self._set_marks(self._marked ^ {key})

    def action_extend(self, rows: int) -> None:
        """Move the cursor so many rows down, or up, and mark those from where it began to be moved so."""
        self._extend_to(self._cursor + rows)

    def action_mark_all(self) -> None:
        """Mark all rows that are shown, or if they are, take their marks away."""
        self._set_marks(viewport.all_or_none(self._marked, frozenset(self._keys).difference(self._headings)))

    @property
    def _place(self) -> Viewport:
        height = self.scrollable_content_region.height
        room = height - 1 if height else len(self._keys)  # nothing is out of sight before the first layout
        return Viewport(self._keys, self._cursor, self.scroll_offset.y, max(1, room), self._headings)

    def _move(self, index: int) -> None:
        self.is_displaced = False
        self._go(self._place.at(index))

    def _go(self, place: Viewport) -> None:
        before = self.cursor_key
        self._keys, self._cursor = place.keys, place.cursor
        self.virtual_size = Size(0, len(place.keys) + 1)
        self.scroll_to(y=place.top, animate=False, force=True)
        self._repaint()
        if place.key != before:
            self.post_message(self.RowHighlighted(self, place.key))

    def _set_marks(self, marked: frozenset[str]) -> None:
        if marked != self._marked:
            self._marked = marked
            self._repaint()
            self.post_message(self.MarksChanged(self, marked))

    def _extend_to(self, index: int) -> None:
        start, self.is_displaced = self._place, False
        self._run = viewport.extended(self._run, self._marked, start, end := start.at(index))
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
        if self.hidden_columns != self._told_hidden:
            self._told_hidden = self.hidden_columns
            self.post_message(self.ColumnsFitted(self, self.hidden_columns))

    def _repaint(self) -> None:
        """Repaint the lines that look different from what was drawn last."""
        region = self.scrollable_content_region
        for y in range(region.height):
            if self._drawn.get(y) != self._look(y):
                self.refresh(Region(0, y, region.width, 1))
            else:
                self._drawn_keys[y] = self._key_at(y)

    def _look(self, y: int) -> LineSpec:
        """Return everything that line `y` of the screen is drawn from."""
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

    def _key_at(self, y: int) -> str | None:
        index = self.scroll_offset.y + y - 1
        return self._keys[index] if y > 0 and index < len(self._keys) else None

    def _row_look(self, index: int) -> LineSpec:
        key = self._keys[index]
        if key in self._headings:
            return HeadingLook(self._layout, self._headings[key])
        state = "" if index != self._cursor else "cursor" if self.has_focus else "cursor-blurred"
        return RowLook(self._layout, self._rows[key], state, key in self._marked, self._rows.changed(key))

    def _style(self, *parts: str) -> Style:
        return self.get_visual_style(*(f"line-table--{part}" for part in parts)).rich_style


def _no_row(key: str) -> Row:
    raise KeyError(key)
