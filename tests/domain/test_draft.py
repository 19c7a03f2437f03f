from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from support.factories import a_package, an_image, catalog_of

from xds_tui.domain.model import Billing, PeriodUnit, SaleMode
from xds_tui.domain.purchase import Draft

TYPES = ("BL", "BZ", "ceph")
PACKAGES = [
    a_package(id=f"{type_}{offer.name}", type=type_, offer=offer, amount=amount)
    for type_ in TYPES
    for offer in SaleMode
    for amount in (Decimal("1.10"), None)
]
IMAGES = [an_image(id=type_, type=type_) for type_ in TYPES]
THERE = catalog_of(*PACKAGES, images=tuple(IMAGES))

steps: st.SearchStrategy[Callable[[Draft], Draft]] = st.one_of(
    st.sampled_from(Billing).map(lambda billing: lambda draft: draft.with_billing(billing, THERE)),
    st.sampled_from(PACKAGES).map(lambda package: lambda draft: draft.with_package(package)),
    st.sampled_from(IMAGES).map(lambda image: lambda draft: draft.with_image(image)),
    st.just(lambda draft: draft.renewed(THERE)),
    st.just(lambda draft: draft.renewed(catalog_of(PACKAGES[0], images=(IMAGES[0],)))),
)


@given(st.lists(steps, max_size=8))
def test_no_path_leads_to_a_pair_that_does_not_go_together(path: list[Callable[[Draft], Draft]]) -> None:
    draft = Draft()
    for step in path:
        draft = step(draft)
        if draft.package and draft.image:
            assert draft.package.type == draft.image.type
        if draft.is_complete:
            quote = draft.quote()
            assert quote.package.type == quote.image.type
            assert quote.package.offer is not None
            assert quote.package.offer.allows(quote.billing)
            assert quote.package.amount is not None


def test_the_quote_equals_the_displayed_estimate() -> None:
    package = a_package(amount=Decimal("1.10"), discount=Decimal("0.8"))
    draft = Draft(Billing.RENT, package, an_image(), PeriodUnit.MONTH, 3, 2)
    assert draft.estimate is not None
    assert draft.estimate.total == Decimal("3801.60")
    quote = draft.quote()
    assert (quote.hours, quote.estimate) == (2160, Decimal("1900.80"))
    assert quote.period == draft.period


def test_on_demand_has_no_period_and_is_estimated_by_the_hour() -> None:
    draft = Draft(Billing.ON_DEMAND, a_package(), an_image())
    assert draft.period is None
    assert draft.hours == 1
