from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.factories import NOON

from xds_tui.text import charts
from xds_tui.text.charts import ASCII, BRAILLE, Charset, Figures, Points

MINUTE = timedelta(minutes=1)
BLANK = "\u2800"


def points(*pairs: tuple[float, int | None]) -> Points:
    return [(NOON + minutes * MINUTE, None if value is None else Decimal(value)) for minutes, value in pairs]


def values(*numbers: int | None) -> list[Decimal | None]:
    return [None if number is None else Decimal(number) for number in numbers]


def resampled(series: Points, minutes: int, count: int, now: float | None = None) -> Sequence[Decimal | None]:
    end = NOON + minutes * MINUTE
    return charts.resample(series, NOON, end, end if now is None else NOON + now * MINUTE, count)


# Columns


def test_a_value_holds_until_the_next_point() -> None:
    assert resampled(points((0, 1), (2, 5)), 4, 4) == values(1, 1, 5, 5)


def test_the_last_value_in_a_column_counts() -> None:
    assert resampled(points((0, 1), (0.5, 2), (0.9, 3), (1, 4)), 2, 2) == values(3, 4)


def test_a_stretch_without_points_is_empty() -> None:
    assert resampled(points((0, 1), (1, 1), (2, 1), (8, 7), (9, 7)), 10, 10) == values(
        1, 1, 1, 1, None, None, None, None, 7, 7
    )


def test_points_that_are_far_apart_as_usual_have_no_gaps() -> None:
    assert None not in resampled(points((0, 1), (10, 2), (20, 3), (30, 4)), 40, 8)


def test_an_unknown_value_is_empty() -> None:
    assert resampled(points((0, 1), (1, None), (2, 3)), 3, 3) == values(1, None, 3)


def test_nothing_is_drawn_before_the_first_point_or_after_now() -> None:
    assert resampled(points((1, 1), (2, 2)), 5, 5, now=2.5) == values(None, 1, 2, None, None)


def test_a_first_point_is_visible_at_once() -> None:
    start, end = charts.visible_range(points((0, 7)), NOON - timedelta(hours=1), NOON)
    assert (start, end) == (NOON, NOON + charts.MIN_LENGTH)
    assert charts.resample(points((0, 7)), start, end, NOON, 4) == values(7, None, None, None)


@pytest.mark.parametrize(("first", "start"), [(-90, -60), (-20, -20)])
def test_a_chart_starts_with_the_first_point(first: int, start: int) -> None:
    since = NOON - timedelta(hours=1)
    assert charts.visible_range(points((first, 7)), since, NOON) == (NOON + start * MINUTE, NOON)


POINTS = st.lists(
    st.tuples(
        st.integers(0, 5000).map(lambda seconds: NOON + timedelta(seconds=seconds)),
        st.none() | st.integers(0, 10**6).map(Decimal),
    ),
    max_size=30,
    unique_by=lambda point: point[0],
).map(lambda found: sorted(found, key=lambda point: point[0]))


@given(POINTS, st.integers(1, 80))
def test_every_column_has_a_value_of_the_series_or_none(
    series: list[tuple[datetime, Decimal | None]], count: int
) -> None:
    now = NOON + timedelta(seconds=5000)
    found = charts.resample(series, NOON, now, now, count)
    assert len(found) == count
    assert {value for value in found if value is not None} <= {value for _at, value in series}


# Drawing


def drawn(
    area: Sequence[int | None], line: Sequence[int | None], top: int, height: int, charset: Charset = BRAILLE
) -> list[str]:
    return list(charts.draw(values(*area), values(*line), Decimal(top), height, charset).rows)


def nothing(count: int) -> list[None]:
    return [None] * count


def test_an_area_is_filled_from_the_bottom() -> None:
    assert drawn([0, 1, 2, 3, 4, 5, 6, 7], nothing(8), 7, 2) == ["  ⣠⣾", "⣠⣾⣿⣿"]


def test_zero_is_visible_and_a_gap_is_not() -> None:
    assert drawn([0, 0, None, None], nothing(4), 10, 1) == ["⣀ "]


def test_a_line_has_one_dot_per_column_and_is_connected() -> None:
    assert drawn(nothing(6), [0, 0, 7, 7, 0, None], 7, 2) == [" ⡏⡆", "⣀⠇⡇"]


def test_a_line_is_visible_over_an_area() -> None:
    drawing = charts.draw(values(*[7] * 4), values(*[1] * 4), Decimal(7), 2)
    assert drawing.rows == ("⣿⣿", "⠤⠤")
    assert drawing.marks == ("aa", "ll")


def test_ascii() -> None:
    assert drawn([0, 1, 2, 3, 4, 5], nothing(6), 5, 2, ASCII) == ["   .:#", ".:####"]
    assert drawn([5, 5, 5], [0, 0, 5], 5, 2, ASCII) == ["##|", "--|"]


SERIES = st.lists(st.none() | st.integers(0, 100).map(Decimal), min_size=1, max_size=40)


@given(SERIES, SERIES, st.integers(1, 12), st.sampled_from([BRAILLE, ASCII]))
def test_a_drawing_fills_its_size_with_the_characters_of_its_charset(
    area: list[Decimal | None], line: list[Decimal | None], height: int, charset: Charset
) -> None:
    length = min(len(area), len(line))
    drawing = charts.draw(area[:length], line[:length], Decimal(100), height, charset)
    width = -(-length // charset.columns)
    assert [len(row) for row in drawing.rows] == [len(row) for row in drawing.marks] == [width] * height
    characters = set("".join(drawing.rows)) - {" "}
    if charset is ASCII:
        assert characters <= set(".:#-|")
    else:
        assert all(BLANK < character <= "\u28ff" for character in characters)


@given(st.lists(st.integers(0, 100), min_size=1, max_size=20), st.integers(1, 12))
def test_a_higher_value_is_never_drawn_lower(numbers: list[int], height: int) -> None:
    filled = [
        sum(character == "#" for row in drawn([number], [None], 100, height, ASCII) for character in row)
        for number in sorted(numbers)
    ]
    assert filled == sorted(filled)


@given(SERIES, st.integers(1, 8))
def test_a_line_is_not_interrupted_by_an_area(line: list[Decimal | None], height: int) -> None:
    area = values(*[100] * len(line))
    alone = charts.draw(values(*nothing(len(line))), line, Decimal(100), height)
    over = charts.draw(area, line, Decimal(100), height)
    for row, marks, other in zip(over.rows, over.marks, alone.rows, strict=True):
        assert all(one == two for one, mark, two in zip(row, marks, other, strict=True) if mark == charts.LINE)


def test_a_label_is_in_the_row_of_its_value() -> None:
    for charset in (BRAILLE, ASCII):
        for number in range(11):
            rows = drawn([None] * charset.columns, [number] * charset.columns, 10, 6, charset)
            assert rows[charts.row_of(Decimal(number), Decimal(10), 6, charset)].strip()


# Figures


def test_figures_are_the_last_smallest_and_largest_known_values() -> None:
    series = points((0, 5), (1, None), (2, 9), (3, 4), (4, 6))
    assert charts.figures(series) == Figures(Decimal(6), Decimal(4), Decimal(9))
    assert charts.figures(points((0, None))) is None


# Axes


@pytest.mark.parametrize(
    ("highest", "unit", "levels"),
    [
        ("0", "1", ["0", "1"]),
        ("0", "0.01", ["0", "0.01"]),
        ("0.99", "0.01", ["0", "0.25", "0.5", "0.75", "1"]),
        ("9", "1", ["0", "3", "6", "9"]),
        ("110", "0.01", ["0", "30", "60", "90", "120"]),
        ("38.2", "0.01", ["0", "10", "20", "30", "40"]),
        ("41", "1", ["0", "20", "40", "60"]),
        ("10000", "1", ["0", "2500", "5000", "7500", "10000"]),
    ],
)
def test_numbers_are_round_and_reach_the_highest(highest: str, unit: str, levels: list[str]) -> None:
    assert charts.scale(Decimal(highest), Decimal(unit), 4) == [Decimal(number) for number in levels]


@given(st.decimals(0, 10**9, places=4), st.sampled_from([Decimal(1), Decimal("0.01")]), st.integers(1, 4))
def test_numbers_are_whole_units_and_never_too_low(highest: Decimal, unit: Decimal, count: int) -> None:
    levels = charts.scale(highest, unit, count)
    assert levels[-1] >= highest
    assert 2 <= len(levels) <= count + 1
    assert all(number % unit == 0 for number in levels)


@pytest.mark.parametrize(
    ("length", "width", "labels"),
    [
        (timedelta(hours=1), 60, ["11:10", "11:20", "11:30", "11:40", "11:50"]),
        (timedelta(days=1), 60, ["16:00", "20:00", "11-23", "04:00", "08:00"]),
        (timedelta(days=7), 100, ["11-17", "11-18", "11-19", "11-20", "11-21", "11-22", "11-23"]),
        (timedelta(days=7), 34, ["11-19", "11-22"]),
        (timedelta(minutes=3), 60, ["12:00", "12:01", "12:02"]),
    ],
)
def test_times_are_round_and_within(length: timedelta, width: int, labels: list[str]) -> None:
    until = NOON + timedelta(minutes=2, seconds=59)
    axis = charts.time_axis(until - length, until, width)
    assert axis.split() == labels
    assert len(axis) == width


@given(st.timedeltas(timedelta(seconds=1), timedelta(days=10)), st.integers(5, 200))
def test_a_time_axis_fits_its_width(length: timedelta, width: int) -> None:
    assert len(charts.time_axis(NOON, NOON + length, width)) == width
