"""What the screens look like where there is more room, and moments besides those that `test_looks` has of each.

Look at each picture before accepting another.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import pytest
from support import scenes
from support.app_driver import AppDriver

if TYPE_CHECKING:
    from textual.pilot import Pilot

pytestmark = pytest.mark.usefixtures("unhurried")

Snap = Callable[..., bool]
Scene = Callable[[AppDriver], Awaitable[object]]

SMALLEST = (80, 24)
LARGER = [(120, 40), (200, 50)]


def looks_right(snap_compare: Snap, scene: Scene, size: tuple[int, int], driver: AppDriver | None = None) -> bool:
    driver = driver or AppDriver(hosts=40)

    async def play(pilot: Pilot[int]) -> None:
        driver.pilot = pilot
        await driver.settle()
        await scene(driver)
        await driver.wait_until_idle()

    return snap_compare(driver.app, terminal_size=size, run_before=play)


async def nothing(driver: AppDriver) -> None:
    """Show times and prices without delays."""
    if driver.app.size.height >= 50:
        await driver.wait_for_text("3 hosts of this kind")


async def marked_and_filtered(driver: AppDriver) -> None:
    await driver.press("space", "down", "space", "slash")
    await driver.type("gpu:4090")


async def revealed(driver: AppDriver) -> None:
    await scenes.detail(driver)
    await driver.press("v")


@pytest.mark.sweep(4)
@pytest.mark.parametrize("size", LARGER, ids=str)
@pytest.mark.parametrize(
    "scene",
    [nothing, scenes.catalog, scenes.review, scenes.detail, scenes.past_orders, scenes.past_charts],
    ids=lambda scene: scene.__name__,
)
def test_a_main_screen(snap_compare: Snap, scene: Scene, size: tuple[int, int]) -> None:
    assert looks_right(snap_compare, scene, size)


def test_signing_in(snap_compare: Snap) -> None:
    assert looks_right(snap_compare, scenes.sign_in, LARGER[0], AppDriver(credentials=None))


@pytest.mark.parametrize("scene", [marked_and_filtered, revealed], ids=lambda scene: scene.__name__)
def test_a_moment(snap_compare: Snap, scene: Scene) -> None:
    assert looks_right(snap_compare, scene, SMALLEST)


def test_an_empty_fleet(snap_compare: Snap) -> None:
    assert looks_right(snap_compare, nothing, SMALLEST, AppDriver(hosts=0))
