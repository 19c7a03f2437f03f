"""How exact the creation times of hosts are, and how far the clock of the service is from ours.

The service sends creation times in milliseconds, but every example in its documents ends in 000: a creation time `t`
stands for some instant in `[t, t + resolution)` of the service's clock. The resolution is read off the times
themselves. The clock offset is read off purchases and the hosts that came of them: a host came into being while its
purchase was under way, so each such pair allows a range of offsets, and the true offset lies in the ranges of (nearly)
all pairs. All times here are integers: milliseconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

from xds_tui.structs import dataclass

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND

MAX_SKEW: Final = 10 * MINUTE
"""The clock of the service is never assumed to be further from ours than this."""

SMALL_SKEW: Final = 3 * SECOND
"""How far clocks that are set by the network are apart at most."""

MARGIN: Final = 250
"""Added on both sides of an offset that was read off purchases."""

MIN_WEIGHT: Final = 4
"""Evidence of less weight than this says nothing: any host agrees with any one order at some offset."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Range:
    """A closed range of integers."""

    low: int
    high: int

    @property
    def middle(self) -> int:
        """The integer half-way."""
        return (self.low + self.high) // 2


DEFAULT_OFFSET: Final = Range(-SECOND // 2, SECOND // 2)
"""What is assumed as long as nothing is known about the offset: both sides set their clocks by the network."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence of one purchase for the clock offset, which lies in one of `ranges`."""

    ranges: Sequence[Range]
    weight: int = 1


def to_milliseconds(moment: datetime) -> int:
    """Convert a time to milliseconds since the epoch."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def resolutions(created: Collection[int]) -> dict[int, int]:
    """Return the resolution of each creation time of a listing, in milliseconds.

    A time with milliseconds is exact, one without is taken for whole seconds even beside exact ones: that only widens
    it. Whole minutes are believed only if the listing has three different times and all of them are.
    """
    times = set(created)
    whole = MINUTE if len(times) >= 3 and all(time % MINUTE == 0 for time in times) else SECOND
    return {time: 1 if time % SECOND else whole for time in times}


def offsets_of(requested: Range, created: int, resolution: int) -> Range:
    """Return the offsets (service minus ours) at which a host came into being while a request was under way."""
    return Range(created - requested.high, created + resolution - 1 - requested.low)


def likely_offsets(evidence: Collection[Evidence], bound: int = MAX_SKEW) -> list[Range]:
    """Return the separate ranges of offsets that most of the evidence agrees on, the nearest to 0 first.

    Args:
        evidence: what purchases say; nothing is returned if nothing that they agree on weighs `MIN_WEIGHT`.
        bound: the offset is at most this far from 0.

    """
    steps: dict[int, int] = {}
    for item in evidence:
        for part in _union(item.ranges):
            if part.low <= bound and part.high >= -bound:
                low, high = max(part.low, -bound), min(part.high, bound)
                steps[low] = steps.get(low, 0) + item.weight
                steps[high + 1] = steps.get(high + 1, 0) - item.weight
    weight, best = 0, MIN_WEIGHT - 1
    found: list[Range] = []
    for start, end in pairwise(sorted(steps)):
        weight += steps[start]
        if weight > best:
            best, found = weight, []
        if weight == best and weight >= MIN_WEIGHT:
            begins = found.pop().low if found and found[-1].high == start - 1 else start
            found.append(Range(begins, end - 1))
    return sorted(found, key=lambda each: (max(each.low, -each.high, 0), abs(each.middle)))


def estimate_offset(likely: Sequence[Range]) -> Range:
    """Return the offset that is assumed, of one or more `likely_offsets`.

    Of a range that reaches into `DEFAULT_OFFSET`, only that part is assumed.
    """
    nearest = overlap(likely[0], DEFAULT_OFFSET) or likely[0]
    return Range(nearest.low - MARGIN, nearest.high + MARGIN)


def overlap(one: Range, two: Range) -> Range | None:
    """Return what two ranges have in common."""
    low, high = max(one.low, two.low), min(one.high, two.high)
    return Range(low, high) if low <= high else None


def _union(ranges: Sequence[Range]) -> list[Range]:
    """Merge ranges that overlap, so that one purchase counts once at each offset."""
    merged: list[Range] = []
    for part in sorted(ranges, key=lambda each: each.low):
        if merged and part.low <= merged[-1].high:
            merged[-1] = Range(merged[-1].low, max(merged[-1].high, part.high))
        else:
            merged.append(part)
    return merged
