"""A dialog that picks one of several choices: by arrows, letter, typing a part of it, or mouse."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Final

from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from xds_tui.domain.sanitize import fold
from xds_tui.i18n import _
from xds_tui.structs import dataclass
from xds_tui.text import formats, terms
from xds_tui.tui.commands import bindings
from xds_tui.tui.screens.base import DialogScreen
from xds_tui.tui.widgets.field import Field

MAX_CELLS: Final = 30
"""Cells that labels are padded to: one that is longer pushes what stands behind it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice in the dialog."""

    id: str
    """What the answer calls it."""
    label: str
    about: str = ""
    """What stands behind it, less loudly."""
    why_not: str = ""
    """Why it cannot be chosen now; it is shown with its reason, and refused."""
    is_current: bool = False
    """Whether it is what holds now: the cursor begins there."""
    key: str = ""
    """The key that does the same, before `about`."""


class PickerScreen(DialogScreen[str | None]):
    """Returns the ID of a choice, or None."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("picker")
    CSS_PATH = "../theme/dialog.tcss"

    def __init__(
        self,
        title: str,
        choices: Sequence[Choice],
        *,
        placeholder: str = "",
        preview: Callable[[str], None] | None = None,
    ) -> None:
        """Create the dialog; `preview` is called with the ID of each choice that the cursor moves to."""
        super().__init__()
        self._preview = preview
        self._title = title
        self._choices = choices
        self._found: Mapping[str, Choice] = {}
        self._placeholder = placeholder or _("type to search")

    def compose(self) -> ComposeResult:
        """Compose the input and the list of matching choices."""
        with Vertical(classes="dialog chooser") as dialog:
            dialog.border_title = Content(self._title)
            yield Field(placeholder=self._placeholder, select_on_focus=False)
            yield OptionList(markup=False, compact=True)
            yield Static(classes="chooser-why", markup=False)

    def on_mount(self) -> None:
        """Show all choices."""
        self._list.can_focus = False
        # Not by the field's message: it would come after keys that follow in a burst, and they are for this list.
        self.watch(self.query_one(Input), "value", self._show)

    @property
    def _list(self) -> OptionList:
        return self.query_one(OptionList)

    def found(self, words: Sequence[str]) -> tuple[Sequence[Choice], str]:
        """Return the choices that match all of the folded words, and a message about the result."""
        found = [choice for choice in self._choices if all(word in _haystack(choice) for word in words)]
        return found, "" if found else _(terms.NOTHING_FOUND)

    def _show(self, typed: str) -> None:
        words = fold(typed).split()
        found, message = self.found(words)
        self._found = {choice.id: choice for choice in found}
        widths = (formats.cells(choice.label) for choice in (*self._choices, *found))
        width = min(max(widths, default=0), MAX_CELLS)
        self._list.clear_options()
        self._list.add_options(Option(self._line(choice, width), id=choice.id) for choice in found)
        current = next((index for index, choice in enumerate(found) if choice.is_current), 0)
        self._list.highlighted = (current if not words else 0) if found else None
        self.query_one(Static).update(Content(message))

    def _line(self, choice: Choice, width: int) -> Content:
        mark = "✕" if choice.why_not else "•" if choice.is_current else " "
        about = f"{choice.key}{choice.why_not or choice.about}"
        label = formats.padded(choice.label, width) if formats.cells(choice.label) < width else choice.label
        # Not dimmed: under the cursor that could not be read.
        line = Content(f"{mark} {label}").stylize("" if choice.why_not else "bold")
        return line + Content(f"  {about}") if about else line

    def action_take(self) -> None:
        """Choose the current row, whatever is typed next."""
        option = self._list.highlighted_option
        if option is not None and option.id is not None:
            self._take(option.id)

    @on(OptionList.OptionHighlighted)
    def _show_preview(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if self._preview is not None and event.option_id is not None and self.is_current:
            self._preview(event.option_id)

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_id is not None:
            self._take(event.option_id)

    def _take(self, choice_id: str) -> None:
        choice = self._found.get(choice_id)
        if choice is None:
            return  # its row has left since the click
        if choice.why_not:
            self.query_one(Static).update(Content(choice.why_not))
        else:
            self._answer(choice.id)

    def action_step(self, rows: int) -> None:
        """Move the cursor of the list; the input keeps the focus."""
        if self._list.option_count:
            at = (self._list.highlighted or 0) + rows
            self._list.highlighted = max(0, min(at, self._list.option_count - 1))

    def on_click(self, event: events.Click) -> None:
        """Cancel on a click beside the dialog."""
        if self.get_widget_at(*event.screen_offset)[0] is self:
            self.action_leave()

    def action_leave(self) -> None:
        """Cancel."""
        self._answer(None)

    def _answer(self, chosen: str | None) -> None:
        # A second enter may have been pressed before the first was heard.
        if self.is_current:
            self.dismiss(chosen)


def _haystack(choice: Choice) -> str:
    return fold(f"{choice.label} {choice.about} {choice.id}")


async def pick(app: App[object], title: str, choices: Sequence[Choice]) -> str | None:
    """Let the user choose, and return the ID of the choice, or None. Call it in a worker."""
    return await app.push_screen_wait(PickerScreen(title, choices))
