"""Purchases carried out although they were rejected, and purchases that may be repeated."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.factories import NOON, a_host, a_quote, a_snapshot, an_order
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
    desk.orders.buy(a_quote(), 1)
    return (await desk.ended())[-1]


def reported_candidates(desk: Desk) -> list[Event]:
    return [event for event in desk.reported if event.kind is EventKind.CANDIDATE]


async def test_a_host_that_fits_a_rejected_order_is_reported_once(desk: Desk) -> None:
    await desk.see(a_host(id="old"))
    await refused(desk)
    for _ in range(2):
        desk.now += timedelta(seconds=15)
        await desk.see(new_host(), a_host(id="old"))
    (event,) = reported_candidates(desk)
    assert (event.alert, event.host_id, event.host_name, event.doubt) == (True, "new", "渲染-9", Doubt.REJECTED)
    assert (event.code, event.trace_id) == (9001, "trace-1")
    (order,) = await desk.journal.orders(10)
    assert order.candidate is not None
    assert (order.state, order.host_id, order.candidate.host_id) == (OrderState.REJECTED, None, "new")


async def test_a_host_listed_before_the_rejection_is_reported(desk: Desk) -> None:
    async def list_it() -> None:
        await desk.see(new_host())

    desk.service.before_answer = list_it
    await refused(desk)
    await desk.see(new_host())
    assert [event.host_id for event in reported_candidates(desk)] == ["new"]


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
async def test_an_explained_host_is_not_reported(desk: Desk, host: Host, later: timedelta) -> None:
    await desk.see(a_host(id="old"))
    desk.service.answers = ["bought"]
    desk.orders.buy(a_quote(), 1)
    await desk.ended()
    await refused(desk)
    desk.now += later
    await desk.see(host, a_host(id="old"))
    assert reported_candidates(desk) == []


async def test_a_host_of_another_order_is_not_reported(desk: Desk) -> None:
    await desk.see(a_host(id="old"))
    await refused(desk)
    desk.service.answers = [None]
    desk.orders.buy(a_quote(), 1)
    order = (await desk.ended())[-1]
    for _ in range(3):
        desk.now += timedelta(seconds=6)
        await desk.see(new_host(created=order.sent_at), a_host(id="old"), at=desk.now)
    assert reported_candidates(desk) == []
    assert desk.orders.book[order.id].host_id == "new"


async def test_a_host_is_reported_after_a_restart(desk: Desk, journal: Journal) -> None:
    await refused(desk)
    again = Desk(journal)
    again.orders.book.update_hosts(a_snapshot())
    await again.orders.resume()
    await again.see(new_host())
    assert [event.host_id for event in reported_candidates(again)] == ["new"]


async def test_a_host_made_during_a_rejected_request_is_reported_though_it_is_offered_for_another_order(
    desk: Desk,
) -> None:
    await desk.see(a_host(id="old"))
    desk.service.answers = [OutcomeUnknown("504"), Rejected(9001, "余额不足")]
    for sent_after in (0, 2):
        desk.now = NOON + timedelta(seconds=sent_after)
        desk.orders.buy(a_quote(), 1, confirmed=[order.id for order in desk.orders.book])
        await desk.ended()
    created = NOON + timedelta(seconds=2)
    for look in range(1, 4):
        desk.now = NOON + timedelta(seconds=60 * look)
        await desk.see(new_host(created=created), a_host(id="old"), at=desk.now)
    lost, rejected = desk.orders.book
    assert (lost.state, rejected.state) == (OrderState.UNKNOWN, OrderState.REJECTED)
    assert lost.candidate is not None
    assert rejected.candidate is not None
    assert {lost.candidate.host_id, rejected.candidate.host_id} == {"new"}
    assert rejected.candidate.doubt is Doubt.OTHER_ORDER
    assert len(reported_candidates(desk)) == 2
    # The user knows which order it belongs to.
    await desk.orders.claims.accept_candidate(lost.id)
    await desk.see(new_host(created=created), a_host(id="old"), at=desk.now)
    assert desk.orders.book[rejected.id].candidate is None
    assert [order.candidate for order in await desk.journal.orders(10)] == [None, None]


async def test_a_host_is_reported_once_an_order_that_was_killed_beside_the_rejected_one_is_decided(desk: Desk) -> None:
    await desk.see(a_host(id="old"))
    await refused(desk)
    killed = an_order(
        id="killed",
        host_id=None,
        action=OrderAction.CREATE,
        state=OrderState.UNKNOWN,
        sent_at=NOON + timedelta(seconds=0.4),
        created_at=NOON + timedelta(seconds=0.4),
        answered_at=None,
        quote=a_quote(known_hosts=frozenset({"old"})),
    )
    desk.orders.book.write(killed)
    reported = []
    for seconds in (24, 60, 75, 90):  # the killed request may take 60 s, and its host 10 s to be listed
        desk.now = NOON + timedelta(seconds=seconds)
        await desk.see(new_host(), a_host(id="old"), at=desk.now)
        reported.append([event.host_id for event in reported_candidates(desk) if event.order_id != "killed"])
    assert reported == [[], [], ["new"], ["new"]]
    assert desk.orders.book["killed"].host_id is None


async def test_a_host_made_before_a_rejected_request_and_offered_for_another_order_is_not_reported(desk: Desk) -> None:
    await desk.see(a_host(id="old"))
    desk.service.answers = [OutcomeUnknown("504"), OutcomeUnknown("504"), Rejected(9001, "余额不足")]
    for sent_after in (0, 1, 60):
        desk.now = NOON + timedelta(seconds=sent_after)
        desk.orders.buy(a_quote(), 1, confirmed=[order.id for order in desk.orders.book])
        await desk.ended()
    for look in range(2, 5):
        desk.now = NOON + timedelta(seconds=60 * look)
        await desk.see(new_host(created=NOON + timedelta(seconds=1)), a_host(id="old"), at=desk.now)
    assert desk.orders.book.candidate_ids == {"new"}
    assert list(desk.orders.book)[-1].candidate is None


async def test_a_host_listed_before_the_end_of_the_earlier_run_is_reported_after_a_restart(
    desk: Desk, journal: Journal
) -> None:
    await refused(desk)
    again = Desk(journal)
    before = a_host(id="before", created=NOON - timedelta(minutes=1), os="Ubuntu Server")
    again.orders.book.update_hosts(a_snapshot(before, new_host()))
    await again.orders.resume()
    await again.see(before, new_host())
    assert [event.host_id for event in reported_candidates(again)] == ["new"]


async def test_a_host_of_an_order_that_another_program_gave_before_it_ended_is_reported(
    desk: Desk, journal: Journal
) -> None:
    await desk.see(a_host(id="old"))
    await desk.orders.resume()
    await refused(Desk(journal))
    await desk.orders.sync()
    await desk.see(new_host(), a_host(id="old"))
    assert [event.host_id for event in reported_candidates(desk)] == ["new"]


async def test_the_user_can_accept_the_host_of_a_rejected_order(desk: Desk) -> None:
    order = await refused(desk)
    await desk.see(new_host())
    assert await desk.orders.claims.accept_candidate(order.id) is SettleResult.WRITTEN
    (order,) = await desk.journal.orders(1)
    assert (order.state, order.host_id, order.host_source) == (OrderState.CONFIRMED, "new", HostSource.USER)


async def test_a_declined_host_is_not_offered_again(desk: Desk) -> None:
    order = await refused(desk)
    await desk.see(new_host())
    await desk.orders.claims.decline_candidate(order.id)
    await desk.see(new_host())
    assert len(reported_candidates(desk)) == 1
    assert await desk.orders.possible_purchases(a_quote()) == ()


async def test_a_possible_repetition_is_sent_only_if_the_user_confirms_it(desk: Desk) -> None:
    desk.service.answers = [OutcomeUnknown("reset"), "second"]
    desk.orders.buy(a_quote(), 1)
    (unknown,) = await desk.ended()
    desk.orders.buy(a_quote(), 2)
    orders = await desk.ended()
    assert [order.state for order in orders[1:]] == [OrderState.NOT_SENT] * 2
    assert orders[1].summary == MAY_BE_BOUGHT
    assert len(desk.service.asked) == 1
    assert await desk.orders.possible_purchases(a_quote()) == (unknown,)
    desk.orders.buy(a_quote(), 1, confirmed=[unknown.id])
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
async def test_orders_of_earlier_runs_and_other_programs_count_as_possible_purchases(
    desk: Desk, state: OrderState, code: int | None, asked: bool
) -> None:
    left = an_order(
        id="left", action=OrderAction.CREATE, state=state, code=code, host_id=None, quote=a_quote(), sent_at=NOON
    )
    await desk.journal.write_orders([left])
    found = await desk.orders.possible_purchases(a_quote())
    assert [order.id for order in found] == (["left"] if asked else [])
    desk.service.answers = ["new"]
    desk.orders.buy(a_quote(), 1)
    await until(lambda: not desk.orders.is_sending)
    assert len(desk.service.asked) == (not asked)


async def test_later_orders_do_not_end_the_watch(desk: Desk) -> None:
    await desk.see(a_host(id="old"))
    first = await refused(desk)
    for number in range(MAX_ENDED_ORDERS + 1):
        desk.orders.book.write(an_order(id=f"later{number}", state=OrderState.NOT_SENT))
    await desk.see(new_host(), a_host(id="old"))
    assert [(event.host_id, event.order_id) for event in reported_candidates(desk)] == [("new", first.id)]


async def test_the_number_of_watched_rejections_is_limited(desk: Desk) -> None:
    for number in range(MAX_ENDED_ORDERS + 10):
        order = an_order(id=f"o{number}", action=OrderAction.CREATE, state=OrderState.REJECTED, quote=a_quote())
        desk.orders.book.write(order)
    assert len(tuple(desk.orders.book)) == MAX_ENDED_ORDERS
