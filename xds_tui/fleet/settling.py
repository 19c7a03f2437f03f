"""Whether the fleet agrees with an order: pure, by looking at a snapshot.

A create whose host's ID is not known is settled by a host that was not there before, is what was bought, and came
into being about when the order was sent. One host settles one order: those that the service accepted choose before
those whose outcome is unknown, and the host that came soonest after an order goes to it. While a create is under way
none of this is done: a host that is new may be its.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from xds_tui.model import Host, Image, Package, Snapshot, Status
from xds_tui.record import Action, Order, OrderState, Promise

CLOCK_SKEW: Final = timedelta(minutes=10)
"""How far the service's clock may be from ours before a host's creation time speaks against it."""

LENGTH_TOLERANCE: Final = 0.15
"""The part of a rent's length by which ours, with months of 30 days, may be off."""

FAMILIES: Final = ("windows", "ubuntu", "debian", "centos")
"""Systems that a host and an image name alike."""

LISTED: Final = timedelta(minutes=5)
"""So long an order's own host may stay out of the list; only then can one be its that seems older than the order."""

MILLISECOND: Final = timedelta(milliseconds=1)
"""What a creation time is rounded to."""

LATEST: Final = timedelta(hours=2)
"""A host that came into being longer after the sending than this is not the order's: the longest queue we expect."""


def settled(
    orders: Collection[Order], snapshot: Snapshot, answered: Collection[str], named: Collection[str] = ()
) -> dict[str, str]:
    """Return which of `orders` the fleet agrees with: order ID to host ID.

    Args:
        orders: all that are known.
        snapshot: what was seen.
        answered: the IDs of the orders that had been answered, or lost, when `snapshot` began to be read.
        named: hosts of creates that ended before, which are not among `orders` any more.

    """
    waiting = [
        order
        for order in orders
        if order.state in (OrderState.DONE, OrderState.UNKNOWN) and order.sent_at and order.id in answered
    ]
    hosts = {host.id: host for host in snapshot.hosts}
    agreed = {order.id: order.host_id for order in waiting if order.host_id and _agrees(order, hosts)}
    if any(order.action is Action.CREATE and order.state is OrderState.SENT for order in orders):
        return agreed
    taken = {*named, *(order.host_id for order in orders if order.action is Action.CREATE and order.host_id)}
    found = _paired(_nameless(orders), [host for host in snapshot.hosts if host.id not in taken], snapshot.at)
    # Creates that were answered since the snapshot began to be read had their choice too: what it shows may be theirs.
    return agreed | {order_id: host_id for order_id, host_id in found.items() if order_id in answered}


def _nameless(orders: Collection[Order]) -> list[Order]:
    return [
        order
        for order in orders
        if order.action is Action.CREATE
        and order.state in (OrderState.DONE, OrderState.UNKNOWN)
        and order.host_id is None
        and order.sent_at
    ]


def _paired(orders: Collection[Order], hosts: Collection[Host], now: datetime) -> dict[str, str]:
    """Give each order the host that came soonest after it, order ID to host ID; accepted orders choose first."""
    pairs = [(order, host) for order in orders for host in hosts if _may_be(host, order, now)]
    pairs.sort(key=lambda pair: (pair[0].state is OrderState.UNKNOWN, *_apart(*pair)))
    found: dict[str, str] = {}
    taken: set[str] = set()
    for order, host in pairs:
        if order.id not in found and host.id not in taken:
            found[order.id] = host.id
            taken.add(host.id)
    return found


def _apart(order: Order, host: Host) -> tuple[bool, timedelta]:
    """Whether the host seems older than the order, and how far they are apart."""
    if order.sent_at is None or host.created is None:
        return True, LATEST
    return host.created + MILLISECOND < order.sent_at, abs(host.created - order.sent_at)


def _agrees(order: Order, hosts: dict[str, Host]) -> bool:
    host = hosts.get(order.host_id or "")
    match order.action:
        case Action.DELETE:
            return host is None
        case Action.CREATE:
            return host is not None
        case Action.POWER_OFF:
            return host is not None and host.status is Status.OFF
        case Action.POWER_ON | Action.REBOOT:
            return host is not None and host.status.is_on


def _may_be(host: Host, order: Order, now: datetime) -> bool:
    if order.promise is None or order.sent_at is None or host.id in order.promise.known_hosts:
        return False
    if host.billing not in (None, order.promise.billing):
        return False
    if host.created is not None and not order.sent_at - CLOCK_SKEW <= host.created <= order.sent_at + LATEST:
        return False
    if host.created is not None and _apart(order, host)[0] and now - order.sent_at < LISTED:
        return False
    return _fits(host, order.promise.package) and _lasts(host, order.promise) and _runs(host, order.promise.image)


def _lasts(host: Host, promise: Promise) -> bool:
    """Whether a rent lasts about as long as was bought, as far as it tells; nobody documents how long a month is."""
    if promise.period is None or host.created is None or host.expires is None:
        return True
    bought = timedelta(hours=promise.hours)
    return abs(host.expires - host.created - bought) <= bought * LENGTH_TOLERANCE + CLOCK_SKEW


def _runs(host: Host, image: Image) -> bool:
    """Whether the host runs the family of systems that the image is of, where both tell one that is known."""
    families = [{family for family in FAMILIES if family in name.casefold()} for name in (host.os, image.name)]
    return not all(families) or bool(families[0] & families[1])


def _fits(host: Host, package: Package) -> bool:
    """Whether the host has the package's specification, as far as either tells it."""
    pairs = ((host.cpu, package.cpu), (host.memory, package.memory), (host.disk, package.disk))
    same = all(seen is None or bought is None or seen == bought for seen, bought in pairs)
    # A package with a GPU of unknown name was seen; whether its hosts tell of that GPU is not known.
    return same and (host.gpu_count == package.gpu_count or package.gpu_name is None)
