"""The filter language of the host table, parsed into terms; what a term means for a host is `view`'s.

gpu:4090 status:on            every term must hold
train                         a word is looked for in every text of the host
-windows  !status:off         a minus or an exclamation mark negates
mem>=64  cost<2  expires<24h  numbers compare, costs in CNY/hour; times count from now: 30m, 24h, 7d
gpu>1  gpu=0                  GPUs compared with a number are counted
"two words"  name:"a b"       quotes keep spaces

Case and width do not matter: a Chinese keyboard types ：＞１ for :>1.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from xds_tui.domain.halfwidth import to_halfwidth
from xds_tui.errors import UserInputError
from xds_tui.i18n import N_

TEXT_FIELDS: Final = ("name", "id", "status", "os", "gpu", "area", "use", "billing", "address")
NUMBER_FIELDS: Final = ("cpu", "mem", "disk", "cost", "gpus")
TIME_FIELDS: Final = ("expires", "age")
FIELDS: Final = (*TEXT_FIELDS, *NUMBER_FIELDS, *TIME_FIELDS)

COMPARISONS: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    ":": operator.eq,
    "=": operator.eq,
}

_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_COUNTED: Final = {"gpu": "gpus"}
"""Fields of text that stand for a number where they are compared with one."""
_SIGN: Final = "[<>]=|[<>:=]"
_TERM: Final = re.compile(
    rf'(?P<not>[-!]?)(?:(?P<field>[a-zA-Z]+)(?P<sign>{_SIGN}))?(?P<value>"[^"]*"|[^\s"]+)(?=\s|$)'
)
_UNFINISHED: Final = re.compile(rf"[-!]|[-!]?(?P<field>[a-zA-Z]+)(?:{_SIGN})")


class QueryError(UserInputError):
    """A filter that cannot be parsed.

    Attributes:
        so_far: the terms before the word at fault, if it is the last one and only its value is missing; else None.

    """

    def __init__(self, summary: str, word: str, so_far: Query | None = None) -> None:
        super().__init__(summary, word)
        self.so_far = so_far


@dataclass(frozen=True, slots=True)
class Term:
    """One condition of a filter."""

    field: str | None
    """One of `FIELDS`; None: a word that may stand anywhere."""
    sign: str
    """One of `COMPARISONS`."""
    text: str
    """Folded (`halfwidth.fold`), without quotes."""
    number: float
    """The value of a number field, or the seconds of a time field; otherwise 0."""
    negated: bool


Query = tuple[Term, ...]


def parse(text: str) -> Query:
    """Parse a filter; the empty one holds for every host.

    Raises:
        QueryError: for an unknown field, a value of the wrong kind or an open quote.

    """
    terms: list[Term] = []
    position = 0
    text = to_halfwidth(text).strip()
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None:
            raise QueryError(N_("{word}: not understood"), text[position:].split()[0])
        position = match.end()
        if _is_unfinished(match[0]):
            so_far = tuple(terms) if position == len(text) else None
            raise QueryError(N_("{word}: its value is missing"), match[0], so_far)
        terms.append(_term(match))
        position += len(text[position:]) - len(text[position:].lstrip())
    return tuple(terms)


def _is_unfinished(word: str) -> bool:
    match = _UNFINISHED.fullmatch(word)
    return match is not None and (match["field"] or "").lower() in ("", *FIELDS)


def _term(match: re.Match[str]) -> Term:
    negated, text = bool(match["not"]), match["value"].strip('"').casefold()
    if match["field"] is None:
        return Term(None, ":", text, 0, negated)
    field, sign = match["field"].lower(), match["sign"]
    if field in _COUNTED and (sign[0] in "<>" or (sign == "=" and _number(text) is not None)):
        field = _COUNTED[field]
    if field in TEXT_FIELDS:
        if sign not in ":=":
            raise QueryError(N_("{word}: a text cannot be more or less"), match[0])
        return Term(field, sign, text, 0, negated)
    if field in TIME_FIELDS:
        number, reason = _seconds(text), N_("{word}: a time is a number with s, m, h, d or w, as in 24h")
    elif field in NUMBER_FIELDS:
        number, reason = _number(text), N_("{word}: this field wants a number")
    else:
        raise QueryError(N_("{word}: there is no such field"), field)
    if number is None:
        raise QueryError(reason, match[0])
    return Term(field, sign, text, number, negated)


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text) else None


def _seconds(text: str) -> float | None:
    number = _number(text[:-1])
    unit = _SECONDS.get(text[-1:])
    return None if number is None or unit is None else number * unit
