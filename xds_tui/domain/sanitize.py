"""Make untrusted text inert: remove control sequences and invisible characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"

MAX_LENGTH: Final = 4_096
"""Maximum length of a text in characters: more than any name or message needs, and cheap to draw."""

MAX_MARKS: Final = 8
"""Maximum number of combining marks per letter: enough for any script, too few to cover the lines around it."""

_UNSAFE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories: controls, bidirectional and zero-width marks, surrogates, private use, unassigned, line separators."""

_INVISIBLE: Final = frozenset(
    map(
        chr,
        (
            *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0),
            *range(0x180B, 0x1810),
            *range(0xFE00, 0xFE10),
            *range(0xE0100, 0xE01F0),
        ),
    )
)
"""Invisible letters and marks, with which different names look the same (Unicode: Default_Ignorable_Code_Point,
except those in an unsafe category)."""

_AMBIGUOUS_WIDTH: Final = frozenset(map(chr, (*range(0x1F1E6, 0x1F200), *range(0x1F3FB, 0x1F400))))
"""Flags and skin tones. Terminals that do not combine them displace the rest of the line."""

_MARKS: Final = frozenset({"Mn", "Mc", "Me"})
_JAMO: Final = frozenset(map(chr, (*range(0x1160, 0x1200), *range(0xD7B0, 0xD800))))
"""Korean vowels and final consonants, which combine with the syllable before them."""

_PLAIN: Final = re.compile(r"[ -~\u00a1-\u00ac\u00ae-\u02ff\u3001-\u3029\u4e00-\u9fff\uff01-\uff5e]*")
"""Texts of Latin and Chinese characters, which need no check."""


def clean(text: str, limit: int = MAX_LENGTH) -> str:
    """Return at most `limit` characters of `text`, with U+FFFD in place of each that cannot be displayed safely.

    These are unsafe and invisible characters, those of ambiguous width, and excess combining marks.
    """
    text = text[:limit]
    return text if _PLAIN.fullmatch(text) else "".join(_replace_unsafe(text))


def _replace_unsafe(text: str) -> Iterator[str]:
    marks = MAX_MARKS  # a leading mark would combine with the character before the text
    for char in text:
        category = unicodedata.category(char)
        marks = marks + 1 if category in _MARKS or char in _JAMO else 0
        if category in _UNSAFE or char in _INVISIBLE or char in _AMBIGUOUS_WIDTH or marks > MAX_MARKS:
            marks = 0
            yield REPLACEMENT
        else:
            yield char
