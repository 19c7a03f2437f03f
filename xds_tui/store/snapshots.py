"""The last snapshot, in parts: statements that `journal` runs on the store's thread.

A large fleet in one piece would be megabytes that are copied several times, and would hold up every other thread while
they are made; a part is a matter of a millisecond.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import replace
from typing import Final, cast

import msgspec

from xds_tui.domain.model import Host, Snapshot
from xds_tui.domain.ranges import MAX_COUNT, MAX_GIGABYTES, MAX_PORT, is_time
from xds_tui.store.bodies import inert, without_secret
from xds_tui.store.timestamps import microseconds, moment

PART: Final = 100
"""Hosts in a part."""


_ENCODER: Final = msgspec.json.Encoder(enc_hook=without_secret)
_DECODER: Final = msgspec.json.Decoder(tuple[Host, ...])
_PLAIN: Final = re.compile(
    r"(?:(?!\d{16})[ !#-\[\]-~\u00a1-\u00ac\u00ae-\u02ff\u3001-\u3029\u4e00-\u9fff\uff01-\uff5e\"])*"
)
"""Latin and Chinese without escapes and without numbers that are out of range."""


def save_snapshot(connection: sqlite3.Connection, scope: str, profile: str, snapshot: Snapshot) -> None:
    """Keep `snapshot` in place of the one before, without its passwords."""
    row = (scope, profile, microseconds(snapshot.at))
    connection.execute("INSERT OR REPLACE INTO snapshots (scope, profile, at) VALUES (?, ?, ?)", row)
    connection.execute("DELETE FROM snapshot_parts WHERE scope = ?", (scope,))
    for start in range(0, len(snapshot.hosts), PART):
        body = _ENCODER.encode(snapshot.hosts[start : start + PART])
        connection.execute("INSERT INTO snapshot_parts VALUES (?, ?, ?)", (scope, start, body))


def last_snapshot(connection: sqlite3.Connection, scope: str) -> Snapshot | None:
    """Return the snapshot that was kept last, or None if there is none that this version can read.

    A part that cannot be read costs the whole: of half a fleet the other half would seem to be new.
    """
    row = connection.execute("SELECT at FROM snapshots WHERE scope = ?", (scope,)).fetchone()
    query = "SELECT CAST(body AS BLOB) FROM snapshot_parts WHERE scope = ? ORDER BY part"
    parts = connection.execute(query, (scope,)).fetchall()
    try:
        hosts = tuple(host for (body,) in parts for host in _hosts_in(body))
        return Snapshot(hosts, moment(row[0])) if row else None
    except (ValueError, RecursionError):
        return None


def _hosts_in(body: object) -> tuple[Host, ...]:
    """Return the hosts of a part.

    Raises:
        ValueError, RecursionError: if it cannot be read.

    """
    if not isinstance(body, bytes):
        raise ValueError("not a part")
    hosts = tuple(map(_within_ranges, _DECODER.decode(body)))
    if _PLAIN.fullmatch(body.decode()):  # as nearly always: nothing else in it has to be looked at
        return hosts
    return tuple(cast("Host", inert(host)) for host in hosts)


def _within_ranges(host: Host) -> Host:
    """Return `host` without the numbers that are not believed any more: an earlier version kept them."""
    kept = {
        field: str(value)
        for field, value in (("createTime", host.created), ("expirationTime", host.expires))
        if value is not None and not is_time(value)
    }
    kept |= {
        field: str(value)
        for field, value, most in (
            ("cpu", host.cpu, MAX_COUNT),
            ("memory", host.memory, MAX_GIGABYTES),
            ("rigidDisk", host.disk, MAX_GIGABYTES),
            ("gpuNumber", host.gpu_count, MAX_COUNT),
            ("port", host.port, MAX_PORT),
        )
        if value is not None and not 0 <= value <= most
    }
    if not kept:
        return host
    return replace(
        host,
        raw={**host.raw, **kept},
        created=None if "createTime" in kept else host.created,
        expires=None if "expirationTime" in kept else host.expires,
        cpu=None if "cpu" in kept else host.cpu,
        memory=None if "memory" in kept else host.memory,
        disk=None if "rigidDisk" in kept else host.disk,
        gpu_count=(1 if host.gpu_name else 0) if "gpuNumber" in kept else host.gpu_count,
        port=None if "port" in kept else host.port,
    )
