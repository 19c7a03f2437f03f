"""The active keys, read from the bindings, grouped by the screen or widget that handles them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, Static

from xds_tui.i18n import N_, _
from xds_tui.structs import dataclass
from xds_tui.text import formats
from xds_tui.tui.commands import COMMANDS, bindings, by_place, keys_of
from xds_tui.tui.screens.base import DialogScreen

TEXTUALS_OWN: Final[Mapping[str, str]] = {
    "Focus Next": N_("Next pane or field"),
    "Focus Previous": N_("Previous pane or field"),
    "Press button": N_("Press the button"),
    "Toggle": N_("Select or deselect"),
    "Next option": N_("Next option"),
    "Previous option": N_("Previous option"),
    "Scroll Up": N_("Scroll up"),
    "Scroll Down": N_("Scroll down"),
    "Page Up": N_("Up one screen"),
    "Page Down": N_("Down one screen"),
    "Scroll Home": N_("Go to the beginning"),
    "Scroll End": N_("Go to the end"),
    "Submit": N_("Apply the input"),
    "Go to start": N_("Go to the start of the line"),
    "Go to end": N_("Go to the end of the line"),
    "Delete left to start of word": N_("Delete the previous word"),
    "Delete all to the left": N_("Delete to the start"),
    "Delete all to the right": N_("Delete to the end"),
    "Paste text from the clipboard": N_("Paste"),
}
"""What its widgets' keys do, by what it calls it; those that every field has need no telling."""

_SCROLLING: Final = frozenset({"Scroll Up", "Scroll Down", "Page Up", "Page Down", "Scroll Home", "Scroll End"})

GAP: Final = 3
"""Cells between two columns of keys."""

FRAME: Final = 8
"""Cells that the dialog takes around its text: border, padding, and the scrollbar."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line with the keys of one action."""

    keys: str
    """As they are written."""
    what: str
    press: str
    """What a click presses."""


@dataclass(frozen=True, slots=True)
class Section:
    """The keys of one screen or widget."""

    title: str
    lines: tuple[Line, ...]

    @property
    def key_width(self) -> int:
        """Width of the keys in cells."""
        return max((formats.cells(line.keys) for line in self.lines), default=0)

    @property
    def what_width(self) -> int:
        """Width of the descriptions in cells."""
        return max((formats.cells(line.what) for line in self.lines), default=0)

    @property
    def height(self) -> int:
        """Height in lines: the title, the keys, and an empty line."""
        return len(self.lines) + 2


class Pressed(Message):
    """A line was clicked."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key


class _Column(Static):
    """A column of sections."""

    _presses: Sequence[str] = ()
    """What a click presses, line by line."""

    def show(self, column: Sequence[Section]) -> None:
        """Show `sections`; without any, hide the column."""
        self.display = bool(column)
        self._presses = [press for section in column for press in ("", *(line.press for line in section.lines), "")]
        self.update(_text(column))

    def on_click(self, event: events.Click) -> None:
        """Post the key of the clicked line."""
        if event.y < len(self._presses) and (key := self._presses[event.y]):
            self.post_message(Pressed(key))


class HelpScreen(DialogScreen[None]):
    """Lists keys and their actions; a click on one presses it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("help")

    CSS_PATH = "../theme/dialog.tcss"
    DEFAULT_CSS = """
    HelpScreen {
        .help-columns { height: auto; }
        .help-columns _Column { width: auto; height: auto; }
        .help-columns .-second { margin-left: 3; }
    }
    """

    def __init__(self, sections: Sequence[Section]) -> None:
        super().__init__()
        self._sections = [section for section in sections if section.lines]

    def compose(self) -> ComposeResult:
        """Compose two columns with one line per action."""
        with VerticalScroll(classes="dialog", id="help") as scroll:
            scroll.border_title = Content(_("Keys"))
            scroll.border_subtitle = Content(_("m: manual · esc: back"))
            with Horizontal(classes="help-columns"):
                yield _Column(id="first")
                yield _Column(id="second", classes="-second")

    def on_mount(self) -> None:
        """Show the keys."""
        self._draw()

    def on_resize(self) -> None:
        """Show the keys again: another number of columns may fit."""
        self._draw()

    def _draw(self) -> None:
        first, second = columns(self._sections, self.app.size.width - FRAME)
        self.query_one("#first", _Column).show(first)
        self.query_one("#second", _Column).show(second)
        width = _width(first) + (GAP + _width(second) if second else 0)
        self.query_one("#help").styles.width = min(width + FRAME, self.app.size.width)

    def on_click(self, event: events.Click) -> None:
        """Close on a click beside the dialog."""
        if self.get_widget_at(*event.screen_offset)[0] is self:
            self.action_leave()

    def action_leave(self) -> None:
        """Close the help."""
        if self.is_current:
            self.dismiss()

    def action_manual(self) -> None:
        """Close the help, and open the manual at the page of the screen below."""
        if self.is_current:
            self.dismiss()
            self.app.call_later(self.app.run_action, "app.manual")

    def on_pressed(self, event: Pressed) -> None:
        """Close, and press the key on the screen below."""
        if self.is_current:
            self.dismiss()
            self.app.simulate_key(event.key)


def columns(sections: Sequence[Section], width: int) -> tuple[list[Section], list[Section]]:
    """Divide the sections into two columns of similar height; the second is empty on narrow terminals.

    In a column the sections keep their order; the first section begins the first column.
    """

    def height(parts: Sequence[Sequence[Section]]) -> int:
        return max(sum(section.height for section in part) for part in parts)

    splits = [_split(sections, choice) for choice in range(1, 2 ** (len(sections) - 1))]
    return min((split for split in splits if _fits(*split, width)), key=height, default=(list(sections), []))


def _split(sections: Sequence[Section], choice: int) -> tuple[list[Section], list[Section]]:
    """Return two columns: a bit of `choice` for each section after the first says whether it is in the second."""
    numbered = list(enumerate(sections))
    second = [section for number, section in numbered if number and choice >> (number - 1) & 1]
    return [section for section in sections if section not in second], second


def _fits(first: Sequence[Section], second: Sequence[Section], width: int) -> bool:
    return _width(first) + GAP + _width(second) <= width


def _width(column: Sequence[Section]) -> int:
    """Return the width of a column in cells; the keys of all its sections are aligned."""
    return (
        max((section.key_width for section in column), default=0)
        + 2
        + max((section.what_width for section in column), default=0)
    )


def _text(column: Sequence[Section]) -> Content:
    parts, width = [], max((section.key_width for section in column), default=0)
    for section in column:
        lines = [Content(section.title).stylize("bold")]
        for line in section.lines:
            keys = Content(formats.padded(line.keys, width)).stylize("$text-accent")
            lines.append(keys + Content(f"  {line.what}"))
        parts.append(Content("\n").join(lines))
    return Content("\n\n").join(parts)


def sections(screen: Screen[object], keymap: Mapping[str, str], display: Callable[[Binding], str]) -> list[Section]:
    """Return the active keys of a screen, grouped by the screen or widget that handles them.

    Args:
        screen: what is looked at.
        keymap: the keys that the user has chosen.
        display: how a binding's key is written.

    """
    keys_by_title: dict[str, dict[str, list[tuple[str, str]]]] = {}
    order = [_("In this field"), _("In this pane"), _("In this dialog"), _("On this screen"), _("Everywhere")]
    for node, binding in sorted(_heard(screen), key=lambda heard: heard[1].id not in COMMANDS):
        if what := _what(binding):
            keys_by_title.setdefault(_title(node), {}).setdefault(what, []).append((display(binding), binding.key))
    if screen.is_modal:
        # The app is not asked for the keys that it hears before any dialog.
        keys_by_title[_("Everywhere")] = {
            _(action.sentence): [(display(Binding(key, action.run)), key) for key in keys_of(action, keymap)]
            for action in by_place(["app"])
            if action.priority
        }
    return [
        Section(title, tuple(_line(what, keys) for what, keys in section.items()))
        for title, section in sorted(keys_by_title.items(), key=lambda item: order.index(item[0]))
    ]


def _line(what: str, keys: Sequence[tuple[str, str]]) -> Line:
    return Line(" ".join(dict.fromkeys(written for written, _key in keys)), what, keys[0][1])


def _heard(screen: Screen[object]) -> Iterator[tuple[DOMNode, Binding]]:
    """Yield each key with its handler; a widget that cannot scroll leaves its scroll keys to the screen."""
    own = {binding.key: binding for binding in Binding.make_bindings(screen.BINDINGS)}
    for key, active in screen.active_bindings.items():
        if active.binding.description not in _SCROLLING or getattr(active.node, "allow_vertical_scroll", False):
            yield active.node, active.binding
        elif key in own:
            yield screen, own[key]


def _what(binding: Binding) -> str:
    if action := COMMANDS.get(binding.id or ""):
        return _(action.sentence)
    return _(TEXTUALS_OWN[binding.description]) if binding.description in TEXTUALS_OWN else ""


def _title(node: DOMNode) -> str:
    if isinstance(node, Screen):
        return _("In this dialog") if node.is_modal else _("On this screen")
    if node.parent is None:
        return _("Everywhere")
    if isinstance(node, Input):
        return _("In this field")
    return _("In this dialog") if node.screen.is_modal else _("In this pane")
