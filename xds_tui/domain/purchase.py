"""Compatibility of images and packages, filters for packages, and the draft of a purchase.

An image and a package can be bought together only if their `type` is equal (code 7005), and a package only in a
billing mode that its `useType` allows (reference: image, package). Every purchase is checked with `incompatibility`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from enum import Enum
from typing import Final

from xds_tui.domain import pricing
from xds_tui.domain.annotations import NO_ANNOTATION, Annotation
from xds_tui.domain.model import Area, Billing, Catalog, Host, Image, Package, Period, PeriodUnit, Purpose, SaleMode
from xds_tui.domain.pricing import Estimate
from xds_tui.domain.purchase_template import PurchaseTemplate
from xds_tui.domain.records import Order, OrderState, Quote
from xds_tui.domain.sanitize import fold
from xds_tui.i18n import N_
from xds_tui.structs import dataclass

CONTRADICTORY_PRICES: Final = N_("The service lists the package with different prices, so nothing was bought")


class Incompatibility(Enum):
    """The reason why a package cannot be bought with an image."""

    TYPES_DIFFER = "types differ"
    NOT_OFFERED = "not offered"
    PRICE_UNKNOWN = "price unknown"


@dataclass(frozen=True, slots=True)
class PackageFilter:
    """Filter and order of packages; None stands for any value."""

    gpu: bool | None = None
    area: Area | None = None
    purpose: Purpose | None = None
    by_price: bool = False
    """Cheapest first; otherwise in the order of the service."""


ANY = PackageFilter()


def incompatibility(image: Image, package: Package, billing: Billing) -> Incompatibility | None:
    """Return why `package` cannot be bought with `image` as `billing`, or None if it can."""
    if image.type != package.type:
        return Incompatibility.TYPES_DIFFER
    if not sale_modes(package, billing):
        return Incompatibility.NOT_OFFERED
    if pricing.hourly(package) is None:
        return Incompatibility.PRICE_UNKNOWN
    return None


def sale_modes(package: Package, billing: Billing) -> bool:
    """Return whether `package` is sold as `billing`. Without a sale mode it is sold in the mode that listed it."""
    return package.offer is None or package.offer.allows(billing)


def matching_packages(
    catalog: Catalog, billing: Billing, image: Image | None = None, criteria: PackageFilter = ANY
) -> tuple[Package, ...]:
    """Return the packages sold as `billing` that match `criteria` and are compatible with `image`, if it is given."""
    found = [
        package
        for package in catalog.packages.get(billing, ())
        if sale_modes(package, billing) and (image is None or image.type == package.type) and _meets(package, criteria)
    ]
    if criteria.by_price:
        found.sort(key=_price_order)
    return tuple(found)


def matching_images(catalog: Catalog, billing: Billing, package: Package | None = None) -> tuple[Image, ...]:
    """Return the images that are compatible with `package`, or all images if it is None.

    In the latter case images without a compatible package come last: they exist, and leaving them out would confuse.
    """
    if package is not None:
        return tuple(image for image in catalog.images if image.type == package.type)
    types = {package.type for package in catalog.packages.get(billing, ())}
    return tuple(sorted(catalog.images, key=lambda image: image.type not in types))


def package_by_id(catalog: Catalog, billing: Billing, package_id: str) -> Package | None:
    """Return the package with this ID if it is sold as `billing`, or None."""
    return next(iter(offers(catalog.packages.get(billing, ()), billing, package_id)), None)


def offers(packages: Iterable[Package], billing: Billing, package_id: str) -> tuple[Package, ...]:
    """Return the offers of one package, sold as `billing`, that differ in price or type; those of just that mode win.

    More than one offer means that the catalog contradicts itself.
    """
    found = [package for package in packages if package.id == package_id and sale_modes(package, billing)]
    found = [package for package in found if package.offer not in (None, SaleMode.BOTH)] or found
    different: dict[object, Package] = {}
    for package in found:
        different.setdefault((package.amount, package.discount, package.type), package)
    return tuple(different.values())


def image_by_id(catalog: Catalog, image_id: str) -> Image | None:
    """Return the image with this ID, or None."""
    return next((image for image in catalog.images if image.id == image_id), None)


def _meets(package: Package, criteria: PackageFilter) -> bool:
    return (
        criteria.gpu in (None, package.gpu_count > 0)
        and criteria.area in (None, package.area)
        and criteria.purpose in (None, package.purpose)
    )


def _price_order(package: Package) -> tuple[bool, Decimal]:
    """Sort key: by price, packages without a price last."""
    price = pricing.hourly(package)
    return (price is None, price if price is not None else Decimal(0))


MAX_HOSTS: Final = 50
"""Hosts in one order, so that a typing error does not rent hundreds."""

MAX_PERIODS: Final = 999
"""Periods that a prepaid host can be rented for."""

PERIOD_UNITS: Final = (
    PeriodUnit.DAY,
    PeriodUnit.WEEK,
    PeriodUnit.MONTH,
    PeriodUnit.QUARTER,
    PeriodUnit.YEAR,
    PeriodUnit.HOUR,
)
"""The units in the order in which they are offered. The service's newer document does not list hours any more."""


class DraftProblem(Enum):
    """Why a draft cannot be ordered as it is."""

    NO_PACKAGE = "no package"
    NO_IMAGE = "no image"
    PACKAGE_NOT_SOLD = "package not sold"
    """The newest catalog does not sell the chosen package in the chosen billing mode."""
    IMAGE_NOT_OFFERED = "image not offered"
    """The newest catalog does not have the chosen image."""
    TYPES_DIFFER = "types differ"
    PRICE_UNKNOWN = "price unknown"
    INVALID_NUMBER = "invalid number"


@dataclass(frozen=True, slots=True)
class Draft:
    """The choices of a user who fills in an order, in any order, and what they amount to.

    Only the user changes a choice. A package that is not sold in another billing mode stays chosen: it is reported by
    `problems` and can be ordered again when the mode changes back.
    """

    billing: Billing = Billing.ON_DEMAND
    package: Package | None = None
    """The chosen package, as `billing` sells it. If it is not sold, as it was seen last."""
    image: Image | None = None
    unit: PeriodUnit = PeriodUnit.MONTH
    number: int = 1
    """Number of `unit`s that a prepaid host is rented for."""
    count: int = 1
    """Number of hosts."""
    annotation: Annotation = NO_ANNOTATION
    """What the user adds to the hosts; it does not change what is ordered."""
    has_invalid_number: bool = False
    """Whether `number` or `count` is being typed and cannot be read; then there is no price and no order."""
    is_package_sold: bool = True
    """Whether the newest catalog sells `package` as `billing`."""
    is_image_offered: bool = True
    """Whether the newest catalog has `image`."""

    @property
    def period(self) -> Period | None:
        """The period of a prepaid host; None for on-demand."""
        return Period(self.unit, self.number) if self.billing is Billing.RENT else None

    @property
    def hours(self) -> int:
        """The hours that the estimate covers: one for on-demand."""
        return pricing.hours(self.period) if self.period else 1

    @property
    def estimate(self) -> Estimate | None:
        """The price of all hosts; None without a package that has a price, or while a number cannot be read."""
        return self.estimate_for(self.hours)

    def estimate_for(self, hours: int) -> Estimate | None:
        """Return the price of all hosts for a number of hours; None where `estimate` is None."""
        if self.package is None or not self.is_package_sold or self.has_invalid_number:
            return None
        return pricing.estimate(self.package, hours, self.count)

    @property
    def problems(self) -> tuple[DraftProblem, ...]:
        """Everything that keeps the draft from being ordered."""
        package, image = self.package, self.image
        types_differ = package is not None and image is not None and package.type != image.type
        is_sold = package is not None and self.is_package_sold and sale_modes(package, self.billing)
        found = (
            (DraftProblem.NO_PACKAGE, package is None),
            (DraftProblem.NO_IMAGE, image is None),
            (DraftProblem.PACKAGE_NOT_SOLD, package is not None and not is_sold),
            (DraftProblem.IMAGE_NOT_OFFERED, image is not None and not self.is_image_offered),
            (DraftProblem.TYPES_DIFFER, types_differ),
            (DraftProblem.PRICE_UNKNOWN, package is not None and pricing.hourly(package) is None),
            (DraftProblem.INVALID_NUMBER, self.has_invalid_number),
        )
        return tuple(problem for problem, is_present in found if is_present)

    @property
    def is_complete(self) -> bool:
        """Whether the draft can be ordered."""
        return not self.problems

    def with_billing(self, billing: Billing, catalog: Catalog | None) -> Draft:
        """Return the same choices in another billing mode."""
        return replace(self, billing=billing).with_catalog(catalog)

    def with_package(self, package: Package) -> Draft:
        """Return the draft with a package of its catalog and billing mode."""
        return replace(self, package=package, is_package_sold=True)

    def with_image(self, image: Image) -> Draft:
        """Return the draft with an image of its catalog."""
        return replace(self, image=image, is_image_offered=True)

    def with_catalog(self, catalog: Catalog | None) -> Draft:
        """Return the same choices at the prices of `catalog`; None: no catalog has been read."""
        if catalog is None:
            return self
        package = package_by_id(catalog, self.billing, self.package.id) if self.package else None
        image = image_by_id(catalog, self.image.id) if self.image else None
        return replace(
            self,
            package=package or self.package,
            image=image or self.image,
            is_package_sold=package is not None or self.package is None,
            is_image_offered=image is not None or self.image is None,
        )

    def in_other_mode(self, catalog: Catalog | None) -> Draft | None:
        """Return the draft in the other billing mode; None if it has no price there, or costs the same per hour."""
        modes = tuple(Billing)
        other = self.with_billing(modes[1 - modes.index(self.billing)], catalog)
        if catalog is None or self.package is None or other.package is None or other.estimate is None:
            return None
        is_same = self.is_package_sold and pricing.hourly(self.package) == pricing.hourly(other.package)
        return None if is_same else other

    def quote(self) -> Quote:
        """Return what the user is shown of each host.

        Raises:
            ValueError: if the draft is not complete.

        """
        if self.package is None or self.image is None or not self.is_complete:
            raise ValueError("the draft is not complete")
        each = pricing.estimate(self.package, self.hours)
        if each is None:
            raise ValueError("the package has no price")
        return Quote(
            package=self.package,
            image=self.image,
            billing=self.billing,
            period=self.period,
            hours=self.hours,
            estimate=each.total,
        )


def draft_from_quote(quote: Quote, catalog: Catalog | None, annotation: Annotation = NO_ANNOTATION) -> Draft:
    """Return a draft for another host like one that was ordered, at the prices of now, with `annotation`."""
    draft = Draft(billing=quote.billing, package=quote.package, image=quote.image, annotation=annotation)
    if quote.period is not None:
        draft = replace(draft, unit=quote.period.unit, number=quote.period.number)
    return draft.with_catalog(catalog)


def shared_part(annotation: Annotation) -> Annotation:
    """Return what another host like one with `annotation` gets too: its tags and owner."""
    return Annotation(tags=annotation.tags, owner=annotation.owner)


def draft_from_host(host: Host, quote: Quote | None, catalog: Catalog | None) -> Draft:
    """Return a draft for another host like `host`.

    A host that was not ordered here, so that `quote` is None, does not name its package. Then the package and the
    image are chosen only if exactly one of the catalog matches.
    """
    annotation = shared_part(host.annotation)
    if quote is not None:
        return draft_from_quote(quote, catalog, annotation)
    draft = Draft(billing=host.billing or Billing.ON_DEMAND, annotation=annotation)
    if catalog is None:
        return draft
    packages = [package for package in matching_packages(catalog, draft.billing) if pricing.looks_like(host, package)]
    package = packages[0] if len(packages) == 1 else None
    images = [
        image
        for image in catalog.images
        if fold(image.label) == fold(host.os) and (package is None or image.type == package.type)
    ]
    return replace(draft, package=package, image=images[0] if len(images) == 1 else None)


def draft_from_template(template: PurchaseTemplate, catalog: Catalog | None) -> Draft:
    """Return a draft with what a template names; a package or an image that the catalog lacks stays open."""
    billing = Billing.RENT if template.period is not None else Billing.ON_DEMAND
    draft = Draft(billing=billing, annotation=Annotation(tags=template.tags))
    if template.period is not None:
        draft = replace(draft, unit=template.period.unit, number=template.period.number)
    if catalog is None:
        return draft
    packages = [item for item in matching_packages(catalog, billing) if template.package in (item.id, item.name)]
    package = packages[0] if len(packages) == 1 else None
    images = [item for item in matching_images(catalog, billing, package) if template.image in (item.id, item.label)]
    return replace(draft, package=package, image=images[0] if len(images) == 1 else None)


@dataclass(frozen=True, slots=True)
class BatchCounts:
    """The outcomes of orders that were placed together."""

    bought: int = 0
    unknown: int = 0
    rejected: int = 0
    not_sent: int = 0
    under_way: int = 0

    @property
    def failed(self) -> int:
        """Orders that certainly bought nothing."""
        return self.rejected + self.not_sent


_OUTCOMES: Final = {
    OrderState.ACCEPTED: "bought",
    OrderState.CONFIRMED: "bought",
    OrderState.UNKNOWN: "unknown",
    OrderState.UNCONFIRMED: "unknown",
    OrderState.REJECTED: "rejected",
    OrderState.NOT_SENT: "not_sent",
    OrderState.PENDING: "under_way",
    OrderState.SENT: "under_way",
}


def count_outcomes(orders: Iterable[Order]) -> BatchCounts:
    """Count the outcomes of orders."""
    return BatchCounts(**Counter(_OUTCOMES[order.state] for order in orders))
