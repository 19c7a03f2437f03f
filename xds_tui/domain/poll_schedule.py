"""When to refresh the fleet and when to look up single hosts. Pure: callers pass all times, in monotonic seconds.

The whole fleet is read once per interval (the vendor advises 15 s), counted from the start of a refresh. Hosts in
transition, and hosts that an order waits for, are looked up one by one in between. After a bad response the delay
doubles, from the interval to two minutes at most, with jitter so that many instances do not retry in step. A service
that cannot be reached is not burdened by attempts and is tried once per interval, so that its return is noticed.
`Retry-After` also delays requested refreshes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from xds_tui.structs import dataclass

MAX_WAIT: Final = 120.0
"""Seconds: the longest delay between two attempts, however many failed."""

LOOKUP_INTERVAL: Final = 4.0
"""Seconds between two lookups of a host in transition, to observe a start that takes half a minute."""

MAX_LOOKUPS: Final = 8
"""Hosts per round of lookups. For more of them, a refresh with 25 hosts per page takes fewer requests."""

MIN_PAUSE: Final = 5.0
"""Seconds of the shortest pause between two refreshes, also if one takes longer than the interval."""

JITTER: Final = 0.25
"""The share of a back-off delay that is random."""

MAX_DRIFT: Final = 5.0
"""Seconds by which two clocks may diverge during one wait. Beyond, the machine slept or its clock was set."""

MAX_SLEEP: Final = 15.0
"""Seconds of the longest single wait, so that a sleep of the machine is noticed soon after."""


@dataclass(frozen=True, slots=True)
class PollSchedule:
    """The times at which refreshes and lookups are due.

    Attributes:
        interval: seconds between two refreshes.
        refresh_at: when the next refresh is due.
        lookup_at: when the next round of lookups is due.
        failures: attempts that failed since the last success.
        is_paused: whether periodic refreshes have stopped. Lookups continue, because orders wait for them.
        is_requested: whether the next refresh was requested, so that it is due even while paused, until one succeeds.
        not_before: the earliest time for a refresh that `Retry-After` allows.

    """

    interval: float
    refresh_at: float
    lookup_at: float
    failures: int = 0
    is_paused: bool = False
    is_requested: bool = False
    not_before: float = 0.0

    def delay(self, now: float, *, has_lookups: bool) -> float | None:
        """Return the seconds until something is due; None while paused if nothing is requested or to be looked up."""
        due = [self.refresh_at] if self.is_requested or not self.is_paused else []
        if has_lookups and self.failures == 0:
            due.append(self.lookup_at)
        return max(0.0, min(due) - now) if due else None

    def is_refresh_due(self, now: float) -> bool:
        """Return whether the whole fleet should be read."""
        return (self.is_requested or not self.is_paused) and now >= self.refresh_at

    def paused(self) -> PollSchedule:
        """Return the schedule without refreshes, except those that are requested from now on."""
        return replace(self, is_paused=True, is_requested=False)

    def resumed(self, now: float) -> PollSchedule:
        """Return the schedule with periodic refreshes, the first as soon as possible."""
        return replace(self, is_paused=False).refresh_now(now)

    def after_refresh(
        self, now: float, wanted_within: float | None = None, *, began: float | None = None
    ) -> PollSchedule:
        """Return the schedule after a refresh that succeeded.

        Args:
            now: the time.
            began: when the refresh began; None: now.
            wanted_within: seconds after which another refresh tells more, which counts as requested; None: nothing is
                waited for.

        """
        is_wanted = wanted_within is not None
        due = max((now if began is None else began) + self.interval, now + min(MIN_PAUSE, self.interval))
        refresh_at = due if wanted_within is None else min(due, now + wanted_within)
        return replace(self, failures=0, refresh_at=refresh_at, lookup_at=now + LOOKUP_INTERVAL, is_requested=is_wanted)

    def after_lookup(self, now: float) -> PollSchedule:
        """Return the schedule after a round of lookups."""
        return replace(self, lookup_at=now + LOOKUP_INTERVAL)

    def after_error(
        self, now: float, jitter: float, *, is_unreachable: bool = False, retry_after: float | None = None
    ) -> PollSchedule:
        """Return the schedule after a failure.

        Args:
            now: the time.
            jitter: a random number in [0, 1).
            is_unreachable: whether no connection could be made.
            retry_after: seconds of `Retry-After`, which may exceed `MAX_WAIT`.

        """
        failures = self.failures + 1
        doublings = 0 if is_unreachable else min(failures - 1, 10)
        delay = min(MAX_WAIT, self.interval * 2**doublings) * (1 - JITTER * jitter)
        not_before = now + (retry_after or 0.0)
        return replace(self, failures=failures, refresh_at=max(now + delay, not_before), not_before=not_before)

    def refresh_now(self, now: float) -> PollSchedule:
        """Return the schedule with a refresh due as soon as `Retry-After` allows."""
        return replace(self, refresh_at=max(now, self.not_before), is_requested=True)

    def with_interval(self, interval: float, now: float) -> PollSchedule:
        """Return the schedule with another interval that starts now."""
        return replace(self, interval=interval, refresh_at=max(min(self.refresh_at, now + interval), self.not_before))


def has_clock_jumped(waited: float, passed: float) -> bool:
    """Return whether the wall clock advanced by other than the seconds waited: a sleep, or a clock that was set."""
    return abs(passed - waited) > MAX_DRIFT
