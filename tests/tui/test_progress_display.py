"""Slow operations show their progress and can be cancelled."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from support.app_driver import Desk, sitting_at
from support.wait import until

from xds_tui.api.errors import NotSent
from xds_tui.domain.records import Event, EventKind
from xds_tui.fleet.state import ConnectionState, FleetState, Progress
from xds_tui.tui.app import FleetUpdated
from xds_tui.tui.flows import session
from xds_tui.tui.screens.history import PAGE_SIZE


async def show(desk: Desk, **changed: object) -> None:
    desk.app.post_message(FleetUpdated(replace(desk.monitor.state, **changed), desk.monitor))  # type: ignore[arg-type]
    await desk.pilot.pause()


async def test_a_refresh_is_shown_in_place_of_the_interval() -> None:
    async with sitting_at(Desk()) as desk:
        before = desk.text.splitlines()[0]
        await show(desk, progress=Progress())
        asked = desk.text.splitlines()[0]
        await show(desk, progress=Progress(50, 1000))
        counted = desk.text.splitlines()[0]
        assert asked.replace("refreshing  ", "every 3600 s") == before
        assert counted.replace("50/1000     ", "every 3600 s") == before


def notifications(desk: Desk) -> list[str]:
    return [notification.message for notification in desk.app._notifications]


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
    async with sitting_at(Desk()) as desk:
        desk.app.post_message(FleetUpdated(state, desk.monitor))
        await desk.see(shown)


async def test_waiting_for_a_slow_keyring_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "PROGRESS_DELAY", 0.001)
    answered = asyncio.Event()

    async def keep() -> str:
        await answered.wait()
        return "Secret Service"

    async with sitting_at(Desk()) as desk:
        monkeypatch.setattr(desk.account, "store_credentials", keep)
        keeping = desk.app.run_worker(session.save_credentials(desk.app, desk.account))
        await until(lambda: notifications(desk) == ["Waiting for the keyring, which may ask you first"])
        answered.set()
        await keeping.wait()
        await until(lambda: notifications(desk)[1:] == ["Kept in the keyring: Secret Service"])


async def a_long_past(desk: Desk) -> None:
    events = [
        Event(at=desk.now() - timedelta(minutes=number), kind=EventKind.RECOVERED, summary=f"{number}")
        for number in range(PAGE_SIZE + 10)
    ]
    await desk.monitor.recorder.journal.add_events(events)


async def test_a_long_export_shows_progress_and_esc_cancels_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async with sitting_at(Desk()) as desk:
        await a_long_past(desk)
        await desk.press("h")
        await desk.see("shown")
        go_on = asyncio.Event()
        read = desk.monitor.recorder.past_events

        async def slowly(*about: object) -> object:
            await go_on.wait()
            return await read(*about)  # type: ignore[arg-type]

        monkeypatch.setattr(desk.monitor.recorder, "past_events", slowly)
        await desk.press("e")
        await desk.see(r"Loading history: \d+ events so far \(esc to stop\)")
        await desk.press("escape")
        go_on.set()
        await desk.see_no_more("so far")
        assert not desk.exports.exists()


async def test_a_state_that_arrives_while_the_app_shuts_down_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    close_all = desk.app._close_all

    async def close_all_and_publish() -> None:
        await close_all()
        state = replace(desk.monitor.state, connection=ConnectionState.SIGNED_OUT)
        desk.app.on_fleet_updated(FleetUpdated(state, desk.monitor))

    async with sitting_at(desk):
        monkeypatch.setattr(desk.app, "_close_all", close_all_and_publish)
    assert desk.app._exception is None
