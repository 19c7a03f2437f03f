"""An unreadable record affects nothing but that record."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

import pytest
from support.factories import NOON, a_quote
from support.sql import execute_many
from support.wait import until
from test_monitor import MonitorHarness, watching

from tests.simulator_faults.server import RunningSimulator
from xds_tui.domain import order_states
from xds_tui.domain.records import OrderState, Quote
from xds_tui.fleet.order_service import MAY_BE_BOUGHT
from xds_tui.fleet.recorder import UNREADABLE
from xds_tui.fleet.state import ConnectionState, FleetState
from xds_tui.simulator.world import ACCOUNT
from xds_tui.store.bodies import microseconds
from xds_tui.store.database import Database
from xds_tui.store.journal import Journal

BODIES = ("{}", "", "\ufffd", '{"id": "o1", "state": "paid", "host_id": "h9"}', "[" * 100_000, None, 7)

DONE = {OrderState.ACCEPTED}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


async def store_orders(database: Database, scope: str, bodies: tuple[object, ...]) -> None:
    statement = "INSERT INTO orders (id, scope, created_at, state, body) VALUES (?, ?, ?, 'unknown', ifnull(?, x'ff'))"
    rows = [(f"o{number}", scope, microseconds(NOON), body) for number, body in enumerate(bodies)]
    await database.write(execute_many(statement, rows))


def reported(state: FleetState) -> list[str]:
    return sorted(event.message for event in state.events if event.summary == UNREADABLE)


def has_reported(watch: MonitorHarness, count: int) -> bool:
    return watch.state.connection is ConnectionState.LIVE and len(reported(watch.state)) >= count


async def test_unreadable_orders_are_reported_once_and_the_monitor_continues(
    path: Path, simulator: RunningSimulator
) -> None:
    named = [f"o{number}" for number in range(len(BODIES))]
    before: list[tuple[object, ...]] = []
    for _start in range(2):
        database = await Database.open(path)
        journal = Journal(database, "test")
        if not before:
            await store_orders(database, f"test {simulator.url.removeprefix('http://')} {ACCOUNT}", BODIES)
        async with watching(MonitorHarness(simulator, journal)) as watch:
            await until(partial(has_reported, watch, len(named)))
            await watch.refreshed()
            assert reported(watch.state) == named
            assert "h9" in watch.monitor.orders.book._claimed
        rows = await database.read(
            lambda connection: connection.execute("SELECT id, state, body FROM orders ORDER BY id").fetchall()
        )
        assert before in ([], rows)
        before = rows
        await database.close()


async def test_what_unreadable_orders_may_have_bought_is_bought_again_only_if_confirmed(
    path: Path, simulator: RunningSimulator
) -> None:
    database = await Database.open(path)
    await store_orders(database, f"test {simulator.url.removeprefix('http://')} {ACCOUNT}", BODIES)
    async with watching(MonitorHarness(simulator, Journal(database, "test"))) as watch:
        await until(lambda: watch.state.connection is ConnectionState.LIVE and watch.state.catalog is not None)
        assert watch.state.catalog is not None
        quote = quote_in(watch.state)
        watch.monitor.orders.buy(quote, 1)
        await until(lambda: bool(watch.state.orders) and watch.state.orders[0].state in order_states.FINAL)
        assert watch.state.orders[0].summary == MAY_BE_BOUGHT
        doubtful = [order.id for order in await watch.monitor.orders.possible_purchases(quote)]
        assert doubtful == [f"o{number}" for number, body in enumerate(BODIES) if "h9" not in str(body)]
        watch.monitor.orders.buy(quote, 1, confirmed=doubtful)
        await until(lambda: len(watch.state.orders) > 1 and watch.state.orders[0].state in order_states.FINAL | DONE)
        assert watch.state.orders[0].state in (OrderState.ACCEPTED, OrderState.CONFIRMED)
    await database.close()


def quote_in(state: FleetState) -> Quote:
    from xds_tui.domain.model import Billing

    assert state.catalog is not None
    packages = state.catalog.packages[Billing.ON_DEMAND]
    image = state.catalog.images[0]
    package = next(package for package in packages if package.type == image.type)
    return a_quote(package=package, image=image)


@pytest.mark.parametrize("seed", range(12))
async def test_a_damaged_history_does_not_stop_the_monitor(path: Path, simulator: RunningSimulator, seed: int) -> None:
    database = await Database.open(path)
    async with watching(MonitorHarness(simulator, Journal(database, "test"))) as watch:
        await until(lambda: watch.state.connection is ConnectionState.LIVE)
    await database.close()
    damage(path, random.Random(seed))
    database = await Database.open(path)
    async with watching(MonitorHarness(simulator, Journal(database, "test"))) as watch:
        await until(lambda: watch.state.connection is ConnectionState.LIVE)
        await watch.refreshed()
    await database.close()


def damage(path: Path, random: random.Random) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(random.choice((1, 30, 3000))):
        content[random.randrange(len(content))] = random.randrange(256)
    path.write_bytes(bytes(content[: random.choice((len(content), random.randrange(len(content))))]))
