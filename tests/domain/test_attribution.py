from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.factories import NOON, a_host, a_quote, a_snapshot, an_order

from xds_tui.domain.attribution import (
    LATE_WINDOW,
    REBOOT_START_WINDOW,
    RebootProgress,
    mark_own,
    rejected_but_done,
)
from xds_tui.domain.model import Host, Status
from xds_tui.domain.records import Doubt, Event, EventKind, Order, OrderAction, OrderState
from xds_tui.domain.repeats import POINTED_OUT_FOR
from xds_tui.domain.snapshot_diff import changes, flagged
from xds_tui.fleet.order_book import OrderBook

STEP = timedelta(seconds=15)
ON, OFF, STARTING, STOPPING, BILLED = Status.ON, Status.OFF, Status.STARTING, Status.STOPPING, Status.BILLED


def seen(*statuses: Status | None, begin: datetime = NOON, step: timedelta = STEP) -> list[Event]:
    """Return the events of a host with these statuses in sequence; None if it does not exist."""
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
    quote = a_quote() if action is OrderAction.CREATE else None
    return an_order(action=action, state=state, sent_at=NOON, quote=quote, **fields)


@pytest.mark.parametrize(
    ("action", "statuses", "expected"),
    [
        (OrderAction.POWER_OFF, (ON, STOPPING, OFF), [True, True]),
        (OrderAction.POWER_OFF, (BILLED, OFF, STARTING, ON), [True, False, False]),
        (OrderAction.POWER_ON, (OFF, STARTING, ON, BILLED), [True, True]),
        (OrderAction.POWER_ON, (OFF, ON, STOPPING, OFF), [True, False, False]),
        (OrderAction.POWER_ON, (ON, Status.EXPIRED), [False]),
        (OrderAction.REBOOT, (ON, STOPPING, OFF, STARTING, ON), [True, True, True, True]),
        (OrderAction.REBOOT, (BILLED, STARTING, ON, BILLED), [True, True]),
        (OrderAction.REBOOT, (ON, STARTING, ON, STOPPING, OFF), [True, True, False, False]),
        (OrderAction.DELETE, (OFF, None), [True]),
        (OrderAction.DELETE, (ON, STOPPING, OFF, None), [False, False, True]),
        (OrderAction.CREATE, (None, OFF, STARTING, ON), [True, False, False]),
    ],
)
def test_only_changes_that_an_order_requested_are_own(
    action: OrderAction, statuses: Sequence[Status | None], expected: list[bool]
) -> None:
    assert own(a_sent(action), seen(*statuses)) == expected


@pytest.mark.parametrize("action", [OrderAction.POWER_ON, OrderAction.DELETE, OrderAction.CREATE])
@pytest.mark.parametrize("state", [state for state in OrderState if state is not OrderState.PENDING])
def test_an_unexpected_stop_is_an_alert_despite_other_orders(action: OrderAction, state: OrderState) -> None:
    events = mark(seen(ON, STOPPING), [a_sent(action, state)], {})
    assert [(event.own, event.alert) for event in flagged(events)] == [(False, True)]


@pytest.mark.parametrize("state", [OrderState.PENDING, OrderState.NOT_SENT, OrderState.REJECTED])
@pytest.mark.parametrize("action", [OrderAction.POWER_OFF, OrderAction.REBOOT])
def test_an_order_without_effect_explains_nothing(action: OrderAction, state: OrderState) -> None:
    assert own(a_sent(action, state), seen(ON, STOPPING, OFF)) == [False, False]


@pytest.mark.parametrize("state", [OrderState.SENT, OrderState.UNKNOWN, OrderState.ACCEPTED])
def test_an_open_order_explains_the_requested_change_at_any_time(state: OrderState) -> None:
    assert own(a_sent(OrderAction.POWER_OFF, state), seen(ON, OFF, begin=NOON + timedelta(hours=1))) == [True]


def test_a_confirmed_stop_explains_no_further_stop() -> None:
    assert own(a_sent(OrderAction.POWER_OFF, OrderState.CONFIRMED), seen(ON, STOPPING)) == [False]


@pytest.mark.parametrize(("late", "expected"), [(LATE_WINDOW - 2 * STEP, True), (LATE_WINDOW, False)])
def test_an_unconfirmed_order_explains_a_change_within_the_late_window(late: timedelta, expected: bool) -> None:
    assert own(a_sent(OrderAction.POWER_OFF, OrderState.UNCONFIRMED), seen(ON, OFF, begin=NOON + late)) == [expected]


def test_a_reboot_confirmed_before_the_host_went_down_is_still_followed() -> None:
    order = a_sent(OrderAction.REBOOT, OrderState.CONFIRMED)
    assert own(order, seen(ON, OFF, STARTING, ON, OFF)) == [True, True, True, False]
    assert own(order, seen(ON, OFF, begin=NOON + REBOOT_START_WINDOW)) == [False]


def test_two_orders_each_explain_their_changes() -> None:
    stop, start = a_sent(OrderAction.POWER_OFF, id="1"), a_sent(OrderAction.POWER_ON, id="2")
    marked = mark(seen(ON, STOPPING, OFF, STARTING, ON), [stop, start], {})
    assert all(event.own for event in marked)


def test_a_create_without_a_host_explains_the_host_that_confirms_it() -> None:
    order = a_sent(OrderAction.CREATE, host_id=None)
    events = seen(None, OFF)
    assert [event.own for event in mark(events, [order], {order.id: "h1"})] == [True]
    assert [event.own for event in mark(events, [order], {})] == [False]


def test_an_unknown_reboot_is_confirmed_only_after_down_and_up() -> None:
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


@given(
    st.lists(st.sampled_from([*Status, None]), min_size=2, max_size=8),
    st.sampled_from([action for action in OrderAction if action is not OrderAction.POWER_OFF]),
    st.sampled_from(OrderState),
)
def test_only_a_stop_or_a_reboot_explains_a_stopped_host(
    statuses: list[Status | None], action: OrderAction, state: OrderState
) -> None:
    for event in mark(seen(*statuses), [a_sent(action, state)], {}):
        if event.own and event.kind is EventKind.STATUS and event.new in (STOPPING, OFF, Status.EXPIRED):
            assert action is OrderAction.REBOOT


# Rejected, and done all the same


def reported(orders: Sequence[Order], events: Sequence[Event], earlier: Sequence[str] = ()) -> list[Event]:
    return list(rejected_but_done(mark(events, orders, {}), orders, earlier))


@pytest.mark.parametrize(
    ("action", "statuses"),
    [
        (OrderAction.POWER_ON, (OFF, STARTING, ON, BILLED)),
        (OrderAction.POWER_ON, (OFF, BILLED)),
        (OrderAction.POWER_OFF, (ON, STOPPING, OFF)),
        (OrderAction.POWER_OFF, (STARTING, OFF)),
        (OrderAction.REBOOT, (BILLED, STARTING, ON)),
        (OrderAction.DELETE, (OFF, None)),
    ],
)
def test_a_host_that_does_what_a_rejected_order_asked_for_is_reported_once(
    action: OrderAction, statuses: tuple[Status | None, ...]
) -> None:
    order = a_sent(action, OrderState.REJECTED, code=1007, trace_id="trace-1")
    (event,) = reported([order], seen(*statuses))
    assert (event.kind, event.doubt, event.order_id, event.action) == (
        EventKind.ORDER,
        Doubt.REJECTED,
        order.id,
        action,
    )
    assert (event.host_id, event.state, event.code, event.trace_id) == ("h1", OrderState.REJECTED, 1007, "trace-1")
    assert [each.alert for each in flagged([event])] == [True]
    assert reported([order], seen(*statuses), earlier=[order.id]) == []


@pytest.mark.parametrize(
    ("action", "statuses"),
    [
        (OrderAction.POWER_ON, (ON, BILLED)),
        (OrderAction.POWER_ON, (ON, STOPPING, OFF)),
        (OrderAction.POWER_OFF, (OFF, STARTING)),
        (OrderAction.POWER_OFF, (ON, Status.EXPIRED)),
        (OrderAction.POWER_OFF, (ON, None)),
        (OrderAction.REBOOT, (ON, STOPPING, OFF)),
        (OrderAction.REBOOT, (OFF, STARTING)),
        (OrderAction.DELETE, (OFF, STARTING)),
        (OrderAction.CREATE, (None, ON)),
    ],
)
def test_a_host_that_does_something_else_does_not_contradict_a_rejection(
    action: OrderAction, statuses: tuple[Status | None, ...]
) -> None:
    assert reported([a_sent(action, OrderState.REJECTED)], seen(*statuses)) == []


def test_what_another_order_explains_or_comes_much_later_does_not_contradict_a_rejection() -> None:
    rejected = a_sent(OrderAction.POWER_ON, OrderState.REJECTED)
    again = a_sent(OrderAction.POWER_ON, id="again")
    assert reported([again, rejected], seen(OFF, STARTING)) == []
    assert reported([rejected], seen(OFF, STARTING, begin=NOON + POINTED_OUT_FOR)) == []
    assert reported([a_sent(OrderAction.POWER_ON, OrderState.REJECTED, host_id="h2")], seen(OFF, STARTING)) == []
    for state in (OrderState.NOT_SENT, OrderState.UNCONFIRMED):
        assert reported([a_sent(OrderAction.POWER_ON, state)], seen(OFF, STARTING)) == []


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
