"""Purchases that may have been made already: a repeated one has to be confirmed by the user.

A second safeguard covers services that reject an order and carry it out all the same: new hosts that no order explains
are compared with the orders rejected shortly before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from xds_tui.domain import rejections
from xds_tui.domain.assignment import assign
from xds_tui.domain.host_fit import is_compatible
from xds_tui.domain.model import Host
from xds_tui.domain.records import Candidate, Doubt, Order, OrderAction, OrderState, Quote
from xds_tui.domain.rejections import Call

DOUBTFUL_FOR: Final = timedelta(days=7)
"""How long a purchase that may have been made is asked about: by then its host, and its bill, have been seen."""

POINTED_OUT_FOR: Final = timedelta(minutes=15)
"""How long after a refusal a host that fits the order is pointed out."""

CLOCK_SKEW: Final = timedelta(minutes=10)
"""How far the service's clock may be from ours."""

_OFFERED: Final = 10**6
_NONE: Final = 10**12
"""What an order costs in the assignment that has a host which may be another's, or none; a second costs 1."""

_UNRESOLVED: Final = (OrderState.SENT, OrderState.UNKNOWN, OrderState.UNCONFIRMED)


def may_repeat(order: Order, quote: Quote, now: datetime) -> bool:
    """Whether buying `quote` may buy for the second time what `order` bought, without anybody knowing."""
    return (
        order.action is OrderAction.CREATE
        and order.quote is not None
        and not order.is_forgotten
        and (order.quote.package.id, order.quote.billing) == (quote.package.id, quote.billing)
        and now - order.created_at < DOUBTFUL_FOR
        and (order.state in _UNRESOLVED or (order.state is OrderState.REJECTED and not is_proven(order)))
    )


def is_same_request(stored: Sequence[Order], wanted: Sequence[Order]) -> bool:
    """Return whether two lists of orders ask for the same, in the same sequence."""
    return [_subject(order) for order in stored] == [_subject(order) for order in wanted]


def _subject(order: Order) -> tuple[object, ...]:
    if order.quote is None:
        return order.action, order.host_id
    return order.action, order.quote.package.id, order.quote.image.id, order.quote.billing, order.quote.period


def is_proven(refused: Order) -> bool:
    """Whether a create that is recorded as refused provably bought nothing.

    Earlier versions took almost every code for a refusal. The HTTP status was never recorded: the code has to be one
    that can prove it.
    """
    if refused.code is None or refused.quote is None or refused.candidate is not None:
        return False
    call = Call.CREATE_RENT if refused.quote.period else Call.CREATE_ON_DEMAND
    return rejections.is_rejection(call, HTTPStatus.OK, refused.code) or rejections.is_token_rejection(
        HTTPStatus.UNAUTHORIZED, refused.code
    )


def is_watched(order: Order, now: datetime) -> bool:
    """Whether a host may still be pointed out that fits this order, which was refused."""
    return (
        order.action is OrderAction.CREATE
        and order.state is OrderState.REJECTED
        and order.candidate is None
        and order.sent_at is not None
        and now - (order.ended_at or order.sent_at) < POINTED_OUT_FOR
    )


def hosts_of_refused(
    refused: Sequence[Order],
    hosts: Sequence[Host],
    known: Mapping[str, Collection[str]],
    offered: Collection[str] = (),
) -> dict[str, Candidate]:
    """Return which of `hosts`, all of them new and without an order, fits which refused order, by order ID.

    As many orders as possible get a host, and of several hosts the one that was created soonest after sending.

    Args:
        refused: the orders that are watched.
        hosts: the hosts to look at.
        known: by order ID the IDs of the hosts that were there when the order was sent.
        offered: the IDs of hosts that may be another order's.

    """
    costs = [
        {
            column: _seconds_apart(host, order) + _OFFERED * (host.id in offered)
            for column, host in enumerate(hosts)
            if _fits(host, order, known.get(order.id, ()))
        }
        for order in refused
    ]
    pairs = zip(refused, assign(costs, [_NONE] * len(refused)), strict=True)
    found = {order.id: hosts[column] for order, column in pairs if column is not None}
    return {
        order_id: Candidate(
            host.id, host.name, Doubt.OTHER_ORDER if host.id in offered else Doubt.REJECTED, host.created
        )
        for order_id, host in found.items()
    }


def _seconds_apart(host: Host, order: Order) -> int:
    if host.created is None or order.sent_at is None:
        return _OFFERED - 1
    return min(abs(host.created - order.sent_at) // timedelta(seconds=1), _OFFERED - 1)


def _fits(host: Host, order: Order, known: Collection[str]) -> bool:
    if order.quote is None or order.sent_at is None or host.id in known or host.id in order.declined:
        return False
    if host.created is not None and host.created < order.sent_at - CLOCK_SKEW:
        return False
    return is_compatible(host, order.quote)
