"""The key bar: the active keys in one line; a click on one presses it.

Textual's Footer has a widget for each key, which is styled and laid out at every change of focus; this one is a line of
text. Keys stand in groups. If the width is not sufficient, those with the highest rank are hidden. A key whose
action is disabled keeps its place and is dimmed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import ClassVar, Final

from textual import events
from textual.binding import ActiveBinding, Binding
from textual.content import Content
from textual.geometry import Region
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget

from xds_tui.i18n import _
from xds_tui.structs import dataclass
from xds_tui.text import formats
from xds_tui.tui.command import Context
from xds_tui.tui.commands import COMMANDS

_SEPARATOR_GAP: Final = 3
"""Cells between two groups."""

_LEFT_OUT_FIRST: Final = 99
"""The rank of a key that cannot be used while several hosts are marked."""


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
    group: int = 0
    rank: int = 0

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
    unknown: reactive[str] = reactive("")
    """A key that was pressed and does nothing here."""
    context: reactive[Context | None] = reactive(None, repaint=False)
    """The state that determines which actions are enabled; None: all are."""

    def __init__(self, names: Mapping[str, str] = MappingProxyType({})) -> None:
        """Create the bar; `names` maps commands to those whose names are shown for them here."""
        super().__init__()
        self._names = names
        self._bindings_shown: tuple[ActiveBinding, ...] = ()

    def on_mount(self) -> None:
        """Subscribe to changes of the active bindings."""
        self.screen.bindings_updated_signal.subscribe(self, self._on_bindings_updated)

    def _on_bindings_updated(self, screen: Screen[object]) -> None:
        if screen is not self.screen:
            return
        if screen.focused is None and not self._bindings_shown:
            return  # Until the first widget has the focus, the keys would be others, and move under the mouse.
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
        keys = (self._key(active.binding, active.enabled) for active in self._bindings_shown)
        self.keys = tuple(sorted(keys, key=lambda key: key.group))

    def _key(self, binding: Binding, is_enabled: bool) -> Key:
        action, shown = COMMANDS.get(binding.id or ""), self.app.get_key_display(binding)
        if action is None:
            return Key(binding.key, shown, _(binding.description), not is_enabled)
        context = self.context
        is_dim = not is_enabled or (context is not None and bool(action.why_not(context)))
        is_for_one = is_dim and not action.counts and context is not None and context.marked > 1
        rank = _LEFT_OUT_FIRST if is_for_one else action.rank
        words = COMMANDS[self._names.get(action.id, action.id)].words(context)
        return Key(binding.key, shown, words, is_dim, action.group, rank)

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
        """Return the keys that fit, in groups."""
        if self.unknown:
            text = _("{key} does nothing here. Press ? for keyboard shortcuts.").format(key=self.unknown)
            return Content(text).stylize(".key-bar--dim")
        key_style = self.get_visual_style("key-bar--key", partial=True)
        dim_style = self.get_visual_style("key-bar--dim", partial=True)
        line, end, group = Content(""), 0, None
        for x, key in self._layout_keys(self.keys):
            shown = Content(key.shown).stylize(key_style)
            one = Content.assemble(Content(key.shown), " ", key.what).stylize(dim_style)
            between = " " * (x - end)
            if group not in (None, key.group) and len(between) >= _SEPARATOR_GAP:
                between = " │ ".center(len(between))
            line += Content(between).stylize(dim_style) + (
                one if key.is_dim else Content.assemble(shown, " ", key.what)
            )
            end, group = x + key.width, key.group
        return line

    def on_click(self, event: events.Click) -> None:
        """Press the key under the mouse."""
        for x, key in self._layout_keys(self.keys):
            if x <= event.x <= x + key.width:
                self.app.simulate_key(key.press)
                return

    def _layout_keys(self, keys: Sequence[Key]) -> Iterator[tuple[int, Key]]:
        """Yield the keys that fit, each with its position."""
        fitting, room = list(keys), self.size.width
        gap = 2 if _length(keys, 2) <= room else 1
        while len(fitting) > 1 and _length(fitting, gap) > room:
            leaves = max(range(len(fitting) - 1), key=lambda index: (fitting[index].rank, index))
            del fitting[leaves]
        x = 0
        for index, key in enumerate(fitting):
            if index:
                x += _gap(fitting[index - 1], key, gap)
            yield x, key
            x += key.width


def _length(keys: Sequence[Key], gap: int) -> int:
    gaps = sum(_gap(key, following, gap) for key, following in pairwise(keys))
    return sum(key.width for key in keys) + gaps


def _gap(key: Key, following: Key, gap: int) -> int:
    return gap if key.group == following.group else _SEPARATOR_GAP
