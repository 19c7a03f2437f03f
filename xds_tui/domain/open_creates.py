"""Creates whose host is not known, and new hosts, with what matching them takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from xds_tui.domain.creation_times import SECOND, Range, resolutions, to_milliseconds
from xds_tui.domain.host_fit import is_compatible
from xds_tui.domain.model import Host, Snapshot
from xds_tui.domain.records import Order, OrderState, Quote

GRACE: Final = 2 * SECOND
"""How long after its response was lost a request may still be carried out (ms)."""

REQUEST_TIMEOUT: Final = 60 * SECOND
"""A request ends at the latest so long after it was sent: ours is given up then, as is the gateway's (ms)."""


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """A create and when its request was under way."""

    order: Order
    promise: Quote
    sent: Range
    """From sending until the response arrived or was given up."""
    time: Range
    """When the host may have come into being: also a while after a response was given up."""
    kind: tuple[object, ...]
    """What was bought: orders of one kind are alike to the user."""

    @property
    def is_accepted(self) -> bool:
        """Whether the service said yes, so that there is a host."""
        return self.order.state is OrderState.ACCEPTED


@dataclass(frozen=True, slots=True, eq=False)
class Birth:
    """A host and when it came into being, by the service's clock."""

    host: Host
    time: Range | None


def request_of(order: Order, sent_at: datetime, promise: Quote) -> Request:
    """Return the request of a create that was sent."""
    start = to_milliseconds(sent_at)
    end = to_milliseconds(order.answered_at) if order.answered_at else start + REQUEST_TIMEOUT
    end = max(start, end)
    grace = 0 if order.state is OrderState.ACCEPTED else GRACE
    package = promise.package
    specification = (package.cpu, package.memory, package.disk, package.gpu_count, package.gpu_name)
    price = (package.amount, package.discount)
    kind = (package.id, specification, price, promise.image.id, promise.billing, promise.period)
    return Request(order, promise, Range(start, end), Range(start, end + grace), kind)


def births(hosts: Sequence[Host], snapshot: Snapshot) -> list[Birth]:
    """Return the hosts with their times, oldest first; of those that came together, the lowest in the list first."""
    created = {host.id: to_milliseconds(host.created) for host in snapshot.hosts if host.created is not None}
    resolution = resolutions(created.values())
    timed = [
        Birth(host, Range(time, time + resolution[time] - 1) if (time := created.get(host.id)) is not None else None)
        for host in reversed(hosts)
    ]
    return sorted(timed, key=lambda birth: (birth.time is None, birth.time.low if birth.time else 0))


def find_fitting(requests: Sequence[Request], births: Sequence[Birth]) -> list[list[int]]:
    """Return for each request the hosts that fit it, whenever they came into being."""
    compatible: dict[tuple[object, ...], list[int]] = {}
    for request in requests:
        if request.kind not in compatible:
            compatible[request.kind] = [
                column for column, birth in enumerate(births) if is_compatible(birth.host, request.promise)
            ]
    return [
        [column for column in compatible[request.kind] if births[column].host.id not in request.promise.known_hosts]
        for request in requests
    ]
