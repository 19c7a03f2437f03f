"""Texts broken into lines, in English and in Chinese."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xds_tui.text.formats import cells, wrapped


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("Your bill may differ.", 10, ["Your bill", "may", "differ."]),
        ("按 18:09:19 的价格估算，不含税费", 20, ["按 18:09:19 的价格估", "算，不含税费"]),
        ("价格估算，不含", 8, ["价格估", "算，不含"]),
        ("按 B（Shift+B）提交", 12, ["按 B", "（Shift+B）", "提交"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("", 5, [""]),
    ],
)
def test_lines_are_broken_at_spaces_and_between_chinese_characters(text: str, width: int, lines: list[str]) -> None:
    assert wrapped(text, width) == lines


@given(st.text(st.sampled_from("ab, 中文，。（）¥"), max_size=60), st.integers(4, 30))
def test_nothing_is_lost_and_every_line_fits(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cells(line) <= width for line in lines)
