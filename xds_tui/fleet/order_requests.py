"""New orders, the request that each action sends, and the earlier orders that a purchase may repeat."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

from xds_tui.domain.annotations import NO_ANNOTATION, Annotation, numbered
from xds_tui.domain.model import Host
from xds_tui.domain.records import Order, OrderAction, OrderState, Quote
from xds_tui.domain.repeats import may_repeat
from xds_tui.i18n import N_

if TYPE_CHECKING:
    from xds_tui.api.client import Client
    from xds_tui.fleet.order_book import OrderBook
    from xds_tui.store.journal import Journal

UNREADABLE: Final = N_("The record of this order cannot be read")

HostCall = Callable[["Client", str], Awaitable[None]]


def new_request(
    request_id: str,
    action: OrderAction,
    now: datetime,
    *,
    hosts: Iterable[Host] = (),
    quote: Quote | None = None,
    count: int = 1,
    annotation: Annotation = NO_ANNOTATION,
    rule: str = "",
) -> tuple[Order, ...]:
    """Return the orders of a new request, for `OrderService.submit`: one for each of `hosts`, or `count` creates.

    Several new hosts get `annotation` with a number after its name. `rule` names the rule that places the orders.
    """
    targets: Iterable[Host | None] = (None,) * count if quote is not None else hosts
    batch = new_id()
    return tuple(
        Order(
            id=new_id(),
            batch=batch,
            action=action,
            state=OrderState.PENDING,
            created_at=now,
            host_id=host.id if host else None,
            host_name=host.name if host else "",
            quote=quote,
            annotation=numbered(annotation, index, count),
            request_id=request_id,
            request_index=index,
            rule=rule,
        )
        for index, host in enumerate(targets)
    )


def renewed(order: Order, now: datetime) -> Order:
    """Return `order` as it was before it was sent, placed at `now`: see `Journal.claim_request`."""
    return Order(
        id=order.id,
        batch=order.batch,
        action=order.action,
        state=OrderState.PENDING,
        created_at=now,
        host_id=None if order.quote else order.host_id,
        host_name="" if order.quote else order.host_name,
        quote=order.quote,
        annotation=order.annotation,
        request_id=order.request_id,
        request_index=order.request_index,
    )


async def possible_purchases(
    journal: Journal, book: OrderBook, quote: Quote, now: datetime, apart_from: str = ""
) -> tuple[Order, ...]:
    """Return the creates that may have bought already what `quote` is for, oldest first.

    An order in the journal that cannot be read may have bought anything, so it counts. The orders of the batch
    `apart_from` do not: each of them is for a host of its own.

    Raises:
        StoreError: if the journal, which contains those of earlier runs and other programs, cannot be read.

    """
    written = {order.id: order for order in await journal.creates() if order.id not in book}
    unreadable = [
        Order(
            id=row.id,
            action=OrderAction.CREATE,
            state=OrderState.UNKNOWN,
            created_at=row.created_at or now,
            quote=quote,
            summary=UNREADABLE,
        )
        for row in await journal.unreadable_creates()
        if row.may_be_purchase and row.id not in book
    ]
    # An order that this program is sending does not count: its outcome will be known soon.
    own = {order.id: order for order in book if order.state is not OrderState.SENT}
    found = [
        order
        for order in (*unreadable, *(written | own).values())
        if may_repeat(order, quote, now) and not (apart_from and order.batch == apart_from)
    ]
    return tuple(sorted(found, key=lambda order: order.created_at))


def new_id() -> str:
    """Return 128 random bits as 32 hex digits."""
    return os.urandom(16).hex()


CALLS: Final[Mapping[OrderAction, HostCall]] = {
    OrderAction.POWER_ON: lambda client, host_id: client.power(host_id, True),
    OrderAction.POWER_OFF: lambda client, host_id: client.power(host_id, False),
    OrderAction.REBOOT: lambda client, host_id: client.reboot(host_id),
    OrderAction.DELETE: lambda client, host_id: client.delete(host_id),
}
"""The request of each operation on a host."""


async def create(client: Client, quote: Quote) -> str | None:
    """Buy one host as quoted, and return its ID if the response names it; raises as `Client.create_on_demand`."""
    package_id, image_id = quote.package.id, quote.image.id
    if quote.period is None:
        return await client.create_on_demand(package_id=package_id, image_id=image_id)
    return await client.create_rent(package_id=package_id, image_id=image_id, period=quote.period)
