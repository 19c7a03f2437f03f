"""The waiting list: when an attempt is due, and what the attempts have come to."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.factories import NOON, a_quote, a_waitlist_entry, an_order

from xds_tui.domain import waitlist
from xds_tui.domain.notification import QuietHours
from xds_tui.domain.records import Candidate, Doubt, Order, OrderAction, OrderState
from xds_tui.domain.waitlist import (
    MAX_JITTER,
    MIN_INTERVAL,
    RETRY_DELAY,
    Standing,
    next_attempt,
    progress,
)

ENTRY = a_waitlist_entry(package="p1", image="i1", until=NOON + timedelta(days=30))
JITTER = timedelta(seconds=MAX_JITTER)
MINUTE = timedelta(minutes=1)


def an_attempt(number: int, state: OrderState, at: datetime = NOON, **fields: Any) -> Order:
    code = waitlist.SOLD_OUT if state is OrderState.REJECTED else None
    order = an_order(
        id=f"gpu{number}",
        action=OrderAction.CREATE,
        host_id=None,
        quote=a_quote(),
        state=state,
        code=code,
        created_at=at,
        ended_at=at,
        request_id=f"{ENTRY.prefix}{number}",
    )
    return replace(order, **fields)


def test_the_first_attempt_is_made_at_once() -> None:
    found = next_attempt([ENTRY], [], NOON)
    assert found is not None
    assert (found.next_request_id, found.standing, found.bought) == ("waitlist/gpu/k1/1", Standing.WAITING, 0)


@pytest.mark.parametrize("state", [OrderState.REJECTED, OrderState.NOT_SENT, OrderState.ACCEPTED])
def test_attempts_are_at_least_a_minute_apart(state: OrderState) -> None:
    made = [an_attempt(1, state)]
    assert next_attempt([ENTRY], made, NOON + MIN_INTERVAL - timedelta(seconds=1)) is None
    found = next_attempt([ENTRY], made, NOON + MIN_INTERVAL + JITTER)
    assert found is not None
    assert found.next_request_id == "waitlist/gpu/k1/2"


def test_the_attempts_of_all_entries_are_apart_and_take_turns() -> None:
    other = replace(ENTRY, name="cpu")
    made = [an_attempt(1, OrderState.REJECTED)]
    assert next_attempt([ENTRY, other], made, NOON + MIN_INTERVAL - timedelta(seconds=1)) is None
    found = next_attempt([ENTRY, other], made, NOON + MIN_INTERVAL + JITTER)
    assert found is not None
    assert found.entry is other
    assert next_attempt([other], [replace(made[0], state=OrderState.SENT)], NOON + 9 * MINUTE) is None


def test_the_delay_varies() -> None:
    made = [an_attempt(1, OrderState.REJECTED, id=str(number)) for number in range(99)]
    found = {progress(ENTRY, [order], NOON).not_before for order in made}
    assert len(found) == MAX_JITTER + 1
    assert min(found) >= NOON + MIN_INTERVAL


@pytest.mark.parametrize("code", [9001, 1037, 401])
def test_what_waiting_does_not_cure_is_attempted_less_often(code: int) -> None:
    made = [an_attempt(1, OrderState.REJECTED, code=code)]
    assert next_attempt([ENTRY], made, NOON + RETRY_DELAY - timedelta(seconds=1)) is None
    assert next_attempt([ENTRY], made, NOON + RETRY_DELAY) is not None
    delayed = [an_attempt(1, OrderState.NOT_SENT, code=429)]
    assert next_attempt([ENTRY], delayed, NOON + RETRY_DELAY - timedelta(seconds=1)) is None


@pytest.mark.parametrize(
    "order",
    [
        an_attempt(1, OrderState.UNKNOWN),
        an_attempt(1, OrderState.SENT),
        an_attempt(1, OrderState.PENDING),
        an_attempt(1, OrderState.REJECTED, code=1003),
        an_attempt(1, OrderState.REJECTED, code=None),
        an_attempt(1, OrderState.REJECTED, candidate=Candidate("h", "h", Doubt.REJECTED)),
    ],
)
def test_an_attempt_that_may_have_bought_a_host_stops_the_entry_until_it_is_settled(order: Order) -> None:
    later = NOON + timedelta(days=1)
    assert progress(ENTRY, [order], later).standing is Standing.UNSETTLED
    assert next_attempt([ENTRY], [order], later) is None
    confirmed = replace(order, state=OrderState.CONFIRMED, host_id="h")
    assert (progress(ENTRY, [confirmed], later).bought, progress(ENTRY, [confirmed], later).standing) == (
        1,
        Standing.WAITING,
    )
    assert progress(ENTRY, [replace(order, is_forgotten=True)], later).standing is Standing.WAITING


def test_an_entry_ends_with_the_last_host_or_its_date() -> None:
    made = [an_attempt(1, OrderState.CONFIRMED), an_attempt(2, OrderState.ACCEPTED)]
    later = NOON + timedelta(days=1)
    assert progress(ENTRY, made, later).standing is Standing.BOUGHT
    assert progress(ENTRY, made[:1], later).standing is Standing.WAITING
    assert progress(ENTRY, made[:1], ENTRY.until).standing is Standing.EXPIRED
    assert waitlist.is_finished([ENTRY], made, later)
    assert not waitlist.is_finished([ENTRY], made[:1], later)
    again = replace(ENTRY, key="k2")
    assert progress(again, made, later).standing is Standing.WAITING


def test_attempts_are_made_within_hours() -> None:
    local = NOON.astimezone().time()
    inside = QuietHours(local, (NOON + MINUTE).astimezone().time())
    assert progress(replace(ENTRY, hours=inside), [], NOON).standing is Standing.WAITING
    assert progress(replace(ENTRY, hours=inside), [], NOON + MINUTE).standing is Standing.OUTSIDE_HOURS


def test_old_attempts_without_result_are_pruned_and_their_numbers_not_reused() -> None:
    made = [an_attempt(number, OrderState.REJECTED, NOON + number * MINUTE) for number in range(1, 200)]
    made[5] = an_attempt(6, OrderState.CONFIRMED, NOON)
    made[6] = an_attempt(7, OrderState.UNKNOWN, NOON)
    now = NOON + timedelta(minutes=200)
    pruned = waitlist.to_prune(made, now)
    assert len(pruned) == 199 - 2 - 60
    left = [order for order in made if order not in pruned]
    assert progress(ENTRY, left, now).attempts == 199
    assert waitlist.to_prune(left, now + timedelta(days=9))[-1].request_id == "waitlist/gpu/k1/196"


def test_only_attempts_that_tell_nothing_are_left_out_of_the_events() -> None:
    assert waitlist.is_unremarkable(an_attempt(1, OrderState.REJECTED))
    assert waitlist.is_unremarkable(an_attempt(1, OrderState.SENT))
    assert not waitlist.is_unremarkable(an_attempt(1, OrderState.REJECTED, code=9001))
    assert not waitlist.is_unremarkable(an_attempt(1, OrderState.UNKNOWN))
    assert not waitlist.is_unremarkable(an_attempt(1, OrderState.ACCEPTED))
    assert not waitlist.is_unremarkable(an_attempt(1, OrderState.REJECTED, request_id="mine"))


STATES = st.sampled_from(list(OrderState))


@settings(max_examples=60)
@given(st.lists(STATES, max_size=6))
def test_no_state_of_the_attempts_allows_more_hosts_than_wanted(states: list[OrderState]) -> None:
    made = [an_attempt(number, state) for number, state in enumerate(states, 1)]
    found = next_attempt([ENTRY], made, NOON + timedelta(days=1))
    possible = [s for s in states if s not in (OrderState.REJECTED, OrderState.NOT_SENT)]
    if found is not None:
        assert len(possible) < ENTRY.count
        assert not {OrderState.UNKNOWN, OrderState.SENT, OrderState.PENDING} & set(states)
