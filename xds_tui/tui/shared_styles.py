"""A repair of Textual 8.2: what it remembers for drawing a widget ends with the widget.

`StylesCache.get_inner_outer` is memoised with `lru_cache` as a method, so the cache that all widgets share holds the
`StylesCache` of each, with every line it drew: up to 1,024 widgets that are long gone, some 250,000 objects, through
which each full garbage collection goes. The answer depends on the two colours alone.
"""

from __future__ import annotations

from functools import lru_cache

from textual._styles_cache import StylesCache
from textual.color import Color
from textual.style import Style


@lru_cache(1024)
def _inner_outer(base_background: Color, background: Color) -> tuple[Style, Style]:
    return Style(background=base_background + background), Style(background=base_background)


def _get_inner_outer(cache: StylesCache, base_background: Color, background: Color) -> tuple[Style, Style]:
    return _inner_outer(base_background, background)


def share() -> None:
    """Have the colours remembered for all widgets together (a private name: Textual's minor version is pinned)."""
    StylesCache.get_inner_outer = _get_inner_outer  # type: ignore[method-assign,assignment]
