"""Caps on spending: what the hosts of each cap cost now, today and this month, and which orders a cap refuses.

`PER_HOUR` is what the hosts cost now. `PER_DAY` and `PER_MONTH` count on-demand hosts for the time they were on, as the
cost report does, and prepaid hosts with the share of their period that falls on the day or the month, including the
part that is still ahead. A price that is known only within bounds counts with the upper one. Orders whose result the
list of hosts does not show yet count as carried out, also those with an unknown outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta
from decimal import Context, Decimal
from enum import Enum
from typing import Final

from xds_tui.domain import pricing
from xds_tui.domain.annotations import Annotation, selects
from xds_tui.domain.cost_report import Amount, BilledHost, PaidPeriod
from xds_tui.domain.model import Billing, Host, Status
from xds_tui.domain.pricing import Rate
from xds_tui.domain.records import Event, EventKind, Order, OrderAction, OrderState, Quote
from xds_tui.domain.repeats import DOUBTFUL_FOR
from xds_tui.domain.rule_planner import Obstacle, PlannedAction, Rule
from xds_tui.i18n import N_
from xds_tui.structs import dataclass

WARNED_AT: Final = Decimal("0.8")
"""The part of a cap from which on the user is warned."""

SETTLING_TIME: Final = timedelta(minutes=10)
"""How long a host that was bought here counts as on although the list shows it as off: it may be about to start."""

_EXACT: Final = Context(prec=60)
_ZERO: Final = Decimal(0)

EXCEEDED: Final = N_(
    "A cap on spending would be exceeded, so nothing was sent. If this cost is intended, raise the cap in config.toml"
)
UNKNOWN_PRICE: Final = N_(
    "A cap on spending cannot be checked because a price is unknown, so nothing was sent. Refresh, or change the cap"
)
UNKNOWN_HOSTS: Final = N_(
    "A cap on spending cannot be checked because the hosts were not read recently, so nothing was sent. Refresh first"
)
UNKNOWN_TAGS: Final = N_(
    "A cap on spending cannot be checked because the file with the tags of hosts is unreadable, so nothing was sent"
)
UNKNOWN_ORDER: Final = N_(
    "A cap on spending cannot be checked because the record of an order is unreadable, so nothing was sent"
)
REASONS: Final = (EXCEEDED, UNKNOWN_PRICE, UNKNOWN_HOSTS, UNKNOWN_TAGS, UNKNOWN_ORDER)
"""The summaries of orders that were not sent because of a cap."""

NEARLY_REACHED: Final = N_("80 % of a cap on spending is used")
REACHED: Final = N_("A cap on spending is reached, so nothing that it covers is bought or started")

CAPPED_ACTIONS: Final = frozenset({OrderAction.CREATE, OrderAction.POWER_ON})
"""The operations that cost money."""


class CapPeriod(Enum):
    """The time that a limit is for; the value is its key in config.toml."""

    HOUR = "per_hour"
    DAY = "per_day"
    MONTH = "per_month"


@dataclass(frozen=True, slots=True)
class Cap:
    """The limits of the user for all hosts, or for those with a tag or an owner."""

    name: str
    selector: str = ""
    """`tag:NAME` or `owner:NAME`; empty for all hosts."""
    limits: Mapping[CapPeriod, Decimal] = field(default_factory=dict)
    """CNY."""

    def covers(self, annotation: Annotation) -> bool:
        """Return whether the cap is for a host with this annotation."""
        return not self.selector or selects(self.selector, annotation)


class CapLevel(Enum):
    """How much of a limit is used."""

    OK = "ok"
    WARNED = "warned"
    """From `WARNED_AT` on."""
    REACHED = "reached"


@dataclass(frozen=True, slots=True)
class CapUse:
    """One limit of a cap, and how much of it is used."""

    cap: Cap
    period: CapPeriod
    limit: Decimal
    spent: Amount
    """`value` counts; `low` and `high` are the bounds, where hosts were not observed and prices are not known."""
    unpriced: tuple[str, ...] = ()
    """IDs of the hosts that cost money now and have an unknown price, so that they are not in `spent`."""
    since: datetime | None = None
    """When the day or the month began; None for `CapPeriod.HOUR`."""

    @property
    def level(self) -> CapLevel:
        """How much is used."""
        if self.spent.value >= self.limit:
            return CapLevel.REACHED
        return CapLevel.WARNED if self.spent.value >= _EXACT.multiply(self.limit, WARNED_AT) else CapLevel.OK

    @property
    def is_exceeded(self) -> bool:
        """Whether more than the limit is used, so that hosts with a lease are to be stopped."""
        return self.spent.value > self.limit

    @property
    def key(self) -> str:
        """The limit as config.toml names it."""
        return f"caps.{self.cap.name}.{self.period.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The records from which spending is computed."""

    now: datetime
    hosts: Mapping[str, Host]
    """Those that exist, by ID."""
    rates: Mapping[str, Rate]
    """Hourly costs by host ID."""
    orders: tuple[Order, ...]
    """Creates, and the operations that are open, by any program."""
    billed: tuple[BilledHost, ...] = ()
    """All hosts with the time they were on; those of the cost report."""
    windows: Mapping[CapPeriod, tuple[datetime, datetime]] = field(default_factory=dict)
    """Beginning and end of the day and the month."""
    annotation: Callable[[str], Annotation]
    """Returns the annotation of a host by its ID."""
    known: dict[tuple[str, CapPeriod], Amount] = field(default_factory=dict)
    """What the hosts of each selector cost in the day and the month, as far as it was computed already."""

    def annotation_of(self, order: Order) -> Annotation:
        """Return the annotation of the host that an order is for; a new host gets that of the order."""
        return order.annotation if order.action is OrderAction.CREATE else self.annotation(order.host_id or "")


@dataclass(frozen=True, slots=True)
class Refusal:
    """The reason why an order is not sent."""

    summary: str
    """One of `REASONS`."""
    detail: str


def cap_uses(caps: Iterable[Cap], ledger: Ledger) -> tuple[CapUse, ...]:
    """Return how much of each limit is used, in the order of `caps`."""
    hidden = hidden_orders(ledger)
    return tuple(
        _use(cap, period, limit, ledger, hidden)
        for cap in caps
        for period, limit in sorted(cap.limits.items(), key=lambda item: list(CapPeriod).index(item[0]))
    )


def refusal(caps: Iterable[Cap], ledger: Ledger, order: Order) -> Refusal | None:
    """Return why a cap does not allow `order`; None if all allow it.

    The other orders of its batch count as well, so that a cap refuses all hosts of a purchase or none.
    """
    if order.action not in CAPPED_ACTIONS:
        return None
    covering = [cap for cap in caps if cap.covers(ledger.annotation_of(order))]
    others = replace(ledger, orders=tuple(other for other in ledger.orders if not _is_same(other, order)))
    for use in cap_uses(covering, others):
        added = _added(order, use.period, ledger)
        if added == _ZERO:
            continue
        if added is None or use.unpriced:
            return Refusal(UNKNOWN_PRICE, f"{use.key}: {', '.join(use.unpriced[:3] or (order.host_id or '',))}")
        if use.spent.value + added > use.limit:
            figures = f"{pricing.figure(use.spent.value)} + {pricing.figure(added)} > {pricing.figure(use.limit)} CNY"
            return Refusal(EXCEEDED, f"{use.key}: {figures}")
    return None


_LEVELS: Final = tuple(CapLevel)


def crossings(uses: Iterable[CapUse], before: Mapping[str, CapLevel], now: datetime) -> dict[str, Event]:
    """Return an alert for each limit that is used to a higher level than `before`, by a key that names the crossing.

    A crossing has the same key in all programs and at every start until the day or the month ends; for
    `CapPeriod.HOUR` until the next hour of the clock begins.

    Args:
        uses: the limits.
        before: the level of each at the last call, by `CapUse.key`.
        now: the time.

    """
    found = {}
    for use in uses:
        if _LEVELS.index(use.level) > _LEVELS.index(before.get(use.key, CapLevel.OK)):
            since = use.since or now.replace(minute=0, second=0, microsecond=0)
            figures = f"{use.key}: {pricing.rounded(use.spent.value)} / {pricing.figure(use.limit)} CNY"
            summary = REACHED if use.level is CapLevel.REACHED else NEARLY_REACHED
            found[f"{use.key} {pricing.figure(use.limit)} {use.level.value} {since:%Y-%m-%dT%H}"] = Event(
                at=now, kind=EventKind.CAP, alert=True, summary=summary, message=figures
            )
    return found


def planned_stops(
    now: datetime,
    uses: Iterable[CapUse],
    rules: Iterable[Rule],
    hosts: Iterable[Host],
    since: Mapping[str, datetime],
) -> tuple[PlannedAction, ...]:
    """Return the stops that caps want because they are exceeded: of the hosts that a lease covers, each once.

    Prepaid hosts are not stopped, because that saves nothing. The rule of an action is `CapUse.key`. It acts if a rule
    with a lease for the host does, and the same stop is planned until the host is started again.

    Args:
        now: the time.
        uses: the limits.
        rules: the rules, of which those with a lease count.
        hosts: the hosts with their annotations.
        since: since when each host has been on, by ID; others are not stopped.

    """
    exceeded = [use for use in uses if use.is_exceeded]
    leases = [rule for rule in rules if rule.lease is not None]
    planned = []
    for host in hosts if exceeded else ():
        own = [rule for rule in leases if selects(rule.selector, host.annotation)]
        reason = next((use.key for use in exceeded if use.cap.covers(host.annotation)), "")
        is_billed = host.billing is not Billing.RENT and _costs_now(host, now)
        if own and reason and is_billed and host.id in since:
            planned.append(_planned_stop(now, host, reason, own, since[host.id]))
    return tuple(planned)


def _planned_stop(now: datetime, host: Host, reason: str, leases: Iterable[Rule], since: datetime) -> PlannedAction:
    return PlannedAction(
        now.replace(minute=0, second=0, microsecond=0),
        OrderAction.POWER_OFF,
        host,
        reason,
        is_due=True,
        obstacle=Obstacle.PROTECTED if host.annotation.is_protected else None,
        acts=any(rule.acts and (rule.acts_from is None or rule.acts_from <= now) for rule in leases),
        begins=since,
    )


def _is_same(other: Order, order: Order) -> bool:
    """Return whether two orders are one, or cost the same host."""
    return other.id == order.id or (order.host_id is not None and other.host_id == order.host_id)


def hidden_orders(ledger: Ledger) -> tuple[Order, ...]:
    """Return the orders that cost or may cost money, and whose result the list of hosts does not show yet.

    A host that was bought and then started, or started twice, is in one of them only.
    """
    hidden = {order.host_id or order.id: order for order in ledger.orders if _is_hidden(order, ledger)}
    return tuple(hidden.values())


_UNDER_WAY: Final = (OrderState.PENDING, OrderState.SENT)
_DONE: Final = (OrderState.ACCEPTED, OrderState.CONFIRMED)


def _is_hidden(order: Order, ledger: Ledger) -> bool:
    if order.action not in CAPPED_ACTIONS or order.is_forgotten:
        return False
    if order.state not in (*_UNDER_WAY, OrderState.ACCEPTED, OrderState.UNKNOWN, OrderState.CONFIRMED):
        return False
    host = ledger.hosts.get(order.host_id or "")
    if host is None:
        # A host that was seen and is not in the list any more is gone. One that was never seen may come.
        is_awaited = order.action is OrderAction.CREATE and order.state is not OrderState.CONFIRMED
        return is_awaited and ledger.now - order.created_at < DOUBTFUL_FOR
    if _costs_now(host, ledger.now) or _was_ended_after(order, ledger.orders):
        return False
    if order.action is OrderAction.POWER_ON:
        return order.state is not OrderState.CONFIRMED
    return ledger.now - (order.ended_at or order.created_at) < SETTLING_TIME


def _was_ended_after(order: Order, orders: Iterable[Order]) -> bool:
    """Return whether the host of `order` was stopped or deleted by a later order."""
    ends = (OrderAction.POWER_OFF, OrderAction.DELETE)
    return any(
        other.host_id == order.host_id
        and other.action in ends
        and other.state in _DONE
        and other.created_at > order.created_at
        for other in orders
    )


def _costs_now(host: Host, now: datetime) -> bool:
    return pricing.is_paid_for(host, now) or (host.billing is not Billing.RENT and host.status is Status.STARTING)


def _use(cap: Cap, period: CapPeriod, limit: Decimal, ledger: Ledger, hidden: Collection[Order]) -> CapUse:
    hosts = [
        host
        for host in ledger.hosts.values()
        if _costs_now(host, ledger.now) and cap.covers(ledger.annotation(host.id))
    ]
    unpriced = tuple(host.id for host in hosts if host.billing is not Billing.RENT and host.id not in ledger.rates)
    window = ledger.windows.get(period)
    if window is None:
        known = [ledger.rates[host.id] for host in hosts if host.id in ledger.rates]
        spent = _sum(Amount(rate.low, rate.high, rate.high) for rate in known)
    else:
        spent = _spent_by_hosts(cap, period, window, ledger)
    billed = {host.id for host in ledger.billed}
    for order in hidden:
        is_counted = window is not None and _is_prepaid(order) and order.host_id in billed
        if cap.covers(ledger.annotation_of(order)) and not is_counted:
            added = _added(order, period, ledger)
            spent += Amount(_ZERO, added or _ZERO, added or _ZERO)
    return CapUse(cap, period, limit, spent, unpriced, window[0] if window else None)


def _spent_by_hosts(cap: Cap, period: CapPeriod, window: tuple[datetime, datetime], ledger: Ledger) -> Amount:
    key = cap.selector, period
    if key not in ledger.known:
        hosts = (host for host in ledger.billed if cap.covers(ledger.annotation(host.id)))
        ledger.known[key] = _sum(_spent(host, window, ledger.now) for host in hosts)
    return ledger.known[key]


def _is_prepaid(order: Order) -> bool:
    return order.quote is not None and order.quote.billing is Billing.RENT


def _sum(amounts: Iterable[Amount]) -> Amount:
    total = Amount()
    for amount in amounts:
        total += amount
    return total


def _spent(host: BilledHost, window: tuple[datetime, datetime], now: datetime) -> Amount:
    """Return what a host cost since the beginning of `window`, and a prepaid one until its end."""
    start, end = window
    cost = host.cost(start, min(now, end))
    upper = replace(host, rate=_upper(host.rate)).cost(start, min(now, end))
    prepaid = host.period.between(start, end) if host.period is not None else Amount()
    counted = _EXACT.add(upper.on_demand.value, prepaid.high)
    return Amount(_EXACT.add(cost.on_demand.low, prepaid.low), counted, _EXACT.add(cost.on_demand.high, prepaid.high))


def _upper(rate: Rate | None) -> Rate | None:
    return None if rate is None else replace(rate, low=rate.high)


def _added(order: Order, period: CapPeriod, ledger: Ledger) -> Decimal | None:
    """Return what an order adds to the spending of a period; None if its price is unknown."""
    if order.quote is not None:
        return _added_by_purchase(order.quote, order.created_at, period, ledger)
    host = ledger.hosts.get(order.host_id or "")
    if host is None:
        return None
    if host.billing is Billing.RENT or _costs_now(host, ledger.now):
        return _ZERO
    rate = ledger.rates.get(host.id)
    return rate.high if rate is not None else None  # an hour of it: the day and the month count its first hour


def _added_by_purchase(quote: Quote, at: datetime, period: CapPeriod, ledger: Ledger) -> Decimal | None:
    price = pricing.hourly(quote.package)
    if quote.billing is not Billing.RENT:
        return price  # of its first hour
    price = _EXACT.divide(quote.estimate, Decimal(quote.hours)) if quote.hours > 0 else price
    window = ledger.windows.get(period)
    if price is None or window is None:
        return price
    paid = PaidPeriod(at, at + timedelta(hours=quote.hours), Rate(price, price, is_known=True))
    return paid.between(*window).high
