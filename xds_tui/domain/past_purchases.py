"""Evidence of purchases with a known outcome: for the clock offset, and for hosts that fit another order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from xds_tui.domain.creation_times import (
    DEFAULT_OFFSET,
    MINUTE,
    SMALL_SKEW,
    Evidence,
    Range,
    estimate_offset,
    offsets_of,
    overlap,
    resolutions,
    to_milliseconds,
)
from xds_tui.domain.host_fit import is_compatible
from xds_tui.domain.model import Host
from xds_tui.domain.open_creates import Birth, Request
from xds_tui.domain.records import HostSource
from xds_tui.domain.repeats import is_proven

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
    """Return the clock offset, and how much further the clock may be off (ms): little is certain without evidence."""
    offset = estimate_offset(evidence)
    if offset is None:
        return DEFAULT_OFFSET, SMALL_SKEW
    return offset, SMALL_SKEW if _is_refuted(offset, evidence) else 0


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
