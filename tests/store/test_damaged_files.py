"""Whatever the history file holds, it does not end the program: the journal answers, or raises StoreError."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.factories import NOON, a_host, a_quote, a_snapshot
from test_journal import A_PURCHASE, a_sample, an_event, an_order

from xds_tui.domain.records import EventKind, OrderState
from xds_tui.store import database, database_file
from xds_tui.store.database import Database, StoreError
from xds_tui.store.journal import Journal
from xds_tui.text import export, messages

EXAMPLES = int(os.environ.get("XDS_TEST_DAMAGES", "15"))
"""Files of each kind of damage; many more are tried by hand."""

VALUES: tuple[object, ...] = (
    None,
    "",
    b"",
    0,
    -1,
    1.5,
    float("inf"),
    2**63 - 1,
    -(2**63),
    253402300799000000,
    "\x1b[2J",
    "ÿ" * 5000,
    b"\xff\xfe\x00",
    "NaN",
    "sNaN",
    "1e999999999",
    "[" * 50_000,
    "{}",
    "[]",
    "null",
    '{"id": 1e400}',
    '{"at": "9999-12-31T23:59:59.999999Z", "kind": "gone"}',
    '{"at": "2026-11-23T12:00:00", "kind": "gone"}',
    "default",
    "sent",
)
"""What may stand in any column."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A history with some of everything in it."""
    path = tmp_path_factory.mktemp("sound") / "journal.db"
    asyncio.run(_fill(path))
    return path


async def _fill(path: Path) -> None:
    opened = Database(path)
    journal = Journal(opened, "default")
    await journal.add_events([an_event(second, kind=kind) for second, kind in enumerate(EventKind)])
    await journal.add_events([an_event(minutes * 60, host_id=f"h{minutes}") for minutes in range(100)])
    orders = [an_order(f"o{second}", second, state=state) for second, state in enumerate(OrderState)]
    bought = [replace(A_PURCHASE, id=f"b{number}", host_id=f"h{number}") for number in range(5)]
    await journal.write_orders([*orders, *bought, replace(A_PURCHASE, id="b9", state=OrderState.UNKNOWN)])
    for minute in range(50):
        await journal.add_sample(a_sample(minute * 60))
    await journal.save_snapshot(a_snapshot(*(a_host(id=f"h{number}") for number in range(250))))
    await journal.mark_reported(["one", "two"], NOON)
    await opened.close()


async def _use(path: Path) -> None:
    """Do everything that the program does with its history; each may raise StoreError, and nothing else."""
    opened = Database(path)
    for profile in ("default", "other"):
        journal = Journal(opened, profile)
        for work in _works(journal):
            with contextlib.suppress(StoreError):
                await work()
    await opened.close()


def _works(journal: Journal) -> list[Callable[[], Awaitable[object]]]:
    async def read() -> None:
        snapshot = await journal.last_snapshot()
        hosts = {host.id: host for host in snapshot.hosts} if snapshot else {}
        orders = await journal.orders(1000)
        export.orders_table(orders, hosts)
        for order in orders:
            messages.order_lines(order)

    async def read_events() -> None:
        events = await journal.events(1000, NOON + timedelta(days=400))
        export.events_table(events)
        messages.events_notice(events)
        for event in events:
            messages.event_lines(event)

    async def read_samples() -> None:
        for sample in await journal.samples(NOON - timedelta(days=9), 100, NOON + timedelta(days=9)):
            float(sample.billed_low or 0), sample.at.astimezone(), sample.total + sample.on

    async def open_orders() -> None:
        for order in await journal.open_orders():
            await journal.write_orders([replace(order, state=OrderState.UNCONFIRMED)])

    return [
        read,
        lambda: journal.bind_account("https://one.invalid", "A1"),
        read,
        read_events,
        read_samples,
        journal.bought,
        journal.unreadable_orders,
        journal.creates_elsewhere,
        lambda: journal.add_events([an_event(9), an_event(10)]),
        lambda: journal.add_sample(a_sample(9)),
        lambda: journal.mark_reported(["two", "three"], NOON + timedelta(days=200)),
        lambda: journal.settle_order(replace(A_PURCHASE, id="b9", host_id="new", quote=a_quote())),
        open_orders,
        lambda: journal.save_snapshot(a_snapshot(a_host())),
        lambda: journal.write_orders([an_order("new")]),
        journal.restore_orders,
        read,
    ]


def flip(path: Path, random: random.Random) -> None:
    """Change bytes anywhere, a few or many."""
    content = bytearray(path.read_bytes())
    for _ in range(random.choice((1, 3, 30, 3000))):
        content[random.randrange(len(content))] = random.randrange(256)
    path.write_bytes(content)


def flip_in_rows(path: Path, random: random.Random) -> None:
    """Change bytes where texts stand, so that the file is sound and its rows are not."""
    content = bytearray(path.read_bytes())
    for _ in range(random.choice((1, 10, 200))):
        place = content.find(b'"', random.randrange(len(content)))
        if place > 0:
            content[place + random.randrange(8)] = random.randrange(256)
    path.write_bytes(content)


def truncate(path: Path, random: random.Random) -> None:
    os.truncate(path, random.choice((0, 1, 99, 512, 4096, random.randrange(path.stat().st_size))))


def rewrite(path: Path, random: random.Random) -> None:
    """Put anything into the columns of some rows."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for _ in range(random.choice((1, 5, 40))):
            table = random.choice(tables)
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            column, value = random.choice(columns), random.choice(VALUES)
            cast = random.choice(("?", "CAST(? AS TEXT)", "CAST(? AS BLOB)"))
            where = random.choice(("1", "random() % 3 = 0"))
            with contextlib.suppress(sqlite3.IntegrityError):
                statement = f"UPDATE OR IGNORE {table} SET {column} = {cast} WHERE {where}"  # noqa: S608 - our own names
                connection.execute(statement, (value,))


def redefine(path: Path, random: random.Random) -> None:
    """Drop or change what the tables are."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        table = random.choice(tables)
        connection.execute(
            random.choice(
                (
                    f"DROP TABLE {table}",
                    f"ALTER TABLE {table} RENAME TO other",
                    f"ALTER TABLE {table} ADD COLUMN more",
                    f"PRAGMA user_version = {random.choice((-5, 0, 1, 99))}",
                    f"PRAGMA application_id = {random.choice((-5, 0, 1, 99))}",
                    "PRAGMA journal_mode = DELETE",
                )
            )
        )


@pytest.mark.sweep(3)
@pytest.mark.parametrize("damage", [flip, flip_in_rows, truncate, rewrite, redefine])
def test_a_damaged_history_is_survived(
    sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path, random.Random], None]
) -> None:
    for module in (database, database_file):
        monkeypatch.setattr(module, "BUSY_TIMEOUT", 0.1)
    for seed in range(EXAMPLES):
        folder = tmp_path / str(seed)
        folder.mkdir()
        shutil.copy(sound, folder)
        damage(folder / "journal.db", random.Random(seed))
        try:
            asyncio.run(_use(folder / "journal.db"))
        except Exception as error:
            error.add_note(f"{damage.__name__}, seed {seed}")
            raise
        shutil.rmtree(folder)
