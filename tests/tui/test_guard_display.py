"""The status line says which program carries out the rules."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.app_driver import AppDriver, running_app

from xds_tui.domain.guard import GuardRecord
from xds_tui.fleet.updates import RulesChecked


@pytest.mark.parametrize(
    ("age", "text"),
    [(timedelta(0), "rules: watch on build-1 since"), (timedelta(minutes=10), "rules: no guard for 10 min")],
)
async def test_the_guard_and_its_absence_are_shown(age: timedelta, text: str) -> None:
    async with running_app(AppDriver(), columns=200) as driver:
        now = driver.now()
        record = GuardRecord("0" * 16, "watch", "build-1", now - timedelta(hours=2), now - age, 15)
        driver.monitor._updates.post(RulesChecked(record, ()))
        await driver.wait_for_text(text)
