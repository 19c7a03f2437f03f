"""Orders are disabled while the history cannot be written, with a message, and enabled again automatically."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.app_driver import Desk, sitting_at
from support.wait import until

from xds_tui.domain.records import Event, EventKind
from xds_tui.store import database, database_file
from xds_tui.store.database import Database


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (database, database_file):
        monkeypatch.setattr(module, "BUSY_TIMEOUT", 0.2)
    monkeypatch.setattr(database, "RETRY_MIN_DELAY", 0.05)
    monkeypatch.setattr(database, "RETRY_MAX_DELAY", 0.2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    database_file.DatabaseFile.open(path).close()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield


def a_desk(path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr("support.app_driver.Database", lambda _: Database(path))
    return Desk()


async def test_orders_are_disabled_until_the_file_is_usable(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with contextlib.ExitStack() as stack:
        stack.enter_context(locked(path))
        async with sitting_at(a_desk(path, monkeypatch), 200, 50) as desk:
            await desk.see("(?s)cannot be recorded.*keeps the history file locked.*End the process")
            for key in "sxbD":
                await desk.press("escape", key)
                await desk.see("cannot be recorded")
                assert len(desk.app.screen_stack) == 1
            assert desk.asked("operate") == desk.asked("reboot") == desk.asked("delete") == 0
            before = desk.monitor.state.snapshot
            await desk.sweep()
            assert desk.monitor.state.snapshot is not before
            stack.close()
            await desk.see_no_more("cannot be recorded, so")
            assert desk.monitor.state.storage_problem is None
            await desk.press("x")
            await desk.see("Stop")


async def test_the_wizard_shows_prices_and_why_buying_is_disabled(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with contextlib.ExitStack() as stack:
        stack.enter_context(locked(path))
        async with sitting_at(a_desk(path, monkeypatch), 200, 50) as desk:
            await desk.press("n", "enter", "enter", "enter")
            await desk.see("(?s)cannot be recorded.*keeps the history file locked.*End the process")
            await desk.press("B")
            assert desk.asked("create") == 0
            stack.close()
            await desk.see("Press B")
            assert desk.asked("create") == 0


async def test_stored_records_are_shown_when_the_file_becomes_usable(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with contextlib.ExitStack() as stack:
        stack.enter_context(locked(path))
        async with sitting_at(a_desk(path, monkeypatch)) as desk:
            await desk.see("cannot be")
            stack.close()
            await until(lambda: desk.monitor.state.storage_problem is None)
            desk.monitor.recorder.record([Event(at=desk.now(), kind=EventKind.RECOVERED)])
            await until(lambda: bool(events_in(path)))


def events_in(path: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [body for (body,) in connection.execute("SELECT body FROM events WHERE body LIKE '%recovered%'")]
