"""The records of a machine: its journal, and the log of the user's requests."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec

from xds_tui.domain.records import Order

from .request import Asked


@dataclass(frozen=True)
class Record:
    """The evidence of one machine."""

    asked: list[Asked]
    orders: list[Order]
    received: int
    """Create requests that reached its wire."""


def record_of(folder: Path, received: int) -> Record:
    """Read the records in `folder`."""
    log, database = folder / "asked.jsonl", folder / "journal.db"
    asked = asked_in(log) if log.exists() else []
    orders = written_orders(database) if database.exists() else []
    return Record(asked, orders, received)


def written_orders(database: Path) -> list[Order]:
    """Return every order in a journal's file with any scope, oldest first, without the code of the program."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT body FROM orders ORDER BY created_at, rowid").fetchall()
    return [msgspec.json.decode(body, type=Order) for (body,) in rows]


def asked_in(log: Path) -> list[Asked]:
    """Return the lines of a buyer's log; the last one may be truncated by a kill, before the program received it."""
    lines = log.read_bytes().split(b"\n")
    return [msgspec.json.decode(line, type=Asked) for line in lines[:-1]]
