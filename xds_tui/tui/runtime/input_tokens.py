"""The tokens of terminal input, and the sequences that deviate from ECMA-48."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

PAYLOADS: Final = {"\x1b[M": 3, "\x1b[t": 2, "\x1b[T": 6}
"""Characters after the final byte of mouse reports: the X10 and UTF-8 protocols, and highlight tracking."""

SHIFTED_KEY: Final = re.compile(r"\x1b\[\d{1,2}\$")
"""Keys with Shift in rxvt, which end with an intermediate byte."""

LINUX_CONSOLE: Final = "\x1b[["
"""F1 to F5 of the Linux console, which one more letter follows."""


@dataclass(frozen=True, slots=True)
class Character:
    """A character of text; U+FFFD for bytes that are not UTF-8."""

    text: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """ESC alone, ESC and a character, or a complete control sequence in its 7-bit form."""

    text: str


@dataclass(frozen=True, slots=True)
class Paste:
    """Text between the markers of a bracketed paste."""

    text: str


Token = Character | Sequence | Paste
