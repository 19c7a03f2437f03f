from __future__ import annotations

import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xds_tui.domain.normalization import ascii_key, fold, normalize

FULL_WIDTH = "".join(chr(0xFEE0 + code) for code in range(0x21, 0x7F))


def test_full_width_characters_become_ascii() -> None:
    assert normalize(FULL_WIDTH + "\u3000") == "".join(map(chr, range(0x21, 0x7F))) + " "


@pytest.mark.parametrize(("typed", "key"), ["／/", "？?", "：:", "、/", "。.", "《<", "】]", "ｇg", "渲渲"])
def test_a_punctuation_mark_stands_for_the_ascii_character_on_its_key(typed: str, key: str) -> None:
    assert ascii_key(typed) == key


@pytest.mark.parametrize(
    ("text", "same_text"),
    [
        ("渲染（ＡＢ）", "渲染(ab)"),
        ("ＡＢＣ１２３", "abc123"),
        ("café", unicodedata.normalize("NFD", "CAFÉ")),
        ("STRASSE", "straße"),
    ],
)
def test_folding_ignores_case_width_and_composition(text: str, same_text: str) -> None:
    assert fold(text) == fold(same_text)


@given(st.text())
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_folding_does_not_depend_on_the_normal_form(text: str, form: Literal["NFC", "NFD", "NFKC", "NFKD"]) -> None:
    assert fold(unicodedata.normalize(form, text)) == fold(text)
