"""The state machine of an order, as one table.

    PENDING --SENT------> SENT --ACCEPTED---> ACCEPTED --CONFIRMED--> CONFIRMED
       |                   |                     `-------TIMED_OUT--> UNCONFIRMED
       |                   |--NO_ANSWER--> UNKNOWN  (CONFIRMED and TIMED_OUT as from ACCEPTED)
       |                   |--REJECTED---> REJECTED --CONFIRMED--> CONFIRMED
       `-----NOT_SENT------+--NOT_SENT---> NOT_SENT

An order is written to the journal as PENDING when the user confirms it, and as SENT before the first byte of its
request can be sent. If the program is killed, the journal can therefore be wrong in one direction only: an order
recorded as SENT may not have been sent, but an order recorded as PENDING was not. At the next start PENDING becomes
NOT_SENT, and SENT becomes UNKNOWN.

ACCEPTED means that the service accepted the request, not that it was carried out: a power call returns before
anything happens, and the response to a create may lack the ID of the new host. The host list then confirms the order
(CONFIRMED), or does not within the time-out (UNCONFIRMED). A create never times out, because money may have been
spent on it.

NOT_SENT, REJECTED, CONFIRMED and UNCONFIRMED are final, with one exception: the user can confirm that a host came from
a rejected create. An order in state UNKNOWN is never sent again automatically.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from xds_tui.domain.records import Order, OrderAction, OrderState


class OrderEvent(Enum):
    """An event that changes the state of an order."""

    SENT = "sent"
    """The request is about to be written to the socket."""
    NOT_SENT = "not sent"
    """The request was provably not sent."""
    ACCEPTED = "accepted"
    """The service accepted the request."""
    REJECTED = "rejected"
    """The response proves that nothing was done (`domain.rejections`)."""
    NO_ANSWER = "no answer"
    """There is no response, or one that does not prove what was done."""
    CONFIRMED = "confirmed"
    """The host list shows the result."""
    TIMED_OUT = "timed out"
    """The host list did not show the result within the time-out."""


NEXT: Final = {
    (OrderState.PENDING, OrderEvent.SENT): OrderState.SENT,
    (OrderState.PENDING, OrderEvent.NOT_SENT): OrderState.NOT_SENT,
    (OrderState.SENT, OrderEvent.NOT_SENT): OrderState.NOT_SENT,
    (OrderState.SENT, OrderEvent.REJECTED): OrderState.REJECTED,
    (OrderState.SENT, OrderEvent.ACCEPTED): OrderState.ACCEPTED,
    (OrderState.SENT, OrderEvent.NO_ANSWER): OrderState.UNKNOWN,
    (OrderState.ACCEPTED, OrderEvent.CONFIRMED): OrderState.CONFIRMED,
    (OrderState.ACCEPTED, OrderEvent.TIMED_OUT): OrderState.UNCONFIRMED,
    (OrderState.UNKNOWN, OrderEvent.CONFIRMED): OrderState.CONFIRMED,
    (OrderState.UNKNOWN, OrderEvent.TIMED_OUT): OrderState.UNCONFIRMED,
    (OrderState.REJECTED, OrderEvent.CONFIRMED): OrderState.CONFIRMED,
}

FINAL: Final = frozenset({OrderState.NOT_SENT, OrderState.REJECTED, OrderState.CONFIRMED, OrderState.UNCONFIRMED})
"""States in which no further event is expected. Only the user can still confirm the host of a rejected create."""

AFTER_RESTART: Final = {OrderState.PENDING: OrderEvent.NOT_SENT, OrderState.SENT: OrderEvent.NO_ANSWER}
"""The event for each order that the previous run left in one of these states."""

CONFIRM_TIMEOUT: Final = timedelta(minutes=5)
"""How long after an order the host shows it as pending, and how long the host list has to confirm it."""

DELETE_CONFIRM_TIMEOUT: Final = timedelta(minutes=15)
"""The same for a delete that the service did not decline: a deleted host may stay in the list for minutes."""


def is_intent(order: Order, now: datetime) -> bool:
    """Return whether the host of `order` should show it as pending."""
    return order.state not in FINAL and now - order.created_at < _confirm_timeout(order)


def is_late(order: Order, now: datetime) -> bool:
    """Return whether the host list should have confirmed `order` by `now`."""
    return (
        order.action is not OrderAction.CREATE
        and (order.state, OrderEvent.TIMED_OUT) in NEXT
        and now - order.created_at >= _confirm_timeout(order)
    )


def is_possible(state: OrderState, event: OrderEvent) -> bool:
    """Return whether `event` is possible in `state`."""
    return (state, event) in NEXT


def next_state(state: OrderState, event: OrderEvent) -> OrderState:
    """Return the state after `event`.

    Raises:
        ValueError: if `event` is not possible in `state`.

    """
    try:
        return NEXT[state, event]
    except KeyError:
        raise ValueError(f"no transition from {state.name} on {event.name}") from None


def ended(order: Order, event: OrderEvent, at: datetime) -> Order:
    """Return `order` in the state after `event`, which happened at `at`.

    Raises:
        ValueError: if `event` is not possible in the state of `order`.

    """
    outcome = replace(order, state=next_state(order.state, event), ended_at=at)
    if outcome.host_id is not None:
        outcome = replace(outcome, candidate=None)
    if outcome.quote is not None and outcome.state in FINAL:
        # Only needed to recognise the new host; they would make up most of the journal.
        outcome = replace(outcome, quote=replace(outcome.quote, known_hosts=frozenset()))
    return outcome


def was_denied(order: Order) -> bool:
    """Return whether the service reported that a delete did nothing, which proves nothing (`domain.rejections`)."""
    return order.action is OrderAction.DELETE and order.state is OrderState.UNKNOWN and order.code == 0


def hinders(delete: Order, action: OrderAction) -> bool:
    """Return whether the order `delete` blocks `action` on the same host; False if it is not an open delete.

    A delete blocks start, stop and reboot. After a delete that the service declined, perhaps because the host was on,
    the host can be stopped.
    """
    if delete.action is not OrderAction.DELETE or delete.state in FINAL:
        return False
    if action is OrderAction.POWER_OFF:
        return not was_denied(delete)
    return action in (OrderAction.POWER_ON, OrderAction.REBOOT)


def _confirm_timeout(order: Order) -> timedelta:
    return DELETE_CONFIRM_TIMEOUT if order.action is OrderAction.DELETE and not was_denied(order) else CONFIRM_TIMEOUT
