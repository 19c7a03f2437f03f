"""What the commands are given by `cli`, which alone builds it."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xds_tui.store.database import StoreError

if TYPE_CHECKING:
    from datetime import datetime

    from xds_tui.auth.account import Account
    from xds_tui.store.journal import Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandServices:
    """Who asks, and what is remembered."""

    account: Account
    journal: Journal
    clock: Callable[[], datetime]
    """The time, UTC."""
    close_store: Callable[[], Awaitable[None]]
    given_by: str = ""
    """The environment variables that the credentials came from; empty: none."""

    async def open(self) -> None:
        """Find the credentials, and have the journal be that of whoever they are."""
        await self.account.open()
        if self.account.has_credentials:
            with contextlib.suppress(StoreError):  # told of where what it holds is needed
                await self.journal.bind_account(*self.account.identity)

    async def close(self) -> None:
        """Let go of connections and files."""
        await self.account.close()
        await self.close_store()
