"""How badly a host fits a create, and how long one has to wait for a better one; `reconcile` has the theory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from xds_tui.domain.creation_times import MAX_SKEW, MINUTE, SECOND

MISMATCH_GAP: Final = 2 * SECOND
"""What a difference in region or purpose counts for beside a gap in time (ms)."""

LISTING_GRACE: Final = 10 * SECOND
"""How long a new host is missing from the list at least before anything is concluded from that (ms)."""

USUAL_LISTING_DELAY: Final = MINUTE
"""How long a new host is usually missing from the list at most (ms)."""

LISTING_DELAY: Final = 5 * MINUTE
"""How long a new host may be missing from the list (ms)."""

ACCEPTED_WINDOW: Final = 15 * MINUTE
"""How long after the end of the request an accepted order's host may come into being to be matched without asking."""

LATEST: Final = timedelta(hours=2)
"""A host that came into being longer after the order is not a candidate: the longest queue that is expected."""

LATEST_GAP: Final = LATEST // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, order=True)
class Distance:
    """How badly a host fits an order: the smaller, the better."""

    is_indirect: bool
    mismatches: int
    gap: int
    """Milliseconds that are not explained, after the request or before it."""
    is_early: bool
    is_after_response: bool = False
    """Whether the host came into being when the request had ended already."""

    @property
    def is_during_request(self) -> bool:
        """Whether the host can have come into being before the request had ended."""
        return not self.is_indirect and not self.is_after_response

    @property
    def weight(self) -> int:
        """The gap together with the other differences, in milliseconds."""
        return self.gap + MISMATCH_GAP * self.mismatches

    @property
    def is_acceptable(self) -> bool:
        """Whether an accepted order may have such a host."""
        return self.gap <= (MAX_SKEW if self.is_early else ACCEPTED_WINDOW)

    @property
    def is_possible(self) -> bool:
        """Whether an order may have such a host at all."""
        return self.gap <= (MAX_SKEW if self.is_early else LATEST_GAP)
