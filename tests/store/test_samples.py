"""The cost of adding a sample to a full table, in instructions of SQLite's virtual machine."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta

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
