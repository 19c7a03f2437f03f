"""The cost of hosts in a month: by host, tag or owner, with bounds, and a forecast to the end of the month.

An on-demand host costs its hourly price while it is on; that a host that is off costs nothing is not documented, and
the vendor's bill decides. The price of a prepaid host is spread evenly over its period. Round only final sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta
from decimal import Context, Decimal
from typing import Final

from xds_tui.domain import pricing
from xds_tui.domain.model import Billing, Host
from xds_tui.domain.pricing import Rate
from xds_tui.domain.records import Event, Order, OrderAction, Quote
from xds_tui.domain.usage import NONE, Observations, OnTime, Usage, when_on
from xds_tui.structs import dataclass

_EXACT: Final = Context(prec=60)
_MICROSECOND: Final = timedelta(microseconds=1)
_HOUR: Final = Decimal(timedelta(hours=1) // _MICROSECOND)
_DAY: Final = timedelta(days=1)

FORECAST_DAYS: Final = 7
"""Days whose costs the forecast continues: a week, because most fleets rest on weekends."""

RENEWAL_FACTOR: Final = Decimal("1.1")
"""A period longer than ordered by more than this was renewed; months have up to 31 days instead of our 30."""


@dataclass(frozen=True, slots=True)
class Amount:
    """A sum of money between two bounds, in CNY and not rounded."""

    low: Decimal = Decimal(0)
    value: Decimal = Decimal(0)
    high: Decimal = Decimal(0)

    def __add__(self, other: Amount) -> Amount:
        pairs = ((self.low, other.low), (self.value, other.value), (self.high, other.high))
        return Amount(*(_EXACT.add(*pair) for pair in pairs))


@dataclass(frozen=True, slots=True)
class PaidPeriod:
    """The period of a prepaid host, with the price of an hour of it."""

    start: datetime
    end: datetime
    rate: Rate

    def between(self, start: datetime, end: datetime) -> Amount:
        """Return the part of the price that falls on the time from `start` to `end`."""
        length = max(NONE, min(self.end, end) - max(self.start, start))
        return Amount(*(_cost(price, length) for price in (self.rate.low, _middle(self.rate), self.rate.high)))


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledHost:
    """A host that existed in the time of the report, with what it costs."""

    id: str
    name: str
    billing: Billing | None
    """None if it is gone and was not ordered here."""
    usage: Usage = field(default_factory=Usage)
    rate: Rate | None = None
    """Of an on-demand host; None if its price is unknown."""
    period: PaidPeriod | None = None
    """Of a prepaid host; None if its price or a time of it is unknown."""

    def cost(self, start: datetime, end: datetime) -> HostCost:
        """Return what the host cost from `start` to `end`."""
        on_time = self.usage.between(start, end)
        on_demand = Amount()
        if self.billing is Billing.ON_DEMAND and self.rate is not None:
            on_demand = Amount(
                _cost(self.rate.low, on_time.least),
                _cost(_middle(self.rate), on_time.counted),
                _cost(self.rate.high, on_time.most),
            )
        prepaid = self.period.between(start, end) if self.period is not None else Amount()
        return HostCost(self, on_time, on_demand, prepaid)


@dataclass(frozen=True, slots=True)
class HostCost:
    """The cost of one host in a time."""

    host: BilledHost
    on_time: OnTime
    on_demand: Amount
    prepaid: Amount

    @property
    def is_unpriced(self) -> bool:
        """Whether its cost is unknown: it was or may have been on, or its period is not known."""
        if self.host.billing is Billing.RENT:
            return self.host.period is None
        return self.on_time.most > NONE and (self.host.billing is None or self.host.rate is None)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to report about it."""
        return not (self.is_unpriced or self.on_time.most or self.prepaid.high)


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow:
    """The cost of a host, or of all hosts with the same tag or owner."""

    key: str
    """ID of the host, the tag or the owner; empty for hosts without any."""
    name: str = ""
    """Name of the host."""
    billing: Billing | None = None
    """Of a host."""
    hosts: int = 1
    on_time: OnTime = field(default_factory=OnTime)
    on_demand: Amount = field(default_factory=Amount)
    prepaid: Amount = field(default_factory=Amount)
    unpriced: int = 0
    """Hosts with an unknown price, which are in none of the sums."""

    @property
    def cost(self) -> Amount:
        """On-demand and prepaid together."""
        return self.on_demand + self.prepaid


@dataclass(frozen=True, slots=True)
class CostReport:
    """The costs from `start` to `until`, and those expected to the end of the month."""

    start: datetime
    until: datetime
    """The end of the month, or now if that is earlier."""
    end: datetime
    """The end of the month."""
    rows: tuple[CostRow, ...]
    """The most expensive first. A host with several tags is in the row of each."""
    total: CostRow
    """All hosts, each once."""
    forecast: Amount | None = None
    """Cost of the whole month; None if it has ended."""


def billed_hosts(
    hosts: Iterable[Host],
    rates: Mapping[str, Rate],
    creates: Iterable[Order],
    events: Sequence[Event],
    observed: Observations,
) -> tuple[BilledHost, ...]:
    """Return the hosts that exist, those that were seen before, and those that were prepaid, with their prices.

    Args:
        hosts: those that exist.
        rates: hourly costs of `hosts`, by ID.
        creates: the orders that bought hosts, which are all that is known about the price of a host that is gone.
        events: the recorded events.
        observed: when the fleet was seen.

    """
    bought = {order.host_id: order for order in creates if order.host_id and order.action is OrderAction.CREATE}
    existing = {host.id: host for host in hosts}
    usages = when_on(existing.values(), events, observed)
    names = {event.host_id: event.host_name for event in events if event.host_id and event.host_name}
    found = [
        _existing_host(host, rates.get(host.id), bought.get(host.id), usages[host.id]) for host in existing.values()
    ]
    for host_id in dict.fromkeys((*usages, *bought)):
        if host_id not in existing:
            host = _gone_host(host_id, bought.get(host_id), usages.get(host_id, Usage()))
            found.append(replace(host, name=names.get(host_id, host.name)))
    return tuple(found)


def _existing_host(host: Host, rate: Rate | None, order: Order | None, usage: Usage) -> BilledHost:
    period = None
    if host.billing is Billing.RENT and host.created is not None and host.expires is not None:
        price = _price_of_period(host.expires - host.created, order.quote if order else None, rate)
        period = PaidPeriod(host.created, host.expires, price) if price is not None else None
    return BilledHost(id=host.id, name=host.name, billing=host.billing, usage=usage, rate=rate, period=period)


def _gone_host(host_id: str, order: Order | None, usage: Usage) -> BilledHost:
    quote = order.quote if order is not None else None
    if order is None or quote is None:
        return BilledHost(id=host_id, name="", billing=None, usage=usage)
    price = pricing.hourly(quote.package)
    rate = Rate(price, price, is_known=True) if price is not None else None
    period = None
    if quote.billing is Billing.RENT:
        start, length = order.sent_at or order.created_at, timedelta(hours=quote.hours)
        paid = _price_of_period(length, quote, rate)
        period = PaidPeriod(start, start + length, paid) if paid is not None else None
    return BilledHost(id=host_id, name=order.host_name, billing=quote.billing, usage=usage, rate=rate, period=period)


def _price_of_period(length: timedelta, quote: Quote | None, rate: Rate | None) -> Rate | None:
    """Return the price of an hour of a prepaid period: that of the order, unless the period was renewed since."""
    if quote is None or length <= NONE:
        return rate
    if _hours(length) > quote.hours * RENEWAL_FACTOR:
        return rate
    price = _EXACT.divide(quote.estimate, _hours(length))
    return Rate(price, price, is_known=True)


def cost_report(
    hosts: Sequence[BilledHost],
    month: tuple[datetime, datetime],
    now: datetime,
    begin: datetime,
    groups: Callable[[str], Iterable[str]] | None = None,
) -> CostReport:
    """Return the report of a month.

    Args:
        hosts: as `billed_hosts` returns them.
        month: its beginning and its end.
        now: the time up to which the usage is known.
        begin: the first observation, before which no day counts for the forecast.
        groups: the tags or owners of a host by its ID; None for a row per host.

    """
    start, end = month
    until = max(start, min(now, end))
    costs = [cost for host in hosts if not (cost := host.cost(start, until)).is_empty]
    total = CostRow(key="", hosts=0)
    for cost in costs:
        total = _with(total, cost)
    forecast = total.cost + _rest(hosts, until, end, begin) if now < end else None
    rows = [_host_row(cost) for cost in costs] if groups is None else _group_rows(costs, groups)
    rows.sort(key=lambda row: (-row.cost.value, -row.cost.high, row.name, row.key))
    return CostReport(start, until, end, tuple(rows), total, forecast)


def _host_row(cost: HostCost) -> CostRow:
    host = cost.host
    return _with(CostRow(key=host.id, name=host.name, billing=host.billing, hosts=0), cost)


def _group_rows(costs: Iterable[HostCost], groups: Callable[[str], Iterable[str]]) -> list[CostRow]:
    rows: dict[str, CostRow] = {}
    for cost in costs:
        for key in tuple(groups(cost.host.id)) or ("",):
            rows[key] = _with(rows.get(key) or CostRow(key=key, hosts=0), cost)
    return list(rows.values())


def _with(row: CostRow, cost: HostCost) -> CostRow:
    return replace(
        row,
        hosts=row.hosts + 1,
        on_time=row.on_time + cost.on_time,
        on_demand=row.on_demand + cost.on_demand,
        prepaid=row.prepaid + cost.prepaid,
        unpriced=row.unpriced + cost.is_unpriced,
    )


def _rest(hosts: Iterable[BilledHost], until: datetime, end: datetime, begin: datetime) -> Amount:
    """Return what is expected from `until` to `end`.

    Prepaid periods go on to their ends, and are not renewed. On-demand hosts are expected to cost as much as in the
    last `FORECAST_DAYS` on average; the bounds are that each day costs as much as the cheapest and the most expensive
    one of them. If what is on now costs more per day, that is the upper bound.
    """
    hosts, rest = tuple(hosts), Amount()
    running = [host.rate for host in hosts if host.usage.is_on_now and host.billing is Billing.ON_DEMAND]
    current = sum((24 * _middle(rate) for rate in running if rate is not None), Decimal(0))
    for host in hosts:
        rest += host.period.between(until, end) if host.period is not None else Amount()
    days = [until - number * _DAY for number in range(FORECAST_DAYS) if until - (number + 1) * _DAY >= begin]
    totals = [sum((host.cost(day - _DAY, day).on_demand.value for host in hosts), Decimal(0)) for day in days]
    usual = _EXACT.divide(sum(totals, Decimal(0)), Decimal(len(totals))) if totals else current
    scale = _EXACT.divide(_hours(end - until), Decimal(24))
    bounds = (min(totals, default=Decimal(0)), usual, max((*totals, current)))
    return rest + Amount(*(_EXACT.multiply(scale, day) for day in bounds))


def _middle(rate: Rate) -> Decimal:
    return _EXACT.divide(_EXACT.add(rate.low, rate.high), Decimal(2))


def _cost(price: Decimal, length: timedelta) -> Decimal:
    return _EXACT.divide(_EXACT.multiply(price, Decimal(length // _MICROSECOND)), _HOUR)


def _hours(length: timedelta) -> Decimal:
    return _EXACT.divide(Decimal(length // _MICROSECOND), _HOUR)
