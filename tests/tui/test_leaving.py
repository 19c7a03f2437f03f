"""Closing each screen at every moment while it opens does not fail."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass

import pytest
from support.app_driver import AppDriver, running_app
from support.wait import until

from xds_tui.tui.app import _fleet_screen
from xds_tui.tui.screens.fleet import FleetScreen

TURNS = 240
"""Turns of the event loop until an opened screen has settled: 40 to 200."""


def steps(number: int) -> range:
    """The turns after which opening is interrupted: different ones for each screen, or all with XDS_EVERY_TURN set."""
    return range(TURNS) if "XDS_EVERY_TURN" in os.environ else range(7 * number % 48, TURNS, 48)


@dataclass(frozen=True)
class Opening:
    """A way to open a screen or dialog."""

    key: str
    before: tuple[str, ...] = ()
    """The keys to press before `key`."""


OPENINGS = {
    "filter": Opening("slash"),
    "catalog": Opening("2"),
    "details": Opening("enter"),
    "copy of a host": Opening("y", ("enter",)),
    "password": Opening("Y", ("enter",)),
    "history": Opening("h"),
    "charts": Opening("3", ("h",)),
    "span of the charts": Opening("s", ("h", "3")),
    "orders": Opening("2", ("h",)),
    "filter of the history": Opening("slash", ("h",)),
    "export": Opening("e", ("h",)),
    "wizard": Opening("n"),
    "package": Opening("enter", ("n",)),
    "order": Opening("f7", ("n",)),
    "sign-in": Opening("i"),
    "help": Opening("question_mark"),
    "palette": Opening("ctrl+p"),
    "command": Opening("enter", ("ctrl+p",)),
    "theme": Opening("T"),
    "language": Opening("L"),
    "sort": Opening("o"),
    "columns": Opening("C"),
    "filters": Opening("f"),
    "stop": Opening("x", ("down",)),
    "delete": Opening("D"),
}


async def take_turns(count: int) -> None:
    for _turn in range(count):
        await asyncio.sleep(0)


async def close_all(driver: AppDriver) -> None:
    task = asyncio.current_task()
    assert task is not None
    while len(driver.app.screen_stack) > 1:
        try:
            await driver.app.pop_screen()
        except asyncio.CancelledError:
            # Textual passes on the cancellation of a widget whose task had not started yet.
            if task.cancelling():
                raise


@pytest.mark.sweep(3)
@pytest.mark.parametrize("name", OPENINGS)
async def test_closing_a_screen_while_it_opens_does_not_fail(name: str) -> None:
    opening = OPENINGS[name]
    async with running_app(AppDriver(hosts=3)) as driver:
        for turns in steps([*OPENINGS].index(name)):
            await driver.press(*opening.before)
            driver.post(opening.key)
            await take_turns(turns)
            await close_all(driver)
            await until(lambda: not driver.app._key_queue.is_holding)
            await close_all(driver)  # what the key opened only now
            assert driver.app._exception is None, f"left after {turns} turns"
            await driver.press("escape", "1")


async def test_the_main_screen_can_be_replaced_while_it_opens() -> None:
    async with running_app(AppDriver()) as driver:
        services = driver.app._services
        for turns in steps(3):
            for _time in range(2):
                await driver.app.switch_screen(
                    _fleet_screen(services, services.profile, services.listing, services.panes)
                )
                await take_turns(turns)
            assert driver.app._exception is None, f"replaced after {turns} turns"
        base = driver.app.screen
        assert isinstance(base, FleetScreen)
        await until(lambda: base._catalog is not None)


@pytest.mark.sweep(3)
@pytest.mark.parametrize("opening", [OPENINGS["charts"], OPENINGS["wizard"], OPENINGS["command"]], ids=str)
@pytest.mark.parametrize("turns", [1, 17, 90])
async def test_the_app_can_quit_while_a_screen_opens(opening: Opening, turns: int) -> None:
    driver = AppDriver()
    async with running_app(driver):
        await driver.press(*opening.before)
        driver.post(opening.key)
        await take_turns(turns)
        driver.app.exit(0)
    assert driver.app.return_code == 0
    assert driver.app._exception is None
