"""The rows of samples, for `journal` to use on the store's thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from xds_tui.domain.records import CostSplit, Sample
from xds_tui.domain.sanitize import clean
from xds_tui.store.bodies import MAX_NUMBER, check_decimal, from_microseconds, microseconds

MIN_ROWS_KEPT: Final = 5_000
"""Rows kept regardless of age: a clock that was briefly years ahead must not empty the history."""

DROP_INTERVAL: Final = 499
"""Rows added to a table between two deletions, whose search takes as long as the table is full.

It is prime, so that no account is passed over for ever whose rows alternate with those of others.
"""


def drop_old(
    connection: sqlite3.Connection, table: str, scope: str, added: int, max_rows: int, max_age: timedelta
) -> None:
    """Delete the oldest rows of `scope`, once for each `DROP_INTERVAL` rows of the table.

    Args:
        connection: in a transaction.
        table: a table with the columns `id`, `scope` and `at`.
        scope: the account.
        added: number of rows that have just been added.
        max_rows: maximum number of rows to keep.
        max_age: maximum age of a row, relative to the newest.

    """
    if not _is_due(connection, table, added):
        return
    own_rows = f"FROM {table} WHERE scope = :scope AND typeof(at) = 'integer'"
    nth = f"(SELECT at {own_rows} ORDER BY at DESC LIMIT 1 OFFSET {{}})"
    newest, last_kept, always_kept = connection.execute(
        f"SELECT max(at), {nth.format(max_rows - 1)}, {nth.format(MIN_ROWS_KEPT - 1)} {own_rows}",
        {"scope": scope},
    ).fetchone()
    if newest is None or always_kept is None:
        return
    oldest = max(min(newest - microseconds(max_age), always_kept), last_kept or 0, 0)
    connection.execute(f"DELETE FROM {table} WHERE scope = ? AND at < ?", (scope, oldest))  # noqa: S608 - as above


def _is_due(connection: sqlite3.Connection, table: str, added: int) -> bool:
    """Return whether old rows are to be searched for: once for each `DROP_INTERVAL` rows of the table."""
    (last,) = connection.execute(f"SELECT max(id) FROM {table}").fetchone()  # noqa: S608 - a name of ours
    return last is not None and last // DROP_INTERVAL != (last - added) // DROP_INTERVAL


MAX_SAMPLES: Final = 100_000
"""Samples stored per account: two weeks with a refresh every 15 s, and three months of thinned ones."""
MAX_AGE: Final = timedelta(days=90)
"""The age of the oldest events, so that a report on costs knows when the fleet was observed."""

DENSE_AGE: Final = timedelta(days=15)
"""Age from which samples are thinned."""
THINNED: Final = timedelta(minutes=15)
"""Time for which one of the older samples is kept, the last."""

_COLUMNS: Final = "at, total, running, changing, unpriced, billed_low, billed_high, prepaid_low, prepaid_high, split"
_ADD: Final = f"INSERT INTO samples (scope, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - constants
_BETWEEN: Final = (
    f"SELECT {_COLUMNS} FROM samples WHERE id IN (SELECT max(id) FROM samples"  # noqa: S608 - constants
    " WHERE scope = :scope AND at >= :start AND at <= :end AND typeof(at) = 'integer'"
    " GROUP BY (at - :start) / :width) ORDER BY at"
)


def add_samples(connection: sqlite3.Connection, scope: str, samples: Iterable[Sample]) -> None:
    """Add samples, and from time to time delete those beyond `MAX_SAMPLES` and `MAX_AGE`."""
    rows = [(scope, *_row(sample)) for sample in samples]
    connection.executemany(_ADD, rows)
    _thin_old(connection, scope, len(rows))
    drop_old(connection, "samples", scope, len(rows), MAX_SAMPLES, MAX_AGE)


def _thin_old(connection: sqlite3.Connection, scope: str, added: int) -> None:
    """Delete all but the last sample of each `THINNED` of those older than `DENSE_AGE`, as often as `drop_old`."""
    if not _is_due(connection, "samples", added):
        return
    own = "FROM samples WHERE scope = :scope AND typeof(at) = 'integer'"
    where = {
        "scope": scope,
        "dense": microseconds(DENSE_AGE),
        "width": microseconds(THINNED),
        "kept": MIN_ROWS_KEPT - 1,
    }
    connection.execute(
        "DELETE FROM samples WHERE id IN (SELECT id FROM ("  # noqa: S608 - constants
        f" SELECT id, at / :width AS part, lead(at / :width) OVER (ORDER BY at) AS next_part {own}"
        f" AND at < (SELECT max(at) {own}) - :dense AND at < (SELECT at {own} ORDER BY at DESC LIMIT 1 OFFSET :kept)"
        ") WHERE part = next_part)",
        where,
    )


def observation_times(
    connection: sqlite3.Connection, scope: str, since: datetime, until: datetime
) -> tuple[datetime, ...]:
    """Return the times of all samples from the last one before `since` to `until`, oldest first."""
    where = {"scope": scope, "start": microseconds(since), "end": microseconds(until)}
    own = "SELECT at FROM samples WHERE scope = :scope AND typeof(at) = 'integer'"
    rows = connection.execute(
        f"{own} AND at <= :end AND at >= ifnull(({own} AND at >= 0 AND at < :start ORDER BY at DESC LIMIT 1), :start)"
        " ORDER BY at",
        where,
    )
    return tuple(from_microseconds(at) for (at,) in rows)


def samples_between(
    connection: sqlite3.Connection, scope: str, since: datetime, until: datetime, limit: int
) -> tuple[Sample, ...]:
    """Return about `limit` samples from `since` to `until`, oldest first: the last one of each interval."""
    start, end = microseconds(since), microseconds(until)
    where = {"scope": scope, "start": start, "end": end, "width": max(1, (end - start) // max(1, limit))}
    rows = connection.execute(_BETWEEN, where)
    return tuple(sample for row in rows if (sample := _sample(row)) is not None)


def count_unreadable_samples(connection: sqlite3.Connection) -> int:
    """Count the samples of all accounts that cannot be decoded."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM samples")  # noqa: S608 - constants
    return sum(_sample(row) is None for row in rows)


def _row(sample: Sample) -> tuple[int | str | None, ...]:
    counts = (sample.total, sample.on, sample.changing, sample.unpriced)
    prices = (sample.billed_low, sample.billed_high, sample.prepaid_low, sample.prepaid_high)
    split = None if sample.split is None else msgspec.json.encode(sample.split).decode()
    return (microseconds(sample.at), *counts, *(None if price is None else str(price) for price in prices), split)


def _sample(row: tuple[object, ...]) -> Sample | None:
    """Return the sample of a row, or None if a value has the wrong type or is out of range."""
    at, *counts = row[:5]
    if not all(isinstance(count, int) and 0 <= count <= MAX_NUMBER for count in counts):
        return None
    total, running, changing, unpriced = (count for count in counts if isinstance(count, int))
    try:
        billed_low, billed_high, prepaid_low, prepaid_high = map(_price, row[5:9])
        return Sample(
            at=from_microseconds(at),
            total=total,
            on=running,
            changing=changing,
            unpriced=unpriced,
            billed_low=billed_low,
            billed_high=billed_high,
            prepaid_low=prepaid_low,
            prepaid_high=prepaid_high,
            split=_split(row[9]),
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


def _split(body: object) -> CostSplit | None:
    if body is None:
        return None
    if not isinstance(body, str):
        raise ValueError("not a split")
    try:
        split = msgspec.json.decode(body, type=CostSplit)
    except (msgspec.MsgspecError, RecursionError):
        raise ValueError("not a split") from None
    return CostSplit(*map(_checked, (split.gpu, split.region, split.tag, split.owner)))


def _checked(parts: Mapping[str, Decimal]) -> dict[str, Decimal]:
    for cost in parts.values():
        check_decimal(cost)
    return {clean(name): cost for name, cost in parts.items()}
