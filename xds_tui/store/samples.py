"""What the sweeps counted, row by row: statements that `journal` runs on the store's thread."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from xds_tui.domain.records import Sample
from xds_tui.store.bodies import MAX_NUMBER, check_decimal
from xds_tui.store.timestamps import microseconds, moment

ALWAYS_KEPT: Final = 5_000
"""Rows that stay whatever their age: a clock that was years ahead for a moment must not empty the history."""


def drop_old(connection: sqlite3.Connection, table: str, scope: str, most: int, age: timedelta) -> None:
    """Drop the rows of `scope` that have become too many or, counted from the newest, too old.

    Args:
        connection: in a transaction.
        table: one of ours, with the columns `scope` and `at`.
        scope: whose rows.
        most: rows to keep at most.
        age: how much older than the newest a row may be.

    """
    mine = f"FROM {table} WHERE scope = :scope AND typeof(at) = 'integer'"
    nth = f"(SELECT at {mine} ORDER BY at DESC LIMIT 1 OFFSET {{}})"
    newest, last_kept, always_kept = connection.execute(
        f"SELECT max(at), {nth.format(most - 1)}, {nth.format(ALWAYS_KEPT - 1)} {mine}",
        {"scope": scope},
    ).fetchone()
    if newest is None or always_kept is None:
        return
    oldest = max(min(newest - microseconds(age), always_kept), last_kept or 0, 0)
    connection.execute(f"DELETE FROM {table} WHERE scope = ? AND at < ?", (scope, oldest))  # noqa: S608 - as above


MAX_SAMPLES: Final = 100_000
"""Samples kept of an account: two weeks of sweeps every 15 s."""
MAX_AGE: Final = timedelta(days=15)

_COLUMNS: Final = "at, total, running, changing, unpriced, billed_low, billed_high, prepaid_low, prepaid_high"
_ADD: Final = f"INSERT INTO samples (scope, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - constants
_BETWEEN: Final = (
    f"SELECT {_COLUMNS} FROM samples WHERE id IN (SELECT max(id) FROM samples"  # noqa: S608 - constants
    " WHERE scope = :scope AND at >= :start AND at <= :end AND typeof(at) = 'integer'"
    " GROUP BY (at - :start) / :width) ORDER BY at"
)


def add_sample(connection: sqlite3.Connection, scope: str, sample: Sample) -> None:
    """Add a sample, and drop those that have become too many or too old."""
    counts = (sample.total, sample.on, sample.changing, sample.unpriced)
    prices = (sample.billed_low, sample.billed_high, sample.prepaid_low, sample.prepaid_high)
    texts = (None if price is None else str(price) for price in prices)
    connection.execute(_ADD, (scope, microseconds(sample.at), *counts, *texts))
    drop_old(connection, "samples", scope, MAX_SAMPLES, MAX_AGE)


def samples_between(
    connection: sqlite3.Connection, scope: str, since: datetime, until: datetime, most: int
) -> tuple[Sample, ...]:
    """Return the samples between two moments, oldest first; of more than about `most`, the last of each stretch."""
    start, end = microseconds(since), microseconds(until)
    where = {"scope": scope, "start": start, "end": end, "width": max(1, (end - start) // max(1, most))}
    rows = connection.execute(_BETWEEN, where)
    return tuple(sample for row in rows if (sample := _sample(row)) is not None)


def _sample(row: tuple[object, ...]) -> Sample | None:
    """Return the sample of a row; None if one of its values is of another kind or out of range."""
    at, *counts = row[:5]
    if not all(isinstance(count, int) and 0 <= count <= MAX_NUMBER for count in counts):
        return None
    total, running, changing, unpriced = (count for count in counts if isinstance(count, int))
    try:
        billed_low, billed_high, prepaid_low, prepaid_high = map(_price, row[5:])
        return Sample(
            at=moment(at),
            total=total,
            on=running,
            changing=changing,
            unpriced=unpriced,
            billed_low=billed_low,
            billed_high=billed_high,
            prepaid_low=prepaid_low,
            prepaid_high=prepaid_high,
        )
    except ValueError:
        return None


def _price(value: object) -> Decimal | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError("not a price")
    try:
        price = Decimal(value)
    except InvalidOperation:
        raise ValueError("not a price") from None
    check_decimal(price)
    return price
