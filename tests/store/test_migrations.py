"""The migration from schema version 2, on a history written by the last program that used it."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

import pytest

from xds_tui.domain.records import CostSplit, Doubt, EventKind, OrderAction, OrderState
from xds_tui.store import migrations
from xds_tui.store.database import Database
from xds_tui.store.journal import Journal
from xds_tui.store.migrations import MIGRATIONS

SECOND: Final = timedelta(seconds=1)
VERSION_2: Final = Path(__file__).with_name("history_version_2.sql")

STATES: Final = {
    "intended": OrderState.PENDING,
    "sent": OrderState.SENT,
    "refused": OrderState.REJECTED,
    "not sent": OrderState.NOT_SENT,
    "unknown": OrderState.UNKNOWN,
    "done": OrderState.ACCEPTED,
    "settled": OrderState.CONFIRMED,
    "not seen": OrderState.UNCONFIRMED,
}
"""The states of version 2. The fixture has a create and a stop in each; their IDs name it."""

_QUERIES: Final = {
    "orders": "SELECT id, scope, created_at, state, body FROM orders ORDER BY id",
    "events": "SELECT * FROM events ORDER BY id",
    "samples": (
        "SELECT id, scope, at, total, running, changing, unpriced, billed_low, billed_high, prepaid_low, prepaid_high"
        " FROM samples ORDER BY id"
    ),
    "snapshots": "SELECT * FROM snapshots ORDER BY scope",
    "said": "SELECT * FROM said ORDER BY scope, key",
}

Rows = list[tuple[object, ...]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "history.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_2.read_text(encoding="utf-8"))
    return path


def rows_of(path: Path, table: str) -> Rows:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(_QUERIES[table]).fetchall()


def content(path: Path) -> bytes:
    return path.read_bytes()


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


async def opened(path: Path) -> tuple[Database, Journal]:
    database = await Database.open(path)
    assert database.problem is None
    journal = Journal(database, "default")
    await journal.bind_account("https://api.example.com", "account-1")
    return database, journal


async def migrated(path: Path) -> None:
    database, _journal = await opened(path)
    await database.close()


async def test_orders_keep_their_states_under_the_new_words(path: Path) -> None:
    database, journal = await opened(path)
    orders = {order.id: order for order in await journal.orders(100)}
    await database.close()
    for word, state in STATES.items():
        for action, prefix in ((OrderAction.CREATE, "create"), (OrderAction.POWER_OFF, "stop")):
            order = orders[f"{prefix}-{word.replace(' ', '-')}"]
            assert (order.action, order.state) == (action, state)
    assert orders["create-done"].message == "it was refused, done, settled"
    candidate = orders["doubt-refused"].candidate
    assert candidate is not None
    assert (candidate.doubt, candidate.host_name) == (Doubt.REJECTED, "渲染-8")
    assert len(orders) == 2 * len(STATES) + len(Doubt)


async def test_open_orders_are_still_open(path: Path) -> None:
    database, journal = await opened(path)
    found = {order.id for order in await journal.open_orders()}
    await database.close()
    assert found == {
        f"{action}-{state}" for action in ("create", "stop") for state in ("intended", "sent", "unknown", "done")
    }


async def test_the_column_and_the_body_of_an_order_name_the_same_state(path: Path) -> None:
    await migrated(path)
    for order_id, _scope, _created_at, state, body in rows_of(path, "orders"):
        if not str(order_id).startswith(("broken", "later", "blob")):
            assert json.loads(str(body))["state"] == state
            assert state in {state.value for state in OrderState}


async def test_events_keep_their_states_and_doubts(path: Path) -> None:
    database, journal = await opened(path)
    events = await journal.events(100)
    await database.close()
    assert {event.order_id: event.state for event in events if event.kind is EventKind.ORDER} == {
        f"stop-{word.replace(' ', '-')}": state for word, state in STATES.items()
    }
    assert [event.doubt for event in events if event.kind is EventKind.CANDIDATE][::-1] == list(Doubt)


async def test_orders_keep_their_quotes(path: Path) -> None:
    rows = [(str(row[0]), str(row[4])) for row in rows_of(path, "orders")]
    before = {order_id: json.loads(body)["promise"] for order_id, body in rows if '"promise":{' in body}
    database, journal = await opened(path)
    quotes = {order.id: order.quote for order in await journal.orders(100) if order.quote is not None}
    await database.close()
    assert {"create-done", "create-unknown"} <= quotes.keys() <= before.keys()
    bodies = {row[0]: json.loads(str(row[4])) for row in rows_of(path, "orders") if row[0] in quotes}
    assert {order_id: body["quote"] for order_id, body in bodies.items()} == {id_: before[id_] for id_ in quotes}
    assert not any("promise" in body for body in bodies.values())
    assert {str(quote.estimate) for quote in quotes.values()} == {before[id_]["estimate"] for id_ in quotes}


async def test_errors_among_the_events_keep_their_kind_under_the_new_word(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        body = '{"at":"2026-11-23T12:00:00Z","kind":"trouble","summary":"trouble"}'
        scope = connection.execute("SELECT scope FROM events LIMIT 1").fetchone()[0]
        connection.execute("INSERT INTO events VALUES (NULL, ?, 1795435200000000, ?)", (scope, body))
        connection.commit()
    database, journal = await opened(path)
    events = await journal.events(100)
    await database.close()
    assert [event.summary for event in events if event.kind is EventKind.ERROR] == ["trouble"]


async def test_rows_that_cannot_be_read_keep_their_bodies_and_whether_they_are_open(path: Path) -> None:
    before = {row[0]: row[4] for row in rows_of(path, "orders")}
    database, journal = await opened(path)
    unreadable = {order.id: order.is_open for order in await journal.unreadable_orders()}
    await database.close()
    assert unreadable == {"broken-refused": False, "broken-done": True, "later-state": True, "blob-settled": False}
    after = {row[0]: row[4] for row in rows_of(path, "orders")}
    assert {id_: after[id_] for id_ in ("broken-refused", "later-state", "blob-settled")} == {
        id_: before[id_] for id_ in ("broken-refused", "later-state", "blob-settled")
    }


async def test_other_tables_stay_as_they_are(path: Path) -> None:
    before = [rows_of(path, table) for table in ("samples", "snapshots", "said")]
    database, journal = await opened(path)
    snapshot = await journal.last_snapshot()
    await database.close()
    assert [rows_of(path, table) for table in ("samples", "snapshots", "said")] == before
    assert snapshot is not None
    assert [host.name for host in snapshot.hosts] == ["渲染-07"]


async def test_samples_that_lack_a_split_are_read_and_new_ones_have_one(path: Path) -> None:
    database, journal = await opened(path)
    at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    (old,) = await journal.samples(at - SECOND, 10, at + SECOND)
    split = CostSplit(
        {"RTX 4090": Decimal("1.10"), "": Decimal("0.4")},
        {"0": Decimal("1.50")},
        {"render": Decimal(1)},
        {"": Decimal(2)},
    )
    await journal.add_sample(replace(old, at=at + SECOND, split=split))
    found = await journal.samples(at - SECOND, 1000, at + 9 * SECOND)
    await database.close()
    assert (old.billed_high, old.split) == (Decimal("1.50"), None)
    assert [sample.split for sample in found] == [None, split]


async def test_opening_again_changes_nothing(path: Path) -> None:
    await migrated(path)
    tables = ("orders", "events")
    before = [rows_of(path, table) for table in tables]
    await migrated(path)
    assert [rows_of(path, table) for table in tables] == before
    with closing(sqlite3.connect(path)) as connection:
        for statement in MIGRATIONS[2]:
            connection.execute(statement)
        connection.commit()
    assert [rows_of(path, table) for table in tables] == before


@pytest.mark.parametrize("statement", range(len(MIGRATIONS[2])))
def test_a_migration_that_is_killed_is_done_whole_by_the_next_start(path: Path, statement: int) -> None:
    before = {table: rows_of(path, table) for table in ("orders", "events")}
    script = f"""
import os, signal, sqlite3
from xds_tui.store.migrations import MIGRATIONS, migrate
connection = sqlite3.connect({str(path)!r}, isolation_level=None)
def kill(sql):
    if sql == MIGRATIONS[2][{statement}]:
        os.kill(os.getpid(), signal.SIGKILL)
connection.set_trace_callback(kill)
migrate(connection)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -signal.SIGKILL
    assert version_of(path) == 2
    assert {table: rows_of(path, table) for table in before} == before
    asyncio.run(migrated(path))
    assert version_of(path) == len(MIGRATIONS)
    states = [row[3] for row in rows_of(path, "orders")]
    assert not {"intended", "done", "settled", "not seen", "refused"} & set(states)


async def test_a_program_of_version_2_leaves_the_migrated_file_alone(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrated(path)
    before = content(path)
    monkeypatch.setattr(migrations, "MIGRATIONS", MIGRATIONS[:2])
    database = await Database.open(path)
    assert database.problem is not None
    assert "newer version" in database.problem.summary
    await database.close()
    assert content(path) == before
