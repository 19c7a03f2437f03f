"""A host that may belong to an order, from the notice to the decision of the user."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from support.app_driver import Desk, sitting_at
from support.factories import a_quote, an_order

from xds_tui.domain.model import Billing
from xds_tui.domain.records import Order, OrderAction, OrderState
from xds_tui.simulator.world import ACCOUNT
from xds_tui.store.database import StoreError

pytestmark = pytest.mark.usefixtures("unhurried")


async def lost_create(desk: Desk) -> Order:
    """Place an order for the first entries of the catalog, and lose its response."""
    catalog = desk.monitor.state.catalog
    assert catalog is not None
    package = catalog.packages[Billing.ON_DEMAND][0]
    image = next(image for image in catalog.images if image.type == package.type)
    quote = a_quote(package=package, image=image, known_hosts=desk.monitor.orders.book.known_hosts)
    order = an_order(
        id="o",
        action=OrderAction.CREATE,
        state=OrderState.UNKNOWN,
        host_id=None,
        created_at=desk.now(),
        sent_at=desk.now(),
        answered_at=desk.now() + timedelta(seconds=60),
        summary="The service did not answer in time",
        quote=quote,
    )
    await desk.monitor.recorder.journal.write_orders([order])
    desk.monitor.orders.book.write(order)
    return order


@asynccontextmanager
async def seeing_a_candidate(columns: int = 120, rows: int = 40) -> AsyncIterator[tuple[Desk, str]]:
    """Run the app after another user bought, five minutes after a lost order, what that order requested."""
    async with sitting_at(Desk(), columns, rows) as desk:
        order = await lost_create(desk)
        desk.clock.advance(300)
        assert order.quote is not None
        account, world = desk.world.accounts[ACCOUNT], desk.world
        host = world.create(account, order.quote.package.id, order.quote.image.id, None)
        host.name = "stranger"
        await desk.sweep()
        yield desk, host.id


async def written(desk: Desk) -> Order:
    [order] = await desk.monitor.recorder.journal.orders(9)
    return order


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 40)])
async def test_the_user_is_asked_to_decide_and_finds_the_order_by_its_state(columns: int, rows: int) -> None:
    async with seeing_a_candidate(columns, rows) as (desk, _):
        await desk.see("stranger may be yours")
        await desk.press("h", "2")
        await desk.see("buy .* may be yours")
        await desk.see("m Mine +n Not mine")
        await desk.press("slash")
        await desk.type("may be yours")
        await desk.press("enter")
        await desk.see("1 shown")


async def test_m_confirms_the_order_by_the_host() -> None:
    async with seeing_a_candidate() as (desk, host_id):
        await desk.press("h", "2")
        await desk.see("n Not mine")
        await desk.press("m")
        await desk.see("confirmed by stranger")
        await desk.see("stranger +confirmed")
        order = await written(desk)
        assert (order.state, order.host_id) == (OrderState.CONFIRMED, host_id)
        assert "Not mine" not in await desk.see("Export")


async def test_n_removes_the_host_from_the_order_permanently() -> None:
    async with seeing_a_candidate() as (desk, host_id):
        await desk.press("h", "2")
        await desk.see("n Not mine")
        await desk.press("n")
        await desk.see("will not be offered")
        await desk.sweep()
        await desk.see("unknown")
        order = await written(desk)
        assert (order.state, order.host_id, order.declined) == (OrderState.UNKNOWN, None, frozenset({host_id}))


async def test_a_decision_that_cannot_be_recorded_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    async with seeing_a_candidate() as (desk, _):
        await desk.press("h", "2")
        await desk.see("n Not mine")

        async def fail(*_: object) -> None:
            raise StoreError("The history could not be read or written", "disk full")

        with monkeypatch.context() as patch:
            patch.setattr(desk.monitor.recorder.journal, "settle_order", fail)
            await desk.press("m")
            await desk.see("Nothing was decided")
            await desk.see("disk full")
        assert (await written(desk)).state is OrderState.UNKNOWN


async def test_m_and_n_do_nothing_to_other_orders() -> None:
    async with sitting_at(Desk()) as desk:
        order = await lost_create(desk)
        await desk.press("h", "2")
        await desk.see("unknown")
        await desk.press("m", "n")
        assert await written(desk) == order
