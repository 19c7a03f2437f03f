"""Faults between the monitor and the service, and the recovery without a key press."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from support.wait import until

from tests.simulator_faults.clocks import ManualClock
from tests.simulator_faults.faults import Fault, Form, Kind
from tests.simulator_faults.middleware import Service
from tests.simulator_faults.server import RunningSimulator
from xds_tui.api.client import Client, Deadlines
from xds_tui.api.errors import ApiError, BadResponse, NotSent, Rejected
from xds_tui.auth.account import Account, TokenCache
from xds_tui.domain.credentials import AccountKey, Credentials, Secret
from xds_tui.domain.poll_schedule import MAX_WAIT
from xds_tui.domain.records import EventKind
from xds_tui.fleet import monitor as monitor_module
from xds_tui.fleet.monitor import Monitor
from xds_tui.fleet.state import ConnectionState, FleetState
from xds_tui.simulator.demo_fleet import populate
from xds_tui.simulator.world import ACCOUNT, SECRET, Options, World
from xds_tui.store.journal import Journal
from xds_tui.text import messages
from xds_tui.text.messages import Situation

KEY = AccountKey(ACCOUNT, Secret(SECRET))
DEADLINES = Deadlines(connect=10, reading=10, changing=10)
SHORT_DEADLINES = Deadlines(connect=1, reading=0.3, changing=1)
SLOW_KINDS = {Kind.LATENCY, Kind.DRIP}
"""Faults that are noticed at a deadline; a busy machine may miss a short one in the tests of the others."""
LIST = "pve/open/mypage"

FAULTS = [
    (Fault(kind=Kind.LATENCY, seconds=5), BadResponse),
    (Fault(kind=Kind.DROP_BEFORE), BadResponse),
    (Fault(kind=Kind.DROP_AFTER), BadResponse),
    (Fault(kind=Kind.HTML, status=502), BadResponse),
    (Fault(kind=Kind.HTML, status=200), BadResponse),
    (Fault(kind=Kind.HTML_AFTER, status=503), Rejected),
    (Fault(kind=Kind.TRUNCATED), BadResponse),
    (Fault(kind=Kind.DRIP, seconds=0.1), BadResponse),
    (Fault(kind=Kind.WRONG_TYPE), BadResponse),
    (Fault(kind=Kind.NONSENSE), BadResponse),
    (Fault(kind=Kind.HUGE, size=9_000_000), BadResponse),
    (Fault(kind=Kind.REDIRECT, location="http://portal.invalid/login"), BadResponse),
    (Fault(kind=Kind.CODE, code=500), Rejected),
    (Fault(kind=Kind.CODE, code=1003, message="维护中"), Rejected),
    (Fault(kind=Kind.CODE_AFTER, code=1005), Rejected),
    (Fault(kind=Kind.CODE, code=430, status=429, message="Too_Many_Requests", form=Form.FLOW_CONTROL), Rejected),
    (Fault(kind=Kind.ANSWER, status=504, body='{"code":404,"message":"504 GATEWAY_TIMEOUT"}'), Rejected),
    (Fault(kind=Kind.ANSWER_AFTER, status=500, body='{"timestamp":1,"status":500,"error":"no"}'), BadResponse),
    (Fault(kind=Kind.ALTERED, without=("code",)), BadResponse),
    (Fault(kind=Kind.BUSY, seconds=0), Rejected),
]
HARMLESS_KINDS = {Kind.EXPIRE_TOKENS, Kind.SHIFT, Kind.LISTING, Kind.REPEATED}
"""Faults that a read call recovers from, or that only make the list inconsistent."""


class MonitorHarness:
    """A monitor that refreshes continuously, and the states it published."""

    def __init__(
        self,
        url: str,
        journal: Journal,
        clock: Callable[[], datetime],
        *,
        interval: float = 0.01,
        credentials: Credentials = KEY,
        deadlines: Deadlines = DEADLINES,
    ) -> None:
        async def connect(base_url: str, credentials: Credentials, tokens: TokenCache) -> Client:
            return Client(base_url, credentials, deadlines=deadlines)

        self.states: list[FleetState] = []
        self.account = Account(connect, base_url=url, profile="test", keyring_store=None, credentials=credentials)
        self.monitor = Monitor(self.account, journal, interval=interval, clock=clock, rng=lambda: 0.5)

    @property
    def state(self) -> FleetState:
        return self.monitor.state

    async def live(self) -> None:
        """Wait until a refresh that starts later has succeeded."""
        before = self.state.snapshot
        await until(lambda: self.state.snapshot is not before and self.state.connection is ConnectionState.LIVE)


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
def now(clock: ManualClock) -> Callable[[], datetime]:
    return lambda: datetime.fromtimestamp(clock(), UTC)


@pytest.fixture
async def watch(
    request: pytest.FixtureRequest, simulator: RunningSimulator, journal: Journal, now: Callable[[], datetime]
) -> AsyncIterator[MonitorHarness]:
    fault = request.node.callspec.params.get("fault") if hasattr(request.node, "callspec") else None
    is_slow = isinstance(fault, Fault) and fault.kind in SLOW_KINDS
    harness = MonitorHarness(simulator.url, journal, now, deadlines=SHORT_DEADLINES if is_slow else DEADLINES)
    async with watching(harness) as watch:
        await watch.live()
        await until(lambda: watch.state.catalog is not None)
        yield watch


def is_explained(error: ApiError | None) -> bool:
    """Return whether the message of an error says what happened and what to do."""
    assert error is not None
    what, remedy = messages.error_lines(error, Situation.WATCHING)[:2]
    return what[:1].isupper() and remedy.endswith(".") and "Traceback" not in what and "object at" not in what


def test_every_kind_of_fault_is_covered() -> None:
    assert {fault.kind for fault, _error in FAULTS} == set(Kind) - HARMLESS_KINDS


@pytest.mark.parametrize(
    ("fault", "error"), FAULTS, ids=lambda value: getattr(getattr(value, "kind", None), "name", "")
)
async def test_a_fault_keeps_the_data_is_explained_and_recovers_without_a_key(
    watch: MonitorHarness, service: Service, fault: Fault, error: type[ApiError]
) -> None:
    known = {host.id for host in watch.state.snapshot.hosts} if watch.state.snapshot else set()
    service.faults.set(
        Fault(**{name: getattr(fault, name) for name in Fault.__slots__} | {"endpoint": LIST, "times": 2})
    )
    await until(lambda: watch.state.connection is ConnectionState.ERROR)
    failed = next(state for state in watch.states if state.connection is ConnectionState.ERROR)
    assert failed.snapshot is not None
    assert {host.id for host in failed.snapshot.hosts} == known
    assert isinstance(failed.error, error)
    assert is_explained(failed.error)
    assert failed.retry_at is not None
    await watch.live()
    assert watch.state.error is None
    kinds = [event.kind for event in watch.state.events]
    assert kinds.index(EventKind.RECOVERED) < kinds.index(EventKind.ERROR)
    assert EventKind.GONE not in kinds


@pytest.mark.parametrize(
    "url",
    ["http://unknown-host.invalid", "http://127.0.0.1:9", "https://127.0.0.1:{port}"],
    ids=["no such name", "refused", "no TLS"],
)
async def test_an_unreachable_service_is_offline_and_tried_again(
    url: str, simulator: RunningSimulator, journal: Journal, now: Callable[[], datetime]
) -> None:
    address = url.format(port=simulator.url.rpartition(":")[2])
    async with watching(MonitorHarness(address, journal, now)) as watch:
        await until(lambda: sum(state.connection is ConnectionState.ERROR for state in watch.states) >= 7)
        assert isinstance(watch.state.error, NotSent)
        assert is_explained(watch.state.error)


async def test_a_service_that_returns_is_found_within_an_interval(
    service: Service, journal: Journal, now: Callable[[], datetime]
) -> None:
    with RunningSimulator(service) as first:
        port = int(first.url.rpartition(":")[2])
        watch = MonitorHarness(first.url, journal, now)
        running = watching(watch)
        await running.__aenter__()
        await watch.live()
    await until(lambda: sum(state.connection is ConnectionState.ERROR for state in watch.states) > 5)
    known = watch.state.snapshot
    assert known is not None
    with RunningSimulator(service, port=port):
        await watch.live()
        await running.__aexit__(None, None, None)


def has_another_error(watch: MonitorHarness, error: Exception | None) -> bool:
    return watch.state.error is not error


async def test_attempts_back_off_to_two_minutes(
    simulator: RunningSimulator, journal: Journal, now: Callable[[], datetime], service: Service
) -> None:
    async with watching(MonitorHarness(simulator.url, journal, now, interval=20)) as watch:
        await watch.live()
        service.faults.set(Fault(kind=Kind.HTML, endpoint=LIST, times=1_000))
        waits = []
        for _ in range(5):
            trouble = watch.state.error
            watch.monitor.refresh()
            await until(partial(has_another_error, watch, trouble))
            assert watch.state.retry_at is not None
            waits.append((watch.state.retry_at - now()).total_seconds())
    # A random number of 0.5 reduces each of 20, 40, 80, 120 and 120 s by one eighth.
    assert waits == pytest.approx([17.5, 35.0, 70.0, 105.0, 105.0], abs=2)
    assert MAX_WAIT == 120


def count_requests(service: Service, part: str) -> int:
    return sum(part in request for request in service.requests)


async def test_a_busy_service_is_not_called_before_retry_after(
    simulator: RunningSimulator, journal: Journal, now: Callable[[], datetime], service: Service
) -> None:
    async with watching(MonitorHarness(simulator.url, journal, now, interval=3600)) as watch:
        await watch.live()
        await until(lambda: watch.state.catalog is not None)
        catalogs = count_requests(service, "packAge/1")
        service.faults.set(Fault(kind=Kind.BUSY, endpoint=LIST, seconds=600))
        watch.monitor.refresh()
        await until(lambda: watch.state.connection is ConnectionState.ERROR)
        await until(lambda: count_requests(service, "packAge/1") > catalogs)
        pages = count_requests(service, LIST)
        catalog = watch.state.catalog
        watch.monitor.refresh()
        # The catalog takes three requests in sequence, so a refresh would have started before it is read.
        await until(lambda: watch.state.catalog is not catalog)
        assert count_requests(service, LIST) == pages
        assert watch.state.retry_at is not None
        assert watch.state.retry_at - now() > timedelta(minutes=9)


@pytest.mark.parametrize("hours", [8, -3], ids=["a night asleep", "a clock set back"])
async def test_a_jump_of_the_clock_triggers_a_refresh(
    hours: int,
    simulator: RunningSimulator,
    journal: Journal,
    now: Callable[[], datetime],
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(monitor_module, "MAX_SLEEP", 0.01)
    async with watching(MonitorHarness(simulator.url, journal, now, interval=3600)) as watch:
        await watch.live()
        clock.advance(hours * 3600)
        await watch.live()
        assert watch.state.snapshot is not None
        assert watch.state.snapshot.at == now()
        assert all(
            state.connection not in (ConnectionState.SIGNED_OUT, ConnectionState.ERROR) for state in watch.states
        )


async def test_a_list_that_shifts_at_every_page_neither_adds_nor_loses_a_host(
    journal: Journal, now: Callable[[], datetime], clock: ManualClock
) -> None:
    world = World(Options(), clock)
    populate(world, 70)
    service = Service(world)
    with RunningSimulator(service) as simulator:
        async with watching(MonitorHarness(simulator.url, journal, now)) as watch:
            await watch.live()
            there = {host.id for host in world.listed()}
            begun = len(watch.states)
            service.faults.set(Fault(kind=Kind.SHIFT, endpoint=LIST, times=60))
            await until(lambda: not service.faults.pending)
            await watch.live()
            await watch.live()
        shown = [state.snapshot for state in watch.states[begun:] if state.snapshot is not None]
        truth = {host.id for host in world.listed()}
    for snapshot in shown:
        ids = [host.id for host in snapshot.hosts]
        assert there <= set(ids) <= truth
        assert len(ids) == len(set(ids))
    assert {host.id for host in shown[-1].hosts} == truth
    kinds = [event.kind for event in watch.state.events]
    assert EventKind.GONE not in kinds
    appeared = [event.host_id for event in watch.state.events if event.kind is EventKind.APPEARED]
    assert len(appeared) == len(set(appeared))


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind=Kind.ALTERED, fields={"success": False}),
        Fault(kind=Kind.CODE, code=2000, form=Form.GATEWAY),
        Fault(kind=Kind.CODE, code=2001, status=401, form=Form.GATEWAY),
        Fault(kind=Kind.CODE, code=401, status=401, form=Form.SECURITY),
        Fault(kind=Kind.CODE, code=501, form=Form.BARE),
        Fault(kind=Kind.CODE, code=502, form=Form.BARE),
        Fault(kind=Kind.CODE, status=401, message="no token", form=Form.NO_CODE),
        Fault(kind=Kind.EXPIRE_TOKENS),
    ],
    ids=lambda fault: f"{fault.kind.value} {fault.form.value} {fault.status}",
)
async def test_a_fault_that_a_read_call_recovers_from_is_no_error(
    watch: MonitorHarness, service: Service, fault: Fault
) -> None:
    service.faults.set(Fault(**{name: getattr(fault, name) for name in Fault.__slots__} | {"endpoint": LIST}))
    await until(lambda: not service.faults.pending)
    await watch.live()
    await watch.live()
    assert all(state.connection in (ConnectionState.LIVE, ConnectionState.CONNECTING) for state in watch.states)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind=Kind.CODE, code=1003, message="系统繁忙"),
        Fault(kind=Kind.CODE, code=404, status=504, form=Form.GATEWAY),
        Fault(kind=Kind.HTML, status=502),
        Fault(kind=Kind.BUSY, seconds=0),
        Fault(kind=Kind.ANSWER, status=200, body='{"code":0,"data":null,"msg":"data null"}'),
        Fault(kind=Kind.DROP_BEFORE),
    ],
    ids=lambda fault: fault.kind.value,
)
async def test_a_single_unusual_token_response_does_not_sign_out(
    simulator: RunningSimulator, journal: Journal, now: Callable[[], datetime], service: Service, fault: Fault
) -> None:
    service.faults.set(Fault(**{name: getattr(fault, name) for name in Fault.__slots__} | {"endpoint": "auth/"}))
    async with watching(MonitorHarness(simulator.url, journal, now)) as watch:
        await watch.live()
        assert any(state.connection is ConnectionState.ERROR for state in watch.states)
        assert all(state.connection is not ConnectionState.SIGNED_OUT for state in watch.states)
