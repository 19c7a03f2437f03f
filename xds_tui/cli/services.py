"""The objects that a command without a screen works with; `bootstrap` builds them."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from xds_tui.config.hosts_file import HostsFile
from xds_tui.fleet.annotation_book import AnnotationBook
from xds_tui.remote.templates import ConnectCommands
from xds_tui.store.database import StoreError
from xds_tui.structs import dataclass

if TYPE_CHECKING:
    from xds_tui.auth.account import Account
    from xds_tui.domain.caps import Cap
    from xds_tui.fleet.guard import RuleSource
    from xds_tui.fleet.notifications import Notifications
    from xds_tui.store.journal import Journal


def utc_now() -> datetime:
    """Return the time, aware; the monitor, which has the same function, is not needed for a listing."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandServices:
    """An account, its journal, and a clock."""

    account: Account
    journal: Journal
    clock: Callable[[], datetime]
    """The current time, UTC."""
    close_store: Callable[[], Awaitable[None]]
    read_only: bool = False
    """Whether nothing may be changed in the service."""
    interval: float = 15.0
    """Seconds between two refreshes."""
    connect_commands: ConnectCommands = field(default_factory=ConnectCommands)
    """The user's commands that connect to a host."""
    annotations: AnnotationBook = field(default_factory=lambda: AnnotationBook(HostsFile(None)))
    """What the user has added to the hosts."""
    caps: tuple[Cap, ...] = ()
    """Limits of the spending."""
    notifications: Notifications | None = None
    """Sends alerts to the user's channels; None without channels."""
    rules: RuleSource | None = None
    """The rules in config.toml; None if nothing may be changed."""
    credentials_source: str = ""
    """The environment variables that contain the credentials; empty if none do."""

    async def open(self) -> None:
        """Find the credentials, and select the part of the journal that belongs to their account."""
        await self.account.open()
        if self.account.has_credentials:
            with contextlib.suppress(StoreError):  # reported by the commands that need the journal
                await self.journal.bind_account(*self.account.identity)

    async def close(self) -> None:
        """Close the connections to the service and the database."""
        await self.account.close()
        await self.close_store()
