"""Orders are disabled while the history cannot be written, with a message, and enabled again automatically."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.app_driver import AppDriver, running_app
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


def a_desk(path: Path, monkeypatch: pytest.MonkeyPatch) -> AppDriver:
    monkeypatch.setattr("support.app_driver.Database", lambda _: Database(path))
    return AppDriver()


async def test_orders_are_disabled_until_the_file_is_usable(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with contextlib.ExitStack() as stack:
        stack.enter_context(locked(path))
        async with running_app(a_desk(path, monkeypatch), 200, 50) as driver:
            await driver.wait_for_text("(?s)cannot be recorded.*locked by another process.*End that process")
            for key in "sxbD":
                await driver.press("escape", key)
                await driver.wait_for_text("cannot be recorded")
                assert len(driver.app.screen_stack) == 1
            assert (
                driver.request_count("operate") == driver.request_count("reboot") == driver.request_count("delete") == 0
            )
            before = driver.monitor.state.snapshot
            await driver.refresh()
            assert driver.monitor.state.snapshot is not before
            stack.close()
            await driver.wait_until_gone("cannot be recorded, so")
            assert driver.monitor.state.storage_problem is None
            await driver.press("x")
            await driver.wait_for_text("Stop")


async def test_the_wizard_shows_prices_and_why_buying_is_disabled(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with contextlib.ExitStack() as stack:
        stack.enter_context(locked(path))
        async with running_app(a_desk(path, monkeypatch), 200, 50) as driver:
            await driver.press("n", "enter", "enter", "enter")
            await driver.wait_for_text("(?s)cannot be recorded.*locked by another process.*End that process")
            await driver.press("B")
            assert driver.request_count("create") == 0
            stack.close()
            await driver.wait_for_text("Press B")
            assert driver.request_count("create") == 0


async def test_stored_records_are_shown_when_the_file_becomes_usable(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with contextlib.ExitStack() as stack:
        stack.enter_context(locked(path))
        async with running_app(a_desk(path, monkeypatch)) as driver:
            await driver.wait_for_text("cannot be")
            stack.close()
            await until(lambda: driver.monitor.state.storage_problem is None)
            driver.monitor.recorder.record([Event(at=driver.now(), kind=EventKind.RECOVERED)])
            await until(lambda: bool(events_in(path)))


def events_in(path: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [body for (body,) in connection.execute("SELECT body FROM events WHERE body LIKE '%recovered%'")]
