"""Evaluator of the filter language for hosts, packages, images, events and orders.

Each `RowType` lists the fields that its rows have:

hosts       name id status os gpu region use billing address tag owner note, cpu mem disk gpus cost, expires age
packages    name id gpu region use billing, cpu mem disk gpus cost
images      name id os
events      name id status (the new status of the host, or the state of the order), age
orders      name id status (the state) billing, cost (the estimate), age

Text fields compare substrings with `:` and whole texts with `=`; tags and owners are always compared as a whole,
because a command that deletes the hosts of `test` must not delete those of `latest`. For a field with a fixed set of
values, a complete word selects the values with that word, in English or Chinese; a part of a word selects all values
that contain it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, Final, Generic, TypeVar

from xds_tui.domain import pricing
from xds_tui.domain.annotations import NO_ANNOTATION, NO_ANNOTATIONS, Annotations
from xds_tui.domain.filter_query import COMPARISONS, NO_SUCH_FIELD, Query, QueryError, Term, parse
from xds_tui.domain.model import Area, Billing, Host, Image, Package, Purpose, Status
from xds_tui.domain.pricing import Costs
from xds_tui.domain.records import Event, Order, OrderState
from xds_tui.domain.sanitize import fold
from xds_tui.i18n import N_
from xds_tui.structs import dataclass

NO_COSTS: Final = Costs()

MAY_BE_YOURS: Final = "may be yours"
"""The state of a create without a host for which there is a candidate."""

_WHOLE_FIELDS: Final = frozenset({"tag", "owner"})
"""Text fields that are compared as a whole."""

Choice = Enum | str
"""A value of a field with a fixed set of values."""

CHOICE_WORDS: Final[Mapping[Choice, tuple[str, ...]]] = {
    Status.OFF: ("off", "已关机", "关机"),
    Status.STARTING: ("starting", "changing", "开机中"),
    Status.ON: ("on", "已开机", "开机"),
    Status.BILLED: ("billed", "on", "on, billed", "on ¥", "扣费中", "开机 ¥", "已开机", "开机"),
    Status.STOPPING: ("stopping", "changing", "关机中"),
    Status.EXPIRED: ("expired", "已过期"),
    Status.UNKNOWN: ("unknown", "未知"),
    Billing.ON_DEMAND: ("on-demand", "on_demand", "demand", "按量"),
    Billing.RENT: ("rent", "prepaid", "包时段"),
    Area.SOUTH: ("south", "south china", "华南"),
    Area.WEST: ("west", "west china", "华西"),
    Area.INTERNATIONAL: ("international", "国际"),
    Purpose.OFFICE: ("office", "普通办公"),
    Purpose.IMAGE: ("image", "image processing", "图像处理"),
    Purpose.COMPUTE: ("compute", "算法"),
    OrderState.PENDING: ("pending", "待发送"),
    OrderState.SENT: ("sent", "已发送"),
    OrderState.ACCEPTED: ("accepted", "已受理"),
    OrderState.CONFIRMED: ("confirmed", "已确认"),
    OrderState.UNCONFIRMED: ("unconfirmed", "未确认"),
    OrderState.REJECTED: ("rejected", "被拒绝"),
    OrderState.NOT_SENT: ("not sent", "not_sent", "not-sent", "未发送"),
    OrderState.UNKNOWN: ("unknown", "结果未知", "未知"),
    MAY_BE_YOURS: (MAY_BE_YOURS, "可能属于您", "可能是你的"),
}
"""The words for each value, folded. Both languages always work; the words on screen are among them."""


@dataclass(frozen=True, slots=True)
class RowContext:
    """Values that some fields depend on in addition to the row."""

    now: datetime
    costs: Costs = NO_COSTS
    """Costs of hosts; where a cost is a range, its upper bound is compared."""
    annotations: Annotations = NO_ANNOTATIONS
    """What the user has added to hosts, for rows that are about a host: its alias is found, too."""


RowT = TypeVar("RowT")


@dataclass(frozen=True, slots=True)
class RowType(Generic[RowT]):
    """The fields of one kind of row, each with a function that reads its values."""

    choices: Mapping[str, Callable[[RowT], tuple[Choice | None, ...]]]
    texts: Mapping[str, Callable[[RowT], tuple[str, ...]]]
    numbers: Mapping[str, Callable[[RowT, RowContext], float | None]]
    values: Mapping[str, tuple[Choice, ...]]
    """All values of each field in `choices`."""
    host_id: Callable[[RowT], str | None] | None = None
    """Reads the ID of the host that a row is about; None if rows are hosts themselves, or about none."""


def parse_for(row_type: RowType[Any], text: str) -> Query:
    """Parse a filter for rows of `row_type`.

    Raises:
        QueryError: if the filter cannot be parsed, or names a field or a value that these rows do not have.

    """
    query = parse(text)
    for term in query:
        if term.field is None or term.field in row_type.texts or term.field in row_type.numbers:
            continue
        if term.field not in row_type.choices:
            raise QueryError(NO_SUCH_FIELD, term.field)
        if not _selected_values(term, row_type):
            values = (_quoted(CHOICE_WORDS[value][0]) for value in row_type.values[term.field])
            reason = N_("{word}: no such value. Use one of {values}.")
            raise QueryError(reason, term.text, values=tuple(dict.fromkeys(values)))
    return query


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value else value


def parse_while_typing(row_type: RowType[Any], text: str, previous: Query) -> tuple[Query, QueryError | None]:
    """Parse a filter that is being typed.

    Returns:
        The filter to apply, and what is wrong with `text`. With an error, the filter is what precedes a last term
        without a value, or else `previous`, the filter that was applied before.

    """
    try:
        return parse_for(row_type, text), None
    except QueryError as error:
        return previous if error.so_far is None else error.so_far, error


def search_text(row_type: RowType[RowT], row: RowT, more: Iterable[str] = ()) -> str:
    """Return the folded text that words without a field are looked for in: all texts of `row`, and `more`."""
    texts = [text for read in row_type.texts.values() for text in read(row)]
    for read_values in row_type.choices.values():
        texts += [word for value in read_values(row) if value is not None for word in CHOICE_WORDS[value]]
    return fold("\n".join([*texts, *more]))


def select(
    row_type: RowType[RowT],
    rows: Sequence[RowT],
    query: Query,
    context: RowContext,
    search_texts: Callable[[], Iterable[str]] | None = None,
) -> list[RowT]:
    """Return the rows that match every term of `query`, in their order.

    Args:
        row_type: the fields of the rows.
        rows: what to choose from.
        query: terms that `parse_for` accepts for `row_type`. Terms about other fields match no row.
        context: the time and the costs to compare with.
        search_texts: returns the search text of each row, in their order; called only if the query has words.

    """
    found = list(rows)
    words = [term for term in query if term.field is None]
    if words:
        texts = search_texts() if search_texts else (search_text(row_type, row) for row in rows)
        alias = _alias_reader(row_type, context)
        found = [
            row
            for row, text in zip(rows, texts, strict=True)
            if all((word.text in text or word.text in alias(row)) is not word.is_negated for word in words)
        ]
    for term in query:
        if term.field is not None:
            matches = _predicate(term, row_type, context)
            found = [row for row in found if matches(row) is not term.is_negated]
    return found


def _predicate(term: Term, row_type: RowType[RowT], context: RowContext) -> Callable[[RowT], bool]:
    field = term.field or ""
    if read_choices := row_type.choices.get(field):
        selected = _selected_values(term, row_type)
        return lambda row: not selected.isdisjoint(read_choices(row))
    if read_texts := _texts_reader(field, row_type, context):
        if term.operator == "=" or field in _WHOLE_FIELDS:
            return lambda row: any(term.text == fold(text) for text in read_texts(row))
        return lambda row: any(term.text in fold(text) for text in read_texts(row))
    if read_number := row_type.numbers.get(field):
        return lambda row: _compares(term, read_number(row, context))
    return lambda _row: False


def _texts_reader(field: str, row_type: RowType[RowT], context: RowContext) -> Callable[[RowT], tuple[str, ...]] | None:
    """Return a function that returns the texts of a field, with the alias of the host if it is the name."""
    read = row_type.texts.get(field)
    if read is None or field != "name" or row_type.host_id is None:
        return read
    alias = _alias_reader(row_type, context)
    return lambda row: (*read(row), *filter(None, [alias(row)]))


def _alias_reader(row_type: RowType[RowT], context: RowContext) -> Callable[[RowT], str]:
    """Return a function that returns the folded alias of the host that a row is about; empty without one."""
    host_id, annotations = row_type.host_id, context.annotations
    if host_id is None or not annotations:
        return lambda _row: ""
    return lambda row: fold(annotations.get(host_id(row) or "", NO_ANNOTATION).alias)


def _compares(term: Term, number: float | None) -> bool:
    return number is not None and COMPARISONS[term.operator](number, term.number)


def _selected_values(term: Term, row_type: RowType[Any]) -> frozenset[Choice | None]:
    values = row_type.values.get(term.field or "", ())
    exact = frozenset(value for value in values if term.text in CHOICE_WORDS[value])
    if exact or term.operator == "=":
        return exact
    return frozenset(value for value in values if any(term.text in word for word in CHOICE_WORDS[value]))


def seconds_left(host: Host, now: datetime) -> float | None:
    """Return the seconds until `host` expires, negative after that, or None if it does not expire."""
    return None if host.expires is None else (host.expires - now).total_seconds()


def cost_of(host: Host, costs: Costs) -> float | None:
    """Return the highest possible cost of `host` in CNY per hour, or None if it is not known."""
    rate = costs.hosts.get(host.id)
    return None if rate is None else float(rate.high)


def _age(at: datetime | None, context: RowContext) -> float | None:
    return None if at is None else (context.now - at).total_seconds()


def _gpu(machine: Host | Package) -> tuple[str, ...]:
    """Return the model and number of the GPUs, as in `RTX 4090×2`."""
    return (f"{machine.gpu_name or ''}×{machine.gpu_count}", machine.gpu_name or "") if machine.gpu_count else ()


def _package_price(package: Package) -> float | None:
    price = pricing.hourly(package)
    return None if price is None else float(price)


def _order_states(order: Order) -> tuple[Choice, ...]:
    return (order.state, MAY_BE_YOURS) if order.candidate else (order.state,)


PricedPackage = tuple[Billing, Package]
"""A package in one of the billing modes that it is sold in."""

HOSTS: Final[RowType[Host]] = RowType(
    choices={
        "status": lambda host: (host.status,),
        "region": lambda host: (host.area,),
        "use": lambda host: (host.purpose,),
        "billing": lambda host: (host.billing,),
    },
    texts={
        "name": lambda host: (host.annotation.alias, host.name),
        "id": lambda host: (host.id,),
        "os": lambda host: (host.os,),
        "gpu": _gpu,
        "address": lambda host: (host.address or "",),
        "tag": lambda host: host.annotation.tags or ("",),
        "owner": lambda host: (host.annotation.owner,),
        "note": lambda host: (host.annotation.note,),
    },
    numbers={
        "cpu": lambda host, _context: host.cpu,
        "mem": lambda host, _context: host.memory,
        "disk": lambda host, _context: host.disk,
        "gpus": lambda host, _context: host.gpu_count,
        "cost": lambda host, context: cost_of(host, context.costs),
        "expires": lambda host, context: seconds_left(host, context.now),
        "age": lambda host, context: _age(host.created, context),
    },
    values={"status": tuple(Status), "region": tuple(Area), "use": tuple(Purpose), "billing": tuple(Billing)},
)
PACKAGES: Final[RowType[PricedPackage]] = RowType(
    choices={
        "region": lambda row: (row[1].area,),
        "use": lambda row: (row[1].purpose,),
        "billing": lambda row: (row[0],),
    },
    texts={
        "name": lambda row: (row[1].name,),
        "id": lambda row: (row[1].id,),
        "gpu": lambda row: _gpu(row[1]),
    },
    numbers={
        "cpu": lambda row, _context: row[1].cpu,
        "mem": lambda row, _context: row[1].memory,
        "disk": lambda row, _context: row[1].disk,
        "gpus": lambda row, _context: row[1].gpu_count,
        "cost": lambda row, _context: _package_price(row[1]),
    },
    values={"region": tuple(Area), "use": tuple(Purpose), "billing": tuple(Billing)},
)
IMAGES: Final[RowType[Image]] = RowType(
    choices={},
    texts={
        "name": lambda image: (image.name, image.version, image.label),
        "id": lambda image: (image.id,),
        "os": lambda image: (image.name, image.version, image.label),
    },
    numbers={},
    values={},
)
EVENTS: Final[RowType[Event]] = RowType(
    choices={"status": lambda event: (event.new, event.state)},
    texts={
        "name": lambda event: (event.host_name,),
        "id": lambda event: (event.host_id or "", event.order_id or ""),
    },
    numbers={"age": lambda event, context: _age(event.at, context)},
    values={"status": (*Status, *OrderState)},
    host_id=lambda event: event.host_id,
)
ORDERS: Final[RowType[Order]] = RowType(
    choices={
        "status": _order_states,
        "billing": lambda order: (order.quote.billing if order.quote else None,),
    },
    texts={
        "name": lambda order: (order.host_name, order.quote.package.name if order.quote else ""),
        "id": lambda order: (order.host_id or "", order.id),
    },
    numbers={
        "cost": lambda order, _context: float(order.quote.estimate) if order.quote else None,
        "age": lambda order, context: _age(order.created_at, context),
    },
    values={"status": (*OrderState, MAY_BE_YOURS), "billing": tuple(Billing)},
    host_id=lambda order: order.host_id or (order.candidate.host_id if order.candidate else None),
)
