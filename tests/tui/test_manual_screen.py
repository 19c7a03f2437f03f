"""The manual in the app: where it opens, its pages, and the search."""

from __future__ import annotations

import pytest
from support.app_driver import AppDriver, running_app
from support.wait import until
from textual.containers import VerticalScroll
from textual.widgets import Input, Markdown, OptionList

from tests.simulator_faults.faults import Fault, Kind
from xds_tui import manual
from xds_tui.i18n import LANGUAGES
from xds_tui.tui.screens.manual import ManualScreen, SearchScreen, sections


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_of_a_page_is_in_one_section(language: str) -> None:
    for topic in manual.TOPICS:
        lines = [line for section in sections(topic, language) for line in section.lines]
        page = [line for line in manual.read_page(topic, language).split("\n") if line]
        assert set(lines) <= set(page)
        assert len(lines) >= len(page) - manual.read_page(topic, language).count("\n#") - 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_search_finds_words_in_any_page(language: str) -> None:
    screen = SearchScreen(language)
    found, _why = screen.found(["osc", "52"])
    assert [choice.id.split()[0] for choice in found] == ["ssh"]
    assert "OSC 52" in found[0].about
    assert screen.found(["no-such-word"])[0] == []


async def shown(driver: AppDriver, topic: str) -> ManualScreen:
    screen = driver.app.screen
    assert isinstance(screen, ManualScreen)
    title = manual.page_title(manual.read_page(topic, "en"))
    await until(lambda: bool(screen.query("MarkdownH1")) and title in screen.query(Markdown).first().source)
    return screen


async def test_the_manual_opens_at_the_page_of_the_screen_and_turns() -> None:
    async with running_app(AppDriver()) as driver:
        await driver.pilot.press("f3")
        screen = await shown(driver, "keys")
        await driver.pilot.press("right")
        await shown(driver, "filters")
        assert screen.query_one(OptionList).highlighted == manual.TOPICS.index("filters")
        await driver.pilot.press("escape")
        await until(lambda: not isinstance(driver.app.screen, ManualScreen))
        await driver.pilot.press("h")
        await until(lambda: type(driver.app.screen).__name__ == "HistoryScreen")
        await driver.pilot.press("question_mark", "m")
        await until(lambda: isinstance(driver.app.screen, ManualScreen))
        await shown(driver, "orders")


async def test_the_manual_opens_at_the_page_of_the_error_that_is_shown() -> None:
    async with running_app(AppDriver(hosts=3)) as driver:
        driver.service.faults.set(Fault(kind=Kind.HTML, endpoint="pve/open/mypage", times=3))
        driver.monitor.refresh()
        await driver.wait_for_text("f3: manual")
        await driver.pilot.press("f3")
        await shown(driver, "troubleshooting")


async def test_a_section_that_is_found_is_scrolled_to() -> None:
    async with running_app(AppDriver()) as driver:
        await driver.pilot.press("f3")
        screen = await shown(driver, "keys")
        await driver.pilot.press("slash")
        await until(lambda: isinstance(driver.app.screen, SearchScreen))
        driver.app.screen.query_one(Input).value = "osc 52"
        await driver.pilot.press("enter")
        await until(lambda: driver.app.screen is screen)
        await shown(driver, "ssh")
        await until(lambda: screen.query_one(VerticalScroll).scroll_y > 0)
