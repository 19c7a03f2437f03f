"""Changing theme, language and list options: they apply at once, are saved, and keep the state of the screen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from support.app_driver import Desk, sitting_at
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


def keeping(kept: Kept, why: str = "") -> Desk:
    async def keep(changes: Mapping[tuple[str, ...], object]) -> str:
        kept.append(dict(changes))
        return why

    return Desk(hosts=40, keep=keep)


async def test_choosing_a_theme_saves_it(kept: Kept) -> None:
    async with sitting_at(keeping(kept)) as desk:
        await desk.press("T")
        await desk.see("High contrast")
        await desk.type("contrast")
        await desk.press("enter")
        await until(lambda: themes.current(desk.app) == "contrast")
        await until(lambda: kept == [{("theme",): "contrast"}])


async def test_themes_are_previewed_and_esc_restores_the_previous_one(kept: Kept) -> None:
    async with sitting_at(keeping(kept)) as desk:
        before = desk.app.current_theme
        await desk.press("T")
        await desk.see("High contrast")
        await desk.press("down")
        await until(lambda: themes.current(desk.app) == "light")
        await desk.type("nord")
        await until(lambda: themes.current(desk.app) == "nord")
        await desk.press("escape")
        await until(lambda: themes.current(desk.app) == "dark")
        assert desk.app.current_theme is before
        assert kept == []


async def test_choosing_a_theme_of_textual_saves_it(kept: Kept) -> None:
    async with sitting_at(keeping(kept)) as desk:
        await desk.press("T")
        await desk.see("High contrast")
        await desk.type("dracula")
        await desk.press("enter")
        await until(lambda: kept == [{("theme",): "dracula"}])
        assert themes.current(desk.app) == "dracula"


async def test_a_theme_file_can_be_chosen_and_an_invalid_one_shows_the_reason(kept: Kept, tmp_path: Path) -> None:
    good = 'dark = true\nprimary = "#88c0d0"\nforeground = "#d8dee9"\nbackground = "#2e3440"\n'
    (tmp_path / "mine.toml").write_text(good)
    (tmp_path / "bad.toml").write_text(good.replace("true", "1"))
    (tmp_path / "light.toml").write_text(good)

    async def keep(changes: Mapping[tuple[str, ...], object]) -> str:
        kept.append(dict(changes))
        return ""

    async with sitting_at(Desk(keep=keep, theme_folder=tmp_path), 160, 40) as desk:
        await desk.press("T")
        text = await desk.see(r"mine +your own")
        assert re.search(r"✕ bad +bad.toml:1: dark: This must be true", text)
        assert re.search(r"✕ light.toml +light is the name of a built-in", text)
        await desk.type("bad")
        await desk.press("enter")
        await desk.see("This must be true or false")
        assert themes.current(desk.app) == "dark"
        await desk.press("backspace", "backspace", "backspace")
        await desk.type("mine")
        await desk.press("enter")
        await until(lambda: kept == [{("theme",): "mine"}])
        assert desk.app.current_theme.background == "#2E3440"


async def test_changing_the_language_applies_at_once_and_keeps_the_state(kept: Kept) -> None:
    async with sitting_at(keeping(kept)) as desk:
        await desk.press("n")
        await desk.see("Choose a package")
        await desk.press("m", "escape")
        await desk.see("s Start")
        await desk.press("down", "space", "down", "down", "slash")
        await desk.type("-expired")
        await desk.press("enter")
        table = desk.app.screen.query_one(HostTable)
        cursor, marked = table.cursor_key, table.marked
        assert cursor is not None
        assert len(marked) == 1
        await desk.press("L")
        await desk.see("中文")
        await desk.type("zh")
        await desk.press("enter")
        await desk.see("开机")
        await until(lambda: kept == [{("language",): "zh_CN"}])
        table = desk.app.screen.query_one(HostTable)
        assert (table.cursor_key, table.marked) == (cursor, marked)
        await desk.see("-expired")
        assert "Start" not in desk.text
        assert "Hosts" not in desk.text
        await desk.press("n")
        await desk.see("● 包时段")
        assert i18n.chosen() == "zh_CN"


async def test_a_setting_that_cannot_be_saved_applies_to_this_run_with_a_message(kept: Kept) -> None:
    async with sitting_at(keeping(kept, "The disk is full")) as desk:
        await desk.press("T")
        await desk.see("High contrast")
        await desk.type("light")
        await desk.press("enter")
        await until(lambda: themes.current(desk.app) == "light")
        await until(lambda: any("The disk is full" in notification.message for notification in desk.app._notifications))


async def test_choosing_the_present_language_changes_nothing(kept: Kept) -> None:
    async with sitting_at(keeping(kept)) as desk:
        before = desk.app.screen
        await desk.press("L")
        await desk.see("中文")
        await desk.press("enter")
        await until(lambda: desk.app.screen is before)
        assert kept == []


async def test_the_sort_order_is_saved(kept: Kept) -> None:
    async with sitting_at(keeping(kept)) as desk:
        await desk.press("o")
        await desk.see("Sort by")
        await desk.type("expires")
        await desk.press("enter")
        await until(lambda: kept == [{("hosts", "sort"): "expires"}])
