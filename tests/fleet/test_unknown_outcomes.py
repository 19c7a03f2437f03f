"""Orders without a conclusive response are confirmed by reading their hosts at once, over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest
from support.factories import a_host
from support.wait import until
from test_monitor import MonitorHarness, watching

from tests.simulator_faults.clocks import ManualClock
from tests.simulator_faults.faults import Fault, Kind
from tests.simulator_faults.presets import GATEWAY_TIMEOUT
from tests.simulator_faults.server import RunningSimulator
from xds_tui.domain.model import Host, Status
from xds_tui.domain.records import Event, EventKind, Order, OrderAction, OrderState
from xds_tui.fleet.state import ConnectionState
from xds_tui.simulator.host import BILLED, OFF
from xds_tui.simulator.world import ACCOUNT
from xds_tui.store.journal import Journal

Give = Callable[[MonitorHarness, Host], None]
GIVE: dict[OrderAction, Give] = {
    OrderAction.POWER_ON: lambda watch, host: watch.monitor.orders.power([host], on=True),
    OrderAction.POWER_OFF: lambda watch, host: watch.monitor.orders.power([host], on=False),
    OrderAction.REBOOT: lambda watch, host: watch.monitor.orders.reboot([host]),
    OrderAction.DELETE: lambda watch, host: watch.monitor.orders.delete([host]),
}
PATHS = {
    OrderAction.POWER_ON: "operate",
    OrderAction.POWER_OFF: "operate",
    OrderAction.REBOOT: "reboot",
    OrderAction.DELETE: "delete",
}


@pytest.fixture
async def watch(simulator: RunningSimulator, journal: Journal) -> AsyncIterator[MonitorHarness]:
    async with watching(MonitorHarness(simulator, journal)) as watch:
        await until(lambda: watch.state.connection is ConnectionState.LIVE)
        yield watch


def a_host_at(watch: MonitorHarness, *statuses: int) -> Host:
    machine = next(host for host in watch.service.world.listed() if host.status in statuses)
    assert watch.state.snapshot is not None
    return next(host for host in watch.state.snapshot.hosts if host.id == machine.id)


async def state_of(watch: MonitorHarness, *states: OrderState) -> Order:
    await until(lambda: bool(watch.state.orders) and watch.state.orders[0].state in states)
    return watch.state.orders[0]


def states(watch: MonitorHarness) -> list[OrderState | None]:
    return [event.state for event in reversed(watch.state.events) if event.kind is EventKind.ORDER]


@pytest.mark.parametrize(
    ("action", "code"),
    [
        (OrderAction.POWER_ON, 6000),
        (OrderAction.POWER_ON, 1003),
        (OrderAction.POWER_OFF, 6001),
        (OrderAction.POWER_OFF, 500),
        (OrderAction.DELETE, 1021),
        (OrderAction.DELETE, 1001),
        (OrderAction.DELETE, 1005),
    ],
)
async def test_an_operation_done_despite_an_error_code_is_confirmed_by_the_host(
    watch: MonitorHarness, clock: ManualClock, action: OrderAction, code: int
) -> None:
    host = a_host_at(watch, BILLED if action is OrderAction.POWER_OFF else OFF)
    watch.service.faults.set(Fault(kind=Kind.CODE_AFTER, endpoint=f"pve/open/{PATHS[action]}", code=code))
    GIVE[action](watch, host)
    await state_of(watch, OrderState.UNKNOWN, OrderState.CONFIRMED)
    clock.advance(30)
    order = await state_of(watch, OrderState.CONFIRMED)
    assert (order.code, bool(order.trace_id)) == (code, True)
    assert OrderState.UNKNOWN in states(watch)
    assert OrderState.REJECTED not in states(watch)
    assert sum(PATHS[action] in request for request in watch.service.requests) == 1


@pytest.mark.parametrize("action", GIVE)
async def test_a_call_repeated_by_the_gateway_is_confirmed_by_the_host(
    watch: MonitorHarness, clock: ManualClock, action: OrderAction
) -> None:
    host = a_host_at(watch, BILLED if action in (OrderAction.POWER_OFF, OrderAction.REBOOT) else OFF)
    watch.service.faults.set(Fault(kind=Kind.REPEATED, endpoint=f"pve/open/{PATHS[action]}"))
    GIVE[action](watch, host)
    await state_of(watch, OrderState.UNKNOWN, OrderState.CONFIRMED)
    await watch.refreshed()
    clock.advance(30)
    await state_of(watch, OrderState.CONFIRMED)
    assert states(watch) == [OrderState.SENT, OrderState.UNKNOWN, OrderState.CONFIRMED]


@pytest.mark.parametrize("fault", [GATEWAY_TIMEOUT, replace(GATEWAY_TIMEOUT, status=200, code=1005)])
async def test_the_host_of_an_unknown_order_is_read_at_once(watch: MonitorHarness, fault: Fault) -> None:
    host = a_host_at(watch, OFF)
    watch.service.faults.set(replace(fault, kind=Kind.CODE, endpoint="pve/open/delete"))
    watch.service.requests.clear()
    GIVE[OrderAction.DELETE](watch, host)
    await until(lambda: any(f"one/{host.id}" in request for request in watch.service.requests))
    assert watch.state.orders[0].state is OrderState.UNKNOWN
    assert watch.state.snapshot is not None
    assert host.id in {seen.id for seen in watch.state.snapshot.hosts}


async def test_a_declined_deletion_times_out_and_its_host_can_be_stopped_before(
    watch: MonitorHarness, clock: ManualClock
) -> None:
    host = a_host_at(watch, BILLED)
    GIVE[OrderAction.DELETE](watch, host)
    order = await state_of(watch, OrderState.UNKNOWN)
    assert (order.code, bool(order.trace_id)) == (0, True)
    GIVE[OrderAction.POWER_ON](watch, host)
    GIVE[OrderAction.REBOOT](watch, host)
    GIVE[OrderAction.POWER_OFF](watch, host)
    await until(lambda: not watch.monitor.orders.is_sending)
    asked = [request for request in watch.service.requests if "operate" in request or "reboot" in request]
    assert asked == [f"GET /v1/pve/open/operate/{host.id}?type=0"]
    clock.advance(301)
    await watch.refreshed()
    await until(lambda: {order.state for order in watch.state.orders} <= {OrderState.UNCONFIRMED, OrderState.CONFIRMED})
    assert OrderState.REJECTED not in states(watch)


async def test_an_unexpected_stop_after_a_start_is_an_alert(watch: MonitorHarness, clock: ManualClock) -> None:
    host = a_host_at(watch, OFF)
    GIVE[OrderAction.POWER_ON](watch, host)
    await state_of(watch, OrderState.ACCEPTED)
    clock.advance(30)
    await state_of(watch, OrderState.CONFIRMED)
    with watch.service.lock:
        watch.service.world.power(watch.service.world.accounts[ACCOUNT], host.id, on=False)
    await watch.refreshed()
    stopped = next(event for event in watch.state.events if event.kind is EventKind.STATUS)
    assert (stopped.host_id, stopped.new, stopped.own, stopped.alert) == (host.id, Status.STOPPING, False, True)
    started: list[Event] = [event for event in watch.state.events if event.new is Status.ON]
    assert [event.own for event in started] == [True]


async def test_nothing_is_sent_to_a_host_that_is_being_deleted(simulator: RunningSimulator, journal: Journal) -> None:
    service = simulator.service
    service.world.options = replace(service.world.options, leaves_list_after=600.0)
    async with watching(MonitorHarness(simulator, journal)) as watch:
        await until(lambda: watch.state.connection is ConnectionState.LIVE)
        host = a_host_at(watch, OFF)
        GIVE[OrderAction.DELETE](watch, host)
        await state_of(watch, OrderState.ACCEPTED)
        for action in (OrderAction.POWER_ON, OrderAction.POWER_OFF, OrderAction.REBOOT):
            GIVE[action](watch, host)
        GIVE[OrderAction.POWER_ON](watch, a_host(id="another"))
        await until(lambda: not watch.monitor.orders.is_sending)
    asked = [request for request in service.requests if "operate" in request or "reboot" in request]
    assert asked == ["GET /v1/pve/open/operate/another?type=1"]
