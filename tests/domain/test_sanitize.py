from __future__ import annotations

import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from support.hostile import HOSTILE_TEXT
from wcwidth import wcwidth

from xds_tui.domain.sanitize import MAX_LENGTH, MAX_MARKS, REPLACEMENT, ascii_key, clean, fold, normalize


@pytest.mark.parametrize(
    "char",
    [
        "\x1b",
        "\x07",
        "\n",
        "\x9b",
        "\u202e",
        "\u2066",
        "\u200b",
        "\u200d",
        "\ue000",
        "\ud800",
        "\u2028",
        "\u2029",
        "\ufeff",
        "\u034f",
        "\u3164",
        "\ufe0f",
        "\U000e0100",
        "\U0001f1e8",
        "\U0001f3fd",
    ],
)
def test_characters_with_an_effect_on_the_terminal_are_replaced(char: str) -> None:
    assert clean(f"a{char}b") == f"a{REPLACEMENT}b"


@pytest.mark.parametrize(
    "text", ["渲大师 Ünï 4090×1 😀\u3000ok", "Tiê\u0301ng Viê\u0323t", "กำลังเริ่ม", "जारी है", "שָׁלוֹם", "한국어"]
)
def test_words_of_every_language_stay(text: str) -> None:
    assert clean(text) == text


def test_a_letter_keeps_a_few_marks_and_leading_marks_are_replaced() -> None:
    assert clean("a" + "\u0301" * MAX_MARKS + "\u0302b") == "a" + "\u0301" * MAX_MARKS + f"{REPLACEMENT}b"
    assert clean("\u0301a") == f"{REPLACEMENT}a"


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_unsafe_survives_and_cleaning_again_changes_nothing(text: str) -> None:
    cleaned = clean(text)
    assert not {unicodedata.category(char) for char in cleaned} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert clean(cleaned) == cleaned


def test_sanitized_text_has_the_calculated_width() -> None:
    """A text that is wider than calculated would displace the rest of its line."""
    for code in (*range(0x20, 0x3400), *range(0xA000, 0xAC00), *range(0xD7A0, 0x20000), *range(0xE0000, 0xE0200)):
        shown = clean(f"a{chr(code)}")
        assert cell_len(shown) == wcwidth(shown[0]) + wcwidth(shown[1]), ascii(shown)


@given(HOSTILE_TEXT)
def test_no_text_hides_more_than_a_few_characters_in_one_cell(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) <= (MAX_MARKS + 1) * cell_len(cleaned)
    assert cell_len(cleaned) == sum(map(wcwidth, cleaned))


def test_a_text_is_bounded() -> None:
    assert len(clean("x" * 10 * MAX_LENGTH)) == MAX_LENGTH
    assert clean("abc", 2) == "ab"


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
