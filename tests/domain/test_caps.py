"""Caps on spending: what counts, what is refused, and what is stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.factories import NOON, a_host, a_package, a_quote, an_order

from xds_tui.domain import caps, pricing
from xds_tui.domain.annotations import NO_ANNOTATION, Annotation
from xds_tui.domain.caps import Cap, CapLevel, CapPeriod, CapUse, Ledger, cap_uses, planned_stops, refusal
from xds_tui.domain.cost_report import Amount, billed_hosts
from xds_tui.domain.model import Billing, Host, Period, PeriodUnit, Status
from xds_tui.domain.pricing import Rate
from xds_tui.domain.records import Order, OrderAction, OrderState
from xds_tui.domain.rule_planner import Lease, Obstacle, Rule
from xds_tui.domain.usage import Observations

DAY = (NOON - timedelta(hours=12), NOON + timedelta(hours=12))
MONTH = (NOON - timedelta(days=22, hours=12), NOON + timedelta(days=7, hours=12))
HOUR = timedelta(hours=1)
OBSERVED = Observations([NOON - timedelta(minutes=15 * number) for number in range(2_200)], (), NOON)


def a_cap(**limits: int | str) -> Cap:
    return Cap("all", "", {CapPeriod(key): Decimal(value) for key, value in limits.items()})


def rate(low: str, high: str | None = None) -> Rate:
    return Rate(Decimal(low), Decimal(high or low))


def a_ledger(*hosts: Host, orders: tuple[Order, ...] = (), rates: Mapping[str, Rate] | None = None) -> Ledger:
    known = {host.id: rate("9") for host in hosts} if rates is None else dict(rates)
    observed = OBSERVED
    return Ledger(
        now=NOON,
        hosts={host.id: host for host in hosts},
        rates=known,
        orders=orders,
        billed=billed_hosts(hosts, known, orders, (), observed),
        windows={CapPeriod.DAY: DAY, CapPeriod.MONTH: MONTH},
        annotation=lambda host_id: next((host.annotation for host in hosts if host.id == host_id), NO_ANNOTATION),
    )


def a_create(price: str = "2", **fields: Any) -> Order:
    quote = fields.pop("quote", None) or a_quote(package=a_package(amount=Decimal(price)))
    return an_order(**{"id": "new", "action": OrderAction.CREATE, "host_id": None, "quote": quote, **fields})


def spent(use: CapUse) -> list[int]:
    return [int(amount) for amount in (use.spent.low, use.spent.value, use.spent.high)]


def test_what_a_purchase_adds_counts() -> None:
    """A cap of ¥10 per hour, now ¥9: ¥2 more is refused, and ¥1 is not."""
    ledger = a_ledger(a_host())
    refused = refusal([a_cap(per_hour=10)], ledger, a_create("2"))
    assert refused is not None
    assert (refused.summary, refused.detail) == (caps.EXCEEDED, "caps.all.per_hour: 9.00 + 2.00 > 10.00 CNY")
    assert refusal([a_cap(per_hour=10)], ledger, a_create("1")) is None
    assert refusal([a_cap(per_hour=10), a_cap(per_day="0.5")], ledger, a_create("1")) is not None


def test_starting_counts_and_stopping_never_does() -> None:
    ledger = a_ledger(a_host(), a_host(id="h2", status=Status.OFF), rates={"h1": rate("9"), "h2": rate("1.5", "2")})
    assert refusal([a_cap(per_hour=10)], ledger, an_order(host_id="h2")) is not None
    assert refusal([a_cap(per_hour=11)], ledger, an_order(host_id="h2")) is None
    for action in set(OrderAction) - caps.CAPPED_ACTIONS:
        assert refusal([a_cap(per_hour=1)], ledger, an_order(host_id="h1", action=action)) is None


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        (OrderState.PENDING, True),
        (OrderState.SENT, True),
        (OrderState.UNKNOWN, True),
        (OrderState.ACCEPTED, True),
        (OrderState.REJECTED, False),
        (OrderState.NOT_SENT, False),
    ],
)
def test_a_purchase_that_may_have_been_made_counts_before_its_host_is_seen(state: OrderState, counts: bool) -> None:
    before = a_create("9", id="before", state=state)
    assert (refusal([a_cap(per_hour=10)], a_ledger(orders=(before,)), a_create("2")) is not None) is counts
    assert refusal([a_cap(per_hour=10)], a_ledger(orders=(replace(before, is_forgotten=True),)), a_create("2")) is None
    old = replace(before, created_at=NOON - timedelta(days=8))
    assert refusal([a_cap(per_hour=10)], a_ledger(orders=(old,)), a_create("2")) is None


def test_all_hosts_of_one_purchase_count_together() -> None:
    orders = tuple(a_create("4", id=f"new{number}", batch="b") for number in range(3))
    assert [refusal([a_cap(per_hour=10)], a_ledger(orders=orders), order) is None for order in orders] == [False] * 3
    assert [refusal([a_cap(per_hour=12)], a_ledger(orders=orders), order) is None for order in orders] == [True] * 3


@pytest.mark.parametrize("status", list(Status))
def test_a_host_that_was_bought_or_started_just_now_counts_once(status: Status) -> None:
    """Until the list shows it as on, its order counts; after that, the host does."""
    host = a_host(status=status)
    for order in (
        a_create("9", id="before", host_id="h1", state=OrderState.ACCEPTED),
        an_order(host_id="h1", state=OrderState.ACCEPTED),
    ):
        (use,) = cap_uses([a_cap(per_hour=10)], a_ledger(host, orders=(order,)))
        assert use.spent.value == 9


def test_a_host_that_was_bought_and_started_counts_once() -> None:
    bought = a_create("9", id="before", host_id="h1", state=OrderState.CONFIRMED, ended_at=NOON)
    start = an_order(id="start", host_id="h1", state=OrderState.ACCEPTED)
    ledger = a_ledger(a_host(status=Status.OFF), orders=(bought, start, replace(start, id="again")))
    assert cap_uses([a_cap(per_hour=10)], ledger)[0].spent.value == 9
    assert refusal([a_cap(per_hour=9)], ledger, an_order(id="once more", host_id="h1")) is None
    assert refusal([a_cap(per_hour="8.99")], ledger, an_order(id="once more", host_id="h1")) is not None


def test_a_host_that_was_stopped_after_it_was_bought_does_not_count() -> None:
    bought = a_create("9", id="before", host_id="h1", state=OrderState.CONFIRMED, ended_at=NOON)
    stop = an_order(id="stop", action=OrderAction.POWER_OFF, state=OrderState.CONFIRMED, created_at=NOON + HOUR)
    host = a_host(status=Status.OFF)
    assert cap_uses([a_cap(per_hour=10)], a_ledger(host, orders=(bought,)))[0].spent.value == 9
    assert cap_uses([a_cap(per_hour=10)], a_ledger(host, orders=(bought, stop)))[0].spent.value == 0
    later = replace(bought, ended_at=NOON - HOUR)
    assert cap_uses([a_cap(per_hour=10)], a_ledger(host, orders=(later,)))[0].spent.value == 0
    assert cap_uses([a_cap(per_hour=10)], a_ledger(orders=(bought,)))[0].spent.value == 0  # it is gone


def test_a_price_that_is_unknown_refuses_what_costs_money() -> None:
    on, off = a_host(), a_host(id="h2", status=Status.OFF)
    ledger = a_ledger(on, off, rates={})
    refused = refusal([a_cap(per_hour=10)], ledger, a_create("1"))
    assert refused is not None
    assert (refused.summary, refused.detail) == (caps.UNKNOWN_PRICE, "caps.all.per_hour: h1")
    refused = refusal([a_cap(per_day=10)], a_ledger(off, rates={}), an_order(host_id="h2"))
    assert refused is not None
    assert (refused.summary, refused.detail) == (caps.UNKNOWN_PRICE, "caps.all.per_day: h2")
    assert refusal([a_cap(per_hour=10)], a_ledger(), an_order(host_id="h9")) is not None
    prepaid = a_host(id="h3", status=Status.OFF, billing=Billing.RENT, expires=NOON + HOUR)
    assert refusal([a_cap(per_hour=10)], a_ledger(on, prepaid, rates={}), an_order(host_id="h3")) is None


def test_only_the_hosts_of_a_tag_count_for_its_cap() -> None:
    tagged = a_host(id="h2", annotation=Annotation(tags=("GPU",), owner="li"))
    ledger = a_ledger(a_host(), tagged)
    for selector in ("tag:gpu", "owner:Li"):
        cap = replace(a_cap(per_hour=10), selector=selector)
        assert cap_uses([cap], ledger)[0].spent.value == 9
        assert refusal([cap], ledger, a_create("2")) is None
        assert refusal([cap], ledger, a_create("2", annotation=tagged.annotation)) is not None


def test_the_day_and_the_month_count_hours_on_and_the_first_hour_of_a_start() -> None:
    host = a_host(created=NOON - timedelta(hours=36))
    day, month = cap_uses([a_cap(per_month=1000, per_day=1000)], a_ledger(host, rates={"h1": rate("1", "2")}))
    assert (day.period, spent(day)) == (CapPeriod.DAY, [12, 24, 24])
    assert (month.period, spent(month)) == (CapPeriod.MONTH, [36, 72, 72])
    ledger = a_ledger(host, a_host(id="h2", status=Status.OFF), rates={"h1": rate("1"), "h2": rate("2")})
    assert refusal([a_cap(per_day=14)], ledger, an_order(host_id="h2")) is None
    assert refusal([a_cap(per_day="13.99")], ledger, an_order(host_id="h2")) is not None


def test_a_prepaid_period_counts_with_its_share_of_the_day_and_the_month() -> None:
    """Also the part that is still ahead, so that the next purchase does not exceed the month in the end."""
    start = NOON - timedelta(hours=2)
    host = a_host(billing=Billing.RENT, created=start, expires=start + timedelta(days=10))
    hour, day, month = cap_uses([a_cap(per_hour=9, per_day=9, per_month=9)], a_ledger(host, rates={"h1": rate("1")}))
    assert [use.spent.value for use in (hour, day, month)] == [1, 14, 182]
    quote = a_quote(
        package=a_package(amount=Decimal(1)),
        billing=Billing.RENT,
        period=Period(PeriodUnit.WEEK, 1),
        hours=168,
        estimate=Decimal(168),
    )
    rent = a_create(quote=quote)
    for cap, is_refused in ((a_cap(per_month=349), True), (a_cap(per_month=350), False), (a_cap(per_day=25), True)):
        assert (refusal([cap], a_ledger(host, rates={"h1": rate("1")}), rent) is not None) is is_refused
    bought = replace(rent, id="before", host_id="h1", state=OrderState.CONFIRMED, ended_at=NOON)
    assert (
        cap_uses([a_cap(per_month=9)], a_ledger(orders=(replace(bought, host_id=None, state=OrderState.UNKNOWN),)))[
            0
        ].spent.value
        == 168
    )


@settings(max_examples=40)
@given(st.decimals("0.01", 1000, places=2), st.decimals("0.01", 1000, places=2), st.decimals("0.01", 100, places=4))
def test_no_order_that_is_allowed_exceeds_the_limit(limit: Decimal, now: Decimal, added: Decimal) -> None:
    ledger = a_ledger(a_host(), rates={"h1": Rate(now, now)})
    order = a_create(quote=a_quote(package=a_package(amount=added)))
    assert (refusal([a_cap(per_hour=str(limit))], ledger, order) is None) is (now + added <= limit)


@pytest.mark.parametrize(
    ("value", "level", "is_exceeded"),
    [
        ("79.99", CapLevel.OK, False),
        ("80", CapLevel.WARNED, False),
        ("100", CapLevel.REACHED, False),
        ("100.01", CapLevel.REACHED, True),
    ],
)
def test_a_cap_warns_at_80_percent(value: str, level: CapLevel, is_exceeded: bool) -> None:
    use = CapUse(a_cap(), CapPeriod.DAY, Decimal(100), Amount(value=Decimal(value)))
    assert (use.level, use.is_exceeded) == (level, is_exceeded)


def exceeded(cap: Cap, value: int = 11) -> CapUse:
    return CapUse(cap, CapPeriod.HOUR, Decimal(10), Amount(value=Decimal(value)))


def test_an_exceeded_cap_stops_the_hosts_with_a_lease() -> None:
    leased = Annotation(tags=("train",))
    hosts = [
        a_host(id="on", annotation=leased),
        a_host(id="starting", annotation=leased, status=Status.STARTING),
        a_host(id="off", annotation=leased, status=Status.OFF),
        a_host(id="prepaid", annotation=leased, billing=Billing.RENT),
        a_host(id="protected", annotation=replace(leased, is_marked=True)),
        a_host(id="unobserved", annotation=leased),
        a_host(id="other"),
    ]
    rules = [Rule("lease", "tag:train", lease=Lease(HOUR), acts=True), Rule("hours", "tag:other", acts=True)]
    since = {host.id: NOON - HOUR for host in hosts if host.id != "unobserved"}
    stops = planned_stops(NOON, [exceeded(a_cap())], rules, hosts, since)
    assert [(stop.host.id, stop.action, stop.rule, stop.obstacle) for stop in stops] == [
        ("on", OrderAction.POWER_OFF, "caps.all.per_hour", None),
        ("starting", OrderAction.POWER_OFF, "caps.all.per_hour", None),
        ("protected", OrderAction.POWER_OFF, "caps.all.per_hour", Obstacle.PROTECTED),
    ]
    assert all(stop.is_due and stop.acts and stop.begins == NOON - HOUR for stop in stops)
    notifying = [replace(rules[0], acts=False)]
    assert not any(stop.acts for stop in planned_stops(NOON, [exceeded(a_cap())], notifying, hosts, since))
    assert planned_stops(NOON, [exceeded(a_cap(), 10)], rules, hosts, since) == ()
    assert planned_stops(NOON, [exceeded(replace(a_cap(), selector="tag:x"))], rules, hosts, since) == ()


@pytest.mark.parametrize(
    ("amount", "text"), [("9", "9.00"), ("0.005", "0.005"), ("1.23456", "1.2346"), ("1234.5", "1234.50")]
)
def test_figures_have_as_many_decimals_as_they_need(amount: str, text: str) -> None:
    assert pricing.figure(Decimal(amount)) == text
