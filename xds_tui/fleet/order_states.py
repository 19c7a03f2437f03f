"""How an order goes from the user's intent to an outcome, as one table. Everything that affects it is here.

    INTENDED ──leaves──▶ SENT ──accepted──▶ DONE ──seen──▶ SETTLED
        │                 ├──────lost─────▶ UNKNOWN ──seen────▲
        │                 ├────refused────▶ REFUSED
        └──held back──────┴──held back────▶ NOT_SENT

An order is written as INTENDED when the user decides, and as SENT before the first byte of its request can leave.
So after a kill at any moment the journal errs on one side only: it may say SENT of a request that never left,
never INTENDED of one that did. At the next start INTENDED is therefore held back for good (NOT_SENT), and SENT has
lost its answer (UNKNOWN).

DONE means that the service said yes, not that it is so: a power call is accepted before anything happens, and a
create may answer without the new host's ID. SETTLED means that the fleet was seen to agree. REFUSED, NOT_SENT and
SETTLED are final. UNKNOWN is never sent again by machinery; only seeing ends it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from xds_tui.record import Order, OrderState


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


NEXT: Final = {
    (OrderState.INTENDED, OrderEvent.LEAVES): OrderState.SENT,
    (OrderState.INTENDED, OrderEvent.HELD_BACK): OrderState.NOT_SENT,
    (OrderState.SENT, OrderEvent.HELD_BACK): OrderState.NOT_SENT,
    (OrderState.SENT, OrderEvent.REFUSED): OrderState.REFUSED,
    (OrderState.SENT, OrderEvent.ACCEPTED): OrderState.DONE,
    (OrderState.SENT, OrderEvent.LOST): OrderState.UNKNOWN,
    (OrderState.DONE, OrderEvent.SEEN): OrderState.SETTLED,
    (OrderState.UNKNOWN, OrderEvent.SEEN): OrderState.SETTLED,
}

FINAL: Final = frozenset({OrderState.NOT_SENT, OrderState.REFUSED, OrderState.SETTLED})
"""Nothing can happen to an order in one of these."""

AFTER_RESTART: Final = {OrderState.INTENDED: OrderEvent.HELD_BACK, OrderState.SENT: OrderEvent.LOST}
"""What a new start means for an order that was found under way."""

INTENT: Final = timedelta(minutes=5)
"""How long an accepted order is shown as what is meant to happen, if the fleet does not agree before."""


def is_intent(order: Order, now: datetime) -> bool:
    """Whether `order` should be shown on its host as what is meant to happen."""
    return order.state not in FINAL and now - order.created_at < INTENT


def after(state: OrderState, event: OrderEvent) -> OrderState:
    """Return the state that `event` leads to.

    Raises:
        ValueError: if it cannot happen in `state`; nothing has changed then.

    """
    try:
        return NEXT[state, event]
    except KeyError:
        raise ValueError(f"an order that is {state.name} cannot be {event.name}") from None
