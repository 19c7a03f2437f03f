from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from xds_tui.cli.output import Column, Layout, width
from xds_tui.domain.sanitize import clean

COLUMNS = (
    Column("NAME", lambda row: str(row["name"])),
    Column("GB", lambda row: str(row["gb"]), is_number=True),
    Column("ID", lambda row: str(row["id"])),
)
TITLES = [column.title for column in COLUMNS]


@pytest.mark.parametrize(
    ("text", "cells"),
    [("", 0), ("abc", 3), ("渲染-07", 7), ("ｗ", 2), ("e\u0301", 1), ("→", 1), ("한글", 4), ("🙂", 2)],
)
def test_a_text_takes_the_cells_that_a_terminal_gives_it(text: str, cells: int) -> None:
    assert width(text) == cells


@given(st.text(st.characters(max_codepoint=0xFFFF, categories=("L", "N", "P", "Zs")), max_size=20))
def test_it_is_as_wide_as_the_screen_takes_it_for(text: str) -> None:
    cleaned = clean(text)
    latin_or_chinese = all(ord(char) < 0x300 or 0x3000 <= ord(char) < 0xA000 for char in cleaned)
    if latin_or_chinese:
        assert width(cleaned) == cell_len(cleaned)


def test_columns_stand_under_each_other_whatever_the_letters() -> None:
    rows = [{"name": "渲染-07", "gb": 8, "id": "a"}, {"name": "office", "gb": 128, "id": "b"}]
    lines = Layout(COLUMNS, TITLES).drawn(rows, header=True).splitlines()
    assert lines == ["NAME      GB  ID", "渲染-07    8  a", "office   128  b"]


def test_what_is_appended_is_aligned_with_what_was_there() -> None:
    layout = Layout(COLUMNS, TITLES)
    layout.drawn([{"name": "a-long-name", "gb": 8, "id": "a"}], header=True)
    assert layout.drawn([{"name": "x", "gb": 8, "id": "b"}], header=False) == "x             8  b\n"


def test_nothing_that_a_terminal_obeys_comes_through() -> None:
    drawn = Layout(COLUMNS, TITLES).drawn([{"name": "a\x1b[2Jb\n", "gb": 1, "id": "\x07"}], header=False)
    assert "\x1b" not in drawn
    assert drawn.count("\n") == 1
