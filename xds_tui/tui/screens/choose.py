"""One of several, by arrows, by its letter, by typing a part of it, or by the mouse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from xds_tui.i18n import _
from xds_tui.tui import wording


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can be chosen."""

    id: str
    """What the answer calls it."""
    label: str
    about: str = ""
    """What stands behind it, dimmed."""
    why_not: str = ""
    """Why it cannot be chosen now; it is shown with its reason, and refused."""
    is_current: bool = False
    """Whether it is what holds now: the cursor begins there."""


class ChooseScreen(ModalScreen[str | None]):
    """Answers with the ID of a choice, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", _("Back"), id="choose.back"),
        Binding("down", "step(1)", show=False, priority=True),
        Binding("up", "step(-1)", show=False, priority=True),
        Binding("pagedown", "step(10)", show=False, priority=True),
        Binding("pageup", "step(-10)", show=False, priority=True),
    ]
    CSS_PATH = "../theme/dialog.tcss"

    def __init__(self, title: str, choices: Sequence[Choice], *, placeholder: str = "") -> None:
        super().__init__()
        self._title = title
        self._choices = choices
        self._placeholder = placeholder or _("type to find")

    def compose(self) -> ComposeResult:
        """What is typed above, what it leaves below."""
        with Vertical(classes="dialog chooser") as dialog:
            dialog.border_title = Content(self._title)
            yield Input(placeholder=self._placeholder, compact=True, select_on_focus=False)
            yield OptionList(markup=False, compact=True)
            yield Static(classes="chooser-why", markup=False)

    def on_mount(self) -> None:
        """Show all of them."""
        self._list.can_focus = False
        self._show("")

    @property
    def _list(self) -> OptionList:
        return self.query_one(OptionList)

    def _show(self, typed: str) -> None:
        words = typed.casefold().split()
        found = [choice for choice in self._choices if all(word in _haystack(choice) for word in words)]
        width = max((wording.cells(choice.label) for choice in found), default=0)
        self._list.clear_options()
        self._list.add_options(Option(self._line(choice, width), id=choice.id) for choice in found)
        current = next((index for index, choice in enumerate(found) if choice.is_current), 0)
        self._list.highlighted = (current if not words else 0) if found else None
        self.query_one(Static).update(Content("" if found else _("Nothing is called that")))

    def _line(self, choice: Choice, width: int) -> Content:
        mark = "•" if choice.is_current else " "
        about = choice.why_not or choice.about
        line = Content(f"{mark} {wording.padded(choice.label, width)}")
        line += Content(f"  {about}").stylize("dim") if about else Content("")
        return line.stylize("dim") if choice.why_not else line

    @on(Input.Changed)
    def _filter(self, event: Input.Changed) -> None:
        event.stop()
        self._show(event.value)

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        event.stop()
        self._list.action_select()

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        choice = next(choice for choice in self._choices if choice.id == event.option_id)
        if choice.why_not:
            self.query_one(Static).update(Content(choice.why_not))
        else:
            self.dismiss(choice.id)

    def action_step(self, rows: int) -> None:
        """Move the cursor of the list while the typing goes on above it."""
        if self._list.option_count:
            at = (self._list.highlighted or 0) + rows
            self._list.highlighted = max(0, min(at, self._list.option_count - 1))

    def action_leave(self) -> None:
        """Choose nothing."""
        self.dismiss(None)


def _haystack(choice: Choice) -> str:
    return f"{choice.label} {choice.about} {choice.id}".casefold()


async def choose(app: App[object], title: str, choices: Sequence[Choice]) -> str | None:
    """Let the user choose, and return the choice's ID, or None; to be awaited in a worker."""
    return await app.push_screen_wait(ChooseScreen(title, choices))
