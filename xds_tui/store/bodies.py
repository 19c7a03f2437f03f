"""Bodies of rows: events and orders as JSON, and what of it can be believed when it is read back.

A file may hold anything: what a later version wrote, what a failing disk made of it, what somebody edited. A body is
read as a whole or not at all. Its texts are made inert, and its numbers and times stay in a range that is safe to
calculate with.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Final, TypeVar, cast

import msgspec

from xds_tui.domain.credentials import Secret
from xds_tui.domain.records import Event, Order
from xds_tui.domain.sanitize import clean
from xds_tui.store.timestamps import FIRST, LAST

T = TypeVar("T")

MAX_NUMBER: Final = 10**18
MAX_DECIMALS: Final = 40


def without_secret(value: object) -> None:
    """Write null for a secret: nothing secret is kept in the database."""
    if not isinstance(value, Secret):
        raise TypeError(f"nothing to keep: {type(value).__name__}")


_ENCODER: Final = msgspec.json.Encoder(enc_hook=without_secret)
_EVENT: Final = msgspec.json.Decoder(Event)
_ORDER: Final = msgspec.json.Decoder(Order)
_LOOSE: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def encode(record: Event | Order) -> str:
    """Return the body of an event or of an order."""
    return _ENCODER.encode(record).decode()


def event_in(body: object) -> Event | None:
    """Return the event; None if the body cannot be read."""
    return _read(_EVENT, body)


def order_in(body: object) -> Order | None:
    """Return the order; None if the body cannot be read."""
    return _read(_ORDER, body)


def events_in(rows: Iterable[tuple[object]]) -> tuple[Event, ...]:
    """Return the events whose bodies can be read."""
    return tuple(event for (body,) in rows if (event := event_in(body)) is not None)


def host_id_in(body: object) -> str | None:
    """Return the host that an order names whose body cannot be read otherwise; None if that cannot be read either."""
    if not isinstance(body, bytes):
        return None
    try:
        host_id = msgspec.json.decode(_LOOSE.decode(body)["host_id"], type=str)
    except (KeyError, ValueError, RecursionError):
        return None
    return host_id or None


def _read(decoder: msgspec.json.Decoder[T], body: object) -> T | None:
    if not isinstance(body, bytes):
        return None
    try:
        return cast("T", inert(decoder.decode(body)))
    except (ValueError, RecursionError):
        return None


def inert(value: object) -> object:
    """Return `value` with its texts made inert.

    Raises:
        ValueError: if a number or a time in it is out of range.

    """
    if value is None or isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, tuple | frozenset):
        return type(value)([inert(item) for item in value])
    if isinstance(value, dict):
        return {inert(key): inert(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        safe = {name: inert(item) for name, item in fields.items()}
        differing = {name: item for name, item in safe.items() if item is not fields[name]}
        return dataclasses.replace(value, **differing) if differing else value
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
    """Raise ValueError for a number that no price is: NaN, Infinity, or with an absurd number of digits."""
    if not value.is_finite() or abs(value.adjusted()) > MAX_DECIMALS or len(value.as_tuple().digits) > MAX_DECIMALS:
        raise ValueError("a number out of range")
