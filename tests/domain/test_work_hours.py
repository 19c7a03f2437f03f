"""Working hours against a walk through every quarter of an hour of a year, with special days and changes of clocks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xds_tui.domain.work_hours import Shift, SpecialDays, WorkHours, WorkHoursError, parse_shifts

YEAR_START = datetime(2025, 12, 31, tzinfo=UTC)
YEAR_END = datetime(2027, 1, 2, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
PER_DAY = timedelta(days=1) // QUARTER
CHINA = SpecialDays(
    holidays=frozenset(date(2026, 2, day) for day in range(15, 24)) | {date(2026, 1, 1)},
    workdays=frozenset({date(2026, 1, 4), date(2026, 2, 14), date(2026, 2, 28)}),
)


def open_quarters(shifts: Sequence[Shift], zone: ZoneInfo, special: SpecialDays) -> list[bool]:
    """Whether each quarter of an hour of the year is worked, by a look at the local clock in each."""
    count = (YEAR_END - YEAR_START) // QUARTER
    walls = [(YEAR_START + number * QUARTER).astimezone(zone).replace(tzinfo=None) for number in range(count)]
    by_day: dict[date, list[int]] = {}
    for index, wall in enumerate(walls):
        by_day.setdefault(wall.date(), []).append(index)
    is_open = [False] * count
    for day, indices in by_day.items():
        weekday = 0 if day in special.workdays else day.weekday()
        for shift in shifts if day not in special.holidays else ():
            if shift.weekday != weekday:
                continue
            last_day = day if shift.end > shift.start else day + timedelta(days=1)
            begins = [index for index in indices if walls[index].time() >= shift.start]
            ends = [index for index in by_day.get(last_day, []) if walls[index].time() < shift.end]
            if not begins:
                continue
            # With an end at midnight nothing of the last day is before it.
            end = max(ends) + 1 if ends else (by_day[last_day][0] if last_day in by_day else count)
            for index in range(begins[0], end):
                is_open[index] = True
    return is_open


@pytest.mark.sweep(4)
@pytest.mark.parametrize(
    ("text", "zone", "special"),
    [
        ("mon-fri 09:00-19:00", "Asia/Shanghai", CHINA),
        ("mon-fri 09:00-12:00, mon-fri 13:00-18:00, sat 10:00-14:00", "Europe/Berlin", SpecialDays()),
        ("sat-sun 00:30-03:30", "America/New_York", SpecialDays()),
        ("sun 02:30-02:45", "America/New_York", SpecialDays()),
        ("mon-sun 22:00-06:00", "Europe/Berlin", CHINA),
        ("fri 20:00-00:00, sat 00:00-08:00", "Australia/Lord_Howe", SpecialDays()),
        ("mon-sun 00:00-00:00", "America/Sao_Paulo", CHINA),
        ("sun 01:30-02:00", "Europe/London", SpecialDays()),
        ("sun 00:30-01:30", "Europe/London", SpecialDays()),
    ],
)
def test_a_year_is_the_same_as_by_a_look_at_the_clock_each_quarter(text: str, zone: str, special: SpecialDays) -> None:
    shifts, place = parse_shifts(text), ZoneInfo(zone)
    hours = WorkHours(shifts, place, special)
    expected = open_quarters(shifts, place, special)
    # The first and the last days lack the days around them.
    first, last = 2 * PER_DAY, len(expected) - 2 * PER_DAY
    changes = [index for index in range(first, last) if expected[index] != expected[index - 1]]
    at = YEAR_START + (first - 1) * QUARTER
    assert hours.is_open(at) == expected[first - 1]
    for index in changes:
        change = hours.next_change(at)
        assert change == YEAR_START + index * QUARTER
        assert hours.last_change(change) == change
        assert hours.last_change(change - QUARTER / 2) == (at if index != changes[0] else hours.last_change(at))
        assert hours.is_open(change) is expected[index]
        assert hours.is_open(change - QUARTER / 2) is expected[index - 1]
        at = change
    following = hours.next_change(at)
    assert following is None or following >= YEAR_START + last * QUARTER


SHIFTS = st.lists(
    st.builds(
        Shift,
        st.integers(0, 6),
        st.builds(time, st.integers(0, 23), st.sampled_from((0, 30))),
        st.builds(time, st.integers(0, 23), st.sampled_from((0, 30))),
    ),
    min_size=1,
    max_size=4,
).map(tuple)


@given(SHIFTS, st.sampled_from(("Asia/Shanghai", "America/New_York", "Australia/Lord_Howe")), st.integers(0, 35_000))
@settings(max_examples=60)
def test_a_change_is_where_the_state_changes(shifts: tuple[Shift, ...], zone: str, quarter: int) -> None:
    hours = WorkHours(shifts, ZoneInfo(zone), CHINA)
    at = YEAR_START + quarter * QUARTER
    last, following = hours.last_change(at), hours.next_change(at)
    assert last is None or last <= at
    if following is not None:
        assert following > at
        assert hours.is_open(following) is not hours.is_open(at)
        assert hours.is_open(following - QUARTER) is hours.is_open(at)
        assert hours.last_change(following - QUARTER / 2) == last


def test_hours_are_read_as_they_are_written() -> None:
    assert [shift.weekday for shift in parse_shifts("fri-mon 09:00-19:30")] == [4, 5, 6, 0]
    assert parse_shifts(" Sat 10:00-14:00 ") == (Shift(5, time(10), time(14)),)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mon",
        "mon 9-17",
        "mon 09:00",
        "xyz 09:00-10:00",
        "mon 24:00-25:00",
        "mon-xyz 09:00-10:00",
        "mon 09:00-10:00,",
    ],
)
def test_other_texts_are_rejected(text: str) -> None:
    with pytest.raises(WorkHoursError):
        parse_shifts(text)
