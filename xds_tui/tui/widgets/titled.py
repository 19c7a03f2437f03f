"""A pane whose title follows what it shows, at the cost of its top line."""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget


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
