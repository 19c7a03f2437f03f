"""Which images and packages go together, and which of them a user asked to see.

An image and a package can be bought together only if their `type` is equal (code 7005), and a package only in a
billing mode that its `useType` allows (reference: image, package). Every path to a purchase asks `incompatibility`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from typing import Final

from xds_tui.domain import pricing
from xds_tui.domain.model import Area, Billing, Catalog, Image, Package, Period, PeriodUnit, Purpose
from xds_tui.domain.pricing import Estimate
from xds_tui.domain.records import Quote


class Incompatibility(Enum):
    """Why a package cannot be bought with an image."""

    TYPES_DIFFER = "types differ"
    NOT_OFFERED = "not offered"
    PRICE_UNKNOWN = "price unknown"


@dataclass(frozen=True, slots=True)
class PackageFilter:
    """What the user wants to see of the packages; None: any."""

    gpu: bool | None = None
    area: Area | None = None
    purpose: Purpose | None = None
    by_price: bool = False
    """Cheapest first; otherwise in the service's own order."""


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
    """Whether `package` is sold as `billing`; one that does not say is sold where it was listed."""
    return package.offer is None or package.offer.allows(billing)


def matching_packages(
    catalog: Catalog, billing: Billing, image: Image | None = None, criteria: PackageFilter = ANY
) -> tuple[Package, ...]:
    """Return the packages sold as `billing` that go with `image` (None: with any) and meet `criteria`."""
    found = [
        package
        for package in catalog.packages.get(billing, ())
        if sale_modes(package, billing) and (image is None or image.type == package.type) and _meets(package, criteria)
    ]
    if criteria.by_price:
        found.sort(key=_price_order)
    return tuple(found)


def matching_images(catalog: Catalog, billing: Billing, package: Package | None = None) -> tuple[Image, ...]:
    """Return the images that go with `package`, or with None those that go with any package of `billing`.

    Images that go with no package come last rather than not at all: they exist, and their absence would puzzle.
    """
    if package is not None:
        return tuple(image for image in catalog.images if image.type == package.type)
    types = {package.type for package in catalog.packages.get(billing, ())}
    return tuple(sorted(catalog.images, key=lambda image: image.type not in types))


def package_by_id(catalog: Catalog, billing: Billing, package_id: str) -> Package | None:
    """Return the package with this ID as it is sold in `billing`, or None."""
    return next((package for package in matching_packages(catalog, billing) if package.id == package_id), None)


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
    """Sort by price; what has none comes last."""
    price = pricing.hourly(package)
    return (price is None, price if price is not None else Decimal(0))


MAX_HOSTS: Final = 50
"""Hosts in one go: a slip of the finger should not rent a data centre."""

MAX_PERIODS: Final = 999
"""Periods of one rent."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The choices so far."""

    billing: Billing = Billing.ON_DEMAND
    package: Package | None = None
    image: Image | None = None
    unit: PeriodUnit = PeriodUnit.MONTH
    number: int = 1
    """Of `unit`; only for a rent."""
    count: int = 1
    """Hosts."""
    problem: str = ""
    """What is wrong with the numbers as they are typed now: meanwhile nothing is priced or bought."""

    @property
    def period(self) -> Period | None:
        """How long the rent lasts; None: on-demand."""
        return Period(self.unit, self.number) if self.billing is Billing.RENT else None

    @property
    def hours(self) -> int:
        """The hours that the estimate counts: one, on-demand."""
        return pricing.hours(self.period) if self.period else 1

    @property
    def estimate(self) -> Estimate | None:
        """What all the hosts cost; None while there is no package, no readable number, or no price for it."""
        if self.package is None or self.problem:
            return None
        return pricing.estimate(self.package, self.hours, self.count)

    @property
    def is_complete(self) -> bool:
        """Whether what is chosen can be bought."""
        return (
            self.package is not None
            and self.image is not None
            and not self.problem
            and incompatibility(self.image, self.package, self.billing) is None
        )

    def with_billing(self, billing: Billing, there: Catalog | None) -> Draft:
        """Switch the mode; drop a package that is not sold in that mode."""
        package = self.package
        if package is not None and there is not None:
            package = package_by_id(there, billing, package.id)
        return replace(self, billing=billing, package=package)

    def with_package(self, package: Package) -> Draft:
        """Choose a package; drop an image of another type."""
        image = self.image if self.image and self.image.type == package.type else None
        return replace(self, package=package, image=image)

    def with_image(self, image: Image) -> Draft:
        """Choose an image; drop a package of another type."""
        package = self.package if self.package and self.package.type == image.type else None
        return replace(self, image=image, package=package)

    def renewed(self, there: Catalog) -> Draft:
        """The same choices as the newest catalog has them: prices move, and packages are taken off."""
        package = package_by_id(there, self.billing, self.package.id) if self.package else None
        image = image_by_id(there, self.image.id) if self.image else None
        if package and image and package.type != image.type:
            image = None
        return replace(self, package=package, image=image)

    def promise(self) -> Quote:
        """What is promised to the user of each host.

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
