"""Moments as the database keeps them: microseconds since the epoch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNIT: Final = timedelta(microseconds=1)
FIRST: Final = _EPOCH
LAST: Final = datetime(9998, 12, 31, tzinfo=UTC)
"""Moments beyond these cannot be shown in every time zone."""


def microseconds(moment: datetime | timedelta) -> int:
    """Return a moment, or a length of time, in microseconds."""
    return (moment if isinstance(moment, timedelta) else moment - _EPOCH) // _UNIT


def moment(of: object) -> datetime:
    """Return the moment, aware UTC.

    Raises:
        ValueError: if it is not a number of microseconds, or so far away that it cannot be shown.

    """
    if isinstance(of, bool) or not isinstance(of, int) or not 0 <= of <= microseconds(LAST):
        raise ValueError("not a moment")
    return _EPOCH + of * _UNIT
