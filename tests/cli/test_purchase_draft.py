"""What the command line finds in a catalog that lists a package more than once."""

from __future__ import annotations

from decimal import Decimal

import pytest
from support.factories import a_package, catalog_of

from xds_tui.cli.commands.purchase import PurchaseRequest, draft_of
from xds_tui.cli.output import CommandError
from xds_tui.domain.purchase import CONTRADICTORY_PRICES

REQUEST = PurchaseRequest(package="p", image=None)


def test_a_package_that_is_listed_twice_is_found_by_its_id() -> None:
    package = a_package(id="p", name="small")
    draft = draft_of(catalog_of(package, package), REQUEST)
    assert draft.package == package


def test_a_package_with_two_prices_is_not_bought() -> None:
    listed = catalog_of(a_package(id="p", amount=Decimal("1.5")), a_package(id="p", amount=Decimal(2)))
    with pytest.raises(CommandError) as raised:
        draft_of(listed, REQUEST)
    assert raised.value.summary == CONTRADICTORY_PRICES
    assert "1.5" in raised.value.detail


def test_a_name_of_several_packages_is_rejected_with_their_ids() -> None:
    listed = catalog_of(a_package(id="a", name="p"), a_package(id="b", name="p"))
    with pytest.raises(CommandError, match="name is not unique") as raised:
        draft_of(listed, REQUEST)
    assert raised.value.detail == "p: a, b"
