"""Moments as the database keeps them: microseconds since the epoch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNIT: Final = timedelta(microseconds=1)


def microseconds(moment: datetime | timedelta) -> int:
    """Return a moment, or a length of time, in microseconds."""
    return (moment if isinstance(moment, timedelta) else moment - _EPOCH) // _UNIT


def moment(of: int) -> datetime:
    """Return the moment, aware UTC."""
    return _EPOCH + of * _UNIT
