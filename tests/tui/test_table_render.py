from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from xds_tui.tui.widgets.table.columns import Column, fit
from xds_tui.tui.widgets.table.render import (
    ASCII_GLYPHS,
    GAP,
    MARGIN,
    REPLACEMENT,
    Cell,
    Glyphs,
    HeaderLook,
    Heading,
    HeadingLook,
    LineSpec,
    Row,
    RowLook,
    TextLook,
    cut,
    inert_text,
)

COLORS = {"good": "green", "cursor": "white on blue", "marked": "yellow", "changed": "red"}

texts = st.text(st.sampled_from("aB1 渲染大師　é\u0301e\u200d\ufe0f👩🚀#️⚠ｱ\x1b[\x9b\n\t\u202e\x7f")) | st.text()


def style_of(*parts: str) -> Style:
    return Style.combine([Style(), *(Style.parse(COLORS.get(part, "none")) for part in parts)])


def drawn(look: LineSpec, glyphs: Glyphs | None = None) -> str:
    return look.draw(glyphs or Glyphs(), style_of).text


def row_look(*cells: Cell, state: str = "", marked: bool = False, changed: frozenset[int] = frozenset()) -> RowLook:
    layout = fit([Column("name", "NAME", 8), Column("cpu", "CPU", 4, "right")], 24, margin=MARGIN, gap=GAP)
    return RowLook(layout, Row(cells), state, marked, changed)


@given(
    st.lists(st.tuples(texts, st.integers(1, 12), st.sampled_from(["left", "right"])), max_size=6), st.integers(0, 60)
)
def test_every_line_has_exactly_the_width_of_the_table(
    drawn_cells: list[tuple[str, int, Literal["left", "right"]]], width: int
) -> None:
    columns = [Column(str(n), text, cells, align, drop=n) for n, (text, cells, align) in enumerate(drawn_cells)]
    layout = fit(columns, width, margin=MARGIN, gap=GAP)
    row = Row(tuple(Cell(text, "good") for text, _, _ in drawn_cells))
    title = drawn_cells[0][0] if drawn_cells else ""
    looks = (
        HeaderLook(layout, "0", sort_reverse=True),
        RowLook(layout, row, "cursor-blurred", True, frozenset({0})),
        TextLook(layout, title),
        HeadingLook(layout, Heading(title)),
        HeadingLook(layout, Heading("group", title)),
    )
    for look in looks:
        strip = look.draw(Glyphs(), style_of)
        assert strip.cell_length == width
        assert cell_len(strip.text) == width


@given(texts, st.integers(0, 20))
def test_a_text_is_cut_only_if_it_does_not_fit(text: str, width: int) -> None:
    text = inert_text(text)
    assert cell_len(cut(text, width, "…")) <= width
    if cell_len(text) <= width:
        assert cut(text, width, "…") == text


def test_a_wide_character_is_not_cut_in_two() -> None:
    assert cut("渲大师云", 6, "…") == "渲大…"


@pytest.mark.parametrize("text", ["\x1b[31m", "\x9b2J", "a\nb", "\x07", "\x7f", "\u202eevil", "\ud800"])
def test_characters_that_control_the_terminal_are_replaced(text: str) -> None:
    assert REPLACEMENT in inert_text(text)
    assert inert_text(text).isprintable()


@pytest.mark.parametrize("name", ["[/nope]", "[@click=app.quit]q[/]", "[b]x", "渲染　07"])
def test_markup_is_not_interpreted(name: str) -> None:
    layout = fit([Column("name", "NAME", 30)], 40, margin=MARGIN)
    assert name in drawn(RowLook(layout, Row((Cell(name),)), "", False, frozenset()))


def test_runs_of_a_cell_have_styles_of_their_own_except_under_the_cursor() -> None:
    cell = Cell("ab 渲染 no", runs=((2, "good"), (1, ""), (2, "changed")))
    found = [(segment.text, str(segment.style)) for segment in row_look(cell, Cell("")).draw(Glyphs(), style_of)]
    assert [text for text, style in found if style == "green"] == ["ab"]
    assert [text for text, style in found if style == "red"] == ["渲染"]
    assert drawn(row_look(cell, Cell(""))).startswith("   ab 渲染…")
    segments = list(row_look(cell, Cell(""), state="cursor").draw(Glyphs(), style_of))
    assert {str(segment.style) for segment in segments} == {"white on blue"}


def test_numbers_are_right_aligned() -> None:
    assert drawn(row_look(Cell("office"), Cell("16"))) == "   office      16       "


def test_cursor_and_mark_are_visible_without_colour() -> None:
    look = row_look(Cell("office"), Cell("16"), state="cursor", marked=True)
    assert drawn(look).startswith("▌✓ office")
    assert drawn(look, ASCII_GLYPHS).startswith(">* office")


def test_the_header_shows_the_sort_order() -> None:
    layout = row_look().layout
    assert "NAME▲" in drawn(HeaderLook(layout, "name", sort_reverse=False))
    assert " CPU▼" in drawn(HeaderLook(layout, "cpu", sort_reverse=True))
    assert "NAME^" in drawn(HeaderLook(layout, "name", sort_reverse=False), ASCII_GLYPHS)


def test_only_the_text_of_a_cell_is_coloured() -> None:
    strip = row_look(Cell("on", "good"), Cell("16")).draw(Glyphs(), style_of)
    coloured = [segment.text for segment in strip if segment.style and segment.style.color]
    assert coloured == ["on"]


def test_the_line_under_the_cursor_is_a_single_segment() -> None:
    strip = row_look(Cell("on", "good"), Cell("16", "good"), state="cursor").draw(Glyphs(), style_of)
    assert len(list(strip)) == 1


def test_a_changed_cell_is_highlighted_under_the_cursor() -> None:
    strip = row_look(Cell("on"), Cell("16"), state="cursor", changed=frozenset({1})).draw(Glyphs(), style_of)
    colors = {segment.text: segment.style.color for segment in strip if segment.style}
    assert colors["16"] == Style.parse("red").color


def test_a_heading_starts_left_of_the_rows_and_has_a_note() -> None:
    layout = fit([Column("name", "NAME", 20)], 24, margin=MARGIN, gap=GAP)
    assert drawn(HeadingLook(layout, Heading("● on", "2 hosts"))) == " ● on  2 hosts          "
    assert drawn(HeadingLook(layout, Heading("● on", "2 hosts, and more of it"))) == " ● on  2 hosts, and mo… "
    assert drawn(HeadingLook(layout, Heading("[/nope]\x1b[2J"))) == f" [/nope]{REPLACEMENT}[2J            "
