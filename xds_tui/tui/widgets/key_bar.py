"""The keys that do something now, in one line; a click on one presses it.

Textual's Footer is a widget for each key, styled and laid out at every change of focus; this one is a line of text.
Where the width does not suffice, keys leave from the right, but for the last: that is where help is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.content import Content
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the bar."""

    press: str
    """What a click presses."""
    shown: str
    what: str


class KeyBar(Widget):
    """Shows the bindings of what has the focus."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-bar--key"}
    DEFAULT_CSS = """
    KeyBar {
        dock: bottom;
        height: 1;
        background: $panel;
        color: $foreground;
        .key-bar--key { color: $accent; text-style: bold; }
    }
    """

    keys: reactive[tuple[Key, ...]] = reactive((), layout=False)
    """What is shown."""

    def on_mount(self) -> None:
        """Follow the focus."""
        self.screen.bindings_updated_signal.subscribe(self, self._follow)

    def _follow(self, screen: Screen[object]) -> None:
        if screen is self.screen:
            self.keys = self._active()

    def _active(self) -> tuple[Key, ...]:
        keys: dict[str, Key] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.show and active.enabled and binding.action not in keys:
                keys[binding.action] = Key(binding.key, self.app.get_key_display(binding), binding.description)
        return tuple(keys.values())

    def render(self) -> Content:
        """The keys that fit."""
        style = self.get_visual_style("key-bar--key", partial=True)
        parts = [Content.assemble(Content(key.shown).stylize(style), " ", key.what) for key in self._fitting()]
        return Content("  " if self._is_roomy else " ").join(parts)

    def on_click(self, event: events.Click) -> None:
        """Press the key under the mouse."""
        x = 0
        for key in self._fitting():
            x += _width(key) + (2 if self._is_roomy else 1)
            if event.x < x:
                self.app.simulate_key(key.press)
                return

    @property
    def _is_roomy(self) -> bool:
        return _length(self.keys, 2) <= self.size.width

    def _fitting(self) -> Sequence[Key]:
        keys = list(self.keys)
        while len(keys) > 1 and _length(keys, 1) > self.size.width:
            del keys[-2]
        return keys


def _width(key: Key) -> int:
    return Content(key.shown).cell_length + 1 + Content(key.what).cell_length


def _length(keys: Sequence[Key], gap: int) -> int:
    return sum(map(_width, keys)) + gap * max(0, len(keys) - 1)
