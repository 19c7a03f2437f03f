from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.factories import NOON, a_host, a_package, a_quote, an_order

from xds_tui.domain.model import Billing, Period, PeriodUnit
from xds_tui.domain.records import Candidate, Doubt, Order, OrderAction, OrderState
from xds_tui.domain.rejections import REJECTIONS, Call
from xds_tui.domain.repeats import (
    CLOCK_SKEW,
    DOUBTFUL_FOR,
    POINTED_OUT_FOR,
    hosts_of_refused,
    is_proven,
    is_watched,
    may_repeat,
)

RENT: dict[str, Any] = {"billing": Billing.RENT, "period": Period(PeriodUnit.DAY, 1)}
POINTED_OUT = Candidate("h9", "nine", Doubt.REJECTED)


def a_create(state: OrderState = OrderState.UNKNOWN, **fields: Any) -> Order:
    standard: dict[str, Any] = {"quote": a_quote(), "sent_at": NOON, "ended_at": NOON, "host_id": None}
    return an_order(action=OrderAction.CREATE, state=state, **standard | fields)


@pytest.mark.parametrize("state", [OrderState.UNKNOWN, OrderState.UNCONFIRMED, OrderState.SENT])
def test_a_purchase_with_an_unknown_outcome_may_be_repeated(state: OrderState) -> None:
    assert may_repeat(a_create(state), a_quote(), NOON)


@pytest.mark.parametrize("state", [OrderState.PENDING, OrderState.NOT_SENT, OrderState.ACCEPTED, OrderState.CONFIRMED])
def test_a_purchase_with_a_known_outcome_is_not_asked_about(state: OrderState) -> None:
    assert not may_repeat(a_create(state), a_quote(), NOON)


@pytest.mark.parametrize(
    ("fields", "quote"),
    [
        ({}, a_quote(package=a_package(id="p2"))),
        ({}, a_quote(**RENT)),
        ({"created_at": NOON - DOUBTFUL_FOR}, a_quote()),
        ({"action": OrderAction.POWER_ON}, a_quote()),
        ({"quote": None}, a_quote()),
    ],
)
def test_another_purchase_is_no_repetition(fields: dict[str, Any], quote: Any) -> None:
    assert not may_repeat(replace(a_create(), **fields), quote, NOON)


@pytest.mark.parametrize("code", [None, 0, 400, 404, 429, 500, 1003, 1005, 4711, 6005])
def test_a_refusal_of_an_older_version_that_proves_nothing_is_asked_about(code: int | None) -> None:
    assert may_repeat(a_create(OrderState.REJECTED, code=code), a_quote(), NOON)


@pytest.mark.parametrize("code", [*REJECTIONS[Call.CREATE_ON_DEMAND], 401, 2000, 2001])
def test_a_proven_refusal_is_not_asked_about_until_a_host_like_it_appears(code: int) -> None:
    order = a_create(OrderState.REJECTED, code=code)
    assert is_proven(order)
    assert not may_repeat(order, a_quote(), NOON)
    assert may_repeat(a_create(OrderState.REJECTED, code=code, candidate=POINTED_OUT), a_quote(), NOON)


def test_the_proof_of_a_rejection_depends_on_the_call() -> None:
    assert is_proven(a_create(OrderState.REJECTED, code=6003))
    assert not is_proven(a_create(OrderState.REJECTED, code=6003, quote=a_quote(**RENT)))


def test_a_host_that_fits_a_refused_order_is_named_with_the_reason() -> None:
    order, host = a_create(OrderState.REJECTED), a_host(id="new", name="渲染-9", created=NOON, os="Ubuntu Server")
    assert hosts_of_refused([order], [host], {}) == {"o": Candidate("new", "渲染-9", Doubt.REJECTED, NOON)}


@pytest.mark.parametrize(
    ("host", "order", "known"),
    [
        ({"cpu": 8}, {}, ()),
        ({"os": "Windows"}, {}, ()),
        ({"billing": Billing.RENT}, {}, ()),
        ({"created": NOON - CLOCK_SKEW - timedelta(seconds=1)}, {}, ()),
        ({}, {}, ("new",)),
        ({}, {"declined": frozenset({"new"})}, ()),
    ],
)
def test_a_host_that_cannot_be_of_a_refused_order_is_not_named(
    host: dict[str, Any], order: dict[str, Any], known: tuple[str, ...]
) -> None:
    seen = a_host(**{"id": "new", "os": "Ubuntu Server"} | host)
    assert hosts_of_refused([a_create(OrderState.REJECTED, **order)], [seen], {"o": known}) == {}


@pytest.mark.parametrize(
    ("fields", "age", "expected"),
    [
        ({}, POINTED_OUT_FOR - timedelta(seconds=1), True),
        ({}, POINTED_OUT_FOR, False),
        ({"state": OrderState.UNKNOWN}, timedelta(), False),
        ({"state": OrderState.NOT_SENT}, timedelta(), False),
        ({"sent_at": None}, timedelta(), False),
        ({"candidate": POINTED_OUT}, timedelta(), False),
    ],
)
def test_a_refused_order_is_watched_for_some_minutes(fields: dict[str, Any], age: timedelta, expected: bool) -> None:
    assert is_watched(a_create(**{"state": OrderState.REJECTED} | fields), NOON + age) is expected


def test_of_several_refused_orders_the_one_sent_last_before_the_host_came_is_named() -> None:
    orders = [
        a_create(OrderState.REJECTED, id=f"o{seconds}", sent_at=NOON + timedelta(seconds=seconds))
        for seconds in (0, 30, 60)
    ]
    host = a_host(id="new", os="Ubuntu Server", created=NOON + timedelta(seconds=31))
    assert hosts_of_refused(orders, [host], {}).keys() == {"o30"}


def test_a_host_that_may_be_another_order_s_is_named_after_the_others_and_with_that_doubt() -> None:
    order = a_create(OrderState.REJECTED)
    offered, free = (a_host(id=id_, os="Ubuntu Server", created=NOON) for id_ in ("offered", "free"))
    assert hosts_of_refused([order], [offered, free], {}, {"offered"})["o"].host_id == "free"
    assert hosts_of_refused([order], [offered], {}, {"offered"})["o"].doubt is Doubt.OTHER_ORDER


@given(st.integers(0, 4), st.integers(0, 4))
def test_each_order_gets_one_host_and_each_host_one_order(orders: int, hosts: int) -> None:
    refused = [a_create(OrderState.REJECTED, id=f"o{number}") for number in range(orders)]
    new = [a_host(id=f"h{number}", os="Ubuntu Server") for number in range(hosts)]
    found = hosts_of_refused(refused, new, {})
    assert len(found) == len({candidate.host_id for candidate in found.values()}) == min(orders, hosts)
