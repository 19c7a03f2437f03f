from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.factories import NOON

from xds_tui.domain.records import Sample
from xds_tui.tui.widgets.plots import COSTS, Line, known, scale, ticks


@pytest.mark.parametrize(
    ("highest", "unit", "levels"),
    [
        (0, 1, [0, 1, 2, 3, 4]),
        (0, 0.01, [0, 0.01, 0.02, 0.03, 0.04]),
        (0.99, 0.01, [0, 0.25, 0.5, 0.75, 1]),
        (9, 1, [0, 5, 10, 15, 20]),
        (38.2, 0.01, [0, 10, 20, 30, 40]),
        (41, 1, [0, 20, 40, 60, 80]),
        (10_000, 1, [0, 2500, 5000, 7500, 10_000]),
    ],
)
def test_numbers_are_round_and_reach_the_highest(highest: float, unit: float, levels: list[float]) -> None:
    assert scale(highest, unit) == levels


@given(st.floats(0, 1e6), st.sampled_from([1, 0.01]))
def test_numbers_are_whole_units_and_never_too_low(highest: float, unit: float) -> None:
    levels = scale(highest, unit)
    assert levels[-1] >= highest * (1 - 1e-6)
    assert all(round(level / unit, 4).is_integer() for level in levels)


@pytest.mark.parametrize(
    ("length", "told"),
    [
        (timedelta(hours=1), ["11:10", "11:20", "11:30", "11:40", "11:50", "12:00"]),
        (timedelta(days=1), ["16:00", "20:00", "00:00", "04:00", "08:00", "12:00"]),
        (timedelta(days=7), ["11-17", "11-18", "11-19", "11-20", "11-21", "11-22", "11-23"]),
    ],
)
def test_times_are_round_and_within(length: timedelta, told: list[str]) -> None:
    until = NOON + timedelta(minutes=3)
    at, words = ticks(until - length, until)
    assert words == told
    assert all(until - length <= moment <= until for moment in at)


def test_no_line_is_drawn_through_an_unknown_price() -> None:
    rates = [Decimal(1), None, None, Decimal(3), Decimal(4)]
    run = [
        Sample(at=NOON + timedelta(minutes=n), total=1, on=1, changing=0, billed_low=rate)
        for n, rate in enumerate(rates)
    ]
    line = Line(lambda sample: None if sample.billed_low is None else float(sample.billed_low), "hd", "green")
    assert [[value for _at, value in points] for points in known(line, run)] == [[1.0], [3.0, 4.0]]


def sample_of_costs(billed: int, unpriced: int) -> Sample:
    return Sample(
        at=NOON,
        total=3,
        on=3,
        changing=0,
        billed_low=Decimal(billed),
        billed_high=Decimal(billed),
        prepaid_low=Decimal(2),
        prepaid_high=Decimal(2),
        unpriced=unpriced,
    )


@pytest.mark.parametrize(
    ("sample", "billed"),
    [(sample_of_costs(0, 3), None), (sample_of_costs(0, 0), 0.0), (sample_of_costs(5, 3), 5.0)],
    ids=["no price is known", "nothing is billed", "some prices are known"],
)
def test_a_sum_without_any_known_price_is_not_drawn_as_zero(sample: Sample, billed: float | None) -> None:
    prepaid_line, billed_line = COSTS
    assert billed_line.value(sample) == billed
    assert prepaid_line.value(sample) == 2.0
