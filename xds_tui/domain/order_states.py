"""How an order goes from the user's intent to an outcome, as one table. Everything that affects it is here.

    INTENDED ──leaves──▶ SENT ──accepted──▶ DONE ──seen──▶ SETTLED
        │                 │                   └────late──▶ NOT_SEEN
        │                 ├──────lost─────▶ UNKNOWN ──seen, late: as from DONE
        │                 ├────refused────▶ REFUSED
        └──held back──────┴──held back────▶ NOT_SENT

An order is written as INTENDED when the user decides, and as SENT before the first byte of its request can leave.
So after a kill at any moment the journal errs on one side only: it may say SENT of a request that never left,
never INTENDED of one that did. At the next start INTENDED is therefore held back for good (NOT_SENT), and SENT has
lost its answer (UNKNOWN).

DONE means that the service said yes, not that it is so: a power call is accepted before anything happens, and a
create may answer without the new host's ID. SETTLED means that the fleet was seen to agree, NOT_SEEN that it did not
within `CONFIRM_TIMEOUT`; a create is never late, for money may have been spent on it. REFUSED, NOT_SENT, SETTLED and
NOT_SEEN are final. UNKNOWN is never sent again by machinery.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from xds_tui.domain.records import Order, OrderAction, OrderState


class OrderEvent(Enum):
    """What can happen to an order."""

    LEAVES = "leaves"
    """Its request is about to be written to the socket."""
    HELD_BACK = "held back"
    """Its request provably did not leave."""
    REFUSED = "refused"
    """The service answered with a code: nothing was done."""
    ACCEPTED = "accepted"
    """The service said yes."""
    LOST = "lost"
    """It left, and its answer did not come, or made no sense."""
    SEEN = "seen"
    """The fleet agrees with it."""
    LATE = "late"
    """The fleet does not agree with it, though it had the time to."""


NEXT: Final = {
    (OrderState.INTENDED, OrderEvent.LEAVES): OrderState.SENT,
    (OrderState.INTENDED, OrderEvent.HELD_BACK): OrderState.NOT_SENT,
    (OrderState.SENT, OrderEvent.HELD_BACK): OrderState.NOT_SENT,
    (OrderState.SENT, OrderEvent.REFUSED): OrderState.REFUSED,
    (OrderState.SENT, OrderEvent.ACCEPTED): OrderState.DONE,
    (OrderState.SENT, OrderEvent.LOST): OrderState.UNKNOWN,
    (OrderState.DONE, OrderEvent.SEEN): OrderState.SETTLED,
    (OrderState.DONE, OrderEvent.LATE): OrderState.NOT_SEEN,
    (OrderState.UNKNOWN, OrderEvent.SEEN): OrderState.SETTLED,
    (OrderState.UNKNOWN, OrderEvent.LATE): OrderState.NOT_SEEN,
    (OrderState.REFUSED, OrderEvent.SEEN): OrderState.SETTLED,
}

FINAL: Final = frozenset({OrderState.NOT_SENT, OrderState.REFUSED, OrderState.SETTLED, OrderState.NOT_SEEN})
"""Nothing more is expected of an order in one of these. Only the user can find that a host came of a refused one."""

AFTER_RESTART: Final = {OrderState.INTENDED: OrderEvent.HELD_BACK, OrderState.SENT: OrderEvent.LOST}
"""What a new start means for an order that was found under way."""

CONFIRM_TIMEOUT: Final = timedelta(minutes=5)
"""How long an order is shown as what is meant to happen, and how long the fleet has to agree with it."""

DELETE_CONFIRM_TIMEOUT: Final = timedelta(minutes=15)
"""The same for a delete, unless the service denied it: a deleted host may stay in the list for minutes."""


def is_intent(order: Order, now: datetime) -> bool:
    """Whether `order` should be shown on its host as what is meant to happen."""
    return order.state not in FINAL and _waited(order, now) < _patience(order)


def is_late(order: Order, now: datetime) -> bool:
    """Whether the fleet should have come to agree with `order` by now."""
    return (
        order.action is not OrderAction.CREATE
        and (order.state, OrderEvent.LATE) in NEXT
        and _waited(order, now) >= _patience(order)
    )


def next_state(state: OrderState, event: OrderEvent) -> OrderState:
    """Return the state that `event` leads to.

    Raises:
        ValueError: if it cannot happen in `state`; nothing has changed then.

    """
    try:
        return NEXT[state, event]
    except KeyError:
        raise ValueError(f"an order that is {state.name} cannot be {event.name}") from None


def ended(order: Order, event: OrderEvent, at: datetime) -> Order:
    """Return `order` in the state that `event` at `at` leads to; raises as `next_state`."""
    outcome = replace(order, state=next_state(order.state, event), ended_at=at)
    if outcome.host_id is not None:
        outcome = replace(outcome, candidate=None)
    if outcome.promise is not None and outcome.state in FINAL:
        # The hosts that were known are for finding the new one; kept for ever they would be the journal's bulk.
        outcome = replace(outcome, promise=replace(outcome.promise, known_hosts=frozenset()))
    return outcome


def was_denied(order: Order) -> bool:
    """Whether the service said of a delete that it did not delete, which is no proof (`domain.rejections`)."""
    return order.action is OrderAction.DELETE and order.state is OrderState.UNKNOWN and order.code == 0


def hinders(delete: Order, action: OrderAction) -> bool:
    """Whether `delete`, if it is one, keeps `action` from being sent to the same host.

    A host that is being deleted is left alone. One that may not have been, because it was on, can be stopped.
    """
    if delete.action is not OrderAction.DELETE or delete.state in FINAL:
        return False
    if action is OrderAction.POWER_OFF:
        return not was_denied(delete)
    return action in (OrderAction.POWER_ON, OrderAction.REBOOT)


def _waited(order: Order, now: datetime) -> timedelta:
    return now - order.created_at


def _patience(order: Order) -> timedelta:
    return DELETE_CONFIRM_TIMEOUT if order.action is OrderAction.DELETE and not was_denied(order) else CONFIRM_TIMEOUT
