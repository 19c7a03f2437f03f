"""Texts from outside made inert: what they say stays, what a terminal would obey goes."""

from __future__ import annotations

import unicodedata
from typing import Final

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"

MAX_LENGTH: Final = 4_096
"""Characters kept of one text: far more than any name or message needs, little enough to draw."""

_UNSAFE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls and escapes, bidi and zero-width marks, surrogates, private and unassigned, line separators."""


def clean(text: str, limit: int = MAX_LENGTH) -> str:
    """Return at most `limit` characters of `text`, each of an unsafe category replaced by U+FFFD."""
    text = text[:limit]
    if text.isprintable():
        return text
    return "".join(REPLACEMENT if unicodedata.category(char) in _UNSAFE else char for char in text)
