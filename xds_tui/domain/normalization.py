"""Unicode normalization for searching and for keys typed with a Chinese input method."""

from __future__ import annotations

import unicodedata
from typing import Final

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
