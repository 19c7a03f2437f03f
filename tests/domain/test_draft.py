from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.factories import NOON, a_host, a_package, a_quote, an_image, an_order, catalog_of

from xds_tui.domain.model import Billing, Catalog, Package, PeriodUnit, SaleMode
from xds_tui.domain.purchase import (
    PERIOD_UNITS,
    BatchCounts,
    Draft,
    DraftProblem,
    count_outcomes,
    draft_from_host,
    draft_from_quote,
)
from xds_tui.domain.records import OrderState

TYPES = ("BL", "BZ", "ceph")
PACKAGES = [
    a_package(id=f"{type_}{offer.name}{amount}", type=type_, offer=offer, amount=amount)
    for type_ in TYPES
    for offer in SaleMode
    for amount in (Decimal("1.10"), None)
]
IMAGES = [an_image(id=type_, type=type_) for type_ in TYPES]
CATALOG = catalog_of(*PACKAGES, images=tuple(IMAGES))
SMALL_CATALOG = catalog_of(PACKAGES[0], images=(IMAGES[0],))

ON_DEMAND_ONLY = a_package(id="on-demand", offer=SaleMode.ON_DEMAND)
PREPAID_ONLY = a_package(id="prepaid", offer=SaleMode.RENT)
BOTH = a_package(id="both", offer=SaleMode.BOTH)
OF_EACH_MODE = catalog_of(ON_DEMAND_ONLY, PREPAID_ONLY, BOTH)

Step = Callable[[Draft], Draft]
catalogs = st.sampled_from([CATALOG, SMALL_CATALOG])
steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(
        lambda billing, catalog: lambda draft: draft.with_billing(billing, catalog), st.sampled_from(Billing), catalogs
    ),
    st.sampled_from(PACKAGES).map(lambda package: lambda draft: draft.with_package(package)),
    st.sampled_from(IMAGES).map(lambda image: lambda draft: draft.with_image(image)),
    st.booleans().map(lambda is_invalid: lambda draft: replace(draft, has_invalid_number=is_invalid)),
    catalogs.map(lambda catalog: lambda draft: draft.with_catalog(catalog)),
)


def after(path: list[Step]) -> Draft:
    """Return the draft that a user has after `path`."""
    draft = Draft()
    for step in path:
        draft = step(draft)
    return draft


@given(st.lists(steps, max_size=8))
def test_only_a_pair_that_goes_together_can_be_ordered(path: list[Step]) -> None:
    draft = after(path)
    if not draft.is_complete:
        with pytest.raises(ValueError, match="not complete"):
            draft.quote()
        return
    quote = draft.quote()
    assert quote.package.type == quote.image.type
    assert quote.package.offer is not None
    assert quote.package.offer.allows(quote.billing)
    assert quote.package.amount is not None
    assert draft.estimate is not None


@given(st.lists(steps, max_size=8), st.sampled_from(Billing), catalogs)
def test_nothing_but_a_choice_of_the_user_changes_a_choice(
    path: list[Step], billing: Billing, catalog: Catalog
) -> None:
    def choices(draft: Draft) -> tuple[object, ...]:
        return (
            draft.package and draft.package.id,
            draft.image and draft.image.id,
            draft.unit,
            draft.number,
            draft.count,
        )

    draft = after(path)
    for changed in (draft.with_billing(billing, catalog), draft.with_catalog(catalog)):
        assert choices(changed) == choices(draft)


@given(st.lists(steps, max_size=8), catalogs)
def test_a_billing_mode_that_changes_and_changes_back_changes_nothing(path: list[Step], catalog: Catalog) -> None:
    draft = after(path).with_catalog(catalog)
    for billing in Billing:
        assert draft.with_billing(billing, catalog).with_billing(draft.billing, catalog) == draft


@given(st.permutations(["package", "image", "billing", "count"]))
def test_the_fields_can_be_filled_in_any_order(order: list[str]) -> None:
    fill: dict[str, Step] = {
        "package": lambda draft: draft.with_package(BOTH),
        "image": lambda draft: draft.with_image(an_image()),
        "billing": lambda draft: draft.with_billing(Billing.RENT, OF_EACH_MODE),
        "count": lambda draft: replace(draft, count=3),
    }
    draft = after([fill[field] for field in order])
    assert draft == Draft(Billing.RENT, BOTH, an_image(), count=3)
    assert draft.is_complete


@pytest.mark.parametrize(
    ("draft", "problems"),
    [
        (Draft(), [DraftProblem.NO_PACKAGE, DraftProblem.NO_IMAGE]),
        (Draft(package=BOTH), [DraftProblem.NO_IMAGE]),
        (Draft(image=an_image()), [DraftProblem.NO_PACKAGE]),
        (Draft(package=BOTH, image=an_image(type="BZ")), [DraftProblem.TYPES_DIFFER]),
        (Draft(package=replace(BOTH, discount=None), image=an_image()), [DraftProblem.PRICE_UNKNOWN]),
        (Draft(package=BOTH, image=an_image(), has_invalid_number=True), [DraftProblem.INVALID_NUMBER]),
        (Draft(package=PREPAID_ONLY, image=an_image()), [DraftProblem.PACKAGE_NOT_SOLD]),
        (Draft(package=BOTH, image=an_image(id="gone")).with_catalog(OF_EACH_MODE), [DraftProblem.IMAGE_NOT_OFFERED]),
        (
            Draft(package=a_package(id="gone"), image=an_image()).with_catalog(OF_EACH_MODE),
            [DraftProblem.PACKAGE_NOT_SOLD],
        ),
        (Draft(package=BOTH, image=an_image()), []),
    ],
)
def test_everything_that_keeps_a_draft_from_being_ordered_is_reported(
    draft: Draft, problems: list[DraftProblem]
) -> None:
    assert list(draft.problems) == problems
    assert draft.is_complete is not bool(problems)


def test_a_package_that_is_not_sold_in_a_mode_has_no_price_there() -> None:
    draft = Draft(package=ON_DEMAND_ONLY, image=an_image())
    assert draft.estimate is not None
    assert draft.with_billing(Billing.RENT, OF_EACH_MODE).estimate is None


def test_the_quote_is_for_one_host_and_the_estimate_for_all() -> None:
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


def test_hours_are_offered_last() -> None:
    assert PERIOD_UNITS[-1] is PeriodUnit.HOUR
    assert set(PERIOD_UNITS) == set(PeriodUnit)


def priced(on_demand: str, prepaid: str) -> Catalog:
    """Return a catalog whose only package has another price in each mode."""
    packages = {
        Billing.ON_DEMAND: (a_package(amount=Decimal(on_demand)),),
        Billing.RENT: (a_package(amount=Decimal(prepaid)),),
    }
    return Catalog((an_image(),), packages, NOON)


@pytest.mark.parametrize(("prepaid", "is_shown"), [("1.10", False), ("1.100", False), ("0.99", True)])
def test_the_other_mode_is_shown_where_its_price_differs(prepaid: str, is_shown: bool) -> None:
    catalog = priced("1.10", prepaid)
    draft = Draft(package=a_package(amount=Decimal("1.10")), image=an_image())
    other = draft.in_other_mode(catalog)
    assert (other is not None) is is_shown
    if other is not None:
        assert other.billing is Billing.RENT
        assert other.estimate is not None
        assert other.estimate.total == Decimal("712.80")


@pytest.mark.parametrize("package", [None, ON_DEMAND_ONLY])
def test_there_is_no_other_mode_without_a_package_that_is_sold_there(package: Package | None) -> None:
    assert Draft(package=package).in_other_mode(OF_EACH_MODE) is None
    assert Draft(package=BOTH).in_other_mode(None) is None


def test_an_order_is_repeated_at_the_present_price() -> None:
    old = a_package(amount=Decimal(9))
    quote = replace(a_quote(package=old), billing=Billing.RENT, period=Draft(Billing.RENT, number=2).period)
    draft = draft_from_quote(quote, priced("1.10", "0.99"))
    assert (draft.billing, draft.unit, draft.number, draft.image) == (Billing.RENT, PeriodUnit.MONTH, 2, an_image())
    assert draft.package is not None
    assert draft.package.amount == Decimal("0.99")


def test_a_host_that_was_ordered_here_is_repeated_as_it_was_ordered() -> None:
    assert draft_from_host(a_host(), a_quote(package=BOTH), OF_EACH_MODE) == Draft(package=BOTH, image=an_image())


@pytest.mark.parametrize(
    ("packages", "os", "expected"),
    [
        ([BOTH], "ubuntu server 20.04 X64", ("both", "4005")),
        ([BOTH, ON_DEMAND_ONLY], "Ubuntu Server 20.04 x64", (None, "4005")),
        ([replace(BOTH, cpu=64)], "Ubuntu Server 20.04 x64", (None, "4005")),
        ([BOTH], "Ubuntu", ("both", None)),
        ([replace(BOTH, type="BZ")], "Ubuntu Server 20.04 x64", ("both", None)),
    ],
)
def test_another_host_is_repeated_as_far_as_the_catalog_identifies_it(
    packages: list[Package], os: str, expected: tuple[str | None, str | None]
) -> None:
    draft = draft_from_host(a_host(os=os), None, catalog_of(*packages))
    assert (draft.package and draft.package.id, draft.image and draft.image.id) == expected
    assert draft_from_host(a_host(os=os), None, None) == Draft()


def test_the_outcomes_of_a_batch_are_counted() -> None:
    counts = count_outcomes([an_order(state=state) for state in OrderState])
    assert counts == BatchCounts(bought=2, unknown=2, rejected=1, not_sent=1, under_way=2)
    assert counts.failed == 2
