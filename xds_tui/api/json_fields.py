"""Read the fields of a JSON object.

The service sends numbers as strings and strings as numbers, leaves fields out and adds others. Its documents spell
some names in several ways (`bandWidth`, `band_width`; `ipv4`, `ipV4`), so each name is accepted with any case and with
underscores. Each method accepts any form of its type. Absent, null and "" are None. Invalid values are None too, and
are recorded in `JsonObject.raw` under the documented name, so that nothing is hidden and nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Final, TypeGuard, TypeVar

import msgspec

from xds_tui.domain.credentials import MASK, Secret
from xds_tui.domain.sanitize import EARLIEST, LATEST, REPLACEMENT, clean

_T = TypeVar("_T")

MAX_REPAIRED_LENGTH: Final = 256 * 1024
"""Maximum length of a document that is repaired, in characters: many times a page of hosts."""

_ESCAPE: Final = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    r"|\\."
    r"|([\x00-\x1f])",
    re.DOTALL,
)
"""A surrogate pair, a lone surrogate (group 1), any other escape, a raw control character (group 2)."""


_NOT_A_NUMBER: Final = re.compile(r'"(?:[^"\\]|\\.)*+"|(-?(?:NaN|Infinity))', re.DOTALL)
"""A string, which is kept, or a number that is not JSON but that some libraries write (group 1)."""


def parsed(document: bytes | msgspec.Raw, kind: type[_T]) -> _T | None:
    """Decode `document` as `kind`; None if it is something else."""
    text = str(document, "utf-8-sig", "replace")
    value = _decode(text, kind)
    if value is not None or len(text) > MAX_REPAIRED_LENGTH:
        return value
    return _decode(_NOT_A_NUMBER.sub(_wrap, _ESCAPE.sub(_repair, text)), kind)


def _decode(text: str, kind: type[_T]) -> _T | None:
    try:
        return msgspec.json.decode(text, type=kind)
    except (ValueError, RecursionError):
        return None


def _wrap(match: re.Match[str]) -> str:
    # A list is neither a text nor a number, so it does not count as a value.
    return f'["{match[1]}"]' if match[1] else match[0]


def _repair(match: re.Match[str]) -> str:
    if match[1]:
        return REPLACEMENT
    return " " if match[2] else match[0]


MAX_RAW: Final = 80
"""Maximum length of an invalid field in `raw`, in characters: enough to report it, short enough to show it."""

MAX_ID: Final = 128
"""Maximum length of an ID in characters; those of the service have ten."""

MAX_DIGITS: Final = 40
"""Maximum number of digits of a number: far more than any price or count has."""

MAX_MAGNITUDE: Final = 18
"""Maximum exponent of a number; `1e400` would expand to 400 digits."""

_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST: Final = (EARLIEST - _EPOCH) // timedelta(milliseconds=1)
_END: Final = (LATEST - _EPOCH) // timedelta(milliseconds=1)
_E = TypeVar("_E", bound=Enum)


class JsonObject:
    """The fields of one object, with the invalid ones in `raw`."""

    def __init__(self, fields: dict[str, msgspec.Raw]) -> None:
        self._fields = fields
        self._spellings: Mapping[str, Sequence[str]] | None = None
        self.raw: dict[str, str] = {}

    @classmethod
    def of(cls, document: msgspec.Raw | None) -> JsonObject | None:
        """Return the object in `document`, or None if it is something else."""
        fields = None if document is None else parsed(document, dict[str, msgspec.Raw])
        return None if fields is None else cls(fields)

    def __contains__(self, name: str) -> bool:
        """Return whether `name` was sent and is not null."""
        return not is_null(self.part(name))

    def part(self, name: str) -> msgspec.Raw | None:
        """Return the field as it was sent, or None if it is absent. The documented spelling of its name comes first."""
        document = self._fields.get(name)
        if not is_null(document):
            return document
        if self._spellings is None:
            self._spellings = _spellings(tuple(self._fields))
        others = (self._fields[other] for other in self._spellings.get(_folded(name), ()))
        return next((other for other in others if not is_null(other)), document)

    def note(self, name: str) -> None:
        """Record the invalid value of `name` in `raw`."""
        document = self.part(name)
        if document is not None:
            self.raw[name] = clean(plain(document) or str(document, "utf-8"), MAX_RAW)

    def text(self, name: str) -> str | None:
        """Return a sanitized text; a number is returned as it was written."""
        value = self._plain(name)
        return clean(value) if value else None

    def secret(self, name: str) -> Secret | None:
        """Return a secret text; an invalid one is masked in `raw`."""
        value = self.text(name)
        if name in self.raw:
            self.raw[name] = MASK
        return Secret(value) if value else None

    def identity(self, name: str) -> str | None:
        """Return an ID that can be used in requests, or None."""
        value = self._plain(name)
        return value if is_identity(value) else None

    def number(self, name: str, most: int | Decimal = 10**MAX_MAGNITUDE) -> Decimal | None:
        """Return an exact decimal from 0 to `most`."""
        value = self._plain(name)
        if not value:
            return None
        number = exact(value.strip())
        if number is None or number.is_signed() or number > most:
            self.note(name)
            return None
        return number

    def integer(self, name: str, most: int = 10**MAX_MAGNITUDE) -> int | None:
        """Return a whole number from 0 to `most`; 4.0 is accepted."""
        number = self.number(name, most)
        if number is None:
            return None
        if number != number.to_integral_value():
            self.note(name)
            return None
        return int(number)

    def choice(self, name: str, kind: type[_E]) -> _E | None:
        """Return the member of `kind` for the number that was sent."""
        number = self.integer(name)
        if number is None:
            return None
        try:
            return kind(number)
        except ValueError:
            self.note(name)
            return None

    def moment(self, name: str) -> datetime | None:
        """Return milliseconds since the epoch as a time in UTC; None for 0."""
        milliseconds = self.integer(name)
        if not milliseconds:
            return None
        if not _FIRST <= milliseconds < _END:
            self.note(name)
            return None
        return _EPOCH + timedelta(milliseconds=milliseconds)

    def _plain(self, name: str) -> str | None:
        """Return the content of a string, or a number as it was written."""
        document = self.part(name)
        if is_null(document):
            return None
        value = plain(document)
        if value is None:
            self.note(name)
        return value


@lru_cache(maxsize=16)
def _spellings(names: tuple[str, ...]) -> Mapping[str, Sequence[str]]:
    """Return the sent names by their folded form. The rows of a list have the same names, so this is done once."""
    spellings: dict[str, list[str]] = {}
    for name in names:
        spellings.setdefault(_folded(name), []).append(name)
    return spellings


@lru_cache(maxsize=256)
def _folded(name: str) -> str:
    return name.replace("_", "").lower()


def is_null(document: msgspec.Raw | None) -> bool:
    """Return whether a field is absent or null."""
    return document is None or bytes(document) == b"null"


def plain(document: msgspec.Raw | None) -> str | None:
    """Return the content of a string, or a number as it was written; None for anything else."""
    if document is None:
        return None
    content = bytes(document)
    if content[:1] == b'"':
        return parsed(document, str)
    return content.decode() if content[:1] in b"-0123456789" else None


def flag(document: msgspec.Raw | None) -> bool | None:
    """Return a boolean, also from its name as a string; None for anything else."""
    return None if document is None else {b"true": True, b"false": False}.get(bytes(document).strip(b'"').lower())


def is_identity(value: str | None) -> TypeGuard[str]:
    """Return whether `value` can be an ID: one that sanitizing changes could not be used in a request."""
    return value is not None and 0 < len(value) <= MAX_ID and value == clean(value) and REPLACEMENT not in value


def exact(text: str) -> Decimal | None:
    """Return the number in `text` with all its digits; None for NaN, infinity and implausible numbers."""
    if len(text) > 2 * MAX_DIGITS or not _NUMBER.fullmatch(text):
        return None
    number = Decimal(text)
    _sign, digits, exponent = number.as_tuple()
    if len(digits) > MAX_DIGITS or not isinstance(exponent, int) or exponent < -MAX_DIGITS:
        return None
    return number if number.adjusted() <= MAX_MAGNITUDE else None
