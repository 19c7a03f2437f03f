from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from xds_tui.domain.poll_schedule import LOOK_EVERY, MAX_WAIT, PollSchedule, has_clock_jumped

START = PollSchedule(interval=15, sweep_at=0, look_at=0)


def test_a_sweep_is_due_an_interval_after_the_last() -> None:
    pace = START.swept(100)
    assert pace.wait(100, looking=False) == 15
    assert not pace.sweep_is_due(114.9)
    assert pace.sweep_is_due(115)


def test_a_host_in_transition_is_looked_at_in_between() -> None:
    pace = START.swept(100)
    assert pace.wait(100, looking=True) == LOOK_EVERY
    assert pace.looked(104).wait(104, looking=True) == LOOK_EVERY
    assert not pace.looked(104).sweep_is_due(104)


def test_failures_double_the_wait_up_to_two_minutes() -> None:
    pace, waits = START, []
    for _ in range(6):
        pace = pace.failed(0, lot=0)
        waits.append(pace.wait(0, looking=True))
    assert waits == [15, 30, 60, 120, 120, 120]


def test_one_success_ends_the_back_off() -> None:
    pace = START.failed(0, 0).failed(0, 0).swept(0)
    assert pace.wait(0, looking=False) == 15


@given(st.integers(1, 5000), st.floats(0, 1, exclude_max=True), st.floats(5, 3600))
def test_a_wait_is_never_longer_than_the_bound_nor_nothing(times: int, lot: float, interval: float) -> None:
    pace = PollSchedule(interval, 0, 0)
    for _ in range(min(times, 50)):
        pace = pace.failed(0, lot)
    wait = pace.wait(0, looking=True)
    assert wait is not None
    assert 0 < wait <= MAX_WAIT


def test_the_service_may_ask_for_more_patience() -> None:
    assert START.failed(0, 0.5, retry_after=300).wait(0, looking=True) == 300
    assert START.failed(0, 0, retry_after=1).wait(0, looking=True) == 15


def test_nothing_is_due_while_paused_but_what_an_order_waits_for() -> None:
    pace = replace(START.swept(0), paused=True)
    assert pace.wait(0, looking=False) is None
    assert pace.wait(0, looking=True) == LOOK_EVERY
    assert not pace.at_once(99).sweep_is_due(99)


def test_a_shorter_interval_counts_from_now() -> None:
    assert START.swept(0).every(5, 2).sweep_at == 7
    assert START.swept(0).every(60, 2).sweep_at == 15


def test_a_service_that_cannot_be_reached_is_tried_every_interval() -> None:
    pace, waits = START, []
    for _ in range(5):
        pace = pace.failed(0, lot=0.5, is_unreachable=True)
        waits.append(pace.wait(0, looking=True))
    assert waits == [15 * 0.875] * 5


def test_the_patience_that_the_service_asked_for_binds_also_who_asks_by_hand() -> None:
    pace = START.failed(0, 0, retry_after=60)
    for impatient in (pace.at_once(10), pace.every(5, 10)):
        assert not impatient.sweep_is_due(59)
        assert impatient.sweep_is_due(60)
    assert pace.swept(60).at_once(61).sweep_is_due(61)


def test_clocks_that_part_tell_of_a_sleep_or_of_a_clock_that_was_set() -> None:
    assert has_clock_jumped(15, 8 * 3600)
    assert has_clock_jumped(15, -3600)
    assert not has_clock_jumped(15, 15.2)
