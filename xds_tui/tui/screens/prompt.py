"""A dialog that asks for a name."""

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
    """Returns a name, or None; warns if the name is taken."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("prompt")
    DEFAULT_CSS = "PromptScreen { align: center middle; }"
    CSS_PATH = "../theme/dialog.tcss"

    def __init__(self, title: str, taken: Container[str]) -> None:
        super().__init__()
        self._title = title
        self._taken = taken

    def compose(self) -> ComposeResult:
        """Compose the field and the message below it."""
        with Vertical(classes="dialog chooser") as dialog:
            dialog.border_title = Content(self._title)
            yield Field(placeholder=_("name"))
            yield Static(classes="chooser-why", markup=False)

    @property
    def _typed(self) -> str:
        return self.query_one(Input).value.strip()

    @on(Input.Changed)
    def _look(self, event: Input.Changed) -> None:
        event.stop()
        message = self._problem
        if not message and self._typed in self._taken:
            message = _("This name is in use; its filter will be replaced")
        self.query_one(Static).update(Content(message))

    @property
    def _problem(self) -> str:
        """The reason why the name is invalid; a name that is too long is not truncated silently."""
        if (length := len(self._typed)) > MAX_LENGTH:
            return _("{length} characters; a name can have at most {most}").format(length=length, most=MAX_LENGTH)
        return ""

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        event.stop()
        if self._typed and not self._problem:
            self.dismiss(self._typed)

    def action_leave(self) -> None:
        """Cancel."""
        self.dismiss(None)
