"""SQL statements as jobs of `Database.write`."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence


def execute(statement: str, values: Sequence[object] = ()) -> Callable[[sqlite3.Connection], None]:
    """Return a job that executes `statement`."""

    def job(connection: sqlite3.Connection) -> None:
        connection.execute(statement, values)

    return job


def execute_many(statement: str, rows: Iterable[Sequence[object]]) -> Callable[[sqlite3.Connection], None]:
    """Return a job that executes `statement` for each of `rows`."""

    def job(connection: sqlite3.Connection) -> None:
        connection.executemany(statement, rows)

    return job
