from __future__ import annotations

import time
from collections.abc import Iterator
from math import inf
from pathlib import Path

import pytest

from xds_tui.tui.screens import confirm
from xds_tui.tui.screens.create import screen


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Show times as they are inside."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(autouse=True)
def _at_home_nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let an app that fails in a test leave its report in the test's own folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a yes count at once: the test is not about keys that come too early."""
    monkeypatch.setattr(confirm, "CONFIRM_GUARD", 0.0)
    monkeypatch.setattr(screen, "CONFIRM_GUARD", 0.0)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every yes come too early, however slow the machine is."""
    monkeypatch.setattr(confirm, "CONFIRM_GUARD", inf)
    monkeypatch.setattr(screen, "CONFIRM_GUARD", inf)
