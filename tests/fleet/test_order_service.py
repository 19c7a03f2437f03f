from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest
from support.factories import NOON, a_host, a_package, a_quote, a_snapshot, an_order
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
    """A client that gives prepared responses in sequence and records the calls."""

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
    """An order service with a prepared client, and the events it reported."""

    def __init__(self, journal: Journal) -> None:
        self.service = Service()
        self.journal = journal
        self.now = NOON
        self.reported: list[Event] = []
        self.orders = OrderService(lambda: cast("Client", self.service), journal, lambda: self.now, self._report)

    def _report(self, events: Sequence[Event]) -> None:
        self.reported += events

    async def see(self, *hosts: Host, at: datetime = NOON) -> None:
        """Reconcile with a listing of these hosts that starts and ends at `at`."""
        self.reported += await self.orders.reconcile(a_snapshot(*hosts, at=at), self.orders.book.answered_ids())

    async def ended(self) -> list[Order]:
        """Wait until nothing is being sent, and return the orders, oldest first."""
        await until(lambda: not self.orders.is_sending)
        return list(reversed(self.orders.all))


@pytest.fixture
def desk(journal: Journal) -> Desk:
    return Desk(journal)


async def written(journal: Journal) -> list[OrderState]:
    return [order.state for order in reversed(await journal.orders(100))]


async def test_buying_several_sends_one_request_after_another(desk: Desk) -> None:
    desk.service.answers = ["a", "b", "c"]
    desk.orders.buy(a_quote(), 3)
    orders = await desk.ended()
    assert [(order.state, order.host_id) for order in orders] == [(OrderState.ACCEPTED, id_) for id_ in "abc"]
    assert desk.service.asked == ["buy p1 4005"] * 3
    assert await written(desk.journal) == [OrderState.ACCEPTED] * 3


async def test_a_prepaid_host_is_bought_for_its_period(desk: Desk) -> None:
    desk.service.answers = ["a"]
    desk.orders.buy(a_quote(billing=Billing.RENT, period=Period(PeriodUnit.MONTH, 3)), 1)
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
async def test_a_failed_order_is_not_sent_again_and_ends_the_batch(
    desk: Desk, failure: ApiError, state: OrderState
) -> None:
    desk.service.answers = ["a", failure]
    desk.orders.buy(a_quote(), 4)
    orders = await desk.ended()
    assert [order.state for order in orders] == [OrderState.ACCEPTED, state, OrderState.NOT_SENT, OrderState.NOT_SENT]
    assert len(desk.service.asked) == 2
    assert orders[2].summary == STOPPED
    assert await written(desk.journal) == [order.state for order in orders]


async def test_a_rejection_keeps_code_and_trace(desk: Desk) -> None:
    desk.service.answers = [Rejected(9001, "余额不足", trace_id="trace-1")]
    desk.orders.buy(a_quote(), 1)
    (order,) = await desk.ended()
    assert (order.code, order.message, order.trace_id) == (9001, "余额不足", "trace-1")
    event = desk.reported[-1]
    assert (event.kind, event.state, event.code, event.trace_id) == (
        EventKind.ORDER,
        OrderState.REJECTED,
        9001,
        "trace-1",
    )


@pytest.mark.parametrize("change", [{"amount": Decimal("1.11")}, {"discount": Decimal("0.9")}])
async def test_a_changed_price_buys_nothing_and_shows_both_prices(desk: Desk, change: dict[str, Any]) -> None:
    desk.service.catalog = (a_package(**change),)
    desk.orders.buy(a_quote(), 2)
    orders = await desk.ended()
    assert {order.state for order in orders} == {OrderState.NOT_SENT}
    assert orders[0].summary == PRICE_MOVED
    assert "1.10 × 1 →" in orders[0].message
    assert desk.service.asked == []


@pytest.mark.parametrize("catalog", [(), (a_package(type="ZZ"),)])
async def test_a_package_that_is_not_sold_any_more_buys_nothing(desk: Desk, catalog: tuple[Package, ...]) -> None:
    desk.service.catalog = catalog
    desk.orders.buy(a_quote(), 1)
    (order,) = await desk.ended()
    assert (order.state, order.summary) == (OrderState.NOT_SENT, GONE_FROM_CATALOG)


async def test_stopping_a_batch_does_not_cancel_the_order_being_sent(desk: Desk) -> None:
    at_the_service, go_on = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        at_the_service.set()
        await go_on.wait()

    desk.service.before_answer = wait
    desk.service.answers = ["a"]
    batch = desk.orders.buy(a_quote(), 3)
    await at_the_service.wait()
    desk.orders.stop(batch)
    go_on.set()
    states = [order.state for order in await desk.ended()]
    assert states == [OrderState.ACCEPTED, OrderState.NOT_SENT, OrderState.NOT_SENT]


async def test_an_order_is_recorded_as_sent_before_its_request(desk: Desk) -> None:
    seen: list[list[OrderState]] = []

    async def look() -> None:
        seen.append(await written(desk.journal))

    desk.service.before_answer = look
    desk.service.answers = ["a"]
    desk.orders.buy(a_quote(), 1)
    await desk.ended()
    assert seen == [[OrderState.SENT]]


async def test_an_order_that_cannot_be_recorded_is_not_sent(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(orders: Sequence[Order]) -> None:
        raise StoreError(N_("The disk is full"))

    monkeypatch.setattr(desk.journal, "write_orders", full)
    desk.orders.buy(a_quote(), 1)
    (order,) = await desk.ended()
    assert (order.state, order.summary) == (OrderState.NOT_SENT, "The disk is full")
    assert desk.service.asked == []


async def test_power_reboot_and_delete_send_one_request_per_host(desk: Desk) -> None:
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
    assert (desk.reported[-1].code, desk.reported[-1].trace_id) == (0, "trace-1")


async def test_a_repeated_key_press_sends_once(desk: Desk) -> None:
    desk.service.answers = [None]
    desk.orders.power([a_host()], on=True)
    desk.orders.power([a_host()], on=True)
    await desk.ended()
    assert desk.service.asked == ["power h1 True"]


async def test_a_create_without_an_id_finds_its_host_among_the_new_ones(desk: Desk) -> None:
    old = a_host(id="old", created=NOON)
    await desk.see(old)
    desk.service.answers = [None]
    desk.orders.buy(a_quote(), 1)
    await desk.ended()
    later = NOON + timedelta(minutes=3)
    await desk.see(old, at=later)
    assert desk.orders.all[0].state is OrderState.ACCEPTED
    new = a_host(id="new", name="渲染-9", status=Status.OFF, created=NOON, os="Ubuntu Server")
    await desk.see(new, old, at=later)
    order = desk.orders.all[0]
    assert (order.state, order.host_id, order.host_name) == (OrderState.CONFIRMED, "new", "渲染-9")
    assert await written(desk.journal) == [OrderState.CONFIRMED]


async def test_open_orders_of_an_earlier_run_are_resumed(desk: Desk) -> None:
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


async def test_all_orders_of_a_batch_are_recorded_before_the_first_request(desk: Desk) -> None:
    seen: list[list[OrderState]] = []

    async def look() -> None:
        seen.append(await written(desk.journal))

    desk.service.before_answer = look
    desk.service.answers = ["a", "b", None, None]
    desk.orders.buy(a_quote(), 2)
    await desk.ended()
    assert seen[0] == [OrderState.SENT, OrderState.PENDING]
    desk.orders.power([a_host(id=f"h{n}") for n in range(2)], on=True)
    await desk.ended()
    assert len(seen[2]) == 4


async def test_orders_interrupted_by_the_end_of_the_program_have_a_reason(desk: Desk) -> None:
    await desk.journal.write_orders(
        [an_order(id="i", state=OrderState.PENDING), an_order(id="s", state=OrderState.SENT, sent_at=NOON)]
    )
    await desk.orders.resume()
    assert [order.summary for order in reversed(desk.orders.all)] == [
        INTERRUPTED[OrderState.PENDING],
        INTERRUPTED[OrderState.SENT],
    ]


async def test_nothing_is_sent_after_another_account_signed_in(desk: Desk) -> None:
    at_the_service, go_on = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        at_the_service.set()
        await go_on.wait()

    desk.service.before_answer = wait
    desk.service.answers = ["a", "b"]
    desk.orders.buy(a_quote(), 2)
    await at_the_service.wait()
    desk.orders.reset()
    reported = len(desk.reported)
    go_on.set()
    assert await desk.ended() == []
    assert desk.service.asked == ["buy p1 4005"]
    assert desk.reported[reported:] == []
    orders = await desk.journal.orders(2)
    assert {order.state: order.summary for order in orders} == {
        OrderState.ACCEPTED: "",
        OrderState.NOT_SENT: ACCOUNT_CHANGED,
    }


async def test_an_unconfirmed_order_is_reported_once(desk: Desk) -> None:
    host = a_host(id="h1", status=Status.ON)
    desk.service.answers = [None]
    desk.orders.power([host], on=False)
    await desk.ended()
    await desk.see(host)
    assert desk.orders.all[0].state is OrderState.ACCEPTED
    desk.now += timedelta(minutes=6)
    await desk.see(host)
    await desk.see(host)
    reported = [event for event in desk.reported if event.state is OrderState.UNCONFIRMED]
    assert [event.summary for event in reported] == [UNCONFIRMED_SUMMARY]


async def test_a_create_never_times_out(desk: Desk) -> None:
    desk.service.answers = [OutcomeUnknown("reset")]
    desk.orders.buy(a_quote(), 1)
    await desk.ended()
    desk.now += timedelta(hours=5)
    await desk.see()
    assert desk.orders.all[0].state is OrderState.UNKNOWN


async def test_purchase_prices_are_known_after_a_restart(desk: Desk, journal: Journal) -> None:
    desk.service.answers = ["a"]
    desk.orders.buy(a_quote(package=a_package(discount=Decimal("0.5"))), 1)
    desk.service.catalog = (a_package(discount=Decimal("0.5")),)
    await desk.ended()
    again = Desk(journal)
    await again.orders.resume()
    assert desk.orders.book.prices == again.orders.book.prices == {"a": Decimal("0.550")}


async def test_closing_waits_for_the_request_under_way_and_sends_no_other(desk: Desk) -> None:
    go_on = asyncio.Event()
    desk.service.before_answer = lambda: cast("Awaitable[None]", go_on.wait())
    desk.service.answers = ["a"]
    desk.orders.buy(a_quote(), 2)
    await until(lambda: bool(desk.service.asked))
    assert not await desk.orders.close(max_wait=0)
    go_on.set()
    assert await desk.orders.close(max_wait=5)
    assert [order.state for order in await desk.ended()] == [OrderState.ACCEPTED, OrderState.NOT_SENT]


async def test_a_final_order_stores_no_known_hosts(desk: Desk) -> None:
    await desk.see(a_host(id="old"))
    desk.service.answers = [Rejected(6002, "资源不足")]
    desk.orders.buy(replace(a_quote(), known_hosts=frozenset()), 1)
    await desk.ended()
    (order,) = await desk.journal.orders(1)
    assert order.quote is not None
    assert order.quote.known_hosts == frozenset()
    assert order.action is OrderAction.CREATE


def new_host(**fields: Any) -> Host:
    """Return a host that fits the purchase and has no creation time."""
    return a_host(**({"os": "Ubuntu Server", "created": None} | fields))


async def test_an_unusual_id_is_accepted_once_the_list_shows_it(desk: Desk) -> None:
    desk.service.answers = [OutcomeUnknown("no sense", host_id="1234")]
    desk.orders.buy(a_quote(), 1)
    (order,) = await desk.ended()
    assert (order.state, order.host_id, order.named_host_id) == (OrderState.UNKNOWN, None, "1234")
    assert desk.orders.book.awaited_ids(desk.now) == ("1234",)
    # Another host fits as well, so without the ID neither would be claimed.
    await desk.see(new_host(id="1234"), new_host(id="other"))
    (order,) = await desk.ended()
    assert (order.state, order.host_id, order.host_source) == (OrderState.CONFIRMED, "1234", HostSource.RESPONSE)


@pytest.mark.parametrize("about", [{"cpu": 99}, {"id": "4321", "created": NOON - timedelta(days=1)}])
async def test_an_unusual_id_is_ignored_if_no_fitting_host_has_it(desk: Desk, about: dict[str, Any]) -> None:
    desk.service.answers = [OutcomeUnknown("no sense", host_id="1234")]
    desk.orders.buy(a_quote(), 1)
    await desk.ended()
    await desk.see(new_host(**({"id": "1234"} | about)))
    (order,) = await desk.ended()
    assert (order.state, order.host_id) == (OrderState.UNKNOWN, None)


async def test_an_unusual_id_of_a_known_host_is_ignored(desk: Desk) -> None:
    await desk.see(new_host(id="1234"))
    desk.service.answers = [OutcomeUnknown("no sense", host_id="1234"), "never sent"]
    desk.orders.buy(a_quote(), 1)
    await desk.ended()
    await desk.see(new_host(id="1234"))
    (order,) = await desk.ended()
    assert (order.state, order.host_id) == (OrderState.UNKNOWN, None)


async def test_an_id_named_by_two_responses_is_ignored(desk: Desk) -> None:
    for _ in range(2):
        desk.service.answers = [OutcomeUnknown("no sense", host_id="1234")]
        desk.orders.buy(a_quote(), 1, confirmed={order.id for order in desk.orders.all})
        await desk.ended()
    await desk.see(new_host(id="1234"), new_host(id="other"))
    assert [order.state for order in await desk.ended()] == [OrderState.UNKNOWN] * 2


async def test_a_response_that_names_a_known_host_is_accepted_without_an_id(desk: Desk) -> None:
    await desk.see(a_host(id="old"))
    desk.service.answers = ["old"]
    desk.orders.buy(a_quote(), 1)
    (order,) = await desk.ended()
    assert (order.state, order.host_id) == (OrderState.ACCEPTED, None)
