"""Mutations of valid responses: of their structure, of their bytes, and of their HTTP headers."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx
from support.hostile import FRAGMENTS

_RAW: Final = "@raw@"
"""The prefix of strings that are inserted into the document unchanged."""

_VALUES: Final[tuple[Any, ...]] = (
    None,
    True,
    False,
    "",
    [],
    {},
    "null",
    "true",
    "-",
    *(0, 1, -1, 2**31, 2**63, 10**30, 0.1, -0.0, 1e308),
    *("0", "1", "-1", "4.0", "1e3", "1e400", "0x10", "１２", "NaN", " 1 ", "1_000", "9" * 500),
    *(f"{_RAW}{text}" for text in ("1e400", "-1e-400", "NaN", "-Infinity", "01", "1.", "9" * 5_000, "1e999999999")),
    f"{_RAW}{'[' * 10_000}{']' * 10_000}",
    f"{_RAW}{'[' * 10_000}",
    f'{_RAW}{{"a":{{"a":{{"a":1}}}}}}',
    f'{_RAW}"\\ud800"',
    f'{_RAW}"\\u0000\\u001b[2J"',
    f'{_RAW}"a\nb\x1b"',
    *FRAGMENTS,
)
_NAMES: Final = (
    "id",
    "data",
    "code",
    "msg",
    "traceId",
    "success",
    "totalCounts",
    "status",
    "hostPw",
    "token",
    "",
    "__class__",
)
_BYTES: Final = (*b'{}[]",:\\0e.-', 0x00, 0x1B, 0x80, 0x9B, 0xC2, 0xED, 0xF4, 0xFF)
_STATUSES: Final = (
    *(201, 202, 204, 301, 302, 304, 307, 400, 401, 403, 404, 408, 409, 425, 429, 430, 499),
    *(500, 502, 503, 504, 599, 999),
)
_HEADERS: Final = (
    ("Content-Type", "text/html"),
    ("Content-Type", "\x80\xff/;;charset=\x1b"),
    ("Content-Encoding", "gzip"),
    ("Content-Encoding", "identity, br"),
    ("Retry-After", "-1"),
    ("Retry-After", "9" * 400),
    ("Retry-After", "Wed, 99 Foo 99999 99:99:99 GMT"),
    ("Location", "https://example.org/"),
    ("Location", "\x80://[::"),
    ("Set-Cookie", "a=" + "b" * 5_000),
)

Node = tuple[Any, Any]
"""An array or object, and a position in it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The bytes of a response."""

    body: bytes
    status: int = 200
    headers: Sequence[tuple[bytes, bytes]] = ()

    def response(self) -> httpx.Response:
        """The response as httpx returns it before its body is read and decoded."""
        return httpx.Response(self.status, headers=self.headers, stream=httpx.ByteStream(self.body))


class Mutator:
    """Generates responses, equal ones for equal seeds."""

    def __init__(self, originals: Sequence[Any], seed: str, *, status_share: float = 0.1) -> None:
        """Set the initial documents, and the share of responses with an HTTP status other than 200."""
        self._originals = originals
        self._status_share = status_share
        self._lot = random.Random(seed)

    def answer(self) -> Answer:
        """Return the next response."""
        lot = self._lot
        document = copy.deepcopy(lot.choice(self._originals))
        if lot.random() < 0.7:
            for _ in range(lot.choice((1, 1, 2, 3, 8))):
                document = self._restructured(document)
        body = written(document)
        if lot.random() < 0.45:
            for _ in range(lot.choice((1, 1, 2, 5))):
                body = lot.choice(_ON_BYTES)(lot, body)
        status = lot.choice(_STATUSES) if lot.random() < self._status_share else 200
        headers = [lot.choice(_HEADERS)] if lot.random() < 0.1 else []
        return Answer(body, status, [(name.encode(), value.encode("latin-1")) for name, value in headers])

    def _restructured(self, document: Any) -> Any:
        nodes = list(_nodes(document))
        if not nodes:
            return self._lot.choice(_VALUES)
        self._lot.choice(_ON_NODES)(self._lot, nodes)
        return document


def written(document: Any) -> bytes:
    """Return the document as JSON, or as almost valid JSON."""
    text = json.dumps(document, ensure_ascii=False)
    while (start := text.find(f'"{_RAW}')) >= 0:
        value, end = json.JSONDecoder().raw_decode(text, start)
        text = text[:start] + value.removeprefix(_RAW) + text[end:]
    return text.encode(errors="surrogatepass")


def _nodes(value: Any) -> Iterator[Node]:
    pairs: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for where, inner in pairs:
        yield value, where
        yield from _nodes(inner)


# Mutations of the structure


def _replace(lot: random.Random, nodes: list[Node]) -> None:
    holder, where = lot.choice(nodes)
    holder[where] = lot.choice(_VALUES)


def _remove(lot: random.Random, nodes: list[Node]) -> None:
    holder, where = lot.choice(nodes)
    del holder[where]


def _exchange(lot: random.Random, nodes: list[Node]) -> None:
    (first, here), (second, there) = lot.choice(nodes), lot.choice(nodes)
    first[here], second[there] = copy.deepcopy(second[there]), copy.deepcopy(first[here])


def _wrap(lot: random.Random, nodes: list[Node]) -> None:
    holder, where = lot.choice(nodes)
    holder[where] = [holder[where]] if lot.random() < 0.5 else {lot.choice(_NAMES): holder[where]}


def _repeat(lot: random.Random, nodes: list[Node]) -> None:
    holder, where = lot.choice(nodes)
    if isinstance(holder, list):
        holder.extend(copy.deepcopy(holder[where]) for _ in range(lot.choice((1, 2, 30))))
    else:
        holder[lot.choice(_NAMES)] = copy.deepcopy(holder[where])


def _retype(lot: random.Random, nodes: list[Node]) -> None:
    """Return numbers as strings and strings as numbers, as the service sometimes does."""
    holder, where = lot.choice(nodes)
    value = holder[where]
    holder[where] = f"{_RAW}{value}" if isinstance(value, str) and value.isdecimal() else str(value)[:100]


_ON_NODES: Final[tuple[Callable[[random.Random, list[Node]], None], ...]] = (
    _replace,
    _replace,
    _replace,
    _remove,
    _exchange,
    _wrap,
    _repeat,
    _retype,
)

# Mutations of the bytes


def _part(lot: random.Random, body: bytes) -> tuple[int, int]:
    start = lot.randint(0, len(body))
    return start, min(len(body), start + lot.choice((1, 1, 2, 8, 64)))


def _flip(lot: random.Random, body: bytes) -> bytes:
    start, end = _part(lot, body)
    return body[:start] + bytes(byte ^ (1 << lot.randrange(8)) for byte in body[start:end]) + body[end:]


def _cut(lot: random.Random, body: bytes) -> bytes:
    start, end = _part(lot, body)
    return body[:start] + body[end:]


def _insert(lot: random.Random, body: bytes) -> bytes:
    start, _end = _part(lot, body)
    return body[:start] + bytes(lot.choices(_BYTES, k=lot.choice((1, 2, 5)))) + body[start:]


def _stutter(lot: random.Random, body: bytes) -> bytes:
    start, end = _part(lot, body)
    return body[:end] + body[start:end] * lot.choice((1, 3)) + body[end:]


def _break_off(lot: random.Random, body: bytes) -> bytes:
    return body[: lot.randint(0, len(body))]


def _reencode(lot: random.Random, body: bytes) -> bytes:
    return body.decode("utf-8", "replace").encode(lot.choice(("utf-16", "utf-8-sig", "utf-7", "gb18030")))


_ON_BYTES: Final = (_flip, _flip, _cut, _insert, _insert, _stutter, _break_off, _reencode)
