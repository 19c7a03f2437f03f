"""The tables of rules in config.toml, and files of holidays."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from xds_tui.config import rules
from xds_tui.config.rules import parse_holidays
from xds_tui.config.settings import Arguments, load
from xds_tui.domain.rule_planner import Lease, Rule

MONDAY = date(2026, 11, 23)


def loaded(tmp_path: Path, text: str) -> tuple[tuple[Rule, ...], list[str]]:
    path = tmp_path / "config.toml"
    path.write_text(text)
    settings = load(Arguments(), {}, config_path=path)
    return settings.rules, [problem.fill(problem.summary) for problem in settings.problems]


def test_a_rule_is_read(tmp_path: Path) -> None:
    (rule,), problems = loaded(
        tmp_path,
        '[rules.training]\nhosts = "tag:train"\nstop_after = "90m"\nstop_at = "22:30"\nbudget = 12.5\n'
        'zone = "Europe/Berlin"\nhours = "mon-fri 09:00-19:00"\nstart = true\ncatch_up = "2h"\n',
    )
    assert problems == []
    assert (rule.name, rule.selector, rule.starts, rule.catch_up) == ("training", "tag:train", True, timedelta(hours=2))
    lease = Lease(timedelta(minutes=90), time(22, 30), ZoneInfo("Europe/Berlin"), Decimal("12.5"))
    assert rule.lease == lease
    assert rule.hours is not None
    assert (len(rule.hours.shifts), rule.hours.zone) == (5, ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ('hosts = "tag:a"', "A rule needs hours"),
        ('stop_after = "6h"', "This must be a string"),
        ('hosts = "everything"\nstop_after = "6h"', "everything: a rule is tag:NAME"),
        ('hosts = "tag:a"\nstop_after = "soon"', "Write a duration"),
        ('hosts = "tag:a"\nstop_after = "0h"', "Write a duration"),
        ('hosts = "tag:a"\nstop_at = "25:00"', "Write a time of the day"),
        ('hosts = "tag:a"\nbudget = -1', "A budget is a number"),
        ('hosts = "tag:a"\nbudget = nan', "A budget is a number"),
        ('hosts = "tag:a"\nhours = "always"', "always: write working hours"),
        ('hosts = "tag:a"\nhours = "mon 09:00-10:00"\nzone = "Mars/Base"', "This machine does not know this time zone"),
        ('hosts = "tag:a"\nhours = "mon 09:00-10:00"\nholidays = "/none"', "The file of holidays cannot be read"),
        ('hosts = "tag:a"\nhours = "mon 09:00-10:00"\nholidays = "us"', "Write cn or the full path of a file"),
        ('hosts = "tag:a"\nhours = "mon 09:00-10:00"\nholidays = "~no-such-user/x"', "This must be the path of a file"),
        ('hosts = "tag:a"\nstop_after = "6h"\nacts = true', "A rule has no key acts"),
        ('hosts = "tag:a"\nstop_after = "6h"\nact = "soon"', "Write true, false, or the day from which the rule acts"),
        ('hosts = "tag:a"\nstop_after = "6h"\nact = 2026-12-01T10:00:00', "This must be true or false"),
    ],
)
def test_an_invalid_rule_is_reported_and_ignored(tmp_path: Path, lines: str, problem: str) -> None:
    found, problems = loaded(tmp_path, f"[rules.one]\n{lines}\n[rules.two]\nhosts = 'tag:b'\nstop_after = '1h'\n")
    assert [rule.name for rule in found] == ["two"]
    assert len(problems) == 1
    assert problem in problems[0]


def test_a_file_of_holidays_has_days_and_spans(tmp_path: Path) -> None:
    path = tmp_path / "days.toml"
    path.write_text('[2026]\nholidays = ["2026-11-23..2026-11-24"]\nworkdays = ["2026-11-28"]\n')
    (rule,), problems = loaded(
        tmp_path, f'[rules.one]\nhosts = "tag:a"\nhours = "mon-fri 09:00-10:00"\nholidays = "{path}"\n'
    )
    assert problems == []
    assert rule.hours is not None
    assert rule.hours.special.holidays == {MONDAY, MONDAY + timedelta(days=1)}
    assert rule.hours.special.workdays == {date(2026, 11, 28)}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("holidays = 1", "holidays"),
        ("[2026]\ndays = []", "2026"),
        ("[2026]\nholidays = 5", r"2026\.holidays"),
        ('[2026]\nworkdays = "2026-01-04"', r"2026\.workdays"),
        ('[2026]\nholidays = ["2026-13-01"]', "month"),
        ('[2026]\nholidays = ["2026-02-03..2026-02-01"]', r"02-03\.\.2026"),
        ('[2026]\nholidays = ["2026-02-03..9999-02-01"]', r"\.\.9999"),
        ("[2026", "Expected"),
    ],
)
def test_other_files_are_rejected(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_holidays(text)


def test_the_holidays_of_china_are_those_that_were_announced() -> None:
    days = parse_holidays((Path(rules.__file__).parent / "holidays_cn.toml").read_text(encoding="utf-8"))
    in_2026 = [day for day in days.holidays if day.year == 2026]
    assert len(in_2026) == 3 + 9 + 3 + 5 + 3 + 3 + 7
    assert {day for day in days.workdays if day.year == 2026} == {
        date(2026, month, day) for month, day in ((1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10))
    }
    assert all(day.weekday() >= 5 for day in days.workdays)
    assert not set(days.holidays) & set(days.workdays)


@pytest.mark.parametrize(
    ("value", "acts", "since"),
    [
        ("false", False, None),
        ("true", True, None),
        ('"2026-12-01"', True, datetime(2026, 11, 30, 16, tzinfo=UTC)),
        ("2026-12-01", True, datetime(2026, 11, 30, 16, tzinfo=UTC)),
    ],
)
def test_a_rule_acts_at_once_from_a_day_or_not(tmp_path: Path, value: str, acts: bool, since: datetime | None) -> None:
    lines = f'[rules.one]\nhosts = "tag:a"\nstop_after = "1h"\nact = {value}\n'
    ((rule,), problems) = loaded(tmp_path, lines)
    assert (rule.acts, rule.acts_from, problems) == (acts, since, [])
