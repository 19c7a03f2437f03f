"""What an order's changes are told as."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from xds_tui.api.errors import ApiError, OutcomeUnknown, Rejected, SignedOut
from xds_tui.domain.records import Candidate, Event, EventKind, Order
from xds_tui.store.database import StoreError


def order_event(order: Order) -> Event:
    """The event of the state that `order` has come to."""
    return Event(
        at=order.ended_at or order.sent_at or order.created_at,
        kind=EventKind.ORDER,
        host_id=order.host_id,
        host_name=order.host_name,
        own=True,
        order_id=order.id,
        action=order.action,
        state=order.state,
        code=order.code,
        summary=order.summary,
        message=order.message,
        trace_id=order.trace_id,
    )


def candidate_event(order: Order, candidate: Candidate, at: datetime) -> Event:
    """The event of a host that may be the order's: the user is called to decide."""
    return Event(
        at=at,
        kind=EventKind.CANDIDATE,
        host_id=candidate.host_id,
        host_name=candidate.host_name,
        alert=True,
        order_id=order.id,
        action=order.action,
        doubt=candidate.doubt,
    )


def with_error(order: Order, error: ApiError | StoreError) -> Order:
    """`order` with what went wrong: the error's own sentence, and the service's code and traceId where it gave any."""
    order = replace(order, summary=error.summary, message=error.detail)
    if isinstance(error, ApiError):
        order = replace(order, trace_id=error.trace_id)
    if isinstance(error, Rejected | SignedOut | OutcomeUnknown):
        order = replace(order, code=error.code)
    return order


def journal_failure(order: Order, error: StoreError) -> Event:
    """The event of an outcome that is known but could not be written down."""
    return Event(
        at=order.ended_at or order.created_at, kind=EventKind.TROUBLE, summary=error.summary, message=error.detail
    )
