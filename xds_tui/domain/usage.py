"""When each host was on, as far as the recorded events and refreshes prove it.

The journal has the changes that were seen, each with the time of the refresh that showed it, and the times of all
refreshes. Between two refreshes a host is taken to be as the earlier one showed it. That is certain only if they are
close together and show the same; otherwise the host may have been on or off in between. `Presence` states which.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from itertools import pairwise
from typing import Final

from xds_tui.domain.model import Host, Status
from xds_tui.domain.records import Event, EventKind
from xds_tui.structs import dataclass

MAX_GAP: Final = timedelta(minutes=30)
"""The longest time between two refreshes that show the same in which a host counts as observed.

Old samples are kept one per quarter of an hour (`store.samples`), so two of them are at most this far apart.
"""

NONE: Final = timedelta(0)

_OBSERVED_KINDS: Final = (EventKind.STATUS, EventKind.APPEARED, EventKind.GONE)


class Presence(Enum):
    """Whether a host was on during a span."""

    ON = "on"
    PROBABLY_ON = "probably on"
    """It was on before, and may have been stopped since."""
    POSSIBLY_ON = "possibly on"
    """It was not on before, or nothing is known, and it may have been started since."""


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which a host was or may have been on."""

    start: datetime
    end: datetime
    presence: Presence


@dataclass(frozen=True, slots=True)
class OnTime:
    """How long a host was on."""

    least: timedelta = NONE
    counted: timedelta = NONE
    """As the last refresh before each moment showed it; between the two bounds."""
    most: timedelta = NONE

    def __add__(self, other: OnTime) -> OnTime:
        return OnTime(self.least + other.least, self.counted + other.counted, self.most + other.most)

    @property
    def unobserved(self) -> timedelta:
        """The time in which it may have been on or off."""
        return self.most - self.least


@dataclass(frozen=True, slots=True)
class Usage:
    """The spans in which one host was or may have been on, oldest first and without overlaps."""

    spans: tuple[Span, ...] = ()
    is_on_now: bool = False
    """Whether it was on at the end, as the last refresh showed it."""

    def between(self, start: datetime, end: datetime) -> OnTime:
        """Return how long the host was on from `start` to `end`."""
        sums = dict.fromkeys(Presence, NONE)
        for span in self.spans:
            sums[span.presence] += max(NONE, min(span.end, end) - max(span.start, start))
        counted = sums[Presence.ON] + sums[Presence.PROBABLY_ON]
        return OnTime(sums[Presence.ON], counted, counted + sums[Presence.POSSIBLY_ON])


class Observations:
    """The times at which the whole fleet was seen."""

    def __init__(self, times: Iterable[datetime], events: Iterable[Event], until: datetime) -> None:
        """Collect the times.

        Args:
            times: those of the refreshes, in any order.
            events: the recorded events; a change of a host was seen in a refresh.
            until: the end of what is reported; nothing after it counts.

        """
        seen = {*times, *(event.at for event in events if event.kind in _OBSERVED_KINDS)}
        self._times: Sequence[datetime] = sorted(at for at in seen if at <= until)
        self._until = until

    @property
    def begin(self) -> datetime:
        """The first observation; the end of the report if there is none."""
        return self._times[0] if self._times else self._until

    @property
    def until(self) -> datetime:
        """The end of what is reported."""
        return self._until

    def before(self, at: datetime) -> datetime:
        """Return the last observation before `at`, or `at` if there is none."""
        index = bisect_left(self._times, at)
        return self._times[index - 1] if index else at

    def gaps(self) -> tuple[tuple[datetime, datetime], ...]:
        """Return the times without observations that are longer than `MAX_GAP`, oldest first."""
        return tuple(pair for pair in pairwise((*self._times, self._until)) if pair[1] - pair[0] > MAX_GAP)


def when_on(hosts: Iterable[Host], events: Iterable[Event], observed: Observations) -> Mapping[str, Usage]:
    """Return when each host was on until the end of the report, by ID, for hosts that exist and those that are gone.

    Args:
        hosts: those that exist at the end, as the last refresh showed them.
        events: the recorded events since the beginning, in any order.
        observed: when the fleet was seen.

    """
    existing = {host.id: host for host in hosts}
    by_host: dict[str, list[Event]] = {host_id: [] for host_id in existing}
    for event in events:
        if event.host_id and event.kind in _OBSERVED_KINDS and event.at <= observed.until:
            by_host.setdefault(event.host_id, []).append(event)
    gaps = observed.gaps()
    return {
        host_id: _usage(existing.get(host_id), sorted(changes, key=lambda event: event.at), observed, gaps)
        for host_id, changes in by_host.items()
    }


_Piece = tuple[datetime, datetime, bool | None]
"""A time with whether a host was on; None if its status is unknown."""


def _usage(
    host: Host | None, changes: Sequence[Event], observed: Observations, gaps: Iterable[tuple[datetime, datetime]]
) -> Usage:
    """Return the usage of one host; `changes` are its own, oldest first."""
    begin, unknown = _begin(host, changes, observed)
    pieces = list(_pieces(host, changes, begin, observed.until))
    doubtful = [(max(start, begin), end) for start, end in gaps if end > begin]
    for before, after in pairwise(pieces):
        if before[2] is not after[2]:
            doubtful.append((max(observed.before(after[0]), begin), after[0]))
    if pieces and changes and changes[-1].kind is EventKind.GONE:
        doubtful.append((max(observed.before(changes[-1].at), begin), changes[-1].at))
    spans = [Span(*unknown, Presence.POSSIBLY_ON)] if unknown else []
    spans += _classified(pieces, _merged(doubtful))
    last = changes[-1].new if changes else host.status if host is not None else None
    return Usage(tuple(spans), is_on_now=bool(_is_on(last)))


def _begin(
    host: Host | None, changes: Sequence[Event], observed: Observations
) -> tuple[datetime, tuple[datetime, datetime] | None]:
    """Return from when on the status of a host is known, and the time before that in which it existed unobserved."""
    created = host.created if host is not None else None
    first = changes[0] if changes else None
    if first is not None and first.kind is EventKind.APPEARED:
        was_on = first.new is not None and first.new.is_on
        earliest = max(observed.before(first.at), created or observed.begin)
        may_have_been_on = was_on or first.at - earliest > MAX_GAP
        return first.at, (earliest, first.at) if may_have_been_on and earliest < first.at else None
    begin = max(observed.begin, created or observed.begin)
    if created is not None and created < observed.begin:
        return begin, (created, observed.begin)
    return begin, None


def _pieces(host: Host | None, changes: Sequence[Event], begin: datetime, until: datetime) -> Iterator[_Piece]:
    """Yield the times between the changes of a host, with what the change before each showed."""
    status = changes[0].old if changes else host.status if host is not None else None
    at = begin
    is_there = not changes or changes[0].kind is not EventKind.APPEARED
    for change in changes:
        if is_there and at < change.at:
            yield at, change.at, _is_on(status)
        at, status = max(at, change.at), change.new
        is_there = change.kind is not EventKind.GONE
    if is_there:  # even if it is empty: the change before it counts
        yield at, until, _is_on(status)


def _is_on(status: Status | None) -> bool | None:
    return None if status is None or status is Status.UNKNOWN else status.is_on


def _merged(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Return `spans` sorted, with those that overlap made into one."""
    merged: list[tuple[datetime, datetime]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        elif start < end:
            merged.append((start, end))
    return merged


def _classified(pieces: Iterable[_Piece], doubtful: Sequence[tuple[datetime, datetime]]) -> Iterator[Span]:
    """Yield the spans of `pieces`, split where a doubtful time begins or ends."""
    for start, end, is_on in pieces:
        inside = [(max(start, first), min(end, last)) for first, last in doubtful if first < end and last > start]
        at = start
        for first, last in inside:
            yield from _span(at, first, is_on, is_certain=True)
            yield from _span(first, last, is_on, is_certain=False)
            at = last
        yield from _span(at, end, is_on, is_certain=True)


def _span(start: datetime, end: datetime, is_on: bool | None, *, is_certain: bool) -> Iterator[Span]:
    if start >= end:
        return
    if is_on:
        yield Span(start, end, Presence.ON if is_certain else Presence.PROBABLY_ON)
    elif is_on is None or not is_certain:
        yield Span(start, end, Presence.POSSIBLY_ON)
