"""Nothing that may have been bought is bought again without saying so in words, wherever the purchase is begun."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from support.app_driver import AppDriver, running_app
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
TITLE = "Buy again, although the first order may have succeeded"
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


def an_earlier(driver: AppDriver, state: OrderState, code: int | None = None) -> Order:
    """An order of an earlier run for the package that the tests buy."""
    quote = a_quote(
        package=a_package(id=PACKAGE, amount=Decimal("2.88"), discount=Decimal("0.80")), image=an_image(id=IMAGE)
    )
    at = driver.now()
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


async def answer(driver: AppDriver, phrase: str) -> None:
    await driver.type(phrase)
    await driver.press("enter")


@pytest.mark.sweep(2)
@pytest.mark.parametrize("fault", UNCLEAR, ids=lambda fault: f"{fault.status} {fault.code}")
async def test_a_response_that_is_no_refusal_is_unknown_and_found_by_looking(fault: Fault) -> None:
    async with running_app(AppDriver()) as driver:
        driver.service.faults.set(replace(fault, endpoint=CREATE))
        await to_review(driver, PACKAGE, IMAGE)
        await buy(driver)
        await until(lambda: driver.monitor.orders.all[0].state is OrderState.UNKNOWN)
        driver.clock.advance(20)
        driver.monitor.refresh()
        await until(lambda: driver.monitor.orders.all[0].state is OrderState.CONFIRMED)
        reported = {event.state for event in driver.monitor.state.events if event.kind is EventKind.ORDER}
        assert OrderState.UNKNOWN in reported
        assert OrderState.REJECTED not in reported
        await driver.wait_for_text("1 bought")
        assert (len(driver.world.ledger), driver.request_count("createquantity")) == (1, 1)


@pytest.mark.sweep(2)
@pytest.mark.parametrize("fault", UNCLEAR, ids=lambda fault: f"{fault.status} {fault.code}")
async def test_a_purchase_that_may_have_been_made_is_repeated_only_in_words(fault: Fault) -> None:
    async with running_app(AppDriver()) as driver:
        driver.service.faults.set(replace(fault, endpoint=CREATE, kind=Kind.CODE))
        await to_review(driver, PACKAGE, IMAGE)
        await buy(driver)
        text = await driver.wait_for_text("0 bought · 1 unknown")
        assert "rejected" not in text
        assert f"code {fault.code}" in text
        await driver.press("u")
        await driver.wait_for_text("Press B")
        await driver.press("B")
        assert "· unknown ·" in await driver.wait_for_text(TITLE)
        await answer(driver, "buy")
        assert driver.request_count("createquantity") == 1
        await answer(driver, " Again ")
        await driver.wait_for_text("1 bought")
        assert (len(driver.world.ledger), driver.request_count("createquantity")) == (1, 2)


async def test_a_proven_refusal_is_repeated_without_a_question() -> None:
    async with running_app(AppDriver()) as driver:
        driver.service.faults.set(Fault(kind=Kind.CODE, endpoint=CREATE, code=6002))
        await to_review(driver, PACKAGE, IMAGE)
        await buy(driver)
        await driver.wait_for_text("0 bought")
        await driver.press("a")
        await driver.wait_for_text("Press B")
        await buy(driver)
        await driver.wait_for_text("1 bought")


@pytest.mark.sweep(1)
@pytest.mark.parametrize(
    ("state", "code"), [(OrderState.UNKNOWN, None), (OrderState.REJECTED, 1003), (OrderState.REJECTED, 404)]
)
async def test_what_an_earlier_run_may_have_bought_is_asked_about(state: OrderState, code: int | None) -> None:
    async with running_app(AppDriver()) as driver:
        await driver.monitor.recorder.journal.write_orders([an_earlier(driver, state, code)])
        await to_review(driver, PACKAGE, IMAGE)
        await driver.press("B")
        await driver.wait_for_text(TITLE)
        await driver.press("escape")
        await driver.wait_for_text("Press B")
        assert driver.request_count("createquantity") == 0
        await driver.press("B")
        await driver.wait_for_text(TITLE)
        await answer(driver, "buy again")
        await driver.wait_for_text("1 bought")


async def test_the_pair_that_is_chosen_in_the_catalog_is_asked_about_too() -> None:
    async with running_app(AppDriver()) as driver:
        await driver.press("2", "n")
        await choose(driver, "image", IMAGE)
        package = wizard(driver).draft.package
        assert package is not None
        earlier = an_earlier(driver, OrderState.UNKNOWN)
        assert earlier.quote is not None
        await driver.monitor.recorder.journal.write_orders(
            [replace(earlier, quote=replace(earlier.quote, package=package))]
        )
        await driver.press("enter")
        await driver.wait_for_text("Press B")
        await driver.press("B")
        await driver.wait_for_text(TITLE)
        assert driver.request_count("createquantity") == 0


async def test_trying_again_what_was_never_sent_asks_about_an_earlier_order(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_app(AppDriver()) as driver:
        await to_review(driver, PACKAGE, IMAGE)

        async def no_line(*_: object, **__: object) -> None:
            raise NotSent("The service cannot be reached")

        with monkeypatch.context() as broken:
            broken.setattr(Client, "create_on_demand", no_line)
            await buy(driver)
            await driver.wait_for_text("0 bought")
        await driver.monitor.recorder.journal.write_orders([an_earlier(driver, OrderState.UNKNOWN)])
        await driver.press("a")
        await driver.wait_for_text(TITLE)
        await answer(driver, "no")
        assert driver.request_count("createquantity") == 0
        await answer(driver, "buy again")
        await driver.press(*["backspace"] * 11)
        await answer(driver, "buy again")
        await driver.wait_for_text("1 bought")


async def test_a_key_that_bounces_buys_once() -> None:
    async with running_app(AppDriver()) as driver:
        await to_review(driver, PACKAGE, IMAGE)
        for _ in range(3):
            wizard(driver).action_buy()
        await driver.wait_for_text("1 bought")
        await until(lambda: not driver.monitor.orders.is_sending)
        assert (len(driver.world.ledger), driver.request_count("createquantity")) == (1, 1)


@pytest.fixture
def _in_chinese() -> Iterator[None]:
    i18n.choose("zh_CN")
    yield
    i18n.choose("en")


@pytest.mark.sweep(1)
@pytest.mark.usefixtures("_in_chinese")
@pytest.mark.parametrize("phrase", ["再次购买", " 再次 购买", "buy again", "ｂｕｙ ａｇａｉｎ"])
async def test_the_words_can_be_typed_in_chinese(phrase: str) -> None:
    async with running_app(AppDriver()) as driver:
        await driver.monitor.recorder.journal.write_orders([an_earlier(driver, OrderState.UNKNOWN)])
        await driver.press("n")
        wizard_screen = wizard(driver)
        catalog = driver.monitor.state.catalog
        assert catalog is not None
        earlier = an_earlier(driver, OrderState.UNKNOWN).quote
        assert earlier is not None
        draft = wizard_screen.draft
        package = next(one for one in catalog.packages[draft.billing] if one.id == PACKAGE)
        wizard_screen.draft = draft.with_package(package).with_image(next(i for i in catalog.images if i.id == IMAGE))
        await driver.press("f8", "B")
        await driver.wait_for_text("再次购买")
        await answer(driver, phrase)
        await until(lambda: len(driver.world.ledger) == 1)
        assert len(driver.world.ledger) == 1


async def test_a_host_of_a_refused_order_is_pointed_out_in_the_events_and_in_the_orders() -> None:
    async with running_app(AppDriver(), columns=200, rows=50) as driver:
        driver.service.faults.set(Fault(kind=Kind.CODE_AFTER, endpoint=CREATE, code=9001))
        await to_review(driver, PACKAGE, IMAGE)
        await buy(driver)
        await driver.wait_for_text("0 bought")
        await driver.press("escape")
        await driver.refresh()
        (sale,) = driver.world.ledger
        await driver.wait_for_text("may be yours.*matches an order that was rejected")
        await driver.press("h", "2")
        text = await driver.wait_for_text("may be yours")
        assert sale.host_id in text
        await driver.press("escape", "n")
        await driver.wait_for_text("Press B")
        await driver.press("B")
        assert "may be yours" in await driver.wait_for_text(TITLE)
        assert len(driver.world.ledger) == 1
