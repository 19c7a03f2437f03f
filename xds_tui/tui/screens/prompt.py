"""A name for something that is kept."""

from __future__ import annotations

from collections.abc import Container
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from xds_tui.i18n import _
from xds_tui.tui.commands import bindings
from xds_tui.tui.screens.base import DialogScreen
from xds_tui.tui.widgets.field import Field

MAX_LENGTH: Final = 40
"""Letters that a name may have."""


class PromptScreen(DialogScreen[str | None]):
    """Answers with a name, or None; says if something has it already."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("prompt")
    DEFAULT_CSS = "PromptScreen { align: center middle; }"
    CSS_PATH = "../theme/dialog.tcss"

    def __init__(self, title: str, taken: Container[str]) -> None:
        super().__init__()
        self._title = title
        self._taken = taken

    def compose(self) -> ComposeResult:
        """The field, and beneath it what a name in it would do."""
        with Vertical(classes="dialog chooser") as dialog:
            dialog.border_title = Content(self._title)
            yield Field(placeholder=_("a name"))
            yield Static(classes="chooser-why", markup=False)

    @property
    def _typed(self) -> str:
        return self.query_one(Input).value.strip()

    @on(Input.Changed)
    def _look(self, event: Input.Changed) -> None:
        event.stop()
        told = self._problem
        if not told and self._typed in self._taken:
            told = _("Takes the place of the one that has this name")
        self.query_one(Static).update(Content(told))

    @property
    def _problem(self) -> str:
        """Why the name cannot be taken; a longer one is not cut, which nobody would see."""
        if (length := len(self._typed)) > MAX_LENGTH:
            return _("{length} characters: a name has {most} at most").format(length=length, most=MAX_LENGTH)
        return ""

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        event.stop()
        if self._typed and not self._problem:
            self.dismiss(self._typed)

    def action_leave(self) -> None:
        """Give no name."""
        self.dismiss(None)
