"""A price that is not known is never shown as a sum, in particular not as zero."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from support.app_driver import AppDriver, running_app
from support.factories import a_package, an_image

from xds_tui.domain import pricing
from xds_tui.domain.model import Billing, PeriodUnit
from xds_tui.domain.pricing import Costs, FleetRate, Rate
from xds_tui.domain.purchase import Draft
from xds_tui.fleet.state import FleetState
from xds_tui.tui.screens.create.order_form import period_prices
from xds_tui.tui.screens.create.summary import DraftView, price_line, problem_lines


def known_rate(price: int) -> Rate:
    return Rate(Decimal(price), Decimal(price), is_known=True)


def fix_costs(monkeypatch: pytest.MonkeyPatch, on_demand: int, prepaid: int, unpriced: int) -> None:
    """Let every fleet cost the same."""
    costs = Costs({}, FleetRate(known_rate(on_demand), known_rate(prepaid), unpriced))
    monkeypatch.setattr(pricing, "costs", lambda *_fleet: costs)


def is_free(text: str) -> bool:
    """Return whether a text says that the hosts cost nothing."""
    return re.search(r"¥0(\.00)?/", text) is not None


@pytest.mark.sweep(2)
@pytest.mark.parametrize(
    ("on_demand", "prepaid", "unpriced", "shown"),
    [
        (0, 0, 1, r"price of 1 host unknown"),
        (0, 0, 3, r"price of 3 hosts unknown"),
        (0, 5, 3, r"price of 3 hosts unknown \+ ¥5\.00/h prepaid"),
        (2, 0, 3, r"¥2\.00/h \+ 3 \?"),
        (0, 0, 0, r"¥0\.00/h"),
    ],
)
async def test_the_status_bar_shows_how_many_prices_are_unknown(
    monkeypatch: pytest.MonkeyPatch, on_demand: int, prepaid: int, unpriced: int, shown: str
) -> None:
    fix_costs(monkeypatch, on_demand, prepaid, unpriced)
    async with running_app(AppDriver(hosts=3), 200, 50) as driver:
        await driver.press("O")
        text = await driver.wait_for_text(shown)
        assert is_free(text) is (not on_demand and not unpriced)


@pytest.mark.sweep(3)
@pytest.mark.parametrize(
    ("columns", "rows", "on_demand", "prepaid", "unpriced", "shown"),
    [
        (80, 24, 0, 0, 1, r"price of 1 host unknown"),
        (80, 24, 0, 5, 3, r"price of 3 hosts unknown"),
        (80, 24, 2, 0, 3, r"¥2\.00/h now \+ 3 \?"),
        (80, 24, 0, 0, 0, r"¥0\.00/h now"),
        (120, 40, 0, 0, 1, r"price of 1 host unknown"),
        (120, 40, 2, 0, 3, r"price of 3 hosts unknown"),
        (120, 40, 2, 5, 3, r"price of 3 hosts unknown"),
        (120, 40, 0, 0, 0, r"¥0\.00/h now"),
    ],
)
async def test_the_overview_shows_how_many_prices_are_unknown(
    monkeypatch: pytest.MonkeyPatch,
    columns: int,
    rows: int,
    on_demand: int,
    prepaid: int,
    unpriced: int,
    shown: str,
) -> None:
    fix_costs(monkeypatch, on_demand, prepaid, unpriced)
    async with running_app(AppDriver(hosts=3), columns, rows) as driver:
        text = await driver.wait_for_text(shown)
        assert is_free(text) is (not on_demand and not unpriced)


@pytest.mark.parametrize("field", ["amount", "discount"])
@pytest.mark.parametrize("billing", Billing)
def test_a_price_that_could_not_be_parsed_is_reported_instead_of_a_sum(field: str, billing: Billing) -> None:
    unreadable: dict[str, Any] = {field: None}
    package = replace(a_package(), **unreadable)
    view = DraftView(Draft(billing, package, an_image()), FleetState())
    sentence = "The price could not be parsed, so this package cannot be bought."
    assert problem_lines(view) == [sentence]
    assert price_line(view) == sentence


@pytest.mark.parametrize("unit", PeriodUnit)
def test_an_unknown_price_is_a_dash_in_the_table_of_periods(unit: PeriodUnit) -> None:
    assert period_prices(replace(a_package(), amount=None), Billing.RENT, unit, None) == ("—", "—")
