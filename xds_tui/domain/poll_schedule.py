"""When to ask the service, and for what: pure, with every time a monotonic one in seconds, handed in.

A whole sweep every interval (the vendor advises 15 s); hosts in transition, and hosts that an order waits for,
singly in between. A service that answers badly is backed off from, doubling from the interval to at most two minutes,
with jitter so that many instances do not return in step; one that cannot be reached is not burdened by being tried,
and is tried every interval, so that its return is not missed. A `Retry-After` is obeyed, also by who asks by hand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

MAX_WAIT: Final = 120.0
"""Seconds: the longest pause between two tries, however often they failed."""

LOOK_EVERY: Final = 4.0
"""Seconds between two looks at a host that is on its way: often enough to see a start of half a minute happen."""

MAX_LOOKS: Final = 8
"""Hosts asked for singly in one round. More of them than that, and a sweep of 25 a page is the cheaper look."""

JITTER: Final = 0.25
"""The part of a back-off that is drawn by lot."""

JUMP: Final = 5.0
"""Seconds by which two clocks may drift apart in one wait: more, and the machine slept or its clock was set."""

MAX_SLEEP: Final = 15.0
"""Seconds of the longest wait in one go, so that it is soon noticed that the machine slept."""


@dataclass(frozen=True, slots=True)
class PollSchedule:
    """What is due, and when."""

    interval: float
    sweep_at: float
    look_at: float
    failures: int = 0
    paused: bool = False
    not_before: float = 0.0
    """What the service asked for with `Retry-After`."""

    def wait(self, now: float, *, looking: bool) -> float | None:
        """Return the seconds until something is due, or None while paused with nothing to look at."""
        due = [] if self.paused else [self.sweep_at]
        if looking and self.failures == 0:
            due.append(self.look_at)
        return max(0.0, min(due) - now) if due else None

    def sweep_is_due(self, now: float) -> bool:
        """Whether the whole fleet should be asked for."""
        return not self.paused and now >= self.sweep_at

    def swept(self, now: float) -> PollSchedule:
        """Return the pace after a sweep that succeeded."""
        return replace(self, failures=0, sweep_at=now + self.interval, look_at=now + LOOK_EVERY)

    def looked(self, now: float) -> PollSchedule:
        """Return the pace after hosts were asked for singly."""
        return replace(self, look_at=now + LOOK_EVERY)

    def failed(
        self, now: float, lot: float, *, is_unreachable: bool = False, retry_after: float | None = None
    ) -> PollSchedule:
        """Return the pace after a failure.

        Args:
            now: the time.
            lot: drawn from [0, 1), for the jitter.
            is_unreachable: whether the service was not reached at all.
            retry_after: seconds that the service asked to be left alone for; more than `MAX_WAIT` are granted too.

        """
        failures = self.failures + 1
        doublings = 0 if is_unreachable else min(failures - 1, 10)
        pause = min(MAX_WAIT, self.interval * 2**doublings)
        pause *= 1 - JITTER * lot
        not_before = now + (retry_after or 0.0)
        return replace(self, failures=failures, sweep_at=max(now + pause, not_before), not_before=not_before)

    def at_once(self, now: float) -> PollSchedule:
        """Return the pace with a sweep due as soon as it may be: the user asked, an order ended, the machine woke."""
        return replace(self, sweep_at=max(now, self.not_before))

    def every(self, interval: float, now: float) -> PollSchedule:
        """Return the pace with another interval, counted from now."""
        return replace(self, interval=interval, sweep_at=max(min(self.sweep_at, now + interval), self.not_before))


def has_clock_jumped(waited: float, passed: float) -> bool:
    """Whether the wall clock went on otherwise than the time that was waited, in seconds: a sleep, or a clock set."""
    return abs(passed - waited) > JUMP
