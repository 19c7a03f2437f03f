"""One test for each entry of `textual_compat`: whether Textual still needs the workaround, and whether it works.

A failure of a test named `test_textual_still_...` means that the entry can be removed.
"""

from __future__ import annotations

import asyncio
import gc
import os
import re
import subprocess
import sys
import weakref
from pathlib import Path
from typing import ClassVar

import pytest
from support.wait import until
from textual._styles_cache import StylesCache
from textual._xterm_parser import XTermParser
from textual.app import App, ComposeResult
from textual.await_complete import AwaitComplete
from textual.color import Color
from textual.drivers.linux_driver import LinuxDriver
from textual.events import AppBlur, AppFocus, Key
from textual.screen import Screen
from textual.theme import Theme
from textual.widget import Widget
from textual.widgets import Checkbox, Input, RadioButton, Static

from xds_tui.tui import textual_compat
from xds_tui.tui.screens.base import AppScreen
from xds_tui.tui.textual_compat import (
    CompatApp,
    CompatScreen,
    Radio,
    Tick,
    TitledWidget,
    apply_patches,
    get_driver,
    key_from_character,
    set_clipboard,
)
from xds_tui.tui.textual_compat.linux_driver import CompatLinuxDriver

BACKGROUND, OTHER_BACKGROUND = Color(10, 20, 30), Color(40, 50, 60, 0.5)
PACKAGE = Path(textual_compat.__file__).parents[2]


def run_python(code: str) -> str:
    """Run code in a process in which nothing is patched, and return its output."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120).stdout


def test_private_names_of_textual_are_used_in_textual_compat_only() -> None:
    private_import = re.compile(r"^\s*from textual(?:\._|\.drivers|\S* import .*\b_\w)", re.MULTILINE)
    private_access = re.compile(r"\b(?:app|screen|driver|widget|super\(\))\._[a-z]\w*")
    hits = [
        f"{path.relative_to(PACKAGE)}: {match[0].strip()}"
        for path in sorted((PACKAGE / "tui").rglob("*.py"))
        if "textual_compat" not in path.parts
        for pattern in (private_import, private_access)
        for match in pattern.finditer(path.read_text())
    ]
    assert hits == []


# Patches


class ReverseWidget(Static):
    COMPONENT_CLASSES: ClassVar[set[str]] = {"part"}
    DEFAULT_CSS = "ReverseWidget { .part { text-style: reverse; } }"


class OneWidgetApp(App[None]):
    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget

    def compose(self) -> ComposeResult:
        yield self.widget


async def test_component_classes_can_be_reversed() -> None:
    apply_patches()
    widget = ReverseWidget()
    async with OneWidgetApp(widget).run_test():
        assert widget.get_visual_style("part").reverse
        assert not textual_compat._get_visual_style(widget, "part").reverse, "Textual draws it without the patch"


def test_a_removed_widgets_style_cache_is_freed() -> None:
    apply_patches()

    class Cache(StylesCache):
        """A cache that supports weak references."""

    cache = Cache()
    cache.get_inner_outer(BACKGROUND, OTHER_BACKGROUND)
    reference = weakref.ref(cache)
    del cache
    gc.collect()
    assert reference() is None


def test_textual_still_keeps_the_style_caches_of_removed_widgets() -> None:
    code = (
        "import gc, weakref\n"
        "from textual._styles_cache import StylesCache\n"
        "from textual.color import Color\n"
        "class Cache(StylesCache): pass\n"
        "cache = Cache(); cache.get_inner_outer(Color(1, 2, 3), Color(4, 5, 6))\n"
        "reference = weakref.ref(cache); del cache; gc.collect()\n"
        "print(reference() is not None)"
    )
    assert run_python(code) == "True\n"


def test_the_shared_colours_are_those_of_both_backgrounds_and_of_the_outer_one() -> None:
    apply_patches()
    inner, outer = StylesCache().get_inner_outer(BACKGROUND, OTHER_BACKGROUND)
    assert (inner.background, outer.background) == (BACKGROUND + OTHER_BACKGROUND, BACKGROUND)


# App and screens


class FieldScreen(Screen[None]):
    def compose(self) -> ComposeResult:
        yield Input()


class PlainApp(App[int]):
    pass


class HookedApp(CompatApp):
    """Records which hooks were called."""

    skips_frames = False
    ignores_errors = False

    def should_skip_frame(self) -> bool:
        return self.skips_frames

    def is_expected_error(self, error: Exception, node: object) -> bool:
        return self.ignores_errors

    def format_crash(self, error: Exception) -> str:
        return f"crash: {type(error).__name__}"


@pytest.mark.parametrize(("app_class", "has_focus"), [(PlainApp, False), (HookedApp, True)])
async def test_a_screen_that_opens_in_an_unfocused_window_gets_its_focus_later(
    app_class: type[App[int]], has_focus: bool
) -> None:
    """Textual itself leaves the screen without focus."""
    app = app_class()
    async with app.run_test() as pilot:
        app.post_message(AppBlur())
        await pilot.pause()
        await app.push_screen(FieldScreen())
        app.post_message(AppFocus())
        await pilot.pause()
        assert (app.focused is not None) is has_focus


async def test_a_skipped_frame_is_not_drawn() -> None:
    app = HookedApp()
    displayed: list[str] = []
    async with app.run_test() as pilot:
        driver = get_driver(app)
        assert driver is not None
        driver.write = displayed.append  # type: ignore[method-assign,assignment]
        app.skips_frames = True
        app.refresh(layout=True)
        await pilot.pause()
        assert displayed == []


async def test_an_expected_error_does_not_end_the_app() -> None:
    app = HookedApp()
    async with app.run_test():
        app.ignores_errors = True
        app._handle_exception(LookupError())
        assert app.return_code is None
        assert not app.is_exiting


async def test_a_crash_prints_the_formatted_message_and_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    app = HookedApp()

    def fail() -> None:
        secret = "planted-secret"
        raise LookupError(secret)

    app.call_later(fail)
    await app.run_async(headless=True)
    printed = capsys.readouterr().err
    assert "crash: LookupError" in printed
    assert "planted" not in printed


def test_textual_still_prints_local_variables() -> None:
    code = (
        "from textual.app import App\nimport inspect\nprint('show_locals=True' in inspect.getsource(App._fatal_error))"
    )
    assert run_python(code) == "True\n"


@pytest.mark.parametrize(("screen_class", "can_be_replaced"), [(Screen, False), (CompatScreen, True)])
async def test_the_first_screen_can_be_replaced(screen_class: type[Screen[None]], can_be_replaced: bool) -> None:
    """Textual itself raises an IndexError."""

    class ReplacingApp(App[None]):
        def get_default_screen(self) -> Screen[None]:
            return screen_class()

    app = ReplacingApp()
    async with app.run_test():
        if can_be_replaced:
            await app.switch_screen(screen_class())
        else:
            with pytest.raises(IndexError):
                await app.switch_screen(screen_class())


@pytest.mark.parametrize(("screen_class", "is_called"), [(Screen, True), (AppScreen, False)])
async def test_a_callback_of_a_replaced_screen_is_not_called(screen_class: type[Screen[None]], is_called: bool) -> None:
    """Textual itself lets the next screen call it."""

    class ReplacingApp(App[None]):
        def get_default_screen(self) -> Screen[None]:
            return Screen()

    app = ReplacingApp()
    async with app.run_test() as pilot:
        old = screen_class()
        await app.push_screen(old)
        widget = Static()
        await old.mount(widget)
        await app.switch_screen(screen_class())
        called: list[str] = []
        app.screen._invoke_later(lambda: called.append("old"), widget)
        app.screen._invoke_later(lambda: called.append("new"), app.screen)
        await until(lambda: "new" in called)
        await pilot.pause()
        assert ("old" in called) is is_called


async def test_the_clipboard_of_input_fields_is_set_without_output() -> None:
    app = PlainApp()
    async with app.run_test():
        written: list[str] = []
        driver = get_driver(app)
        assert driver is not None
        driver.write = written.append  # type: ignore[method-assign,assignment]
        set_clipboard(app, "copied")
        assert app.clipboard == "copied"
        assert not any("]52;" in text for text in written)


def test_a_character_has_the_key_name_that_textual_uses() -> None:
    assert [key_from_character(character) for character in "a/ "] == ["a", "slash", "space"]
    assert Key(key_from_character("/"), "/").name == "slash"


# Widgets


class Titled(TitledWidget):
    pass


async def test_a_title_repaints_its_border_only() -> None:
    widget = Titled()
    widget.styles.border = ("solid", "white")
    async with OneWidgetApp(widget).run_test() as pilot:
        repainted = []
        widget.refresh = lambda *regions, **_options: repainted.append(regions)  # type: ignore[method-assign,assignment]
        widget.set_border_title("hosts")
        widget.set_border_title("hosts")
        widget.set_border_subtitle("filter")
        await pilot.pause()
        assert [region.height for regions in repainted for region in regions] == [1, 1]
        assert (str(widget.border_title), str(widget.border_subtitle)) == ("hosts", "filter")
        widget.border_title = "hosts"
        assert repainted[-1] == (), "Textual repaints only the border of a widget with a new title"


@pytest.mark.parametrize(
    ("ours", "textuals", "signs"), [(Radio, RadioButton, ("( )", "(●)")), (Tick, Checkbox, ("[ ]", "[✓]"))]
)
async def test_a_toggle_shows_its_value_without_colours(
    ours: type[Radio | Tick], textuals: type[RadioButton | Checkbox], signs: tuple[str, str]
) -> None:
    for toggle_class, is_different in ((ours, True), (textuals, False)):
        toggle = toggle_class("label")
        async with OneWidgetApp(toggle).run_test():
            texts = []
            for value in (False, True):
                toggle.value = value
                texts.append(toggle.render().plain)
            assert (texts[0] != texts[1]) is is_different
    toggle = ours("label")
    assert (signs[0], signs[1]) == (toggle._button.plain, ours("label", value=True)._button.plain)


# Input and drivers


def test_textual_still_takes_an_unknown_sequence_for_keys() -> None:
    parser = XTermParser()
    sequence = f"\x1b[{'1;' * 40}y"
    events = list(parser.feed(sequence))
    assert len([event for event in events if isinstance(event, Key)]) > 1


def test_textual_still_ends_its_input_thread_on_bytes_that_are_not_utf_8() -> None:
    """Run the input thread of Textual's driver on one byte of Latin-1."""
    reader, writer = os.pipe()
    os.write(writer, b"\xe9x")
    os.close(writer)

    driver = LinuxDriver.__new__(LinuxDriver)
    driver.fileno = reader
    driver._debug = False

    class Event:
        @staticmethod
        def is_set() -> bool:
            return False

    driver.exit_event = Event()  # type: ignore[assignment]
    with pytest.raises(UnicodeDecodeError):
        driver.run_input_thread()
    os.close(reader)


def test_the_driver_overrides_private_methods_that_exist() -> None:
    for name in ("_request_terminal_sync_mode_support", "_query_in_band_window_resize", "_run_input_thread"):
        assert getattr(LinuxDriver, name) is not getattr(CompatLinuxDriver, name)


def test_the_web_driver_overrides_private_names_that_exist() -> None:
    code = (
        "import inspect\n"
        "from textual.drivers.web_driver import WebDriver\n"
        "source = inspect.getsource(WebDriver)\n"
        "names = ('self._write = ', 'self._input_reader = ', 'def _on_meta(', 'def _disable_mouse_support(')\n"
        "print(all(name in source for name in names))\n"
        "print('getincrementaldecoder(\"utf-8\")()' in source)"
    )
    assert run_python(code) == "True\nTrue\n"


async def close_while_a_worker_opens_a_dialog(app: App[int]) -> None:
    """Close the screen of a worker while that opens another screen, and the app handles a message."""
    removals: list[AwaitComplete] = []
    screen = CompatScreen[None]()

    async def close() -> None:
        screen.run_worker(app.push_screen_wait(CompatScreen[None]()), exit_on_error=False)
        removals.append(app.pop_screen())
        await asyncio.sleep(0)
        app.workers.cancel_node(screen)  # as `AppScreen.remove` does

    async with app.run_test():
        await app.push_screen(screen)
        app.call_later(close)
        await until(lambda: bool(removals))
        await removals[0]
        assert screen not in app.screen_stack


async def test_textual_still_cancels_the_removal_of_a_screen_with_its_worker() -> None:
    with pytest.raises(asyncio.CancelledError):
        await close_while_a_worker_opens_a_dialog(App[int]())


async def test_the_removal_of_a_screen_is_not_cancelled_with_its_worker() -> None:
    await close_while_a_worker_opens_a_dialog(CompatApp())


# Themes


async def test_a_theme_that_is_set_before_the_app_runs_is_not_applied_again() -> None:
    parsed: list[str] = []

    class ThemedApp(CompatApp):
        def __init__(self) -> None:
            super().__init__()
            textual_compat.set_theme(self, Theme("ours", primary="#123456", dark=False))

        def refresh_css(self, animate: bool = True) -> None:
            parsed.append(self.theme)
            super().refresh_css(animate)

    app = ThemedApp()
    async with app.run_test() as pilot:
        await pilot.pause()
        assert parsed == []
        assert app.get_css_variables()["primary"] == app.stylesheet._variables["primary"] == "#123456"
        assert app.has_class("-light-mode")
        assert not app.has_class("-dark-mode")
        textual_compat.set_theme(app, Theme("other", primary="#654321", dark=True))
        await pilot.pause()
        assert parsed == ["other"]
        assert app.has_class("-dark-mode")


def test_textual_still_hashes_rule_sets_in_python() -> None:
    assert run_python("from textual.css.model import RuleSet; print(RuleSet.__hash__ is object.__hash__)") == "False\n"
