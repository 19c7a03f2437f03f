"""The input field for a filter, and the base class of panes with one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Input

from xds_tui.tui.commands import bindings
from xds_tui.tui.textual_compat import TitledWidget
from xds_tui.tui.widgets.field import Field


class FilterInput(Field):
    """Posts the filter as it is typed; enter keeps it, and esc clears it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("filter")

    @dataclass
    class Typed(Message):
        """The filter has changed."""

        text: str

    class Left(Message):
        """The user has closed the field."""

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
        """Clear the filter."""
        self.value = ""
        self.post_message(self.Left())


class FilteredPane(TitledWidget):
    """A pane with rows that can be filtered; the field for it is mounted when it is first opened."""

    DEFAULT_CSS = "FilteredPane #filter { height: 1; padding: 0 1; }"

    query_text: reactive[str] = reactive("", repaint=False)
    """The filter as typed; the last one that can be parsed is in force."""

    _field: FilterInput | None = None

    @property
    def filter_hint(self) -> str:
        """Return an example of a filter."""
        raise NotImplementedError

    def apply_filter(self, text: str) -> None:
        """Show the matching rows."""
        raise NotImplementedError

    def focus_rows(self) -> None:
        """Move the focus from the field to the rows."""
        raise NotImplementedError

    @property
    def has_filter(self) -> bool:
        """Whether a filter is set."""
        return bool(self.query_text.strip())

    def watch_query_text(self, text: str) -> None:
        """Apply the filter while it is typed."""
        self.apply_filter(text)

    def filter_by(self, text: str) -> None:
        """Filter by `text` as if it had been typed."""
        self.query_text = text
        if self._field is not None:
            self._field.value = text

    async def open_filter(self) -> None:
        """Move the focus to the field."""
        if self._field is None:
            self._field = FilterInput(self.filter_hint, self.query_text)
            await self.mount(self._field)
        self._field.display = True
        self._field.focus()

    def clear_filter(self) -> bool:
        """Show all rows; return whether there was a filter."""
        if not self.query_text:
            return False
        self.filter_by("")
        return True

    def on_filter_input_typed(self, event: FilterInput.Typed) -> None:
        """Filter while it is typed."""
        event.stop()
        self.query_text = event.text

    def on_filter_input_left(self, event: FilterInput.Left) -> None:
        """Close the field."""
        event.stop()
        if self._field is not None:
            self._field.display = False
        self.focus_rows()
