from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.factories import NOON, a_host, a_promise, a_snapshot, an_order

from xds_tui.domain.attribution import LATE_WINDOW, REBOOT_START_WINDOW, RebootProgress, mark_own
from xds_tui.domain.model import Host, Status
from xds_tui.domain.records import Event, EventKind, Order, OrderAction, OrderState
from xds_tui.domain.snapshot_diff import changes, flagged
from xds_tui.fleet.order_book import OrderBook

STEP = timedelta(seconds=15)
ON, OFF, STARTING, STOPPING, BILLED = Status.ON, Status.OFF, Status.STARTING, Status.STOPPING, Status.BILLED


def seen(*statuses: Status | None, begin: datetime = NOON, step: timedelta = STEP) -> list[Event]:
    """What happens to a host that is seen in these statuses one after another; None: it is not there."""
    snapshots = [
        a_snapshot(*([] if status is None else [a_host(status=status)]), at=begin + number * step)
        for number, status in enumerate(statuses)
    ]
    return [event for old, new in pairwise(snapshots) for event in changes(old, new)]


def mark(events: Sequence[Event], orders: Sequence[Order], confirmed: Mapping[str, str]) -> tuple[Event, ...]:
    return mark_own(events, orders, confirmed, RebootProgress())[0]


def own(order: Order, events: Sequence[Event]) -> list[bool]:
    return [event.own for event in mark(events, [order], {})]


def a_sent(action: OrderAction, state: OrderState = OrderState.ACCEPTED, **fields: object) -> Order:
    promise = a_promise() if action is OrderAction.CREATE else None
    return an_order(action=action, state=state, sent_at=NOON, promise=promise, **fields)


@pytest.mark.parametrize(
    ("action", "statuses", "expected"),
    [
        (OrderAction.POWER_OFF, (ON, STOPPING, OFF), [True, True]),
        (OrderAction.POWER_OFF, (BILLED, OFF, STARTING, ON), [True, False, False]),
        (OrderAction.POWER_ON, (OFF, STARTING, ON, BILLED), [True, True, True]),
        (OrderAction.POWER_ON, (OFF, ON, STOPPING, OFF), [True, False, False]),
        (OrderAction.POWER_ON, (ON, Status.EXPIRED), [False]),
        (OrderAction.REBOOT, (ON, STOPPING, OFF, STARTING, ON), [True, True, True, True]),
        (OrderAction.REBOOT, (BILLED, STARTING, ON, BILLED), [True, True, False]),
        (OrderAction.REBOOT, (ON, STARTING, ON, STOPPING, OFF), [True, True, False, False]),
        (OrderAction.DELETE, (OFF, None), [True]),
        (OrderAction.DELETE, (ON, STOPPING, OFF, None), [False, False, True]),
        (OrderAction.CREATE, (None, OFF, STARTING, ON), [True, False, False]),
    ],
)
def test_only_what_an_order_asked_for_is_ours(
    action: OrderAction, statuses: Sequence[Status | None], expected: list[bool]
) -> None:
    assert own(a_sent(action), seen(*statuses)) == expected


@pytest.mark.parametrize("action", [OrderAction.POWER_ON, OrderAction.DELETE, OrderAction.CREATE])
@pytest.mark.parametrize("state", [state for state in OrderState if state is not OrderState.PENDING])
def test_a_host_that_stops_by_itself_is_an_alert_whatever_else_was_ordered(
    action: OrderAction, state: OrderState
) -> None:
    events = mark(seen(ON, STOPPING), [a_sent(action, state)], {})
    assert [(event.own, event.alert) for event in flagged(events)] == [(False, True)]


@pytest.mark.parametrize("state", [OrderState.PENDING, OrderState.NOT_SENT, OrderState.REJECTED])
@pytest.mark.parametrize("action", [OrderAction.POWER_OFF, OrderAction.REBOOT])
def test_an_order_that_did_nothing_explains_nothing(action: OrderAction, state: OrderState) -> None:
    assert own(a_sent(action, state), seen(ON, STOPPING, OFF)) == [False, False]


@pytest.mark.parametrize("state", [OrderState.SENT, OrderState.UNKNOWN, OrderState.ACCEPTED])
def test_an_order_under_way_explains_what_it_asked_for_however_late(state: OrderState) -> None:
    assert own(a_sent(OrderAction.POWER_OFF, state), seen(ON, OFF, begin=NOON + timedelta(hours=1))) == [True]


def test_a_confirmed_stop_explains_no_further_stop() -> None:
    assert own(a_sent(OrderAction.POWER_OFF, OrderState.CONFIRMED), seen(ON, STOPPING)) == [False]


@pytest.mark.parametrize(("late", "expected"), [(LATE_WINDOW - 2 * STEP, True), (LATE_WINDOW, False)])
def test_an_order_that_was_given_up_explains_a_change_a_little_later(late: timedelta, expected: bool) -> None:
    assert own(a_sent(OrderAction.POWER_OFF, OrderState.UNCONFIRMED), seen(ON, OFF, begin=NOON + late)) == [expected]


def test_a_reboot_that_was_confirmed_before_it_began_is_followed_down_and_up() -> None:
    order = a_sent(OrderAction.REBOOT, OrderState.CONFIRMED)
    assert own(order, seen(ON, OFF, STARTING, ON, OFF)) == [True, True, True, False]
    assert own(order, seen(ON, OFF, begin=NOON + REBOOT_START_WINDOW)) == [False]


def test_two_orders_explain_a_change_each() -> None:
    stop, start = a_sent(OrderAction.POWER_OFF, id="1"), a_sent(OrderAction.POWER_ON, id="2")
    marked = mark(seen(ON, STOPPING, OFF, STARTING, ON), [stop, start], {})
    assert all(event.own for event in marked)


def test_a_create_that_named_no_host_explains_the_one_that_confirms_it() -> None:
    order = a_sent(OrderAction.CREATE, host_id=None)
    events = seen(None, OFF)
    assert [event.own for event in mark(events, [order], {order.id: "h1"})] == [True]
    assert [event.own for event in mark(events, [order], {})] == [False]


def test_an_unknown_reboot_is_confirmed_only_by_a_host_that_went_down_and_came_up() -> None:
    book, order = OrderBook(), a_sent(OrderAction.REBOOT, OrderState.UNKNOWN)
    book.write(order)
    running: Host = a_host(status=ON)
    assert book.reconcile(a_snapshot(running), {order.id}).confirmed == {}
    on, down = a_snapshot(running), a_snapshot(a_host(status=STARTING), at=NOON + STEP)
    up = a_snapshot(running, at=NOON + 2 * STEP)
    reboots = RebootProgress()
    for old, new in ((on, down), (down, up)):
        events, reboots = mark_own(changes(old, new), [order], {}, reboots)
        assert all(event.own for event in events)
    assert book.reconcile(up, {order.id}, reboots=reboots).confirmed == {order.id: "h1"}


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([*Status, None]), min_size=2, max_size=8),
    st.sampled_from([action for action in OrderAction if action is not OrderAction.POWER_OFF]),
    st.sampled_from(OrderState),
)
def test_no_order_but_a_stop_or_a_reboot_hides_that_a_host_stopped(
    statuses: list[Status | None], action: OrderAction, state: OrderState
) -> None:
    for event in mark(seen(*statuses), [a_sent(action, state)], {}):
        if event.own and event.kind is EventKind.STATUS and event.new in (STOPPING, OFF, Status.EXPIRED):
            assert action is OrderAction.REBOOT


def test_a_host_that_was_listed_late_makes_orders_without_a_named_host_wait_longer() -> None:
    book = OrderBook()
    book.write(a_sent(OrderAction.CREATE, host_id="named", answered_at=NOON))
    book.write(replace(a_sent(OrderAction.CREATE, id="open", host_id=None), answered_at=NOON))
    new = a_host(id="new", os="Ubuntu", created=NOON)
    soon, later = (a_snapshot(new, at=NOON + timedelta(seconds=seconds)) for seconds in (20, 41))
    assert book.reconcile(soon, {"open"}).confirmed == {"open": "new"}
    book.note_unlisted({"named"}, NOON + timedelta(seconds=20))
    assert book.reconcile(soon, {"open"}).confirmed == {}
    assert book.reconcile(later, {"open"}).confirmed == {"open": "new"}
