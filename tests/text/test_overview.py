from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.factories import NOON, a_host

from xds_tui.domain.cost_history import Spending
from xds_tui.domain.gpus import GpuUse
from xds_tui.domain.host_list import Counts
from xds_tui.domain.pricing import FleetRate, Rate
from xds_tui.text import charts, formats, overview
from xds_tui.text.overview import Line, Overview


def rate(value: str) -> Rate:
    return Rate(Decimal(value), Decimal(value), is_known=True)


SOON = (
    a_host(id="a", name="gpu-node-5", expires=NOON + timedelta(minutes=3)),
    a_host(id="b", name="设计-05", expires=NOON + timedelta(hours=4, minutes=59)),
    a_host(id="c", name="train-5", expires=NOON + timedelta(days=3, hours=20)),
)
FLEET = Overview(
    counts=Counts(total=40, on=21, changing=2, expiring=3, off=13, expired=4),
    gpus=(GpuUse("RTX 4090", 11, 18), GpuUse("A100", 1, 4)),
    rate=FleetRate(rate("26.04"), rate("50.75"), 0),
    is_priced=True,
    prepaid_hosts=11,
    spent_today=Spending(Decimal("214.49"), is_complete=True),
    history=(*[None] * 92, Decimal(0), Decimal(10), Decimal(20), Decimal(31)),
    expiring=SOON,
    now=NOON,
)


def text(line: Line) -> str:
    return "".join(part for part, _style in line)


def texts(lines: tuple[Line, ...]) -> list[str]:
    return [text(line).rstrip() for line in lines]


def test_hosts_are_counted_by_status_with_a_bar_and_the_gpus_in_use() -> None:
    statuses, bar, gpus = texts(overview.fleet_lines(FLEET, 60))
    assert statuses == "40 hosts   ● 21 on   ↕ 2 changing   ○ 13 off   ✕ 4 expired"
    assert (bar.count("━"), bar.count("╍"), bar.count("─"), bar.count("┄")) == (32, 3, 19, 6)
    assert gpus == "4090 ▰▰▰▰▰▱▱▱▱ 11/18  A100 ▱▱ 1/4".replace("A100 ▱▱", "A100 ▰▱")


@pytest.mark.parametrize(
    ("width", "shown"), [(40, "40 hosts  ● 21 on  ↕ 2  ○ 13  ✕ 4"), (28, "40 hosts ●21 ↕2 ○13 ✕4"), (9, "40 hosts")]
)
def test_words_are_dropped_before_numbers(width: int, shown: str) -> None:
    assert text(overview.fleet_lines(FLEET, width)[0]) == shown


def test_the_cost_is_shown_now_per_day_and_today_with_its_course_and_what_is_prepaid() -> None:
    assert texts(overview.cost_lines(FLEET, 44)) == [
        "¥26.04/h now  ≈¥625/day  today ¥214",
        f"{'·' * 23}█ 24 h · peak ¥31",
        "+ ¥50.75/h prepaid in 11 hosts",
    ]


def test_a_wider_sparkline_has_a_block_for_each_quarter_of_an_hour() -> None:
    line = text(overview.cost_lines(FLEET, 120)[1])
    assert line == f"{'·' * 92}▁▃▆█ 24 h · peak ¥31.00/h"
    assert text(overview.cost_lines(FLEET, 120, charts.ASCII_BLOCKS)[1]).startswith(f"{'·' * 92}_-+#")


def test_what_was_spent_is_a_lower_bound_while_samples_are_missing() -> None:
    partly = replace(FLEET, spent_today=Spending(Decimal(3), is_complete=False))
    assert "today ≥¥3" in text(overview.cost_lines(partly, 44)[0])


@pytest.mark.parametrize(
    ("on_demand", "unpriced", "now"),
    [("0", 1, "price of 1 host unknown"), ("0", 0, "¥0.00/h now"), ("2", 3, "¥2.00/h now")],
)
def test_unknown_prices_are_not_a_sum_of_nothing(on_demand: str, unpriced: int, now: str) -> None:
    fleet = replace(FLEET, rate=FleetRate(rate(on_demand), rate("0"), unpriced))
    lines = texts(overview.cost_lines(fleet, 60))
    assert lines[0].startswith(now)
    assert ("unknown" in lines[2]) is (on_demand == "2")
    summary = text(overview.summary_line(fleet, 80))
    assert now in summary
    assert ("¥2.00/h now + 3 ?" in summary) is (on_demand == "2")


def test_without_a_catalog_no_cost_is_shown() -> None:
    fleet = replace(FLEET, is_priced=False)
    assert "¥" not in "".join(texts(overview.cost_lines(fleet, 60)))
    assert "¥" not in text(overview.summary_line(fleet, 80))


def test_the_next_expiries_are_marked_by_urgency() -> None:
    lines = overview.expiry_lines(FLEET, 36)
    assert texts(lines) == [
        "!! gpu-node-5           3 min  12:03",
        "!  设计-05                4 h  16:59",
        "   train-5                3 d  11-27",
    ]
    assert [line[0][1] for line in lines] == ["bad", "warn", ""]


def test_a_fleet_without_expiries_says_so() -> None:
    assert texts(overview.expiry_lines(replace(FLEET, expiring=()), 36)) == ["No prepaid hosts"]


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (
            110,
            "21 on · 2 changing · 13 off · ¥26.04/h now · + ¥50.75/h prepaid · next expiry: gpu-node-5 in 3 min",
        ),
        (80, "21 on · ¥26.04/h now · + ¥50.75/h prepaid · next expiry: gpu-node-5 in 3 min"),
        (58, "21 on · ¥26.04/h now · next expiry: gpu-node-5 in 3 min"),
        (20, "¥26.04/h now"),
        (5, ""),
    ],
)
def test_the_summary_keeps_the_cost_longest(width: int, shown: str) -> None:
    assert text(overview.summary_line(FLEET, width)) == shown


@given(st.integers(1, 120), st.lists(st.integers(0, 99), min_size=5, max_size=5), st.integers(0, 30))
def test_nothing_is_wider_than_its_place(width: int, numbers: list[int], gpus: int) -> None:
    on, changing, off, expired, unknown = numbers
    counts = Counts(sum(numbers), on, changing, 0, off, expired)
    assert counts.unknown == unknown
    fleet = replace(FLEET, counts=counts, gpus=tuple(GpuUse(f"RTX {n}090", n, n + 3) for n in range(gpus)))
    lines = (
        *overview.fleet_lines(fleet, width)[1:],
        *overview.cost_lines(fleet, width)[:2],
        overview.summary_line(fleet, width),
    )
    assert all(formats.cells(text(line)) <= max(width, 7) for line in lines)
