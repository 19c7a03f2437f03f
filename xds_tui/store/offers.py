"""What was on sale last, for the completion of a shell; `journal` uses it on the store's thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Final

import msgspec

from xds_tui.domain.model import Catalog


class Offers(msgspec.Struct, frozen=True):
    """Packages and images."""

    packages: Mapping[str, str] = {}
    """Names by ID."""
    images: Mapping[str, str] = {}
    """Names with versions by ID."""


NOTHING: Final = Offers()


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
        return msgspec.json.decode(row[0], type=Offers) if row else NOTHING
    except (ValueError, TypeError, RecursionError):
        return NOTHING
