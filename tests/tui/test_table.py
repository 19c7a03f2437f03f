from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, ClassVar, TypeVar

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Input

from xds_tui.tui.widgets.table.table import ASCII_GLYPHS, Cell, Column, Heading, Row, Table

pytestmark = pytest.mark.paints

COLUMNS = (
    Column("name", "NAME", 10, grow=1),
    Column("status", "STATUS", 10),
    Column("cpu", "CPU", 4, "right", drop=1),
    Column("id", "ID", 12, drop=2),
)
ROWS = 8
"""The number of rows that fit on the screen of these tests; header and input take one line each."""


MessageT = TypeVar("MessageT", bound=Message)


class ObservedTable(Table):
    """Records which lines are drawn."""

    MARKS = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.painted: list[int] = []
        self.asked: list[str] = []
        self.words: dict[str, str] = {}

    def render_line(self, y: int) -> Strip:
        self.painted.append(y)
        return super().render_line(y)

    def row(self, key: str) -> Row:
        self.asked.append(key)
        return Row((Cell(key), Cell(self.words.get(key, "on"), "good"), Cell("16"), Cell("id-" + key, "muted")))

    def fill(self, keys: Iterable[str], columns: tuple[Column, ...] = COLUMNS) -> None:
        self.show(columns, tuple(keys), self.row)


class TableApp(App[None]):
    def __init__(self, table: ObservedTable) -> None:
        super().__init__()
        self.table = table

    def compose(self) -> ComposeResult:
        yield self.table
        yield Input(compact=True)


class Screen:
    """The screen of the tests, with what they observe and do."""

    def __init__(self, pilot: Pilot[None], table: ObservedTable, posted: list[Message]) -> None:
        self.pilot, self.table, self._posted = pilot, table, posted

    @property
    def lines(self) -> list[str]:
        compositor = self.pilot.app.screen._compositor
        return [strip.text for strip in compositor.render_strips()][: ROWS + 1]

    @property
    def names(self) -> list[str]:
        return [line[3:].split()[0] if line.strip() else "" for line in self.lines[1:]]

    def cursor_line(self) -> int:
        return next(y for y, line in enumerate(self.lines) if line.startswith("▌"))

    async def fill(self, keys: Iterable[str], columns: tuple[Column, ...] = COLUMNS) -> None:
        self.table.fill(keys, columns)
        await self.settle()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settle()

    async def settle(self) -> None:
        await self.pilot.pause()

    async def painted_by(self, doing: Callable[[], object]) -> list[int]:
        await self.settle()
        self.table.painted.clear()
        doing()
        await self.settle()
        return sorted(self.table.painted)

    def messages(self, kind: type[MessageT]) -> list[MessageT]:
        # Each widget that a message bubbles through reports it once.
        once = {id(message): message for message in self._posted if isinstance(message, kind)}
        return list(once.values())


@asynccontextmanager
async def shown(
    keys: Iterable[str] = (), *, columns: tuple[Column, ...] = COLUMNS, width: int = 60, **options: object
) -> AsyncIterator[Screen]:
    posted: list[Message] = []
    table = ObservedTable(**options)
    async with TableApp(table).run_test(size=(width, ROWS + 2), message_hook=posted.append) as pilot:
        screen = Screen(pilot, table, posted)
        await screen.fill(keys, columns)
        yield screen


def numbered(count: int) -> list[str]:
    return [f"h{n}" for n in range(count)]


class TestWhatIsShown:
    async def test_header_and_rows_are_aligned_in_columns(self) -> None:
        async with shown(["渲染-07", "office"]) as screen:
            assert screen.lines[0].split() == ["NAME", "STATUS", "CPU", "ID"]
            assert screen.lines[1].split() == ["▌", "渲染-07", "on", "16", "id-渲染-07"]
            assert screen.lines[2].split() == ["office", "on", "16", "id-office"]

    async def test_rows_below_the_screen_are_not_requested(self) -> None:
        async with shown(numbered(10_000)) as screen:
            assert len(set(screen.table.asked)) <= ROWS
            screen.table.asked.clear()
            await screen.press("j", "k", "j")
            assert screen.table.asked == []

    async def test_columns_that_do_not_fit_are_hidden(self) -> None:
        async with shown(["a"], width=34) as screen:
            assert screen.lines[0].split() == ["NAME", "STATUS", "CPU"]
            assert screen.table.hidden_columns == 1
            assert screen.table.shows_column("cpu")
            assert not screen.table.shows_column("id")
            assert [message.hidden for message in screen.messages(Table.ColumnsFitted)] == [1]
            await screen.pilot.resize_terminal(60, ROWS + 2)
            await screen.settle()
            assert [message.hidden for message in screen.messages(Table.ColumnsFitted)] == [1, 0]

    async def test_an_empty_table_shows_its_placeholder(self) -> None:
        async with shown(placeholder="No hosts [/nope]") as screen:
            assert [line.strip() for line in screen.lines if line.strip()][1:] == ["No hosts [/nope]"]
            screen.table.placeholder = "Nothing found"
            await screen.settle()
            assert "Nothing found" in "".join(screen.lines)
            await screen.fill(["a"])
            assert "Nothing found" not in "".join(screen.lines)

    async def test_the_scrollbar_is_shown_only_if_needed(self) -> None:
        async with shown(numbered(ROWS)) as screen:
            assert not screen.table.show_vertical_scrollbar
            await screen.fill(numbered(ROWS + 1))
            assert screen.table.show_vertical_scrollbar
            assert screen.table.scrollable_content_region.width == 59
            await screen.fill(numbered(2))
            assert not screen.table.show_vertical_scrollbar
            assert not screen.table.show_horizontal_scrollbar

    @pytest.mark.parametrize("name", ["[/nope]", "[@click=app.quit]q[/]", "\x1b]52;c;eA==\x07", "\x1b[2J"])
    async def test_names_are_inert(self, name: str) -> None:
        columns = (Column("name", "[/nope]", 30),)
        async with shown(columns=columns) as screen:
            screen.table.show(columns, ("a",), lambda _key: Row((Cell(name),)))
            await screen.settle()
            assert "\x1b" not in "".join(screen.lines)
            assert name.replace("\x1b", "\ufffd").replace("\x07", "\ufffd") in screen.lines[1]
            await screen.pilot.click(Table, offset=(6, 1))
            assert screen.pilot.app.is_running

    async def test_the_header_shows_the_sort_order(self) -> None:
        async with shown(["a"], glyphs=ASCII_GLYPHS) as screen:
            screen.table.sort_key = "status"
            await screen.settle()
            assert "STATUS^" in screen.lines[0]
            screen.table.sort_reverse = True
            await screen.settle()
            assert "STATUSv" in screen.lines[0]

    async def test_changing_the_theme_redraws_every_line(self) -> None:
        async with shown(["a"]) as screen:
            before = screen.table.render_line(1)
            screen.pilot.app.theme = "textual-light"
            await screen.settle()
            assert [s.style for s in screen.table.render_line(1)] != [s.style for s in before]


class TestCursor:
    async def test_keys_move_the_cursor(self) -> None:
        async with shown(numbered(30)) as screen:
            places = []
            for key in ("j", "down", "k", "up", "pagedown", "G", "pageup", "home", "end", "ctrl+b", "ctrl+f"):
                await screen.press(key)
                places.append(screen.table.cursor_key)
            assert places == ["h1", "h2", "h1", "h0", "h8", "h29", "h21", "h0", "h29", "h21", "h29"]

    async def test_the_cursor_stops_at_both_ends(self) -> None:
        async with shown(["a", "b"]) as screen:
            await screen.press("k")
            assert screen.table.cursor_key == "a"
            await screen.press("j", "j", "j")
            assert screen.table.cursor_key == "b"

    async def test_the_cursor_keeps_its_row_and_line_when_rows_are_inserted_above(self) -> None:
        async with shown(numbered(30)) as screen:
            await screen.press("j", "j", "j")
            line = screen.cursor_line()
            await screen.fill(["x", "y", *numbered(30)])
            assert screen.table.cursor_key == "h3"
            assert screen.cursor_line() == line
            assert screen.names[:2] == ["h0", "h1"]

    async def test_the_cursor_moves_to_the_row_in_place_of_a_removed_one(self) -> None:
        async with shown(["a", "b", "c"]) as screen:
            await screen.press("j")
            await screen.fill(["a", "c"])
            assert screen.table.cursor_key == "c"
            await screen.fill(["a"])
            assert screen.table.cursor_key == "a"
            await screen.fill([])
            assert screen.table.cursor_key is None
            keys = [message.key for message in screen.messages(Table.RowHighlighted)]
            assert keys == ["a", "b", "c", "a", None]

    async def test_the_cursor_keeps_its_row_through_a_filter(self) -> None:
        async with shown(numbered(1000)) as screen:
            assert screen.table.move_to("h500")
            await screen.fill(["h5", "h50", "h500"])
            assert screen.table.cursor_key == "h500"
            assert screen.names[:3] == ["h5", "h50", "h500"]
            await screen.fill(numbered(1000))
            assert screen.table.cursor_key == "h500"
            assert "h500" in screen.names

    async def test_moving_the_cursor_before_the_first_layout_scrolls_minimally(self) -> None:
        class RestoredTable(ObservedTable):
            def on_mount(self) -> None:
                self.fill(numbered(40))
                self.move_to("h5")

        async with TableApp(table := RestoredTable()).run_test(size=(60, ROWS + 2)) as pilot:
            await pilot.pause()
            assert table.cursor_key == "h5"
            assert table.scroll_offset.y == 0

    async def test_moving_to_an_unknown_row_returns_false(self) -> None:
        async with shown(["a", "b"]) as screen:
            assert not screen.table.move_to("nope")
            assert screen.table.cursor_key == "a"

    async def test_the_cursor_is_visible_without_colour_and_focus(self) -> None:
        async with shown(["a", "b"]) as screen:
            focused = screen.table.render_line(1)
            await screen.press("tab")
            blurred = screen.table.render_line(1)
            assert focused.text == blurred.text
            assert blurred.text.startswith("▌")
            assert [s.style for s in focused] != [s.style for s in blurred]

    async def test_the_scroll_position_is_kept_through_a_refresh(self) -> None:
        async with shown(numbered(40)) as screen:
            screen.table.scroll_to(y=20, animate=False)
            await screen.settle()
            await screen.fill(["x", *numbered(40)])
            assert screen.names[0] == "h20"
            assert screen.table.cursor_key == "h0"

    async def test_the_cursor_stays_visible_when_the_screen_shrinks(self) -> None:
        async with shown(numbered(40)) as screen:
            await screen.press("pagedown")
            await screen.pilot.resize_terminal(40, 5)
            await screen.settle()
            assert any(line.startswith("▌  h8") for line in screen.lines)

    async def test_enter_selects_the_row(self) -> None:
        async with shown(["a", "b"]) as screen:
            await screen.press("j", "enter")
            assert [message.key for message in screen.messages(Table.RowSelected)] == ["b"]

    async def test_an_empty_table_accepts_every_key(self) -> None:
        async with shown() as screen:
            await screen.press("j", "k", "pagedown", "pageup", "home", "G", "enter", "space", "left", "right")
            await screen.press("shift+down", "shift+up", "asterisk")
            assert screen.messages(Table.TableMessage) == []


class TestMarks:
    async def test_space_toggles_a_mark(self) -> None:
        async with shown(["a", "b"]) as screen:
            await screen.press("j", "space")
            assert screen.table.marked == {"b"}
            assert screen.lines[2].startswith("▌✓ b")
            await screen.press("space")
            assert screen.table.marked == frozenset()
            assert [message.keys for message in screen.messages(Table.MarksChanged)] == [{"b"}, frozenset()]

    async def test_marks_survive_a_filter_and_are_counted_while_hidden(self) -> None:
        async with shown(["a", "b", "c"]) as screen:
            screen.table.mark(["a", "c"])
            await screen.fill(["b", "c"])
            assert screen.table.marked == {"a", "c"}
            assert screen.table.hidden_marks == {"a"}
            screen.table.unmark(["a"])
            assert screen.table.marked == {"c"}
            await screen.fill(["c", "a"])
            assert [line[:3] for line in screen.lines[1:3]] == ["▌✓ ", "   "]
            screen.table.clear_marks()
            assert screen.table.marked == frozenset()

    async def test_marking_a_marked_row_posts_no_message(self) -> None:
        async with shown(["a"]) as screen:
            screen.table.mark(["a"])
            screen.table.mark(["a"])
            await screen.settle()
            assert len(screen.messages(Table.MarksChanged)) == 1

    async def test_shift_and_an_arrow_extend_the_marks(self) -> None:
        async with shown(numbered(20)) as screen:
            await screen.press("j", "shift+down", "shift+down")
            assert screen.table.marked == {"h1", "h2", "h3"}
            assert screen.table.cursor_key == "h3"
            await screen.press("shift+up", "K", "K")
            assert screen.table.marked == {"h0", "h1"}
            await screen.press("end", "shift+up")
            assert screen.table.marked == {"h0", "h1", "h18", "h19"}

    async def test_an_asterisk_toggles_the_marks_of_all_shown_rows(self) -> None:
        async with shown(["a", "b", "c"]) as screen:
            screen.table.mark(["c"])
            await screen.fill(["a", "b"])
            await screen.press("asterisk")
            assert screen.table.marked == {"a", "b", "c"}
            await screen.press("asterisk")
            assert screen.table.marked == {"c"}


class TestHeadings:
    KEYS = ("\0x", "a", "b", "\0y", "c")
    HEADINGS: ClassVar = {"\0x": Heading("[/x]", "2 hosts"), "\0y": Heading("渲染")}

    async def group(self, screen: Screen, keys: tuple[str, ...] = KEYS) -> None:
        headings = {key: self.HEADINGS[key] for key in keys if key in self.HEADINGS}
        screen.table.show(COLUMNS, keys, screen.table.row, headings)
        await screen.settle()

    async def test_headings_are_above_their_rows_and_not_counted(self) -> None:
        async with shown() as screen:
            await self.group(screen)
            assert [line.rstrip() for line in screen.lines[1:6:3]] == [" [/x]  2 hosts", " 渲染"]
            assert screen.table.row_count == 3
            assert not any(key.startswith("\0") for key in screen.table.asked)

    async def test_cursor_and_marks_skip_headings(self) -> None:
        async with shown() as screen:
            await self.group(screen)
            assert screen.table.cursor_key == "a"
            await screen.press("j", "shift+down")
            assert screen.table.cursor_key == "c"
            assert screen.table.marked == {"b", "c"}
            await screen.press("home")
            assert screen.table.cursor_key == "a"
            await screen.press("asterisk")
            assert screen.table.marked == {"a", "b", "c"}

    async def test_a_click_on_a_heading_moves_to_its_first_row(self) -> None:
        async with shown() as screen:
            await self.group(screen)
            await screen.pilot.click(Table, offset=(2, 4))
            assert screen.table.cursor_key == "c"
            await screen.pilot.click(Table, offset=(2, 1))
            assert screen.table.cursor_key == "a"
            await screen.pilot.click(Table, offset=(2, 1), control=True)
            assert screen.table.marked == frozenset()
            assert screen.messages(Table.RowSelected) == []

    async def test_cursor_and_marks_keep_their_rows_when_groups_change(self) -> None:
        async with shown(["a", "b", "c"]) as screen:
            await screen.press("j", "space")
            await self.group(screen)
            assert (screen.table.cursor_key, screen.table.marked) == ("b", frozenset("b"))
            await self.group(screen, ("\0x", "a", "\0y", "b", "c"))
            assert (screen.table.cursor_key, screen.table.marked) == ("b", frozenset("b"))
            await screen.fill(["c", "b"])
            assert (screen.table.cursor_key, screen.table.row_count) == ("b", 2)

    async def test_equal_groups_repaint_nothing(self) -> None:
        async with shown() as screen:
            await self.group(screen)
            show, row = screen.table.show, screen.table.row
            assert await screen.painted_by(lambda: show(COLUMNS, self.KEYS, row, dict(self.HEADINGS))) == []
            other = self.HEADINGS | {"\0y": Heading("渲染", "1 host")}
            assert await screen.painted_by(lambda: show(COLUMNS, self.KEYS, row, other)) == [4]


class TestWhatIsRepainted:
    async def test_moving_the_cursor_repaints_two_lines(self) -> None:
        async with shown(numbered(1000)) as screen:
            assert await screen.painted_by(lambda: screen.table.action_step(1)) == [1, 2]

    async def test_equal_rows_repaint_nothing(self) -> None:
        async with shown(numbered(1000)) as screen:
            assert await screen.painted_by(lambda: screen.table.fill(numbered(1000))) == []

    async def test_a_changed_row_repaints_its_line(self) -> None:
        async with shown(numbered(1000)) as screen:
            screen.table.words["h3"] = "off"
            assert await screen.painted_by(lambda: screen.table.fill(numbered(1000))) == [4]
            assert changed_words(screen.table, 4) == ["off"]

    async def test_a_changed_cell_is_highlighted_until_the_next_refresh(self) -> None:
        async with shown(numbered(20)) as screen:
            screen.table.words["h3"] = "off"
            screen.table.fill(numbered(20))
            assert await screen.painted_by(lambda: screen.table.fill(numbered(20))) == [4]
            assert changed_words(screen.table, 4) == []

    async def test_a_change_outside_the_screen_repaints_nothing(self) -> None:
        async with shown(numbered(1000)) as screen:
            screen.table.words["h900"] = "off"
            assert await screen.painted_by(lambda: screen.table.fill(numbered(1000))) == []

    async def test_rows_inserted_above_the_screen_repaint_nothing(self) -> None:
        async with shown(numbered(1000)) as screen:
            assert screen.table.move_to("h500")
            assert await screen.painted_by(lambda: screen.table.fill(["x", *numbered(1000)])) == []

    async def test_a_removed_row_repaints_the_lines_that_move_up(self) -> None:
        async with shown(numbered(5)) as screen:
            assert await screen.painted_by(lambda: screen.table.fill(["h0", "h1", "h2", "h4"])) == [4, 5]

    async def test_a_mark_repaints_its_line(self) -> None:
        async with shown(numbered(1000)) as screen:
            assert await screen.painted_by(lambda: screen.table.mark(["h2", "h900"])) == [3]

    async def test_changing_the_sort_order_repaints_the_header(self) -> None:
        async with shown(numbered(1000)) as screen:
            assert await screen.painted_by(lambda: setattr(screen.table, "sort_key", "cpu")) == [0]

    async def test_changing_the_columns_repaints_all_rows_without_highlights(self) -> None:
        async with shown(numbered(3)) as screen:
            narrow = (COLUMNS[0],)
            show = screen.table.show
            assert await screen.painted_by(lambda: show(narrow, ("h0", "h1"), lambda key: Row((Cell(key),)))) == [
                *range(ROWS + 1)
            ]
            assert changed_words(screen.table, 1) == []


def click(screen: Screen, line: int) -> None:
    """Let the table handle a click at once, before anything is drawn."""
    screen.table.on_click(events.Click(screen.table, 6, line, 0, 0, 1, False, False, False, 6, line))


class TestMouse:
    async def test_a_click_moves_the_cursor_and_a_second_one_selects(self) -> None:
        async with shown(["a", "b", "c"]) as screen:
            await screen.pilot.click(Table, offset=(6, 2))
            assert screen.table.cursor_key == "b"
            assert screen.messages(Table.RowSelected) == []
            await screen.pilot.click(Table, offset=(6, 2))
            assert [message.key for message in screen.messages(Table.RowSelected)] == ["b"]

    async def test_a_double_click_selects_once(self) -> None:
        async with shown(["a", "b", "c"]) as screen:
            await screen.pilot.double_click(Table, offset=(6, 1))
            assert [message.key for message in screen.messages(Table.RowSelected)] == ["a"]
            await screen.pilot.double_click(Table, offset=(6, 3))
            assert [message.key for message in screen.messages(Table.RowSelected)] == ["a", "c"]

    @pytest.mark.parametrize(("held", "marked"), [("control", "c"), ("shift", "abc")])
    async def test_a_click_marks_one_row_with_ctrl_and_a_range_with_shift(self, held: str, marked: str) -> None:
        async with shown(["a", "b", "c", "d"]) as screen:
            await screen.pilot.click(Table, offset=(6, 3), **{held: True})
            assert screen.table.marked == set(marked)
            assert screen.table.cursor_key == "c"
            assert screen.messages(Table.RowSelected) == []

    async def test_a_click_considers_the_scroll_position(self) -> None:
        async with shown(numbered(40)) as screen:
            screen.table.scroll_to(y=10, animate=False)
            await screen.settle()
            await screen.pilot.click(Table, offset=(6, 2))
            assert screen.table.cursor_key == "h11"

    @pytest.mark.parametrize(
        ("rows", "cursor"),
        [("zabcd", "b"), ("bcda", "b"), ("acd", "a")],
        ids=["a row was inserted above", "the row moved to the top", "the row is gone"],
    )
    async def test_a_click_applies_to_the_row_drawn_at_its_position(self, rows: str, cursor: str) -> None:
        async with shown("abcd") as screen:
            screen.table.fill(rows)  # drawn when the event loop runs next
            click(screen, 2)
            assert screen.table.cursor_key == cursor

    async def test_a_click_applies_to_the_row_where_the_button_was_pressed(self) -> None:
        async with shown("abcd") as screen:
            await screen.pilot.mouse_down(Table, offset=(6, 3))
            await screen.fill("zyabcd")
            click(screen, 3)
            assert screen.table.cursor_key == "c"

    async def test_a_click_below_the_last_row_does_nothing(self) -> None:
        async with shown(["a", "b"]) as screen:
            await screen.pilot.click(Table, offset=(6, 5))
            assert screen.table.cursor_key == "a"

    async def test_a_click_on_a_title_posts_its_column(self) -> None:
        async with shown(["a"]) as screen:
            x = screen.lines[0].index("STATUS")
            await screen.pilot.click(Table, offset=(x, 0))
            await screen.pilot.click(Table, offset=(1, 0))
            assert [message.column for message in screen.messages(Table.HeaderSelected)] == ["status"]

    async def test_the_wheel_scrolls_without_moving_the_cursor(self) -> None:
        async with shown(numbered(40)) as screen:
            table = screen.table
            table.post_message(events.MouseScrollDown(table, 6, 3, 0, 1, 0, shift=False, meta=False, ctrl=False))
            await screen.settle()
            assert screen.names[0] != "h0"
            assert screen.table.cursor_key == "h0"


def changed_words(table: Table, y: int) -> list[str]:
    return [segment.text for segment in table.render_line(y) if segment.style and segment.style.underline]


async def test_a_table_without_marks_ignores_the_marking_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ObservedTable, "MARKS", False)
    async with shown("abc") as screen:
        await screen.press("space", "shift+down", "asterisk")
        await screen.pilot.click(ObservedTable, offset=(2, 3), control=True)
        await screen.settle()
        assert screen.table.marked == frozenset()
        assert screen.table.cursor_key == "c"
        offered = {active.binding.id for active in screen.pilot.app.screen.active_bindings.values()}
        assert "table.down" in offered
        assert offered.isdisjoint({"table.mark", "table.extend-down", "table.mark-all"})
