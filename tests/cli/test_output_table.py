from __future__ import annotations

import pytest

from xds_tui.cli.output import TableLayout, TextColumn, cell_width
from xds_tui.text.export import Value

COLUMNS = (
    TextColumn("NAME", lambda row: str(row["name"])),
    TextColumn("GB", lambda row: str(row["gb"]), is_number=True),
    TextColumn("ID", lambda row: str(row["id"])),
)
TITLES = [column.title for column in COLUMNS]


@pytest.mark.parametrize(
    ("text", "cells"),
    [("", 0), ("abc", 3), ("渲染-07", 7), ("ｗ", 2), ("e\u0301", 1), ("→", 1), ("한글", 4), ("🙂", 2)],
)
def test_cell_width_counts_terminal_cells(text: str, cells: int) -> None:
    assert cell_width(text) == cells


def test_columns_are_aligned_in_cells() -> None:
    rows: list[dict[str, Value]] = [{"name": "渲染-07", "gb": 8, "id": "a"}, {"name": "office", "gb": 128, "id": "b"}]
    lines = TableLayout(COLUMNS, TITLES).render(rows, header=True).splitlines()
    assert lines == ["NAME      GB  ID", "渲染-07    8  a", "office   128  b"]


def test_appended_rows_are_aligned_with_earlier_rows() -> None:
    layout = TableLayout(COLUMNS, TITLES)
    layout.render([{"name": "a-long-name", "gb": 8, "id": "a"}], header=True)
    assert layout.render([{"name": "x", "gb": 8, "id": "b"}], header=False) == "x             8  b\n"


def test_control_characters_are_removed() -> None:
    text = TableLayout(COLUMNS, TITLES).render([{"name": "a\x1b[2Jb\n", "gb": 1, "id": "\x07"}], header=False)
    assert "\x1b" not in text
    assert text.count("\n") == 1
