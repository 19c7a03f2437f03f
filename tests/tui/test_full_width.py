"""Commands typed with a Chinese input method, which sends full-width characters."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.app_driver import AppDriver, running_app
from textual.keys import _character_to_key
from textual.widgets import Input

from xds_tui import i18n
from xds_tui.tui.commands import COMMANDS
from xds_tui.tui.screens.confirm import ConfirmScreen
from xds_tui.tui.screens.help import HelpScreen
from xds_tui.tui.screens.history import HistoryScreen
from xds_tui.tui.screens.palette import PaletteScreen
from xds_tui.tui.screens.picker import PickerScreen
from xds_tui.tui.widgets.filter_input import FilterInput
from xds_tui.tui.widgets.host_table import HostTable


async def test_full_width_characters_are_keys() -> None:
    async with running_app(AppDriver(), columns=100) as driver:
        await driver.burst("／")
        assert isinstance(driver.app.focused, FilterInput)
        await driver.burst("escape", "？")
        assert isinstance(driver.app.screen, HelpScreen)
        await driver.burst("escape", "：")
        assert isinstance(driver.app.screen, PaletteScreen)
        await driver.burst("escape", "ｊ", "\u3000")
        assert driver.app.screen.query_one(HostTable).marked
        await driver.burst("\u3000", "ｈ")
        assert isinstance(driver.app.screen, HistoryScreen)
        await driver.burst("ｑ", "、")
        assert isinstance(driver.app.focused, FilterInput)


async def test_a_confirmation_accepts_full_width_characters() -> None:
    async with running_app(AppDriver()) as driver:
        await driver.burst("down", "ｂ")
        assert isinstance(driver.app.screen, ConfirmScreen)
        await driver.burst("ｎ")
        assert not isinstance(driver.app.screen, ConfirmScreen)


async def test_an_input_field_keeps_full_width_characters() -> None:
    async with running_app(AppDriver()) as driver:
        await driver.burst("slash", *"ｇｐｕ：４０９０　？")
        field = driver.app.screen.query_one(FilterInput)
        assert field.value == "ｇｐｕ：４０９０ ？"
        await driver.burst("backspace", "backspace")
        await driver.wait_for_text("gpu:4090|4090")
        names = {host.name for host in driver.world.listed() if "4090" in (host.package.gpu_name or "")}
        assert {driver.app.screen.query_one(HostTable).row_count} == {len(names)}
        await driver.burst("escape", "：", *"ｚｏｏｍ", "enter")
        assert driver.app.screen.has_class("-zoomed")
        assert not driver.app.screen.query(Input) or not isinstance(driver.app.focused, Input)


def test_no_key_is_the_full_width_form_of_another() -> None:
    keys = {key for action in COMMANDS.values() for key in action.keys.split(",")}
    assert keys.isdisjoint(map(_character_to_key, "／？：、。《》【】"))


@pytest.fixture
def in_chinese() -> Iterator[None]:
    i18n.choose("zh_CN")
    yield
    i18n.choose("en")


@pytest.mark.usefixtures("in_chinese")
async def test_the_english_name_of_a_command_finds_it_first_in_chinese_too() -> None:
    async with running_app(AppDriver()) as driver:
        await driver.burst("colon", *"st")
        palette = driver.app.screen
        assert isinstance(palette, PickerScreen)
        found, _message = palette.found(["st"])
        assert {choice.id for choice in found[:2]} == {"fleet.start", "fleet.stop"}
