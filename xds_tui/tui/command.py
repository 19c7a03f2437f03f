"""A command of the app: its keys, its texts, and when it applies."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from textual.binding import Binding

from xds_tui.i18n import _
from xds_tui.tui.availability import Condition, Context, always


class KeyGroup(IntEnum):
    """Groups of keys in the key bar, from left to right."""

    ACT = 0
    VIEW = 1
    GO = 2
    APP = 3


@dataclass(frozen=True, slots=True)
class Command:
    """An action with its keys and texts."""

    id: str
    """Its name in `[keys]`: the screen or widget that handles it, a dot, a name."""
    keys: str
    """Default keys, separated by commas."""
    run: str
    """Textual's action, of the screen or widget that handles it."""
    label: str
    """Its label in the key bar, marked for translation."""
    sentence: str
    """Its description in the help, marked for translation."""
    why_not: Condition = always
    """The rule that returns the reason why it is disabled."""
    in_footer: bool = False
    group: KeyGroup = KeyGroup.ACT
    """Its group in the key bar."""
    rank: int = 0
    """On narrow terminals, the keys with the highest rank are left out of the key bar first."""
    counts: bool = False
    """Whether it applies to all marked hosts; its label then has their number."""
    priority: bool = False
    """Whether its keys are handled before the focused widget gets them."""

    @property
    def place(self) -> str:
        """The screen or widget that handles it."""
        return self.id.partition(".")[0]

    def binding(self) -> Binding:
        """Return the binding; if there is a rule, the screen checks it first."""
        run = self.run if self.why_not is always else f"screen.do('{self.id}')"
        return Binding(self.keys, run, self.label, self.in_footer, priority=self.priority, id=self.id)

    def words(self, context: Context | None) -> str:
        """Return its label, with the number of marked hosts that it applies to."""
        label = _(self.label)
        return f"{label} {context.marked}" if self.counts and context and context.marked else label
