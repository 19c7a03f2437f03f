"""The keys of what has the focus, made from the bindings themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from xds_tui.i18n import N_, _
from xds_tui.tui import wording

TEXTUALS_OWN: Final = (N_("Focus Next"), N_("Focus Previous"), N_("Copy selected text"), N_("palette"))
"""What Textual calls the keys that it adds to every screen."""


class HelpScreen(ModalScreen[None]):
    """Lists keys and what they do."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q,enter", "leave", _("Back"))]

    CSS_PATH = "../theme/dialog.tcss"

    def __init__(self, keys: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        """One line a key."""
        width = max((wording.cells(key) for key, _what in self._keys), default=0)
        lines = [f"{wording.padded(key, width)}  {what}" for key, what in self._keys]
        with VerticalScroll(classes="dialog") as scroll:
            scroll.border_title = Content(_("Keys"))
            yield Static(Content("\n".join(lines)))

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss()


def keys_of(bindings: Sequence[ActiveBinding], display: Callable[[Binding], str]) -> list[tuple[str, str]]:
    """Return each key with what it does, the keys of one action together."""
    told: dict[str, list[str]] = {}
    for active in bindings:
        binding = active.binding
        if binding.description and active.enabled:
            keys = told.setdefault(_(binding.description), [])
            if (key := display(binding)) not in keys:
                keys.append(key)
    return [(" ".join(keys), what) for what, keys in told.items()]
