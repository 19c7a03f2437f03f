"""What will happen when. Nothing happens by itself: whoever looks first lets happen what is due."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field


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
