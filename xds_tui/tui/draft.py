"""What the user has filled into the wizard so far, and how one choice bears on the others: pure.

No draft ever holds an image and a package that do not go together: choosing either lets go of the other if it
does not match, and the lists that are offered are filtered by what is chosen (`catalog`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from xds_tui import catalog, pricing
from xds_tui.model import Billing, Catalog, Image, Package, Period, PeriodUnit
from xds_tui.pricing import Estimate
from xds_tui.record import Quote

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
            and catalog.incompatibility(self.image, self.package, self.billing) is None
        )

    def with_billing(self, billing: Billing, there: Catalog | None) -> Draft:
        """Switch the mode; a package that is not sold so is let go."""
        package = self.package
        if package is not None and there is not None:
            package = catalog.package_by_id(there, billing, package.id)
        return replace(self, billing=billing, package=package)

    def with_package(self, package: Package) -> Draft:
        """Choose a package; an image of another type is let go."""
        image = self.image if self.image and self.image.type == package.type else None
        return replace(self, package=package, image=image)

    def with_image(self, image: Image) -> Draft:
        """Choose an image; a package of another type is let go."""
        package = self.package if self.package and self.package.type == image.type else None
        return replace(self, image=image, package=package)

    def renewed(self, there: Catalog) -> Draft:
        """The same choices as the newest catalog has them: prices move, and packages are taken off."""
        package = catalog.package_by_id(there, self.billing, self.package.id) if self.package else None
        image = catalog.image_by_id(there, self.image.id) if self.image else None
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
