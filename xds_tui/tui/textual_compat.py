"""A repair of Textual 8.2: `reverse` in the text style of a component class is drawn.

`Widget.get_visual_style` hands on bold, dim, italic, underline and strike, and forgets the one that shows a cursor
where there are no colours; Textual's own rules for NO_COLOR rely on it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from textual._styles_cache import StylesCache
from textual.color import Color
from textual.content import Content
from textual.geometry import Region
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Checkbox, RadioButton

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


@lru_cache(1024)
def _inner_outer(base_background: Color, background: Color) -> tuple[Style, Style]:
    return Style(background=base_background + background), Style(background=base_background)


def _get_inner_outer(cache: StylesCache, base_background: Color, background: Color) -> tuple[Style, Style]:
    return _inner_outer(base_background, background)


def share() -> None:
    """Have the colours remembered for all widgets together (a private name: Textual's minor version is pinned)."""
    StylesCache.get_inner_outer = _get_inner_outer  # type: ignore[method-assign,assignment]


class Titled(Widget):
    """Has titles in its border; Textual's own setters repaint all of the widget each time, changed or not."""

    def retitle(self, title: str) -> None:
        """Show `title` in the upper border."""
        if self._shown(self._border_title) != title:
            # The private name: the public one repaints everything inside (Textual's minor version is pinned).
            self._border_title = Content(title) if title else None
            self.refresh(Region(-1, -1, self.outer_size.width, 1))

    def resubtitle(self, subtitle: str, style: str = "") -> None:
        """Show `subtitle` in the lower border, in a style of its own if it has one."""
        if self._shown(self._border_subtitle) != subtitle:
            self._border_subtitle = Content(subtitle).stylize(style) if subtitle else None
            self.refresh(Region(-1, self.outer_size.height - 2, self.outer_size.width, 1))

    @staticmethod
    def _shown(content: Content | None) -> str:
        return content.plain if content is not None else ""


class Radio(RadioButton):
    """One of several: `(●)` or `( )`."""

    @property
    def _button(self) -> Content:
        """The sign (a private name: Textual's minor version is pinned)."""
        return Content("(●)" if self.value else "( )").stylize(".toggle--button")


class Tick(Checkbox):
    """Yes or no: `[✓]` or `[ ]`."""

    @property
    def _button(self) -> Content:
        """The sign."""
        return Content("[✓]" if self.value else "[ ]").stylize(".toggle--button")
