"""The rows of the last snapshot and catalog, for `account_history` to use on the store's thread.

A snapshot is stored in parts: encoding megabytes at once would block every other thread; a part takes a millisecond.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Final, cast

import msgspec

from xds_tui.domain.annotations import Annotation
from xds_tui.domain.model import Catalog, Host, Snapshot
from xds_tui.domain.sanitize import MAX_COUNT, MAX_GIGABYTES, MAX_PORT, is_plain, is_time
from xds_tui.store.bodies import encode_secret_as_null, from_microseconds, microseconds, sanitize_value

HOSTS_PER_PART: Final = 2
"""Hosts per row, about a page of the file: only the parts that have changed are written."""

_ENCODER: Final = msgspec.json.Encoder(enc_hook=encode_secret_as_null)
_LONG_NUMBER: Final = r"\d{16}"
"""A number that may be out of range."""


class Offers(msgspec.Struct, frozen=True):
    """Packages and images on sale, for the completion of a shell."""

    packages: Mapping[str, str] = {}
    """Names by ID."""
    images: Mapping[str, str] = {}
    """Names with versions by ID."""


def save_snapshot(
    connection: sqlite3.Connection, scope: str, profile: str, snapshot: Snapshot, before: Snapshot | None = None
) -> None:
    """Replace the stored snapshot with `snapshot`, without passwords and annotations.

    Args:
        connection: in a transaction.
        scope: the account.
        profile: the profile that it is used with.
        snapshot: the new one.
        before: the one that this function has stored last. If it is still stored, only what differs is written.

    """
    stored = _time_of(connection, scope)
    old = before.hosts if before is not None and stored == microseconds(before.at) else None
    row = (scope, profile, microseconds(snapshot.at))
    connection.execute("INSERT OR REPLACE INTO snapshots (scope, profile, at) VALUES (?, ?, ?)", row)
    first_unused = 0 if old is None else len(snapshot.hosts)
    connection.execute("DELETE FROM snapshot_parts WHERE scope = ? AND part >= ?", (scope, first_unused))
    for start in range(0, len(snapshot.hosts), HOSTS_PER_PART):
        part = slice(start, start + HOSTS_PER_PART)
        if old is None or old[part] != snapshot.hosts[part]:
            body = _ENCODER.encode([_without_annotation(host) for host in snapshot.hosts[part]])
            connection.execute("INSERT OR REPLACE INTO snapshot_parts VALUES (?, ?, ?)", (scope, start, body))


def _time_of(connection: sqlite3.Connection, scope: str) -> object:
    row = connection.execute("SELECT at FROM snapshots WHERE scope = ?", (scope,)).fetchone()
    return row[0] if row else None


def _without_annotation(host: Host) -> Host:
    """Return a host to encode: msgspec omits what is unset, and the default is used when it is decoded."""
    return replace(host, annotation=cast("Annotation", msgspec.UNSET))


def last_snapshot(connection: sqlite3.Connection, scope: str) -> Snapshot | None:
    """Return the stored snapshot, or None if there is none or any part cannot be read.

    With half of a fleet, the other half would be reported as new.
    """
    row = connection.execute("SELECT at FROM snapshots WHERE scope = ?", (scope,)).fetchone()
    query = "SELECT CAST(body AS BLOB) FROM snapshot_parts WHERE scope = ? ORDER BY part"
    parts = connection.execute(query, (scope,)).fetchall()
    try:
        hosts = tuple(host for (body,) in parts for host in _decode_hosts(body))
        return Snapshot(hosts, from_microseconds(row[0])) if row else None
    except (ValueError, RecursionError):
        return None


def save_offers(connection: sqlite3.Connection, scope: str, catalog: Catalog) -> None:
    """Replace the stored offers with those of `catalog`."""
    packages = {package.id: package.name for offered in catalog.packages.values() for package in offered}
    images = {image.id: image.label for image in catalog.images}
    body = msgspec.json.encode(Offers(packages, images))
    connection.execute("INSERT OR REPLACE INTO offers VALUES (?, ?)", (scope, body))


def last_offers(connection: sqlite3.Connection, scope: str) -> Offers:
    """Return the stored offers; none if there are none or they cannot be read."""
    row = connection.execute("SELECT CAST(body AS BLOB) FROM offers WHERE scope = ?", (scope,)).fetchone()
    try:
        return msgspec.json.decode(row[0], type=Offers) if row else Offers()
    except (ValueError, TypeError, RecursionError):
        return Offers()


@cache
def _decoder() -> msgspec.json.Decoder[tuple[Host, ...]]:
    return msgspec.json.Decoder(tuple[Host, ...])


def _decode_hosts(body: object) -> tuple[Host, ...]:
    """Return the hosts of a part.

    Raises:
        ValueError, RecursionError: if it cannot be read.

    """
    if not isinstance(body, bytes):
        raise ValueError("not a part")
    hosts = tuple(map(_within_ranges, _decoder().decode(body)))
    text = body.decode()
    # The usual case, in which there is nothing to sanitize; a backslash begins an escape.
    if is_plain(text) and "\\" not in text and not re.search(_LONG_NUMBER, text):
        return hosts
    return tuple(cast("Host", sanitize_value(host)) for host in hosts)


def _within_ranges(host: Host) -> Host:
    """Return `host` without numbers out of range, which an earlier version stored."""
    out_of_range = {
        field: str(value)
        for field, value in (("createTime", host.created), ("expirationTime", host.expires))
        if value is not None and not is_time(value)
    }
    out_of_range |= {
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
    if not out_of_range:
        return host
    return replace(
        host,
        raw={**host.raw, **out_of_range},
        created=None if "createTime" in out_of_range else host.created,
        expires=None if "expirationTime" in out_of_range else host.expires,
        cpu=None if "cpu" in out_of_range else host.cpu,
        memory=None if "memory" in out_of_range else host.memory,
        disk=None if "rigidDisk" in out_of_range else host.disk,
        gpu_count=(1 if host.gpu_name else 0) if "gpuNumber" in out_of_range else host.gpu_count,
        port=None if "port" in out_of_range else host.port,
    )
