from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.factories import NOON

from xds_tui.domain.cost_history import BUCKET, LENGTH, MAX_GAP, CostHistory, bucket_start
from xds_tui.domain.records import Sample

MINUTE = timedelta(minutes=1)


def history(*samples: tuple[float, int]) -> CostHistory:
    """Return the history of samples, each a number of minutes after noon with a cost per hour."""
    found = CostHistory()
    for minutes, rate in samples:
        found = found.add(NOON + minutes * MINUTE, Decimal(rate))
    return found


def test_a_cost_holds_until_the_sample_that_shows_another() -> None:
    spent = history((0, 6), (10, 6), (20, 12), (30, 12)).spent(NOON, NOON + 30 * MINUTE)
    assert (spent.amount, spent.is_complete) == (Decimal(4), True)


def test_nothing_is_counted_while_no_sample_was_taken() -> None:
    spent = history((0, 6), (10, 6), (130, 6), (140, 6)).spent(NOON, NOON + 140 * MINUTE)
    assert (spent.amount, spent.is_complete) == (Decimal(2), False)


def test_only_the_given_time_counts() -> None:
    assert history((0, 6), (20, 6)).spent(NOON + 5 * MINUTE, NOON + 15 * MINUTE).amount == 1


def test_unchanged_costs_take_one_segment_however_many_samples_there_are() -> None:
    assert len(history(*((number / 4, 6) for number in range(4000))).segments) == 1


def test_samples_older_than_a_day_are_dropped() -> None:
    found = history((0, 1), (1, 2), (2, 3)).add(NOON + 2 * LENGTH, Decimal(4))
    assert [segment.rate for segment in found.segments] == [3, 4]


@pytest.mark.parametrize("minutes", [-1, 0])
def test_a_sample_that_is_not_later_than_the_last_changes_nothing(minutes: int) -> None:
    assert history((0, 6), (minutes, 7)) == history((0, 6))


def test_a_sample_without_prices_is_unknown_and_not_zero() -> None:
    sample = Sample(at=NOON, total=1, on=1, changing=0)
    assert CostHistory.of([sample]) == CostHistory()
    unpriced = Sample(at=NOON, total=1, on=1, changing=0, unpriced=1, billed_low=Decimal(0), billed_high=Decimal(0))
    assert CostHistory.of([unpriced]) == CostHistory()


def test_each_part_of_the_day_has_its_highest_cost() -> None:
    parts = history((0, 6), (14, 9), (16, 3)).highest(NOON + 20 * MINUTE, 96)
    assert list(parts[-2:]) == [9, 9]
    assert parts[:-2] == (None,) * 94


@given(st.timedeltas(timedelta(0), timedelta(days=3650)))
def test_quarters_begin_at_full_quarters_of_an_hour(after: timedelta) -> None:
    start = bucket_start(NOON + after)
    assert start <= NOON + after < start + BUCKET
    assert (start.minute % 15, start.second, start.microsecond) == (0, 0, 0)


@given(st.lists(st.tuples(st.integers(1, int(2 * MAX_GAP / MINUTE)), st.integers(0, 50)), min_size=1, max_size=40))
def test_what_is_spent_lies_between_the_lowest_and_the_highest_cost(steps: list[tuple[int, int]]) -> None:
    at, samples = 0, []
    for minutes, rate in steps:
        at += minutes
        samples.append((at, rate))
    spent = history(*samples).spent(NOON, NOON + at * MINUTE)
    assert 0 <= spent.amount <= Decimal(max(rate for _at, rate in samples)) * at / 60
