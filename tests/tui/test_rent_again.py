"""Renting another host like one that is there, or like one that was ordered."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from support.app_driver import AppDriver, running_app
from support.factories import a_package, a_quote, an_image, an_order
from support.wait import until
from textual.screen import Screen

from xds_tui.domain.model import Billing, Period, PeriodUnit
from xds_tui.domain.records import OrderAction, OrderState
from xds_tui.simulator.catalog_data import PACKAGES
from xds_tui.tui.screens.create.screen import CreateScreen, Step
from xds_tui.tui.screens.fleet import FleetScreen
from xds_tui.tui.screens.history import HistoryScreen
from xds_tui.tui.screens.host_detail import HostDetailScreen

pytestmark = pytest.mark.usefixtures("unhurried")

OLD_PRICE = Decimal(9)
QUOTE = replace(
    a_quote(package=a_package(id="bl4090a1", amount=OLD_PRICE), image=an_image(id="4005")),
    billing=Billing.RENT,
    period=Period(PeriodUnit.WEEK, 2),
)


def wizard(driver: AppDriver) -> CreateScreen:
    screen = driver.app.screen
    assert isinstance(screen, CreateScreen)
    return screen


def fleet(driver: AppDriver) -> FleetScreen:
    screen = driver.app.screen
    assert isinstance(screen, FleetScreen)
    return screen


async def wait_for(driver: AppDriver, kind: type[Screen[Any]]) -> None:
    await until(lambda: isinstance(driver.app.screen, kind) and driver.app.screen.is_mounted)
    await driver.pilot.pause()


async def order_earlier(driver: AppDriver, host_id: str | None) -> None:
    """Record a create of an earlier run: a prepaid host for two weeks."""
    state = OrderState.CONFIRMED if host_id else OrderState.REJECTED
    order = an_order(
        action=OrderAction.CREATE, state=state, host_id=host_id, quote=QUOTE, code=9001, created_at=driver.now()
    )
    await driver.monitor.recorder.journal.write_orders([order])


def assert_filled_in_as_ordered(screen: CreateScreen) -> None:
    draft = screen.draft
    assert (draft.billing, draft.period, draft.is_complete) == (Billing.RENT, QUOTE.period, True)
    assert (draft.package and draft.package.id, draft.image and draft.image.id) == ("bl4090a1", "4005")
    assert draft.package is not None
    assert draft.package.amount != OLD_PRICE
    assert screen.step is Step.ORDER


async def test_a_host_is_rented_again_from_the_list_and_from_its_details() -> None:
    async with running_app(AppDriver()) as driver:
        host_id = fleet(driver)._hosts.table.cursor_key
        await order_earlier(driver, host_id)
        await driver.press("N")
        await wait_for(driver, CreateScreen)
        assert_filled_in_as_ordered(wizard(driver))
        await driver.press("escape")
        await wait_for(driver, FleetScreen)
        await driver.press("d")
        await wait_for(driver, HostDetailScreen)
        await driver.press("N")
        await wait_for(driver, CreateScreen)
        assert_filled_in_as_ordered(wizard(driver))
        await driver.press("escape")
        await wait_for(driver, HostDetailScreen)
        assert driver.request_count("create") == 0


async def test_an_order_is_placed_again_from_the_history_even_if_it_was_rejected() -> None:
    async with running_app(AppDriver()) as driver:
        await order_earlier(driver, None)
        await driver.press("h", "2")
        await driver.wait_for_text("1 shown")
        await driver.press("N")
        await wait_for(driver, CreateScreen)
        assert_filled_in_as_ordered(wizard(driver))
        await driver.wait_for_text("Press B")
        await driver.press("B")
        await driver.wait_for_text("1 bought")
        await until(lambda: not driver.monitor.orders.is_sending)
        await driver.press("enter")
        await wait_for(driver, HistoryScreen)
        await driver.wait_for_text("2 shown")


async def test_an_operation_without_a_quote_is_not_offered_again() -> None:
    async with running_app(AppDriver()) as driver:
        await driver.monitor.recorder.journal.write_orders([an_order(created_at=driver.now())])
        await driver.press("h", "2")
        text = await driver.wait_for_text("1 shown")
        assert "Order again" not in text
        await driver.press("N")
        assert isinstance(driver.app.screen, HistoryScreen)


async def test_a_host_whose_package_is_unknown_opens_the_wizard_and_says_so() -> None:
    async with running_app(AppDriver()) as driver:
        host = next(iter(driver.world.hosts.values()))
        host.package = replace(PACKAGES[0], cpu=77)
        host.name = "special"
        await driver.refresh()
        fleet(driver).go_to(host.id)
        await driver.press("N")
        await wait_for(driver, CreateScreen)
        await driver.wait_for_text("The package and the image of special are unknown. Choose them.")
        screen = wizard(driver)
        assert (screen.draft.package, screen.step) == (None, Step.PACKAGE)


async def test_closing_it_unchanged_keeps_the_draft_of_a_new_host() -> None:
    async with running_app(AppDriver()) as driver:
        await order_earlier(driver, fleet(driver)._hosts.table.cursor_key)
        await driver.press("n")
        await wait_for(driver, CreateScreen)
        await driver.press("m", "escape")
        await wait_for(driver, FleetScreen)
        await driver.press("N")
        await wait_for(driver, CreateScreen)
        await driver.press("escape")
        await wait_for(driver, FleetScreen)
        await driver.press("n")
        await wait_for(driver, CreateScreen)
        draft = wizard(driver).draft
        assert (draft.billing, draft.package) == (Billing.RENT, None)
        await driver.press("escape")
        await wait_for(driver, FleetScreen)
        await driver.press("N")
        await wait_for(driver, CreateScreen)
        await driver.press("m", "escape")
        await wait_for(driver, FleetScreen)
        await driver.press("n")
        await wait_for(driver, CreateScreen)
        draft = wizard(driver).draft
        assert (draft.billing, draft.package and draft.package.id) == (Billing.ON_DEMAND, "bl4090a1")
