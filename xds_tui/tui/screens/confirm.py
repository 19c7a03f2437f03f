"""Confirmation dialogs; `text.prompts` has the questions."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import on
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.widgets import Button, Input, Static

from xds_tui.i18n import _
from xds_tui.text import terms
from xds_tui.text.prompts import Confirmation, Risk
from xds_tui.tui.commands import bindings
from xds_tui.tui.screens.base import DialogScreen
from xds_tui.tui.screens.reading_guard import ReadingGuard
from xds_tui.tui.theme import glyphs
from xds_tui.tui.widgets.field import Field

TALL_ROWS: Final = 20
"""Rows from which a dialog has blank lines, and a list of hosts more than three."""


class Dialog(DialogScreen[bool]):
    """A yes/no question; a yes that is pressed before it could be read is ignored."""

    CSS_PATH = "../theme/dialog.tcss"

    def __init__(self, question: Confirmation) -> None:
        super().__init__()
        self._question = question
        self._guard = ReadingGuard(self)

    def compose(self) -> ComposeResult:
        """Compose the question and the answers."""
        self._arrange(self.app.size.height)
        with Vertical(classes="dialog"):
            yield Static(Content(self._question.title), classes="dialog-title")
            with VerticalScroll(classes="dialog-targets", can_focus=False):
                yield Static(Content("\n".join(self._question.targets)))
            if self._question.note:
                yield Static(Content(self._question.note), classes="dialog-note")
            if self._question.hint:
                yield Static(Content(self._question.hint), classes="dialog-hint")
            yield from self.answers()

    def on_resize(self, event: Resize) -> None:
        """Leave room for the answers."""
        self._arrange(event.size.height)

    def _arrange(self, height: int) -> None:
        self.set_class(height < TALL_ROWS, "-short")

    def answers(self) -> ComposeResult:
        """Compose the widgets for the answer, which depend on the kind of question."""
        yield from ()

    def on_mount(self) -> None:
        """Start the time to read the question."""
        self._guard.restart()

    def action_yes(self) -> None:
        """Answer yes, unless it was pressed before the question could be read."""
        if self._guard.allows_input():
            self.dismiss(True)

    def action_no(self) -> None:
        """Answer no."""
        self.dismiss(False)

    @on(Button.Pressed, "#yes")
    def _on_yes(self) -> None:
        self.action_yes()

    @on(Button.Pressed, "#no")
    def _on_no(self) -> None:
        self.action_no()


class ConfirmScreen(Dialog):
    """A question about an operation that interrupts; no is preselected."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("confirm")
    AUTO_FOCUS = "#no"

    def answers(self) -> ComposeResult:
        """Compose the buttons no and yes."""
        with Horizontal(classes="dialog-buttons"):
            yield Button(Content(_("No  n")), id="no", compact=True)
            yield Button(Content(self._question.yes), id="yes", variant="warning", compact=True)


class TypedConfirmScreen(Dialog):
    """A question about a final operation: its target has to be typed, and enter is disabled until it matches."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("typed-confirm")
    AUTO_FOCUS = "#typed"

    def answers(self) -> ComposeResult:
        """Compose the field for the target, and the buttons."""
        wanted, names = self._question.wanted, self._question.names
        has_name = bool(names) and wanted not in names
        if glyphs.is_ascii(self.app) and not wanted.isascii() and names:
            wanted, has_name = names[0], False
        text = _("Type {word} or the ID and press enter:") if has_name else _("Type {word} and press enter:")
        yield Static(Content(text.format(word=wanted)), classes="dialog-ask")
        yield Field(id="typed")
        with Horizontal(classes="dialog-buttons"):
            yield Button(Content(_(terms.CANCEL_ESC)), id="no", compact=True)
            yield Button(Content(self._question.yes), id="yes", variant="error", disabled=True, compact=True)

    @on(Input.Changed)
    def _unlock(self, event: Input.Changed) -> None:
        self.query_one("#yes", Button).disabled = not self._question.accepts(event.value)

    def action_yes(self) -> None:
        """Answer yes if the typed text matches."""
        if self._question.accepts(self.query_one(Input).value):
            super().action_yes()

    @on(Input.Submitted)
    def _on_submitted(self) -> None:
        self.action_yes()


async def ask_confirmation(app: App[object], question: Confirmation) -> bool:
    """Show the dialog for the risk of the question, and return the answer. Call it in a worker."""
    if question.tier is Risk.REVERSIBLE:
        return True
    dialog = TypedConfirmScreen(question) if question.tier is Risk.FINAL else ConfirmScreen(question)
    return await app.push_screen_wait(dialog)
