"""The key bar: the active keys in one line; a click on one presses it.

Textual's Footer has a widget for each key, which is styled and laid out at every change of focus; this one is a line of
text. If the width is not sufficient, keys are hidden from the right, except the last one, which is help. A key whose
action is disabled keeps its place and is dimmed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import ActiveBinding, Binding
from textual.content import Content
from textual.geometry import Region
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget

from xds_tui.i18n import _
from xds_tui.text import formats
from xds_tui.tui.availability import Context
from xds_tui.tui.commands import COMMANDS


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the bar."""

    press: str
    """The key that a click simulates."""
    shown: str
    """The name of the key."""
    what: str
    """The name of the action."""
    is_dim: bool = False
    """Whether the action is disabled."""

    @property
    def width(self) -> int:
        """The width in terminal cells."""
        return formats.cells(self.shown) + 1 + formats.cells(self.what)


class KeyBar(Widget):
    """Shows the bindings that are active at the focused widget."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-bar--key", "key-bar--dim"}
    DEFAULT_CSS = """
    KeyBar {
        dock: bottom;
        height: 1;
        background: $panel;
        color: $foreground;
        .key-bar--key { color: $accent; text-style: bold; }
        .key-bar--dim { color: $text-disabled; }
    }
    """

    keys: reactive[tuple[Key, ...]] = reactive((), repaint=False)
    """The keys, including those that do not fit."""
    context: reactive[Context | None] = reactive(None, repaint=False)
    """The state that determines which actions are enabled; None: all are."""

    def __init__(self) -> None:
        super().__init__()
        self._bindings_shown: tuple[ActiveBinding, ...] = ()

    def on_mount(self) -> None:
        """Subscribe to changes of the active bindings."""
        self.screen.bindings_updated_signal.subscribe(self, self._on_bindings_updated)

    def _on_bindings_updated(self, screen: Screen[object]) -> None:
        if screen is not self.screen:
            return
        shown: dict[str, ActiveBinding] = {}
        for active in screen.active_bindings.values():
            if active.binding.show:
                shown.setdefault(active.binding.action, active)
        self._bindings_shown = tuple(shown.values())
        self._update_keys()

    def watch_context(self) -> None:
        """Update which keys are dimmed, and the number of hosts in their names."""
        self._update_keys()

    def _update_keys(self) -> None:
        self.keys = tuple(self._key(active.binding, active.enabled) for active in self._bindings_shown)

    def _key(self, binding: Binding, is_enabled: bool) -> Key:
        action, shown = COMMANDS.get(binding.id or ""), self.app.get_key_display(binding)
        if action is None:
            return Key(binding.key, shown, _(binding.description), not is_enabled)
        is_dim = not is_enabled or (self.context is not None and bool(action.why_not(self.context)))
        return Key(binding.key, shown, action.words(self.context), is_dim)

    def watch_keys(self, old: tuple[Key, ...], new: tuple[Key, ...]) -> None:
        """Repaint the keys that have changed, or the whole line if their positions have."""
        before, now = list(self._layout_keys(old)), list(self._layout_keys(new))
        if [(x, key.width) for x, key in before] != [(x, key.width) for x, key in now]:
            self.refresh()
            return
        changed = [Region(x, 0, key.width, 1) for (x, key), (_x, was) in zip(now, before, strict=True) if key != was]
        if changed:
            # One region: for each of several, the line would be written again from its start.
            self.refresh(Region.from_union(changed))

    def render(self) -> Content:
        """The keys that fit."""
        key_style = self.get_visual_style("key-bar--key", partial=True)
        dim_style = self.get_visual_style("key-bar--dim", partial=True)
        line, end = Content(""), 0
        for x, key in self._layout_keys(self.keys):
            shown = Content(key.shown).stylize(key_style)
            dimmed = Content.assemble(Content(key.shown), " ", key.what).stylize(dim_style)
            line += Content(" " * (x - end)) + (dimmed if key.is_dim else Content.assemble(shown, " ", key.what))
            end = x + key.width
        return line

    def on_click(self, event: events.Click) -> None:
        """Press the key under the mouse."""
        for x, key in self._layout_keys(self.keys):
            if x <= event.x <= x + key.width:
                self.app.simulate_key(key.press)
                return

    def _layout_keys(self, keys: Sequence[Key]) -> Iterator[tuple[int, Key]]:
        """Yield the keys that fit, each with its position."""
        gap = 2 if _length(keys, 2) <= self.size.width else 1
        fitting, x = list(keys), 0
        while len(fitting) > 1 and _length(fitting, gap) > self.size.width:
            del fitting[-2]
        for key in fitting:
            yield x, key
            x += key.width + gap


def _length(keys: Sequence[Key], gap: int) -> int:
    return sum(key.width for key in keys) + gap * max(0, len(keys) - 1)
