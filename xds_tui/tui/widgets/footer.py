"""The keys that do something now, in one line; a click on one presses it.

Textual's Footer is a widget for each key, styled and laid out at every change of focus; this one is a line of text.
Where the width does not suffice, keys leave from the right, but for the last: that is where help is. A key that does
not apply to what lies under the cursor stays where it is, dimmed.
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
    """One key of the bar."""

    press: str
    """What a click presses."""
    shown: str
    what: str
    is_dim: bool = False
    """Whether it would only say why it does nothing."""

    @property
    def width(self) -> int:
        """The cells that it takes."""
        return formats.cells(self.shown) + 1 + formats.cells(self.what)


class KeyBar(Widget):
    """Shows the bindings of what has the focus."""

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
    """What is shown."""
    context: reactive[Context | None] = reactive(None, repaint=False)
    """What decides which of them apply; None: all of them do."""

    def __init__(self) -> None:
        super().__init__()
        self._bindings_shown: tuple[ActiveBinding, ...] = ()

    def on_mount(self) -> None:
        """Follow the focus."""
        self.screen.bindings_updated_signal.subscribe(self, self._follow)

    def _follow(self, screen: Screen[object]) -> None:
        if screen is not self.screen:
            return
        shown: dict[str, ActiveBinding] = {}
        for active in screen.active_bindings.values():
            if active.binding.show:
                shown.setdefault(active.binding.action, active)
        self._bindings_shown = tuple(shown.values())
        self._weigh()

    def watch_context(self) -> None:
        """Dim what does not apply any more, and say how many hosts are marked."""
        self._weigh()

    def _weigh(self) -> None:
        self.keys = tuple(self._key(active.binding, active.enabled) for active in self._bindings_shown)

    def _key(self, binding: Binding, is_enabled: bool) -> Key:
        action, shown = COMMANDS.get(binding.id or ""), self.app.get_key_display(binding)
        if action is None:
            return Key(binding.key, shown, _(binding.description), not is_enabled)
        is_dim = not is_enabled or (self.context is not None and bool(action.why_not(self.context)))
        return Key(binding.key, shown, action.words(self.context), is_dim)

    def watch_keys(self, old: tuple[Key, ...], new: tuple[Key, ...]) -> None:
        """Paint the keys that look different, or the line where they stand elsewhere now."""
        before, now = list(self._placed(old)), list(self._placed(new))
        if [(x, key.width) for x, key in before] != [(x, key.width) for x, key in now]:
            self.refresh()
            return
        changed = [Region(x, 0, key.width, 1) for (x, key), (_x, was) in zip(now, before, strict=True) if key != was]
        if changed:
            # One region: for each of several all that stands before it would be written again.
            self.refresh(Region.from_union(changed))

    def render(self) -> Content:
        """The keys that fit."""
        key_style = self.get_visual_style("key-bar--key", partial=True)
        dim_style = self.get_visual_style("key-bar--dim", partial=True)
        line, end = Content(""), 0
        for x, key in self._placed(self.keys):
            shown = Content(key.shown).stylize(key_style)
            one = Content.assemble(Content(key.shown), " ", key.what).stylize(dim_style)
            line += Content(" " * (x - end)) + (one if key.is_dim else Content.assemble(shown, " ", key.what))
            end = x + key.width
        return line

    def on_click(self, event: events.Click) -> None:
        """Press the key under the mouse."""
        for x, key in self._placed(self.keys):
            if x <= event.x <= x + key.width:
                self.app.simulate_key(key.press)
                return

    def _placed(self, keys: Sequence[Key]) -> Iterator[tuple[int, Key]]:
        """Yield the keys that fit, each with the column where it begins."""
        gap = 2 if _length(keys, 2) <= self.size.width else 1
        fitting, x = list(keys), 0
        while len(fitting) > 1 and _length(fitting, gap) > self.size.width:
            del fitting[-2]
        for key in fitting:
            yield x, key
            x += key.width + gap


def _length(keys: Sequence[Key], gap: int) -> int:
    return sum(key.width for key in keys) + gap * max(0, len(keys) - 1)
