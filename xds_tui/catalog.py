"""Which images and packages go together, and which of them a user asked to see.

An image and a package can be bought together only if their `type` is equal (code 7005), and a package only in a
billing mode that its `useType` allows (reference: image, package). Every path to a purchase asks `incompatibility`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from xds_tui import pricing
from xds_tui.model import Area, Billing, Catalog, Image, Package, Purpose


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
