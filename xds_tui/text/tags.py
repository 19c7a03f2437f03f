"""Tags as styled text: the color of a tag is the same everywhere, and stays the same between runs."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from typing import Final

from xds_tui.domain.sanitize import fold
from xds_tui.text import formats
from xds_tui.text.overview import Line, Span

STYLES: Final = ("tag-0", "tag-1", "tag-2", "tag-3", "tag-4", "tag-5")
"""The styles of tags; each theme has a color for every one."""

_GAP: Final = "  "
"""The space between two tags of several lines."""


def style_of(tag: str) -> str:
    """Return the style of a tag; the spelling in upper or lower case makes no difference."""
    return STYLES[zlib.crc32(fold(tag).encode()) % len(STYLES)]


def spans(tags: Iterable[str], separator: str = " ") -> Sequence[Span]:
    """Return tags in one line, each in its style."""
    found: list[Span] = []
    for tag in tags:
        if found:
            found.append((separator, ""))
        found.append((tag, style_of(tag)))
    return found


def wrapped(tags: Iterable[str], width: int) -> list[Line]:
    """Return tags, none of them wider than `width` cells, in lines of at most that width."""
    lines: list[list[Span]] = [[]]
    room = width
    for tag in tags:
        if lines[-1] and formats.cells(tag) + len(_GAP) > room:
            lines.append([])
            room = width
        if lines[-1]:
            lines[-1].append((_GAP, ""))
            room -= len(_GAP)
        lines[-1].append((tag, style_of(tag)))
        room -= formats.cells(tag)
    return [tuple(line) for line in lines]
