"""Evidence for matching creates to hosts: open creates and new hosts, and past purchases with a known outcome.

Past purchases show the clock offset, and which hosts fit another order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from xds_tui.domain.creation_times import (
    DEFAULT_OFFSET,
    MINUTE,
    SECOND,
    SMALL_SKEW,
    Evidence,
    Range,
    estimate_offset,
    likely_offsets,
    offsets_of,
    overlap,
    resolutions,
    to_milliseconds,
)
from xds_tui.domain.host_fit import is_compatible
from xds_tui.domain.model import Host, Snapshot
from xds_tui.domain.records import HostSource, Order, OrderState, Quote
from xds_tui.domain.repeats import is_proven
from xds_tui.structs import dataclass

GRACE: Final = 2 * SECOND
"""How long after its response was lost a request may still be carried out (ms)."""

REQUEST_TIMEOUT: Final = 60 * SECOND
"""A request ends at the latest so long after it was sent: ours is given up then, as is the gateway's (ms)."""

SUCCESSION: Final = 2 * SMALL_SKEW
"""Requests that are this far apart cannot be mistaken for one another by a small clock offset (ms)."""

UNANSWERED_WINDOW: Final = 5 * SECOND
"""Time after sending within which a request counts as carried out if no program saw its end (ms)."""


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """A create and when its request was under way."""

    order: Order
    quote: Quote
    sent: Range
    """From sending until the response arrived or was given up, or would have been at the latest."""
    time: Range
    """When the host probably came into being: also a while after a response was given up, but only within
    `UNANSWERED_WINDOW` if no program saw the end of the request."""
    kind: tuple[object, ...]
    """What was bought: orders of one kind are alike to the user."""

    @property
    def is_accepted(self) -> bool:
        """Whether the service said yes, so that there is a host."""
        return self.order.state is OrderState.ACCEPTED

    @property
    def has_known_end(self) -> bool:
        """Whether it was seen when the request ended: the program may have been killed before."""
        return self.order.answered_at is not None

    @property
    def over_at(self) -> int:
        """When nothing comes of the request any more that was not asked for before (ms since the epoch)."""
        return max(self.sent.high, self.time.high)


@dataclass(frozen=True, slots=True, eq=False)
class Birth:
    """A host and when it came into being, by the service's clock."""

    host: Host
    time: Range | None


def request_of(order: Order, sent_at: datetime, quote: Quote) -> Request:
    """Return the request of a create that was sent."""
    start = to_milliseconds(sent_at)
    end = to_milliseconds(order.answered_at) if order.answered_at else start + REQUEST_TIMEOUT
    end = max(start, end)
    grace = 0 if order.state is OrderState.ACCEPTED else GRACE
    latest = end + grace if order.answered_at else start + UNANSWERED_WINDOW
    package = quote.package
    specification = (package.cpu, package.memory, package.disk, package.gpu_count, package.gpu_name)
    price = (package.amount, package.discount)
    kind = (package.id, specification, price, quote.image.id, quote.billing, quote.period)
    return Request(order, quote, Range(start, end), Range(start, latest), kind)


def find_decidable(requests: Sequence[Request], listed_at: int) -> frozenset[Request]:
    """Return the requests with hosts that had time to be listed, if the same holds for those sent right after them.

    Orders in quick succession are matched together: half of them would fit the hosts of the other half as well, if the
    clock is a little off. A request with an unknown end holds up no other.

    Args:
        requests: oldest first.
        listed_at: hosts are listed of requests that were over by then (ms since the epoch).

    """
    found: list[Request] = []
    held_up_from: int | None = None
    for request in reversed(requests):
        is_over = request.over_at <= listed_at
        if is_over and (held_up_from is None or request.over_at + SUCCESSION <= held_up_from):
            found.append(request)
        elif is_over or request.has_known_end:
            held_up_from = request.sent.low if held_up_from is None else min(held_up_from, request.sent.low)
    return frozenset(found)


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
                column for column, birth in enumerate(births) if is_compatible(birth.host, request.quote)
            ]
    return [
        [column for column in compatible[request.kind] if births[column].host.id not in request.quote.known_hosts]
        for request in requests
    ]


EVIDENCE_WINDOW: Final = 24 * 60 * MINUTE
"""Purchases of the last day tell the clock offset (ms)."""

ACCEPTED_WEIGHT: Final = 2
"""An accepted order has a host for certain, so that its evidence weighs more than that of an unknown order: 1."""

NAMED_WEIGHT: Final = 6
"""A host that the response named is known for certain."""


def evidence_of_past(past: Sequence[Request], hosts: Mapping[str, Host], now: int) -> Iterator[Evidence]:
    """Yield the evidence of creates with a known host for the clock offset; `now` in milliseconds since the epoch."""
    resolution = resolutions([to_milliseconds(host.created) for host in hosts.values() if host.created])
    for request in past:
        order, host = request.order, hosts.get(request.order.host_id or "")
        if order.host_source is None or host is None or host.created is None:
            continue
        is_named = order.host_source is HostSource.RESPONSE
        if (is_named or request.has_known_end) and now - request.time.low < EVIDENCE_WINDOW:
            created = to_milliseconds(host.created)
            weight = NAMED_WEIGHT if is_named else ACCEPTED_WEIGHT
            yield Evidence([offsets_of(request.sent, created, resolution[created])], weight)


def read_clock(evidence: Sequence[Evidence]) -> tuple[Range, int]:
    """Return the clock offset, and how much further the clock may be off (ms).

    Little is certain without evidence, or as far as the evidence agrees as well on other offsets.
    """
    likely = likely_offsets(evidence)
    if not likely:
        return DEFAULT_OFFSET, SMALL_SKEW
    offset = estimate_offset(likely)
    skew = max(max(offset.low - other.low, other.high - offset.high, 0) for other in likely)
    return offset, max(skew, SMALL_SKEW) if _is_refuted(offset, evidence) else skew


def _is_refuted(offset: Range, evidence: Sequence[Evidence]) -> bool:
    """Whether the host of an accepted order disagrees with a clock offset that others agree on."""
    return any(
        each.weight >= ACCEPTED_WEIGHT and all(overlap(offset, part) is None for part in each.ranges)
        for each in evidence
    )


def birth_fits(birth: Birth, rejected: Sequence[Request], offset: Range, *, even_proven: bool = False) -> bool:
    """Whether the host may have come of a create that was rejected.

    Args:
        birth: the host.
        rejected: the creates that were rejected.
        offset: the clock offset.
        even_proven: whether creates count that were rejected by a response which proves that nothing was bought.

    """
    return birth.time is not None and any(
        birth.time.low - offset.high <= request.time.high
        and birth.time.high - offset.low >= request.time.low
        and is_compatible(birth.host, request.quote)
        for request in rejected
        if even_proven or not is_proven(request.order)
    )
