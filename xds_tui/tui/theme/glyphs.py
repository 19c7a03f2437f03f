"""ASCII substitutes for terminals without Unicode: every character has a substitute of the same width.

They are applied to finished lines, and thus to everything: borders, scrollbars, marks, money, texts of the service.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final, TypeVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter, NoColor

from xds_tui.domain.annotations import Annotations
from xds_tui.domain.model import Host
from xds_tui.domain.records import Event, Order
from xds_tui.text.record_names import with_alias

R = TypeVar("R", Event, Order)

_SUBSTITUTES: Final = str.maketrans(
    {
        **dict.fromkeys("─╌┈▔‐‑‒–—―−▱", "-"),
        **dict.fromkeys("═━▁", "="),
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
        **dict.fromkeys("█▓▒▙▚▛▜▝▞▟▖▗▘▀▰", "#"),
        **dict.fromkeys("▂▃▄▅▆▇░", " "),
        **dict.fromkeys("·∙", "-"),
        **dict.fromkeys("≈…╍", "~"),
        **dict.fromkeys("‘’", "'"),
        **dict.fromkeys("“”", '"'),
        "◆": "#",
        "↕": "~",
        "┄": ".",
        "→": ">",
        "←": "<",
        "¥": "Y",
        "‖": "=",
        "≤": "<",
        "≥": ">",
    }
)
"""Substitutes of one cell for characters of one cell."""

UNKNOWN: Final = "?"
"""Fills each cell of a character without a substitute."""


@lru_cache(4096)
def to_ascii(text: str) -> str:
    """Return `text` in ASCII and with the same width: letters without accents, `?` for anything that is not Latin."""
    if text.isascii():
        return text
    converted = text.translate(_SUBSTITUTES)
    if not converted.isascii():
        converted = "".join(letter if letter.isascii() else _substitute(letter) for letter in converted)
    # Combining characters have no width.
    return "\n".join(map(set_cell_size, converted.split("\n"), map(cell_len, text.split("\n"))))


def _substitute(letter: str) -> str:
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


def host_name(app: App[Any], host: Host) -> str:
    """Return the name of a host, or its ID if it has no name or the terminal cannot show it."""
    return host.display_name if _is_shown(app, host.display_name) else host.id


PROTECTED: Final = "◆"
"""Stands before the name of a protected host."""


def marked_name(app: App[Any], host: Host) -> str:
    """Return the name of a host as `host_name`, with a mark if the host is protected."""
    name = host_name(app, host)
    return f"{PROTECTED} {name}" if host.annotation.is_protected else name


def _is_shown(app: App[Any], name: str) -> bool:
    """Return whether the terminal can show every character of a name."""
    return not is_ascii(app) or to_ascii(name).count(UNKNOWN) == name.count(UNKNOWN)


def with_shown_name(app: App[Any], record: R, annotations: Annotations) -> R:
    """Return an event or an order with the alias of its host, or with the ID if the terminal cannot show the name."""
    record = with_alias(record, annotations)
    if not record.host_id or _is_shown(app, record.host_name):
        return record
    return replace(record, host_name=record.host_id)


def brand(app: App[Any]) -> str:
    """Return the service's name and ours, so far as the terminal can show them."""
    return "xds" if is_ascii(app) else "渲大师 xds"
