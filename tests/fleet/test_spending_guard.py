"""No path of an order leads to a request that exceeds a cap on spending, and a cap that is nearly used is reported."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import cast

import pytest
from support.factories import NOON, a_host, a_package, a_quote, a_snapshot, an_order, catalog_of
from support.wait import until

from tests.simulator_faults.server import RunningSimulator
from xds_tui.api.client import Client
from xds_tui.api.errors import NotSent, OutcomeUnknown, Rejected
from xds_tui.auth.account import Account, TokenCache
from xds_tui.config.hosts_file import HostsFile
from xds_tui.domain import caps
from xds_tui.domain.annotations import Annotation
from xds_tui.domain.caps import Cap, CapPeriod
from xds_tui.domain.credentials import AccountKey, Credentials, Secret
from xds_tui.domain.model import Billing, Host, Package, Status
from xds_tui.domain.pricing import Costs, Rate
from xds_tui.domain.records import Event, EventKind, Order, OrderAction, OrderState
from xds_tui.fleet.annotation_book import AnnotationBook
from xds_tui.fleet.monitor import Monitor
from xds_tui.fleet.order_requests import new_id, new_request
from xds_tui.fleet.order_service import OrderService
from xds_tui.fleet.spending_guard import SpendingGuard
from xds_tui.fleet.state import FleetState
from xds_tui.simulator.world import ACCOUNT, SECRET
from xds_tui.store.database import Database
from xds_tui.store.journal import Journal

KEY = AccountKey(ACCOUNT, Secret(SECRET))
PACKAGE = a_package(amount=Decimal(4))
QUOTE = a_quote(package=PACKAGE)
OFF = a_host(id="off", status=Status.OFF)


def a_cap(selector: str = "", **limits: float) -> Cap:
    return Cap("all", selector, {CapPeriod(key): Decimal(str(value)) for key, value in limits.items()})


class CountingClient:
    """A client that gives prepared responses, by default success, and counts what is bought and started."""

    def __init__(self) -> None:
        self.answers: list[Exception] = []
        self.bought = 0
        self.started: list[str] = []

    async def packages(self, _billing: Billing, *, is_urgent: bool = False) -> tuple[Package, ...]:
        return (PACKAGE,)

    async def create_on_demand(self, *, package_id: str, image_id: str) -> str | None:
        self.bought += 1
        await asyncio.sleep(0)
        if self.answers:
            raise self.answers.pop(0)
        return f"new{self.bought}"

    async def power(self, host_id: str, on: bool) -> None:
        self.started.append(host_id)


class Program:
    """An order service with caps, as one of several programs on a journal."""

    def __init__(self, journal: Journal, client: CountingClient, *wanted: Cap, path: Path | None = None) -> None:
        self.client = client
        self.now = NOON
        self.state = FleetState()
        self.see(OFF)
        book = AnnotationBook(HostsFile(path))
        self.guard = SpendingGuard(wanted, journal, book, lambda: self.now, lambda: self.state)
        self.orders = OrderService(
            lambda: cast("Client", client), journal, lambda: self.now, self._ignore, book, self.guard
        )

    def _ignore(self, _events: Sequence[Event]) -> None: ...

    def see(self, *hosts: Host, price: str = "4") -> None:
        rates = {host.id: Rate(Decimal(price), Decimal(price)) for host in hosts}
        snapshot = a_snapshot(*hosts, at=self.now)
        self.state = replace(self.state, snapshot=snapshot, costs=Costs(rates), catalog=catalog_of(PACKAGE))

    async def buy(self, count: int = 1, annotation: Annotation | None = None) -> list[OrderState]:
        batch = self.orders.buy(QUOTE, count, annotation=annotation or Annotation())
        await until(lambda: not self.orders.is_sending)
        return [order.state for order in self.orders.all if order.batch == batch]

    async def start(self, host: Host = OFF, *, submitted: bool = False) -> Order:
        if submitted:
            await self.orders.submit(new_request(new_id(), OrderAction.POWER_ON, self.now, hosts=[host]))
        else:
            self.orders.power([host], on=True)
        await until(lambda: not self.orders.is_sending)
        return self.orders.all[0]


@pytest.fixture
def client() -> CountingClient:
    return CountingClient()


async def test_a_purchase_beyond_the_cap_is_not_sent_and_says_why(journal: Journal, client: CountingClient) -> None:
    program = Program(journal, client, a_cap(per_hour=10))
    assert await program.buy() == await program.buy() == [OrderState.ACCEPTED]
    assert await program.buy() == [OrderState.NOT_SENT]
    refused = program.orders.all[0]
    assert (refused.summary, refused.message) == (caps.EXCEEDED, "caps.all.per_hour: 8.00 + 4.00 > 10.00 CNY")
    assert client.bought == 2


@pytest.mark.parametrize("submitted", [True, False])
async def test_a_start_beyond_the_cap_is_not_sent(journal: Journal, client: CountingClient, submitted: bool) -> None:
    program = Program(journal, client, a_cap(per_hour=3))
    assert (await program.start(submitted=submitted)).state is OrderState.NOT_SENT
    assert client.started == []
    program = Program(journal, client, a_cap(per_hour=4))
    assert (await program.start(submitted=submitted)).state is OrderState.ACCEPTED


async def test_a_cap_refuses_a_whole_purchase(journal: Journal, client: CountingClient) -> None:
    program = Program(journal, client, a_cap(per_hour=10))
    assert await program.buy(3) == [OrderState.NOT_SENT] * 3
    assert await program.buy(2) == [OrderState.ACCEPTED] * 2
    assert client.bought == 2


@pytest.mark.parametrize(
    ("answer", "counts"), [(OutcomeUnknown("no answer"), True), (Rejected(6002, "sold out"), False)]
)
async def test_an_unknown_purchase_counts_and_a_rejected_one_does_not(
    journal: Journal, client: CountingClient, answer: Exception, counts: bool
) -> None:
    program = Program(journal, client, a_cap(per_hour=4))
    client.answers = [answer]
    await program.buy()
    (use,) = await program.guard.uses()
    assert use.spent.value == (4 if counts else 0)
    obstacle = await program.guard.obstacle(an_order(action=OrderAction.CREATE, host_id=None, quote=QUOTE))
    assert (obstacle is not None) is counts


async def test_several_programs_never_exceed_a_cap_together(tmp_path: Path, client: CountingClient) -> None:
    """Each counts what the others have written before it sends."""
    databases = [await Database.open(tmp_path / "journal.db") for _number in range(4)]
    programs = [Program(Journal(database, "test"), client, a_cap(per_hour=12)) for database in databases]
    hosts = [a_host(id=f"off{number}", status=Status.OFF) for number in range(8)]
    for program in programs:
        program.see(*hosts)
    for number, host in enumerate(hosts):
        programs[number % len(programs)].orders.power([host], on=True)
    await until(lambda: not any(program.orders.is_sending for program in programs))
    for host in hosts:
        programs[0].orders.power([host], on=True)
    await until(lambda: not programs[0].orders.is_sending)
    assert 1 <= len(set(client.started)) <= 3
    for database in databases:
        await database.close()


async def test_hosts_that_were_not_read_lately_refuse_what_costs_money(
    journal: Journal, client: CountingClient
) -> None:
    program = Program(journal, client, a_cap(per_hour=100))
    program.now = NOON + timedelta(minutes=6)
    assert await program.buy() == [OrderState.NOT_SENT]
    assert program.orders.all[0].summary == caps.UNKNOWN_HOSTS
    program.see()
    for state in (replace(program.state, is_restored=True), replace(program.state, snapshot=None)):
        program.state = state
        assert await program.buy() == [OrderState.NOT_SENT]
    assert client.bought == 0


async def test_without_caps_nothing_is_checked(journal: Journal, client: CountingClient) -> None:
    program = Program(journal, client)
    program.state = replace(program.state, snapshot=None)
    assert await program.buy() == [OrderState.ACCEPTED]
    assert (await program.guard.uses(), await program.guard.new_events()) == ((), ())


async def test_unreadable_tags_refuse_what_a_cap_of_a_tag_may_cover(
    journal: Journal, client: CountingClient, tmp_path: Path
) -> None:
    path = tmp_path / "hosts.toml"
    path.write_text("[hosts.h1")
    os.utime(path, (time.time() - 60,) * 2)
    program = Program(journal, client, a_cap("tag:gpu", per_hour=100), path=path)
    assert await program.buy() == [OrderState.NOT_SENT]
    assert program.orders.all[0].summary == caps.UNKNOWN_TAGS
    path.write_text('[hosts.h1]\ntags = ["gpu"]\n')
    os.utime(path, (time.time() - 30,) * 2)
    assert await program.buy(annotation=Annotation(tags=("gpu",))) == [OrderState.ACCEPTED]
    program.see(a_host(), price="97")
    assert await program.buy(annotation=Annotation(tags=("gpu",))) == [OrderState.NOT_SENT]
    assert await program.buy() == [OrderState.ACCEPTED]


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
async def recorded(journal: Journal) -> Journal:
    """A journal with a host that has run since eight o'clock, and was observed."""
    began = NOON - timedelta(hours=4)
    event = Event(at=began, kind=EventKind.STATUS, host_id="h1", old=Status.OFF, new=Status.ON)
    await journal.add_events([event])
    for quarter in range(17):
        seen = Event(at=began + quarter * timedelta(minutes=15), kind=EventKind.STATUS, host_id="h9")
        await journal.add_events([replace(seen, old=Status.OFF, new=Status.OFF)])
    return journal


@pytest.mark.usefixtures("utc")
async def test_a_crossing_is_reported_once_by_all_programs(recorded: Journal, client: CountingClient) -> None:
    program = Program(recorded, client, a_cap(per_hour=5, per_day=22))
    program.see(a_host(created=NOON - timedelta(days=3)))
    events = await program.guard.new_events()
    assert [(event.kind, event.alert, event.summary, event.message) for event in events] == [
        (EventKind.CAP, True, caps.NEARLY_REACHED, "caps.all.per_hour: 4.00 / 5.00 CNY")
    ]
    assert await program.guard.new_events() == ()
    again = Program(recorded, client, a_cap(per_hour=5, per_day=22))
    again.see(a_host(created=NOON - timedelta(days=3)))
    assert await again.guard.new_events() == ()
    for minutes, summaries in ((23, []), (25, [caps.NEARLY_REACHED]), (89, []), (91, [caps.REACHED]), (120, [])):
        program.now = NOON + timedelta(minutes=minutes)
        days = [event for event in await program.guard.new_events() if "per_day" in event.message]
        assert [event.summary for event in days] == summaries


async def test_another_account_begins_without_what_was_read(journal: Journal, client: CountingClient) -> None:
    await journal.bind_account("https://a.example", "first")
    program = Program(journal, client, a_cap(per_hour=4))
    assert await program.buy() == [OrderState.ACCEPTED]
    await journal.bind_account("https://a.example", "second")
    program.orders.reset()
    program.see()
    assert await program.buy() == [OrderState.ACCEPTED]
    assert await program.buy() == [OrderState.NOT_SENT]


async def test_a_cap_is_checked_before_an_order_is_written_as_sent(journal: Journal, client: CountingClient) -> None:
    program = Program(journal, client, a_cap(per_hour=1))
    await program.buy()
    (stored,) = await journal.orders(10)
    assert (stored.state, stored.sent_at) == (OrderState.NOT_SENT, None)
    assert isinstance(await program.guard.obstacle(replace(stored, state=OrderState.PENDING)), NotSent)


async def test_the_monitor_raises_an_alert_and_records_it(simulator: RunningSimulator, journal: Journal) -> None:
    account = Account(connect, base_url=simulator.url, profile="test", keyring_store=None, credentials=KEY)
    monitor = Monitor(account, journal, interval=3600, caps=[a_cap(per_hour=0.01)])
    watching = asyncio.create_task(monitor.run(lambda _state: None))
    await until(lambda: any(event.kind is EventKind.CAP for event in monitor.state.events))
    await monitor.close(5)
    watching.cancel()
    assert EventKind.CAP in [event.kind for event in await journal.events(100)]


async def connect(base_url: str, credentials: Credentials, tokens: TokenCache) -> Client:
    return Client(base_url, credentials, token=tokens.initial)


@pytest.mark.usefixtures("utc")
async def test_the_sums_of_the_day_follow_time_and_tags(recorded: Journal, client: CountingClient) -> None:
    program = Program(recorded, client, a_cap("tag:gpu", per_day=100))
    tagged = a_host(created=NOON - timedelta(days=3), annotation=Annotation(tags=("gpu",)))
    program.see(tagged)
    assert [use.spent.value for use in await program.guard.uses()] == [0]
    program.guard._annotations.annotations = {"h1": tagged.annotation}
    before = (await program.guard.uses())[0].spent.value
    program.now += timedelta(seconds=4)
    assert (await program.guard.uses())[0].spent.value == before
    program.now += timedelta(minutes=30)
    assert (await program.guard.uses())[0].spent.value > before
