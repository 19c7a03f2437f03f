"""What a terminal sends, once it is split: characters, control sequences and pastes; and the unusual sequences."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

PAYLOADS: Final = {"\x1b[M": 3, "\x1b[t": 2, "\x1b[T": 6}
"""Mouse reports that go on after their final byte: the X10 and UTF-8 protocols, and highlight tracking."""

SHIFTED_KEY: Final = re.compile(r"\x1b\[\d{1,2}\$")
"""rxvt's keys with Shift: they end with what is an intermediate byte everywhere else."""

LINUX_CONSOLE: Final = "\x1b[["
"""F1 to F5 of the Linux console have one more letter."""


@dataclass(frozen=True, slots=True)
class Character:
    """A character that stands for itself; U+FFFD for bytes that are no UTF-8."""

    text: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """ESC alone, ESC and a character, or a whole control sequence in its 7-bit form."""

    text: str


@dataclass(frozen=True, slots=True)
class Paste:
    """A text between paste markers."""

    text: str


Token = Character | Sequence | Paste
