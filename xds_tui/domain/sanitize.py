"""Make untrusted text inert: remove control sequences and invisible characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"

MAX_LENGTH: Final = 4_096
"""Characters kept of one text: far more than any name or message needs, little enough to draw."""

MAX_MARKS: Final = 8
"""Combining marks that one letter keeps: as many as any script puts on one, too few to cover the lines around it."""

_UNSAFE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls and escapes, bidi and zero-width marks, surrogates, private and unassigned, line separators."""

_UNSEEN: Final = frozenset(
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
"""Letters and marks that are drawn as nothing, so that two names look like one (Unicode: Default_Ignorable_Code_Point,
but for those that are unsafe already)."""

_UNSURE: Final = frozenset(map(chr, (*range(0x1F1E6, 0x1F200), *range(0x1F3FB, 0x1F400))))
"""Flags and skin tones: what follows in a line is drawn elsewhere by a terminal that does not join two into one."""

_MARKS: Final = frozenset({"Mn", "Mc", "Me"})
_JAMO: Final = frozenset(map(chr, (*range(0x1160, 0x1200), *range(0xD7B0, 0xD800))))
"""Korean vowels and endings, which join the syllable before them."""

_PLAIN: Final = re.compile(r"[ -~\u00a1-\u00ac\u00ae-\u02ff\u3001-\u3029\u4e00-\u9fff\uff01-\uff5e]*")
"""Latin and Chinese, of which nothing has to be looked at."""


def clean(text: str, limit: int = MAX_LENGTH) -> str:
    """Return at most `limit` characters of `text`, with U+FFFD for each that cannot be shown as it is.

    That is what is unsafe, unseen or of unsure width, and what is one mark too many.
    """
    text = text[:limit]
    return text if _PLAIN.fullmatch(text) else "".join(_inert(text))


def _inert(text: str) -> Iterator[str]:
    marks = MAX_MARKS  # a mark at the beginning would be drawn on what stands before the text
    for char in text:
        category = unicodedata.category(char)
        marks = marks + 1 if category in _MARKS or char in _JAMO else 0
        if category in _UNSAFE or char in _UNSEEN or char in _UNSURE or marks > MAX_MARKS:
            marks = 0
            yield REPLACEMENT
        else:
            yield char
