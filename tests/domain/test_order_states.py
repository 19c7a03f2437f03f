from __future__ import annotations

from datetime import timedelta

import pytest
from support.factories import NOON, an_order

from xds_tui.domain import order_states
from xds_tui.domain.order_states import AFTER_RESTART, FINAL, NEXT, OrderEvent
from xds_tui.domain.records import OrderState


def test_every_state_but_the_final_leads_somewhere_and_is_reached() -> None:
    leads = {state for state, _event in NEXT}
    reached = set(NEXT.values()) | {OrderState.PENDING}
    assert leads == set(OrderState) - FINAL | {OrderState.REJECTED}
    assert reached == set(OrderState)


def test_a_sent_order_is_never_unsent_or_sent_again() -> None:
    assert all(event is not OrderEvent.SENT for state, event in NEXT if state is not OrderState.PENDING)
    assert OrderState.PENDING not in NEXT.values()


def test_an_unknown_outcome_ends_by_looking_only() -> None:
    assert {event for state, event in NEXT if state is OrderState.UNKNOWN} == {
        OrderEvent.CONFIRMED,
        OrderEvent.TIMED_OUT,
    }


def test_a_refused_order_can_only_be_found_to_have_been_carried_out() -> None:
    assert [event for state, event in NEXT if state is OrderState.REJECTED] == [OrderEvent.CONFIRMED]


def test_a_restart_leaves_nothing_under_way() -> None:
    for state in (OrderState.PENDING, OrderState.SENT):
        assert order_states.next_state(state, AFTER_RESTART[state]) not in (OrderState.PENDING, OrderState.SENT)


@pytest.mark.parametrize("event", OrderEvent)
@pytest.mark.parametrize("state", OrderState)
def test_transitions_missing_from_the_table_are_rejected(state: OrderState, event: OrderEvent) -> None:
    if (state, event) in NEXT:
        assert order_states.next_state(state, event) is NEXT[state, event]
    else:
        with pytest.raises(ValueError, match=state.name):
            order_states.next_state(state, event)


def test_an_intent_is_shown_until_it_is_final_or_old() -> None:
    order = an_order(state=OrderState.ACCEPTED, created_at=NOON)
    assert order_states.is_intent(order, NOON + timedelta(minutes=4))
    assert not order_states.is_intent(order, NOON + timedelta(minutes=6))
    assert not order_states.is_intent(an_order(state=OrderState.CONFIRMED, created_at=NOON), NOON)
