"""Cost of the fleet over the last day, as segments of constant cost per hour."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from typing import Final

from xds_tui.domain.records import Sample
from xds_tui.structs import dataclass

LENGTH: Final = timedelta(hours=24)
"""How far back the history goes."""

BUCKET: Final = timedelta(minutes=15)

MAX_GAP: Final = timedelta(minutes=20)
"""The longest time between two samples in which the cost counts as unchanged; over a longer one it is not known."""

_EXACT: Final = Context(prec=60)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Segment:
    """A time in which the cost per hour did not change."""

    start: datetime
    end: datetime
    rate: Decimal
    """CNY per hour of the running on-demand hosts; the upper bound where it is a range."""


@dataclass(frozen=True, slots=True)
class Spending:
    """The money spent in a time, as far as samples cover it."""

    amount: Decimal
    """CNY, not rounded."""
    is_complete: bool
    """Whether samples cover the whole time."""


def bucket_start(at: datetime) -> datetime:
    """Return the beginning of the quarter of an hour that contains `at`."""
    return at - (at - _EPOCH) % BUCKET


@dataclass(frozen=True, slots=True)
class CostHistory:
    """The segments of the last 24 hours, oldest first. Between two of them the cost is not known."""

    segments: tuple[Segment, ...] = ()

    @classmethod
    def of(cls, samples: Iterable[Sample]) -> CostHistory:
        """Return the history that samples show, given oldest first."""
        history = cls()
        for sample in samples:
            # A sum of nothing is not a cost while prices are missing from it.
            if sample.billed_high is not None and (sample.billed_high or not sample.unpriced):
                history = history.add(sample.at, sample.billed_high)
        return history

    def add(self, at: datetime, rate: Decimal) -> CostHistory:
        """Return the history with a later sample; one that is not later than the last is ignored."""
        last = self.segments[-1] if self.segments else None
        if last is not None and at <= last.end:
            return self
        kept = tuple(segment for segment in self.segments[:-1] if segment.end > at - LENGTH)
        if last is not None:
            is_unbroken = at - last.end <= MAX_GAP
            if is_unbroken and last.rate == rate:
                return CostHistory((*kept, replace(last, end=at)))
            kept = (*kept, replace(last, end=at) if is_unbroken else last)
        return CostHistory((*kept, Segment(at, at, rate)))

    def spent(self, start: datetime, end: datetime) -> Spending:
        """Return what was spent from `start` to `end`."""
        microseconds, covered = Decimal(0), timedelta(0)
        for segment in self.segments:
            length = min(segment.end, end) - max(segment.start, start)
            if length > timedelta(0):
                covered += length
                microseconds = _EXACT.fma(segment.rate, Decimal(length // timedelta(microseconds=1)), microseconds)
        hour = Decimal(timedelta(hours=1) // timedelta(microseconds=1))
        return Spending(_EXACT.divide(microseconds, hour), end - start - covered <= MAX_GAP)

    def highest(self, now: datetime, count: int) -> tuple[Decimal | None, ...]:
        """Return the highest cost per hour in each of `count` equal parts of the 24 hours that end with this quarter.

        None where it is not known.
        """
        end = bucket_start(now) + BUCKET
        width = LENGTH / count
        found: list[Decimal | None] = [None] * count
        for segment in self.segments:
            first = max(0, (segment.start - (end - LENGTH)) // width)
            last = min(count - 1, (segment.end - (end - LENGTH)) // width)
            for index in range(first, last + 1):
                known = found[index]
                found[index] = segment.rate if known is None else max(known, segment.rate)
        return tuple(found)
