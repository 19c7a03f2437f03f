"""The rules over a simulated day with faults, kills and suspensions; `guard_month` runs a month."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final

from tests.proof.guard_month import Month, Plan, Result

SMALL: Final = Plan(hosts=12, days=1, interval=timedelta(minutes=15), faults_a_day=20, kills_a_day=30)


def check(result: Result) -> None:
    assert result.late == []
    assert result.unfounded == []
    assert result.repeated == []
    assert result.silent == []


async def test_a_day_of_rules_under_faults_and_kills(tmp_path: Path) -> None:
    result = await Month(SMALL, tmp_path).run()
    check(result)
    assert result.stops > 3
    assert result.faults > 5
    assert result.kills > 5
