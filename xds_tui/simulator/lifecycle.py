"""How a host goes from status to status as time passes.

    off -> starting -> on -> (on-demand) billed -> stopping -> off;  a rent, from any of them -> expired, for ever

A rent stays on; an on-demand host that is on is billed a little later, hour by hour, until it is stopped or the
wallet is too low for another hour.
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
    """Keeps what is due at the same time in the order in which it was entered."""
    act: Callable[[float], None] = field(compare=False)


class Scheduler:
    """Acts with their times, in seconds since the epoch."""

    def __init__(self) -> None:
        self._due: list[_Due] = []
        self._turns = 0

    def enter(self, when: float, act: Callable[[float], None]) -> None:
        """Have `act` called with the time at which it is due."""
        self._turns += 1
        heapq.heappush(self._due, _Due(when, self._turns, act))

    def catch_up(self, now: float) -> None:
        """Let happen what is due by `now`, and what becomes due through it."""
        while self._due and self._due[0].at <= now:
            due = heapq.heappop(self._due)
            due.act(due.at)


_STARTING_TAKES: Final = (6.0, 14.0)
_STOPPING_TAKES: Final = (4.0, 9.0)
_BILLED_AFTER: Final = 4.0
"""Seconds, as the others: long enough to be seen, short enough to be watched."""


class Lifecycle:
    """Moves hosts along; `lot` says how long each takes."""

    def __init__(self, agenda: Scheduler, books: Billing, lot: random.Random) -> None:
        self._agenda = agenda
        self._books = books
        self._lot = lot

    def begin(self, host: SimHost, now: float) -> None:
        """Let a new host go on from the status that it has, and expire when its time comes."""
        if host.expires is not None and host.status != EXPIRED:
            self._agenda.enter(host.expires, lambda then: self._become(host, EXPIRED, then))
        if host.status == BILLED:
            host.billed_until = now - (now - host.created) % HOUR
        self._go_on(host, now)

    def start(self, host: SimHost, now: float) -> None:
        """Start a host, or restart it."""
        self._become(host, STARTING, now)

    def stop(self, host: SimHost, now: float) -> None:
        """Stop a host."""
        self._become(host, STOPPING, now)

    def _become(self, host: SimHost, status: int, now: float) -> None:
        if host.status == BILLED:
            self._books.bill(host, now)
        host.status = status
        host.version += 1
        if status == BILLED:
            host.billed_until = now
        self._go_on(host, now)

    def _go_on(self, host: SimHost, now: float) -> None:
        """Enter what the host's status leads to, if to anything."""
        if host.status == STARTING:
            self._unless_overtaken(
                host, now + self._lot.uniform(*_STARTING_TAKES), lambda then: self._become(host, ON, then)
            )
        elif host.status == ON and not host.rented:
            self._unless_overtaken(host, now + _BILLED_AFTER, lambda then: self._become(host, BILLED, then))
        elif host.status == BILLED:
            self._unless_overtaken(host, host.billed_until + HOUR, lambda then: self._bill_hour(host, then))
        elif host.status == STOPPING:
            self._unless_overtaken(
                host, now + self._lot.uniform(*_STOPPING_TAKES), lambda then: self._become(host, OFF, then)
            )

    def _bill_hour(self, host: SimHost, now: float) -> None:
        self._books.bill(host, now)
        if self._books.can_pay_an_hour(host):
            self._go_on(host, now)
        else:
            self.stop(host, now)

    def _unless_overtaken(self, host: SimHost, when: float, act: Callable[[float], None]) -> None:
        """Act at a time, unless the host's status has changed before."""
        version = host.version
        self._agenda.enter(when, lambda then: act(then) if host.version == version else None)
