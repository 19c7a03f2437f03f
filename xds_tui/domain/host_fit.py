"""How well a host fits a create: by its specification, and by its distance, which `reconcile` defines.

A host names neither its package nor its image.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from xds_tui.domain.creation_times import MAX_SKEW, MINUTE, SECOND
from xds_tui.domain.model import Host, Image, Package
from xds_tui.domain.records import Quote
from xds_tui.structs import dataclass

TERM_TOLERANCE: Final = 0.15
"""The part of a prepaid term by which the estimate, with months of 30 days, may be off."""

TERM_SLACK: Final = timedelta(minutes=10)
"""Added to that, for terms of an hour."""

OS_FAMILIES: Final = ("windows", "ubuntu", "debian", "centos")
"""Systems that a host and an image name alike."""


def is_compatible(host: Host, quote: Quote) -> bool:
    """Whether nothing that the host says of itself contradicts what was bought; a field left out does not."""
    return (
        host.billing in (None, quote.billing)
        and _has_specification(host, quote.package)
        and _has_term(host, quote)
        and _has_os(host, quote.image)
    )


def count_mismatches(host: Host, package: Package) -> int:
    """Count the differences that make a host less likely, but not impossible: region and purpose.

    The documents show these fields in packages and in hosts, but nowhere say that they are equal.
    """
    pairs = ((host.area, package.area), (host.purpose, package.purpose))
    return sum(None not in pair and pair[0] is not pair[1] for pair in pairs)


def _has_specification(host: Host, package: Package) -> bool:
    pairs = ((host.cpu, package.cpu), (host.memory, package.memory), (host.disk, package.disk))
    same = all(seen is None or bought is None or seen == bought for seen, bought in pairs)
    # A package with a GPU of unknown name was seen. Whether its hosts report that GPU is not known.
    return same and (host.gpu_count == package.gpu_count or package.gpu_name is None)


def _has_term(host: Host, quote: Quote) -> bool:
    """Whether a prepaid host lasts about as long as was bought. How long a month is, is not documented."""
    if quote.period is None or host.created is None or host.expires is None:
        return True
    bought = timedelta(hours=quote.hours)
    return abs(host.expires - host.created - bought) <= bought * TERM_TOLERANCE + TERM_SLACK


def _has_os(host: Host, image: Image) -> bool:
    """Whether the host runs the OS family of the image, where both names contain a known one."""
    families = [{family for family in OS_FAMILIES if family in name.casefold()} for name in (host.os, image.name)]
    return not all(families) or bool(families[0] & families[1])


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
