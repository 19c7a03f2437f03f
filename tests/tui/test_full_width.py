"""Commands typed with a Chinese input method, which sends full-width characters."""

from __future__ import annotations

from support.app_driver import Desk, sitting_at
from textual.keys import _character_to_key
from textual.widgets import Input

from xds_tui.tui.commands import COMMANDS
from xds_tui.tui.screens.confirm import ConfirmScreen
from xds_tui.tui.screens.help import HelpScreen
from xds_tui.tui.screens.history import HistoryScreen
from xds_tui.tui.screens.palette import PaletteScreen
from xds_tui.tui.widgets.filter_input import FilterInput
from xds_tui.tui.widgets.host_table import HostTable


async def test_full_width_characters_are_keys() -> None:
    async with sitting_at(Desk(), columns=100) as desk:
        await desk.burst("／")
        assert isinstance(desk.app.focused, FilterInput)
        await desk.burst("escape", "？")
        assert isinstance(desk.app.screen, HelpScreen)
        await desk.burst("escape", "：")
        assert isinstance(desk.app.screen, PaletteScreen)
        await desk.burst("escape", "ｊ", "\u3000")
        assert desk.app.screen.query_one(HostTable).marked
        await desk.burst("\u3000", "ｈ")
        assert isinstance(desk.app.screen, HistoryScreen)
        await desk.burst("ｑ", "、")
        assert isinstance(desk.app.focused, FilterInput)


async def test_a_confirmation_accepts_full_width_characters() -> None:
    async with sitting_at(Desk()) as desk:
        await desk.burst("down", "ｂ")
        assert isinstance(desk.app.screen, ConfirmScreen)
        await desk.burst("ｎ")
        assert not isinstance(desk.app.screen, ConfirmScreen)


async def test_an_input_field_keeps_full_width_characters() -> None:
    async with sitting_at(Desk()) as desk:
        await desk.burst("slash", *"ｇｐｕ：４０９０　？")
        field = desk.app.screen.query_one(FilterInput)
        assert field.value == "ｇｐｕ：４０９０ ？"
        await desk.burst("backspace", "backspace")
        await desk.see("gpu:4090|4090")
        names = {host.name for host in desk.world.listed() if "4090" in (host.package.gpu_name or "")}
        assert {desk.app.screen.query_one(HostTable).row_count} == {len(names)}
        await desk.burst("escape", "：", *"ｚｏｏｍ", "enter")
        assert desk.app.screen.has_class("-zoomed")
        assert not desk.app.screen.query(Input) or not isinstance(desk.app.focused, Input)


def test_no_key_is_the_full_width_form_of_another() -> None:
    keys = {key for action in COMMANDS.values() for key in action.keys.split(",")}
    assert keys.isdisjoint(map(_character_to_key, "／？：、。《》【】"))
