"""Two programs that use one account share its token through the keyring."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.wait import until

from tests.simulator_faults.clocks import ManualClock
from tests.simulator_faults.middleware import Service
from tests.simulator_faults.server import RunningSimulator
from xds_tui.api.client import Client, Deadlines
from xds_tui.api.errors import SignedOut
from xds_tui.auth.account import Account, TokenCache
from xds_tui.auth.keyring_store import StoredCredentials
from xds_tui.domain.credentials import AccountKey, Credentials, Secret, Token
from xds_tui.domain.model import Snapshot
from xds_tui.fleet.monitor import Monitor
from xds_tui.fleet.state import ConnectionState, FleetState
from xds_tui.simulator.demo_fleet import populate
from xds_tui.simulator.world import ACCOUNT, SECRET, Options, World
from xds_tui.store.database import Database
from xds_tui.store.instance_lock import RenewalTimes
from xds_tui.store.journal import Journal

KEY = AccountKey(ACCOUNT, Secret(SECRET))


class SharedKeyringStore:
    """A keyring shared by all programs."""

    def __init__(self, stored: StoredCredentials) -> None:
        self.stored = stored

    async def read(self, profile: str) -> StoredCredentials:
        return self.stored

    async def write_token(self, profile: str, token: Token) -> None:
        self.stored = StoredCredentials(self.stored.credentials, self.stored.base_url, token)


class Program:
    """One of the programs, which refreshes continuously."""

    def __init__(self, url: str, keyring_store: SharedKeyringStore, clock: ManualClock) -> None:
        self.clock = clock
        self.sweeps = 0
        self.last: Snapshot | None = None
        self.links: set[ConnectionState] = set()
        self.database = Database(None)
        account = Account(self._connect, base_url=url, profile="test", keyring_store=keyring_store)  # type: ignore[arg-type]
        self.monitor = Monitor(account, Journal(self.database, "test"), interval=0.01, clock=self.now)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    async def _connect(self, base_url: str, credentials: Credentials, tokens: TokenCache) -> Client:
        return Client(
            base_url,
            credentials,
            clock=self.now,
            deadlines=Deadlines(connect=30, reading=30, changing=30),
            token=tokens.initial,
            on_token=lambda value, ends_at: tokens.store(Token(value, ends_at)),
            find_token=tokens.find,
        )

    def seen(self, state: FleetState) -> None:
        self.sweeps += state.snapshot is not self.last
        self.last = state.snapshot
        self.links.add(state.connection)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.monitor.run(self.seen))
        try:
            await until(lambda: self.monitor.state.connection is ConnectionState.LIVE)
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await self.monitor.close(5)
            await self.database.close()

    async def sweeps_on(self, times: int = 5) -> None:
        goal = self.sweeps + times
        await until(lambda: self.sweeps >= goal and self.monitor.state.connection is ConnectionState.LIVE)


@pytest.mark.parametrize("single_token", [True, False])
async def test_programs_share_one_token(single_token: bool) -> None:
    clock = ManualClock()
    world = World(Options(single_token=single_token), clock)
    populate(world, 5)
    service = Service(world)
    with RunningSimulator(service) as simulator:
        keyring_store = SharedKeyringStore(StoredCredentials(KEY, simulator.url))
        one, other = Program(simulator.url, keyring_store, clock), Program(simulator.url, keyring_store, clock)

        def mints() -> int:
            return sum("getToken" in request for request in service.requests)

        async with one.running():
            assert mints() == 1
            await until(lambda: keyring_store.stored.token is not None)
            async with other.running():
                await asyncio.gather(one.sweeps_on(), other.sweeps_on())
                assert mints() == 1
                for ended in range(1, 4):
                    before = mints()
                    world.expire_tokens() if ended % 2 else clock.advance(1795)
                    await asyncio.gather(one.sweeps_on(), other.sweeps_on())
                    settled = mints()
                    # Both may renew at the same moment, and each may then have to read the other's token once.
                    assert 1 <= settled - before <= 4
                    await asyncio.gather(one.sweeps_on(), other.sweeps_on())
                    assert mints() == settled
        again = Program(simulator.url, keyring_store, clock)
        before = mints()
        async with again.running():
            await again.sweeps_on()
        assert mints() == before
        for program in (one, other, again):
            assert program.links.isdisjoint({ConnectionState.SIGNED_OUT, ConnectionState.ERROR})


async def _renewals_in_40_seconds(world: World, service: Service, clock: ManualClock, folder: Path | None) -> int:
    now = lambda: datetime.fromtimestamp(clock(), UTC)  # noqa: E731
    reported: list[SignedOut] = []
    with RunningSimulator(service) as simulator:
        shared = [RenewalTimes(folder, simulator.url, ACCOUNT) if folder else None for _ in range(2)]
        clients = [Client(simulator.url, KEY, clock=now, renewals=times) for times in shared]
        for _ in range(8):
            for client in clients:
                try:
                    await client.hosts(1)
                except SignedOut as error:
                    reported.append(error)
            clock.advance(5)
        for client in clients:
            await client.aclose()
    assert all(error.is_passing and error.retry_after for error in reported)
    assert reported
    return sum("getToken" in request for request in service.requests)


@pytest.mark.parametrize(("is_shared", "most"), [(True, 4), (False, 8)])
async def test_without_a_keyring_renewals_slow_down_and_are_explained(
    is_shared: bool, most: int, tmp_path: Path
) -> None:
    clock = ManualClock()
    world = World(Options(single_token=True), clock)
    populate(world, 5)
    renewals = await _renewals_in_40_seconds(world, Service(world), clock, tmp_path if is_shared else None)
    assert 2 <= renewals <= most
