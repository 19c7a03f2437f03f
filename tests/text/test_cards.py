"""The cards of a host and of a package."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from support.factories import NOON, a_host, a_package

from xds_tui.domain.model import Billing, Status
from xds_tui.domain.pricing import Rate
from xds_tui.text import formats, host_card, package_card
from xds_tui.text.overview import Line

DAY = timedelta(days=1)
PREPAID = a_host(billing=Billing.RENT, created=NOON - 3 * DAY, expires=NOON + DAY, gpu_count=1, gpu_name="RTX 4090*1")
RATE = Rate(Decimal("0.88"), Decimal("0.88"), is_known=True)


def texts(lines: tuple[Line, ...]) -> list[str]:
    return ["".join(part for part, _style in line) for line in lines]


def test_a_host_shows_status_machine_access_times_cost_and_remaining_time() -> None:
    status, machine, access, times, cost, remaining = texts(host_card.card_lines(PREPAID, RATE, NOON, 80))
    assert status.startswith("● on · ")
    assert status.endswith(" · ¥0.88/h")
    assert machine == "Windows · 4 CPU · 16 GB · 128 GB disk · RTX 4090×1"
    assert access == "gx-xds-rdp.songmao-idc.com:54220 · root"
    assert times == "created 2026-11-20 12:00 · expires 2026-11-24 12:00"
    assert cost == "¥84.48 prepaid"
    assert remaining == f"{'▰' * 6}{'▱' * 18} 1d 0h left (25%)"


@pytest.mark.parametrize(
    ("left", "style"),
    [(timedelta(minutes=59), "bad"), (timedelta(hours=23), "warn"), (timedelta(hours=25), "good")],
)
def test_the_remaining_time_is_coloured_by_urgency(left: timedelta, style: str) -> None:
    host = a_host(created=NOON - 2 * DAY, expires=NOON + left)
    assert host_card.remaining_bar(host, NOON, 60)[0][1] == style


def test_an_expired_host_has_an_empty_bar() -> None:
    host = a_host(created=NOON - 2 * DAY, expires=NOON - DAY)
    assert "".join(part for part, _style in host_card.remaining_bar(host, NOON, 60)).startswith("▱" * 24)


@pytest.mark.parametrize("fields", [{"expires": None}, {"expires": NOON, "created": None}, {"expires": NOON - DAY}])
def test_without_a_period_there_is_no_bar(fields: dict[str, object]) -> None:
    assert host_card.remaining_bar(a_host(**fields), NOON, 60) == ()


@pytest.mark.parametrize("width", [10, 20, 44])
def test_the_lines_of_a_host_fit(width: int) -> None:
    assert all(formats.cells(text) <= width for text in texts(host_card.card_lines(PREPAID, RATE, NOON, width))[1:])


def test_a_tall_card_continues_long_lines_instead_of_cutting_them_off() -> None:
    lines = texts(host_card.card_lines(PREPAID, RATE, NOON, 30, is_tall=True))
    assert lines[1:3] == ["Windows · 4 CPU · 16 GB", "128 GB disk · RTX 4090×1"]
    assert all(formats.cells(line) <= 30 for line in lines[1:])


def test_the_cost_so_far_changes_once_in_a_quarter_of_an_hour_and_is_never_too_low() -> None:
    host = a_host(created=NOON - DAY)
    costs = [host_card.accrued(host, RATE, NOON + timedelta(seconds=15 * number)) for number in range(240)]
    assert len(set(costs)) == 4
    assert costs[0] == "up to ¥21.34 so far"


def test_a_package_shows_its_price_discount_rank_and_how_many_hosts_are_like_it() -> None:
    package = a_package(gpu_count=1, gpu_name="RTX 4090", amount=Decimal("2.88"), discount=Decimal("0.8"))
    dearer = a_package(gpu_count=1, gpu_name="RTX 4090", amount=Decimal(3))
    hosts = [a_host(gpu_count=1, gpu_name="RTX 4090*1", status=status) for status in (Status.ON, Status.OFF)]
    assert texts(package_card.card_lines(package, [package, dearer], hosts, 40)) == [
        "office",
        "4 CPU · 16 GB · 128 GB disk",
        "RTX 4090×1",
        "South China · office",
        "¥2.304/h   ¥55.30/day",
        "¥1,658.88 for 30 days",
        "list price ¥2.88, 20% off",
        "▰▱▱▱▱ cheapest per GPU",
        "2 hosts of this kind, 1 on",
    ]


def test_a_package_with_an_unknown_price_shows_no_number() -> None:
    lines = texts(package_card.card_lines(a_package(amount=None), (), (), 40))
    assert lines[-1] == "Price unknown, so it cannot be rented"
    assert "¥" not in "".join(lines)
