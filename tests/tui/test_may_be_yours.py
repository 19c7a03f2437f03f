"""A host that may belong to an order, from the notice to the decision of the user."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from support.app_driver import AppDriver, running_app
from support.factories import a_quote, an_order

from xds_tui.domain.model import Billing
from xds_tui.domain.records import Order, OrderAction, OrderState
from xds_tui.simulator.world import ACCOUNT
from xds_tui.store.database import StoreError

pytestmark = pytest.mark.usefixtures("unhurried")


async def lost_create(driver: AppDriver) -> Order:
    """Place an order for the first entries of the catalog, and lose its response."""
    catalog = driver.monitor.state.catalog
    assert catalog is not None
    package = catalog.packages[Billing.ON_DEMAND][0]
    image = next(image for image in catalog.images if image.type == package.type)
    quote = a_quote(package=package, image=image, known_hosts=driver.monitor.orders.book.known_hosts)
    order = an_order(
        id="o",
        action=OrderAction.CREATE,
        state=OrderState.UNKNOWN,
        host_id=None,
        created_at=driver.now(),
        sent_at=driver.now(),
        answered_at=driver.now() + timedelta(seconds=60),
        summary="The service did not respond in time",
        quote=quote,
    )
    await driver.monitor.recorder.journal.write_orders([order])
    driver.monitor.orders.book.write(order)
    return order


@asynccontextmanager
async def seeing_a_candidate(columns: int = 120, rows: int = 40) -> AsyncIterator[tuple[AppDriver, str]]:
    """Run the app after another user bought, five minutes after a lost order, what that order requested."""
    async with running_app(AppDriver(), columns, rows) as driver:
        order = await lost_create(driver)
        driver.clock.advance(300)
        assert order.quote is not None
        account, world = driver.world.accounts[ACCOUNT], driver.world
        host = world.create(account, order.quote.package.id, order.quote.image.id, None)
        host.name = "stranger"
        await driver.refresh()
        yield driver, host.id


async def written(driver: AppDriver) -> Order:
    [order] = await driver.monitor.recorder.journal.orders(9)
    return order


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 40)])
async def test_the_user_is_asked_to_decide_and_finds_the_order_by_its_state(columns: int, rows: int) -> None:
    async with seeing_a_candidate(columns, rows) as (driver, _):
        await driver.wait_for_text("stranger may be yours")
        await driver.press("h", "2")
        await driver.wait_for_text("buy .* may be yours")
        await driver.wait_for_text("m Mine +n Not mine")
        await driver.press("slash")
        await driver.type("may be yours")
        await driver.press("enter")
        await driver.wait_for_text("1 shown")


async def test_m_confirms_the_order_by_the_host() -> None:
    async with seeing_a_candidate() as (driver, host_id):
        await driver.press("h", "2")
        await driver.wait_for_text("n Not mine")
        await driver.press("m")
        await driver.wait_for_text("confirmed by stranger")
        await driver.wait_for_text("stranger +confirmed")
        order = await written(driver)
        assert (order.state, order.host_id) == (OrderState.CONFIRMED, host_id)
        assert "Not mine" not in await driver.wait_for_text("Export")


async def test_n_removes_the_host_from_the_order_permanently() -> None:
    async with seeing_a_candidate() as (driver, host_id):
        await driver.press("h", "2")
        await driver.wait_for_text("n Not mine")
        await driver.press("n")
        await driver.wait_for_text("will no longer be suggested")
        await driver.refresh()
        await driver.wait_for_text("unknown")
        order = await written(driver)
        assert (order.state, order.host_id, order.declined) == (OrderState.UNKNOWN, None, frozenset({host_id}))


async def test_a_decision_that_cannot_be_recorded_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    async with seeing_a_candidate() as (driver, _):
        await driver.press("h", "2")
        await driver.wait_for_text("n Not mine")

        async def fail(*_: object) -> None:
            raise StoreError("The history file could not be read or written", "disk full")

        with monkeypatch.context() as patch:
            patch.setattr(driver.monitor.recorder.journal, "settle_order", fail)
            await driver.press("m")
            await driver.wait_for_text("Nothing was recorded")
            await driver.wait_for_text("disk full")
        assert (await written(driver)).state is OrderState.UNKNOWN


async def test_m_and_n_do_nothing_to_other_orders() -> None:
    async with running_app(AppDriver()) as driver:
        order = await lost_create(driver)
        await driver.press("h", "2")
        await driver.wait_for_text("unknown")
        await driver.press("m", "n")
        assert await written(driver) == order
