"""Plausible ranges of numbers and times in responses. Values outside of them count as invalid.

A time near the maximum of `datetime` overflows when it is converted to a time zone east of UTC, and 9999-12-31 often
stands for "never".
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Earlier times are seconds taken for milliseconds, or from a clock that was never set."""

LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)

MAX_COUNT: Final = 1_000_000
"""Maximum number of CPU cores, GPUs and Mbit/s."""

MAX_GIGABYTES: Final = 100_000_000

MAX_PORT: Final = 65_535

MAX_PRICE: Final = Decimal(1_000_000)
"""Maximum price in CNY/hour."""


def is_time(at: datetime) -> bool:
    """Return whether a time is aware and in the plausible range."""
    return at.tzinfo is not None and EARLIEST <= at < LATEST


def local_time(at: datetime) -> datetime:
    """Return the time in the local time zone, or unchanged if that cannot represent it."""
    try:
        return at.astimezone()
    except (OverflowError, OSError, ValueError):
        return at
