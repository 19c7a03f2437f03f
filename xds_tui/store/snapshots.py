"""The last snapshot, in parts: statements that `journal` runs on the store's thread.

A large fleet in one piece would be megabytes that are copied several times, and would hold up every other thread while
they are made; a part is a matter of a millisecond.
"""

from __future__ import annotations

import sqlite3
from typing import Final

import msgspec

from xds_tui.model import Host, Snapshot
from xds_tui.secret import Secret
from xds_tui.store.moments import microseconds, moment

PART: Final = 100
"""Hosts in a part."""


def without_secret(value: object) -> None:
    """Write null for a secret: nothing secret is kept in the database."""
    if not isinstance(value, Secret):
        raise TypeError(f"nothing to keep: {type(value).__name__}")


_ENCODER: Final = msgspec.json.Encoder(enc_hook=without_secret)
_DECODER: Final = msgspec.json.Decoder(tuple[Host, ...])


def save_snapshot(connection: sqlite3.Connection, scope: str, profile: str, snapshot: Snapshot) -> None:
    """Keep `snapshot` in place of the one before, without its passwords."""
    row = (scope, profile, microseconds(snapshot.at))
    connection.execute("INSERT OR REPLACE INTO snapshots (scope, profile, at) VALUES (?, ?, ?)", row)
    connection.execute("DELETE FROM snapshot_parts WHERE scope = ?", (scope,))
    for start in range(0, len(snapshot.hosts), PART):
        body = _ENCODER.encode(snapshot.hosts[start : start + PART])
        connection.execute("INSERT INTO snapshot_parts VALUES (?, ?, ?)", (scope, start, body))


def last_snapshot(connection: sqlite3.Connection, scope: str) -> Snapshot | None:
    """Return the snapshot that was kept last, or None if there is none that this version can read."""
    row = connection.execute("SELECT at FROM snapshots WHERE scope = ?", (scope,)).fetchone()
    parts = connection.execute("SELECT body FROM snapshot_parts WHERE scope = ? ORDER BY part", (scope,))
    try:
        hosts = tuple(host for (body,) in parts for host in _DECODER.decode(body))
    except ValueError:
        return None
    return Snapshot(hosts, moment(row[0])) if row else None
