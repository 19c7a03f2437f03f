"""How many keys ten everyday jobs need, from the list of hosts on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest
from support.app_driver import AppDriver, running_app
from support.factories import a_package, a_quote, an_image, an_order
from support.wait import until

from xds_tui.domain.records import OrderAction, OrderState
from xds_tui.simulator.host import OFF, ON
from xds_tui.tui.widgets.host_pane import HostPane
from xds_tui.tui.widgets.host_table import HostTable

pytestmark = pytest.mark.usefixtures("unhurried")


def go_to(driver: AppDriver, status: int, *, rented: bool) -> str:
    """Put the cursor on a host, and return its ID."""
    host = next(host for host in driver.world.listed() if host.status == status and host.rented is rented)
    driver.app.screen.query_one(HostTable).move_to(host.id)
    return host.id


async def back(driver: AppDriver) -> None:
    while len(driver.app.screen_stack) > 1:
        await driver.press("escape")


async def know_what_expires_next_and_what_the_fleet_costs(driver: AppDriver) -> None:
    await driver.wait_for_text(r"Expiring[^\n]*\n[^\n]*¥[\d.]+/h now[^\n]*!! \S+ +\d+ min")


async def sort_by_cost(driver: AppDriver) -> None:
    pane = driver.app.screen.query_one(HostPane)
    await until(lambda: (pane.listing.sort, pane.listing.descending) == ("cost", True))


async def sort_by_expiry(driver: AppDriver) -> None:
    pane = driver.app.screen.query_one(HostPane)
    await until(lambda: (pane.listing.sort, pane.listing.descending) == ("expires", False))


async def start_a_prepaid_host(driver: AppDriver) -> None:
    await until(lambda: driver.request_count("operate") == 1)


async def start_an_on_demand_host(driver: AppDriver) -> None:
    await until(lambda: driver.request_count("operate") == 2)


async def read_a_password(driver: AppDriver) -> None:
    await driver.wait_for_text(r"Password +\w{8}")


async def read_the_events_of_a_host(driver: AppDriver) -> None:
    await driver.wait_for_text(r"shown · id:\w+")


async def see_the_cost_over_time(driver: AppDriver) -> None:
    await driver.wait_for_text("▸3 Charts")


async def rent_the_same_again(driver: AppDriver) -> None:
    await driver.wait_for_text("1 bought")
    assert len(driver.world.ledger) == 1


async def rent_the_package_under_the_cursor(driver: AppDriver) -> None:
    await driver.wait_for_text("1 bought")
    assert len(driver.world.ledger) == 2


JOBS: list[tuple[Callable[[AppDriver], Awaitable[None]], int, tuple[str, ...]]] = [
    (know_what_expires_next_and_what_the_fleet_costs, 0, ()),
    (sort_by_cost, 1, ("dollar_sign",)),
    (sort_by_expiry, 1, ("E",)),
    (start_a_prepaid_host, 1, ("s",)),
    (start_an_on_demand_host, 2, ("s", "y")),
    (read_a_password, 2, ("d", "v")),
    (read_the_events_of_a_host, 1, ("l",)),
    (see_the_cost_over_time, 2, ("h", "3")),
    (rent_the_same_again, 2, ("N", "B")),
    (rent_the_package_under_the_cursor, 2, ("n", "B")),
]
"""Each job, by a function that waits until it is done: how many keys it may need, and the keys."""


async def prepare(driver: AppDriver, job: Callable[[AppDriver], Awaitable[None]]) -> None:
    """Put the cursor where the job begins."""
    await back(driver)
    status = ON if job is read_a_password else OFF
    host_id = go_to(driver, status, rented=job is not start_an_on_demand_host)
    if job is rent_the_same_again:
        quote = a_quote(package=a_package(id="bl4090a1", amount=Decimal(1)), image=an_image(id="4005"))
        order = an_order(action=OrderAction.CREATE, state=OrderState.CONFIRMED, host_id=host_id, quote=quote)
        await driver.monitor.recorder.journal.write_orders([order])
    if job is rent_the_package_under_the_cursor:
        driver.app.screen.query_one("#images").focus()
        await driver.press("enter", "tab", "down")  # an image is chosen, and the cursor is on a package
    await driver.wait_until_idle()


async def test_ten_jobs_need_few_keys() -> None:
    async with running_app(AppDriver(hosts=40)) as driver:
        for job, count, keys in JOBS:
            assert len(keys) == count
            await prepare(driver, job)
            for key in keys:
                await driver.press(key)
                await driver.wait_until_idle()
            await job(driver)
    assert len(JOBS) == 10
