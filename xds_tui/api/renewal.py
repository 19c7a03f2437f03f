"""When a token may be requested: pure, with every time handed in.

Two things are kept apart. A failed request for a token is repeated with growing pauses, or after the time that the
service asked for. And a token that is rejected soon after it was issued was probably ended by another program of the
same account, where the service lets one token live at a time: renewing it at once would end the other's in turn, so
reading calls wait longer each time. A call that the user asked for waits only where the service asked for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

MAX_PAUSE: Final = 120.0
"""Seconds between two requests for a token at most, unless the service asks for more."""

SHORT_LIFE: Final = timedelta(minutes=3)
"""A token that is rejected before this age was ended by somebody: nobody issues tokens that live so briefly."""

CONTENTION_PAUSE: Final = timedelta(seconds=30)
"""How long reading calls wait once `TOLERATED` tokens in a row were ended early; then twice as long each time."""

TOLERATED: Final = 2
"""Tokens in a row whose early end is taken for chance: a service that restarts forgets them."""

CONTENTION_MEMORY: Final = timedelta(minutes=10)
"""After so long without another, a token that is ended early counts as the first one again."""


class RenewalLog(Protocol):
    """When programs on this machine renewed the token of an account; no token is shared. Its methods do not raise."""

    def note(self, at: datetime) -> None:
        """Record that this program renewed the token."""

    def is_renewed_elsewhere(self, since: datetime) -> bool:
        """Whether another program that still runs renewed the token at `since` or later."""

    def close(self) -> None:
        """Let others know that this program does not renew any more."""


@dataclass(frozen=True, slots=True)
class FailedRenewals:
    """Requests for a token that failed in a row, by a monotonic clock in seconds."""

    count: int = 0
    not_before: float = 0.0
    forbidden_until: float = 0.0
    """What the service asked for with `Retry-After`."""

    def failed(self, now: float, retry_after: float | None) -> FailedRenewals:
        """Return the state after another failure; `retry_after` are the seconds that the service asked for."""
        pause = min(MAX_PAUSE, 2.0 * min(self.count, 60) or 1.0)
        asked = retry_after or 0.0
        return FailedRenewals(self.count + 1, now + max(pause, asked), now + asked)

    def wait(self, now: float, *, is_urgent: bool) -> float:
        """Return the seconds until the next request; 0: at once. A call of the user's is urgent."""
        return max(0.0, (self.forbidden_until if is_urgent else self.not_before) - now)


@dataclass(frozen=True, slots=True)
class Contention:
    """Tokens in a row that were rejected soon after they were issued, by the wall clock."""

    count: int = 0
    last_at: datetime | None = None

    def after_rejection(self, issued_at: datetime, now: datetime) -> Contention:
        """Return the state after a token issued at `issued_at` was rejected."""
        if now - issued_at > SHORT_LIFE:
            return Contention()
        is_another = self.last_at is not None and abs(now - self.last_at) <= CONTENTION_MEMORY
        return Contention(self.count + 1 if is_another else 1, now)

    def after_sighting(self) -> Contention:
        """Return the state once another program is known to renew this account's token: chance is ruled out."""
        return replace(self, count=max(self.count, TOLERATED + 1)) if self.count else self

    def wait(self, now: datetime) -> float:
        """Return the seconds until a reading call may request a token; 0: at once."""
        if self.last_at is None or self.count <= TOLERATED or now < self.last_at:
            return 0.0
        pause = min(CONTENTION_PAUSE * (1 << min(self.count - TOLERATED - 1, 10)), timedelta(seconds=MAX_PAUSE))
        return max(0.0, (self.last_at + pause - now).total_seconds())
