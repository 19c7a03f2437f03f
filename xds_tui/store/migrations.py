"""The database schema and its migrations."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from typing import Final

APPLICATION_ID: Final = 0x78647331
"""`xds1` in the file header, which distinguishes the file from other SQLite databases."""

_STATE_WORDS: Final = (
    ("intended", "pending"),
    ("done", "accepted"),
    ("settled", "confirmed"),
    ("not seen", "unconfirmed"),
    ("refused", "rejected"),
)
"""The order states of schema versions 1 and 2, and those of version 3; no word is in both columns."""


def _rename_words(table: str, path: str) -> str:
    """Return the statement that renames the words at the JSON `path` of every body that is valid JSON."""
    word = f"json_extract(body, '{path}')"
    cases = " ".join(f"WHEN '{old}' THEN '{new}'" for old, new in _STATE_WORDS)
    old_words = ", ".join(f"'{old}'" for old, _new in _STATE_WORDS)
    return (
        f"UPDATE {table} SET body = json_set(body, '{path}', CASE {word} {cases} END)"  # noqa: S608 - constants
        f" WHERE CASE WHEN typeof(body) = 'text' AND json_valid(body) THEN {word} IN ({old_words}) END"
    )


RENAME_ORDER_STATES: Final = (
    # A body that cannot be read stays as it is; the column still shows whether such an order is open.
    *(f"UPDATE orders SET state = '{new}' WHERE state = '{old}'" for old, new in _STATE_WORDS),  # noqa: S608 - constants
    _rename_words("orders", "$.state"),
    _rename_words("orders", "$.candidate.doubt"),
)
"""Statements that rename the states of orders; running them again changes nothing."""

RENAME_QUOTES: Final = (
    "UPDATE orders"
    " SET body = json_set(json_remove(body, '$.promise'), '$.quote', json_extract(body, '$.promise'))"
    " WHERE CASE WHEN typeof(body) = 'text' AND json_valid(body) THEN json_type(body, '$.promise') IS NOT NULL END"
)
"""Statement that renames the quotes of orders, which were called promises up to version 4."""

AFTER_SALVAGE: Final = (
    *RENAME_ORDER_STATES,
    RENAME_QUOTES,
    (
        "UPDATE OR IGNORE orders SET request_id = json_extract(body, '$.request_id'),"
        " request_index = json_extract(body, '$.request_index')"
        " WHERE CASE WHEN typeof(body) = 'text' AND json_valid(body) THEN json_extract(body, '$.request_id') <> '' END"
    ),
)
"""Statements that complete the rows of orders that were copied from a damaged file."""

MIGRATIONS: Final = (
    (
        f"PRAGMA application_id = {APPLICATION_ID}",
        "CREATE TABLE events (id INTEGER PRIMARY KEY, profile TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL)",
        "CREATE INDEX events_by_time ON events (profile, at)",
        """CREATE TABLE orders (id TEXT PRIMARY KEY, profile TEXT NOT NULL, created_at INTEGER NOT NULL,
           state TEXT NOT NULL, body TEXT NOT NULL)""",
        "CREATE INDEX orders_by_time ON orders (profile, created_at)",
        "CREATE INDEX orders_by_state ON orders (profile, state)",
        "CREATE TABLE snapshots (profile TEXT PRIMARY KEY, body TEXT NOT NULL)",
    ),
    (
        # A profile can be used with several accounts, so rows belong to an account.
        "ALTER TABLE events RENAME COLUMN profile TO scope",
        "ALTER TABLE orders RENAME COLUMN profile TO scope",
        "DROP TABLE snapshots",
        "CREATE TABLE snapshots (scope TEXT PRIMARY KEY, profile TEXT NOT NULL, at INTEGER NOT NULL)",
        """CREATE TABLE snapshot_parts (scope TEXT, part INTEGER, body BLOB NOT NULL,
           PRIMARY KEY (scope, part)) WITHOUT ROWID""",
        """CREATE TABLE samples (id INTEGER PRIMARY KEY, scope TEXT NOT NULL, at INTEGER NOT NULL,
           total INTEGER NOT NULL, running INTEGER NOT NULL, changing INTEGER NOT NULL, unpriced INTEGER NOT NULL,
           billed_low TEXT, billed_high TEXT, prepaid_low TEXT, prepaid_high TEXT)""",
        "CREATE INDEX samples_by_time ON samples (scope, at)",
        "CREATE TABLE said (scope TEXT, key TEXT, at INTEGER NOT NULL, PRIMARY KEY (scope, key)) WITHOUT ROWID",
    ),
    (
        # Stored, exported and displayed states are the same words.
        *RENAME_ORDER_STATES,
        _rename_words("events", "$.state"),
        _rename_words("events", "$.doubt"),
    ),
    (
        # A request ID names the same orders however often a command runs.
        "ALTER TABLE orders ADD COLUMN request_id TEXT",
        "ALTER TABLE orders ADD COLUMN request_index INTEGER",
        "CREATE UNIQUE INDEX orders_by_request ON orders (scope, request_id, request_index)",
    ),
    (
        RENAME_QUOTES,
        (
            "UPDATE events SET body = json_set(body, '$.kind', 'error') WHERE"
            " CASE WHEN typeof(body) = 'text' AND json_valid(body) THEN json_extract(body, '$.kind') = 'trouble' END"
        ),
    ),
    ("ALTER TABLE samples ADD COLUMN split TEXT",),
    (
        # What was on sale last, for the completion of a shell, which must not wait for the network.
        "CREATE TABLE offers (scope TEXT PRIMARY KEY, body BLOB NOT NULL)",
    ),
    (
        # The program that carries out the rules of an account, and what the user has put off (until) or skipped (NULL).
        """CREATE TABLE guards (account TEXT PRIMARY KEY, instance TEXT NOT NULL, program TEXT NOT NULL,
           machine TEXT NOT NULL, since INTEGER NOT NULL, heartbeat INTEGER NOT NULL, interval REAL NOT NULL)""",
        """CREATE TABLE postponements (scope TEXT NOT NULL, rule TEXT NOT NULL, host_id TEXT NOT NULL,
           at INTEGER NOT NULL, until INTEGER, PRIMARY KEY (scope, rule, host_id)) WITHOUT ROWID""",
    ),
)
"""The statements that migrate each `user_version` to the next. Released statements are never changed.

Times are microseconds since the epoch; bodies are JSON. `said` has the keys of reported alerts.
"""


class ForeignDatabaseError(Exception):
    """The file is a database of another program."""


class NewerDatabaseError(Exception):
    """The file was migrated by a later version of this program."""


def migrate(connection: sqlite3.Connection) -> None:
    """Migrate to the current schema, in one transaction.

    Raises:
        ForeignDatabaseError, NewerDatabaseError, sqlite3.Error: nothing has changed then.

    """
    check_version(connection)
    with transaction(connection, "BEGIN IMMEDIATE"):
        check_version(connection)  # another program may have migrated it
        version = pragma(connection, "user_version")
        has_tables = connection.execute("SELECT 1 FROM sqlite_schema").fetchone() is not None
        if version < 0 or (has_tables and pragma(connection, "application_id") != APPLICATION_ID):
            raise ForeignDatabaseError
        for statements in MIGRATIONS[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def check_version(connection: sqlite3.Connection) -> None:
    """Raise `NewerDatabaseError` if the schema is newer than this program."""
    if pragma(connection, "user_version") > len(MIGRATIONS):
        raise NewerDatabaseError


def pragma(connection: sqlite3.Connection, name: str) -> int:
    """Return the value of a numeric PRAGMA."""
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    """Run the body in a transaction opened by the statement `begin`; roll back if it raises."""
    connection.execute(begin)
    try:
        yield
        connection.commit()
    except BaseException:
        with contextlib.suppress(sqlite3.Error, UnicodeDecodeError):  # the first error is more informative
            connection.rollback()
        raise
