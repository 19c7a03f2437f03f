"""A purchase that was refused and made all the same, and one that may be made twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.factories import NOON, a_host, a_promise, a_snapshot, an_order
from support.wait import until
from test_order_service import Desk, written

from xds_tui.api.errors import OutcomeUnknown, Rejected
from xds_tui.domain.model import Host
from xds_tui.domain.records import Doubt, Event, EventKind, HostSource, Order, OrderAction, OrderState
from xds_tui.domain.repeats import POINTED_OUT_FOR
from xds_tui.fleet.order_book import MAX_ENDED_ORDERS
from xds_tui.fleet.order_service import MAY_BE_BOUGHT
from xds_tui.store.journal import Journal, SettleResult


@pytest.fixture
def desk(journal: Journal) -> Desk:
    return Desk(journal)


def new_host(**fields: object) -> Host:
    return a_host(**{"id": "new", "name": "渲染-9", "created": NOON, "os": "Ubuntu Server"} | fields)


async def refused(desk: Desk) -> Order:
    desk.service.answers = [Rejected(9001, "余额不足", trace_id="trace-1")]
    desk.orders.buy(a_promise(), 1)
    return (await desk.ended())[-1]


def pointed_out(desk: Desk) -> list[Event]:
    return [event for event in desk.told if event.kind is EventKind.CANDIDATE]


async def test_a_host_that_fits_a_refused_order_is_pointed_out_once(desk: Desk) -> None:
    await desk.see(a_host(id="old"))
    await refused(desk)
    for _ in range(2):
        desk.now += timedelta(seconds=15)
        await desk.see(new_host(), a_host(id="old"))
    (event,) = pointed_out(desk)
    assert (event.alert, event.host_id, event.host_name, event.doubt) == (True, "new", "渲染-9", Doubt.REJECTED)
    assert (event.code, event.trace_id) == (9001, "trace-1")
    (order,) = await desk.journal.orders(10)
    assert order.candidate is not None
    assert (order.state, order.host_id, order.candidate.host_id) == (OrderState.REJECTED, None, "new")


async def test_a_host_that_was_listed_before_the_refusal_came_is_pointed_out(desk: Desk) -> None:
    async def list_it() -> None:
        await desk.see(new_host())

    desk.service.before_answer = list_it
    await refused(desk)
    await desk.see(new_host())
    assert [event.host_id for event in pointed_out(desk)] == ["new"]


@pytest.mark.parametrize(
    ("host", "later"),
    [
        (new_host(id="old"), timedelta(seconds=15)),
        (new_host(id="bought"), timedelta(seconds=15)),
        (new_host(cpu=64), timedelta(seconds=15)),
        (new_host(created=NOON - timedelta(hours=1)), timedelta(seconds=15)),
        (new_host(), POINTED_OUT_FOR),
    ],
    ids=["known", "bought here", "unlike", "older", "too late"],
)
async def test_a_host_that_needs_no_pointing_out(desk: Desk, host: Host, later: timedelta) -> None:
    await desk.see(a_host(id="old"))
    desk.service.answers = ["bought"]
    desk.orders.buy(a_promise(), 1)
    await desk.ended()
    await refused(desk)
    desk.now += later
    await desk.see(host, a_host(id="old"))
    assert pointed_out(desk) == []


async def test_a_host_that_may_be_another_order_s_is_not_pointed_out(desk: Desk) -> None:
    await desk.see(a_host(id="old"))
    await refused(desk)
    desk.service.answers = [None]
    desk.orders.buy(a_promise(), 1)
    order = (await desk.ended())[-1]
    for _ in range(3):
        desk.now += timedelta(seconds=6)
        await desk.see(new_host(created=order.sent_at), a_host(id="old"), at=desk.now)
    assert pointed_out(desk) == []
    assert desk.orders.book[order.id].host_id == "new"


async def test_a_host_is_pointed_out_after_a_restart_too(desk: Desk, journal: Journal) -> None:
    await refused(desk)
    again = Desk(journal)
    again.orders.book.update_hosts(a_snapshot())
    await again.orders.resume()
    await again.see(new_host())
    assert [event.host_id for event in pointed_out(again)] == ["new"]


async def test_the_user_says_whose_the_host_is(desk: Desk) -> None:
    order = await refused(desk)
    await desk.see(new_host())
    assert await desk.orders.claims.accept_candidate(order.id) is SettleResult.WRITTEN
    (order,) = await desk.journal.orders(1)
    assert (order.state, order.host_id, order.host_source) == (OrderState.CONFIRMED, "new", HostSource.USER)


async def test_a_host_that_the_user_knows_is_not_offered_again(desk: Desk) -> None:
    order = await refused(desk)
    await desk.see(new_host())
    await desk.orders.claims.decline_candidate(order.id)
    await desk.see(new_host())
    assert len(pointed_out(desk)) == 1
    assert await desk.orders.possible_purchases(a_promise()) == ()


async def test_nothing_is_bought_again_that_may_have_been_bought_unless_that_is_confirmed(desk: Desk) -> None:
    desk.service.answers = [OutcomeUnknown("reset"), "second"]
    desk.orders.buy(a_promise(), 1)
    (unknown,) = await desk.ended()
    desk.orders.buy(a_promise(), 2)
    orders = await desk.ended()
    assert [order.state for order in orders[1:]] == [OrderState.NOT_SENT] * 2
    assert orders[1].summary == MAY_BE_BOUGHT
    assert len(desk.service.asked) == 1
    assert await desk.orders.possible_purchases(a_promise()) == (unknown,)
    desk.orders.buy(a_promise(), 1, confirmed=[unknown.id])
    assert (await desk.ended())[-1].state is OrderState.ACCEPTED
    assert await written(desk.journal) == [
        OrderState.UNKNOWN,
        OrderState.NOT_SENT,
        OrderState.NOT_SENT,
        OrderState.ACCEPTED,
    ]


@pytest.mark.parametrize(
    ("state", "code", "asked"),
    [
        (OrderState.UNKNOWN, None, True),
        (OrderState.REJECTED, 1003, True),
        (OrderState.REJECTED, 404, True),
        (OrderState.REJECTED, 9001, False),
        (OrderState.SENT, None, True),
        (OrderState.CONFIRMED, None, False),
    ],
)
async def test_what_an_earlier_run_or_another_program_left_is_asked_about(
    desk: Desk, state: OrderState, code: int | None, asked: bool
) -> None:
    left = an_order(
        id="left", action=OrderAction.CREATE, state=state, code=code, host_id=None, promise=a_promise(), sent_at=NOON
    )
    await desk.journal.write_orders([left])
    found = await desk.orders.possible_purchases(a_promise())
    assert [order.id for order in found] == (["left"] if asked else [])
    desk.service.answers = ["new"]
    desk.orders.buy(a_promise(), 1)
    await until(lambda: not desk.orders.is_sending)
    assert len(desk.service.asked) == (not asked)


async def test_many_orders_that_end_afterwards_do_not_end_the_watch(desk: Desk) -> None:
    await desk.see(a_host(id="old"))
    first = await refused(desk)
    for number in range(MAX_ENDED_ORDERS + 1):
        desk.orders.book.write(an_order(id=f"later{number}", state=OrderState.NOT_SENT))
    await desk.see(new_host(), a_host(id="old"))
    assert [(event.host_id, event.order_id) for event in pointed_out(desk)] == [("new", first.id)]


async def test_refused_purchases_are_not_remembered_without_end(desk: Desk) -> None:
    for number in range(MAX_ENDED_ORDERS + 10):
        order = an_order(id=f"o{number}", action=OrderAction.CREATE, state=OrderState.REJECTED, promise=a_promise())
        desk.orders.book.write(order)
    assert len(tuple(desk.orders.book)) == MAX_ENDED_ORDERS
