from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.factories import a_package, an_image, catalog_of

from xds_tui.domain import purchase
from xds_tui.domain.model import Area, Billing, Image, Package, Purpose, SaleMode
from xds_tui.domain.purchase import Incompatibility, PackageFilter

types = st.sampled_from(["BL", "BZ", "ceph", ""])
some_packages = st.lists(
    st.builds(
        a_package,
        type=types,
        gpu_count=st.integers(0, 2),
        area=st.sampled_from([*Area, None]),
        purpose=st.sampled_from([*Purpose, None]),
        offer=st.sampled_from([*SaleMode, None]),
        amount=st.none() | st.decimals(0, 9, places=2),
    ),
    max_size=12,
)
some_images = st.lists(st.builds(an_image, type=types), max_size=6)
billings = st.sampled_from(Billing)
wishes = st.builds(
    PackageFilter,
    gpu=st.sampled_from([None, True, False]),
    area=st.sampled_from([None, *Area]),
    purpose=st.sampled_from([None, *Purpose]),
    by_price=st.booleans(),
)


@given(some_packages, some_images, billings, wishes)
def test_matching_agrees_in_both_directions(
    packages: list[Package], images: list[Image], billing: Billing, wish: PackageFilter
) -> None:
    all_there_is = catalog_of(*packages, images=tuple(images))
    for image in images:
        for package in purchase.matching_packages(all_there_is, billing, image, wish):
            assert image in purchase.matching_images(all_there_is, billing, package)
            assert purchase.incompatibility(image, package, billing) in (None, Incompatibility.PRICE_UNKNOWN)


@given(some_packages, some_images, billings)
def test_a_pair_without_hindrance_is_of_one_type_sold_so_and_priced(
    packages: list[Package], images: list[Image], billing: Billing
) -> None:
    for package in packages:
        for image in images:
            if purchase.incompatibility(image, package, billing) is None:
                assert image.type == package.type
                assert package.offer is None or package.offer.allows(billing)
                assert package.amount is not None


@given(some_packages, billings, wishes)
def test_sorting_by_price_loses_nothing_and_puts_the_unpriced_last(
    packages: list[Package], billing: Billing, wish: PackageFilter
) -> None:
    there = catalog_of(*packages)
    shown = purchase.matching_packages(there, billing, None, PackageFilter(by_price=True))
    assert sorted(map(repr, shown)) == sorted(map(repr, purchase.matching_packages(there, billing)))
    prices = [package.amount for package in shown]
    known = [price for price in prices if price is not None]
    assert prices == [*sorted(known), *[None] * (len(prices) - len(known))]


@pytest.mark.parametrize(
    ("offer", "billing", "sold"),
    [
        (SaleMode.ON_DEMAND, Billing.ON_DEMAND, True),
        (SaleMode.ON_DEMAND, Billing.RENT, False),
        (SaleMode.RENT, Billing.ON_DEMAND, False),
        (SaleMode.RENT, Billing.RENT, True),
        (SaleMode.BOTH, Billing.RENT, True),
        (None, Billing.RENT, True),
    ],
)
def test_a_package_is_sold_as_its_use_type_allows(offer: SaleMode | None, billing: Billing, sold: bool) -> None:
    package = a_package(offer=offer)
    assert purchase.sale_modes(package, billing) is sold
    expected = None if sold else Incompatibility.NOT_OFFERED
    assert purchase.incompatibility(an_image(), package, billing) is expected


def test_each_criterion_narrows_the_packages() -> None:
    office = a_package(id="office", purpose=Purpose.OFFICE, area=Area.WEST)
    gpu = a_package(id="gpu", gpu_count=1, gpu_name="4090", purpose=Purpose.COMPUTE, amount=Decimal(9))
    there = catalog_of(gpu, office)

    def ids(wish: PackageFilter) -> list[str]:
        return [package.id for package in purchase.matching_packages(there, Billing.RENT, None, wish)]

    assert ids(PackageFilter()) == ["gpu", "office"]
    assert ids(PackageFilter(by_price=True)) == ["office", "gpu"]
    assert ids(PackageFilter(gpu=True)) == ["gpu"]
    assert ids(PackageFilter(gpu=False)) == ["office"]
    assert ids(PackageFilter(area=Area.WEST)) == ["office"]
    assert ids(PackageFilter(purpose=Purpose.COMPUTE)) == ["gpu"]


def test_images_without_a_package_come_last() -> None:
    lonely, wanted = an_image(id="1", type="ZZ"), an_image(id="2", type="BL")
    there = catalog_of(a_package(type="BL"), images=(lonely, wanted))
    assert purchase.matching_images(there, Billing.RENT) == (wanted, lonely)


def test_things_are_found_by_id() -> None:
    there = catalog_of(a_package(id="a", offer=SaleMode.RENT))
    assert purchase.package_by_id(there, Billing.RENT, "a") is not None
    assert purchase.package_by_id(there, Billing.ON_DEMAND, "a") is None
    assert purchase.image_by_id(there, "4005") == an_image()
    assert purchase.image_by_id(there, "4006") is None


def test_a_package_that_is_listed_twice_is_one_offer() -> None:
    package = a_package(id="p", offer=SaleMode.BOTH)
    assert purchase.offers([package, package, a_package(id="q")], Billing.RENT, "p") == (package,)


@pytest.mark.parametrize("billing", Billing)
def test_the_offer_of_just_the_billing_mode_is_preferred(billing: Billing) -> None:
    modes = {
        Billing.ON_DEMAND: a_package(id="p", offer=SaleMode.ON_DEMAND, amount=Decimal(1)),
        Billing.RENT: a_package(id="p", offer=SaleMode.RENT, amount=Decimal(2)),
    }
    listed = [a_package(id="p", offer=SaleMode.BOTH, amount=Decimal(3)), *modes.values()]
    assert purchase.offers(listed, billing, "p") == (modes[billing],)
    assert purchase.package_by_id(catalog_of(*listed), billing, "p") == modes[billing]


def test_different_prices_of_a_package_are_different_offers() -> None:
    listed = [a_package(id="p", amount=Decimal(1)), a_package(id="p", amount=Decimal(2))]
    assert purchase.offers(listed, Billing.RENT, "p") == tuple(listed)
