"""Values as the database stores them: the JSON bodies of rows, validated when they are read, and times.

A file can contain anything: rows of a later version, damaged or manually edited rows. A body is decoded completely or
not at all. Its strings are sanitized, and its numbers and times must be in a range that is safe to calculate with.
Times are integers, microseconds since the epoch.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Final, TypeVar, cast

import msgspec

from xds_tui.domain.credentials import Secret
from xds_tui.domain.records import Event, Order
from xds_tui.domain.sanitize import clean

T = TypeVar("T")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNIT: Final = timedelta(microseconds=1)
FIRST: Final = _EPOCH
LAST: Final = datetime(9998, 12, 31, tzinfo=UTC)
"""Earliest and latest time that every time zone can represent."""

MAX_NUMBER: Final = 10**18
MAX_DECIMALS: Final = 40


def encode_secret_as_null(value: object) -> None:
    """Encode a `Secret` as null, so that the database never contains one.

    Raises:
        TypeError: for a value of any other type that JSON cannot encode.

    """
    if not isinstance(value, Secret):
        raise TypeError(f"cannot be encoded: {type(value).__name__}")


_ENCODER: Final = msgspec.json.Encoder(enc_hook=encode_secret_as_null)


def encode(record: Event | Order) -> str:
    """Return the JSON body of an event or an order."""
    return _ENCODER.encode(record).decode()


def decode_event(body: object) -> Event | None:
    """Return the event in `body`, or None if it cannot be decoded."""
    return _read(_event_decoder(), body)


def decode_order(body: object) -> Order | None:
    """Return the order in `body`, or None if it cannot be decoded."""
    return _read(_order_decoder(), body)


def decode_events(rows: Iterable[tuple[object]]) -> tuple[Event, ...]:
    """Return the events of the rows that can be decoded."""
    return tuple(event for (body,) in rows if (event := decode_event(body)) is not None)


def decode_host_id(body: object) -> str | None:
    """Return the host ID in the body of an unreadable order, or None if there is none or it cannot be decoded."""
    if not isinstance(body, bytes):
        return None
    try:
        fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        host_id = msgspec.json.decode(fields["host_id"], type=str)
    except (KeyError, ValueError, RecursionError):
        return None
    return host_id or None


# Decoders are created when they are needed: that takes longer than many commands need for everything they read.


@cache
def _event_decoder() -> msgspec.json.Decoder[Event]:
    return msgspec.json.Decoder(Event)


@cache
def _order_decoder() -> msgspec.json.Decoder[Order]:
    return msgspec.json.Decoder(Order)


def _read(decoder: msgspec.json.Decoder[T], body: object) -> T | None:
    if not isinstance(body, bytes):
        return None
    try:
        return cast("T", sanitize_value(decoder.decode(body)))
    except (ValueError, RecursionError):
        return None


def sanitize_value(value: object) -> object:
    """Return `value` with every string sanitized (`domain.sanitize`).

    Raises:
        ValueError: if a number or a time is out of range.

    """
    if value is None or isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, tuple | frozenset):
        return type(value)([sanitize_value(item) for item in value])
    if isinstance(value, dict):
        return {sanitize_value(key): sanitize_value(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        safe = {name: sanitize_value(item) for name, item in fields.items()}
        changed = {name: item for name, item in safe.items() if item is not fields[name]}
        return dataclasses.replace(value, **changed) if changed else value
    _check_range(value)
    return value


def _check_range(value: object) -> None:
    if isinstance(value, datetime) and (value.tzinfo is None or not FIRST <= value <= LAST):
        raise ValueError("a time out of range")
    if isinstance(value, int | float) and not -MAX_NUMBER <= value <= MAX_NUMBER:
        raise ValueError("a number out of range")
    if isinstance(value, Decimal):
        check_decimal(value)


def check_decimal(value: Decimal) -> None:
    """Raise ValueError for NaN, infinity, or more than `MAX_DECIMALS` digits."""
    if not value.is_finite() or abs(value.adjusted()) > MAX_DECIMALS or len(value.as_tuple().digits) > MAX_DECIMALS:
        raise ValueError("a number out of range")


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
