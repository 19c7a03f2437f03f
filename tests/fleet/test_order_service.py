from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest
from support.factories import NOON, a_host, a_package, a_promise, a_snapshot, an_order
from support.wait import until

from xds_tui.api.client import Client
from xds_tui.api.errors import ApiError, NotSent, OutcomeUnknown, Rejected, SignedOut
from xds_tui.domain.model import Billing, Host, Package, Period, PeriodUnit, Status
from xds_tui.domain.records import Event, EventKind, HostSource, Order, OrderAction, OrderState
from xds_tui.fleet.catalog_reader import GONE_FROM_CATALOG, PRICE_MOVED
from xds_tui.fleet.order_sender import ACCOUNT_CHANGED
from xds_tui.fleet.order_service import INTERRUPTED, STOPPED, UNCONFIRMED_SUMMARY, OrderService
from xds_tui.i18n import N_
from xds_tui.store.database import StoreError
from xds_tui.store.journal import Journal

Answer = object | ApiError


class Service:
    """Stands where the client does: answers in the order that a test laid out, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: list[Answer] = []
        self.catalog: tuple[Package, ...] = (a_package(),)
        self.before_answer: Callable[[], Awaitable[None]] | None = None

    async def _answer(self, asked: str) -> Any:
        self.asked.append(asked)
        if self.before_answer is not None:
            await self.before_answer()
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def packages(self, billing: Billing, *, is_urgent: bool = False) -> tuple[Package, ...]:
        return self.catalog

    async def create_on_demand(self, *, package_id: str, image_id: str) -> str | None:
        return cast("str | None", await self._answer(f"buy {package_id} {image_id}"))

    async def create_rent(self, *, package_id: str, image_id: str, period: Period) -> str | None:
        return cast(
            "str | None", await self._answer(f"rent {package_id} {image_id} {period.number} {period.unit.name}")
        )

    async def power(self, host_id: str, on: bool) -> None:
        await self._answer(f"power {host_id} {on}")

    async def reboot(self, host_id: str) -> None:
        await self._answer(f"reboot {host_id}")

    async def delete(self, host_id: str) -> None:
        await self._answer(f"delete {host_id}")


class Desk:
    """Orders with everything around them."""

    def __init__(self, journal: Journal) -> None:
        self.service = Service()
        self.journal = journal
        self.now = NOON
        self.told: list[Event] = []
        self.orders = OrderService(lambda: cast("Client", self.service), journal, lambda: self.now, self._tell)

    def _tell(self, events: Sequence[Event]) -> None:
        self.told += events

    async def see(self, *hosts: Host, at: datetime = NOON) -> None:
        """Let a sweep that begins and ends now see these hosts."""
        self.told += await self.orders.reconcile(a_snapshot(*hosts, at=at), self.orders.book.answered_ids())

    async def ended(self) -> list[Order]:
        """The orders, oldest first, when nothing is under way any more."""
        await until(lambda: not self.orders.is_sending)
        return list(reversed(self.orders.all))


@pytest.fixture
def desk(journal: Journal) -> Desk:
    return Desk(journal)


async def written(journal: Journal) -> list[OrderState]:
    return [order.state for order in reversed(await journal.orders(100))]


async def test_buying_several_sends_one_request_after_another(desk: Desk) -> None:
    desk.service.answers = ["a", "b", "c"]
    desk.orders.buy(a_promise(), 3)
    orders = await desk.ended()
    assert [(order.state, order.host_id) for order in orders] == [(OrderState.ACCEPTED, id_) for id_ in "abc"]
    assert desk.service.asked == ["buy p1 4005"] * 3
    assert await written(desk.journal) == [OrderState.ACCEPTED] * 3


async def test_a_rent_is_bought_for_its_period(desk: Desk) -> None:
    desk.service.answers = ["a"]
    desk.orders.buy(a_promise(billing=Billing.RENT, period=Period(PeriodUnit.MONTH, 3)), 1)
    await desk.ended()
    assert desk.service.asked == ["rent p1 4005 3 MONTH"]


@pytest.mark.parametrize(
    ("failure", "state"),
    [
        (Rejected(9001, "余额不足", trace_id="t"), OrderState.REJECTED),
        (SignedOut("no", 401, "expired"), OrderState.REJECTED),
        (NotSent("no line"), OrderState.NOT_SENT),
        (OutcomeUnknown("reset"), OrderState.UNKNOWN),
    ],
)
async def test_what_failed_once_is_not_sent_again_and_ends_the_batch(
    desk: Desk, failure: ApiError, state: OrderState
) -> None:
    desk.service.answers = ["a", failure]
    desk.orders.buy(a_promise(), 4)
    orders = await desk.ended()
    assert [order.state for order in orders] == [OrderState.ACCEPTED, state, OrderState.NOT_SENT, OrderState.NOT_SENT]
    assert len(desk.service.asked) == 2
    assert orders[2].summary == STOPPED
    assert await written(desk.journal) == [order.state for order in orders]


async def test_a_refusal_keeps_what_support_asks_for(desk: Desk) -> None:
    desk.service.answers = [Rejected(9001, "余额不足", trace_id="trace-1")]
    desk.orders.buy(a_promise(), 1)
    (order,) = await desk.ended()
    assert (order.code, order.message, order.trace_id) == (9001, "余额不足", "trace-1")
    event = desk.told[-1]
    assert (event.kind, event.state, event.code, event.trace_id) == (
        EventKind.ORDER,
        OrderState.REJECTED,
        9001,
        "trace-1",
    )


@pytest.mark.parametrize("change", [{"amount": Decimal("1.11")}, {"discount": Decimal("0.9")}])
async def test_a_price_that_moved_buys_nothing_and_shows_both(desk: Desk, change: dict[str, Any]) -> None:
    desk.service.catalog = (a_package(**change),)
    desk.orders.buy(a_promise(), 2)
    orders = await desk.ended()
    assert {order.state for order in orders} == {OrderState.NOT_SENT}
    assert orders[0].summary == PRICE_MOVED
    assert "1.10 × 1 →" in orders[0].message
    assert desk.service.asked == []


@pytest.mark.parametrize("catalog", [(), (a_package(type="ZZ"),)])
async def test_a_package_that_is_no_longer_sold_so_buys_nothing(desk: Desk, catalog: tuple[Package, ...]) -> None:
    desk.service.catalog = catalog
    desk.orders.buy(a_promise(), 1)
    (order,) = await desk.ended()
    assert (order.state, order.summary) == (OrderState.NOT_SENT, GONE_FROM_CATALOG)


async def test_stopping_lets_the_one_under_way_end(desk: Desk) -> None:
    at_the_service, go_on = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        at_the_service.set()
        await go_on.wait()

    desk.service.before_answer = wait
    desk.service.answers = ["a"]
    batch = desk.orders.buy(a_promise(), 3)
    await at_the_service.wait()
    desk.orders.stop(batch)
    go_on.set()
    states = [order.state for order in await desk.ended()]
    assert states == [OrderState.ACCEPTED, OrderState.NOT_SENT, OrderState.NOT_SENT]


async def test_an_order_is_on_the_disk_as_sent_before_its_request_leaves(desk: Desk) -> None:
    seen: list[list[OrderState]] = []

    async def look() -> None:
        seen.append(await written(desk.journal))

    desk.service.before_answer = look
    desk.service.answers = ["a"]
    desk.orders.buy(a_promise(), 1)
    await desk.ended()
    assert seen == [[OrderState.SENT]]


async def test_an_order_that_cannot_be_written_is_not_sent(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(orders: Sequence[Order]) -> None:
        raise StoreError(N_("The disk is full"))

    monkeypatch.setattr(desk.journal, "write_orders", full)
    desk.orders.buy(a_promise(), 1)
    (order,) = await desk.ended()
    assert (order.state, order.summary) == (OrderState.NOT_SENT, "The disk is full")
    assert desk.service.asked == []


async def test_power_reboot_and_delete_send_one_request_a_host(desk: Desk) -> None:
    hosts = [a_host(id="a"), a_host(id="b")]
    desk.service.answers = [None] * 5
    desk.orders.power(hosts, on=True)
    desk.orders.power(hosts[:1], on=False)
    desk.orders.reboot(hosts[1:])
    desk.orders.delete(hosts[:1])
    orders = await desk.ended()
    assert {order.state for order in orders} == {OrderState.ACCEPTED}
    assert sorted(desk.service.asked) == ["delete a", "power a False", "power a True", "power b True", "reboot b"]


async def test_an_unknown_outcome_keeps_code_and_trace(desk: Desk) -> None:
    desk.service.answers = [OutcomeUnknown("not done", "no", trace_id="trace-1", code=0)]
    desk.orders.delete([a_host()])
    (order,) = await desk.ended()
    assert (order.state, order.code, order.trace_id) == (OrderState.UNKNOWN, 0, "trace-1")
    assert (desk.told[-1].code, desk.told[-1].trace_id) == (0, "trace-1")


async def test_a_key_that_bounced_sends_once(desk: Desk) -> None:
    desk.service.answers = [None]
    desk.orders.power([a_host()], on=True)
    desk.orders.power([a_host()], on=True)
    await desk.ended()
    assert desk.service.asked == ["power h1 True"]


async def test_a_create_without_id_finds_its_host_among_the_new(desk: Desk) -> None:
    old = a_host(id="old", created=NOON)
    await desk.see(old)
    desk.service.answers = [None]
    desk.orders.buy(a_promise(), 1)
    await desk.ended()
    later = NOON + timedelta(minutes=3)
    await desk.see(old, at=later)
    assert desk.orders.all[0].state is OrderState.ACCEPTED
    new = a_host(id="new", name="渲染-9", status=Status.OFF, created=NOON, os="Ubuntu Server")
    await desk.see(new, old, at=later)
    order = desk.orders.all[0]
    assert (order.state, order.host_id, order.host_name) == (OrderState.CONFIRMED, "new", "渲染-9")
    assert await written(desk.journal) == [OrderState.CONFIRMED]


async def test_what_an_earlier_run_left_is_taken_up(desk: Desk) -> None:
    old = NOON - timedelta(days=8)
    for order in (
        an_order(id="pending", state=OrderState.PENDING),
        an_order(id="sent", state=OrderState.SENT, sent_at=NOON),
        an_order(id="unknown", state=OrderState.UNKNOWN, sent_at=NOON),
        an_order(id="final", state=OrderState.REJECTED),
        an_order(id="ancient", state=OrderState.UNKNOWN, created_at=old, sent_at=old),
    ):
        await desk.journal.write_orders([order])
    await desk.orders.resume()
    assert {order.id: order.state for order in desk.orders.all} == {
        "pending": OrderState.NOT_SENT,
        "sent": OrderState.UNKNOWN,
        "unknown": OrderState.UNKNOWN,
    }
    assert desk.service.asked == []


async def test_what_the_user_decided_is_on_the_disk_before_anything_leaves(desk: Desk) -> None:
    seen: list[list[OrderState]] = []

    async def look() -> None:
        seen.append(await written(desk.journal))

    desk.service.before_answer = look
    desk.service.answers = ["a", "b", None, None]
    desk.orders.buy(a_promise(), 2)
    await desk.ended()
    assert seen[0] == [OrderState.SENT, OrderState.PENDING]
    desk.orders.power([a_host(id=f"h{n}") for n in range(2)], on=True)
    await desk.ended()
    assert len(seen[2]) == 4


async def test_orders_that_an_end_cut_off_say_so(desk: Desk) -> None:
    await desk.journal.write_orders(
        [an_order(id="i", state=OrderState.PENDING), an_order(id="s", state=OrderState.SENT, sent_at=NOON)]
    )
    await desk.orders.resume()
    assert [order.summary for order in reversed(desk.orders.all)] == [
        INTERRUPTED[OrderState.PENDING],
        INTERRUPTED[OrderState.SENT],
    ]


async def test_nothing_more_is_sent_in_the_name_of_somebody_else(desk: Desk) -> None:
    at_the_service, go_on = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        at_the_service.set()
        await go_on.wait()

    desk.service.before_answer = wait
    desk.service.answers = ["a", "b"]
    desk.orders.buy(a_promise(), 2)
    await at_the_service.wait()
    desk.orders.reset()
    told = len(desk.told)
    go_on.set()
    assert await desk.ended() == []
    assert desk.service.asked == ["buy p1 4005"]
    assert desk.told[told:] == []
    orders = await desk.journal.orders(2)
    assert {order.state: order.summary for order in orders} == {
        OrderState.ACCEPTED: "",
        OrderState.NOT_SENT: ACCOUNT_CHANGED,
    }


async def test_a_fleet_that_does_not_come_to_agree_is_said_once(desk: Desk) -> None:
    host = a_host(id="h1", status=Status.ON)
    desk.service.answers = [None]
    desk.orders.power([host], on=False)
    await desk.ended()
    await desk.see(host)
    assert desk.orders.all[0].state is OrderState.ACCEPTED
    desk.now += timedelta(minutes=6)
    await desk.see(host)
    await desk.see(host)
    told = [event for event in desk.told if event.state is OrderState.UNCONFIRMED]
    assert [event.summary for event in told] == [UNCONFIRMED_SUMMARY]


async def test_a_create_is_never_given_up_by_the_clock(desk: Desk) -> None:
    desk.service.answers = [OutcomeUnknown("reset")]
    desk.orders.buy(a_promise(), 1)
    await desk.ended()
    desk.now += timedelta(hours=5)
    await desk.see()
    assert desk.orders.all[0].state is OrderState.UNKNOWN


async def test_what_a_host_was_bought_for_is_known_also_after_a_restart(desk: Desk, journal: Journal) -> None:
    desk.service.answers = ["a"]
    desk.orders.buy(a_promise(package=a_package(discount=Decimal("0.5"))), 1)
    desk.service.catalog = (a_package(discount=Decimal("0.5")),)
    await desk.ended()
    again = Desk(journal)
    await again.orders.resume()
    assert desk.orders.book.prices == again.orders.book.prices == {"a": Decimal("0.550")}


async def test_closing_waits_for_what_is_under_way_and_sends_nothing_more(desk: Desk) -> None:
    go_on = asyncio.Event()
    desk.service.before_answer = lambda: cast("Awaitable[None]", go_on.wait())
    desk.service.answers = ["a"]
    desk.orders.buy(a_promise(), 2)
    await until(lambda: bool(desk.service.asked))
    assert not await desk.orders.close(max_wait=0)
    go_on.set()
    assert await desk.orders.close(max_wait=5)
    assert [order.state for order in await desk.ended()] == [OrderState.ACCEPTED, OrderState.NOT_SENT]


async def test_a_final_order_keeps_no_list_of_known_hosts(desk: Desk) -> None:
    await desk.see(a_host(id="old"))
    desk.service.answers = [Rejected(6002, "资源不足")]
    desk.orders.buy(replace(a_promise(), known_hosts=frozenset()), 1)
    await desk.ended()
    (order,) = await desk.journal.orders(1)
    assert order.promise is not None
    assert order.promise.known_hosts == frozenset()
    assert order.action is OrderAction.CREATE


def new_host(**fields: Any) -> Host:
    """A host that fits what was bought, of which nobody knows when it came into being."""
    return a_host(**({"os": "Ubuntu Server", "created": None} | fields))


async def test_an_id_of_unusual_form_is_believed_once_the_list_shows_it(desk: Desk) -> None:
    desk.service.answers = [OutcomeUnknown("no sense", host_id="1234")]
    desk.orders.buy(a_promise(), 1)
    (order,) = await desk.ended()
    assert (order.state, order.host_id, order.named_host_id) == (OrderState.UNKNOWN, None, "1234")
    assert desk.orders.book.awaited_ids(desk.now) == ("1234",)
    # Another host fits as well, so that without the ID neither would be taken.
    await desk.see(new_host(id="1234"), new_host(id="other"))
    (order,) = await desk.ended()
    assert (order.state, order.host_id, order.host_source) == (OrderState.CONFIRMED, "1234", HostSource.RESPONSE)


@pytest.mark.parametrize("about", [{"cpu": 99}, {"id": "4321", "created": NOON - timedelta(days=1)}])
async def test_an_id_of_unusual_form_is_not_believed_if_no_fitting_host_has_it(
    desk: Desk, about: dict[str, Any]
) -> None:
    desk.service.answers = [OutcomeUnknown("no sense", host_id="1234")]
    desk.orders.buy(a_promise(), 1)
    await desk.ended()
    await desk.see(new_host(**({"id": "1234"} | about)))
    (order,) = await desk.ended()
    assert (order.state, order.host_id) == (OrderState.UNKNOWN, None)


async def test_an_id_of_unusual_form_that_a_known_host_has_is_not_believed(desk: Desk) -> None:
    await desk.see(new_host(id="1234"))
    desk.service.answers = [OutcomeUnknown("no sense", host_id="1234"), "never sent"]
    desk.orders.buy(a_promise(), 1)
    await desk.ended()
    await desk.see(new_host(id="1234"))
    (order,) = await desk.ended()
    assert (order.state, order.host_id) == (OrderState.UNKNOWN, None)


async def test_an_id_that_two_responses_named_is_neithers(desk: Desk) -> None:
    for _ in range(2):
        desk.service.answers = [OutcomeUnknown("no sense", host_id="1234")]
        desk.orders.buy(a_promise(), 1, confirmed={order.id for order in desk.orders.all})
        await desk.ended()
    await desk.see(new_host(id="1234"), new_host(id="other"))
    assert [order.state for order in await desk.ended()] == [OrderState.UNKNOWN] * 2


async def test_a_response_that_names_a_host_that_was_there_before_is_accepted_without_an_id(desk: Desk) -> None:
    await desk.see(a_host(id="old"))
    desk.service.answers = ["old"]
    desk.orders.buy(a_promise(), 1)
    (order,) = await desk.ended()
    assert (order.state, order.host_id) == (OrderState.ACCEPTED, None)
