"""JSON from outside, taken apart without believing it: nothing in it can raise.

msgspec reads numbers without losing digits and does so fast, but one lone surrogate or raw control character costs
the whole document, and deep nesting ends in RecursionError. So a document that it cannot read is mended and tried
once more, and parts stay `Raw` until somebody asks for them.
"""

from __future__ import annotations

import re
from typing import Final, TypeVar

import msgspec

from xds_tui.api.text import REPLACEMENT

_T = TypeVar("_T")

MAX_MENDED: Final = 256 * 1024
"""Characters of a document that is worth mending: many times a page of hosts, and done in a moment."""

_ESCAPE: Final = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    r"|\\."
    r"|([\x00-\x1f])",
    re.DOTALL,
)
"""A surrogate pair, a lone surrogate (group 1), any other escape, a raw control character (group 2)."""


_NOT_A_NUMBER: Final = re.compile(r'"(?:[^"\\]|\\.)*+"|(-?(?:NaN|Infinity))', re.DOTALL)
"""A string, which stays; or a number that JSON does not have and that some libraries write all the same (group 1)."""


def parsed(document: bytes | msgspec.Raw, kind: type[_T]) -> _T | None:
    """Return `document` as `kind`, or None if it is something else."""
    text = str(document, "utf-8-sig", "replace")
    value = _decoded(text, kind)
    if value is not None or len(text) > MAX_MENDED:
        return value
    return _decoded(_NOT_A_NUMBER.sub(_wrapped, _ESCAPE.sub(_mended, text)), kind)


def _decoded(text: str, kind: type[_T]) -> _T | None:
    try:
        return msgspec.json.decode(text, type=kind)
    except (ValueError, RecursionError):
        return None


def _wrapped(match: re.Match[str]) -> str:
    # A list is neither a text nor a number, so that nothing takes it for a value.
    return f'["{match[1]}"]' if match[1] else match[0]


def _mended(match: re.Match[str]) -> str:
    if match[1]:
        return REPLACEMENT
    return " " if match[2] else match[0]
