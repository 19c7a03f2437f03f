from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from support.factories import NOON, a_host, a_package, a_quote, a_snapshot, an_order

from xds_tui.domain import reconcile
from xds_tui.domain.model import Billing, Period, PeriodUnit, Snapshot, Status
from xds_tui.domain.records import Order, OrderAction, OrderState

LATER = NOON + timedelta(minutes=6)


def settled(orders: list[Order], snapshot: Snapshot) -> Mapping[str, str]:
    """Settle, where every order had been answered when the snapshot began to be read."""
    return reconcile.match_orders(orders, snapshot, {order.id for order in orders}).confirmed


def a_create(id_: str = "o", state: OrderState = OrderState.UNKNOWN, **promised: Any) -> Order:
    return an_order(
        id=id_,
        action=OrderAction.CREATE,
        state=state,
        host_id=None,
        sent_at=NOON,
        answered_at=NOON,
        quote=a_quote(**promised),
    )


@pytest.mark.parametrize(
    ("action", "status", "agrees"),
    [
        (OrderAction.POWER_ON, Status.ON, True),
        (OrderAction.POWER_ON, Status.BILLED, True),
        (OrderAction.POWER_ON, Status.STARTING, False),
        (OrderAction.POWER_ON, Status.OFF, False),
        (OrderAction.POWER_OFF, Status.OFF, True),
        (OrderAction.POWER_OFF, Status.STOPPING, False),
        (OrderAction.DELETE, Status.OFF, False),
        (OrderAction.CREATE, Status.OFF, True),
    ],
)
@pytest.mark.parametrize("state", [OrderState.ACCEPTED, OrderState.UNKNOWN])
def test_an_order_is_settled_when_its_host_agrees(
    action: OrderAction, status: Status, agrees: bool, state: OrderState
) -> None:
    order = an_order(action=action, state=state, host_id="h", sent_at=NOON)
    assert bool(settled([order], a_snapshot(a_host(id="h", status=status), at=LATER))) is agrees


def test_a_delete_is_settled_when_its_host_is_gone() -> None:
    order = an_order(action=OrderAction.DELETE, state=OrderState.ACCEPTED, host_id="h", sent_at=NOON)
    assert settled([order], a_snapshot(at=LATER)) == {"o": "h"}


def test_a_snapshot_that_was_begun_before_the_answer_settles_nothing() -> None:
    order = an_order(action=OrderAction.DELETE, state=OrderState.ACCEPTED, host_id="h", sent_at=NOON)
    assert reconcile.match_orders([order], a_snapshot(at=LATER), answered=()).confirmed == {}


def test_a_clock_that_was_set_back_since_the_sending_does_not_matter() -> None:
    order = an_order(action=OrderAction.DELETE, state=OrderState.ACCEPTED, host_id="h", sent_at=LATER)
    assert settled([order], a_snapshot(at=NOON)) == {"o": "h"}


def test_while_a_create_is_under_way_a_new_host_may_be_its() -> None:
    under_way = a_create("sent", OrderState.SENT)
    assert settled([under_way, a_create()], a_snapshot(a_host(os="Ubuntu", id="new", created=NOON), at=LATER)) == {}


MONTH = Period(PeriodUnit.MONTH, 1)


@pytest.mark.parametrize(("days", "is_ours"), [(28, True), (30, True), (31, True), (7, False), (90, False)])
def test_a_rent_of_another_length_is_not_ours(days: int, is_ours: bool) -> None:
    order = a_create(billing=Billing.RENT, period=MONTH, hours=720)
    host = a_host(os="Ubuntu", id="new", billing=Billing.RENT, created=NOON, expires=NOON + timedelta(days=days))
    assert bool(settled([order], a_snapshot(host, at=LATER))) is is_ours


@pytest.mark.parametrize(
    ("runs", "is_ours"), [("Ubuntu Server", True), ("Windows", False), ("Rocky", True), ("", True)]
)
def test_a_host_with_another_system_is_not_ours(runs: str, is_ours: bool) -> None:
    host = a_host(id="new", created=NOON, os=runs)
    assert bool(settled([a_create()], a_snapshot(host, at=LATER))) is is_ours


def test_an_order_that_ended_is_left_alone() -> None:
    order = an_order(action=OrderAction.DELETE, state=OrderState.REJECTED, host_id="h", sent_at=NOON)
    assert settled([order], a_snapshot(at=LATER)) == {}


def test_a_new_host_of_the_right_kind_settles_a_create_without_id() -> None:
    assert settled([a_create()], a_snapshot(a_host(os="Ubuntu", id="new", created=NOON), at=LATER)) == {"o": "new"}


@pytest.mark.parametrize(
    "other",
    [
        {"id": "known"},
        {"cpu": 99},
        {"memory": 99},
        {"billing": Billing.RENT},
        {"gpu_count": 1, "gpu_name": "RTX 4090"},
        {"created": NOON - timedelta(minutes=11)},
        {"created": NOON + timedelta(hours=3)},
    ],
)
def test_a_host_that_cannot_be_ours_is_not_taken_for_it(other: dict[str, Any]) -> None:
    package = a_package(gpu_name="")
    host = a_host(**{"id": "new", "created": NOON, "os": "Ubuntu"} | other)
    order = a_create(package=package, known_hosts=frozenset({"known"}))
    assert settled([order], a_snapshot(host, at=LATER)) == {}


def test_an_accepted_order_has_a_host_though_the_clock_is_minutes_off() -> None:
    host = a_host(os="Ubuntu", id="new", created=NOON - timedelta(minutes=9))
    assert settled([a_create(state=OrderState.ACCEPTED)], a_snapshot(host, at=LATER)) == {"o": "new"}


def test_a_host_that_seems_older_is_an_accepted_order_s_only_when_its_own_would_be_in_the_list() -> None:
    order, host = (
        a_create(state=OrderState.ACCEPTED),
        a_host(os="Ubuntu", id="new", created=NOON - timedelta(minutes=2)),
    )
    assert settled([order], a_snapshot(host, at=NOON + timedelta(minutes=4))) == {}
    assert settled([order], a_snapshot(host, at=NOON + timedelta(minutes=6))) == {"o": "new"}


def test_each_order_is_given_the_host_that_came_soonest_after_it() -> None:
    orders = [
        replace(a_create(f"o{n}", OrderState.ACCEPTED), sent_at=NOON + timedelta(seconds=10 * n), answered_at=None)
        for n in range(3)
    ]
    newest_first = [
        a_host(os="Ubuntu", id=f"h{n}", created=NOON + timedelta(seconds=10 * n + 1)) for n in reversed(range(3))
    ]
    assert settled(orders, a_snapshot(*newest_first, at=LATER)) == {"o0": "h0", "o1": "h1", "o2": "h2"}


def test_a_host_of_an_order_that_ended_long_ago_is_taken() -> None:
    snapshot = a_snapshot(a_host(os="Ubuntu", id="new", created=NOON), at=LATER)
    assert reconcile.match_orders([a_create()], snapshot, {"o"}, claimed={"new"}).confirmed == {}


def test_a_create_that_was_answered_while_the_list_was_read_has_its_choice_too() -> None:
    unknown, answered = a_create("unknown"), a_create("accepted", OrderState.ACCEPTED)
    snapshot = a_snapshot(a_host(os="Ubuntu", id="new", created=NOON), at=LATER)
    assert reconcile.match_orders([unknown, answered], snapshot, {"unknown"}).confirmed == {}


def test_one_host_does_not_settle_two_orders() -> None:
    orders = [a_create("unknown"), a_create("accepted", OrderState.ACCEPTED)]
    one = a_snapshot(a_host(os="Ubuntu", id="new", created=NOON), at=LATER)
    assert settled(orders, one) == {"accepted": "new"}
    two = a_snapshot(*one.hosts, a_host(os="Ubuntu", id="newer", created=NOON), at=LATER)
    assert settled(orders, two) == {}  # if the unknown order came to nothing, either host may be the accepted one's


def test_a_host_that_another_order_has_is_taken() -> None:
    named = an_order(id="named", action=OrderAction.CREATE, state=OrderState.CONFIRMED, host_id="new", sent_at=NOON)
    assert settled([named, a_create()], a_snapshot(a_host(os="Ubuntu", id="new", created=NOON), at=LATER)) == {}
