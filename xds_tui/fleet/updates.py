"""Results of work that runs beside the poll loop, and the queue that carries them to the monitor.

The catalog, the orders and the journal work in tasks of their own. None of them calls the monitor: they post what
happened to an `UpdateQueue`, and the monitor, its only reader, applies the updates in their order.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from xds_tui.fleet.state import Progress
from xds_tui.structs import dataclass

if TYPE_CHECKING:
    from xds_tui.api.errors import ApiError
    from xds_tui.config.toml_file import SettingsError
    from xds_tui.domain.annotations import Annotations
    from xds_tui.domain.guard import GuardRecord
    from xds_tui.domain.model import Catalog
    from xds_tui.domain.records import Event
    from xds_tui.store.problems import StoreError


@dataclass(frozen=True, slots=True)
class ListingAdvanced:
    """Another page of the host list has been read."""

    progress: Progress


@dataclass(frozen=True, slots=True)
class CatalogRead:
    """The catalog has been read, or could not be."""

    catalog: Catalog | None
    error: ApiError | None = None


@dataclass(frozen=True, slots=True)
class OrdersChanged:
    """Orders have reached another state; `events` describe the changes, oldest first."""

    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class StorageFailed:
    """The journal cannot record orders."""

    problem: StoreError


@dataclass(frozen=True, slots=True)
class StorageRestored:
    """The journal is usable again, possibly with another file; the orders held in memory have been written to it."""


@dataclass(frozen=True, slots=True)
class JournalChanged:
    """Another program has written to the journal."""


@dataclass(frozen=True, slots=True)
class NoticeRaised:
    """Something the user should see that is not written to the journal, because the journal is what failed."""

    event: Event


@dataclass(frozen=True, slots=True)
class AnnotationsChanged:
    """The annotations of hosts have been read or edited."""

    annotations: Annotations
    problem: SettingsError | None


@dataclass(frozen=True, slots=True)
class RulesChecked:
    """The rules have been carried out after a refresh, or another program does that."""

    guard: GuardRecord
    events: tuple[Event, ...]


Update = (
    AnnotationsChanged
    | ListingAdvanced
    | CatalogRead
    | OrdersChanged
    | StorageFailed
    | StorageRestored
    | JournalChanged
    | NoticeRaised
    | RulesChecked
)


class UpdateQueue:
    """First in, first out; bound to one event loop."""

    def __init__(self) -> None:
        self._updates: asyncio.Queue[Update] = asyncio.Queue()

    def post(self, update: Update) -> None:
        """Append an update; never blocks."""
        self._updates.put_nowait(update)

    async def wait(self) -> Update:
        """Remove and return the oldest update, waiting for one if there is none."""
        return await self._updates.get()

    def take(self) -> list[Update]:
        """Remove and return all updates, oldest first."""
        return [self._updates.get_nowait() for _ in range(self._updates.qsize())]
