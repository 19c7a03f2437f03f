"""Terminals of any size, and changes of the size."""

from __future__ import annotations

import asyncio
import re

import pytest
from support.app_driver import AppDriver, running_app
from support.scenes import SCENES, Scene
from support.wait import until
from test_leaving import OPENINGS, close_all
from textual.events import Resize
from textual.geometry import Size
from textual.widgets import Input

from xds_tui.tui.screens.too_small import TooSmallScreen
from xds_tui.tui.widgets.host_table import HostTable

pytestmark = pytest.mark.usefixtures("unhurried")

BY_NAME = {scene.name: scene for scene in SCENES}

SQUEEZED = ("package", "delete_question")
"""Scenes with a list that may scroll to its cursor when the terminal shrinks, and then stays there."""


async def resize(driver: AppDriver, columns: int, rows: int) -> None:
    await driver.pilot.resize_terminal(columns, rows)
    await driver.pilot.pause()


def cursor(text: str) -> list[str]:
    """Return the lines of the screen with a cursor."""
    return re.findall(r"▌.*?(?= ?.?│|$)", text, re.MULTILINE)


def dialog(driver: AppDriver) -> list[str]:
    """Return the lines of the open dialog."""
    boxes = [box.region for box in driver.app.screen.query(".dialog")]
    return [strip.crop(box.x, box.right).text for box in boxes for strip in driver.strips()[box.y : box.bottom]]


async def test_the_field_of_a_deletion_is_visible_however_many_hosts_are_deleted() -> None:
    async with running_app(AppDriver(), 80, 24) as driver:
        await driver.press("asterisk", "D")
        await driver.wait_for_text("Delete .* permanently")
        assert driver.app.screen.query_one("#typed").region.height == 1
        assert driver.app.screen.query_one("#typed").region.bottom < 24
        assert re.search("Type delete", driver.text)


@pytest.mark.sweep(2)
@pytest.mark.parametrize("scene", SCENES[::2], ids=lambda scene: scene.name)
async def test_a_screen_that_is_too_small_is_restored_after_growing(scene: Scene) -> None:
    async with running_app(scene.driver(), 80, 24) as driver:
        await scene.play(driver)
        before, focused = await driver.wait_until_idle(), driver.app.focused
        asked = dialog(driver)
        await resize(driver, 50, 10)
        await driver.wait_for_text("60x15; this terminal has 50x10")
        await resize(driver, 59, 40)
        await driver.wait_for_text("60x15; this terminal has 59x40")
        await resize(driver, 80, 24)
        await driver.wait_until_gone("at least")
        assert driver.app.focused is focused
        if scene.name in SQUEEZED:
            await until(lambda: cursor(driver.text) == cursor(before) and dialog(driver) == asked)
        else:
            await until(lambda: driver.text == before)


async def test_keys_are_ignored_while_the_screen_is_too_small() -> None:
    async with running_app(AppDriver(), 80, 24) as driver:
        await resize(driver, 80, 14)
        await driver.wait_for_text("at least")
        await driver.press("down", "space", "x", "n", "question_mark")
        assert isinstance(driver.app.screen, TooSmallScreen)
        await resize(driver, 80, 24)
        await driver.wait_for_text("Hosts 12")
        table = driver.app.screen.query_one(HostTable)
        assert table.marked == frozenset()


async def test_the_input_of_a_dialog_survives_a_small_screen() -> None:
    async with running_app(AppDriver(), 80, 24) as driver:
        await BY_NAME["delete_question"].play(driver)
        await driver.type("abc")
        await resize(driver, 20, 5)
        await driver.wait_for_text("at least")
        await resize(driver, 100, 30)
        await driver.wait_until_gone("at least")
        assert driver.app.screen.query_one(Input).value == "abc"


async def test_a_screen_opened_while_too_small_is_shown_after_growing() -> None:
    async with running_app(AppDriver(), 80, 24) as driver:
        await resize(driver, 50, 10)
        await driver.wait_for_text("at least")
        driver.app.action_sign_in()
        await driver.pilot.pause()
        await driver.refresh()
        await driver.wait_for_text("at least")
        await resize(driver, 80, 24)
        await driver.wait_for_text("Sign in to")
        await driver.press("escape")
        await driver.wait_for_text("Hosts 12")


@pytest.mark.sweep(3)
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
async def test_a_screen_fits_from_60x15_to_300x80(scene: Scene) -> None:
    async with running_app(scene.driver(), 80, 24) as driver:
        await scene.play(driver)
        for columns, rows in ((60, 15), (120, 40), (300, 80)):
            await resize(driver, columns, rows)
            lines = driver.text.splitlines()
            assert len(lines) == rows
            focused = driver.app.focused
            assert focused is None or driver.app.screen.region.contains_region(focused.region)
            assert focused is None or focused.region.area > 0


SHRINK_AND_GROW = ((59, 14), (40, 5), (7, 2), (2, 1), (1, 1), (1, 40), (200, 1), (1, 1), (33, 9), (80, 24))
"""Sizes that a terminal passes through quickly, down to a single cell and up."""


async def resize_quickly(driver: AppDriver, turns: int) -> None:
    """Resize the terminal to all sizes, with a number of turns of the event loop between two."""
    terminal = driver.app._driver
    assert terminal is not None
    for columns, rows in SHRINK_AND_GROW:
        size = Size(columns, rows)
        terminal._size = size
        driver.app.post_message(Resize(size, size))
        for _turn in range(turns):
            await asyncio.sleep(0)


@pytest.mark.sweep(2)
@pytest.mark.paints
@pytest.mark.parametrize("scene", SCENES[::3], ids=lambda scene: scene.name)
async def test_a_screen_survives_a_terminal_that_shrinks_to_one_cell_and_grows(scene: Scene) -> None:
    async with running_app(scene.driver(), 80, 24) as driver:
        await scene.play(driver)
        for turns in (0, 5):
            await resize_quickly(driver, turns)
            await driver.wait_until_gone("at least")
            assert driver.app._exception is None, f"{turns} turns between two sizes"
        await until(lambda: driver.app.screen.size == Size(80, 24))


@pytest.mark.sweep(2)
@pytest.mark.paints
@pytest.mark.parametrize("name", [*OPENINGS][::3])
async def test_a_terminal_shrinks_to_one_cell_and_grows_while_a_key_is_handled(name: str) -> None:
    opening = OPENINGS[name]
    async with running_app(AppDriver(hosts=3), 80, 24) as driver:
        for turns in (2, 29):
            await driver.press(*opening.before)
            driver.post(opening.key)
            await resize_quickly(driver, turns)
            await driver.wait_until_gone("at least")
            await until(lambda: not driver.app._key_queue.is_holding)
            assert driver.app._exception is None, f"{turns} turns between two sizes"
            await close_all(driver)
            await driver.press("escape", "1")
