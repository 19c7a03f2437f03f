"""The ranges in which a number or a time from outside is believed.

Beyond them nothing is computed: a time near the last one that `datetime` can hold overflows as soon as it is shown in a
time zone east of UTC, and 9999-12-31 is what many services write for "never".
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Before it stands what is a number of seconds and not of milliseconds, or a clock that was never set."""

LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)

MAX_COUNT: Final = 1_000_000
"""Processor cores, GPUs, and Mbit/s."""

MAX_GIGABYTES: Final = 100_000_000

MAX_PORT: Final = 65_535

MAX_PRICE: Final = Decimal(1_000_000)
"""CNY an hour."""


def is_time(at: datetime) -> bool:
    """Whether a time is aware, and one to be shown and reckoned with."""
    return at.tzinfo is not None and EARLIEST <= at < LATEST


def local_time(at: datetime) -> datetime:
    """Return the same moment in the local time zone; in its own where that one cannot express it."""
    try:
        return at.astimezone()
    except (OverflowError, OSError, ValueError):
        return at
