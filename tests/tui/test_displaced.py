"""A start is confirmed if a refresh has moved the cursor to another host or removed the marks."""

from __future__ import annotations

from itertools import pairwise

import pytest
from support.app_driver import AppDriver, running_app
from support.wait import until

from xds_tui.simulator.host import OFF, SimHost
from xds_tui.tui.screens.confirm import ConfirmScreen
from xds_tui.tui.widgets.host_table import HostTable

pytestmark = pytest.mark.usefixtures("unhurried")


def two_that_are_off(driver: AppDriver) -> list[SimHost]:
    return [host for host in driver.world.listed() if host.status == OFF][:2]


async def remove(driver: AppDriver, *hosts: SimHost) -> None:
    for host in hosts:
        del driver.world.hosts[host.id]
    table = driver.app.screen.query_one(HostTable)
    for _sweep in range(5):
        if not any(host.id in table.keys for host in hosts):
            return
        await driver.refresh()
    raise AssertionError("still listed")


def put_the_cursor_before_an_off_host(driver: AppDriver) -> tuple[HostTable, SimHost]:
    table = driver.app.screen.query_one(HostTable)
    hosts = {host.id: host for host in driver.world.listed()}
    first, second = next(pair for pair in pairwise(table.keys) if hosts[pair[1]].status == OFF)
    table.move_to(first)
    assert table.cursor_key == first
    assert second in hosts
    return table, hosts[first]


async def test_a_start_is_confirmed_if_the_host_under_the_cursor_has_gone() -> None:
    async with running_app(AppDriver()) as driver:
        table, gone = put_the_cursor_before_an_off_host(driver)
        await remove(driver, gone)
        assert table.is_displaced
        await driver.burst("s")
        assert isinstance(driver.app.screen, ConfirmScreen)
        assert "The list has just changed" in " ".join(driver.text.split())
        await driver.burst("n")
        assert driver.request_count("operate") == 0


async def test_a_start_is_not_confirmed_after_the_user_moved_the_cursor() -> None:
    async with running_app(AppDriver()) as driver:
        table, gone = put_the_cursor_before_an_off_host(driver)
        await remove(driver, gone)
        await driver.burst("down", "up")
        assert not table.is_displaced
        await driver.burst("s")
        await until(lambda: driver.request_count("operate") == 1)


async def test_a_start_is_confirmed_if_all_marked_hosts_have_gone() -> None:
    async with running_app(AppDriver()) as driver:
        marked, other = two_that_are_off(driver)
        table = driver.app.screen.query_one(HostTable)
        table.move_to(marked.id)
        await driver.burst("space")
        table.move_to(other.id)
        await remove(driver, marked)
        assert not table.marked
        await driver.burst("s")
        assert isinstance(driver.app.screen, ConfirmScreen)
        await driver.burst("n")
        assert driver.request_count("operate") == 0


async def test_a_filter_of_the_user_requires_no_confirmation() -> None:
    async with running_app(AppDriver()) as driver:
        off = two_that_are_off(driver)[0]
        await driver.burst("slash", *f"id:{off.id}", "enter", "s")
        if isinstance(driver.app.screen, ConfirmScreen):
            await driver.burst("y")
        await until(lambda: driver.request_count("operate") == 1)
