"""Nothing that may have been bought is bought again without saying so in words, wherever the purchase is begun."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from support.app_driver import Desk, sitting_at
from support.factories import a_package, a_quote, an_image, an_order
from support.wait import until
from test_create_screen import buy, choose, to_review, wizard

from tests.simulator_faults.faults import Fault, Form, Kind
from tests.simulator_faults.presets import GATEWAY_TIMEOUT
from xds_tui import i18n
from xds_tui.api.client import Client
from xds_tui.api.errors import NotSent
from xds_tui.domain.records import EventKind, Order, OrderAction, OrderState

pytestmark = pytest.mark.usefixtures("unhurried")

CREATE = "pve/open/createquantity"
TITLE = "Buy again though the first may have gone through"
PACKAGE, IMAGE = "bl4090a1", "4005"

UNCLEAR = [
    GATEWAY_TIMEOUT,
    Fault(kind=Kind.CODE_AFTER, code=1003),
    Fault(kind=Kind.CODE_AFTER, code=1005),
    Fault(kind=Kind.CODE_AFTER, code=6005),
    Fault(kind=Kind.CODE_AFTER, code=400),
    Fault(kind=Kind.CODE_AFTER, code=4711),
    Fault(kind=Kind.CODE_AFTER, status=429, code=429, form=Form.FLOW_CONTROL),
]


def an_earlier(desk: Desk, state: OrderState, code: int | None = None) -> Order:
    """An order of an earlier run for the package that the tests buy."""
    quote = a_quote(
        package=a_package(id=PACKAGE, amount=Decimal("2.88"), discount=Decimal("0.80")), image=an_image(id=IMAGE)
    )
    at = desk.now()
    return an_order(
        id="earlier",
        action=OrderAction.CREATE,
        state=state,
        code=code,
        host_id=None,
        quote=quote,
        created_at=at,
        sent_at=at,
    )


async def answer(desk: Desk, phrase: str) -> None:
    await desk.type(phrase)
    await desk.press("enter")


@pytest.mark.parametrize("fault", UNCLEAR, ids=lambda fault: f"{fault.status} {fault.code}")
async def test_a_response_that_is_no_refusal_is_unknown_and_found_by_looking(fault: Fault) -> None:
    async with sitting_at(Desk()) as desk:
        desk.service.faults.set(replace(fault, endpoint=CREATE))
        await to_review(desk, PACKAGE, IMAGE)
        await buy(desk)
        await until(lambda: desk.monitor.orders.all[0].state is OrderState.UNKNOWN)
        desk.clock.advance(20)
        desk.monitor.refresh()
        await until(lambda: desk.monitor.orders.all[0].state is OrderState.CONFIRMED)
        told = {event.state for event in desk.monitor.state.events if event.kind is EventKind.ORDER}
        assert OrderState.UNKNOWN in told
        assert OrderState.REJECTED not in told
        await desk.see("1 bought")
        assert (len(desk.world.ledger), desk.asked("createquantity")) == (1, 1)


@pytest.mark.parametrize("fault", UNCLEAR, ids=lambda fault: f"{fault.status} {fault.code}")
async def test_a_purchase_that_may_have_been_made_is_repeated_only_in_words(fault: Fault) -> None:
    async with sitting_at(Desk()) as desk:
        desk.service.faults.set(replace(fault, endpoint=CREATE, kind=Kind.CODE))
        await to_review(desk, PACKAGE, IMAGE)
        await buy(desk)
        text = await desk.see("0 bought · 1 unknown")
        assert "rejected" not in text
        assert f"code {fault.code}" in text
        await desk.press("u")
        await desk.see("Press B")
        await desk.press("B")
        assert "· unknown ·" in await desk.see(TITLE)
        await answer(desk, "buy")
        assert desk.asked("createquantity") == 1
        await answer(desk, " Again ")
        await desk.see("1 bought")
        assert (len(desk.world.ledger), desk.asked("createquantity")) == (1, 2)


async def test_a_proven_refusal_is_repeated_without_a_question() -> None:
    async with sitting_at(Desk()) as desk:
        desk.service.faults.set(Fault(kind=Kind.CODE, endpoint=CREATE, code=6002))
        await to_review(desk, PACKAGE, IMAGE)
        await buy(desk)
        await desk.see("0 bought")
        await desk.press("a")
        await desk.see("Press B")
        await buy(desk)
        await desk.see("1 bought")


@pytest.mark.parametrize(
    ("state", "code"), [(OrderState.UNKNOWN, None), (OrderState.REJECTED, 1003), (OrderState.REJECTED, 404)]
)
async def test_what_an_earlier_run_may_have_bought_is_asked_about(state: OrderState, code: int | None) -> None:
    async with sitting_at(Desk()) as desk:
        await desk.monitor.recorder.journal.write_orders([an_earlier(desk, state, code)])
        await to_review(desk, PACKAGE, IMAGE)
        await desk.press("B")
        await desk.see(TITLE)
        await desk.press("escape")
        await desk.see("Press B")
        assert desk.asked("createquantity") == 0
        await desk.press("B")
        await desk.see(TITLE)
        await answer(desk, "buy again")
        await desk.see("1 bought")


async def test_the_pair_that_is_chosen_in_the_catalog_is_asked_about_too() -> None:
    async with sitting_at(Desk()) as desk:
        await desk.press("2", "n")
        await choose(desk, "image", IMAGE)
        package = wizard(desk).draft.package
        assert package is not None
        earlier = an_earlier(desk, OrderState.UNKNOWN)
        assert earlier.quote is not None
        await desk.monitor.recorder.journal.write_orders(
            [replace(earlier, quote=replace(earlier.quote, package=package))]
        )
        await desk.press("enter")
        await desk.see("Press B")
        await desk.press("B")
        await desk.see(TITLE)
        assert desk.asked("createquantity") == 0


async def test_trying_again_what_was_never_sent_asks_about_an_earlier_order(monkeypatch: pytest.MonkeyPatch) -> None:
    async with sitting_at(Desk()) as desk:
        await to_review(desk, PACKAGE, IMAGE)

        async def no_line(*_: object, **__: object) -> None:
            raise NotSent("The service cannot be reached")

        with monkeypatch.context() as broken:
            broken.setattr(Client, "create_on_demand", no_line)
            await buy(desk)
            await desk.see("0 bought")
        await desk.monitor.recorder.journal.write_orders([an_earlier(desk, OrderState.UNKNOWN)])
        await desk.press("a")
        await desk.see(TITLE)
        await answer(desk, "no")
        assert desk.asked("createquantity") == 0
        await answer(desk, "buy again")
        await desk.press(*["backspace"] * 11)
        await answer(desk, "buy again")
        await desk.see("1 bought")


async def test_a_key_that_bounces_buys_once() -> None:
    async with sitting_at(Desk()) as desk:
        await to_review(desk, PACKAGE, IMAGE)
        for _ in range(3):
            desk.app.screen.action_buy()
        await desk.see("1 bought")
        await until(lambda: not desk.monitor.orders.is_sending)
        assert (len(desk.world.ledger), desk.asked("createquantity")) == (1, 1)


@pytest.fixture
def _in_chinese() -> Iterator[None]:
    i18n.choose("zh_CN")
    yield
    i18n.choose("en")


@pytest.mark.usefixtures("_in_chinese")
@pytest.mark.parametrize("phrase", ["再次购买", " 再次 购买", "buy again", "ｂｕｙ ａｇａｉｎ"])
async def test_the_words_can_be_typed_in_chinese(phrase: str) -> None:
    async with sitting_at(Desk()) as desk:
        await desk.monitor.recorder.journal.write_orders([an_earlier(desk, OrderState.UNKNOWN)])
        await desk.press("n")
        wizard_screen = wizard(desk)
        catalog = desk.monitor.state.catalog
        assert catalog is not None
        earlier = an_earlier(desk, OrderState.UNKNOWN).quote
        assert earlier is not None
        draft = wizard_screen.draft
        package = next(one for one in catalog.packages[draft.billing] if one.id == PACKAGE)
        wizard_screen.draft = draft.with_package(package).with_image(next(i for i in catalog.images if i.id == IMAGE))
        await desk.press("f8", "B")
        await desk.see("再次购买")
        await answer(desk, phrase)
        await until(lambda: len(desk.world.ledger) == 1)
        assert len(desk.world.ledger) == 1


async def test_a_host_of_a_refused_order_is_pointed_out_in_the_events_and_in_the_orders() -> None:
    async with sitting_at(Desk(), columns=200, rows=50) as desk:
        desk.service.faults.set(Fault(kind=Kind.CODE_AFTER, endpoint=CREATE, code=9001))
        await to_review(desk, PACKAGE, IMAGE)
        await buy(desk)
        await desk.see("0 bought")
        await desk.press("escape")
        await desk.sweep()
        (sale,) = desk.world.ledger
        await desk.see("may be yours.*fits an order that was rejected")
        await desk.press("h", "2")
        text = await desk.see("may be yours")
        assert sale.host_id in text
        await desk.press("escape", "n")
        await desk.see("Press B")
        await desk.press("B")
        assert "may be yours" in await desk.see(TITLE)
        assert len(desk.world.ledger) == 1
