"""Slow operations show their progress and can be cancelled."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from support.app_driver import AppDriver, running_app
from support.wait import until

from xds_tui.api.errors import NotSent
from xds_tui.domain.records import Event, EventKind
from xds_tui.fleet.state import ConnectionState, FleetState, Progress
from xds_tui.tui.app import FleetUpdated
from xds_tui.tui.flows import session
from xds_tui.tui.screens.history import PAGE_SIZE


async def show(driver: AppDriver, **changed: object) -> None:
    driver.app.post_message(FleetUpdated(replace(driver.monitor.state, **changed), driver.monitor))  # type: ignore[arg-type]
    await driver.pilot.pause()


async def test_a_refresh_is_shown_in_place_of_the_interval() -> None:
    async with running_app(AppDriver()) as driver:
        before = driver.text.splitlines()[0]
        await show(driver, progress=Progress())
        asked = driver.text.splitlines()[0]
        await show(driver, progress=Progress(50, 1000))
        counted = driver.text.splitlines()[0]
        assert asked.replace("refreshing  ", "every 3600 s") == before
        assert counted.replace("50/1000     ", "every 3600 s") == before


def notifications(driver: AppDriver) -> list[str]:
    return [notification.message for notification in driver.app._notifications]


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (FleetState(ConnectionState.CONNECTING, progress=Progress(25, 200)), "◌ connecting · 25/200"),
        (FleetState(ConnectionState.PAUSED, progress=Progress()), "‖ paused · refreshing"),
        (
            FleetState(ConnectionState.ERROR, error=NotSent("Not reached"), progress=Progress()),
            "▲ offline · refreshing",
        ),
    ],
)
async def test_a_requested_refresh_shows_progress_in_every_state(state: FleetState, shown: str) -> None:
    async with running_app(AppDriver()) as driver:
        driver.app.post_message(FleetUpdated(state, driver.monitor))
        await driver.wait_for_text(shown)


async def test_waiting_for_a_slow_keyring_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "PROGRESS_DELAY", 0.001)
    answered = asyncio.Event()

    async def keep() -> str:
        await answered.wait()
        return "Secret Service"

    async with running_app(AppDriver()) as driver:
        monkeypatch.setattr(driver.account, "store_credentials", keep)
        keeping = driver.app.run_worker(session.save_credentials(driver.app, driver.account))
        await until(lambda: notifications(driver) == ["Waiting for the keyring, which may prompt first"])
        answered.set()
        await keeping.wait()
        await until(lambda: notifications(driver)[1:] == ["Stored in the keyring: Secret Service"])


async def a_long_past(driver: AppDriver) -> None:
    events = [
        Event(at=driver.now() - timedelta(minutes=number), kind=EventKind.RECOVERED, summary=f"{number}")
        for number in range(PAGE_SIZE + 10)
    ]
    await driver.monitor.recorder.journal.add_events(events)


async def test_a_long_export_shows_progress_and_esc_cancels_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_app(AppDriver()) as driver:
        await a_long_past(driver)
        await driver.press("h")
        await driver.wait_for_text("shown")
        go_on = asyncio.Event()
        read = driver.monitor.recorder.past_events

        async def slowly(*about: object) -> object:
            await go_on.wait()
            return await read(*about)  # type: ignore[arg-type]

        monkeypatch.setattr(driver.monitor.recorder, "past_events", slowly)
        await driver.press("e")
        await driver.wait_for_text(r"Loading history: \d+ events so far \(esc to stop\)")
        await driver.press("escape")
        go_on.set()
        await driver.wait_until_gone("so far")
        assert not driver.exports.exists()


async def test_a_state_that_arrives_while_the_app_shuts_down_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = AppDriver()
    close_all = driver.app._close_all

    async def close_all_and_publish() -> None:
        await close_all()
        state = replace(driver.monitor.state, connection=ConnectionState.SIGNED_OUT)
        driver.app.on_fleet_updated(FleetUpdated(state, driver.monitor))

    async with running_app(driver):
        monkeypatch.setattr(driver.app, "_close_all", close_all_and_publish)
    assert driver.app._exception is None
