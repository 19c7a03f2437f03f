"""Prices in exact decimal CNY: estimates with their calculation, and the hourly costs of a fleet.

The rule (reference: money): amount × discount × hours in the period × number of hosts, rounded once at the end, half up
to 0.01. The vendor does not document the lengths of its periods, so every estimate states the hours that we count. An
estimate covers the price of the machine alone: no tax, cloud disks or traffic. The vendor's bill is authoritative.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import field, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final, Generic, TypeVar

from xds_tui.domain.gpus import gpu_model, model_of
from xds_tui.domain.model import Billing, Catalog, Host, Package, Period, PeriodUnit, Status
from xds_tui.domain.records import CostSplit
from xds_tui.structs import dataclass

K = TypeVar("K", bound=Hashable)

HOURS: Final = {
    PeriodUnit.HOUR: 1,
    PeriodUnit.DAY: 24,
    PeriodUnit.WEEK: 168,
    PeriodUnit.MONTH: 720,
    PeriodUnit.QUARTER: 2160,
    PeriodUnit.YEAR: 8760,
}
"""Hours in each unit, by our own convention: months of 30 days, quarters of 90, years of 365."""

_EXACT: Final = Context(prec=200)
"""Precision for every digit: numbers in responses have at most 40 digits, and two of them are multiplied."""

_FEN: Final = Decimal("0.01")
_HUNDREDTH_FEN: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A price with the values it is calculated from."""

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
    """An hourly cost between two bounds that may be equal, in CNY/hour, not rounded."""

    low: Decimal
    high: Decimal
    is_known: bool = False
    """Whether the cost is from the order, and not derived from similar packages of the catalog."""

    @property
    def middle(self) -> Decimal:
        """The middle between the bounds."""
        return (self.low + self.high) / 2


def hours(period: Period) -> int:
    """Return the hours in `period`, by the lengths in `HOURS`."""
    return HOURS[period.unit] * period.number


def hourly(package: Package) -> Decimal | None:
    """Return the exact price in CNY/hour after the discount, or None if the package has no readable price."""
    if package.amount is None or package.discount is None:
        return None
    return _EXACT.multiply(package.amount, package.discount)


def estimate(package: Package, for_hours: int, count: int = 1) -> Estimate | None:
    """Estimate the price of `count` hosts of `package` for so many hours; None if it has no readable price."""
    if package.amount is None or package.discount is None:
        return None
    exact = _EXACT.multiply(_EXACT.multiply(package.amount, package.discount), Decimal(for_hours * count))
    return Estimate(package.amount, package.discount, for_hours, count, rounded(exact))


def rounded(exact: Decimal) -> Decimal:
    """Round to 0.01 CNY, half up. Round only final sums."""
    return exact.quantize(_FEN, ROUND_HALF_UP, _EXACT)


def figure(amount: Decimal) -> str:
    """Return an amount in CNY as text with 2 to 4 decimals, rounded half up."""
    text = f"{amount.quantize(_HUNDREDTH_FEN, ROUND_HALF_UP, _EXACT):f}"
    return text[:-2] if text.endswith("00") else text.removesuffix("0")


@dataclass(frozen=True, slots=True)
class FleetRate:
    """The hourly cost of all hosts."""

    on_demand: Rate
    """Cost of the on-demand hosts that are on, which are billed by the hour."""
    prepaid: Rate
    """Cost of the prepaid hosts that have not expired, on or off. It is already paid, so it is counted separately."""
    unpriced: int
    """Number of hosts with an unknown cost, which are not part of the sums."""


_ZERO: Final = Rate(Decimal(0), Decimal(0), is_known=True)


def fleet_rate(hosts: Iterable[Host], rates: Mapping[str, Rate], now: datetime) -> FleetRate:
    """Return what `hosts` cost together, given the price of each by its ID."""
    counted = Counter((host.billing, rates.get(host.id)) for host in hosts if is_paid_for(host, now))
    on_demand, prepaid = (_total(counted, billing) for billing in (Billing.ON_DEMAND, Billing.RENT))
    unpriced = sum(count for (billing, rate), count in counted.items() if billing is None or rate is None)
    return FleetRate(on_demand, prepaid, unpriced)


@dataclass(frozen=True, slots=True, eq=False)
class Costs:
    """The hourly costs of a fleet, per host and in total; compared by identity."""

    hosts: Mapping[str, Rate] = field(default_factory=dict)
    """Cost of each host by its ID, on or off; hosts with an unknown price are missing."""
    fleet: FleetRate = FleetRate(_ZERO, _ZERO, 0)


@dataclass(frozen=True, slots=True)
class CostShare(Generic[K]):
    """Hourly cost of a group of hosts, such as those of one region."""

    key: K
    on_demand: Rate
    """Of the on-demand hosts that are on."""
    prepaid: Rate
    """Of the rents that have not ended."""
    hosts: int
    """Hosts that are paid for, including `unpriced`."""
    unpriced: int
    """Hosts with an unknown price, which are in none of the sums."""


def costs(hosts: Iterable[Host], catalog: Catalog | None, bought: Mapping[str, Decimal], now: datetime) -> Costs:
    """Return the hourly costs of `hosts`.

    Args:
        hosts: the fleet.
        catalog: the packages on sale, for hosts without an order; None if it has not been read.
        bought: price of each host with an order by its ID, in CNY/hour.
        now: the time; prepaid hosts that expired before cost nothing.

    """
    rates: dict[str, Rate] = {}
    alike: dict[object, Rate | None] = {}
    for host in (fleet := tuple(hosts)):
        price = bought.get(host.id)
        # Fleets have few distinct configurations: compare each with the packages once.
        kind = price if price is not None else _kind(host)
        if kind in alike:
            rate = alike[kind]
        elif price is not None:
            rate = alike[kind] = Rate(price, price, is_known=True)
        else:
            rate = alike[kind] = rate_of(host, catalog) if catalog is not None else None
        if rate is not None:
            rates[host.id] = rate
    return Costs(rates, fleet_rate(fleet, rates, now))


def cost_shares(hosts: Iterable[Host], costs: Costs, now: datetime, key: Callable[[Host], K]) -> list[CostShare[K]]:
    """Split what `hosts` cost by `key`, the most expensive part first; hosts that cost nothing now are left out."""
    return _shares(hosts, costs, now, lambda host: (key(host),))


def cost_shares_by_owner(hosts: Iterable[Host], costs: Costs, now: datetime) -> list[CostShare[str]]:
    """Split what `hosts` cost by owner, as `cost_shares` does; the owner is empty for hosts without one."""
    return cost_shares(hosts, costs, now, lambda host: host.annotation.owner)


def cost_shares_by_tag(hosts: Iterable[Host], costs: Costs, now: datetime) -> list[CostShare[str]]:
    """Return what the hosts with each tag cost, as `cost_shares` does; the tag is empty for hosts without any.

    A host with several tags is in the sum of each, so that the sums may exceed the cost of the fleet.
    """
    return _shares(hosts, costs, now, lambda host: host.annotation.tags or ("",))


def _shares(
    hosts: Iterable[Host], costs: Costs, now: datetime, keys: Callable[[Host], Iterable[K]]
) -> list[CostShare[K]]:
    groups: dict[K, list[Host]] = {}
    for host in hosts:
        if is_paid_for(host, now):
            for key in keys(host):
                groups.setdefault(key, []).append(host)
    shares = [_share(value, members, costs) for value, members in groups.items()]
    return sorted(shares, key=lambda share: share.on_demand.high + share.prepaid.high, reverse=True)


def region_key(host: Host) -> str:
    """Return the region of a host, as `CostSplit` names it."""
    return str(host.area.value) if host.area is not None else ""


MAX_PARTS: Final = 20
"""Parts of a kind in a `CostSplit`: the most expensive ones."""


def cost_split(hosts: Iterable[Host], costs: Costs, now: datetime) -> CostSplit:
    """Return what each part of the fleet costs now; hosts with an unknown price are left out."""
    by_gpu, by_region, by_tag, by_owner = (defaultdict[str, Decimal](Decimal) for _kind in range(4))
    for host in hosts:
        rate = costs.hosts.get(host.id)
        if rate is not None and is_paid_for(host, now):
            cost = rate.middle
            by_gpu[model_of(host)] += cost
            by_region[region_key(host)] += cost
            for tag in host.annotation.tags or ("",):
                by_tag[tag] += cost
            by_owner[host.annotation.owner] += cost
    return CostSplit(_largest(by_gpu), _largest(by_region), _unless_unnamed(by_tag), _unless_unnamed(by_owner))


def _unless_unnamed(parts: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Return the largest parts, or none if the user has named none of them."""
    return _largest(parts) if any(parts) else {}


def _largest(parts: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return dict(sorted(parts.items(), key=lambda part: part[1], reverse=True)[:MAX_PARTS])


def _share(key: K, hosts: list[Host], costs: Costs) -> CostShare[K]:
    priced = [(host, costs.hosts[host.id]) for host in hosts if host.billing is not None and host.id in costs.hosts]
    on_demand, prepaid = (
        together(rate for host, rate in priced if host.billing is billing)
        for billing in (Billing.ON_DEMAND, Billing.RENT)
    )
    return CostShare(key, on_demand, prepaid, len(hosts), len(hosts) - len(priced))


def accrued(host: Host, rate: Rate, now: datetime) -> Decimal | None:
    """Return the maximum cost of `host` until `now` in CNY, or None if its time of creation is unknown.

    For a prepaid host this is the price of the whole period; for an on-demand host the price of every hour since its
    creation, because it is not documented that a host that is off costs nothing (reference: undocumented behavior).
    """
    until = host.expires if host.billing is Billing.RENT else now
    if host.created is None or until is None:
        return None
    seconds = Decimal(max(0, int((until - host.created).total_seconds())))
    return rounded(_EXACT.divide(_EXACT.multiply(rate.high, seconds), Decimal(3600)))


def rate_of(host: Host, catalog: Catalog) -> Rate | None:
    """Return the hourly cost of `host`, or None if no package of the catalog has the same configuration.

    The service does not return the package of a host, so any package with the same CPU, memory, disk, GPU, region and
    purpose may be its package; their prices are the bounds. Fields that the host lacks match every package.
    """
    if host.billing is None:
        return None
    prices = [
        price
        for package in catalog.packages.get(host.billing, ())
        if looks_like(host, package) and (price := hourly(package)) is not None
    ]
    return Rate(min(prices), max(prices)) if prices else None


def together(rates: Iterable[Rate]) -> Rate:
    """Return the sum of hourly costs; it is known only if each of them is."""
    low = high = Decimal(0)
    is_known = True
    for rate in rates:
        low, high = _EXACT.add(low, rate.low), _EXACT.add(high, rate.high)
        is_known &= rate.is_known
    return Rate(low, high, is_known)


def fleet_rate_after(fleet: FleetRate, estimate: Estimate, billing: Billing) -> FleetRate:
    """Return what a fleet costs per hour once the hosts of an estimate run."""
    added = _EXACT.multiply(_EXACT.multiply(estimate.amount, estimate.discount), Decimal(estimate.count))
    new = Rate(added, added, is_known=True)
    if billing is Billing.RENT:
        return replace(fleet, prepaid=together((fleet.prepaid, new)))
    return replace(fleet, on_demand=together((fleet.on_demand, new)))


def is_paid_for(host: Host, now: datetime) -> bool:
    """Return whether the current hour is billed or was paid in advance."""
    if host.billing is Billing.RENT:
        return host.status is not Status.EXPIRED and (host.expires is None or host.expires > now)
    return host.status.is_on


def _total(counted: Mapping[tuple[Billing | None, Rate | None], int], billing: Billing) -> Rate:
    """Return the hourly cost of all hosts of one billing mode; it is known only if the cost of each is."""
    low = high = Decimal(0)
    is_known = True
    for (paid_as, rate), count in counted.items():
        if paid_as is billing and rate is not None:
            low = _EXACT.fma(rate.low, Decimal(count), low)
            high = _EXACT.fma(rate.high, Decimal(count), high)
            is_known &= rate.is_known
    return Rate(low, high, is_known)


def _kind(host: Host) -> tuple[object, ...]:
    return host.billing, *_specification(host)


def _specification(of: Host | Package) -> tuple[object, ...]:
    return of.cpu, of.memory, of.disk, of.gpu_count, gpu_model(of.gpu_name, of.gpu_count), of.area, of.purpose


def looks_like(host: Host, package: Package) -> bool:
    """Return whether a host may have been bought as this package; fields that are not known rule nothing out."""
    pairs = zip(_specification(host), _specification(package), strict=True)
    return all(ours is None or theirs is None or ours == theirs for ours, theirs in pairs)
