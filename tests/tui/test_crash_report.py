from __future__ import annotations

import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from support.app_driver import AppDriver, running_app
from support.privileges import powerless
from textual.app import App
from textual.screen import Screen
from textual.worker import WorkerFailed

from xds_tui.api.errors import BadResponse
from xds_tui.domain.purchase import Draft
from xds_tui.domain.records import Event, EventKind
from xds_tui.remote.templates import ConnectCommands
from xds_tui.tui.app import XdsApp
from xds_tui.tui.flows.connect import ConnectMethods
from xds_tui.tui.runtime import crash_report
from xds_tui.tui.screens.create.screen import CreateScreen
from xds_tui.tui.screens.host_detail import HostDetailScreen
from xds_tui.tui.screens.sign_in import SignInScreen

PLANTED = "planted-secret"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(crash_report, "state_dir", lambda: tmp_path / "state" / "xds-tui")
    return tmp_path / "state" / "xds-tui" / "crashes"


def fails_with(secret: str) -> None:
    raise ValueError(secret)


def fails_while_handling() -> None:
    try:
        fails_with(PLANTED)
    except ValueError:
        raise KeyError(PLANTED)  # noqa: B904 - the context is what is tested


def fails_because_of() -> None:
    try:
        fails_with(PLANTED)
    except ValueError as error:
        raise RuntimeError(PLANTED) from error


def fails_in_a_group() -> None:
    try:
        fails_with(PLANTED)
    except ValueError as error:
        raise ExceptionGroup(PLANTED, [error])  # noqa: B904 - as above


def fails_in_a_worker() -> None:
    try:
        fails_with(PLANTED)
    except ValueError as error:
        raise WorkerFailed(error) from None


def caught(fail: Callable[[], None]) -> Exception:
    with pytest.raises(Exception) as seen:  # noqa: PT011 - each way fails with another kind
        fail()
    return seen.value


@pytest.mark.parametrize(
    ("fail", "kind"),
    [
        (lambda: fails_with(PLANTED), "ValueError"),
        (fails_while_handling, "KeyError"),
        (fails_because_of, "RuntimeError"),
        (fails_in_a_group, "ExceptionGroup"),
        (fails_in_a_worker, "WorkerFailed"),
    ],
)
def test_a_report_contains_errors_and_locations_but_no_values(fail: Callable[[], None], kind: str) -> None:
    report = crash_report.format_report(caught(fail))
    assert kind in report
    assert "ValueError" in report
    assert "test_crash_report.py:" in report
    assert "fails_with" in report
    assert PLANTED not in report
    assert str(Path.home()) not in report


def test_a_report_contains_versions_and_events_without_names() -> None:
    at = datetime(2026, 11, 23, 8, tzinfo=UTC)
    event = Event(
        at=at,
        kind=EventKind.ERROR,
        host_name=PLANTED,
        message=PLANTED,
        code=500,
        summary="The service had an internal error",
        trace_id="t-1",
    )
    report = crash_report.format_report(ValueError(), [event])
    assert "textual 8." in report
    assert report.endswith("2026-11-23 08:00:00 error · 500 · The service had an internal error · traceId t-1")
    assert PLANTED not in report


def test_the_report_of_an_endless_recursion_is_limited() -> None:
    def dig() -> None:
        dig()

    report = crash_report.format_report(caught(dig))
    assert "RecursionError" in report
    assert len(report.splitlines()) < 100


def test_the_message_names_the_error_the_report_and_how_to_submit_it(folder: Path) -> None:
    what, where, how = crash_report.crash_message(caught(lambda: fails_with(PLANTED))).splitlines()
    (path,) = folder.iterdir()
    assert "ValueError, " in what
    assert "test_crash_report.py:" in what
    assert str(path) in where
    assert "send it" in how
    assert "ValueError" in path.read_text()


def test_the_report_and_its_folders_are_private(folder: Path) -> None:
    crash_report.crash_message(ValueError())
    (path,) = folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for parent in (folder, folder.parent, folder.parent.parent):
        assert stat.S_IMODE(parent.stat().st_mode) == 0o700


def test_only_the_latest_reports_are_kept(folder: Path) -> None:
    for _ in range(crash_report.MAX_REPORTS + 1):
        crash_report.crash_message(ValueError())
    first, *_others = sorted(folder.iterdir())
    crash_report.crash_message(KeyError())
    assert len(list(folder.iterdir())) == crash_report.MAX_REPORTS
    assert not first.exists()
    assert "KeyError" in max(folder.iterdir()).read_text()


def not_a_folder(folder: Path) -> None:
    folder.parent.parent.mkdir()
    folder.parent.write_text("")


def read_only(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.parent.chmod(0o500)


@pytest.mark.parametrize("hinder", [not_a_folder, read_only])
def test_the_report_is_printed_if_it_cannot_be_written(folder: Path, hinder: Callable[[Path], None]) -> None:
    hinder(folder)
    with powerless():
        report = crash_report.crash_message(caught(lambda: fails_with(PLANTED)))
    assert "fails_with" in report
    assert "send it" in report.splitlines()[-1]
    assert PLANTED not in report


def test_a_full_disk_leaves_no_partial_report(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert "fails_with" in crash_report.crash_message(caught(lambda: fails_with(PLANTED)))
    assert list(folder.iterdir()) == []


def test_the_report_is_printed_without_a_home_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(crash_report, "state_dir", homeless)
    assert "fails_with" in crash_report.crash_message(caught(lambda: fails_with(PLANTED)))


@pytest.mark.parametrize(
    ("error", "is_program_error"),
    [(KeyError(), True), (ConnectionResetError(), False), (BadResponse("no"), False), (KeyboardInterrupt(), False)],
)
def test_a_network_error_is_not_a_program_error(error: BaseException, is_program_error: bool) -> None:
    assert crash_report.is_program_error(error) is is_program_error


def test_textual_still_calls_the_overridden_methods() -> None:
    for name in ("_fatal_error", "_handle_exception"):
        assert callable(getattr(App, name))
        assert getattr(XdsApp, name) is not getattr(App, name)


@pytest.mark.parametrize(
    "make",
    [
        lambda driver: HostDetailScreen(
            driver.monitor,
            driver.world.listed()[0].id,
            driver.now,
            ConnectMethods(driver.exports, ConnectCommands()),
            rent=lambda _host: None,
        ),
        lambda driver: CreateScreen(driver.monitor, Draft()),
        lambda driver: SignInScreen(driver.account),
    ],
)
async def test_opening_a_screen_while_the_app_exits_does_not_fail(make: Callable[[AppDriver], Screen[Any]]) -> None:
    driver = AppDriver()
    async with running_app(driver):
        driver.app.push_screen(make(driver))
        driver.app.exit(0)
    assert driver.app.return_code == 0
