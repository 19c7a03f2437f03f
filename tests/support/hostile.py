"""Strings that could control a terminal or mislead its user, and a service that sends only such strings."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from itertools import cycle
from typing import Any, Final

import httpx
from hypothesis import strategies as st

MARK: Final = "31337"
"""Contained in every sequence, to distinguish those of the service from Textual's."""

SEQUENCES: Final = (
    f"\x1b]2;{MARK}\x07",
    f"\x1b]52;c;{MARK}\x1b\\",
    f"\x1b]8;;http://{MARK}.example\x1b\\link\x1b]8;;\x1b\\",
    f"\x1b[{MARK}m",
    f"\x1b[?{MARK}h",
    f"\x1b[{MARK};{MARK}H",
    f"\x1bP{MARK}q{MARK}\x1b\\",
    f"\x1b_{MARK}\x1b\\",
    f"\x9b{MARK}m",
    f"\x9d2;{MARK}\x9c",
    f"\x90{MARK}\x9c",
    "\x1bc",
    "\x00\x07\x08\x0b\x0c\x0e\x0f\x7f",
    "\r\n\t\x85\u2028\u2029",
)
TRICKS: Final = (
    "\u202edrawkcab\u202c",
    "\u2066\u200f\u061cx\u2069",
    "ze\u200bro\u2060wi\ufeffdth\u00ad",
    "tag\U000e0041\U000e007f",
    "fill\u3164er\u115f\ufe0f",
    "z\u0301" + "\u0316\u0301" * 200,
    "\u0301\u20dd",
    "\ud800",
    "\ue000\U0010ffff",
)
MARKUP: Final = (
    "[/nope]",
    "[@click=app.quit]here[/]",
    "[link=https://example.org]here[/link]",
    "[bold red on white]",
    "[[/]]\\[",
    "[$accent]{x}%s%n{0}",
)
ODD_WIDTHS: Final = ("渲" * 300, "x" * 1000, "👩‍🚀" * 50, "🇨🇳" * 50, "ｗｉｄｅ", "กำ", "")
FRAGMENTS: Final = (*SEQUENCES, *TRICKS, *MARKUP, *ODD_WIDTHS)

HOSTILE_TEXT: Final = st.lists(
    st.sampled_from(FRAGMENTS) | st.text(st.characters(exclude_categories=()), max_size=20), max_size=5
).map("".join)

UNSAFE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

_KEPT: Final = frozenset(
    {"id", "packageId", "imageId", "token", "effectiveTime", "totalCounts", "code", "success", "amount", "discount"}
)
"""Strings that must stay unchanged, because nothing would be shown without them."""

_NUMBERS_LEFT: Final = 2
"""One number in this many is replaced."""


def unsafe_in(text: str) -> set[str]:
    """Return the characters of `text` that must not be written to a terminal."""
    return {char for char in text if unicodedata.category(char) in UNSAFE}


class HostileService(httpx.AsyncBaseTransport):
    """Responds as the service behind it, with every text replaced by one of `strings`, and some numbers as well."""

    def __init__(self, inner: httpx.AsyncBaseTransport, strings: Sequence[str]) -> None:
        self._inner = inner
        self._type = strings[0]
        self._strings = cycle(strings)
        self._turns = cycle(range(_NUMBERS_LEFT + 1))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        document = json.loads(await response.aread())
        return httpx.Response(response.status_code, content=json.dumps(self._spoiled("", document)))

    def _spoiled(self, name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._spoiled(name, inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._spoiled(name, inner) for inner in value]
        if name in _KEPT or name == "data":
            return value
        if name == "type":
            # Images and packages have to stay compatible.
            return f"{value}{self._type}"
        if isinstance(value, str) and not value.isdecimal():
            return next(self._strings)
        return next(self._strings) if next(self._turns) == 0 else value
