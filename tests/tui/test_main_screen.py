"""The main screen as a monitor: overview, panes, keys, and what is asked before money is spent."""

from __future__ import annotations

import re

import pytest
from support.app_driver import AppDriver, running_app
from support.wait import until
from textual.widgets import Input

from xds_tui.domain.model import Status
from xds_tui.simulator.host import BILLED, OFF, ON
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
from xds_tui.tui.widgets.table.table import Table

pytestmark = pytest.mark.usefixtures("unhurried")


async def test_starting_all_of_40_hosts_sends_nothing_before_it_is_confirmed_and_nothing_to_running_ones() -> None:
    async with running_app(AppDriver(hosts=40)) as driver:
        snapshot = driver.monitor.state.snapshot
        assert snapshot is not None
        stopped = [host for host in snapshot.hosts if not host.status.is_on and host.status is not Status.STARTING]
        assert 0 < len(stopped) < 40
        await driver.burst("asterisk", "s")
        text = await driver.wait_for_text(rf"Start {len(stopped)} hosts\?")
        assert re.search(r"This adds ≈?¥[0-9.]+(–¥[0-9.]+)?/h", text)
        assert driver.request_count("operate") == 0
        await driver.press("n")
        assert driver.request_count("operate") == 0
        await driver.burst("s")
        await driver.wait_for_text(rf"Start {len(stopped)} hosts\?")
        await driver.press("y")
        await until(lambda: len(driver.monitor.state.orders) == len(stopped))
        assert {order.host_id for order in driver.monitor.state.orders} == {host.id for host in stopped}


async def test_prepaid_hosts_start_without_a_question() -> None:
    async with running_app(AppDriver()) as driver:
        target = next(host for host in driver.world.listed() if host.status == OFF and host.rented)
        driver.app.screen.query_one(HostTable).move_to(target.id)
        await driver.burst("s")
        assert not isinstance(driver.app.screen, ConfirmScreen)
        await until(lambda: driver.request_count("operate") == 1)


@pytest.mark.parametrize("typed", ["name", "id"])
async def test_a_host_is_deleted_by_its_name_or_its_id(typed: str) -> None:
    async with running_app(AppDriver()) as driver:
        target = next(host for host in driver.world.listed() if host.status == OFF and host.rented)
        driver.app.screen.query_one(HostTable).move_to(target.id)
        await driver.press("D")
        await driver.wait_for_text(re.escape(f"Type {target.name} or the ID"))
        await driver.type(getattr(target, typed))
        await driver.press("enter")
        await until(lambda: target.gone_from is not None)


async def test_the_cursor_moves_to_both_ends_and_sorts_by_the_next_column() -> None:
    async with running_app(AppDriver()) as driver:
        table, pane = driver.app.screen.query_one(HostTable), driver.app.screen.query_one(HostPane)
        await driver.press("G")
        assert table.cursor_key == table.keys[-1]
        await driver.press("g")
        assert table.cursor_key == table.keys[0]
        await driver.press("greater_than_sign")
        assert pane.listing.sort == "name"
        await driver.press("greater_than_sign")
        assert pane.listing.sort == "status"
        await driver.press("less_than_sign", "less_than_sign")
        assert pane.listing.sort is None
        await driver.press("ctrl+g")
        await driver.wait_for_text("Group by")


async def test_d_shows_details_and_l_the_events_of_the_host_under_the_status_line() -> None:
    async with running_app(AppDriver()) as driver:
        table = driver.app.screen.query_one(HostTable)
        await driver.press("d")
        assert isinstance(driver.app.screen, HostDetailScreen)
        assert driver.app.screen.query_one(StatusBar).fleet is driver.monitor.state
        await driver.wait_for_text("A27550582 +Host .*● live")
        await driver.press("escape", "l")
        assert isinstance(driver.app.screen, HistoryScreen)
        await driver.wait_for_text(f"id:{table.cursor_key}")
        await driver.wait_for_text("A27550582 +History .*● live")


async def test_a_key_without_a_meaning_is_named_until_the_next_key() -> None:
    async with running_app(AppDriver()) as driver:
        await driver.press("w")
        await driver.wait_for_text("w does nothing here")
        await driver.press("j")
        await driver.wait_until_gone("does nothing here")
        await driver.press("slash", "w")
        assert driver.app.screen.query_one(KeyBar).unknown == ""


async def test_the_key_bar_has_groups_and_help_comes_last() -> None:
    async with running_app(AppDriver(), 160, 40) as driver:
        (bar,) = re.findall(r".*Open.*Help", driver.text)
        acts, views, places, rest = bar.split("│")
        assert "n New" in acts
        assert "/ Filter" in views
        assert "2 Catalog" in places
        assert rest.rstrip().endswith("? Help")
        assert "q Quit" in rest


async def test_the_pane_with_the_focus_is_filtered() -> None:
    async with running_app(AppDriver()) as driver:
        await driver.press("2", "slash")
        await driver.type("gpu:4090 cost<3")
        await driver.press("enter")
        await driver.wait_for_text(r"²Catalog · / gpu:.* · esc clears")
        assert driver.app.focused is not None
        assert driver.app.focused.id == "packages"
        assert driver.app.screen.query_one("#packages", Table).row_count == 1
        assert not driver.app.screen.query_one(HostPane).has_filter
        await driver.press("escape")
        await driver.wait_until_gone("esc clears")
        await driver.press("1", "slash")
        await driver.type("status:off")
        await driver.press("enter")
        await driver.wait_for_text(r"¹Hosts \d+/12 · 0 on .*/ status:off · esc clears")


async def test_keys_behind_the_enter_of_a_field_and_control_keys_are_handled_in_order() -> None:
    async with running_app(AppDriver()) as driver:
        await driver.burst("slash", *"abc", "ctrl+u", *"cpu>0", "enter", "slash", "ctrl+u", "2", "5")
        assert isinstance(driver.app.focused, FilterInput)
        assert driver.app.focused.value == "25"
        await driver.burst("ctrl+u", *"status:off", "enter", "G", "ctrl+p", *"sort", "ctrl+u", *"zoom")
        assert isinstance(driver.app.focused, Input)
        assert driver.app.focused.value == "zoom"


async def test_the_overview_is_boxes_or_a_line_and_can_be_hidden() -> None:
    saved: list[object] = []

    async def keep(changes: object) -> str:
        saved.append(changes)
        return ""

    async with running_app(AppDriver(keep=keep)) as driver:
        overview = driver.app.screen.query_one(OverviewPane)
        await driver.wait_for_text("╭─ Fleet ─+╮╭─ Cost ─+╮╭─ Expiring ─+╮")
        assert overview.size.height == 5
        await driver.pilot.resize_terminal(100, 29)
        await driver.wait_for_text(r"\d on · .*≈¥[0-9.]+/h now")
        assert overview.size.height == 1
        assert "/h" not in driver.text.splitlines()[0]
        await driver.press("O")
        await until(lambda: saved == [{("panes", "overview"): False}])
        assert not overview.display or overview.size.height == 0
        await driver.wait_for_text(r"live .*≈¥[0-9.]+/h")
        await driver.press("O")
        await until(lambda: saved[-1] == {("panes", "overview"): None})


async def test_the_overview_is_not_painted_while_nothing_in_it_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_app(AppDriver()) as driver:
        overview = driver.app.screen.query_one(OverviewPane)
        await driver.wait_until_idle()
        painted = []
        monkeypatch.setattr(overview, "refresh", lambda *regions, **_options: painted.append(regions))
        await driver.refresh()
        overview.draw()
        assert painted == []


async def test_the_inspector_follows_the_cursor() -> None:
    async with running_app(AppDriver()) as driver:
        table, inspector = driver.app.screen.query_one(HostTable), driver.app.screen.query_one(Inspector)
        for host in driver.world.listed()[:2]:
            table.move_to(host.id)
            await until(lambda host=host: host.name in str(inspector.border_title))  # type: ignore[misc]


@pytest.mark.parametrize(("columns", "is_beside"), [(109, False), (110, True), (180, True)])
async def test_the_catalog_stands_beside_the_hosts_from_110_columns(columns: int, is_beside: bool) -> None:
    async with running_app(AppDriver(), columns, 40) as driver:
        hosts, catalog = (driver.app.screen.query_one(name) for name in ("#hosts-pane", "#catalog-space"))
        assert catalog.display is is_beside
        assert hosts.size.width > columns / 2 or columns >= 180
        await driver.press("2")
        await until(lambda: catalog.display)
        assert hosts.display is is_beside


async def test_a_host_with_an_undrawable_name_shows_its_id() -> None:
    async with running_app(AppDriver(ascii_only=True), 120, 40) as driver:
        running = [host for host in driver.world.listed() if host.status in (ON, BILLED)]
        chinese = next(host for host in running if not host.name.isascii())
        await driver.wait_for_text(rf"{chinese.id} +[*o^vx] ")
        chinese.status = OFF
        await driver.refresh()
        await driver.wait_for_text(rf"# {chinese.id} on( Y)? > off - This was not ordered here")
        await driver.wait_for_text(rf"\d\d +{chinese.id} on( Y)? > off")
