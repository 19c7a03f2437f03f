from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.factories import NOON, a_host, a_package, catalog_of

from xds_tui.domain import pricing
from xds_tui.domain.model import Area, Billing, Package, Period, PeriodUnit, Purpose, Status
from xds_tui.domain.pricing import FleetRate, Rate

money = st.decimals(min_value=0, max_value=10_000, allow_nan=False, allow_infinity=False, places=6)
factor = st.decimals(min_value=0, max_value=2, allow_nan=False, allow_infinity=False, places=19)


@pytest.mark.parametrize(
    ("amount", "discount", "period", "count", "total", "for_hours"),
    [
        ("1.10", "0.8", Period(PeriodUnit.MONTH, 3), 2, "3801.60", 2160),
        ("0.07", "0.85", Period(PeriodUnit.HOUR, 1), 1, "0.06", 1),
        ("2.88", "0.80", Period(PeriodUnit.MONTH, 1), 2, "3317.76", 720),
        ("0.005", "1", Period(PeriodUnit.HOUR, 1), 1, "0.01", 1),
        ("0.0049999999999999999999", "1", Period(PeriodUnit.HOUR, 1), 1, "0.00", 1),
        ("1", "1", Period(PeriodUnit.YEAR, 1), 1, "8760.00", 8760),
    ],
)
def test_an_estimate_is_amount_times_discount_times_hours_times_count(
    amount: str, discount: str, period: Period, count: int, total: str, for_hours: int
) -> None:
    package = a_package(amount=Decimal(amount), discount=Decimal(discount))
    estimate = pricing.estimate(package, pricing.hours(period), count)
    assert estimate is not None
    assert str(estimate.total) == total
    assert estimate.hours == for_hours


@given(money, factor, st.integers(1, 100_000), st.integers(1, 100))
def test_an_estimate_is_rounded_once_half_up_at_the_end(
    amount: Decimal, discount: Decimal, for_hours: int, count: int
) -> None:
    estimate = pricing.estimate(a_package(amount=amount, discount=discount), for_hours, count)
    assert estimate is not None
    exact = Fraction(amount) * Fraction(discount) * for_hours * count
    assert Fraction(estimate.total) == Fraction(int(exact * 100 + Fraction(1, 2)), 100)


@given(money, factor)
def test_the_hourly_price_keeps_every_digit(amount: Decimal, discount: Decimal) -> None:
    hourly = pricing.hourly(a_package(amount=amount, discount=discount))
    assert hourly is not None
    assert Fraction(hourly) == Fraction(amount) * Fraction(discount)


@pytest.mark.parametrize("package", [replace(a_package(), amount=None), replace(a_package(), discount=None)])
def test_a_price_that_was_not_understood_gives_no_estimate(package: Package) -> None:
    assert pricing.hourly(package) is None
    assert pricing.estimate(package, 1) is None


def test_a_host_costs_as_much_as_matching_packages() -> None:
    host = a_host(cpu=8, status=Status.ON, billing=Billing.ON_DEMAND)
    cheap = a_package(id="a", cpu=8, amount=Decimal("1.00"))
    dear = a_package(id="b", cpu=8, amount=Decimal("1.50"))
    other = a_package(id="c", cpu=16, amount=Decimal("9.00"))
    assert pricing.rate_of(host, catalog_of(cheap, other)) == Rate(Decimal("1.00"), Decimal("1.00"))
    assert pricing.rate_of(host, catalog_of(cheap, dear, other)) == Rate(Decimal("1.00"), Decimal("1.50"))
    assert pricing.rate_of(host, catalog_of(other)) is None


def test_the_fleet_rate_counts_running_hosts_and_separates_prepaid_ones() -> None:
    catalog = catalog_of(a_package(cpu=8, amount=Decimal("1.25"), discount=Decimal("0.8")))
    rate = pricing.costs(
        [
            a_host(id="1", cpu=8, status=Status.ON),
            a_host(id="2", cpu=8, status=Status.BILLED),
            a_host(id="3", cpu=8, status=Status.OFF),
            a_host(id="4", cpu=8, status=Status.ON, billing=Billing.RENT),
            a_host(id="5", cpu=99, status=Status.ON),
            a_host(id="6", cpu=8, status=Status.OFF, billing=Billing.RENT),
            a_host(id="7", cpu=8, status=Status.EXPIRED, billing=Billing.RENT),
            a_host(id="8", cpu=8, status=Status.OFF, billing=Billing.RENT, expires=NOON - timedelta(seconds=1)),
        ],
        catalog,
        {},
        NOON,
    ).fleet
    assert rate.on_demand == Rate(Decimal(2), Decimal(2))
    assert rate.prepaid == Rate(Decimal(2), Decimal(2))
    assert rate.unpriced == 1


def test_a_host_with_an_order_has_its_purchase_price() -> None:
    hosts = [a_host(id="ours"), a_host(id="other"), a_host(id="strange", cpu=99)]
    costs = pricing.costs(hosts, catalog_of(a_package()), {"ours": Decimal("0.99")}, NOON)
    assert costs.hosts == {
        "ours": Rate(Decimal("0.99"), Decimal("0.99"), is_known=True),
        "other": Rate(Decimal("1.10"), Decimal("1.10")),
    }
    assert costs.fleet.on_demand == Rate(Decimal("2.09"), Decimal("2.09"))
    assert costs.fleet.unpriced == 1


def test_without_a_catalog_only_hosts_with_an_order_have_a_price() -> None:
    costs = pricing.costs([a_host(id="ours"), a_host(id="other")], None, {"ours": Decimal(1)}, NOON)
    assert set(costs.hosts) == {"ours"}
    assert costs.fleet.on_demand.is_known


@pytest.mark.parametrize("differs", [{"purpose": Purpose.COMPUTE}, {"area": Area.WEST}, {"disk": 1}, {"gpu_count": 1}])
def test_a_package_that_differs_does_not_match_a_host(differs: dict[str, Any]) -> None:
    assert pricing.rate_of(a_host(), catalog_of(a_package(**differs))) is None


def test_a_rent_has_cost_its_whole_period_and_a_host_on_demand_at_most_every_hour() -> None:
    rate, now = Rate(Decimal("1.10"), Decimal("1.50")), NOON + timedelta(hours=10)
    rent = a_host(billing=Billing.RENT, expires=NOON + timedelta(hours=100))
    assert pricing.accrued(rent, rate, now) == Decimal("150.00")
    assert pricing.accrued(a_host(), rate, now) == Decimal("15.00")
    assert pricing.accrued(a_host(created=None), rate, now) is None


def test_several_prices_together_are_known_only_if_each_is() -> None:
    known, guessed = Rate(Decimal("0.1"), Decimal("0.1"), is_known=True), Rate(Decimal(1), Decimal(2))
    assert pricing.together([]) == Rate(Decimal(0), Decimal(0), is_known=True)
    assert pricing.together([known] * 3) == Rate(Decimal("0.3"), Decimal("0.3"), is_known=True)
    assert pricing.together([known, guessed]) == Rate(Decimal("1.1"), Decimal("2.1"))


@pytest.mark.parametrize(
    ("billing", "on_demand", "prepaid"), [(Billing.ON_DEMAND, "4.64", "3"), (Billing.RENT, "2", "5.64")]
)
def test_new_hosts_are_added_to_the_cost_of_their_billing_mode(billing: Billing, on_demand: str, prepaid: str) -> None:
    fleet = FleetRate(known(2), known(3), unpriced=1)
    estimate = pricing.estimate(a_package(amount=Decimal("1.10"), discount=Decimal("1.2")), 720, 2)
    assert estimate is not None
    after = pricing.fleet_rate_after(fleet, estimate, billing)
    assert after == FleetRate(known(Decimal(on_demand)), known(Decimal(prepaid)), unpriced=1)


def known(price: Decimal | int) -> Rate:
    return Rate(Decimal(price), Decimal(price), is_known=True)
