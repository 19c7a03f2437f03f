"""Validation of typed numbers; without a valid number there is no price."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.app_driver import Desk, sitting_at
from textual.widgets import Input

from xds_tui.tui.screens.create.screen import CreateScreen, Step
from xds_tui.tui.screens.create.steps import whole_number


@given(st.integers(1, 999), st.integers(1, 999))
def test_a_number_within_its_limits_is_accepted(number: int, most: int) -> None:
    expected = number if number <= most else None
    assert whole_number(f" {number}\t", most) == whole_number(f"{number:04}", most) == expected


@pytest.mark.parametrize("text", ["", " ", "1e9", "1.0", "-1", "+1", "0", "51", "1 0", "1_0", "٣", "²", "9" * 5000])
def test_any_other_text_is_rejected(text: str) -> None:
    assert whole_number(text, 50) is None


async def at_the_count(desk: Desk) -> CreateScreen:
    await desk.burst("n", "enter", "enter", "enter")
    screen = desk.app.screen
    assert isinstance(screen, CreateScreen)
    assert screen.step is Step.PERIOD
    screen.query_one("#count", Input).value = ""
    return screen


@pytest.mark.parametrize("text", ["1e9", "51", "0", "1.5", "9" * 40])
async def test_an_invalid_draft_has_no_price(text: str) -> None:
    async with sitting_at(Desk(hosts=1), columns=160) as desk:
        screen = await at_the_count(desk)
        await desk.burst(*text)
        assert screen.query_one("#count", Input).value == text
        shown = await desk.see("How many hosts: .* is not a whole number from 1 to 50")
        assert "× 1 h ×" not in shown
        assert screen.draft.estimate is None
        await desk.burst("enter", "5")
        assert screen.step is Step.PERIOD


@pytest.mark.parametrize("text", [" 5 ", "5", "05", "５"])
async def test_a_pasted_number_is_accepted(text: str) -> None:
    async with sitting_at(Desk(hosts=1), columns=160) as desk:
        screen = await at_the_count(desk)
        await desk.burst(*text)
        await desk.see(r"× 1 h × 5 =")
        assert screen.draft.count == 5
        await desk.burst("enter")
        assert screen.step is Step.REVIEW


async def test_an_invalid_number_of_periods_does_not_block_on_demand_hosts() -> None:
    async with sitting_at(Desk(hosts=1), columns=160) as desk:
        await desk.burst("n", "down", "enter", "enter", "enter")
        screen = desk.app.screen
        assert isinstance(screen, CreateScreen)
        await desk.burst("x")
        await desk.see("How many periods: .* is not")
        screen.draft = screen.draft.with_billing(next(iter(type(screen.draft.billing))), screen.fleet.catalog)
        await desk.see_no_more("How many periods: .* is not")
        assert not screen.draft.problem
