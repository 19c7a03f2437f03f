"""Changing theme, language and list options: they apply at once, are saved, and keep the state of the screen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from support.app_driver import AppDriver, running_app
from support.wait import until

from xds_tui import i18n
from xds_tui.tui.theme import themes
from xds_tui.tui.widgets.host_table import HostTable

Kept = list[dict[tuple[str, ...], object]]


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    i18n.choose("en")


@pytest.fixture
def kept() -> Kept:
    return []


def keeping(kept: Kept, why: str = "") -> AppDriver:
    async def keep(changes: Mapping[tuple[str, ...], object]) -> str:
        kept.append(dict(changes))
        return why

    return AppDriver(hosts=40, keep=keep)


async def test_choosing_a_theme_saves_it(kept: Kept) -> None:
    async with running_app(keeping(kept)) as driver:
        await driver.press("T")
        await driver.wait_for_text("High contrast")
        await driver.type("contrast")
        await driver.press("enter")
        await until(lambda: themes.current(driver.app) == "contrast")
        await until(lambda: kept == [{("theme",): "contrast"}])


async def test_themes_are_previewed_and_esc_restores_the_previous_one(kept: Kept) -> None:
    async with running_app(keeping(kept)) as driver:
        before = driver.app.current_theme
        await driver.press("T")
        await driver.wait_for_text("High contrast")
        await driver.press("down")
        await until(lambda: themes.current(driver.app) == "light")
        await driver.type("nord")
        await until(lambda: themes.current(driver.app) == "nord")
        await driver.press("escape")
        await until(lambda: themes.current(driver.app) == "dark")
        assert driver.app.current_theme is before
        assert kept == []


async def test_choosing_a_theme_of_textual_saves_it(kept: Kept) -> None:
    async with running_app(keeping(kept)) as driver:
        await driver.press("T")
        await driver.wait_for_text("High contrast")
        await driver.type("dracula")
        await driver.press("enter")
        await until(lambda: kept == [{("theme",): "dracula"}])
        assert themes.current(driver.app) == "dracula"


async def test_a_theme_file_can_be_chosen_and_an_invalid_one_shows_the_reason(kept: Kept, tmp_path: Path) -> None:
    good = 'dark = true\nprimary = "#88c0d0"\nforeground = "#d8dee9"\nbackground = "#2e3440"\n'
    (tmp_path / "mine.toml").write_text(good)
    (tmp_path / "bad.toml").write_text(good.replace("true", "1"))
    (tmp_path / "light.toml").write_text(good)

    async def keep(changes: Mapping[tuple[str, ...], object]) -> str:
        kept.append(dict(changes))
        return ""

    async with running_app(AppDriver(keep=keep, theme_folder=tmp_path), 160, 40) as driver:
        await driver.press("T")
        text = await driver.wait_for_text(r"mine +custom")
        assert re.search(r"✕ bad +bad.toml:1: dark: This must be true", text)
        assert re.search(r"✕ light.toml +light is the name of a built-in", text)
        await driver.type("bad")
        await driver.press("enter")
        await driver.wait_for_text("This must be true or false")
        assert themes.current(driver.app) == "dark"
        await driver.press("backspace", "backspace", "backspace")
        await driver.type("mine")
        await driver.press("enter")
        await until(lambda: kept == [{("theme",): "mine"}])
        assert driver.app.current_theme.background == "#2E3440"


async def test_changing_the_language_applies_at_once_and_keeps_the_state(kept: Kept) -> None:
    async with running_app(keeping(kept)) as driver:
        await driver.press("n")
        await driver.wait_for_text("Choose a package")
        await driver.press("m", "escape")
        await driver.wait_for_text("s Start")
        await driver.press("down", "space", "down", "down", "slash")
        await driver.type("-expired")
        await driver.press("enter")
        table = driver.app.screen.query_one(HostTable)
        cursor, marked = table.cursor_key, table.marked
        assert cursor is not None
        assert len(marked) == 1
        await driver.press("L")
        await driver.wait_for_text("中文")
        await driver.type("zh")
        await driver.press("enter")
        await driver.wait_for_text("开机")
        await until(lambda: kept == [{("language",): "zh_CN"}])
        table = driver.app.screen.query_one(HostTable)
        assert (table.cursor_key, table.marked) == (cursor, marked)
        await driver.wait_for_text("-expired")
        assert "Start" not in driver.text
        assert "Hosts" not in driver.text
        await driver.press("n")
        await driver.wait_for_text("● 包时段")
        assert i18n.chosen() == "zh_CN"


async def test_a_setting_that_cannot_be_saved_applies_to_this_run_with_a_message(kept: Kept) -> None:
    async with running_app(keeping(kept, "The disk is full")) as driver:
        await driver.press("T")
        await driver.wait_for_text("High contrast")
        await driver.type("light")
        await driver.press("enter")
        await until(lambda: themes.current(driver.app) == "light")
        await until(
            lambda: any("The disk is full" in notification.message for notification in driver.app._notifications)
        )


async def test_choosing_the_present_language_changes_nothing(kept: Kept) -> None:
    async with running_app(keeping(kept)) as driver:
        before = driver.app.screen
        await driver.press("L")
        await driver.wait_for_text("中文")
        await driver.press("enter")
        await until(lambda: driver.app.screen is before)
        assert kept == []


async def test_the_sort_order_is_saved(kept: Kept) -> None:
    async with running_app(keeping(kept)) as driver:
        await driver.press("o")
        await driver.wait_for_text("Sort by")
        await driver.type("expires")
        await driver.press("enter")
        await until(lambda: kept == [{("hosts", "sort"): "expires"}])
