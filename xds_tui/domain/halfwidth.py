"""Signs of Chinese input methods as a Latin keyboard types them."""

from __future__ import annotations

import re
from typing import Final

_FULL_WIDTH: Final = {0xFF01 + offset: chr(0x21 + offset) for offset in range(0x5E)} | {0x3000: " "}
"""The full-width forms of ASCII (U+FF01 to U+FF5E) and the ideographic space."""

_IS_FULL_WIDTH: Final = re.compile("[\uff01-\uff5e\u3000]")
"""Looked for first: most texts have none, and 10,000 hosts are searched between two keys."""

_PUNCTUATION: Final = str.maketrans("、。《》【】", "/.<>[]")
"""What the keys of the ASCII signs type while Chinese punctuation is on."""


def to_halfwidth(text: str) -> str:
    """Return `text` with every full-width form of an ASCII character in half width."""
    return text.translate(_FULL_WIDTH) if _IS_FULL_WIDTH.search(text) else text


def fold(text: str) -> str:
    """Return `text` in the form in which texts are searched: without case and width."""
    return to_halfwidth(text).casefold()


def command_sign(character: str) -> str:
    """Return the ASCII character that is on the key that typed `character`; anything else as it is."""
    return to_halfwidth(character).translate(_PUNCTUATION)
