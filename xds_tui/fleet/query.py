"""The filter language of the host table, parsed into terms; what a term means for a host is `view`'s.

gpu:4090 status:on            every term must hold
train                         a word is looked for in every text of the host
-windows  -status:off         a minus negates
mem>=64  cost<2  expires<24h  numbers compare, costs in CNY/hour; times count from now: 30m, 24h, 7d
"two words"  name:"a b"       quotes keep spaces
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from xds_tui.i18n import N_

TEXT_FIELDS: Final = ("name", "id", "status", "os", "gpu", "area", "use", "billing", "address")
NUMBER_FIELDS: Final = ("cpu", "mem", "disk", "cost")
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
_TERM: Final = re.compile(r'(?P<not>-?)(?:(?P<field>[a-z]+)(?P<sign><=|>=|[<>:=]))?(?P<value>"[^"]*"|[^\s"]+)(?=\s|$)')


class QueryError(Exception):
    """A filter that cannot be understood.

    Attributes:
        reason: what is wrong, marked for translation, with `{word}` where the word belongs.
        word: the part of the filter that is wrong.

    """

    def __init__(self, reason: str, word: str) -> None:
        super().__init__(reason, word)
        self.reason = reason
        self.word = word


@dataclass(frozen=True, slots=True)
class Term:
    """One condition of a filter."""

    field: str | None
    """One of `FIELDS`; None: a word that may stand anywhere."""
    sign: str
    """One of `COMPARISONS`."""
    text: str
    """In lower case, without quotes."""
    number: float
    """The value of a number field, or the seconds of a time field; otherwise 0."""
    negated: bool


Query = tuple[Term, ...]


def parse(text: str) -> Query:
    """Parse a filter; the empty one holds for every host.

    Raises:
        QueryError: for an unknown field, a value of the wrong kind or an open quote.

    """
    terms = []
    position = 0
    text = text.strip()
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None:
            raise QueryError(N_("{word}: not understood"), text[position:].split()[0])
        terms.append(_term(match))
        position = match.end()
        position += len(text[position:]) - len(text[position:].lstrip())
    return tuple(terms)


def _term(match: re.Match[str]) -> Term:
    negated, field, sign = bool(match["not"]), match["field"], match["sign"] or ":"
    text = match["value"].strip('"').lower()
    if field is None:
        if text.rstrip("<>:=") in FIELDS and text[-1] in "<>:=":
            raise QueryError(N_("{word}: its value is missing"), text)
        return Term(None, ":", text, 0, negated)
    if field not in FIELDS:
        raise QueryError(N_("{word}: there is no such field"), field)
    if field in TEXT_FIELDS:
        if sign not in ":=":
            raise QueryError(N_("{word}: a text cannot be more or less"), match[0])
        return Term(field, sign, text, 0, negated)
    number = _seconds(text) if field in TIME_FIELDS else _number(text)
    if number is None:
        raise QueryError(N_("{word}: not a value for this field"), match[0])
    return Term(field, sign, text, number, negated)


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text) else None


def _seconds(text: str) -> float | None:
    number = _number(text[:-1])
    unit = _SECONDS.get(text[-1:])
    return None if number is None or unit is None else number * unit
