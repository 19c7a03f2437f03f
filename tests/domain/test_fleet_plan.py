"""The plan of `apply`: idempotent, never for foreign hosts, and never a second purchase."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.factories import NOON, a_host, a_quote, a_snapshot, an_order

from xds_tui.domain.fleet_plan import (
    DesiredFleet,
    FleetPlan,
    HostGroup,
    SharedHostError,
    missing_hosts,
    plan,
    to_start,
)
from xds_tui.domain.model import Absence, Billing, Host, Period, PeriodUnit, Status
from xds_tui.domain.records import Order, OrderAction, OrderState


def a_group(
    name: str = "render", *, count: int = 2, running: int | None = None, adopted: tuple[str, ...] = ()
) -> HostGroup:
    running = count if running is None else running
    return HostGroup(name=name, package="p", image="i", period=None, count=count, running=running, adopted=adopted)


def fleet_of(*groups: HostGroup) -> DesiredFleet:
    return DesiredFleet("farm", groups)


def a_create(number: int, host_id: str | None, state: OrderState, group: str = "render", run: int = 1) -> Order:
    return an_order(
        id=f"o{number}",
        action=OrderAction.CREATE,
        state=state,
        host_id=host_id,
        quote=a_quote(),
        request_id=f"apply:farm:{group}:{run}",
        request_index=number,
    )


def bought(*hosts: Host, group: str = "render") -> list[Order]:
    return [a_create(number, host.id, OrderState.CONFIRMED, group) for number, host in enumerate(hosts)]


ON, OFF = a_host(id="on", status=Status.BILLED), a_host(id="off", status=Status.OFF)


def only(found: FleetPlan) -> tuple[int, int, list[str], list[str]]:
    (group,) = found.groups
    return group.create, group.create_running, [host.id for host in group.start], [host.id for host in group.stop]


def test_an_empty_fleet_is_bought() -> None:
    found = plan(fleet_of(a_group(count=3, running=1)), [ON, OFF], [])
    assert only(found) == (3, 1, [], [])
    assert found.groups[0].request_id == "apply:farm:render:1"


def test_hosts_of_earlier_orders_count_and_are_started() -> None:
    assert only(plan(fleet_of(a_group()), [ON, OFF], bought(ON, OFF))) == (0, 0, ["off"], [])


def test_named_hosts_belong_to_the_group() -> None:
    assert only(plan(fleet_of(a_group(count=1, adopted=("off",))), [ON, OFF], [])) == (0, 0, ["off"], [])


def test_surplus_hosts_are_stopped_from_the_newest_and_not_deleted() -> None:
    hosts = [
        a_host(id=f"h{age}", status=Status.ON, created=NOON - timedelta(days=age), name=f"n{age}") for age in range(3)
    ]
    found = plan(fleet_of(a_group(count=1)), hosts, bought(*hosts))
    assert only(found) == (0, 0, [], ["h1", "h0"])
    assert found.groups[0].surplus == 2


def test_a_host_that_is_deleted_is_bought_again_under_the_next_request() -> None:
    found = plan(fleet_of(a_group(count=1)), [OFF], bought(ON))
    assert only(found) == (1, 1, [], [])
    assert found.groups[0].request_id == "apply:farm:render:2"


@pytest.mark.parametrize("state", [OrderState.PENDING, OrderState.SENT, OrderState.UNKNOWN, OrderState.ACCEPTED])
def test_an_order_whose_host_is_not_known_counts_as_a_host(state: OrderState) -> None:
    assert only(plan(fleet_of(a_group(count=1)), [], [a_create(1, None, state)])) == (0, 0, [], [])


@pytest.mark.parametrize("state", [OrderState.NOT_SENT, OrderState.REJECTED, OrderState.UNCONFIRMED])
def test_an_order_that_bought_nothing_does_not_count(state: OrderState) -> None:
    found = plan(fleet_of(a_group(count=1)), [], [a_create(1, None, state)])
    assert only(found) == (1, 1, [], [])
    assert found.groups[0].request_id == "apply:farm:render:2"


@pytest.mark.parametrize(
    "request_id", ["", "apply:farm:other:1", "apply:other:render:1", "apply:farm:render:x", "job-apply:farm:render:1"]
)
def test_orders_of_other_requests_do_not_belong_to_the_group(request_id: str) -> None:
    order = replace(a_create(1, "on", OrderState.CONFIRMED), request_id=request_id)
    assert only(plan(fleet_of(a_group(count=1)), [ON], [order])) == (1, 1, [], [])


def test_open_orders_decide_what_a_host_will_be() -> None:
    stop = an_order(id="s", action=OrderAction.POWER_OFF, state=OrderState.ACCEPTED, host_id="on")
    start = an_order(id="t", action=OrderAction.POWER_ON, state=OrderState.UNKNOWN, host_id="off")
    fleet = fleet_of(a_group(count=2, running=1))
    assert only(plan(fleet, [ON, OFF], [*bought(ON, OFF), stop, start])) == (0, 0, [], [])
    ended = replace(stop, state=OrderState.UNCONFIRMED)
    assert only(plan(fleet, [ON, OFF], [*bought(ON, OFF), ended])) == (0, 0, [], [])


def test_a_host_that_is_being_deleted_is_replaced_and_left_alone() -> None:
    delete = an_order(id="d", action=OrderAction.DELETE, state=OrderState.ACCEPTED, host_id="off")
    assert only(plan(fleet_of(a_group(count=1)), [OFF], [*bought(OFF), delete])) == (1, 1, [], [])


@pytest.mark.parametrize("status", [Status.EXPIRED, Status.UNKNOWN, Status.STOPPING])
def test_a_host_that_cannot_be_started_is_neither_started_nor_replaced(status: Status) -> None:
    host = a_host(id="x", status=status)
    assert only(plan(fleet_of(a_group(count=1)), [host], bought(host))) == (0, 0, [], [])


def test_a_host_that_is_starting_counts_as_on() -> None:
    host = a_host(id="x", status=Status.STARTING)
    assert only(plan(fleet_of(a_group(count=1)), [host], bought(host))) == (0, 0, [], [])


def test_a_host_cannot_belong_to_two_groups() -> None:
    with pytest.raises(SharedHostError):
        plan(fleet_of(a_group("a", adopted=("on",)), a_group("b", adopted=("on",))), [ON], [])


def test_new_hosts_that_do_not_run_by_themselves_are_started() -> None:
    group = plan(fleet_of(a_group(count=3, running=2)), [], []).groups[0]
    new = [a_host(id=name, status=status) for name, status in (("a", Status.OFF), ("b", Status.ON), ("c", Status.OFF))]
    assert [host.id for host in to_start(group, {"a", "b", "c"}, [OFF, *new])] == ["a"]


# Properties

STATUSES = st.sampled_from([Status.ON, Status.BILLED, Status.OFF, Status.STARTING, Status.STOPPING, Status.EXPIRED])
NAMES = ("a", "b")


@st.composite
def situations(draw: st.DrawFn) -> tuple[DesiredFleet, list[Host], list[Order]]:
    """A file, a fleet of which some hosts belong to it, and the orders that it has placed."""
    hosts = [
        a_host(id=f"h{number}", name=f"n{number}", status=draw(STATUSES), created=NOON + timedelta(hours=number))
        for number in range(draw(st.integers(0, 8)))
    ]
    orders, adopted = [], {name: list[str]() for name in NAMES}
    for number, host in enumerate(hosts):
        owner, is_adopted = draw(st.sampled_from((*NAMES, None))), draw(st.booleans())
        if owner is not None and is_adopted:
            adopted[owner].append(host.id)
        elif owner is not None:
            orders.append(a_create(number, host.id, OrderState.CONFIRMED, owner, draw(st.integers(1, 3))))
    for number in range(draw(st.integers(0, 4))):
        state = draw(st.sampled_from([state for state in OrderState if state is not OrderState.CONFIRMED]))
        orders.append(a_create(100 + number, None, state, draw(st.sampled_from(NAMES)), draw(st.integers(1, 3))))
    groups = []
    for name in NAMES:
        count = draw(st.integers(0, 6))
        running = draw(st.integers(0, count))
        groups.append(a_group(name, count=count, running=running, adopted=tuple(adopted[name])))
    return fleet_of(*groups), hosts, orders


def carry_out(found: FleetPlan, hosts: Iterable[Host], orders: Iterable[Order]) -> tuple[list[Host], list[Order]]:
    """Return the fleet and the orders after everything planned was done."""
    fleet, journal = {host.id: host for host in hosts}, list(orders)
    for group in found.groups:
        for host in group.start:
            fleet[host.id] = replace(host, status=Status.ON)
        for host in group.stop:
            fleet[host.id] = replace(host, status=Status.OFF)
        for number in range(group.create):
            host_id = f"{group.group.name}-{group.request_id}-{number}"
            status = Status.ON if number < group.create_running else Status.OFF
            fleet[host_id] = a_host(id=host_id, status=status, created=NOON + timedelta(days=1))
            journal.append(
                replace(a_create(number, host_id, OrderState.CONFIRMED), id=host_id, request_id=group.request_id)
            )
    return list(fleet.values()), journal


@given(situations())
def test_a_plan_that_was_carried_out_leaves_nothing_to_do(
    situation: tuple[DesiredFleet, list[Host], list[Order]],
) -> None:
    fleet, hosts, orders = situation
    hosts_after, orders_after = carry_out(plan(fleet, hosts, orders), hosts, orders)
    assert plan(fleet, hosts_after, orders_after).is_empty


@given(situations())
def test_a_plan_touches_only_its_own_hosts(situation: tuple[DesiredFleet, list[Host], list[Order]]) -> None:
    fleet, hosts, orders = situation
    own = {order.host_id for order in orders} | {host_id for group in fleet.groups for host_id in group.adopted}
    assert plan(fleet, hosts, orders).touched <= own


@given(situations(), st.integers(0, 6))
def test_a_purchase_that_was_killed_is_continued_with_what_is_missing(
    situation: tuple[DesiredFleet, list[Host], list[Order]], placed: int
) -> None:
    fleet, hosts, orders = situation
    first = plan(fleet, hosts, orders).groups[0]
    begun = [
        replace(a_create(number, None, OrderState.UNKNOWN), id=f"k{number}", request_id=first.request_id)
        for number in range(min(placed, first.create))
    ]
    second = plan(fleet, hosts, [*orders, *begun]).groups[0]
    assert second.create == first.create - len(begun)
    assert second.request_id != first.request_id or not begun


@given(situations())
def test_a_plan_reaches_the_wanted_numbers_where_it_can(
    situation: tuple[DesiredFleet, list[Host], list[Order]],
) -> None:
    fleet, hosts, orders = situation
    for group in plan(fleet, hosts, orders).groups:
        assert len(group.members) + len(group.open_creates) + group.create == max(
            group.group.count, len(group.members) + len(group.open_creates)
        )
        assert not (group.start and group.stop)
        assert group.create_running <= group.create


EMPTY = a_snapshot()


def test_bought_hosts_are_missing_if_no_host_is_listed() -> None:
    fleet = fleet_of(a_group())
    assert missing_hosts(fleet, EMPTY, bought(ON, OFF)) == ("on", "off")
    assert missing_hosts(fleet, a_snapshot(a_host(id="other")), bought(ON, OFF)) == ()
    assert missing_hosts(fleet, EMPTY, bought(ON, group="other")) == ()
    assert missing_hosts(fleet, EMPTY, []) == ()


def test_hosts_that_are_only_remembered_are_not_listed() -> None:
    remembered = replace(a_snapshot(ON), unlisted={ON.id: Absence(NOON, is_confirmed=False)})
    assert missing_hosts(fleet_of(a_group()), remembered, bought(ON, OFF)) == ("on", "off")


@pytest.mark.parametrize(
    ("state", "expected"), [(OrderState.CONFIRMED, ()), (OrderState.UNKNOWN, ()), (OrderState.REJECTED, ("on",))]
)
def test_deleted_hosts_are_not_missing(state: OrderState, expected: tuple[str, ...]) -> None:
    delete = an_order(id="d", action=OrderAction.DELETE, state=state, host_id="on")
    assert missing_hosts(fleet_of(a_group()), EMPTY, [*bought(ON), delete]) == expected


def test_hosts_whose_rental_period_has_ended_are_not_missing() -> None:
    (order,) = bought(ON)
    quote = replace(a_quote(), billing=Billing.RENT, period=Period(PeriodUnit.DAY, 1), hours=24)
    order = replace(order, quote=quote, created_at=NOON - timedelta(hours=23))
    fleet = fleet_of(a_group())
    assert missing_hosts(fleet, EMPTY, [order]) == ("on",)
    assert missing_hosts(fleet, EMPTY, [replace(order, created_at=NOON - timedelta(hours=24))]) == ()
