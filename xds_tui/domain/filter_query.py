"""Parser of the filter language, which is the same for hosts, packages, images, events and orders.

gpu:4090 status:on            every term must match
train                         a word matches anywhere in a row
-windows  !status:off         a minus or an exclamation mark negates a term
mem>=64  cost<2  expires<24h  numbers are compared; cost is CNY per hour; durations are 30m, 24h, 7d
gpu>1  gpu=0                  compared with a number, gpu is the number of GPUs
"two words"  name:"a b"       quotes keep spaces and operators
tag:render  -tag:test         the whole tag or owner; owner:"" are the hosts without one
状态:已开机  内存>=64          fields, values and units have Chinese names as well

Case, width and composition of characters do not matter: a Chinese keyboard types ：＞１ for :>1.
`domain.filtering` evaluates the result.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Final

from xds_tui.domain.sanitize import fold, normalize
from xds_tui.errors import UserInputError
from xds_tui.i18n import N_
from xds_tui.structs import dataclass

CHOICE_FIELDS: Final = ("status", "region", "use", "billing")
"""Fields with a fixed set of values."""
TEXT_FIELDS: Final = ("name", "id", "os", "gpu", "address", "tag", "owner", "note")
NUMBER_FIELDS: Final = ("cpu", "mem", "disk", "cost", "gpus")
TIME_FIELDS: Final = ("expires", "age")
FIELDS: Final = (*CHOICE_FIELDS, *TEXT_FIELDS, *NUMBER_FIELDS, *TIME_FIELDS)

_OTHER_NAMES: Final = {
    "name": "host alias 名称 主机 主机名 别名",
    "id": "编号 主机id",
    "status": "state 状态",
    "os": "系统 操作系统",
    "gpu": "显卡",
    "gpus": "显卡数",
    "region": "area 数据中心 区域 地区",
    "use": "purpose 用途",
    "billing": "计费 计费方式",
    "address": "地址 连接地址",
    "tag": "tags 标签",
    "owner": "负责人 所有者",
    "note": "notes 备注",
    "cpu": "核数 cpu核数",
    "mem": "memory 内存",
    "disk": "硬盘 磁盘",
    "cost": "费用 价格 每小时费用",
    "expires": "到期 剩余 剩余时间 剩余时长",
    "age": "距今",
}
FIELD_ALIASES: Final = {name: field for field, names in _OTHER_NAMES.items() for name in names.split()}
"""Other names of the fields, folded."""

NO_SUCH_FIELD: Final = N_("{word}: no such field")

COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    ":": operator.eq,
    "=": operator.eq,
}

_UNITS: Final = {
    1: ("s", "秒"),
    60: ("m", "分", "分钟"),
    3600: ("h", "时", "小时"),
    86_400: ("d", "天"),
    604_800: ("w", "周"),
}
_SECONDS: Final = {unit: seconds for seconds, units in _UNITS.items() for unit in units}
_JUNCTIONS: Final = frozenset({"and", "or", "not", "&", "&&", "|", "||", "且", "并且", "或", "或者"})
"""Words that other filter languages combine terms with."""

_NAME: Final = r"[^\W\d_][\w-]*"
_OPERATOR: Final = r"(?:![=:<>~]|[<>=:≠≤≥≈]|(?<=[=!<>])~)+"
_TERM: Final = rf'(?P<not>[-!]?)(?:(?P<field>{_NAME})(?P<operator>{_OPERATOR}))?(?P<value>"[^"]*"|[^\s"]*)(?=\s|$)'
_FOREIGN_SYNTAX: Final = (
    rf"&&|[|<>≠≤≥≈]|[!=]=|^=|^[(\[{{]+[-!]?{_NAME}{_OPERATOR}|^(?:{'|'.join([*FIELDS, *FIELD_ALIASES])})[~!]"
)
"""What a value without quotes has only if it was meant as an operator."""


class QueryError(UserInputError):
    """A filter that cannot be parsed.

    Attributes:
        summary: what is wrong, with `{word}` and, if there are `values`, `{values}`.
        detail: the part of the filter that is wrong.
        so_far: the terms before a last term that only lacks its value; None for any other error.
        values: the values that a field can have, if the wrong part is none of them.

    """

    def __init__(self, summary: str, word: str, so_far: Query | None = None, *, values: tuple[str, ...] = ()) -> None:
        super().__init__(summary, word)
        self.so_far = so_far
        self.values = values

    def fill(self, summary: str) -> str:
        """Return `summary`, which may be translated, with the word and the values in their places."""
        return super().fill(summary.replace("{values}", ", ".join(self.values)))


@dataclass(frozen=True, slots=True)
class Term:
    """One condition of a filter."""

    field: str | None
    """One of `FIELDS`; None for a word that may occur anywhere."""
    operator: str
    """One of `COMPARISONS`."""
    text: str
    """The value, folded and without quotes."""
    number: float
    """The value of a number field, or the seconds of a time field; otherwise 0."""
    is_negated: bool


Query = tuple[Term, ...]


def parse(text: str) -> Query:
    """Parse a filter; an empty filter matches every row.

    Raises:
        QueryError: if a field or an operator is unknown, a value has the wrong type, or a quote is not closed.

    """
    terms: list[Term] = []
    position = 0
    text = normalize(text).strip()
    while position < len(text):
        match = re.compile(_TERM).match(text, position)
        if match is None:
            raise QueryError(N_("{word}: cannot be parsed"), text[position:].split()[0])
        position = match.end()
        try:
            terms.append(_term(match))
        except _MissingValueError:
            so_far = tuple(terms) if position == len(text) else None
            raise QueryError(N_("{word}: the value is missing"), match[0], so_far) from None
        position += len(text[position:]) - len(text[position:].lstrip())
    return tuple(terms)


class _MissingValueError(Exception):
    """A term has no value."""


def _term(match: re.Match[str]) -> Term:
    word, value, is_negated = match[0], match["value"], bool(match["not"])
    text = fold(value.strip('"'))
    field = _field(match)
    if not value:
        raise _MissingValueError
    if not value.startswith('"'):
        if field is None and text in _JUNCTIONS:
            reason = N_("{word}: not supported, because all terms must match. To search for the word, quote it.")
            raise QueryError(reason, word)
        if re.search(_FOREIGN_SYNTAX, text):
            raise QueryError(N_("{word}: cannot be parsed. If these characters belong to the value, quote it."), word)
    if field is None:
        return Term(None, ":", text, 0, is_negated)
    return _field_term(field, match["operator"], text, word, is_negated=is_negated)


def _field(match: re.Match[str]) -> str | None:
    """Return the field of a term, None for a word.

    Raises:
        QueryError: if there is no such field or operator.

    """
    if match["field"] is None:
        return None
    name = fold(match["field"])
    field = FIELD_ALIASES.get(name, name)
    if field not in FIELDS:
        raise QueryError(NO_SUCH_FIELD, match["field"])
    if match["operator"] not in COMPARISONS:
        raise QueryError(
            N_("{word}: no such operator. Use : = < <= > >=, and - before a term to exclude it."), match[0]
        )
    return field


def _field_term(field: str, sign: str, text: str, word: str, *, is_negated: bool) -> Term:
    if field == "gpu" and (sign[0] in "<>" or (sign == "=" and _number(text) is not None)):
        field = "gpus"
    if field in TEXT_FIELDS or field in CHOICE_FIELDS:
        if sign not in ":=":
            raise QueryError(N_("{word}: a text cannot be compared with < or >"), word)
        return Term(field, sign, text, 0, is_negated)
    if field in TIME_FIELDS:
        number, reason = _seconds(text), N_("{word}: a time is a number followed by s, m, h, d or w, as in 24h")
    else:
        number, reason = _number(text), N_("{word}: this field needs a number")
    if number is None:
        raise QueryError(reason, word)
    return Term(field, sign, text, number, is_negated)


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text) else None


def _seconds(text: str) -> float | None:
    digits = text.rstrip("".join(_SECONDS))
    number = _number(digits)
    unit = _SECONDS.get(text[len(digits) :])
    return None if number is None or unit is None else number * unit
