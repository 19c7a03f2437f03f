"""A repair of Textual 8.2: `reverse` in the text style of a component class is drawn.

`Widget.get_visual_style` hands on bold, dim, italic, underline and strike, and forgets the one that shows a cursor
where there are no colours; Textual's own rules for NO_COLOR rely on it.
"""

from __future__ import annotations

from typing import Final

from textual.style import Style
from textual.widget import Widget

_REVERSE: Final = Style(reverse=True)

_original: Final = Widget.get_visual_style


def _with_reverse(widget: Widget, *component_classes: str, partial: bool = False) -> Style:
    style = _original(widget, *component_classes, partial=partial)
    if any(widget.get_component_styles(name).text_style.reverse for name in component_classes):
        return style + _REVERSE
    return style


def repair() -> None:
    """Have every widget draw it."""
    Widget.get_visual_style = _with_reverse  # type: ignore[method-assign,assignment]
