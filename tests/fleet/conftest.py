from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.simulator_faults.clocks import ManualClock
from tests.simulator_faults.middleware import Service
from tests.simulator_faults.server import RunningSimulator
from xds_tui.simulator.demo_fleet import populate
from xds_tui.simulator.world import Options, World
from xds_tui.store.database import Database
from xds_tui.store.journal import Journal


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def service(clock: ManualClock) -> Service:
    world = World(Options(), clock)
    populate(world, 12)
    return Service(world)


@pytest.fixture
def simulator(service: Service) -> Iterator[RunningSimulator]:
    with RunningSimulator(service) as running:
        yield running


@pytest.fixture
async def journal() -> AsyncIterator[Journal]:
    database = await Database.open(None)
    yield Journal(database, "test")
    await database.close()
