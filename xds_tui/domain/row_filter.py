"""The filter language of `fleet/query` for what is no host: packages, images, events and orders.

A word is looked for in every value of a row. These fields have a meaning, and others are refused:

packages    name id gpu area use billing, cpu mem disk gpus cost
images      name id os
events      name id status (the new one), age
orders      name id status (the order's state) billing, cost (the estimate), age
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from xds_tui.domain.filter_query import COMPARISONS, TEXT_FIELDS, Query, QueryError, Term
from xds_tui.domain.halfwidth import fold
from xds_tui.domain.records import OrderState
from xds_tui.i18n import N_
from xds_tui.text.export import Table, Value

Fields = Mapping[str, tuple[str, ...]]
"""A field of the language, to the fields of the rows that it looks at."""

PACKAGES: Final[Fields] = {
    "name": ("name",),
    "id": ("id",),
    "gpu": ("gpu", "gpu_count"),
    "area": ("area",),
    "use": ("purpose",),
    "billing": ("billing",),
    "cpu": ("cpu",),
    "mem": ("memory_gb",),
    "disk": ("disk_gb",),
    "gpus": ("gpu_count",),
    "cost": ("hourly_price",),
}
IMAGES: Final[Fields] = {"name": ("name", "version"), "os": ("name", "version"), "id": ("id",)}
EVENTS: Final[Fields] = {
    "name": ("host_name",),
    "id": ("host_id", "order_id"),
    "status": ("new_status",),
    "age": ("at",),
}
ORDERS: Final[Fields] = {
    "name": ("host_name", "package"),
    "id": ("host_id", "id"),
    "status": ("state",),
    "billing": ("billing",),
    "cost": ("estimate",),
    "age": ("created_at",),
}

STATE_WORDS: Final = frozenset(state.value for state in OrderState)
"""Order states: `status:` compares such a word as a whole, because `sent` is part of `not sent`."""

RENAMED_STATES: Final = {
    "intended": N_("{word}: this order state is called pending"),
    "done": N_("{word}: there is no such order state; use accepted or confirmed"),
    "settled": N_("{word}: this order state is called confirmed"),
    "not seen": N_("{word}: this order state is called unconfirmed"),
    "refused": N_("{word}: this order state is called rejected"),
}
"""Order states of earlier development versions. They are reported instead of accepted: `done` had two meanings."""


def check(query: Query, fields: Fields) -> None:
    """Reject a query that uses a field these rows do not have, or a former word for an order state.

    Raises:
        QueryError: for the first such term.

    """
    for term in query:
        if term.field is not None and term.field not in fields:
            raise QueryError(N_("{word}: there is no such field"), term.field)
        if fields is ORDERS and term.field == "status" and term.text in RENAMED_STATES:
            raise QueryError(RENAMED_STATES[term.text], term.text)


def kept(table: Table, query: Query, fields: Fields, now: datetime) -> Table:
    """Return the rows that every term of a checked `query` holds for; ages count until `now`."""
    rows = (row for row in table.rows if _holds(query, dict(zip(table.fields, row, strict=True)), fields, now))
    return Table(table.fields, tuple(rows))


def _holds(query: Query, row: Mapping[str, Value], fields: Fields, now: datetime) -> bool:
    return all(_matches(term, row, fields, now) is not term.negated for term in query)


def _matches(term: Term, row: Mapping[str, Value], fields: Fields, now: datetime) -> bool:
    if term.field is None:
        return any(term.text in _text(value) for value in row.values())
    values = [row[field] for field in fields[term.field]]
    if term.field not in TEXT_FIELDS:
        number = _NUMBERS.get(term.field, _number)(values[0], now)
        return number is not None and COMPARISONS[term.sign](number, term.number)
    if term.field == "gpu" and values[1]:
        return term.text in f"{_text(values[0])}×{values[1]}"
    texts = [_text(value) for value in values]
    is_whole = term.sign == "=" or (fields is ORDERS and term.field == "status" and term.text in STATE_WORDS)
    return term.text in texts if is_whole else any(term.text in text for text in texts)


def _text(value: Value) -> str:
    """A value as it is written: `on-demand` finds `on_demand`."""
    return "" if value is None else fold(str(value))


def _number(value: Value, _now: datetime) -> float | None:
    return None if value is None else float(Decimal(str(value)))


def _age(value: Value, now: datetime) -> float | None:
    """Seconds since a moment."""
    return (now - datetime.fromisoformat(str(value))).total_seconds() if value else None


_NUMBERS: Final[dict[str, Callable[[Value, datetime], float | None]]] = {"age": _age}
