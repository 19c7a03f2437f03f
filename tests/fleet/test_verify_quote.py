from __future__ import annotations

from decimal import Decimal
from typing import cast

import pytest
from support.factories import a_package, a_quote

from xds_tui.api.client import Client
from xds_tui.domain.model import Billing, Package
from xds_tui.domain.purchase import CONTRADICTORY_PRICES
from xds_tui.fleet.catalog_reader import verify_quote


class Catalog:
    """A client with the same packages in each billing mode."""

    def __init__(self, *listed: Package) -> None:
        self._listed = listed

    async def packages(self, billing: Billing, *, is_urgent: bool) -> tuple[Package, ...]:
        return self._listed


@pytest.mark.parametrize("price", [None, Decimal(1000)])
async def test_a_package_that_is_listed_twice_is_bought_only_at_one_price(price: Decimal | None) -> None:
    quote = a_quote()
    other = a_package(id=quote.package.id, amount=price) if price else quote.package
    error = await verify_quote(quote, cast(Client, Catalog(quote.package, other)))
    assert (error and error.summary) == (CONTRADICTORY_PRICES if price else None)
