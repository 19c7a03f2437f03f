"""What is written where a terminal understands nothing but ASCII: every other character has a stand-in of its width.

The one place for that is the line that is about to be written, whatever drew it: borders, scrollbars, marks, money,
and what the service sent.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter, NoColor

_STAND_INS: Final = str.maketrans(
    {
        **dict.fromkeys("─━╌┄┈▔‐‑‒–—―−", "-"),
        **dict.fromkeys("═▁", "="),
        **dict.fromkeys("│┃║▎▏▕┊┆╎", "|"),
        **dict.fromkeys("╭╮╰╯┌┐└┘├┤┬┴┼╔╗╚╝╠╣╦╩╬┏┓┗┛", "+"),
        **dict.fromkeys("▌▐▍▋▊▉▸▶►›", ">"),
        **dict.fromkeys("◂◀◄‹", "<"),
        **dict.fromkeys("▲△↑", "^"),
        **dict.fromkeys("▼▽↓", "v"),
        **dict.fromkeys("●✓✔•", "*"),
        **dict.fromkeys("○◌◯", "o"),
        **dict.fromkeys("◐◑◒◓", "%"),
        **dict.fromkeys("✕✗×", "x"),
        **dict.fromkeys("█▓▒▙▚▛▜▝▞▟▖▗▘▀", "#"),
        **dict.fromkeys("▂▃▄▅▆▇░", " "),
        **dict.fromkeys("·∙", "-"),
        **dict.fromkeys("≈…", "~"),
        **dict.fromkeys("‘’", "'"),
        **dict.fromkeys("“”", '"'),
        "→": ">",
        "←": "<",
        "¥": "Y",
        "‖": "=",
        "≤": "<",
        "≥": ">",
    }
)
"""One cell for one cell."""

UNKNOWN: Final = "?"
"""Stands in each cell of a character that has no stand-in."""


@lru_cache(4096)
def to_ascii(text: str) -> str:
    """Return `text` in ASCII, in as many cells: letters without their accents, `?` for what is no Latin letter."""
    if text.isascii():
        return text
    told = text.translate(_STAND_INS)
    if not told.isascii():
        told = "".join(letter if letter.isascii() else _stand_in(letter) for letter in told)
    # What joins several characters into one takes no cells of its own.
    return "\n".join(map(set_cell_size, told.split("\n"), map(cell_len, text.split("\n"))))


def _stand_in(letter: str) -> str:
    width = cell_len(letter)
    plain = "".join(part for part in unicodedata.normalize("NFKD", letter) if part.isascii())
    return plain if len(plain) == width else UNKNOWN * width


class AsciiFilter(LineFilter):
    """Writes lines in ASCII."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments of a line with their texts in ASCII."""
        return [Segment(to_ascii(text), style, control) for text, style, control in segments]


def output_filters(*, is_colourless: bool, is_ascii: bool) -> Sequence[LineFilter]:
    """Return what the lines of a terminal have to go through that shows no colours, or nothing but ASCII.

    Textual's own filter for NO_COLOR is chosen with the first theme, and writes greys if that is not an ANSI one.
    """
    return (*([NoColor()] if is_colourless else []), *([AsciiFilter()] if is_ascii else []))


def is_ascii(app: App[Any]) -> bool:
    """Whether nothing but ASCII is written."""
    return any(isinstance(line, AsciiFilter) for line in app.get_line_filters())


def brand(app: App[Any]) -> str:
    """Return the service's name and ours, so far as the terminal can show them."""
    return "xds" if is_ascii(app) else "渲大师 xds"
