"""What a machine of the proof left behind: its journal, and the log of what its user asked for."""

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
    """Create requests that came to its line."""


def record_of(folder: Path, received: int) -> Record:
    """Read what a machine left in `folder`."""
    log, database = folder / "asked.jsonl", folder / "journal.db"
    asked = asked_in(log) if log.exists() else []
    orders = written_orders(database) if database.exists() else []
    return Record(asked, orders, received)


def written_orders(database: Path) -> list[Order]:
    """Every order in a journal's file, whosever it is, oldest first: the judge does not ask the program."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT body FROM orders ORDER BY created_at, rowid").fetchall()
    return [msgspec.json.decode(body, type=Order) for (body,) in rows]


def asked_in(log: Path) -> list[Asked]:
    """The lines of a buyer's log; the last may be cut off by a kill, and nothing was given to the program then."""
    lines = log.read_bytes().split(b"\n")
    return [msgspec.json.decode(line, type=Asked) for line in lines[:-1]]
