from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from support.factories import a_host, a_quote, a_snapshot
from support.wait import until

from tests.simulator_faults.clocks import ManualClock
from tests.simulator_faults.faults import Fault, Kind
from tests.simulator_faults.middleware import Service
from tests.simulator_faults.server import RunningSimulator
from xds_tui.api.client import Client, Deadlines
from xds_tui.api.errors import BadResponse, SignedOut
from xds_tui.auth.account import Account, TokenCache
from xds_tui.domain import purchase
from xds_tui.domain.credentials import AccountKey, BareToken, Credentials, Secret
from xds_tui.domain.model import Billing, Status
from xds_tui.domain.poll_schedule import PollSchedule
from xds_tui.domain.records import EventKind, OrderState
from xds_tui.fleet.monitor import Monitor
from xds_tui.fleet.state import ConnectionState, FleetState, Progress
from xds_tui.simulator.host import OFF, ON, SimHost
from xds_tui.simulator.world import ACCOUNT, SECRET
from xds_tui.store.journal import Journal

DECIDABLE = (OrderState.ACCEPTED, OrderState.UNKNOWN, OrderState.CONFIRMED)
KEY = AccountKey(ACCOUNT, Secret(SECRET))


def has_more(states: Sequence[FleetState], count: int) -> bool:
    return len(states) > count


class MonitorHarness:
    """A monitor of a simulator, and the states it published."""

    def __init__(self, simulator: RunningSimulator, journal: Journal, credentials: Credentials | None = KEY) -> None:
        self.simulator = simulator
        self.service = simulator.service
        self.states: list[FleetState] = []
        self.account = Account(
            connect, base_url=simulator.url, profile="test", keyring_store=None, credentials=credentials
        )
        self.monitor = Monitor(
            self.account,
            journal,
            interval=3600,
            clock=lambda: datetime.fromtimestamp(self.service.world.clock(), UTC),
            rng=lambda: 0.0,
        )

    @property
    def state(self) -> FleetState:
        return self.monitor.state

    def pages(self) -> int:
        return sum("mypage" in request for request in self.service.requests)

    async def refreshed(self) -> FleetState:
        """Request a refresh, and return the state after it."""
        before = self.state.snapshot
        self.monitor.refresh()
        await until(lambda: self.state.snapshot is not before and self.state.connection is ConnectionState.LIVE)
        return self.state

    async def see_host_listed(self) -> None:
        """Let pass the time that the host of the last create has to be listed in, and see it confirmed."""
        await until(lambda: bool(self.state.orders) and self.state.orders[0].state in DECIDABLE)
        clock = self.service.world.clock
        assert isinstance(clock, ManualClock)
        clock.advance(20)
        await self.refreshed()
        await until(lambda: self.state.orders[0].state is OrderState.CONFIRMED)


async def connect(base_url: str, credentials: Credentials, tokens: TokenCache) -> Client:
    return Client(base_url, credentials, deadlines=Deadlines(connect=30, reading=30, changing=30))


@contextlib.asynccontextmanager
async def watching(watch: MonitorHarness) -> AsyncIterator[MonitorHarness]:
    running = asyncio.create_task(watch.monitor.run(watch.states.append))
    try:
        yield watch
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await watch.monitor.close(5)


@pytest.fixture
async def watch(simulator: RunningSimulator, journal: Journal) -> AsyncIterator[MonitorHarness]:
    async with watching(MonitorHarness(simulator, journal)) as watch:
        await until(lambda: watch.state.connection is ConnectionState.LIVE)
        yield watch


async def test_the_fleet_and_the_catalog_are_read_at_the_start(watch: MonitorHarness) -> None:
    assert watch.state.snapshot is not None
    assert len(watch.state.snapshot.hosts) == 12
    assert watch.state.account == ACCOUNT
    await until(lambda: watch.state.catalog is not None)
    assert watch.state.catalog is not None
    assert len(watch.state.catalog.images) >= 8


async def test_the_interval_is_counted_from_the_start_of_a_refresh(
    watch: MonitorHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    times: list[tuple[float | None, float]] = []
    after_refresh = PollSchedule.after_refresh

    def record(
        schedule: PollSchedule, now: float, wanted_within: float | None = None, *, began: float | None = None
    ) -> PollSchedule:
        times.append((began, now))
        return after_refresh(schedule, now, wanted_within, began=began)

    monkeypatch.setattr(PollSchedule, "after_refresh", record)
    before = asyncio.get_running_loop().time()
    await watch.refreshed()
    [(began, now)] = times
    assert began is not None
    assert before <= began < now


async def test_a_change_of_a_host_is_an_event(watch: MonitorHarness, clock: ManualClock) -> None:
    host = next(host for host in watch.service.world.hosts.values() if host.status == OFF)
    with watch.service.lock:
        watch.service.world.power(watch.service.world.accounts[ACCOUNT], host.id, on=True)
    clock.advance(60)
    state = await watch.refreshed()
    event = next(event for event in state.events if event.host_id == host.id)
    assert event.kind is EventKind.STATUS
    assert event.old is Status.OFF


async def test_an_error_keeps_the_data_and_ends_with_the_next_response(watch: MonitorHarness) -> None:
    known = watch.state.snapshot
    watch.service.faults.set(Fault(kind=Kind.HTML, endpoint="pve/open/mypage"))
    watch.monitor.refresh()
    await until(lambda: watch.state.connection is ConnectionState.ERROR)
    assert watch.state.snapshot is known
    assert isinstance(watch.state.error, BadResponse)
    assert watch.state.retry_at is not None
    state = await watch.refreshed()
    assert state.error is None
    kinds = [event.kind for event in state.events]
    assert kinds.index(EventKind.RECOVERED) < kinds.index(EventKind.ERROR)


async def test_an_expired_token_is_no_error_with_an_account_key(watch: MonitorHarness) -> None:
    watch.service.world.expire_tokens()
    await watch.refreshed()
    assert all(state.connection is not ConnectionState.SIGNED_OUT for state in watch.states)


async def test_an_expired_bare_token_can_be_replaced(simulator: RunningSimulator, journal: Journal) -> None:
    world = simulator.service.world
    token = BareToken(Secret(world.mint()))
    async with watching(MonitorHarness(simulator, journal, token)) as watch:
        await until(lambda: watch.state.connection is ConnectionState.LIVE)
        known = watch.state.snapshot
        world.expire_tokens()
        watch.monitor.refresh()
        await until(lambda: watch.state.connection is ConnectionState.SIGNED_OUT)
        assert watch.state.snapshot is known
        assert isinstance(watch.state.error, SignedOut)
        await watch.account.sign_in(simulator.url, BareToken(Secret(world.mint())))
        watch.monitor.handle_sign_in()
        await until(lambda: watch.state.connection is ConnectionState.LIVE)


async def test_signing_in_to_another_account_removes_the_fleet(watch: MonitorHarness) -> None:
    other = AccountKey("A00000002", Secret(SECRET))
    await watch.account.sign_in(watch.simulator.url, other)
    watch.monitor.handle_sign_in()
    await until(lambda: watch.state.connection is ConnectionState.LIVE and watch.state.snapshot is not None)
    assert watch.state.snapshot is not None
    assert watch.state.snapshot.hosts == ()
    assert not any(event.kind is EventKind.GONE for event in watch.state.events)


async def test_a_wrong_secret_is_sent_only_once(simulator: RunningSimulator, journal: Journal) -> None:
    wrong = AccountKey(ACCOUNT, Secret("wrong"))
    async with watching(MonitorHarness(simulator, journal, wrong)) as watch:
        await until(lambda: watch.state.connection is ConnectionState.SIGNED_OUT)
        for _ in range(2):
            published = len(watch.states)
            watch.monitor.refresh()
            await until(partial(has_more, watch.states, published))
        assert watch.service.requests == ["POST /v1/auth/getToken"]


async def test_a_refresh_that_the_service_asked_to_delay_shows_when_it_starts(watch: MonitorHarness) -> None:
    watch.service.faults.set(Fault(kind=Kind.BUSY, endpoint="pve/open/mypage", seconds=600))
    watch.monitor.refresh()
    await until(lambda: watch.state.connection is ConnectionState.ERROR)
    pages = watch.pages()
    watch.monitor.refresh()
    assert watch.state.progress is None
    assert watch.state.retry_at is not None
    assert watch.state.retry_at - watch.monitor._clock() > timedelta(minutes=9)
    assert watch.pages() == pages


async def test_while_paused_the_list_is_read_only_on_request_and_once(watch: MonitorHarness) -> None:
    watch.monitor.set_paused(True)
    assert watch.state.connection is ConnectionState.PAUSED
    await until(lambda: watch.state.catalog is not None)
    pages, catalog_before = watch.pages(), watch.state.catalog
    watch.monitor.refresh_catalog()
    # The catalog takes three requests in sequence, so a refresh would have started before it is read.
    await until(lambda: watch.state.catalog is not catalog_before)
    assert watch.pages() == pages
    before = watch.state.snapshot
    watch.monitor.refresh()
    await until(lambda: watch.state.snapshot is not before and watch.state.progress is None)
    assert watch.pages() > pages
    assert watch.state.connection is ConnectionState.PAUSED
    pages = watch.pages()
    watch.monitor.set_paused(False)
    await until(lambda: watch.state.connection is ConnectionState.LIVE)
    assert watch.pages() > pages


async def bought(watch: MonitorHarness) -> None:
    """Buy one host with the first compatible package and image."""
    await until(lambda: watch.state.catalog is not None)
    there = watch.state.catalog
    assert there is not None
    package = purchase.matching_packages(there, Billing.ON_DEMAND)[0]
    image = purchase.matching_images(there, Billing.ON_DEMAND, package)[0]
    watch.monitor.orders.buy(a_quote(package=package, image=image), 1)


@pytest.mark.parametrize("dialect", ["later", "document"])
async def test_a_bought_host_is_found(
    dialect: str, simulator: RunningSimulator, journal: Journal, service: Service
) -> None:
    service.world.options = service.world.options.__class__(dialect=dialect)
    async with watching(MonitorHarness(simulator, journal)) as watch:
        await bought(watch)
        await watch.see_host_listed()
        (sale,) = service.world.ledger
        order = watch.state.orders[0]
        assert order.host_id == sale.host_id
        assert watch.state.snapshot is not None
        assert sale.host_id in {host.id for host in watch.state.snapshot.hosts}


@pytest.mark.parametrize("kind", [Kind.DROP_AFTER, Kind.TRUNCATED, Kind.HTML_AFTER])
async def test_a_purchase_without_a_response_is_confirmed_by_the_list(watch: MonitorHarness, kind: Kind) -> None:
    watch.service.faults.set(Fault(kind=kind, endpoint="pve/open/createquantity"))
    await bought(watch)
    await watch.see_host_listed()
    assert len(watch.service.world.ledger) == 1
    states = [event.state for event in watch.state.events if event.kind is EventKind.ORDER]
    assert OrderState.UNKNOWN in states


async def test_a_purchase_without_a_response_is_looked_for_while_paused(watch: MonitorHarness) -> None:
    await until(lambda: watch.state.catalog is not None and watch.state.connection is ConnectionState.LIVE)
    watch.monitor.set_paused(True)
    pages = watch.pages()
    watch.service.faults.set(Fault(kind=Kind.DROP_AFTER, endpoint="pve/open/createquantity"))
    await bought(watch)
    await until(lambda: watch.pages() > pages)
    assert watch.state.orders[0].state is OrderState.UNKNOWN
    assert watch.state.connection is ConnectionState.PAUSED


async def test_a_purchase_dropped_before_it_was_carried_out_stays_unknown(watch: MonitorHarness) -> None:
    watch.service.faults.set(Fault(kind=Kind.DROP_BEFORE, endpoint="pve/open/createquantity"))
    await bought(watch)
    await until(lambda: bool(watch.state.orders) and watch.state.orders[0].state is OrderState.UNKNOWN)
    await watch.refreshed()
    assert watch.state.orders[0].state is OrderState.UNKNOWN
    assert watch.service.world.ledger == []
    assert sum("create" in request for request in watch.service.requests) == 1


async def test_a_bought_host_that_is_listed_late_is_shown_and_never_gone(
    simulator: RunningSimulator, journal: Journal, service: Service
) -> None:
    async with watching(MonitorHarness(simulator, journal)) as watch:
        await until(lambda: watch.state.connection is ConnectionState.LIVE)
        listed = type(service.world).listed
        new: list[str] = []
        sell = service.world.create

        def hide_new(owner: str = ACCOUNT) -> list[SimHost]:
            return [host for host in listed(service.world, owner) if host.id not in new]

        def sell_and_hide(*order: Any) -> SimHost:
            host = sell(*order)
            new.append(host.id)
            return host

        service.world.listed = hide_new  # type: ignore[method-assign]
        service.world.create = sell_and_hide  # type: ignore[method-assign,assignment]
        await bought(watch)
        await until(lambda: bool(watch.state.orders) and watch.state.orders[0].state is OrderState.CONFIRMED)
        state = await watch.refreshed()
        assert state.snapshot is not None
        assert new[0] in {host.id for host in state.snapshot.hosts}
        assert not any(event.kind is EventKind.GONE for event in state.events)


async def test_the_stored_snapshot_is_shown_before_the_service_responds(
    simulator: RunningSimulator, journal: Journal
) -> None:
    await journal.bind_account(simulator.url, ACCOUNT)
    await journal.save_snapshot(a_snapshot(a_host(id="remembered")))
    async with watching(MonitorHarness(simulator, journal)) as watch:
        await until(lambda: watch.state.connection is ConnectionState.LIVE)
        first = next(state for state in watch.states if state.snapshot is not None)
        assert first.is_restored
        assert first.snapshot is not None
        assert [host.id for host in first.snapshot.hosts] == ["remembered"]
        assert not watch.state.is_restored


async def test_the_stored_snapshot_of_another_account_is_not_shown(
    simulator: RunningSimulator, journal: Journal
) -> None:
    await journal.bind_account(simulator.url, "A00000009")
    await journal.save_snapshot(a_snapshot(a_host(id="theirs")))
    async with watching(MonitorHarness(simulator, journal)) as watch:
        await until(lambda: watch.state.connection is ConnectionState.LIVE)
        shown = {host.id for state in watch.states if state.snapshot for host in state.snapshot.hosts}
        assert "theirs" not in shown


async def test_events_are_stored_for_the_next_run(watch: MonitorHarness, journal: Journal) -> None:
    watch.service.faults.set(Fault(kind=Kind.HTML, endpoint="pve/open/mypage"))
    watch.monitor.refresh()
    await until(lambda: watch.state.connection is ConnectionState.ERROR)
    await watch.monitor.close(5)
    assert EventKind.ERROR in [event.kind for event in await journal.events(10)]


async def test_a_requested_refresh_shows_progress_until_it_ends(watch: MonitorHarness) -> None:
    watch.monitor.refresh()
    assert watch.state.progress == Progress()
    await until(lambda: watch.state.progress is None)
    assert watch.state.connection is ConnectionState.LIVE


async def test_a_failed_refresh_ends_its_progress(watch: MonitorHarness) -> None:
    watch.service.faults.set(Fault(kind=Kind.HTML, endpoint="pve/open/mypage"))
    watch.monitor.refresh()
    await until(lambda: watch.state.connection is ConnectionState.ERROR)
    assert watch.state.progress is None


async def test_a_periodic_refresh_shows_no_progress(watch: MonitorHarness) -> None:
    before = len(watch.states)
    watch.monitor.set_interval(3600)
    watch.monitor.orders.power([watch.state.snapshot.hosts[0]], on=True)  # type: ignore[union-attr]
    await until(lambda: len(watch.states) > before + 2)
    assert all(state.progress is None for state in watch.states[before:])


async def test_a_refresh_is_published_once_with_everything_that_follows_from_it(
    watch: MonitorHarness, clock: ManualClock
) -> None:
    await until(lambda: watch.state.catalog is not None)
    host = next(host for host in watch.service.world.hosts.values() if host.status == OFF)
    watch.monitor.orders.power([a_host(id=host.id)], on=True)
    await until(lambda: bool(watch.state.orders) and watch.state.orders[0].state is OrderState.ACCEPTED)
    await until(lambda: any(f"one/{host.id}" in request for request in watch.service.requests))
    clock.advance(60)
    before = watch.state.snapshot
    watch.monitor.set_interval(3600)
    watch.monitor._wake(watch.monitor._schedule.refresh_now(asyncio.get_running_loop().time()))
    await until(lambda: watch.states[-1].orders[0].state is OrderState.CONFIRMED)
    published = [state for state in watch.states if state.snapshot is watch.states[-1].snapshot]
    assert published[0].snapshot is not before
    assert published[0].orders[0].state is OrderState.CONFIRMED
    assert {event.kind for event in published[0].events} >= {EventKind.STATUS, EventKind.ORDER}
    assert len(published) == 1


LIES = [
    Fault(kind=Kind.LISTING, endpoint="pve/open/mypage", times=1000, hidden=3),
    Fault(kind=Kind.LISTING, endpoint="pve/open/mypage", times=1000, hidden=3, total=12),
    Fault(kind=Kind.LISTING, endpoint="pve/open/mypage", times=1000, hidden=12, total=12),
    Fault(kind=Kind.LISTING, endpoint="pve/open/mypage", times=1000, hidden=12),
    Fault(kind=Kind.LISTING, endpoint="pve/open/mypage", times=1000, total=0),
    Fault(kind=Kind.LISTING, endpoint="pve/open/mypage", times=1000, nameless=4),
]


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: f"hidden {lie.hidden} total {lie.total} nameless {lie.nameless}")
async def test_a_wrong_list_reports_no_host_gone(watch: MonitorHarness, lie: Fault) -> None:
    assert watch.state.snapshot is not None
    there = {host.id for host in watch.state.snapshot.hosts}
    watch.service.faults.set(lie)
    for _ in range(4):
        state = await watch.refreshed()
        assert state.snapshot is not None
        assert {host.id for host in state.snapshot.hosts} == there
    watch.service.faults.clear()
    state = await watch.refreshed()
    assert state.snapshot is not None
    assert state.snapshot.is_complete
    assert not state.snapshot.unlisted
    assert EventKind.GONE not in {event.kind for event in state.events}


async def test_a_host_deleted_elsewhere_is_gone_after_one_refresh(watch: MonitorHarness) -> None:
    world = watch.service.world
    host = next(host for host in world.hosts.values() if host.status == ON)
    with watch.service.lock:
        del world.hosts[host.id]
    state = await watch.refreshed()
    (gone,) = [event for event in state.events if event.kind is EventKind.GONE]
    assert (gone.host_id, gone.alert) == (host.id, True)


async def test_a_host_deleted_here_is_gone_although_the_total_counts_it(watch: MonitorHarness) -> None:
    assert watch.state.snapshot is not None
    host = next(host for host in watch.state.snapshot.hosts if host.status is Status.OFF)
    watch.service.faults.set(Fault(kind=Kind.LISTING, endpoint="pve/open/mypage", times=1000, total=12))
    watch.monitor.orders.delete([host])
    await until(lambda: bool(watch.state.orders) and watch.state.orders[0].state is OrderState.CONFIRMED)
    assert not any(event.alert for event in watch.state.events if event.kind is EventKind.GONE)


async def test_the_next_refresh_is_when_the_host_of_an_open_create_had_time_to_be_listed(
    watch: MonitorHarness, clock: ManualClock
) -> None:
    watch.service.world.options = watch.service.world.options.__class__(dialect="document")
    await bought(watch)
    await until(lambda: bool(watch.state.orders) and watch.state.orders[0].state is OrderState.ACCEPTED)
    clock.advance(9)
    await watch.refreshed()
    wait = watch.monitor._schedule.delay(asyncio.get_running_loop().time(), has_lookups=False)
    assert wait is not None
    assert wait <= 1
    clock.advance(1)
    await until(lambda: watch.state.orders[0].state is OrderState.CONFIRMED)
