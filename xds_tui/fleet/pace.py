"""When to ask the service, and for what: pure, with every time a monotonic one in seconds, handed in.

A whole sweep every interval (the vendor advises 15 s); hosts in transition, and hosts that an order waits for,
singly in between. Failures back off, doubling from the interval to at most two minutes, with jitter so that
many instances do not return in step. A `Retry-After` is obeyed.
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


@dataclass(frozen=True, slots=True)
class Pace:
    """What is due, and when."""

    interval: float
    sweep_at: float
    look_at: float
    failures: int = 0
    paused: bool = False

    def wait(self, now: float, *, looking: bool) -> float | None:
        """Return the seconds until something is due, or None while paused with nothing to look at."""
        due = [] if self.paused else [self.sweep_at]
        if looking and self.failures == 0:
            due.append(self.look_at)
        return max(0.0, min(due) - now) if due else None

    def sweep_is_due(self, now: float) -> bool:
        """Whether the whole fleet should be asked for."""
        return not self.paused and now >= self.sweep_at

    def swept(self, now: float) -> Pace:
        """Return the pace after a sweep that succeeded."""
        return replace(self, failures=0, sweep_at=now + self.interval, look_at=now + LOOK_EVERY)

    def looked(self, now: float) -> Pace:
        """Return the pace after hosts were asked for singly."""
        return replace(self, look_at=now + LOOK_EVERY)

    def failed(self, now: float, lot: float, retry_after: float | None = None) -> Pace:
        """Return the pace after a failure; `lot` is drawn from [0, 1), `retry_after` in seconds.

        A service that asks for more patience than `MAX_WAIT` is given it.
        """
        failures = self.failures + 1
        pause = min(MAX_WAIT, self.interval * 2 ** min(failures - 1, 10))
        pause *= 1 - JITTER * lot
        if retry_after is not None:
            pause = max(pause, retry_after)
        return replace(self, failures=failures, sweep_at=now + pause)

    def at_once(self, now: float) -> Pace:
        """Return the pace with a sweep due now: the user asked, or an order ended."""
        return replace(self, sweep_at=now)

    def every(self, interval: float, now: float) -> Pace:
        """Return the pace with another interval, counted from now."""
        return replace(self, interval=interval, sweep_at=min(self.sweep_at, now + interval))
