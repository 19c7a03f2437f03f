"""Parsers for the tables of rules, caps and the waiting list in config.toml, and for files of holidays."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from xds_tui.config.values import (
    InvalidValueError,
    parse_bool,
    parse_hours_of_day,
    parse_path,
    parse_profile_name,
    parse_text,
    parse_texts,
)
from xds_tui.domain.annotations import Annotation, AnnotationChange, AnnotationError, parse_rule, parse_tag
from xds_tui.domain.caps import Cap, CapPeriod
from xds_tui.domain.purchase_template import parse_period
from xds_tui.domain.rule_planner import CATCH_UP, Lease, Rule
from xds_tui.domain.waitlist import DEFAULT_PROFILE, WaitlistEntry
from xds_tui.domain.work_hours import NO_SPECIAL_DAYS, SpecialDays, WorkHours, WorkHoursError, parse_shifts
from xds_tui.i18n import N_
from xds_tui.system import files

DEFAULT_ZONE: Final = "Asia/Shanghai"
"""The time zone of the service."""

CHINA: Final = "cn"
"""The name of the holidays that come with the program."""

_KEYS: Final = ("hosts", "act", "hours", "zone", "holidays", "start", "catch_up", "stop_after", "stop_at", "budget")
_DURATION: Final = re.compile(r"(\d{1,5})\s*(m|h|d)", re.ASCII)
_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_MAX_DAYS: Final = 1_000
"""Days in one range of a file of holidays."""


def parse_rule_table(value: object) -> Rule:
    """Accept the table of a rule; its name is set by the caller."""
    if not isinstance(value, dict):
        raise InvalidValueError(N_("A rule is a table of keys"))
    if unknown := [key for key in value if key not in _KEYS]:
        raise InvalidValueError(N_("A rule has no key {key}"), key=unknown[0])
    zone = _zone(value.get("zone", DEFAULT_ZONE))
    try:
        selector = parse_rule(parse_text(value.get("hosts")))
        shifts = parse_shifts(parse_text(value["hours"])) if "hours" in value else None
    except (AnnotationError, WorkHoursError) as error:
        raise InvalidValueError(error.summary, word=error.detail) from None
    lease = _lease(value, zone)
    if shifts is None and lease is None:
        raise InvalidValueError(N_("A rule needs hours, stop_after, stop_at or budget"))
    acts, acts_from = _act(value.get("act", False), zone)
    special = _special_days(value["holidays"]) if "holidays" in value else NO_SPECIAL_DAYS
    return Rule(
        name="",
        selector=selector,
        lease=lease,
        hours=WorkHours(shifts, zone, special) if shifts is not None else None,
        starts=parse_bool(value.get("start", False)),
        catch_up=_duration(value["catch_up"]) if "catch_up" in value else CATCH_UP,
        acts=acts,
        acts_from=acts_from,
    )


def _act(value: object, zone: tzinfo) -> tuple[bool, datetime | None]:
    """Return whether a rule acts, and since when: true, false, or the date of the first day."""
    if isinstance(value, date) and not isinstance(value, datetime):
        value = value.isoformat()
    if not isinstance(value, str):
        return parse_bool(value), None
    try:
        return True, datetime.combine(date.fromisoformat(value), time(), zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidValueError(N_("Write true, false, or the day from which the rule acts: 2026-12-01")) from None


def _lease(table: Mapping[str, Any], zone: tzinfo) -> Lease | None:
    stop_after = _duration(table["stop_after"]) if "stop_after" in table else None
    stop_at = _time_of_day(table["stop_at"]) if "stop_at" in table else None
    budget = _budget(table["budget"]) if "budget" in table else None
    if stop_after is None and stop_at is None and budget is None:
        return None
    return Lease(stop_after, stop_at, zone, budget)


def _zone(value: object) -> tzinfo:
    import zoneinfo

    try:
        return zoneinfo.ZoneInfo(parse_text(value))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidValueError(N_("This machine does not know this time zone")) from None


def _duration(value: object) -> timedelta:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None or not int(match[1]):
        raise InvalidValueError(N_("Write a duration such as 90m, 6h or 2d"))
    return int(match[1]) * _UNITS[match[2]]


def _time_of_day(value: object) -> time:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise InvalidValueError(N_("Write a time of the day such as 19:00"))
    return time.fromisoformat(value)


def _budget(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 10**9:
        raise InvalidValueError(N_("A budget is a number of CNY"))
    return Decimal(str(value))


# Holidays


def _special_days(value: object) -> SpecialDays:
    """Return the days in the file that comes with the program, or in a file of the user."""
    name = parse_path(value)
    path = Path(__file__).parent / "holidays_cn.toml" if name == CHINA else Path(name).expanduser()
    if not path.is_absolute():
        raise InvalidValueError(N_("Write cn or the full path of a file"))  # cron runs commands in another folder
    try:
        return parse_holidays(files.read(path).decode("utf-8"))
    except OSError as error:
        raise InvalidValueError(N_("The file of holidays cannot be read: {why}"), why=error.strerror or "?") from None
    except ValueError as error:
        raise InvalidValueError(N_("The file of holidays is not valid: {why}"), why=str(error)) from None


def parse_holidays(text: str) -> SpecialDays:
    """Return the days in a file: a table per year with the lists `holidays` and `workdays`.

    Raises:
        ValueError: if it is not such a file.

    """
    import tomllib

    holidays: set[date] = set()
    workdays: set[date] = set()
    for year, table in tomllib.loads(text).items():
        if not isinstance(table, dict) or not set(table) <= {"holidays", "workdays"}:
            raise ValueError(year)
        for name, days in (("holidays", holidays), ("workdays", workdays)):
            spans = table.get(name, [])
            if not isinstance(spans, list):
                raise ValueError(f"{year}.{name}")
            days.update(day for span in spans for day in _days(span))
    return SpecialDays(frozenset(holidays), frozenset(workdays))


def _days(span: object) -> Iterator[date]:
    first, _dots, last = str(span).partition("..")
    start, end = date.fromisoformat(first), date.fromisoformat(last or first)
    if not 0 <= (end - start).days <= _MAX_DAYS:
        raise ValueError(str(span))
    return (start + timedelta(days=number) for number in range((end - start).days + 1))


# Caps

_SELECTOR_KEY: Final = "hosts"
_LIMIT_KEYS: Final = tuple(period.value for period in CapPeriod)


def parse_cap_table(value: object) -> Cap:
    """Accept the table of a cap; its name is set by the caller."""
    if not isinstance(value, dict):
        raise InvalidValueError(N_("A cap is a table of keys"))
    if unknown := [key for key in value if key not in (_SELECTOR_KEY, *_LIMIT_KEYS)]:
        raise InvalidValueError(N_("A cap has no key {key}"), key=unknown[0])
    try:
        selector = parse_rule(parse_text(value[_SELECTOR_KEY])) if _SELECTOR_KEY in value else ""
    except AnnotationError as error:
        raise InvalidValueError(error.summary, word=error.detail) from None
    limits = {period: _limit(value[period.value]) for period in CapPeriod if period.value in value}
    if not limits:
        raise InvalidValueError(N_("A cap needs one of: {values}"), values=", ".join(_LIMIT_KEYS))
    return Cap("", selector, limits)


def _limit(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**9:
        raise InvalidValueError(N_("A limit is a number of CNY"))
    return Decimal(str(value))


# Waiting list

_REQUIRED_KEYS: Final = ("key", "package", "image", "max_price", "until")
_ENTRY_KEYS: Final = (*_REQUIRED_KEYS, "profile", "period", "count", "hours", "tags", "owner")
_KEY: Final = re.compile(r"[0-9a-f]{1,16}")
_MAX_COUNT: Final = 50


def parse_entry_table(value: object) -> WaitlistEntry:
    """Accept the table of a purchase that waits for stock; its name is set by the caller."""
    if not isinstance(value, dict):
        raise InvalidValueError(N_("An entry of the waiting list is a table of keys"))
    if unknown := [key for key in value if key not in _ENTRY_KEYS]:
        raise InvalidValueError(N_("An entry of the waiting list has no key {key}"), key=unknown[0])
    if missing := [key for key in _REQUIRED_KEYS if key not in value]:
        raise InvalidValueError(N_("An entry of the waiting list needs the key {key}"), key=missing[0])
    key, count, period = value["key"], value.get("count", 1), None
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise InvalidValueError(N_("The key of an entry consists of up to 16 hex digits"))
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= _MAX_COUNT:
        raise InvalidValueError(N_("The count must be 1 to 50"))
    if "period" in value and (period := parse_period(parse_text(value["period"]))) is None:
        raise InvalidValueError(N_("Write a period such as 3 months or 1 week"))
    try:
        tags = tuple(map(parse_tag, parse_texts(value.get("tags", []))))
        owner = AnnotationChange(owner=parse_text(value.get("owner", ""))).validated().owner or ""
    except AnnotationError as error:
        raise InvalidValueError(error.summary, word=error.detail) from None
    return WaitlistEntry(
        name="",
        key=key,
        profile=parse_profile_name(value.get("profile", DEFAULT_PROFILE)),
        package=parse_text(value["package"]),
        image=parse_text(value["image"]),
        max_price=_limit(value["max_price"]),
        until=parse_until(value["until"]),
        period=period,
        count=count,
        hours=parse_hours_of_day(value["hours"]) if "hours" in value else None,
        annotation=Annotation(tags=tags, owner=owner),
    )


def parse_until(value: object) -> datetime:
    """Accept a date, until the end of which it lasts, or a date with a time of the day; local time."""
    match = _UNTIL.fullmatch(value) if isinstance(value, str) else None
    try:
        if match is not None:
            day, at = datetime.fromisoformat(match[1]), match[2]
            local = datetime.fromisoformat(f"{match[1]} {at}") if at else day + timedelta(days=1)
            return local.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise InvalidValueError(N_("Write a date such as 2026-12-24, or 2026-12-24 18:00"))


_UNTIL: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T]([01]\d:[0-5]\d|2[0-3]:[0-5]\d))?", re.ASCII)
