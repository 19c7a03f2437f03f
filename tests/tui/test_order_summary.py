"""The wizard's price in words: pure functions of a draft and a fleet."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from support.factories import NOON, a_host, a_package, a_snapshot, an_image

from xds_tui.domain.endpoint import PRODUCTION
from xds_tui.domain.model import Billing, Catalog
from xds_tui.domain.pricing import Costs, FleetRate, Rate
from xds_tui.domain.purchase import Draft
from xds_tui.fleet.state import FleetState
from xds_tui.tui.screens.create.summary import DraftView, charged_line, detail_lines, goods_lines, price_line

PACKAGE = a_package(amount=Decimal("2.88"), discount=Decimal("0.80"))
DRAFT = Draft(package=PACKAGE, image=an_image())


def known(price: str) -> Rate:
    return Rate(Decimal(price), Decimal(price), is_known=True)


def fleet_of(
    on_demand: str = "26.04", prepaid: str = "0", unpriced: int = 0, *, prepaid_amount: str = "2.88"
) -> FleetState:
    """Return a fleet of two hosts, with a catalog whose prepaid price may differ."""
    rented = replace(PACKAGE, amount=Decimal(prepaid_amount))
    return FleetState(
        base_url=PRODUCTION,
        account="A27550582",
        snapshot=a_snapshot(a_host(id="1"), a_host(id="2")),
        costs=Costs({}, FleetRate(known(on_demand), known(prepaid), unpriced)),
        catalog=Catalog((an_image(),), {Billing.ON_DEMAND: (PACKAGE,), Billing.RENT: (rented,)}, NOON),
    )


def test_an_on_demand_host_is_priced_per_hour_day_and_thirty_days() -> None:
    view = DraftView(DRAFT, fleet_of())
    assert price_line(view) == "2.88 × 0.80 × 1 h × 1 = ¥2.30 per hour while on"
    assert detail_lines(view)[0] == "¥55.30 per day · ¥1,658.88 per 30 days"


@pytest.mark.parametrize(
    ("fleet", "count", "line"),
    [
        (fleet_of(), 1, "Fleet afterwards: 3 hosts · ¥28.34/h (+9 %)"),
        (fleet_of(), 2, "Fleet afterwards: 4 hosts · ¥30.65/h (+18 %)"),
        (fleet_of("0"), 1, "Fleet afterwards: 3 hosts · ¥2.30/h"),
        (
            fleet_of("26.04", "50.75", 2),
            1,
            "Fleet afterwards: 3 hosts · ¥28.34/h (+9 %) + ¥50.75/h prepaid + 2 unknown prices",
        ),
    ],
)
def test_the_cost_of_the_fleet_afterwards(fleet: FleetState, count: int, line: str) -> None:
    assert line in detail_lines(DraftView(replace(DRAFT, count=count), fleet))


def test_a_prepaid_host_adds_nothing_to_the_cost_on_demand() -> None:
    view = DraftView(replace(DRAFT, billing=Billing.RENT), fleet_of())
    assert detail_lines(view)[0] == "Fleet afterwards: 3 hosts · ¥26.04/h + ¥2.30/h prepaid"


@pytest.mark.parametrize(
    ("billing", "prepaid_amount", "line"),
    [
        (Billing.ON_DEMAND, "2.88", None),
        (Billing.ON_DEMAND, "2.00", "Prepaid instead: ¥1,152.00 for 1 month"),
        (Billing.RENT, "2.00", "On-demand instead: ¥2.30 per hour, ¥1,658.88 for the same time"),
    ],
)
def test_the_other_billing_mode_is_shown_only_where_its_price_differs(
    billing: Billing, prepaid_amount: str, line: str | None
) -> None:
    fleet = fleet_of(prepaid_amount=prepaid_amount)
    lines = detail_lines(DraftView(DRAFT.with_billing(billing, fleet.catalog), fleet))
    assert [found for found in lines if "instead" in found] == ([line] if line else [])


def test_the_account_and_the_environment_that_are_charged() -> None:
    assert charged_line(DRAFT, fleet_of()) == "Charged hourly while on, to the wallet of A27550582 · PRODUCTION"
    prepaid = replace(DRAFT, billing=Billing.RENT)
    assert charged_line(prepaid, fleet_of()) == "Charged now to the wallet of A27550582 · PRODUCTION"


def test_there_is_no_price_while_a_number_cannot_be_read() -> None:
    view = DraftView(replace(DRAFT, has_invalid_number=True), fleet_of(), form_problem="Hosts: x is not a number")
    assert price_line(view) == "Hosts: x is not a number"
    assert detail_lines(view) == []


def test_a_draft_without_a_package_orders_nothing() -> None:
    assert goods_lines(Draft()) == []
    assert price_line(DraftView(Draft(), fleet_of())) == "Choose a package to see the price."
