"""The objects of the program as the command line builds them, with a service on a port and a database in a file.

Import it after `time.monotonic` has been replaced, because the modules imported here bind it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from xds_tui.api.client import Client
from xds_tui.auth.account import Account, Source, TokenCache
from xds_tui.domain.credentials import AccountKey, Credentials, Secret, Token
from xds_tui.fleet.monitor import Monitor
from xds_tui.simulator.accounts import ACCOUNT, SECRET
from xds_tui.store.database import Database
from xds_tui.store.journal import Journal
from xds_tui.tui.app import XdsApp
from xds_tui.tui.context import AppServices, Profile, ProfileServices

from .time_lapse import Lapse

T = TypeVar("T")

KEY = AccountKey(ACCOUNT, Secret(SECRET))


@dataclass(frozen=True, slots=True)
class Program:
    """The objects of a running program."""

    app: XdsApp
    monitor: Monitor
    account: Account


def build(url: str, journal: Path, lapse: Lapse) -> Program:
    """Build the program for the service at `url`, with its database at `journal` and its clocks in `lapse`."""

    async def connect(base_url: str, credentials: Credentials, tokens: TokenCache) -> Client:
        return Client(
            base_url,
            credentials,
            clock=lapse.wall,
            token=tokens.initial,
            on_token=lambda value, ends_at: tokens.store(Token(value, ends_at)),
            find_token=tokens.find,
        )

    account = Account(
        connect, base_url=url, profile="soak", keyring_store=None, credentials=KEY, source=Source.ENVIRONMENT
    )
    database = _AttendedDatabase(journal, lapse)
    monitor = Monitor(account, Journal(database, "soak"), interval=15, clock=lapse.wall)
    parts = AppServices(
        profile=ProfileServices(Profile("soak", url), monitor, account, database.close),
        clock=lapse.wall,
        keymap={},
        exports=journal.parent / "exports",
    )
    return Program(XdsApp(parts), monitor, account)


def count_sweeps(monitor: Monitor, count: Callable[[], None]) -> None:
    """Call `count` for each refresh that succeeds."""
    record_sample = monitor.recorder.record_sample

    def counted(*args: Any) -> None:
        count()
        record_sample(*args)

    monitor.recorder.record_sample = counted  # type: ignore[method-assign,assignment]


class _AttendedDatabase(Database):
    """A database during the jobs of which no time is skipped."""

    def __init__(self, path: Path, lapse: Lapse) -> None:
        self._lapse = lapse
        super().__init__(path)

    async def _do(self, job: Callable[[], T]) -> T:
        with self._lapse.at_work():
            return await super()._do(job)

    async def close(self) -> None:
        with self._lapse.at_work():
            await super().close()
