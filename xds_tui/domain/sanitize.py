"""Untrusted values: text made inert and normalized, and the plausible ranges of numbers and times in responses.

A value outside its range counts as invalid. A time near the maximum of `datetime` overflows when it is converted to a
time zone east of UTC, and 9999-12-31 often stands for "never".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
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

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Earlier times are seconds taken for milliseconds, or from a clock that was never set."""

LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)

MAX_COUNT: Final = 1_000_000
"""Maximum number of CPU cores, GPUs and Mbit/s."""

MAX_GIGABYTES: Final = 100_000_000

MAX_PORT: Final = 65_535

MAX_PRICE: Final = Decimal(1_000_000)
"""Maximum price in CNY/hour."""


def is_plain(text: str) -> bool:
    """Return whether a text has only Latin and Chinese characters that need no check."""
    return _PLAIN.fullmatch(text) is not None


def clean(text: str, limit: int = MAX_LENGTH) -> str:
    """Return at most `limit` characters of `text`, with U+FFFD in place of each that cannot be displayed safely.

    These are unsafe and invisible characters, those of ambiguous width, and excess combining marks.
    """
    text = text[:limit]
    return text if is_plain(text) else "".join(_replace_unsafe(text))


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


_PUNCTUATION: Final = str.maketrans("、。《》【】", "/.<>[]")
"""Chinese punctuation marks and the ASCII characters on the same keys."""


def normalize(text: str) -> str:
    """Return `text` in NFKC: composed characters, and ASCII instead of its full-width forms."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def fold(text: str) -> str:
    """Return `text` without differences of case, width and composition, for comparing and searching."""
    # Case folding can decompose characters, so the result is normalized again.
    return text.lower() if text.isascii() else normalize(normalize(text).casefold())


def ascii_key(character: str) -> str:
    """Return the ASCII character on the key that typed `character`; any other character unchanged."""
    return normalize(character).translate(_PUNCTUATION)


def is_time(at: datetime) -> bool:
    """Return whether a time is aware and in the plausible range."""
    return at.tzinfo is not None and EARLIEST <= at < LATEST


def local_time(at: datetime) -> datetime:
    """Return the time in the local time zone, or unchanged if that cannot represent it."""
    try:
        return at.astimezone()
    except (OverflowError, OSError, ValueError):
        return at
