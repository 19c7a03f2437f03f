"""What things cost, in exact decimal CNY: estimates with their working, and the running rate of a fleet.

The rule (reference: money): amount × discount × hours in the period × number of hosts, rounded once, at the end,
half up to 0.01. The vendor gives no lengths for its periods, so ours are named beside every estimate. An estimate
covers the machine's price alone: no tax, cloud disks or traffic. The vendor's bill decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from xds_tui.model import Billing, Catalog, Host, Package, Period, PeriodUnit

HOURS: Final = {
    PeriodUnit.HOUR: 1,
    PeriodUnit.DAY: 24,
    PeriodUnit.WEEK: 168,
    PeriodUnit.MONTH: 720,
    PeriodUnit.QUARTER: 2160,
    PeriodUnit.YEAR: 8760,
}
"""Hours in each unit, as we count them: months of 30 days, quarters of 90, years of 365."""

_EXACT: Final = Context(prec=200)
"""Room for every digit: the wire takes at most 40 digits a number, and two of them are multiplied."""

_FEN: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A price with everything it was made from."""

    amount: Decimal
    """CNY for one hour of one host, before the discount."""
    discount: Decimal
    hours: int
    count: int
    """Number of hosts."""
    total: Decimal
    """CNY, rounded half up to 0.01."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What something costs an hour, between two bounds that are equal when it is known. CNY/hour, not rounded."""

    low: Decimal
    high: Decimal


def hours(period: Period) -> int:
    """Return the hours in `period`, by the lengths in `HOURS`."""
    return HOURS[period.unit] * period.number


def hourly(package: Package) -> Decimal | None:
    """Return CNY/hour after the discount, exact, or None if the package's price was not understood."""
    if package.amount is None or package.discount is None:
        return None
    return _EXACT.multiply(package.amount, package.discount)


def estimate(package: Package, for_hours: int, count: int = 1) -> Estimate | None:
    """Estimate `count` hosts of `package` for so many hours, or None if its price was not understood."""
    if package.amount is None or package.discount is None:
        return None
    exact = _EXACT.multiply(_EXACT.multiply(package.amount, package.discount), Decimal(for_hours * count))
    return Estimate(package.amount, package.discount, for_hours, count, rounded(exact))


def rounded(exact: Decimal) -> Decimal:
    """Round to 0.01 CNY, half up: done once, on a finished sum."""
    return exact.quantize(_FEN, ROUND_HALF_UP, _EXACT)


def rate_of(host: Host, catalog: Catalog) -> Rate | None:
    """Return what `host` costs an hour, or None if no package of the catalog looks like it.

    A host does not say what it was bought as, so every package with its processor, memory, disk, GPU and area may
    be it; where their prices differ, the bounds do. A field that the host does not tell rules nothing out.
    """
    if host.billing is None:
        return None
    prices = [
        price
        for package in catalog.packages.get(host.billing, ())
        if _looks_like(host, package) and (price := hourly(package)) is not None
    ]
    return Rate(min(prices), max(prices)) if prices else None


@dataclass(frozen=True, slots=True)
class FleetRate:
    """What the hosts that are on cost an hour together."""

    on_demand: Rate
    prepaid: Rate
    """Of rents: already paid, so told apart."""
    unpriced: int
    """Hosts that are on and whose price is not known: not part of the sums."""


def fleet_rate(hosts: Iterable[Host], catalog: Catalog) -> FleetRate:
    """Add up what the hosts that are on cost an hour."""
    sums = {billing: [Decimal(0), Decimal(0)] for billing in Billing}
    unpriced = 0
    known: dict[object, Rate | None] = {}
    for host in hosts:
        if not host.status.is_on:
            continue
        # Many hosts are of few kinds, and each kind is looked for among all packages once.
        kind = (host.billing, host.cpu, host.memory, host.disk, host.gpu_count, host.gpu_name, host.area)
        if kind not in known:
            known[kind] = rate_of(host, catalog)
        rate = known[kind]
        if rate is None or host.billing is None:
            unpriced += 1
            continue
        bounds = sums[host.billing]
        bounds[0] = _EXACT.add(bounds[0], rate.low)
        bounds[1] = _EXACT.add(bounds[1], rate.high)
    return FleetRate(Rate(*sums[Billing.ON_DEMAND]), Rate(*sums[Billing.RENT]), unpriced)


def _looks_like(host: Host, package: Package) -> bool:
    pairs = (
        (host.cpu, package.cpu),
        (host.memory, package.memory),
        (host.disk, package.disk),
        (host.gpu_name, package.gpu_name),
        (host.area, package.area),
    )
    return host.gpu_count == package.gpu_count and all(
        ours is None or theirs is None or ours == theirs for ours, theirs in pairs
    )
