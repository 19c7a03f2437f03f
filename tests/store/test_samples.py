"""The cost of adding a sample to a full table, in instructions of SQLite's virtual machine."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from support.factories import NOON

from xds_tui.domain.records import Sample
from xds_tui.store import samples
from xds_tui.store.migrations import migrate

FULL = 5_000
"""Rows of a full table."""


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Iterator[sqlite3.Connection]:
    monkeypatch.setattr(samples, "MAX_SAMPLES", FULL)
    monkeypatch.setattr(samples, "MIN_ROWS_KEPT", 1)
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection)
    samples.add_samples(connection, "one", [a_sample(seconds) for seconds in range(FULL)])
    yield connection
    connection.close()


def a_sample(seconds: int) -> Sample:
    return Sample(at=NOON + timedelta(seconds=seconds), total=40, on=20, changing=0)


def steps(connection: sqlite3.Connection, scopes: list[str]) -> int:
    """Return the instructions that adding one sample to each account in turn takes."""
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    connection.set_progress_handler(count, 1)
    for number, scope in enumerate(scopes):
        samples.add_samples(connection, scope, [a_sample(FULL + number)])
    connection.set_progress_handler(None, 1)
    return counted


def rows(connection: sqlite3.Connection, scope: str) -> int:
    (count,) = connection.execute("SELECT count(*) FROM samples WHERE scope = ?", (scope,)).fetchone()
    return int(count)


def test_adding_to_a_full_table_costs_hardly_more_than_to_an_empty_one(connection: sqlite3.Connection) -> None:
    count = 2 * samples.DROP_INTERVAL
    full = steps(connection, ["one"] * count)
    connection.execute("DELETE FROM samples")
    empty = steps(connection, ["one"] * count)
    assert full < 4 * empty


def test_the_table_never_has_many_more_rows_than_its_limit(connection: sqlite3.Connection) -> None:
    for _round in range(4):
        steps(connection, ["one"] * (samples.DROP_INTERVAL // 2 + 1))
        assert FULL <= rows(connection, "one") < FULL + samples.DROP_INTERVAL


def test_accounts_whose_rows_alternate_are_both_bounded(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "MAX_SAMPLES", 100)
    steps(connection, ["one", "two"] * (3 * samples.DROP_INTERVAL))
    assert rows(connection, "one") < 100 + 2 * samples.DROP_INTERVAL
    assert rows(connection, "two") < 100 + 2 * samples.DROP_INTERVAL


MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def add_minutes(connection: sqlite3.Connection, first: int, last: int) -> None:
    """Add a sample each minute from the day `first` to the day `last`."""
    count = (last - first) * DAY // MINUTE
    added = [Sample(at=NOON + first * DAY + number * MINUTE, total=1, on=1, changing=0) for number in range(count)]
    samples.add_samples(connection, "one", added)


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> Iterator[sqlite3.Connection]:
    monkeypatch.setattr(samples, "MIN_ROWS_KEPT", 100)
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection)
    yield connection
    connection.close()


def times(connection: sqlite3.Connection, since: datetime, until: datetime) -> tuple[datetime, ...]:
    return samples.observation_times(connection, "one", since, until)


def test_of_old_samples_the_last_of_each_quarter_of_an_hour_is_kept(empty: sqlite3.Connection) -> None:
    for day in range(20):
        add_minutes(empty, day, day + 1)
    found = times(empty, NOON + DAY, NOON + 3 * DAY - MINUTE)
    assert {at.minute for at in found} == {14, 29, 44, 59}
    assert max(later - earlier for earlier, later in pairwise(found)) == timedelta(minutes=15)
    dense = times(empty, NOON + 5 * DAY, NOON + 20 * DAY)
    assert len(dense) == 15 * DAY // MINUTE + 1


def test_a_clock_that_was_briefly_ahead_does_not_thin_the_latest_samples(empty: sqlite3.Connection) -> None:
    add_minutes(empty, 0, 1)
    samples.add_samples(empty, "one", [Sample(at=NOON + 400 * DAY, total=1, on=1, changing=0)])
    add_minutes(empty, 1, 2)
    assert len(times(empty, NOON + 2 * DAY - 90 * MINUTE, NOON + 2 * DAY)) >= 90


def test_observation_times_begin_with_the_last_one_before(empty: sqlite3.Connection) -> None:
    add_minutes(empty, 0, 1)
    samples.add_samples(empty, "two", [Sample(at=NOON + timedelta(seconds=90), total=1, on=1, changing=0)])
    assert times(empty, NOON + 2.5 * MINUTE, NOON + 4 * MINUTE) == tuple(NOON + number * MINUTE for number in (2, 3, 4))
    assert times(empty, NOON - MINUTE, NOON) == (NOON,)
    assert times(empty, NOON + 9 * DAY, NOON + 10 * DAY) == (NOON + DAY - MINUTE,)
