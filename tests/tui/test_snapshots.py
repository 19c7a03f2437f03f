"""What the screens look like, at the sizes where they differ. Look at each picture before accepting another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from conditions import until
from driver import Desk

from xds_tui.model import Status
from xds_tui.record import Sample
from xds_tui.simulator.faults import Fault, Kind
from xds_tui.simulator.machine import OFF
from xds_tui.tui.widgets.host_table import HostTable

if TYPE_CHECKING:
    from textual.pilot import Pilot

pytestmark = pytest.mark.usefixtures("unhurried")

Snap = Callable[..., bool]
Scene = Callable[[Desk], Awaitable[object]]

SIZES = [(80, 24), (120, 40), (200, 50)]


def looks_right(snap_compare: Snap, scene: Scene, size: tuple[int, int], desk: Desk | None = None) -> bool:
    desk = desk or Desk(hosts=40)

    async def play(pilot: Pilot[int]) -> None:
        desk.pilot = pilot
        await desk.settle()
        await scene(desk)
        await pilot.pause()

    return snap_compare(desk.app, terminal_size=size, run_before=play)


async def nothing(desk: Desk) -> None:
    """Look at what is there at once."""


async def catalog(desk: Desk) -> None:
    await desk.press("2", "down", "enter")
    await desk.see("✓ 4090×2")


async def marked_and_filtered(desk: Desk) -> None:
    await desk.press("space", "down", "space", "slash")
    await desk.type("gpu:4090")


async def mode(desk: Desk) -> None:
    await desk.press("n")
    await desk.see("▸1 Billing")


async def how_much(desk: Desk) -> None:
    await desk.press("n", "down", "enter", "down", "down", "enter", "enter", "3", "tab", "2")
    await desk.see("¥3,801.60")


async def review(desk: Desk) -> None:
    await how_much(desk)
    await desk.press("enter")
    await desk.see("▸5 Review")


async def detail(desk: Desk) -> None:
    target = next(host for host in desk.world.listed() if host.rented and host.expires and host.status == OFF)
    desk.app.screen.query_one(HostTable).move_to(target.id)
    await desk.press("enter")
    await desk.see("Password")


async def revealed(desk: Desk) -> None:
    await detail(desk)
    await desk.press("v")


async def stop_question(desk: Desk) -> None:
    await desk.press("down", "space", "down", "space", "x")
    await desk.see("Stop 2 hosts")


async def delete_question(desk: Desk) -> None:
    target = next(host for host in desk.world.listed() if host.rented and host.status == OFF)
    desk.app.screen.query_one(HostTable).move_to(target.id)
    await desk.press("D")
    await desk.see("Delete 1 host")


async def keys(desk: Desk) -> None:
    await desk.press("question_mark")
    await desk.see("Keys")


async def trouble(desk: Desk) -> None:
    desk.service.faults.set(Fault(kind=Kind.HTML, endpoint="pve/open/mypage", times=9))
    desk.monitor.refresh()
    await desk.see("stale")
    await desk.see("with r")


async def a_day_of_samples(desk: Desk) -> None:
    for number in range(60):
        sample = Sample(
            at=desk.now() - timedelta(minutes=number),
            total=40,
            on=20 + number % 7,
            changing=0,
            billed_low=Decimal(20 + number % 7),
            billed_high=Decimal(22 + number % 7),
            prepaid_low=Decimal(12),
            prepaid_high=Decimal(12),
        )
        if not 20 < number < 30:
            await desk.monitor.history.journal.add_sample(sample)


async def past_events(desk: Desk) -> None:
    await desk.press("h")
    await desk.see("ends within")


async def past_orders(desk: Desk) -> None:
    desk.service.faults.set(Fault(kind=Kind.CODE, endpoint="pve/open/operate", code=6003))
    assert desk.monitor.state.snapshot is not None
    off = next(host for host in desk.monitor.state.snapshot.hosts if host.status is Status.OFF)
    desk.monitor.orders.power([off], on=True)
    await until(lambda: not desk.monitor.orders.is_sending)
    await desk.press("h", "2")
    await desk.see("refused")


async def plots(desk: Desk) -> None:
    await a_day_of_samples(desk)
    await desk.press("h", "3")
    await desk.see("40┤")


async def sign_in(desk: Desk) -> None:
    await desk.see("Sign in to")


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(
    "scene", [nothing, catalog, review, detail, past_orders, plots], ids=lambda scene: scene.__name__
)
def test_a_main_screen(snap_compare: Snap, scene: Scene, size: tuple[int, int]) -> None:
    assert looks_right(snap_compare, scene, size)


@pytest.mark.parametrize(
    "scene",
    [marked_and_filtered, mode, how_much, revealed, stop_question, delete_question, keys, trouble, past_events],
    ids=lambda scene: scene.__name__,
)
def test_a_moment(snap_compare: Snap, scene: Scene) -> None:
    assert looks_right(snap_compare, scene, SIZES[0])


@pytest.mark.parametrize("size", SIZES[:2], ids=str)
def test_signing_in(snap_compare: Snap, size: tuple[int, int]) -> None:
    assert looks_right(snap_compare, sign_in, size, Desk(credentials=None))


def test_an_empty_fleet(snap_compare: Snap) -> None:
    assert looks_right(snap_compare, nothing, SIZES[0], Desk(hosts=0))
