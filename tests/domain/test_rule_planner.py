"""What leases and working hours want to start and stop."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.factories import a_host

from xds_tui.domain.annotations import Annotation
from xds_tui.domain.model import Billing, Host, Status
from xds_tui.domain.pricing import Rate
from xds_tui.domain.records import Event, EventKind, OrderAction
from xds_tui.domain.rule_planner import (
    Lease,
    Obstacle,
    PlannedAction,
    PowerTimes,
    Rule,
    add_power_times,
    on_or_off_since,
    plan,
)
from xds_tui.domain.work_hours import WorkHours, parse_shifts

ZONE = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)
MORNING = datetime(2026, 11, 23, 9, tzinfo=ZONE).astimezone(UTC)
"""A Monday, when the hours begin."""
EVENING = MORNING + 10 * HOUR
OFFICE = Rule("office", "tag:office", hours=WorkHours(parse_shifts("mon-fri 09:00-19:00"), ZONE), starts=True)
START, STOP = OrderAction.POWER_ON, OrderAction.POWER_OFF


def host(status: Status = Status.ON, *, is_protected: bool = False, **fields: object) -> Host:
    annotation = Annotation(tags=("office",), is_marked=is_protected)
    return a_host(status=status, annotation=annotation, **fields)


def lease(**fields: Any) -> Rule:
    return Rule("lease", "tag:office", lease=Lease(zone=ZONE, **fields))


def planned(now: datetime, rule: Rule, found: Host, since: datetime, price: str = "2.00") -> tuple[PlannedAction, ...]:
    rate = Rate(Decimal(price) / 2, Decimal(price))
    return plan(now, [rule], [found], {found.id: since}, {found.id: rate})


def outline(actions: tuple[PlannedAction, ...]) -> list[tuple[OrderAction, datetime, bool, Obstacle | None]]:
    return [(each.action, each.at, each.is_due, each.obstacle) for each in actions]


# Leases


@pytest.mark.parametrize(
    ("fields", "hours"),
    [
        ({"stop_after": 6 * HOUR}, 6),
        ({"stop_at": time(15)}, 6),
        ({"stop_at": time(9)}, 24),
        ({"budget": Decimal(5)}, 2.5),
        ({"stop_after": 6 * HOUR, "stop_at": time(12)}, 3),
    ],
)
def test_a_lease_ends_at_the_earliest_time_since_the_start(fields: dict[str, object], hours: float) -> None:
    ends = MORNING + hours * HOUR
    for now, is_due in ((ends - timedelta(seconds=1), False), (ends, True), (ends + 99 * HOUR, True)):
        assert outline(planned(now, lease(**fields), host(), MORNING)) == [(STOP, ends, is_due, None)]


def test_a_host_that_is_off_or_not_selected_has_no_lease() -> None:
    rule = lease(stop_after=HOUR)
    assert planned(EVENING, rule, host(Status.OFF), MORNING) == ()
    assert planned(EVENING, rule, host(Status.STOPPING), MORNING) == ()
    assert planned(EVENING, rule, a_host(), MORNING) == ()
    assert plan(EVENING, [rule], [host()], {}, {}) == ()


def test_a_prepaid_host_spends_nothing() -> None:
    assert planned(EVENING, lease(budget=Decimal(1)), host(billing=Billing.RENT), MORNING) == ()
    assert plan(EVENING, [lease(budget=Decimal(1))], [host()], {"h1": MORNING}, {}) == ()


def test_a_protected_host_is_not_stopped_but_started() -> None:
    found = outline(planned(EVENING, lease(stop_after=HOUR), host(is_protected=True), MORNING))
    assert found == [(STOP, MORNING + HOUR, True, Obstacle.PROTECTED)]
    (start,) = planned(MORNING, OFFICE, host(Status.OFF, is_protected=True), MORNING - 9 * HOUR)
    assert start.is_to_be_done


# Working hours


def test_hosts_are_started_when_hours_begin_and_stopped_when_they_end() -> None:
    before, after = MORNING - HOUR, EVENING + HOUR / 2
    assert outline(planned(before, OFFICE, host(Status.OFF), before - HOUR)) == [(START, MORNING, False, None)]
    assert outline(planned(MORNING, OFFICE, host(Status.OFF), before)) == [(START, MORNING, True, None)]
    assert outline(planned(MORNING, OFFICE, host(), MORNING)) == [(STOP, EVENING, False, None)]
    assert outline(planned(after, OFFICE, host(), MORNING)) == [(STOP, EVENING, True, None)]
    assert outline(planned(after, OFFICE, host(Status.OFF), EVENING)) == [(START, MORNING + 24 * HOUR, False, None)]


def test_a_rule_that_only_stops_starts_nothing() -> None:
    rule = Rule("office", "tag:office", hours=OFFICE.hours)
    assert planned(MORNING, rule, host(Status.OFF), MORNING - HOUR) == ()
    assert outline(planned(EVENING, rule, host(), MORNING)) == [(STOP, EVENING, True, None)]


def test_who_starts_or_stops_a_host_after_the_change_has_decided_otherwise() -> None:
    late = EVENING + HOUR / 2
    assert planned(late + HOUR / 4, OFFICE, host(), late) == ()
    noon = MORNING + 3 * HOUR
    assert planned(noon + HOUR / 4, OFFICE, host(Status.OFF), noon) == ()


def test_a_rule_does_not_act_long_after_the_change() -> None:
    now = EVENING + OFFICE.catch_up + timedelta(seconds=1)
    (action,) = planned(now, OFFICE, host(), MORNING)
    assert (action.is_due, action.obstacle, action.is_to_be_done) == (True, Obstacle.MISSED, False)


def test_an_expired_host_is_not_started() -> None:
    assert planned(MORNING, OFFICE, host(Status.EXPIRED), MORNING - HOUR) == ()
    assert planned(MORNING, OFFICE, host(Status.UNKNOWN), MORNING - HOUR) == ()


@given(st.lists(st.integers(1, 600), min_size=1, max_size=60), st.booleans())
def test_whoever_follows_the_plan_acts_once_at_each_change(pauses: list[int], was_on: bool) -> None:
    """A watcher that looks at random times, and does at once what is to be done."""
    status, since = (Status.ON if was_on else Status.OFF), MORNING - 100 * HOUR
    now = MORNING - 30 * HOUR
    acted: list[datetime] = []
    for pause in pauses:
        now += timedelta(minutes=pause)
        for action in planned(now, OFFICE, host(status), since):
            if action.is_to_be_done:
                assert (action.action is STOP) == status.is_on
                assert action.at <= now <= action.at + OFFICE.catch_up
                status, since = (Status.OFF if status.is_on else Status.ON), now
                acted.append(action.at)
    assert len(acted) == len(set(acted))


# Since when


def event(hours: float, new: Status, kind: EventKind = EventKind.STATUS) -> Event:
    return Event(at=MORNING + hours * HOUR, kind=kind, host_id="h1", new=new)


@pytest.mark.parametrize(
    ("events", "status", "hours"),
    [
        ([event(3, Status.ON), event(2, Status.STARTING), event(1, Status.OFF)], Status.BILLED, 2),
        ([event(3, Status.OFF), event(2, Status.STOPPING), event(1, Status.ON)], Status.OFF, 2),
        ([event(1, Status.ON, EventKind.APPEARED)], Status.ON, 1),
        ([event(1, Status.OFF)], Status.ON, 9),
        ([event(2, Status.OFF), event(1, Status.ON)], Status.ON, 9),
        ([], Status.ON, None),
    ],
)
def test_the_start_of_a_host_is_in_the_events(events: list[Event], status: Status, hours: float | None) -> None:
    expected = {} if hours is None else {"h1": MORNING + hours * HOUR}
    times: PowerTimes = {}
    for event in reversed(events):  # one at a time, as they are read while the program runs
        add_power_times(times, [event])
    assert on_or_off_since(MORNING + 9 * HOUR, [a_host(status=status)], times) == expected
