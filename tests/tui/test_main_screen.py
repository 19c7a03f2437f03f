"""The main screen as a monitor: overview, panes, keys, and what is asked before money is spent."""

from __future__ import annotations

import re

import pytest
from support.app_driver import Desk, sitting_at
from support.wait import until
from textual.widgets import Input

from xds_tui.domain.model import Status
from xds_tui.simulator.host import OFF
from xds_tui.tui.screens.confirm import ConfirmScreen
from xds_tui.tui.screens.history import HistoryScreen
from xds_tui.tui.screens.host_detail import HostDetailScreen
from xds_tui.tui.widgets.filter_input import FilterInput
from xds_tui.tui.widgets.footer import KeyBar
from xds_tui.tui.widgets.host_pane import HostPane
from xds_tui.tui.widgets.host_table import HostTable
from xds_tui.tui.widgets.inspector import Inspector
from xds_tui.tui.widgets.overview import OverviewPane
from xds_tui.tui.widgets.status_bar import StatusBar

pytestmark = pytest.mark.usefixtures("unhurried")


async def test_starting_all_of_40_hosts_sends_nothing_before_it_is_confirmed_and_nothing_to_running_ones() -> None:
    async with sitting_at(Desk(hosts=40)) as desk:
        snapshot = desk.monitor.state.snapshot
        assert snapshot is not None
        stopped = [host for host in snapshot.hosts if not host.status.is_on and host.status is not Status.STARTING]
        assert 0 < len(stopped) < 40
        await desk.burst("asterisk", "s")
        text = await desk.see(rf"Start {len(stopped)} hosts\?")
        assert re.search(r"This adds ≈?¥[0-9.]+(–¥[0-9.]+)?/h", text)
        assert desk.asked("operate") == 0
        await desk.press("n")
        assert desk.asked("operate") == 0
        await desk.burst("s")
        await desk.see(rf"Start {len(stopped)} hosts\?")
        await desk.press("y")
        await until(lambda: len(desk.monitor.state.orders) == len(stopped))
        assert {order.host_id for order in desk.monitor.state.orders} == {host.id for host in stopped}


async def test_prepaid_hosts_start_without_a_question() -> None:
    async with sitting_at(Desk()) as desk:
        target = next(host for host in desk.world.listed() if host.status == OFF and host.rented)
        desk.app.screen.query_one(HostTable).move_to(target.id)
        await desk.burst("s")
        assert not isinstance(desk.app.screen, ConfirmScreen)
        await until(lambda: desk.asked("operate") == 1)


@pytest.mark.parametrize("typed", ["name", "id"])
async def test_a_host_is_deleted_by_its_name_or_its_id(typed: str) -> None:
    async with sitting_at(Desk()) as desk:
        target = next(host for host in desk.world.listed() if host.status == OFF and host.rented)
        desk.app.screen.query_one(HostTable).move_to(target.id)
        await desk.press("D")
        await desk.see(re.escape(f"Type {target.name} or the ID"))
        await desk.type(getattr(target, typed))
        await desk.press("enter")
        await until(lambda: target.gone_from is not None)


async def test_the_cursor_moves_to_both_ends_and_sorts_by_the_next_column() -> None:
    async with sitting_at(Desk()) as desk:
        table, pane = desk.app.screen.query_one(HostTable), desk.app.screen.query_one(HostPane)
        await desk.press("G")
        assert table.cursor_key == table.keys[-1]
        await desk.press("g")
        assert table.cursor_key == table.keys[0]
        await desk.press("greater_than_sign")
        assert pane.listing.sort == "name"
        await desk.press("greater_than_sign")
        assert pane.listing.sort == "status"
        await desk.press("less_than_sign", "less_than_sign")
        assert pane.listing.sort is None
        await desk.press("ctrl+g")
        await desk.see("Group by")


async def test_d_shows_details_and_l_the_events_of_the_host_under_the_status_line() -> None:
    async with sitting_at(Desk()) as desk:
        table = desk.app.screen.query_one(HostTable)
        await desk.press("d")
        assert isinstance(desk.app.screen, HostDetailScreen)
        assert desk.app.screen.query_one(StatusBar).fleet is desk.monitor.state
        await desk.see("A27550582 +Host .*● live")
        await desk.press("escape", "l")
        assert isinstance(desk.app.screen, HistoryScreen)
        await desk.see(f"id:{table.cursor_key}")
        await desk.see("A27550582 +History .*● live")


async def test_a_key_without_a_meaning_is_named_until_the_next_key() -> None:
    async with sitting_at(Desk()) as desk:
        await desk.press("w")
        await desk.see("w does nothing here")
        await desk.press("j")
        await desk.see_no_more("does nothing here")
        await desk.press("slash", "w")
        assert desk.app.screen.query_one(KeyBar).unknown == ""


async def test_the_key_bar_has_groups_and_help_comes_last() -> None:
    async with sitting_at(Desk(), 160, 40) as desk:
        (bar,) = re.findall(r".*Open.*Help", desk.text)
        acts, views, places, rest = bar.split("│")
        assert "n New" in acts
        assert "/ Filter" in views
        assert "2 Catalog" in places
        assert rest.rstrip().endswith("? Help")
        assert "q Quit" in rest


async def test_the_pane_with_the_focus_is_filtered() -> None:
    async with sitting_at(Desk()) as desk:
        await desk.press("2", "slash")
        await desk.type("gpu:4090 cost<3")
        await desk.press("enter")
        await desk.see(r"²Catalog · / gpu:.* · esc clears")
        assert desk.app.focused is not None
        assert desk.app.focused.id == "packages"
        assert desk.app.focused.row_count == 1
        assert not desk.app.screen.query_one(HostPane).has_filter
        await desk.press("escape")
        await desk.see_no_more("esc clears")
        await desk.press("1", "slash")
        await desk.type("status:off")
        await desk.press("enter")
        await desk.see(r"¹Hosts \d+/12 · 0 on .*/ status:off · esc clears")


async def test_keys_behind_the_enter_of_a_field_and_control_keys_are_handled_in_order() -> None:
    async with sitting_at(Desk()) as desk:
        await desk.burst("slash", *"abc", "ctrl+u", *"cpu>0", "enter", "slash", "ctrl+u", "2", "5")
        assert isinstance(desk.app.focused, FilterInput)
        assert desk.app.focused.value == "25"
        await desk.burst("ctrl+u", *"status:off", "enter", "G", "ctrl+p", *"sort", "ctrl+u", *"zoom")
        assert isinstance(desk.app.focused, Input)
        assert desk.app.focused.value == "zoom"


async def test_the_overview_is_boxes_or_a_line_and_can_be_hidden() -> None:
    saved: list[object] = []

    async def keep(changes: object) -> str:
        saved.append(changes)
        return ""

    async with sitting_at(Desk(keep=keep)) as desk:
        overview = desk.app.screen.query_one(OverviewPane)
        await desk.see("╭─ Fleet ─+╮╭─ Cost ─+╮╭─ Expiring ─+╮")
        assert overview.size.height == 5
        await desk.pilot.resize_terminal(100, 29)
        await desk.see(r"\d on · .*≈¥[0-9.]+/h now")
        assert overview.size.height == 1
        assert "/h" not in desk.text.splitlines()[0]
        await desk.press("O")
        await until(lambda: saved == [{("panes", "overview"): False}])
        assert not overview.display or overview.size.height == 0
        await desk.see(r"live .*≈¥[0-9.]+/h")
        await desk.press("O")
        await until(lambda: saved[-1] == {("panes", "overview"): None})


async def test_the_overview_is_not_painted_while_nothing_in_it_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    async with sitting_at(Desk()) as desk:
        overview = desk.app.screen.query_one(OverviewPane)
        await desk.still()
        painted = []
        monkeypatch.setattr(overview, "refresh", lambda *regions, **_options: painted.append(regions))
        await desk.sweep()
        overview.draw()
        assert painted == []


async def test_the_inspector_follows_the_cursor() -> None:
    async with sitting_at(Desk()) as desk:
        table, inspector = desk.app.screen.query_one(HostTable), desk.app.screen.query_one(Inspector)
        for host in desk.world.listed()[:2]:
            table.move_to(host.id)
            await until(lambda host=host: host.name in str(inspector.border_title))  # type: ignore[misc]


@pytest.mark.parametrize(("columns", "is_beside"), [(109, False), (110, True), (180, True)])
async def test_the_catalog_stands_beside_the_hosts_from_110_columns(columns: int, is_beside: bool) -> None:
    async with sitting_at(Desk(), columns, 40) as desk:
        hosts, catalog = (desk.app.screen.query_one(name) for name in ("#hosts-pane", "#catalog-space"))
        assert catalog.display is is_beside
        assert hosts.size.width > columns / 2 or columns >= 180
        await desk.press("2")
        await until(lambda: catalog.display)
        assert hosts.display is is_beside


async def test_a_host_whose_name_cannot_be_drawn_shows_its_id() -> None:
    async with sitting_at(Desk(ascii_only=True), 120, 40) as desk:
        chinese = next(host for host in desk.world.listed() if not host.name.isascii())
        await desk.see(rf"{chinese.id} +[*o^vx] ")
