"""The field that the filter is typed into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Input

from xds_tui.tui.commands import bindings
from xds_tui.tui.widgets.field import Field


class FilterInput(Field):
    """Tells the filter as it is typed; enter leaves it in force, esc takes it away."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("filter")

    @dataclass
    class Typed(Message):
        """Another filter is wanted."""

        text: str

    class Left(Message):
        """The user is done with the field."""

    def __init__(self, placeholder: str, value: str = "") -> None:
        super().__init__(value, placeholder, id="filter")

    @on(Input.Changed)
    def _tell(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Typed(event.value))

    @on(Input.Submitted)
    def _keep(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Left())

    def action_clear(self) -> None:
        """Show everything again."""
        self.value = ""
        self.post_message(self.Left())
