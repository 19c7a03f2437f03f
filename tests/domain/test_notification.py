"""What a channel sends and when: grouping, the limit of messages, failures and outages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.factories import NOON

from xds_tui.domain.model import Status
from xds_tui.domain.notification import (
    GROUPING_TIME,
    MAX_PENDING,
    MIN_INTERVAL,
    OUTAGE_DELAY,
    Message,
    Outbox,
    QuietHours,
    keys_of,
)
from xds_tui.domain.records import Event, EventKind

SECOND = timedelta(seconds=1)


def gone(host_id: str = "h1", at: datetime = NOON) -> Event:
    return Event(at=at, kind=EventKind.GONE, host_id=host_id, old=Status.ON, alert=True)


def error(at: datetime = NOON) -> Event:
    return Event(at=at, kind=EventKind.ERROR, summary="The service cannot be reached")


def recovered(at: datetime) -> Event:
    return Event(at=at, kind=EventKind.RECOVERED)


def message(box: Outbox, now: datetime) -> Message:
    found = box.message(now)
    assert found is not None
    return found


def delivered(box: Outbox, now: datetime) -> Outbox:
    return box.after(message(box, now), now, is_delivered=True)


def test_events_within_the_grouping_time_are_one_message() -> None:
    box = Outbox().add([gone("h1")], NOON).add([gone("h2")], NOON + SECOND)
    assert box.message(NOON + GROUPING_TIME - SECOND) is None
    assert message(box, NOON + GROUPING_TIME).events == (gone("h1"), gone("h2"))
    assert delivered(box, NOON + GROUPING_TIME).due_at() is None


def test_what_is_not_an_alert_is_not_sent() -> None:
    started = replace(gone(), kind=EventKind.STATUS, new=Status.ON, alert=False)
    assert Outbox().add([started], NOON) == Outbox()
    signed_out = Event(at=NOON, kind=EventKind.SIGNED_OUT)
    assert Outbox().add([signed_out], NOON).pending == (signed_out,)


@given(st.lists(st.floats(0, 20), min_size=1, max_size=60))
@example([0.4] * 400)
def test_a_channel_gets_every_event_once_and_at_most_twenty_messages_a_minute(pauses: list[float]) -> None:
    box, now, sent = Outbox(), NOON, list[tuple[datetime, Message]]()
    events = []
    for number, pause in enumerate(pauses):
        deadline = now + timedelta(seconds=pause)
        box, sent, now = run(box, sent, now, deadline)
        events.append(gone(f"h{number}", now))
        box = box.add(events[-1:], now)
    box, sent, now = run(box, sent, now, now + 60 * SECOND)
    assert [event for _at, each in sent for event in each.events] == events
    for at, _message in sent:
        assert sum(at <= other < at + 60 * SECOND for other, _ in sent) <= 20


def run(
    box: Outbox, sent: list[tuple[datetime, Message]], now: datetime, deadline: datetime
) -> tuple[Outbox, list[tuple[datetime, Message]], datetime]:
    """Send everything that is due until `deadline`."""
    while (due := box.due_at()) is not None and due <= deadline:
        now = max(now, due)
        sent = [*sent, (now, message(box, now))]
        box = delivered(box, now)
    return box, sent, deadline


def test_what_could_not_be_delivered_is_sent_again_later_with_what_came_since() -> None:
    box, now = Outbox().add([gone("h1")], NOON), NOON + GROUPING_TIME
    waits = []
    for _attempt in range(4):
        box = box.after(message(box, now), now, is_delivered=False)
        due = box.due_at()
        assert due is not None
        waits.append(due - now)
        box, now = box.add([gone(f"h{len(waits) + 1}")], now), due
    assert waits == [10 * SECOND, 60 * SECOND, 600 * SECOND, 600 * SECOND]
    assert len(message(box, now).events) == 5
    assert delivered(box, now).failures == 0


def test_too_many_events_are_counted_instead_of_kept() -> None:
    events = [gone(str(number)) for number in range(MAX_PENDING + 3)]
    box = Outbox().add(events, NOON)
    found = message(box, NOON + GROUPING_TIME)
    assert (len(found.events), found.dropped, found.events[-1]) == (MAX_PENDING, 3, events[-1])
    assert delivered(box, NOON + GROUPING_TIME).dropped == 0


def test_events_added_while_a_message_is_sent_are_in_the_next() -> None:
    box, now = Outbox().add([gone("h1")], NOON), NOON + GROUPING_TIME
    first = message(box, now)
    box = box.add([gone("h2")], now).after(first, now + SECOND, is_delivered=True)
    assert message(box, now + SECOND + max(GROUPING_TIME, MIN_INTERVAL)).events == (gone("h2"),)


def test_a_short_outage_is_not_sent() -> None:
    box = Outbox().add([error()], NOON)
    assert box.message(NOON + OUTAGE_DELAY - SECOND) is None
    assert box.add([recovered(NOON + SECOND)], NOON + SECOND).due_at() is None


def test_an_outage_is_sent_with_its_end() -> None:
    now = NOON + OUTAGE_DELAY
    box = Outbox().add([error()], NOON)
    assert message(box, now).events == (error(),)
    box = delivered(box, now)
    assert box.due_at() is None
    end = recovered(now + 60 * SECOND)
    box = box.add([end], end.at)
    found = message(box, end.at + GROUPING_TIME)
    assert (found.events, found.outage) == ((end,), error())
    box = delivered(box, end.at + GROUPING_TIME)
    later = error(end.at + 300 * SECOND)
    assert box.add([later], later.at).due_at() == later.at + OUTAGE_DELAY


def test_the_end_of_an_outage_is_a_message_of_its_own() -> None:
    now = NOON + OUTAGE_DELAY
    box = delivered(Outbox().add([error()], NOON), now)
    end = recovered(now + SECOND)
    box = box.add([gone("h1", end.at), end, gone("h2", end.at)], end.at)
    parts = []
    while (due := box.due_at()) is not None:
        parts.append([event.kind for event in message(box, due).events])
        box = delivered(box, due)
    assert parts == [[EventKind.GONE], [EventKind.RECOVERED], [EventKind.GONE]]


def test_an_outage_that_begins_again_before_its_end_was_sent_goes_on() -> None:
    now = NOON + OUTAGE_DELAY
    box = delivered(Outbox().add([error()], NOON), now)
    box = box.add([recovered(now + SECOND), error(now + 2 * SECOND)], now + 2 * SECOND)
    assert box.due_at() is None
    assert message(box.add([recovered(now + 9 * SECOND)], now), now + 9 * SECOND).outage == error()


@pytest.mark.parametrize(
    ("start", "end", "inside", "outside"), [(22, 8, (22, 23, 0, 7), (8, 12, 21)), (12, 14, (12, 13), (11, 14, 0))]
)
def test_quiet_hours_may_include_midnight(start: int, end: int, inside: Iterable[int], outside: Iterable[int]) -> None:
    quiet = QuietHours(time(start), time(end))
    assert all(quiet.contains(time(hour)) for hour in inside)
    assert not any(quiet.contains(time(hour)) for hour in outside)


@given(st.integers(0, 100_000), st.floats(0, 119))
def test_two_observations_of_a_change_share_a_key(offset: int, apart: float) -> None:
    first = gone(at=NOON + offset * SECOND)
    second = replace(first, at=first.at + timedelta(seconds=apart))
    assert set(keys_of(first)) & set(keys_of(second))
    assert not set(keys_of(first)) & set(keys_of(replace(second, host_id="h2")))
    assert not set(keys_of(first)) & set(keys_of(replace(first, at=first.at + timedelta(minutes=5))))


def test_two_caps_that_are_reached_at_once_are_two_alerts() -> None:
    first = Event(at=NOON, kind=EventKind.CAP, alert=True, message="caps.all.per_hour: 9.00 / 10.00 CNY")
    second = replace(first, message="caps.li.per_day: 9.00 / 10.00 CNY")
    assert set(keys_of(first)).isdisjoint(keys_of(second))
    assert keys_of(first) == keys_of(replace(first, alert=False))
