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
    """What `[keys]` calls it: where it is heard, a dot, its own name."""
    keys: str
    """The keys it has unless others are chosen, separated by commas."""
    run: str
    """Textual's action, of the screen or widget where it is heard."""
    label: str
    """What the footer calls it, marked for translation."""
    sentence: str
    """What it does, in one line of the help, marked for translation."""
    why_not: Condition = always
    """Why it does not apply to what the user looks at."""
    in_footer: bool = False
    group: KeyGroup = KeyGroup.ACT
    """The group of keys that it stands in at the foot of the screen."""
    rank: int = 0
    """Where the width does not suffice, the keys with the highest rank are left out of the key bar first."""
    counts: bool = False
    """Whether it is done to all marked hosts: then its label says how many."""
    priority: bool = False
    """Whether its keys are heard before what has the focus."""

    @property
    def place(self) -> str:
        """Where it is heard: a screen's or widget's name."""
        return self.id.partition(".")[0]

    def binding(self) -> Binding:
        """Make the binding; where there is a rule, the screen asks it first."""
        run = self.run if self.why_not is always else f"screen.do('{self.id}')"
        return Binding(self.keys, run, self.label, self.in_footer, priority=self.priority, id=self.id)

    def words(self, context: Context | None) -> str:
        """Return its label, with the number of hosts that it would be done to if they are marked."""
        label = _(self.label)
        return f"{label} {context.marked}" if self.counts and context and context.marked else label
