"""Numbers that are typed: what is not one is reported, and nothing has a price meanwhile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.app_driver import AppDriver, running_app
from textual.widgets import Input

from xds_tui.domain.model import Billing
from xds_tui.tui.screens.create.order_form import whole_number
from xds_tui.tui.screens.create.screen import CreateScreen, Step


@given(st.integers(1, 999), st.integers(1, 999))
def test_a_number_within_its_bounds_is_read(number: int, most: int) -> None:
    expected = number if number <= most else None
    assert whole_number(f" {number}\t", most) == whole_number(f"{number:04}", most) == expected


@pytest.mark.parametrize("text", ["", " ", "1e9", "1.0", "-1", "+1", "0", "51", "1 0", "1_0", "٣", "²", "9" * 5000])
def test_anything_else_is_no_number(text: str) -> None:
    assert whole_number(text, 50) is None


async def at_the_count(driver: AppDriver) -> CreateScreen:
    await driver.burst("n", "enter", "enter")
    screen = driver.app.screen
    assert isinstance(screen, CreateScreen)
    assert screen.step is Step.ORDER
    screen.query_one("#count", Input).value = ""
    return screen


@pytest.mark.sweep(2)
@pytest.mark.parametrize("text", ["1e9", "51", "0", "1.5", "9" * 40])
async def test_an_invalid_number_of_hosts_has_no_price_and_is_not_ordered(text: str) -> None:
    async with running_app(AppDriver(hosts=1), columns=160) as driver:
        screen = await at_the_count(driver)
        await driver.burst(*text)
        assert screen.query_one("#count", Input).value == text
        shown = await driver.wait_for_text("Hosts: .* is not a whole number from 1 to 50")
        assert "× 1 h ×" not in shown
        assert screen.draft.estimate is None
        await driver.burst("enter", "B")
        assert screen.step is Step.ORDER
        assert driver.request_count("create") == 0


@pytest.mark.sweep(2)
@pytest.mark.parametrize("text", [" 5 ", "5", "05", "５"])
async def test_a_pasted_number_is_taken(text: str) -> None:
    async with running_app(AppDriver(hosts=1), columns=160) as driver:
        screen = await at_the_count(driver)
        await driver.burst(*text)
        await driver.wait_for_text(r"× 1 h × 5 =")
        assert screen.draft.count == 5
        await driver.burst("enter")
        assert screen.step is Step.REVIEW


async def test_an_invalid_number_of_periods_does_not_matter_on_demand() -> None:
    async with running_app(AppDriver(hosts=1), columns=160) as driver:
        await driver.burst("n", "m", "enter", "enter")
        screen = driver.app.screen
        assert isinstance(screen, CreateScreen)
        await driver.burst("x")
        await driver.wait_for_text("Periods: .* is not")
        screen.draft = screen.draft.with_billing(next(iter(type(screen.draft.billing))), screen.fleet.catalog)
        await driver.wait_until_gone("Periods: .* is not")
        assert not screen.draft.has_invalid_number


async def test_commands_work_in_a_number_field_and_other_letters_are_typed() -> None:
    async with running_app(AppDriver(hosts=1), columns=160) as driver:
        screen = await at_the_count(driver)
        await driver.burst("2", "m")
        assert screen.draft.billing is Billing.RENT
        assert screen.draft.count == 2
        await driver.burst("x")
        assert screen.query_one("#count", Input).value == "2x"
        await driver.burst("q")
        assert driver.app.screen is not screen


async def test_arrow_keys_change_a_number_within_its_limits() -> None:
    async with running_app(AppDriver(hosts=1), columns=160) as driver:
        screen = await at_the_count(driver)
        await driver.burst("4", "9", "up", "up")
        assert screen.draft.count == 50
        await driver.burst("3", "down", "down", "down")
        assert screen.draft.count == 1
