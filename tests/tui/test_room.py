"""Terminals of any size, and changes of the size."""

from __future__ import annotations

import asyncio
import re

import pytest
from support.app_driver import Desk, sitting_at
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


async def resize(desk: Desk, columns: int, rows: int) -> None:
    await desk.pilot.resize_terminal(columns, rows)
    await desk.pilot.pause()


def cursor(text: str) -> list[str]:
    """Return the lines of the screen with a cursor."""
    return re.findall(r"▌.*?(?= ?.?│|$)", text, re.MULTILINE)


def dialog(desk: Desk) -> list[str]:
    """Return the lines of the open dialog."""
    boxes = [box.region for box in desk.app.screen.query(".dialog")]
    return [strip.crop(box.x, box.right).text for box in boxes for strip in desk.strips()[box.y : box.bottom]]


@pytest.mark.parametrize("scene", SCENES[::2], ids=lambda scene: scene.name)
async def test_a_screen_that_is_too_small_is_restored_after_growing(scene: Scene) -> None:
    async with sitting_at(scene.desk(), 80, 24) as desk:
        await scene.play(desk)
        before, focused = await desk.still(), desk.app.focused
        asked = dialog(desk)
        await resize(desk, 50, 10)
        await desk.see("60x15 at least; this is 50x10")
        await resize(desk, 59, 40)
        await desk.see("60x15 at least; this is 59x40")
        await resize(desk, 80, 24)
        await desk.see_no_more("at least")
        assert desk.app.focused is focused
        if scene.name in SQUEEZED:
            await until(lambda: cursor(desk.text) == cursor(before) and dialog(desk) == asked)
        else:
            await until(lambda: desk.text == before)


async def test_keys_are_ignored_while_the_screen_is_too_small() -> None:
    async with sitting_at(Desk(), 80, 24) as desk:
        await resize(desk, 80, 14)
        await desk.see("at least")
        await desk.press("down", "space", "x", "n", "question_mark")
        assert isinstance(desk.app.screen, TooSmallScreen)
        await resize(desk, 80, 24)
        await desk.see("Hosts 12")
        table = desk.app.screen.query_one(HostTable)
        assert table.marked == frozenset()


async def test_the_input_of_a_dialog_survives_a_small_screen() -> None:
    async with sitting_at(Desk(), 80, 24) as desk:
        await BY_NAME["delete_question"].play(desk)
        await desk.type("abc")
        await resize(desk, 20, 5)
        await desk.see("at least")
        await resize(desk, 100, 30)
        await desk.see_no_more("at least")
        assert desk.app.screen.query_one(Input).value == "abc"


async def test_a_screen_opened_while_too_small_is_shown_after_growing() -> None:
    async with sitting_at(Desk(), 80, 24) as desk:
        await resize(desk, 50, 10)
        await desk.see("at least")
        desk.app.action_sign_in()
        await desk.pilot.pause()
        await desk.sweep()
        await desk.see("at least")
        await resize(desk, 80, 24)
        await desk.see("Sign in to")
        await desk.press("escape")
        await desk.see("Hosts 12")


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
async def test_a_screen_fits_from_60x15_to_300x80(scene: Scene) -> None:
    async with sitting_at(scene.desk(), 80, 24) as desk:
        await scene.play(desk)
        for columns, rows in ((60, 15), (120, 40), (300, 80)):
            await resize(desk, columns, rows)
            lines = desk.text.splitlines()
            assert len(lines) == rows
            focused = desk.app.focused
            assert focused is None or desk.app.screen.region.contains_region(focused.region)
            assert focused is None or focused.region.area > 0


SHRINK_AND_GROW = ((59, 14), (40, 5), (7, 2), (2, 1), (1, 1), (1, 40), (200, 1), (1, 1), (33, 9), (80, 24))
"""Sizes that a terminal passes through quickly, down to a single cell and up."""


async def resize_quickly(desk: Desk, turns: int) -> None:
    """Resize the terminal to all sizes, with a number of turns of the event loop between two."""
    for columns, rows in SHRINK_AND_GROW:
        size = Size(columns, rows)
        desk.app._driver._size = size
        desk.app.post_message(Resize(size, size))
        for _turn in range(turns):
            await asyncio.sleep(0)


@pytest.mark.paints
@pytest.mark.parametrize("scene", SCENES[::3], ids=lambda scene: scene.name)
async def test_a_screen_survives_a_terminal_that_shrinks_to_one_cell_and_grows(scene: Scene) -> None:
    async with sitting_at(scene.desk(), 80, 24) as desk:
        await scene.play(desk)
        for turns in (0, 5):
            await resize_quickly(desk, turns)
            await desk.see_no_more("at least")
            assert desk.app._exception is None, f"{turns} turns between two sizes"
        await until(lambda: desk.app.screen.size == Size(80, 24))


@pytest.mark.paints
@pytest.mark.parametrize("name", [*OPENINGS][::3])
async def test_a_terminal_shrinks_to_one_cell_and_grows_while_a_key_is_handled(name: str) -> None:
    opening = OPENINGS[name]
    async with sitting_at(Desk(hosts=3), 80, 24) as desk:
        for turns in (2, 29):
            await desk.press(*opening.before)
            desk.post(opening.key)
            await resize_quickly(desk, turns)
            await desk.see_no_more("at least")
            await until(lambda: not desk.app._key_queue.is_holding)
            assert desk.app._exception is None, f"{turns} turns between two sizes"
            await close_all(desk)
            await desk.press("escape", "1")
