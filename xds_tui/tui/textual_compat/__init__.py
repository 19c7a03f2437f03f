"""The only package that uses private names of Textual 8.2 or replaces parts of its classes.

Textual's minor version is pinned in pyproject.toml. Each entry states why it exists and the upstream issue, if one is
known. `tests/tui/test_textual_compat.py` has a test for each entry: it fails when the workaround is no longer needed or
no longer works. The drivers have modules of their own, because a terminal does not need the one for browsers.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS, IGNORE_SEQUENCE
from textual._callback import invoke
from textual._compositor import CompositorUpdate
from textual._context import active_message_pump
from textual._keyboard_protocol import FUNCTIONAL_KEYS, MODIFIER_FUNCTIONAL_KEYS
from textual._styles_cache import StylesCache
from textual._xterm_parser import IS_ITERM, XTermParser
from textual.app import App
from textual.color import Color
from textual.content import Content
from textual.css.model import RuleSet
from textual.events import Event, Resize
from textual.geometry import Region
from textual.keys import _character_to_key
from textual.screen import Screen, ScreenResultType
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Checkbox, RadioButton

from xds_tui.tui.textual_compat.cell_diff import CellDiff

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual._types import CallbackType
    from textual.driver import Driver
    from textual.message_pump import MessagePump
    from textual.theme import Theme

__all__ = [
    "ANSI_SEQUENCES_KEYS",
    "FUNCTIONAL_KEYS",
    "IGNORE_SEQUENCE",
    "IS_ITERM",
    "MODIFIER_FUNCTIONAL_KEYS",
    "CompatApp",
    "CompatScreen",
    "Radio",
    "Tick",
    "TitledWidget",
    "XTermParser",
    "apply_patches",
    "get_driver",
    "key_from_character",
    "set_clipboard",
    "set_theme",
]
"""The key tables and the decoder of mouse reports belong to Textual's private parser, which `input_events` replaces.

That parser ends the input thread on bytes that are not UTF-8, and takes the characters of sequences that it does not
know for keys: https://github.com/Textualize/textual/issues/6456 and https://github.com/Textualize/textual/issues/3742
"""


# Patches


def apply_patches() -> None:
    """Replace methods of Textual's classes that no subclass of ours could override.

    `Widget.get_visual_style` drops `reverse` from the text style of component classes, although Textual's own rules for
    NO_COLOR rely on it to show a cursor. No upstream issue found.

    `RuleSet.__hash__` returns the ID, which `object.__hash__` does in C. A start calls it 15,000 times. No upstream
    issue found.

    `StylesCache.get_inner_outer` is a method with an `lru_cache`, which keeps the drawn lines of removed widgets in
    memory: https://github.com/Textualize/textual/issues/6665
    """
    setattr(RuleSet, "__hash__", object.__hash__)  # noqa: B010 - mypy forbids to assign a method
    for owner, name, function in (
        (Widget, "get_visual_style", _get_visual_style_with_reverse),
        (StylesCache, "get_inner_outer", _get_inner_outer),
    ):
        setattr(owner, name, function)


_REVERSE: Final = Style(reverse=True)
_get_visual_style: Final = Widget.get_visual_style


def _get_visual_style_with_reverse(widget: Widget, *component_classes: str, partial: bool = False) -> Style:
    style = _get_visual_style(widget, *component_classes, partial=partial)
    if any(widget.get_component_styles(name).text_style.reverse for name in component_classes):
        return style + _REVERSE
    return style


@lru_cache(1024)
def _inner_outer(base_background: Color, background: Color) -> tuple[Style, Style]:
    return Style(background=base_background + background), Style(background=base_background)


def _get_inner_outer(_cache: StylesCache, base_background: Color, background: Color) -> tuple[Style, Style]:
    return _inner_outer(base_background, background)


# App and screens


class CompatApp(App[int], inherit_bindings=False):
    """An app with public hooks for decisions that Textual makes in private methods."""

    cell_diff: CellDiff | None = None
    """Reduces frames to the cells that differ; None: they are written as Textual renders them, as for a browser."""
    uses_cell_diff = False
    """Whether a terminal gets only the cells that differ."""

    def start_frames(self) -> None:
        """Write the next frame as a whole: a terminal has just been taken."""
        self.cell_diff = CellDiff() if self.uses_cell_diff else None

    def should_skip_frame(self) -> bool:
        """Return whether the next frame need not be drawn."""
        return False

    def forget_frame(self) -> None:
        """Write the next frame as a whole, because something else may have written to the terminal; thread-safe."""
        if self.cell_diff is not None:
            self.cell_diff.reset()

    def is_expected_error(self, error: Exception, node: MessagePump | None) -> bool:
        """Return whether an exception raised while `node`, if any, handled a message can be ignored."""
        return False

    def format_crash(self, error: Exception) -> RenderableType:
        """Return what to print for an unhandled exception."""
        raise NotImplementedError

    def watch_app_focus(self, is_focused: bool) -> None:
        """Focus the first widget of a screen that opened while the terminal window was not focused.

        Textual sets the initial focus when a screen resumes, and skips it while the window is not focused. No upstream
        issue found.
        """
        if is_focused:
            self.screen._update_auto_focus()  # noqa: SLF001 - see the module

    async def push_screen_wait(
        self, screen: Screen[ScreenResultType] | str, *, mode: str | None = None
    ) -> ScreenResultType:
        """Push a screen and wait for its result, in a worker.

        Textual lets the worker run what the app is still to await, such as the removal of the screen that the worker
        belongs to. That removal cancels the worker, and so itself, half-way. No upstream issue found.
        """
        await asyncio.shield(self._flush_next_callbacks())
        result: ScreenResultType = await asyncio.shield(self.push_screen(screen, wait_for_dismiss=True, mode=mode))
        return result

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Draw a frame unless `should_skip_frame`.

        Textual draws every frame, also while the terminal accepts no output. No upstream issue found.
        """
        if self.should_skip_frame():
            self.post_display_hook()
            return
        if self.cell_diff is not None and isinstance(renderable, CompositorUpdate):
            renderable = self.cell_diff.wrap(renderable)
        super()._display(screen, renderable)

    async def on_event(self, event: Event) -> None:
        """Handle an event; after a change of its size, a terminal may show anything."""
        if isinstance(event, Resize):
            self.forget_frame()
        await super().on_event(event)

    def _handle_exception(self, error: Exception) -> None:
        """Ignore expected exceptions.

        Textual cancels the workers of a screen only when its widgets are gone, so that one may look for a widget that
        is gone already: https://github.com/Textualize/textual/issues/6361
        """
        if not self.is_expected_error(error, active_message_pump.get(None)):
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Print `format_crash` in place of a traceback.

        Textual's traceback contains the values of local variables, and so passwords. There is no public setting for
        that, and no upstream issue was found.
        """
        if self._exception is not None and not self._exit_renderables:
            # The terminal wraps long lines, so that a path can be copied as a whole.
            self.error_console.soft_wrap = True
            self._exit_renderables.append(self.format_crash(self._exception))
        self._close_messages_no_wait()

    @property
    def is_exiting(self) -> bool:
        """Whether `exit` has been called."""
        return self._exit


class CompatScreen(Screen[ScreenResultType]):
    """A screen that can be the first one, and be replaced with `App.switch_screen`."""

    def can_call_back(self, node: MessagePump) -> bool:
        """Return whether to call what `node` has passed to `call_after_refresh`."""
        return True

    def _pop_result_callback(self) -> None:
        """Tolerate that there is none.

        Textual removes the result callback of the replaced screen, and the first screen has none: an IndexError. No
        upstream issue found.
        """
        if self._result_callbacks:
            super()._pop_result_callback()

    def _invoke_later(self, callback: CallbackType, sender: MessagePump) -> None:
        """Ask `can_call_back` before a callback is called.

        The screen that is active then calls it, although that of `sender` may have been replaced and be without
        widgets. No upstream issue found.
        """

        async def call() -> None:
            if self.can_call_back(sender):
                await invoke(callback)

        super()._invoke_later(call, sender)


def get_driver(app: App[Any]) -> Driver | None:
    """Return the driver of a running app.

    Textual has no public way to write an escape sequence to the terminal. No upstream issue found.
    """
    return app._driver  # noqa: SLF001 - see the module


def set_theme(app: App[Any], theme: Theme) -> None:
    """Change the theme; before the app runs, without parsing all stylesheets twice.

    Textual applies a theme that is set in `__init__` after the app has started, as if it had changed. No upstream issue
    found.
    """
    app.register_theme(theme)
    if app.is_running:
        app.theme = theme.name
        return
    app.set_reactive(App.theme, theme.name)
    app.set_class(theme.dark, "-dark-mode", update=False)
    app.set_class(not theme.dark, "-light-mode", update=False)
    app._refresh_truecolor_filter(app.ansi_theme)  # noqa: SLF001 - see the module
    app.stylesheet.set_variables(app.get_css_variables())


def set_clipboard(app: App[Any], text: str) -> None:
    """Set the text that Textual's input fields paste.

    `App.copy_to_clipboard` sets it too, but also writes OSC 52 without regard to tmux and screen. No upstream issue
    found.
    """
    app._clipboard = text  # noqa: SLF001 - see the module


def key_from_character(character: str) -> str:
    """Return Textual's name for the key that types a character.

    Textual converts characters in keymaps with this function and has no public equivalent.
    """
    return _character_to_key(character)


# Widgets


class TitledWidget(Widget):
    """A widget with border titles that change without a repaint of its content.

    Textual's setters of `border_title` and `border_subtitle` repaint the whole widget, even if the text is the same.
    No upstream issue found.
    """

    def set_border_title(self, title: str) -> None:
        """Show `title` in the upper border."""
        if _plain_text(self._border_title) != title:
            self._border_title = Content(title) if title else None
            self.refresh(Region(-1, -1, self.outer_size.width, 1))

    def set_border_subtitle(self, subtitle: str, style: str = "") -> None:
        """Show `subtitle` in the lower border, in `style` if it is not empty."""
        if _plain_text(self._border_subtitle) != subtitle:
            self._border_subtitle = Content(subtitle).stylize(style) if subtitle else None
            self.refresh(Region(-1, self.outer_size.height - 2, self.outer_size.width, 1))


def _plain_text(content: Content | None) -> str:
    return content.plain if content is not None else ""


class Radio(RadioButton):
    """A radio button drawn as `(●)` or `( )`.

    Textual tells selected from unselected buttons by colour alone, which is invisible without colours. No upstream
    issue found.
    """

    @property
    def _button(self) -> Content:
        return Content("(●)" if self.value else "( )").stylize(".toggle--button")


class Tick(Checkbox):
    """A checkbox drawn as `[✓]` or `[ ]`; the reason is that of `Radio`."""

    @property
    def _button(self) -> Content:
        return Content("[✓]" if self.value else "[ ]").stylize(".toggle--button")
