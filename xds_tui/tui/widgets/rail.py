"""The steps of a job in one line; a click on one goes there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

_GAP: Final = "  "


class StepBar(Widget):
    """Texts side by side."""

    parts: reactive[tuple[str, ...]] = reactive((), layout=False)
    """What stands in the line."""

    @dataclass
    class Chosen(Message):
        """A part was clicked."""

        index: int

    def render(self) -> Content:
        """The line."""
        return Content(_GAP.join(self.parts))

    def on_click(self, event: events.Click) -> None:
        """Tell which part is under the mouse."""
        offset = event.get_content_offset(self)
        end = 0
        for index, part in enumerate(self.parts):
            end += Content(part).cell_length + len(_GAP)
            if offset is not None and offset.x < end:
                self.post_message(self.Chosen(index))
                return
