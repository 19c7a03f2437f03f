from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from xds_tui.domain.poll_schedule import LOOKUP_INTERVAL, MAX_WAIT, MIN_PAUSE, PollSchedule, has_clock_jumped

START = PollSchedule(interval=15, refresh_at=0, lookup_at=0)


def test_a_refresh_is_due_an_interval_after_the_last() -> None:
    schedule = START.after_refresh(100)
    assert schedule.delay(100, has_lookups=False) == 15
    assert not schedule.is_refresh_due(114.9)
    assert schedule.is_refresh_due(115)


def test_the_interval_is_counted_from_the_start_of_a_refresh() -> None:
    assert START.after_refresh(104, began=100).refresh_at == 115
    assert START.after_refresh(110, began=100).refresh_at == 115


def test_a_refresh_that_takes_longer_than_the_interval_is_followed_by_a_pause() -> None:
    assert START.after_refresh(130, began=100).refresh_at == 130 + MIN_PAUSE
    assert START.after_refresh(130, wanted_within=2, began=100).refresh_at == 132


def test_hosts_in_transition_are_looked_up_between_refreshes() -> None:
    schedule = START.after_refresh(100)
    assert schedule.delay(100, has_lookups=True) == LOOKUP_INTERVAL
    assert schedule.after_lookup(104).delay(104, has_lookups=True) == LOOKUP_INTERVAL
    assert not schedule.after_lookup(104).is_refresh_due(104)


def test_failures_double_the_delay_up_to_two_minutes() -> None:
    schedule, delays = START, []
    for _ in range(6):
        schedule = schedule.after_error(0, jitter=0)
        delays.append(schedule.delay(0, has_lookups=True))
    assert delays == [15, 30, 60, 120, 120, 120]


def test_a_success_ends_the_back_off() -> None:
    schedule = START.after_error(0, 0).after_error(0, 0).after_refresh(0)
    assert schedule.delay(0, has_lookups=False) == 15


@given(st.integers(1, 5000), st.floats(0, 1, exclude_max=True), st.floats(5, 3600))
def test_a_delay_is_positive_and_bounded(times: int, jitter: float, interval: float) -> None:
    schedule = PollSchedule(interval, 0, 0)
    for _ in range(min(times, 50)):
        schedule = schedule.after_error(0, jitter)
    delay = schedule.delay(0, has_lookups=True)
    assert delay is not None
    assert 0 < delay <= MAX_WAIT


def test_retry_after_extends_the_delay() -> None:
    assert START.after_error(0, 0.5, retry_after=300).delay(0, has_lookups=True) == 300
    assert START.after_error(0, 0, retry_after=1).delay(0, has_lookups=True) == 15


def test_only_lookups_are_due_while_paused() -> None:
    schedule = START.after_refresh(0).refresh_now(0).paused()
    assert schedule.delay(0, has_lookups=False) is None
    assert schedule.delay(0, has_lookups=True) == LOOKUP_INTERVAL
    assert not schedule.is_refresh_due(99)
    assert schedule.resumed(99).is_refresh_due(99)


def test_a_requested_refresh_is_due_while_paused_until_one_succeeds() -> None:
    requested = START.paused().refresh_now(10)
    assert requested.delay(10, has_lookups=False) == 0
    assert requested.is_refresh_due(10)
    failed = requested.after_error(10, jitter=0)
    assert (failed.is_refresh_due(24), failed.is_refresh_due(25)) == (False, True)
    assert failed.after_refresh(25).delay(25, has_lookups=False) is None


def test_a_refresh_that_an_order_waits_for_is_due_while_paused() -> None:
    schedule = START.paused().after_refresh(0, wanted_within=8)
    assert (schedule.delay(0, has_lookups=False), schedule.is_refresh_due(8)) == (8, True)
    assert schedule.after_refresh(8).delay(8, has_lookups=False) is None


def test_a_shorter_interval_starts_now() -> None:
    assert START.after_refresh(0).with_interval(5, 2).refresh_at == 7
    assert START.after_refresh(0).with_interval(60, 2).refresh_at == 15


def test_an_unreachable_service_is_tried_every_interval() -> None:
    schedule, delays = START, []
    for _ in range(5):
        schedule = schedule.after_error(0, jitter=0.5, is_unreachable=True)
        delays.append(schedule.delay(0, has_lookups=True))
    assert delays == [15 * 0.875] * 5


def test_retry_after_also_delays_requested_refreshes() -> None:
    schedule = START.after_error(0, 0, retry_after=60)
    for requested in (schedule.refresh_now(10), schedule.with_interval(5, 10)):
        assert not requested.is_refresh_due(59)
        assert requested.is_refresh_due(60)
    assert schedule.after_refresh(60).refresh_now(61).is_refresh_due(61)


def test_clocks_that_diverge_show_a_sleep_or_a_changed_clock() -> None:
    assert has_clock_jumped(15, 8 * 3600)
    assert has_clock_jumped(15, -3600)
    assert not has_clock_jumped(15, 15.2)
