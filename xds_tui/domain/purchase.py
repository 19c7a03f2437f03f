"""Compatibility of images and packages, filters for packages, and the draft of a purchase.

An image and a package can be bought together only if their `type` is equal (code 7005), and a package only in a
billing mode that its `useType` allows (reference: image, package). Every purchase is checked with `incompatibility`.
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
    """Sort key: by price, packages without a price last."""
    price = pricing.hourly(package)
    return (price is None, price if price is not None else Decimal(0))


MAX_HOSTS: Final = 50
"""Maximum number of hosts in one purchase: a typing error must not rent a data center."""

MAX_PERIODS: Final = 999
"""Maximum number of periods of a prepaid host."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The choices of a purchase that is being prepared."""

    billing: Billing = Billing.ON_DEMAND
    package: Package | None = None
    image: Image | None = None
    unit: PeriodUnit = PeriodUnit.MONTH
    number: int = 1
    """Number of `unit`, for prepaid hosts."""
    count: int = 1
    """Number of hosts."""
    problem: str = ""
    """Error in the numbers as they are typed, empty if there is none. With an error nothing is priced or bought."""

    @property
    def period(self) -> Period | None:
        """The period of a prepaid host; None for on-demand."""
        return Period(self.unit, self.number) if self.billing is Billing.RENT else None

    @property
    def hours(self) -> int:
        """The hours in the estimate: those of the period, or one for on-demand."""
        return pricing.hours(self.period) if self.period else 1

    @property
    def estimate(self) -> Estimate | None:
        """The price of all hosts; None without a package, a valid number or a readable price."""
        if self.package is None or self.problem:
            return None
        return pricing.estimate(self.package, self.hours, self.count)

    @property
    def is_complete(self) -> bool:
        """Whether the choices can be bought."""
        return (
            self.package is not None
            and self.image is not None
            and not self.problem
            and incompatibility(self.image, self.package, self.billing) is None
        )

    def with_billing(self, billing: Billing, there: Catalog | None) -> Draft:
        """Change the billing mode; remove a package that is not sold in it."""
        package = self.package
        if package is not None and there is not None:
            package = package_by_id(there, billing, package.id)
        return replace(self, billing=billing, package=package)

    def with_package(self, package: Package) -> Draft:
        """Choose a package; remove an image of another type."""
        image = self.image if self.image and self.image.type == package.type else None
        return replace(self, package=package, image=image)

    def with_image(self, image: Image) -> Draft:
        """Choose an image; remove a package of another type."""
        package = self.package if self.package and self.package.type == image.type else None
        return replace(self, image=image, package=package)

    def renewed(self, there: Catalog) -> Draft:
        """Return the same choices with the data of a newer catalog; remove those that are no longer on sale."""
        package = package_by_id(there, self.billing, self.package.id) if self.package else None
        image = image_by_id(there, self.image.id) if self.image else None
        if package and image and package.type != image.type:
            image = None
        return replace(self, package=package, image=image)

    def quote(self) -> Quote:
        """Return the quote for each host.

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
