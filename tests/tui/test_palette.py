from __future__ import annotations

import re

import pytest
from support.app_driver import Desk, sitting_at
from support.factories import a_host
from support.wait import until
from textual.widgets import Input, OptionList

from xds_tui.i18n import choose
from xds_tui.simulator.host import OFF
from xds_tui.tui.commands import COMMANDS
from xds_tui.tui.screens.base import LiveScreen
from xds_tui.tui.screens.fleet import FleetScreen
from xds_tui.tui.screens.palette import MAX_ENTRIES, PaletteScreen, offers
from xds_tui.tui.screens.picker import PickerScreen
from xds_tui.tui.widgets.host_table import HostTable

pytestmark = pytest.mark.usefixtures("unhurried")

DIALOGS = frozenset({"confirm", "typed-confirm", "picker", "columns", "prompt", "sign-in", "help", "filter"})
"""Places that the palette cannot be opened from: there the keys are in the footer or in the help."""


def offered(desk: Desk) -> dict[str, str]:
    """What the palette offers now, and why not."""
    screen, base = desk.app.screen, desk.app.screen_stack[0]
    assert isinstance(screen, LiveScreen)
    assert isinstance(base, FleetScreen)
    return {offer.action.id: offer.why_not for offer in offers(screen, base)}


async def name(desk: Desk, typed: str) -> None:
    """Open the palette, name something, and choose the first that is found."""
    await desk.press("ctrl+p")
    await until(lambda: isinstance(desk.app.screen, PaletteScreen))
    await desk.type(typed)
    await desk.press("enter")


async def test_every_action_can_be_had_by_name() -> None:
    async with sitting_at(Desk()) as desk:
        reached = set(offered(desk))
        await desk.press("enter")
        await desk.see("MAC")
        reached |= set(offered(desk))
        await desk.press("escape", "h")
        await desk.see("Export")
        reached |= set(offered(desk))
        await desk.press("3")
        reached |= set(offered(desk))
        await desk.press("escape", "n")
        await desk.see("Review")
        reached |= set(offered(desk))
        await desk.press("4")
        reached |= set(offered(desk))
    same = {action.id for action in COMMANDS.values() if action.run in ("help", "palette", "app.quit", "quit")}
    by_state = {"create.buy", "create.retry", "create.next", "history.mine", "history.not-mine"}
    missing = {action.id for action in COMMANDS.values() if action.place not in DIALOGS} - reached
    assert missing <= same | by_state
    assert {"app.help", "fleet.quit"} <= reached


async def test_an_action_is_found_by_a_part_of_its_name_and_done() -> None:
    async with sitting_at(Desk()) as desk:
        off = next(host for host in desk.world.listed() if host.status == OFF)
        desk.app.screen.query_one(HostTable).move_to(off.id)
        await name(desk, "sta")
        await desk.see(rf"{off.name} +→ on")
        assert desk.asked("operate") == 1


async def test_what_does_not_apply_is_shown_with_its_reason_and_refused() -> None:
    async with sitting_at(Desk()) as desk:
        off = next(host for host in desk.world.listed() if host.status == OFF)
        desk.app.screen.query_one(HostTable).move_to(off.id)
        await name(desk, "stop")
        assert isinstance(desk.app.screen, PaletteScreen)
        assert desk.text.count(f"{off.name} is off already") == 2
        assert desk.asked("operate") == 0


async def test_an_action_of_another_pane_puts_the_focus_there() -> None:
    async with sitting_at(Desk()) as desk:
        await name(desk, "catalog.gpu")
        await desk.see("f with GPU")
        assert desk.app.focused is not None
        assert desk.app.focused.id == "packages"


async def test_a_host_is_found_by_name_id_or_address_and_has_the_cursor_then() -> None:
    async with sitting_at(Desk()) as desk:
        table = desk.app.screen.query_one(HostTable)
        for host in desk.world.listed()[3:6]:
            for typed in (host.name, host.id):
                table.action_first()
                await name(desk, typed)
                await until(lambda host=host: table.cursor_key == host.id)  # type: ignore[misc]


async def test_a_host_that_the_filter_hides_is_shown_then() -> None:
    async with sitting_at(Desk()) as desk:
        on, off = (next(host for host in desk.world.listed() if host.status == status) for status in (2, OFF))
        await desk.press("slash")
        await desk.type("status:off")
        await desk.press("enter")
        await desk.see_no_more(rf"{on.name} +●")
        await name(desk, on.id)
        await until(lambda: desk.app.screen.query_one(HostTable).cursor_key == on.id)
        await desk.see(re.escape(off.name))


async def test_from_another_screen_it_goes_back_to_the_hosts_but_never_out_of_the_wizard() -> None:
    async with sitting_at(Desk()) as desk:
        host = desk.world.listed()[5]
        await desk.press("h")
        await desk.see("Export")
        await name(desk, host.id)
        await until(lambda: desk.app.screen is desk.app.screen_stack[0])
        assert desk.app.screen.query_one(HostTable).cursor_key == host.id
        await desk.press("n")
        await desk.see("Review")
        assert offered(desk)["fleet.zoom"] == "esc leaves this first"
        await name(desk, "zoom")
        assert isinstance(desk.app.screen, PaletteScreen)


async def test_what_the_screen_in_front_does_is_not_offered_twice() -> None:
    async with sitting_at(Desk()) as desk:
        await desk.press("enter")
        await desk.see("MAC")
        assert "detail.start" in offered(desk)
        assert "fleet.start" not in offered(desk)


async def test_a_click_chooses_and_one_beside_it_chooses_nothing() -> None:
    async with sitting_at(Desk()) as desk:
        await desk.press("ctrl+p")
        await desk.type("zoom")
        lines = (await desk.see("This pane alone")).splitlines()
        y = next(y for y, line in enumerate(lines) if "This pane alone" in line)
        await desk.pilot.click(offset=(lines[y].index("This pane alone"), y))
        await until(lambda: desk.app.screen.has_class("-zoomed"))
        await desk.press("ctrl+p")
        await desk.see("Commands ─")
        await desk.pilot.click(offset=(1, 1))
        await until(lambda: not isinstance(desk.app.screen, PickerScreen))


async def test_a_second_enter_in_one_breath_does_no_harm() -> None:
    async with sitting_at(Desk()) as desk:
        await desk.press("ctrl+p")
        await desk.type("zoom")
        await until(lambda: desk.app.screen.query_one(OptionList).option_count < 5)
        palette = desk.app.screen
        palette.query_one(OptionList).action_select()
        palette.query_one(OptionList).action_select()
        await until(lambda: desk.app.screen is not palette and desk.app.screen.has_class("-zoomed"))


async def test_it_is_not_put_over_a_question() -> None:
    async with sitting_at(Desk()) as desk:
        await desk.press("D")
        await desk.see("for good")
        await desk.press("ctrl+p")
        assert not isinstance(desk.app.screen, PickerScreen)


async def test_in_chinese_an_action_is_found_by_its_english_name_too() -> None:
    async with sitting_at(Desk()) as desk:
        choose("zh_CN")
        try:
            await name(desk, "zoom")
        finally:
            choose("en")
        assert desk.app.screen.has_class("-zoomed")


async def test_ten_thousand_hosts_are_searched_between_two_keys() -> None:
    hosts = [a_host(id=f"id{number}", name=f"render-{number}") for number in range(10_000)]
    screen = PaletteScreen([], lambda _action: "", hosts)
    screen.found(["r"])
    found, told = screen.found(["render-12"])
    assert len(found) == MAX_ENTRIES
    assert told == "61 more hosts: type on"
    found, told = screen.found(["render-1234"])
    assert [choice.label for choice in found] == ["render-1234"]
    assert told == ""
    assert screen.found(["nothing"]) == ([], "Nothing is called that")


async def test_the_field_takes_every_letter_and_the_arrows_move_in_the_list() -> None:
    async with sitting_at(Desk(), columns=80, rows=24) as desk:
        await desk.press("ctrl+p", "q", "j", "colon")
        assert desk.app.screen.query_one(Input).value == "qj:"
        await desk.press("backspace", "backspace", "backspace", "down", "down")
        assert desk.app.screen.query_one(OptionList).highlighted == 2
        await desk.press("escape")
        assert isinstance(desk.app.focused, HostTable)
