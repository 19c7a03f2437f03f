from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from support.factories import NOON

from xds_tui.domain.model import Status
from xds_tui.domain.records import Event, EventKind, OrderAction, OrderState
from xds_tui.text.activity import Activity, activities, activity_line

START = OrderAction.POWER_ON


def order(seconds: int, state: OrderState, order_id: str = "o1", **fields: Any) -> Event:
    values = {"host_id": "h1", "host_name": "office-1", "action": START, **fields}
    at = NOON + timedelta(seconds=seconds)
    return Event(at=at, kind=EventKind.ORDER, own=True, order_id=order_id, state=state, **values)


def change(seconds: int, new: Status, *, own: bool = True, host_id: str = "h1") -> Event:
    at = NOON + timedelta(seconds=seconds)
    return Event(at=at, kind=EventKind.STATUS, host_id=host_id, host_name="office-1", own=own, old=Status.OFF, new=new)


STARTED = [
    order(0, OrderState.SENT),
    order(1, OrderState.ACCEPTED),
    change(5, Status.STARTING),
    change(42, Status.ON),
    order(42, OrderState.CONFIRMED),
]


def lines(events: list[Event]) -> list[str]:
    return [activity_line(activity) for activity in activities(events[::-1])]


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (1, "office-1 start · sent"),
        (2, "office-1 start · sent · accepted"),
        (3, "office-1 start · sent · accepted · starting…"),
        (5, "office-1 started in 42 s (you)"),
    ],
)
def test_an_operation_is_one_line_that_is_updated(count: int, shown: str) -> None:
    assert lines(STARTED[:count]) == [shown]


def test_the_key_of_an_operation_stays_the_same() -> None:
    keys = {activities(STARTED[:count][::-1])[0].key for count in range(1, 6)}
    assert keys == {"o1"}


def test_the_operation_that_changed_last_comes_first() -> None:
    events = [order(0, OrderState.SENT), order(1, OrderState.SENT, "o2", host_id="h2"), order(2, OrderState.ACCEPTED)]
    assert [activity.key for activity in activities(events[::-1])] == ["o1", "o2"]


def test_what_others_did_is_a_line_of_its_own() -> None:
    assert len(lines([*STARTED, change(50, Status.OFF, own=False)])) == 2
    assert len(lines([*STARTED[:2], change(3, Status.STARTING, host_id="h2")])) == 2


def test_a_change_belongs_to_the_latest_operation_before_it() -> None:
    again = order(100, OrderState.SENT, "o2")
    found = activities([*STARTED, again, change(101, Status.STARTING)][::-1])
    assert [(activity.key, len(activity.events)) for activity in found] == [("o2", 2), ("o1", 5)]


def test_an_operation_long_ago_explains_nothing() -> None:
    assert len(activities([*STARTED, change(7200, Status.STARTING)][::-1])) == 2


def test_a_rejected_operation_says_why() -> None:
    rejected = order(1, OrderState.REJECTED, summary="The service rejected the request", message="7005")
    (activity,) = activities([rejected, order(0, OrderState.SENT)])
    assert activity.has_failed
    assert "rejected: The service rejected the request: 7005" in activity_line(activity)


def test_every_event_is_in_exactly_one_activity() -> None:
    events = [*STARTED, change(50, Status.OFF, own=False), order(60, OrderState.UNKNOWN, "o2")]
    found: list[Activity] = activities(events[::-1])
    assert sorted(id(event) for activity in found for event in activity.events) == sorted(map(id, events))
