from __future__ import annotations

import re

import pytest
from support.app_driver import AppDriver, running_app
from support.wait import until
from textual.containers import VerticalScroll
from textual.widgets import Input

from xds_tui.tui.commands import COMMANDS
from xds_tui.tui.screens.help import HelpScreen, Line, Section, columns

pytestmark = pytest.mark.usefixtures("unhurried")


def shown_bindings(driver: AppDriver) -> set[str]:
    """Return the descriptions of all keys that are active."""
    active = driver.app.screen.active_bindings.values()
    return {COMMANDS[bound.binding.id or ""].sentence for bound in active if bound.binding.id in COMMANDS}


async def whole(driver: AppDriver) -> str:
    """Scroll through the help to its end."""
    text = await driver.wait_for_text("─ Keys ")
    scroll = driver.app.screen.query_one(VerticalScroll)
    while scroll.scroll_offset.y < scroll.max_scroll_y:
        await driver.press("pagedown")
        text += driver.text
    return text


@pytest.mark.sweep(3)
@pytest.mark.parametrize(
    "opening", [(), ("2",), ("3",), ("enter",), ("h",), ("n",), ("n", "enter", "enter")], ids="-".join
)
@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 40), (200, 50)])
async def test_help_lists_the_keys_of_the_focused_widget(opening: tuple[str, ...], columns: int, rows: int) -> None:
    async with running_app(AppDriver(), columns=columns, rows=rows) as driver:
        await driver.press(*opening)
        wanted = shown_bindings(driver)
        # A field takes the question mark as text.
        await driver.press("f1" if isinstance(driver.app.focused, Input) else "question_mark")
        text = await whole(driver)
        assert [sentence for sentence in wanted if sentence not in text] == []
        await driver.press("question_mark")
        assert not isinstance(driver.app.screen, HelpScreen)


async def test_a_widget_that_does_not_scroll_has_no_scrolling_keys() -> None:
    async with running_app(AppDriver(), columns=120, rows=50) as driver:
        await driver.press("i", "f1")
        text = await whole(driver)
        assert "Next field" in text
        assert "Scroll down" not in text


@pytest.mark.sweep(2)
@pytest.mark.parametrize(
    ("opening", "expected"),
    [
        (("slash",), "Apply the filter"),
        (("b",), "Previous button"),
        (("D",), "Cancel"),
        (("i",), "Next empty field, or sign in"),
        (("ctrl+p",), "Close without choosing"),
    ],
)
async def test_f1_opens_help_in_an_input_field(opening: tuple[str, ...], expected: str) -> None:
    async with running_app(AppDriver()) as driver:
        before = len(driver.app.screen_stack)
        await driver.press(*opening)
        await driver.press("f1")
        text = await whole(driver)
        assert expected in text
        assert "Quit from anywhere" in text
        await driver.press("f1")
        assert not isinstance(driver.app.screen, HelpScreen)
        assert len(driver.app.screen_stack) == before + (opening != ("slash",))


async def test_keys_are_listed_under_their_screen_or_widget() -> None:
    async with running_app(AppDriver(), columns=80, rows=64) as driver:
        await driver.press("question_mark")
        titles = re.findall("In this pane|On this screen|Everywhere", await driver.wait_for_text("─ Keys "))
        assert titles == ["In this pane", "On this screen", "Everywhere"]


async def test_a_click_on_a_line_presses_its_key_and_one_outside_closes_help() -> None:
    async with running_app(AppDriver()) as driver:
        await driver.press("question_mark")
        lines = (await driver.wait_for_text("Maximize or restore the current pane")).splitlines()
        y = next(y for y, line in enumerate(lines) if "Maximize or restore the current pane" in line)
        await driver.pilot.click(offset=(lines[y].index("Maximize or restore the current pane") + 3, y))
        await until(lambda: driver.app.screen.has_class("-zoomed"))
        await driver.press("question_mark")
        await driver.wait_for_text("Maximize or restore the current pane")
        await driver.pilot.click(offset=(1, 1))
        await until(lambda: not isinstance(driver.app.screen, HelpScreen))


def a_section(title: str, height: int) -> Section:
    return Section(title, tuple(Line(str(number), "w" * 30, str(number)) for number in range(height)))


def test_sections_are_balanced_in_columns_that_fit() -> None:
    pane, screen, app = a_section("pane", 9), a_section("screen", 5), a_section("app", 4)
    assert columns([pane, screen, app], 80) == ([pane], [screen, app])
    assert columns([screen, app, pane], 80) == ([screen, app], [pane])
    long = a_section("long", 12)
    assert columns([screen, long, app], 80) == ([screen, app], [long])
    assert columns([pane, screen, app], 60) == ([pane, screen, app], [])
    assert columns([pane], 80) == ([pane], [])
