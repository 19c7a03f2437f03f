"""What an action is: the keys, the words and the rule of one thing that the user can have done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from textual import keys
from textual.binding import Binding

from xds_tui.i18n import _
from xds_tui.tui.applying import Condition, Context, always


@dataclass(frozen=True, slots=True)
class Command:
    """Something that a key does."""

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


def keys_of(action: Command, keymap: Mapping[str, str]) -> list[str]:
    """Return the keys of an action, by Textual's names.

    Args:
        action: the action.
        keymap: the keys that the user has chosen, by action ID.

    """
    chosen = keymap.get(action.id, action.keys)
    return [key_name(key.strip()) for key in chosen.split(",") if key.strip()]


def key_name(key: str) -> str:
    """Return Textual's name of a key that may be written as its character."""
    return keys._character_to_key(key) if len(key) == 1 else key  # noqa: SLF001 - what Textual's own keymap does
