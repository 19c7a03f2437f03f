from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.factories import NOON, a_host, a_snapshot

from xds_tui.domain import snapshot_diff
from xds_tui.domain.model import Billing, Status
from xds_tui.domain.records import Event, EventKind, OrderState
from xds_tui.domain.snapshot_diff import changes

RUNNING = (Status.ON, Status.BILLED)
STOPPED = (Status.STOPPING, Status.OFF, Status.EXPIRED)


def an_event(**fields: Any) -> Event:
    defaults: dict[str, Any] = {"at": NOON, "kind": EventKind.STATUS, "host_id": "h1"}
    return Event(**(defaults | fields))


def calls(event: Event) -> bool:
    (flagged,) = snapshot_diff.flagged([event])
    return flagged.alert


@pytest.mark.parametrize("new", Status)
@pytest.mark.parametrize("old", Status)
def test_a_host_that_ran_and_stops_by_itself_calls(old: Status, new: Status) -> None:
    assert calls(an_event(old=old, new=new)) is (old in RUNNING and new in STOPPED)
    assert not calls(an_event(old=old, new=new, own=True))


def test_a_stop_that_takes_two_steps_calls_once() -> None:
    seen = [a_snapshot(a_host(status=status)) for status in (Status.ON, Status.STOPPING, Status.OFF)]
    events = [event for old, new in pairwise(seen) for event in changes(old, new)]
    assert [event.alert for event in snapshot_diff.flagged(events)] == [True, False]


def test_a_running_host_that_vanishes_calls_and_one_that_was_off_does_not() -> None:
    assert calls(an_event(kind=EventKind.GONE, old=Status.ON))
    assert not calls(an_event(kind=EventKind.GONE, old=Status.OFF))
    assert not calls(an_event(kind=EventKind.GONE, old=Status.ON, own=True))


@pytest.mark.parametrize("state", OrderState)
def test_an_action_that_failed_calls(state: OrderState) -> None:
    failed = (OrderState.NOT_SENT, OrderState.REJECTED, OrderState.UNKNOWN, OrderState.UNCONFIRMED)
    assert calls(an_event(kind=EventKind.ORDER, state=state, own=True)) is (state in failed)


@pytest.mark.parametrize(
    ("left", "within"),
    [
        (timedelta(hours=25), None),
        (timedelta(hours=24), 24),
        (timedelta(hours=2), 24),
        (timedelta(hours=1), 1),
        (timedelta(seconds=1), 1),
        (timedelta(0), None),
        (timedelta(hours=-1), None),
    ],
)
def test_an_expiry_is_announced_within_a_day_and_within_an_hour(left: timedelta, within: int | None) -> None:
    host = a_host(billing=Billing.RENT, expires=NOON + left)
    events = snapshot_diff.expiring(a_snapshot(host), NOON)
    assert [(event.within, event.expires) for event in events.values()] == (
        [(within, NOON + left)] if within is not None else []
    )


def test_a_rent_that_was_prolonged_is_other_news() -> None:
    first = snapshot_diff.expiring(a_snapshot(a_host(billing=Billing.RENT, expires=NOON + timedelta(hours=2))), NOON)
    again = snapshot_diff.expiring(a_snapshot(a_host(billing=Billing.RENT, expires=NOON + timedelta(hours=9))), NOON)
    assert first.keys() != again.keys()


@given(st.lists(st.integers(0, 200), min_size=2))
def test_an_expiry_is_announced_at_most_twice(minutes: list[int]) -> None:
    host = a_host(billing=Billing.RENT, expires=NOON + timedelta(minutes=100))
    keys = {
        key for minute in minutes for key in snapshot_diff.expiring(a_snapshot(host), NOON + timedelta(minutes=minute))
    }
    assert len(keys) <= 2
