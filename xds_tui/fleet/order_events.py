"""Events of orders, and the errors recorded with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from xds_tui.api.errors import ApiError, OutcomeUnknown, Rejected, SignedOut
from xds_tui.domain.records import Candidate, Event, EventKind, Order
from xds_tui.domain.waitlist import is_unremarkable
from xds_tui.store.database import StoreError


def order_event(order: Order) -> Event:
    """Return the event for the current state of `order`."""
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
        rule=order.rule,
    )


def order_events(order: Order) -> tuple[Event, ...]:
    """Return the event for the current state of `order`, unless it is not worth one: see `waitlist.is_unremarkable`."""
    return () if is_unremarkable(order) else (order_event(order),)


def candidate_event(order: Order, candidate: Candidate, at: datetime) -> Event:
    """Return the alert for a host that may belong to `order`, which the user has to decide."""
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
    """Return `order` with the texts of `error`, and with the service's code and traceId if there are any."""
    order = replace(order, summary=error.summary, message=error.detail)
    if isinstance(error, ApiError):
        order = replace(order, trace_id=error.trace_id)
    if isinstance(error, Rejected | SignedOut | OutcomeUnknown):
        order = replace(order, code=error.code)
    return order


def journal_failure(order: Order, error: StoreError) -> Event:
    """Return the event for a known outcome that could not be written to the journal."""
    return Event(
        at=order.ended_at or order.created_at, kind=EventKind.ERROR, summary=error.summary, message=error.detail
    )
