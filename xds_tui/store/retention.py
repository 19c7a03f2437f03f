"""How much is kept: tables that only grow are bounded by the number of their rows and by their age."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from typing import Final

from xds_tui.store.moments import microseconds

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
