"""The transitions of hosts between statuses as time passes.

    off -> starting -> on -> (on-demand) billed -> stopping -> off;  prepaid, from any status -> expired, finally

Prepaid hosts stay on. On-demand hosts are billed shortly after they are on, by the hour, until they are stopped or the
wallet does not cover another hour.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from xds_tui.simulator.billing import HOUR, Billing
from xds_tui.simulator.host import BILLED, EXPIRED, OFF, ON, STARTING, STOPPING, SimHost


@dataclass(order=True, slots=True)
class _Due:
    at: float
    turn: int
    """Keeps the order of entries with the same time."""
    act: Callable[[float], None] = field(compare=False)


class Scheduler:
    """A queue of calls with their times, in seconds since the epoch."""

    def __init__(self) -> None:
        self._due: list[_Due] = []
        self._turns = 0

    def enter(self, when: float, act: Callable[[float], None]) -> None:
        """Schedule `act`, which is called with the time at which it is due."""
        self._turns += 1
        heapq.heappush(self._due, _Due(when, self._turns, act))

    def catch_up(self, now: float) -> None:
        """Run the calls due by `now`, including those that they schedule."""
        while self._due and self._due[0].at <= now:
            due = heapq.heappop(self._due)
            due.act(due.at)


_START_DURATION: Final = (6.0, 14.0)
_STOP_DURATION: Final = (4.0, 9.0)
_BILLED_AFTER: Final = 4.0
"""Seconds, like the others: long enough to notice, short enough to wait for."""


class Lifecycle:
    """Changes the status of hosts; `rng` determines durations."""

    def __init__(self, scheduler: Scheduler, billing: Billing, rng: random.Random) -> None:
        self._scheduler = scheduler
        self._billing = billing
        self._rng = rng

    def begin(self, host: SimHost, now: float) -> None:
        """Schedule the transitions and the expiry of a new host."""
        if host.expires is not None and host.status != EXPIRED:
            self._scheduler.enter(host.expires, lambda then: self._set_status(host, EXPIRED, then))
        if host.status == BILLED:
            host.billed_until = now - (now - host.created) % HOUR
        self._schedule_next(host, now)

    def start(self, host: SimHost, now: float) -> None:
        """Start a host, or restart it."""
        self._set_status(host, STARTING, now)

    def stop(self, host: SimHost, now: float) -> None:
        """Stop a host."""
        self._set_status(host, STOPPING, now)

    def _set_status(self, host: SimHost, status: int, now: float) -> None:
        if host.status == BILLED:
            self._billing.bill(host, now)
        host.status = status
        host.version += 1
        if status == BILLED:
            host.billed_until = now
        self._schedule_next(host, now)

    def _schedule_next(self, host: SimHost, now: float) -> None:
        """Schedule the next transition, if there is one."""
        if host.status == STARTING:
            self._schedule(
                host, now + self._rng.uniform(*_START_DURATION), lambda then: self._set_status(host, ON, then)
            )
        elif host.status == ON and not host.rented:
            self._schedule(host, now + _BILLED_AFTER, lambda then: self._set_status(host, BILLED, then))
        elif host.status == BILLED:
            self._schedule(host, host.billed_until + HOUR, lambda then: self._bill_hour(host, then))
        elif host.status == STOPPING:
            self._schedule(
                host, now + self._rng.uniform(*_STOP_DURATION), lambda then: self._set_status(host, OFF, then)
            )

    def _bill_hour(self, host: SimHost, now: float) -> None:
        self._billing.bill(host, now)
        if self._billing.can_pay_an_hour(host):
            self._schedule_next(host, now)
        else:
            self.stop(host, now)

    def _schedule(self, host: SimHost, when: float, act: Callable[[float], None]) -> None:
        """Schedule `act`, to be skipped if the status of the host changes before."""
        version = host.version
        self._scheduler.enter(when, lambda then: act(then) if host.version == version else None)
