"""Rules for when to request a token, as pure functions of the times.

A failed request for a token is repeated with growing pauses, or after the service's Retry-After. Separately, a token
that is rejected soon after it was issued was probably invalidated by another program of the same account: the service
may accept one token at a time. Renewing it immediately would invalidate the other program's token, so reading
calls wait longer each time. Calls that the user started wait only for Retry-After.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from xds_tui.structs import dataclass

MAX_PAUSE: Final = 120.0
"""Maximum seconds between two requests for a token, unless the service asks for more."""

SHORT_LIFE: Final = timedelta(minutes=3)
"""A token rejected before this age was invalidated by another program: no service issues such short-lived tokens."""

CONTENTION_PAUSE: Final = timedelta(seconds=30)
"""How long reading calls wait after `TOLERATED` early rejections in a row; it doubles with each further one."""

TOLERATED: Final = 2
"""Number of early rejections in a row that are attributed to chance, such as a restart of the service."""

CONTENTION_MEMORY: Final = timedelta(minutes=10)
"""An early rejection after so long without another counts as the first."""


class RenewalLog(Protocol):
    """Shares with other programs when the token of an account was renewed, but not the token. Never raises."""

    def note(self, at: datetime) -> None:
        """Record that this program renewed the token."""

    def is_renewed_elsewhere(self, since: datetime) -> bool:
        """Return whether another running program renewed the token at `since` or later."""

    def close(self) -> None:
        """Record that this program has stopped renewing."""


@dataclass(frozen=True, slots=True)
class FailedRenewals:
    """Consecutive failed requests for a token, by a monotonic clock in seconds."""

    count: int = 0
    not_before: float = 0.0
    forbidden_until: float = 0.0
    """The seconds of `Retry-After`."""

    def failed(self, now: float, retry_after: float | None) -> FailedRenewals:
        """Return the state after another failure; `retry_after` are the seconds of Retry-After."""
        pause = min(MAX_PAUSE, 2.0 * min(self.count, 60) or 1.0)
        requested = retry_after or 0.0
        return FailedRenewals(self.count + 1, now + max(pause, requested), now + requested)

    def wait(self, now: float, *, is_urgent: bool) -> float:
        """Return the seconds until the next request, 0 for immediately. Calls that the user started are urgent."""
        return max(0.0, (self.forbidden_until if is_urgent else self.not_before) - now)


@dataclass(frozen=True, slots=True)
class Contention:
    """Consecutive tokens that were rejected soon after they were issued, by the wall clock."""

    count: int = 0
    last_at: datetime | None = None

    def after_rejection(self, issued_at: datetime, now: datetime) -> Contention:
        """Return the state after a token issued at `issued_at` was rejected."""
        if now - issued_at > SHORT_LIFE:
            return Contention()
        is_another = self.last_at is not None and abs(now - self.last_at) <= CONTENTION_MEMORY
        return Contention(self.count + 1 if is_another else 1, now)

    def after_sighting(self) -> Contention:
        """Return the state when another program is known to renew the token, which rules out chance."""
        return replace(self, count=max(self.count, TOLERATED + 1)) if self.count else self

    def wait(self, now: datetime) -> float:
        """Return the seconds until a reading call may request a token, 0 for immediately."""
        if self.last_at is None or self.count <= TOLERATED or now < self.last_at:
            return 0.0
        pause = min(CONTENTION_PAUSE * (1 << min(self.count - TOLERATED - 1, 10)), timedelta(seconds=MAX_PAUSE))
        return max(0.0, (self.last_at + pause - now).total_seconds())
