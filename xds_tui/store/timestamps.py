"""Conversion of times to the microseconds since the epoch that the database stores."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNIT: Final = timedelta(microseconds=1)
FIRST: Final = _EPOCH
LAST: Final = datetime(9998, 12, 31, tzinfo=UTC)
"""Earliest and latest time that every time zone can represent."""


def microseconds(value: datetime | timedelta) -> int:
    """Return an aware time, or a duration, in microseconds."""
    return (value if isinstance(value, timedelta) else value - _EPOCH) // _UNIT


def from_microseconds(value: object) -> datetime:
    """Return the time, aware UTC.

    Raises:
        ValueError: if `value` is not an integer from 0 to `LAST`.

    """
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= microseconds(LAST):
        raise ValueError("not a time")
    return _EPOCH + value * _UNIT
