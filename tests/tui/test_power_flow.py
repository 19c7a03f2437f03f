"""Hosts that change between a confirmation dialog and its answer: nothing is sent for them, and they are reported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from support.app_driver import AppDriver, running_app
from support.wait import until

from xds_tui.domain.model import Host, Status
from xds_tui.domain.records import OrderAction
from xds_tui.simulator.host import BILLED, OFF, ON, STOPPING, SimHost
from xds_tui.tui.flows.power import select
from xds_tui.tui.widgets.host_table import HostTable

pytestmark = pytest.mark.usefixtures("unhurried")


def running(driver: AppDriver, count: int) -> list[SimHost]:
    return [host for host in driver.world.listed() if host.status in (ON, BILLED)][:count]


async def mark(driver: AppDriver, *hosts: SimHost) -> None:
    table = driver.app.screen.query_one(HostTable)
    for host in hosts:
        table.move_to(host.id)
        await driver.press("space")


async def test_a_host_that_begins_to_be_deleted_is_left_out_of_a_confirmed_stop() -> None:
    async with running_app(AppDriver()) as driver:
        targets = running(driver, 3)
        await mark(driver, *targets)
        await driver.press("x")
        await driver.wait_for_text("Stop 3 hosts")
        targets[1].status = OFF  # the service does not delete a host that is on
        assert driver.monitor.state.snapshot is not None
        driver.monitor.orders.delete([host for host in driver.monitor.state.snapshot.hosts if host.id == targets[1].id])
        await until(lambda: not driver.monitor.orders.is_sending)
        await driver.press("y")
        await until(lambda: driver.request_count("operate") == 2)
        await driver.wait_for_text(f"(Being deleted|No longer exists), so nothing was sent: {targets[1].name}")


def set_stopping(host: SimHost) -> None:
    host.status = STOPPING


def rename(host: SimHost) -> None:
    host.name = "other-name"


def replace_by_younger(host: SimHost) -> None:
    host.created += 3600


def change_billing(host: SimHost) -> None:
    host.rented = not host.rented


CHANGES = {
    "status": (set_stopping, "on.* → stopping"),
    "name": (rename, "→ other-name"),
    "another host under the ID": (replace_by_younger, "→ 20"),
    "billing": (change_billing, "→"),
}


@pytest.mark.sweep(1)
@pytest.mark.parametrize(("change", "reported"), CHANGES.values(), ids=CHANGES)
async def test_a_host_that_changed_is_left_out_of_a_confirmed_stop_and_reported(
    change: Callable[[SimHost], None], reported: str
) -> None:
    async with running_app(AppDriver(), 200, 50) as driver:
        targets = running(driver, 2)
        old_name = targets[0].name
        await mark(driver, *targets)
        await driver.press("x")
        await driver.wait_for_text("Stop 2 hosts")
        change(targets[0])
        await driver.refresh()
        await driver.press("y")
        await driver.wait_for_text(rf"Changed before you confirmed, so nothing was sent: {old_name} \(.*{reported}")
        await until(lambda: not driver.monitor.orders.is_sending)
        assert driver.request_count("operate") == 1


async def test_a_delete_is_not_sent_for_a_host_that_started_while_its_id_was_typed() -> None:
    async with running_app(AppDriver(), 200, 50) as driver:
        target = next(host for host in driver.world.listed() if host.status == OFF)
        driver.app.screen.query_one(HostTable).move_to(target.id)
        await driver.press("enter", "D")
        await driver.wait_for_text("Delete 1 host")
        await driver.type(target.id)
        target.status = BILLED
        await driver.refresh()
        await driver.press("enter")
        await driver.wait_for_text(rf"nothing was sent: {target.name} \(off → ")
        assert target.gone_from is None
        assert driver.request_count("delete") == 0


async def selected_host(driver: AppDriver) -> Host:
    assert driver.monitor.state.snapshot is not None
    return next(
        host
        for host in driver.monitor.state.snapshot.hosts
        if host.status is Status.OFF and host.id in driver.monitor.state.costs.hosts
    )


async def test_what_counts_as_a_change_depends_on_the_operation() -> None:
    async with running_app(AppDriver()) as driver:
        host, state = await selected_host(driver), driver.monitor.state
        selection = select([host], state)
        rate = state.costs.hosts[host.id]
        dearer = replace(rate, low=rate.low + 1, high=rate.high + 1)
        at_new_price = replace(state, costs=replace(state.costs, hosts={host.id: dearer}))
        assert "/h → " in selection.changes(OrderAction.POWER_ON, host, at_new_price.costs.hosts)
        assert selection.changes(OrderAction.POWER_OFF, host, at_new_price.costs.hosts) == ""
        extended = replace(host, expires=(host.expires or driver.now()) + timedelta(days=30))
        assert "→" in selection.changes(OrderAction.DELETE, extended, state.costs.hosts)
        assert selection.changes(OrderAction.REBOOT, extended, state.costs.hosts) == ""
        stopping = replace(host, status=Status.STOPPING)
        assert selection.changes(OrderAction.DELETE, stopping, state.costs.hosts) == ""
        assert selection.changes(OrderAction.DELETE, host, state.costs.hosts) == ""
