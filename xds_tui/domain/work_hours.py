"""Weekly working hours in a time zone, with public holidays and make-up workdays.

Hours belong to the day on which they begin, and may end on the next day. A holiday has none; a make-up workday has
those of a Monday. When clocks change, hours begin at the first moment at which the local time has reached the
beginning, and end after the last moment at which it is before the end: an hour that is repeated is worked twice.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from xds_tui.errors import UserInputError
from xds_tui.i18n import N_
from xds_tui.structs import dataclass

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_DAY: Final = timedelta(days=1)
_SEARCH_DAYS: Final = (2, 12, 60, 400)
"""Days in which a change is searched for, in turn."""

_PART: Final = re.compile(
    r"(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))?\s+(?P<start>\d\d:\d\d)-(?P<end>\d\d:\d\d)", re.ASCII
)

BAD_HOURS: Final = N_("{word}: write working hours as in mon-fri 09:00-19:00, sat 10:00-14:00")


class WorkHoursError(UserInputError):
    """Working hours that cannot be understood; the detail is the part."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Hours of one day of the week."""

    weekday: int
    """0 is Monday."""
    start: time
    end: time
    """On the next day if it is not after `start`."""


@dataclass(frozen=True, slots=True)
class SpecialDays:
    """Days that differ from their day of the week."""

    holidays: Collection[date] = ()
    workdays: Collection[date] = ()
    """Weekend days on which people work to make up for a holiday."""


NO_SPECIAL_DAYS: Final = SpecialDays()


def parse_shifts(text: str) -> tuple[Shift, ...]:
    """Return the shifts in a text such as `mon-fri 09:00-19:00, sat 10:00-14:00`.

    Raises:
        WorkHoursError: if it cannot be understood.

    """
    return tuple(shift for part in text.lower().split(",") for shift in _parse_part(part.strip()))


def _parse_part(part: str) -> Iterator[Shift]:
    match = _PART.fullmatch(part)
    if match is None or match["first"] not in WEEKDAYS or (match["last"] or "mon") not in WEEKDAYS:
        raise WorkHoursError(BAD_HOURS, part)
    try:
        start, end = time.fromisoformat(match["start"]), time.fromisoformat(match["end"])
    except ValueError:
        raise WorkHoursError(BAD_HOURS, part) from None
    first = WEEKDAYS.index(match["first"])
    count = (WEEKDAYS.index(match["last"] or match["first"]) - first) % 7 + 1
    for number in range(count):
        yield Shift((first + number) % 7, start, end)


@dataclass(frozen=True, slots=True)
class WorkHours:
    """Weekly hours in a time zone."""

    shifts: tuple[Shift, ...]
    zone: tzinfo
    special: SpecialDays = NO_SPECIAL_DAYS

    def is_open(self, at: datetime) -> bool:
        """Return whether people work at a time."""
        return any(start <= at < end for start, end in self._around(at))

    def last_change(self, at: datetime) -> datetime | None:
        """Return when the hours that contain `at`, or the time off around it, began; None if that is too long ago."""
        for days in _SEARCH_DAYS:
            if earlier := [change for change in self._changes(at, days, 2) if change <= at]:
                return earlier[-1]
        return None

    def next_change(self, at: datetime) -> datetime | None:
        """Return when the hours or the time off around `at` end; None if that is too far ahead."""
        for days in _SEARCH_DAYS:
            if later := [change for change in self._changes(at, 2, days) if change > at]:
                return later[0]
        return None

    def _changes(self, at: datetime, days_before: int, days_after: int) -> list[datetime]:
        """Return when hours begin and end, so many days around `at`."""
        day = at.astimezone(self.zone).date()
        first, last = day - days_before * _DAY, day + days_after * _DAY
        spans = self._spans(first - 2 * _DAY, last + 2 * _DAY)
        # Hours of days further away may adjoin those at the edges.
        start, end = (_begin(datetime.combine(edge, time()), self.zone) for edge in (first, last + _DAY))
        return [change for span in spans for change in span if start <= change < end]

    def _around(self, at: datetime) -> list[tuple[datetime, datetime]]:
        day = at.astimezone(self.zone).date()
        return self._spans(day - 2 * _DAY, day + _DAY)

    def _spans(self, first: date, last: date) -> list[tuple[datetime, datetime]]:
        """Return the hours that begin from `first` to `last`, those that touch as one, oldest first, in UTC."""
        merged: list[tuple[datetime, datetime]] = []
        for start, end in sorted(self._shifts_from(first, last)):
            if merged and start <= merged[-1][1]:
                merged[-1] = merged[-1][0], max(merged[-1][1], end)
            elif start < end:
                merged.append((start, end))
        return merged

    def _shifts_from(self, first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
        for number in range((last - first).days + 1):
            day = first + number * _DAY
            for shift in self._shifts_of(day):
                end_day = day if shift.end > shift.start else day + _DAY
                yield (
                    _begin(datetime.combine(day, shift.start), self.zone),
                    _end(datetime.combine(end_day, shift.end), self.zone),
                )

    def _shifts_of(self, day: date) -> Iterable[Shift]:
        if day in self.special.holidays:
            return ()
        weekday = 0 if day in self.special.workdays else day.weekday()
        return (shift for shift in self.shifts if shift.weekday == weekday)


def _begin(local: datetime, zone: tzinfo) -> datetime:
    """Return the first moment of the day at which the local time has reached `local`."""
    early = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if early.astimezone(zone).replace(tzinfo=None) == local:
        return early
    return _transition(local, zone)


def _end(local: datetime, zone: tzinfo) -> datetime:
    """Return the moment after the last one of the day at which the local time is before `local`."""
    late = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if late.astimezone(zone).replace(tzinfo=None) == local:
        return late
    return _transition(local, zone)


def _transition(local: datetime, zone: tzinfo) -> datetime:
    """Return when the clocks skip `local`, which does not exist."""
    moments = sorted(local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    low, high = moments
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).replace(tzinfo=None) < local:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
