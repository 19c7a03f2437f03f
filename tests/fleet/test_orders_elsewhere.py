"""A running app shows the orders of commands, and follows those that a command leaves open."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from support.wait import until

from tests.simulator_faults.clocks import ManualClock
from tests.simulator_faults.server import RunningSimulator
from xds_tui.api.client import Client
from xds_tui.auth.account import Account, TokenCache
from xds_tui.domain.credentials import AccountKey, Credentials, Secret
from xds_tui.domain.model import Host, Status
from xds_tui.domain.records import EventKind, Order, OrderAction, OrderState
from xds_tui.fleet import recorder
from xds_tui.fleet.monitor import Monitor, utc_now
from xds_tui.fleet.order_requests import new_request
from xds_tui.simulator.world import ACCOUNT, SECRET
from xds_tui.store.database import Database
from xds_tui.store.journal import Journal


class Program:
    """The app or a command, with a database connection of its own to the shared file."""

    def __init__(self, url: str, path: Path, *, is_command: bool = False) -> None:
        key = AccountKey(ACCOUNT, Secret(SECRET))
        account = Account(
            _connect, base_url=url, profile="test", keyring_store=None, is_base_url_given=True, credentials=key
        )
        self.database = Database(path)
        self.journal = Journal(self.database, "test")
        self.monitor = Monitor(account, self.journal, interval=0.05, is_for_orders=is_command)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.monitor.run(lambda _state: None))
        try:
            await until(lambda: self.monitor.state.snapshot is not None and not self.monitor.state.is_restored)
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await self.monitor.close(5)
            await self.database.close()

    def hosts(self, status: Status) -> list[Host]:
        snapshot = self.monitor.state.snapshot
        return [host for host in snapshot.hosts if host.status is status] if snapshot else []

    def state_of(self, order: Order) -> OrderState | None:
        return next((known.state for known in self.monitor.state.orders if known.id == order.id), None)

    async def stop(self, hosts: Sequence[Host]) -> Order:
        orders = new_request("nightly", OrderAction.POWER_OFF, utc_now(), hosts=hosts)
        return (await self.monitor.orders.submit(orders))[0]


async def _connect(base_url: str, credentials: Credentials, tokens: TokenCache) -> Client:
    return Client(base_url, credentials)


@pytest.fixture(autouse=True)
def _fast_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "POLL_INTERVAL", 0.02)


@pytest.fixture
async def app(simulator: RunningSimulator, tmp_path: Path) -> AsyncIterator[Program]:
    app = Program(simulator.url, tmp_path / "journal.db")
    async with app.running():
        yield app


async def test_the_app_shows_an_order_of_a_command_to_its_end(
    app: Program, simulator: RunningSimulator, tmp_path: Path, clock: ManualClock
) -> None:
    command = Program(simulator.url, tmp_path / "journal.db", is_command=True)
    async with command.running():
        order = await command.stop(command.hosts(Status.ON)[:1])
        await until(lambda: app.state_of(order) is OrderState.ACCEPTED)
        clock.advance(60)
        await until(lambda: app.state_of(order) is OrderState.CONFIRMED)
    shown = [event for event in app.monitor.state.events if event.order_id == order.id]
    assert {event.state for event in shown} >= {OrderState.ACCEPTED, OrderState.CONFIRMED}
    stored = [event for event in await app.journal.events(100) if event.order_id == order.id]
    assert len([event for event in stored if event.kind is EventKind.ORDER]) == 3  # sent, accepted, confirmed: once


async def test_the_app_follows_what_a_command_left_open(
    app: Program, simulator: RunningSimulator, tmp_path: Path, clock: ManualClock
) -> None:
    command = Program(simulator.url, tmp_path / "journal.db", is_command=True)
    async with command.running():
        order = await command.stop(command.hosts(Status.ON)[:1])
        await until(lambda: app.state_of(order) is OrderState.ACCEPTED)
        assert order.id not in app.monitor.orders.book
    await until(lambda: order.id in app.monitor.orders.book)
    clock.advance(60)
    await until(lambda: app.state_of(order) is OrderState.CONFIRMED)


async def test_an_order_that_was_sent_just_before_its_program_ended_is_not_taken_for_unsent(
    app: Program, simulator: RunningSimulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(tmp_path / "journal.db")
    command = Journal(database, "test")
    await command.bind_account(simulator.url, ACCOUNT)
    (order,) = new_request("nightly", OrderAction.POWER_OFF, utc_now(), hosts=app.hosts(Status.ON)[:1])
    await command.claim_request([order])
    (read,) = await command.request("nightly")
    sent = replace(read, state=OrderState.SENT, sent_at=utc_now())
    await command.write_orders([sent])
    await database.close()

    async def read_before_it_was_sent() -> tuple[Order, ...]:
        return (read,)

    with monkeypatch.context() as late:
        late.setattr(app.journal, "open_orders", read_before_it_was_sent)
        await app.monitor.orders.sync()
    assert (await app.journal.request("nightly"))[0].state in (OrderState.SENT, OrderState.UNKNOWN)
    await app.monitor.orders.sync()  # a refresh may have read the same, and reads again after the next write only
    await until(lambda: any(known.state is OrderState.UNKNOWN for known in app.monitor.orders.all))
    (stored,) = await app.journal.request("nightly")
    assert stored.state is OrderState.UNKNOWN


async def test_an_order_that_was_concluded_while_another_is_written_is_left_as_it_is(
    app: Program, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = app.monitor.orders
    first, second = await orders.submit(
        new_request("nightly", OrderAction.POWER_OFF, utc_now(), hosts=app.hosts(Status.ON)[:2])
    )
    await until(lambda: {app.state_of(order) for order in (first, second)} == {OrderState.ACCEPTED})
    write = app.journal.write_orders

    async def write_while_others_conclude(written: Sequence[Order]) -> None:
        for order in [each for each in orders.book if each.state is OrderState.ACCEPTED]:
            orders.book.write(replace(order, state=OrderState.CONFIRMED))
        await write(written)

    monkeypatch.setattr(app.journal, "write_orders", write_while_others_conclude)
    clock.advance(60)
    await until(lambda: {app.state_of(order) for order in (first, second)} == {OrderState.CONFIRMED})


async def test_a_program_never_sends_an_order_of_another_one(
    app: Program, simulator: RunningSimulator, tmp_path: Path
) -> None:
    host = app.hosts(Status.ON)[0]
    orders = new_request("nightly", OrderAction.POWER_OFF, utc_now(), hosts=[host])
    other = Program(simulator.url, tmp_path / "journal.db")
    await other.journal.bind_account(simulator.url, ACCOUNT)
    await other.journal.claim_request(orders)  # and is about to send it
    await until(lambda: app.state_of(orders[0]) is OrderState.PENDING)
    assert app.monitor.orders.book.is_under_way(OrderAction.POWER_OFF, host)
    await app.monitor.orders.submit(orders)
    assert not app.monitor.orders.is_sending
    await other.database.close()
    await until(lambda: app.state_of(orders[0]) is OrderState.NOT_SENT)
