"""A start is confirmed if a refresh has moved the cursor to another host or removed the marks."""

from __future__ import annotations

from itertools import pairwise

import pytest
from support.app_driver import Desk, sitting_at
from support.wait import until

from xds_tui.simulator.host import OFF, SimHost
from xds_tui.tui.screens.confirm import ConfirmScreen
from xds_tui.tui.widgets.host_table import HostTable

pytestmark = pytest.mark.usefixtures("unhurried")


def two_that_are_off(desk: Desk) -> list[SimHost]:
    return [host for host in desk.world.listed() if host.status == OFF][:2]


async def remove(desk: Desk, *hosts: SimHost) -> None:
    for host in hosts:
        del desk.world.hosts[host.id]
    table = desk.app.screen.query_one(HostTable)
    for _sweep in range(5):
        if not any(host.id in table.keys for host in hosts):
            return
        await desk.sweep()
    raise AssertionError("still listed")


def put_the_cursor_before_an_off_host(desk: Desk) -> tuple[HostTable, SimHost]:
    table = desk.app.screen.query_one(HostTable)
    hosts = {host.id: host for host in desk.world.listed()}
    first, second = next(pair for pair in pairwise(table.keys) if hosts[pair[1]].status == OFF)
    table.move_to(first)
    assert table.cursor_key == first
    assert second in hosts
    return table, hosts[first]


async def test_a_start_is_confirmed_if_the_host_under_the_cursor_has_gone() -> None:
    async with sitting_at(Desk()) as desk:
        table, gone = put_the_cursor_before_an_off_host(desk)
        await remove(desk, gone)
        assert table.is_displaced
        await desk.burst("s")
        assert isinstance(desk.app.screen, ConfirmScreen)
        assert "the cursor or the marks were elsewhere" in " ".join(desk.text.split())
        await desk.burst("n")
        assert desk.asked("operate") == 0


async def test_a_start_is_not_confirmed_after_the_user_moved_the_cursor() -> None:
    async with sitting_at(Desk()) as desk:
        table, gone = put_the_cursor_before_an_off_host(desk)
        await remove(desk, gone)
        await desk.burst("down", "up")
        assert not table.is_displaced
        await desk.burst("s")
        await until(lambda: desk.asked("operate") == 1)


async def test_a_start_is_confirmed_if_all_marked_hosts_have_gone() -> None:
    async with sitting_at(Desk()) as desk:
        marked, other = two_that_are_off(desk)
        table = desk.app.screen.query_one(HostTable)
        table.move_to(marked.id)
        await desk.burst("space")
        table.move_to(other.id)
        await remove(desk, marked)
        assert not table.marked
        await desk.burst("s")
        assert isinstance(desk.app.screen, ConfirmScreen)
        await desk.burst("n")
        assert desk.asked("operate") == 0


async def test_a_filter_of_the_user_requires_no_confirmation() -> None:
    async with sitting_at(Desk()) as desk:
        off = two_that_are_off(desk)[0]
        await desk.burst("slash", *f"id:{off.id}", "enter", "s")
        if isinstance(desk.app.screen, ConfirmScreen):
            await desk.burst("y")
        await until(lambda: desk.asked("operate") == 1)
