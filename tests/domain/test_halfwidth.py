from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xds_tui.domain.filter_query import parse
from xds_tui.domain.halfwidth import command_sign, fold, to_halfwidth

FULL_WIDTH = "".join(chr(0xFEE0 + code) for code in range(0x21, 0x7F))


def test_every_full_width_form_of_ascii_becomes_half_width() -> None:
    assert to_halfwidth(FULL_WIDTH + "\u3000") == "".join(map(chr, range(0x21, 0x7F))) + " "


@given(st.text())
def test_all_else_stays_as_it_is(text: str) -> None:
    for before, after in zip(text, to_halfwidth(text), strict=True):
        is_form = "\uff01" <= before <= "\uff5e" or before == "\u3000"
        assert after == (unicodedata.normalize("NFKC", before) if is_form else before)


@pytest.mark.parametrize(("typed", "meant"), ["／/", "？?", "：:", "、/", "。.", "《<", "】]", "ｇg", "渲渲"])
def test_a_sign_is_the_command_of_its_key(typed: str, meant: str) -> None:
    assert command_sign(typed) == meant


def test_texts_are_searched_without_case_and_width() -> None:
    assert fold("渲染（ＡＢ）") == fold("渲染(ab)")


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [("ｇｐｕ：４０９０", "gpu:4090"), ("ｍｅｍ＞＝６４　－windows", "mem>=64 -windows"), ("！＂ab cd＂", '!"ab cd"')],
)
def test_a_filter_may_be_typed_in_full_width(wide: str, narrow: str) -> None:
    assert parse(wide) == parse(narrow)
