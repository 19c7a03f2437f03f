from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from support.raw_server import TOKEN, RawServer, raw_server

from tests.simulator_faults.middleware import Service
from tests.simulator_faults.server import RunningSimulator
from xds_tui.api.client import Client, Deadlines
from xds_tui.domain.credentials import BareToken, Secret
from xds_tui.simulator.demo_fleet import populate
from xds_tui.simulator.world import Options, World

Simulate = Callable[..., RunningSimulator]


@pytest.fixture
async def server() -> AsyncIterator[RawServer]:
    async with raw_server() as served:
        yield served


@pytest.fixture
async def client(server: RawServer) -> AsyncIterator[Client]:
    """A client with a bare token, pointed at `server`."""
    async with Client(server.url, BareToken(Secret(TOKEN)), deadlines=Deadlines(30, 60, 60)) as made:
        yield made


@pytest.fixture
def simulate() -> Iterator[Simulate]:
    """Serve a simulator of the options that are given over real HTTP, until the test ends."""
    with ExitStack() as stack:

        def serve(**options: Any) -> RunningSimulator:
            world = World(Options(**options))
            populate(world, world.options.hosts)
            return stack.enter_context(RunningSimulator(Service(world)))

        yield serve
