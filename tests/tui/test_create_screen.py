"""The wizard: what can be chosen in it, what it costs, and what becomes of the orders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from math import inf

import pytest
from support.app_driver import Desk, sitting_at
from support.wait import until
from textual.widgets import Input

from tests.simulator_faults.faults import Fault, Kind
from xds_tui.api.client import Client
from xds_tui.api.errors import NotSent
from xds_tui.domain.host_distance import LISTING_GRACE
from xds_tui.domain.model import Billing
from xds_tui.domain.records import OrderState
from xds_tui.fleet.state import FleetState
from xds_tui.simulator import endpoints
from xds_tui.simulator.catalog_data import PACKAGES
from xds_tui.simulator.host import OFF
from xds_tui.simulator.world import Options
from xds_tui.tui.screens.create.screen import CreateScreen, Step
from xds_tui.tui.widgets.filter_input import FilterInput
from xds_tui.tui.widgets.host_table import HostTable
from xds_tui.tui.widgets.table.table import Table

SIZES = [(80, 24), (120, 40)]
"""Below and above the width from which the wizard is one page."""


def wizard(desk: Desk) -> CreateScreen:
    screen = desk.app.screen
    assert isinstance(screen, CreateScreen)
    return screen


def listed(desk: Desk, table: str) -> list[str]:
    return list(wizard(desk).query_one(f"#{table}", Table).keys)


async def open_wizard(desk: Desk) -> CreateScreen:
    await desk.press("n")
    await until(lambda: isinstance(desk.app.screen, CreateScreen) and desk.app.screen.is_mounted)
    return wizard(desk)


async def choose(desk: Desk, table: str, key: str) -> None:
    assert wizard(desk).query_one(f"#{table}", Table).move_to(key), key
    await desk.press("enter")


async def to_review(desk: Desk, package: str, image: str, *, prepaid: str = "", count: str = "1") -> None:
    """Fill in the wizard; `prepaid` is the number of months."""
    screen = await open_wizard(desk)
    if (screen.draft.billing is Billing.RENT) is not bool(prepaid):
        await desk.press("m")
        await until(lambda: (screen.draft.billing is Billing.RENT) is bool(prepaid))
    await desk.press("f5")
    await choose(desk, "package", package)
    await desk.press("f6")
    await choose(desk, "image", image)
    await until(lambda: screen.step is Step.ORDER)
    if prepaid:
        screen.query_one("#number", Input).value = prepaid
    screen.query_one("#count", Input).value = count
    await desk.pilot.pause()
    await desk.press("enter", "enter") if prepaid else await desk.press("enter")
    await until(lambda: screen.step is Step.REVIEW)
    await desk.see("Press B")
    await until(lambda: screen._shown_at < inf)


async def buy(desk: Desk) -> None:
    """Place the order, and wait for its outcome."""
    screen = wizard(desk)
    await until(lambda: screen._shown_at < inf)
    await desk.press("B")
    await desk.see(r"\d bought")
    await until(lambda: not desk.monitor.orders.is_sending)
    await desk.pilot.pause()


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize(("columns", "rows"), SIZES)
async def test_the_price_follows_every_keystroke_and_shows_its_calculation(columns: int, rows: int) -> None:
    async with sitting_at(Desk(), columns, rows) as desk:
        await to_review(desk, "bl3060a1", "4005", prepaid="1")
        await desk.see(r"1.10 × 0.8 × 720 h × 1 = ¥633.60")
        await desk.press("f7")
        await desk.type("3")
        await desk.see(r"1.10 × 0.8 × 2160 h × 1 = ¥1,900.80")
        await desk.press("tab")
        await desk.type("2")
        await desk.see(r"1.10 × 0.8 × 2160 h × 2 = ¥3,801.60")
        await desk.press("enter")
        text = await desk.see("(?s)Excludes tax, cloud.*disks and traffic")
        assert "3 months = 2160 h" in text


@pytest.mark.usefixtures("unhurried")
async def test_half_a_fen_is_rounded_up_once() -> None:
    async with sitting_at(Desk()) as desk:
        await open_wizard(desk)
        await desk.press("m")
        await choose(desk, "package", "bzrent4")
        await desk.press("f7")
        wizard(desk).query_one("#units", Table).focus()
        await choose(desk, "units", "HOUR")
        await desk.see(r"0.07 × 0.85 × 1 h × 1 = ¥0.06")


async def test_only_what_goes_together_is_listed_in_both_directions() -> None:
    async with sitting_at(Desk()) as desk:
        await open_wizard(desk)
        await desk.press("f6")
        await choose(desk, "image", "507")
        types = {package.type for package in PACKAGES if package.id in listed(desk, "package")}
        assert types == {"ceph"}
        await desk.see("backspace shows all")
        await desk.press("backspace")
        await until(lambda: len(listed(desk, "package")) > 3)
        await choose(desk, "package", "bzoff4")
        assert set(listed(desk, "image")) == {"5001", "5002", "5010"}


async def test_a_choice_that_does_not_fit_the_other_one_is_kept_and_reported() -> None:
    async with sitting_at(Desk()) as desk:
        await open_wizard(desk)
        await choose(desk, "package", "bl4090a1")
        await choose(desk, "image", "4005")
        await desk.press("f5")
        await choose(desk, "package", "bzoff4")
        await desk.see("(?s)does not go with this.*package.*Choose an.*image of type BZ")
        image = wizard(desk).draft.image
        assert image is not None
        assert image.id == "4005"
        await desk.press("f5")
        await choose(desk, "package", "bl4090a1")
        assert wizard(desk).draft.is_complete


@pytest.mark.parametrize("prepaid_only", ["bzrent4", "bla100x8"])
async def test_a_package_that_is_not_sold_in_a_mode_comes_back_with_the_other_mode(prepaid_only: str) -> None:
    async with sitting_at(Desk()) as desk:
        screen = await open_wizard(desk)
        await desk.press("m")
        await choose(desk, "package", prepaid_only)
        await choose(desk, "image", listed(desk, "image")[0])
        assert screen.draft.is_complete
        await desk.press("m")
        await desk.see("(?s)is not sold.*on-demand")
        assert not screen.draft.is_complete
        assert prepaid_only not in listed(desk, "package")
        await desk.press("B")
        assert desk.asked("create") == 0
        await desk.press("m")
        await until(lambda: screen.draft.is_complete)


async def test_nothing_counts_as_chosen_that_the_user_has_not_chosen() -> None:
    async with sitting_at(Desk()) as desk:
        screen = await open_wizard(desk)
        await desk.press("down", "tab", "down", "tab", "tab", "tab", "B")
        assert (screen.draft.package, screen.draft.image) == (None, None)
        await desk.press("escape", "2", "n")
        screen = wizard(desk)
        assert screen.draft.package is not None
        assert screen.draft.image is None
        assert screen.step is Step.IMAGE


async def test_moving_the_cursor_over_the_periods_selects_none() -> None:
    async with sitting_at(Desk()) as desk:
        screen = await open_wizard(desk)
        await desk.press("m", "f7", "shift+tab", "down", "down")
        assert screen.focused is not None
        assert screen.focused.id == "units"
        unit = screen.draft.unit
        await desk.press("enter")
        assert screen.draft.unit is not unit


@pytest.mark.parametrize(("columns", "rows"), SIZES)
async def test_digits_go_to_the_focused_field_only(columns: int, rows: int) -> None:
    async with sitting_at(Desk(), columns, rows) as desk:
        screen = await open_wizard(desk)
        for field in ("#package", "#image", "#billing"):
            await until(lambda field=field: screen.query_one(field).has_focus)  # type: ignore[misc]
            step = screen.step
            await desk.press("3", "2", "4")
            assert (screen.step, screen.draft.count) == (step, 1)
            await desk.press("tab")
        await desk.press("3")
        assert screen.draft.count == 3


@pytest.mark.parametrize(("columns", "rows"), SIZES)
async def test_tab_goes_through_all_fields_and_shift_tab_back(columns: int, rows: int) -> None:
    async with sitting_at(Desk(), columns, rows) as desk:
        screen = await open_wizard(desk)
        await desk.press("m")

        async def walk(key: str) -> list[str | None]:
            found = []
            for _turn in range(7):
                found.append(screen.focused and screen.focused.id)
                await desk.press(key)
            return found

        forth = await walk("tab")
        assert forth == ["package", "image", "billing", "units", "number", "count", "summary"]
        assert await walk("shift+tab") == [forth[0], *reversed(forth[1:])]


async def test_the_wizard_closes_from_every_field_and_keeps_the_draft() -> None:
    async with sitting_at(Desk(hosts=1)) as desk:
        await open_wizard(desk)
        await choose(desk, "package", "bl4090a1")
        await desk.press("m")
        for key in ("escape", "q"):
            for tabs in range(7):
                screen = wizard(desk)
                await desk.press("f5", *["tab"] * tabs, key)
                await until(lambda screen=screen: desk.app.screen is not screen)  # type: ignore[misc]
                draft = (await open_wizard(desk)).draft
                assert draft.billing is Billing.RENT
                assert draft.package is not None


async def test_packages_are_filtered_in_the_language_of_all_filters() -> None:
    async with sitting_at(Desk()) as desk:
        screen = await open_wizard(desk)
        await desk.press("slash")
        await desk.type("gpu:4090 cost<3")
        await until(lambda: listed(desk, "package") == ["bl4090a1"])
        await desk.see(r"Package 1/\d+")
        await desk.type(" quick:")
        await desk.see("quick: there is no such field")
        await desk.press(*["backspace"] * 7, "enter")
        assert not isinstance(desk.app.focused, FilterInput)
        assert listed(desk, "package") == ["bl4090a1"]
        await desk.press("backspace")
        await until(lambda: len(listed(desk, "package")) > 3)
        assert screen.is_attached


async def test_the_wizard_says_that_the_catalog_is_loading() -> None:
    async with sitting_at(Desk()) as desk:
        screen = await open_wizard(desk)
        screen.fleet = FleetState(connection=desk.monitor.state.connection)
        assert (await desk.see("Loading catalog")).count("Loading catalog") == 2


@pytest.mark.parametrize(("columns", "rows"), SIZES)
async def test_the_fleets_cost_and_the_account_are_shown_before_the_order(columns: int, rows: int) -> None:
    async with sitting_at(Desk(), columns, rows) as desk:
        await to_review(desk, "bl4090a1", "4005", count="2")
        text = await desk.see("Press B")
        hosts = len(desk.world.hosts) + 2
        assert f"Fleet afterwards: {hosts} hosts" in text
        assert desk.monitor.state.account in text.replace("\n", "")
        assert "wallet of" in text
        assert "instead" not in text  # both modes cost the same


@pytest.mark.parametrize(("columns", "rows"), SIZES)
async def test_nothing_is_lost_when_the_wizard_is_closed_and_opened(columns: int, rows: int) -> None:
    async with sitting_at(Desk(), columns, rows) as desk:
        await to_review(desk, "bl4090a1", "4011", prepaid="7", count="3")
        draft = wizard(desk).draft
        await desk.press("escape")
        await desk.see("Hosts 12")
        assert (await open_wizard(desk)).draft == draft
        await desk.see("7")


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(("columns", "rows"), SIZES)
async def test_a_key_that_comes_before_the_price_can_be_read_buys_nothing(columns: int, rows: int) -> None:
    async with sitting_at(Desk(), columns, rows) as desk:
        await to_review(desk, "bl4090a1", "4005")
        await desk.press("B", "enter", "B")
        await desk.see("Check the price first")
        assert wizard(desk).step is Step.REVIEW
        assert desk.asked("create") == 0


@pytest.mark.usefixtures("unhurried")
async def test_a_change_of_the_order_starts_the_time_to_read_its_price_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async with sitting_at(Desk()) as desk:
        await to_review(desk, "bl4090a1", "4005")
        screen = wizard(desk)
        screen._shown_at = 0.0
        await desk.press("f7", "up")
        await until(lambda: screen.draft.count == 2)
        assert screen._shown_at > 0


@pytest.mark.parametrize(("columns", "rows"), SIZES)
async def test_the_wizard_opens_at_the_image_without_going_through_the_package(
    monkeypatch: pytest.MonkeyPatch, columns: int, rows: int
) -> None:
    steps: list[Step] = []
    show = CreateScreen.watch_step

    def record(screen: CreateScreen) -> None:
        steps.append(screen.step)
        show(screen)

    async with sitting_at(Desk(), columns, rows) as desk:
        await desk.press("2")
        await until(lambda: isinstance(desk.app.focused, Table) and desk.app.focused.id == "packages")
        monkeypatch.setattr(CreateScreen, "watch_step", record)
        screen = await open_wizard(desk)
        await until(lambda: screen.query_one("#image", Table).has_focus)
        await desk.pilot.pause()
        assert screen.step is Step.IMAGE
        assert Step.PACKAGE not in steps[steps.index(Step.IMAGE) :]


@pytest.mark.usefixtures("unhurried")
async def test_the_package_under_the_cursor_of_the_catalog_is_rented_with_two_keys() -> None:
    async with sitting_at(Desk()) as desk:
        await desk.press("2")
        images = desk.app.screen.query_one("#images", Table)
        images.focus()
        images.move_to("4005")
        await desk.press("enter")
        desk.app.screen.query_one("#packages", Table).focus()
        await desk.press("n")
        await desk.see("Press B")
        await buy(desk)
        await desk.see("1 bought")


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("dialect", ["later", "document"])
@pytest.mark.parametrize("late", [0.0, 90.0])
async def test_a_bought_host_is_found_selected_and_one_key_from_starting(dialect: str, late: float) -> None:
    async with sitting_at(Desk(options=Options(dialect=dialect, enters_list_after=late))) as desk:
        await to_review(desk, "bl4090a1", "4005")
        await buy(desk)
        (sale,) = desk.world.ledger
        await desk.see("1 bought")
        await desk.press("enter")
        desk.clock.advance(late + LISTING_GRACE / 1000 + 1)
        await desk.sweep()
        await desk.see("is ready but off. Press s to start it")
        table = desk.app.screen.query_one(HostTable)
        await until(lambda: table.cursor_key == sale.host_id)
        assert desk.world.hosts[sale.host_id].status == OFF
        await desk.press("s")
        # A start asks for confirmation when the cursor was moved to the host a moment ago.
        if "Start 1 host?" in await desk.see("→ on|Start 1 host?"):
            await desk.press("y")
        await desk.see("→ on")


@pytest.mark.usefixtures("unhurried")
async def test_several_are_bought_one_by_one_and_the_first_rejection_ends_it() -> None:
    async with sitting_at(Desk()) as desk:
        rejection = Fault(kind=Kind.CODE, endpoint="pve/open/createquantity", skip=1, code=9001, message="钱包余额不足")
        desk.service.faults.set(rejection)
        await to_review(desk, "bl4090a1", "4005", count="3")
        await buy(desk)
        text = await desk.see("1 bought · 1 rejected · 1 not sent")
        assert "The wallet's balance is too low: 钱包余额不足" in text
        assert "code 9001" in text
        assert "a  orders the 2 hosts again that were certainly not bought" in text
        assert "enter closes" in text
        states = [order.state for order in reversed(desk.monitor.orders.all)]
        assert states[1:] == [OrderState.REJECTED, OrderState.NOT_SENT]
        assert len(desk.world.ledger) == 1
        await desk.press("a")
        await desk.see("Press B")
        assert wizard(desk).draft.count == 2


@pytest.mark.usefixtures("unhurried")
async def test_each_retry_key_retries_what_it_states(monkeypatch: pytest.MonkeyPatch) -> None:
    async with sitting_at(Desk()) as desk:
        desk.service.faults.set(Fault(kind=Kind.TRUNCATED, endpoint="pve/open/createquantity"))
        await to_review(desk, "bl4090a1", "4005", count="3")
        await buy(desk)
        text = await desk.see("0 bought · 1 unknown · 2 not sent")
        assert "a  orders the 2 hosts again that were certainly not bought" in text
        assert "u  orders the 1 host again whose outcome is unknown. It may be bought twice" in text
        await desk.press("u")
        await desk.see("Press B")
        assert wizard(desk).draft.count == 1
        assert desk.asked("createquantity") == 1


def with_price(package_id: str, amount: str) -> tuple[object, ...]:
    """Return what the simulator sells, with another price for one package."""
    return tuple(replace(package, amount=amount) if package.id == package_id else package for package in PACKAGES)


def no_more_requests(desk: Desk) -> Callable[[], bool]:
    seen = -1

    def is_quiet() -> bool:
        nonlocal seen
        before, seen = seen, len(desk.service.requests)
        return before == seen

    return is_quiet


@pytest.mark.usefixtures("unhurried")
async def test_a_price_that_has_changed_buys_nothing_and_both_prices_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    async with sitting_at(Desk()) as desk:
        await to_review(desk, "bl4090a1", "4005")
        await until(no_more_requests(desk))
        monkeypatch.setattr(endpoints, "PACKAGES", with_price("bl4090a1", "3.00"))
        await buy(desk)
        text = await desk.see("so nothing was bought")
        assert "2.88" in text
        assert "3.00" in text
        assert desk.monitor.orders.all[0].message == "2.88 × 0.80 → 3.00 × 0.80 CNY/h"
        assert desk.world.ledger == []


@pytest.mark.usefixtures("unhurried")
async def test_a_price_that_changes_while_it_is_read_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    async with sitting_at(Desk()) as desk:
        await to_review(desk, "bl4090a1", "4005")
        await until(no_more_requests(desk))
        monkeypatch.setattr(endpoints, "PACKAGES", with_price("bl4090a1", "3.00"))
        desk.monitor.refresh_catalog()
        await desk.see("The price changed from ¥2.304/h to ¥2.40/h")
        assert wizard(desk).draft.package is not None
        assert wizard(desk).draft.package.amount == Decimal("3.00")


@pytest.mark.usefixtures("unhurried")
async def test_an_unknown_outcome_is_shown_as_unknown_and_resolved_by_a_refresh() -> None:
    async with sitting_at(Desk()) as desk:
        desk.service.faults.set(Fault(kind=Kind.TRUNCATED, endpoint="pve/open/createquantity"))
        await to_review(desk, "bl4090a1", "4005")
        await buy(desk)
        await until(lambda: desk.monitor.orders.all[0].state is OrderState.UNKNOWN)
        desk.clock.advance(20)
        desk.monitor.refresh()
        await until(lambda: desk.monitor.orders.all[0].state is OrderState.CONFIRMED)
        assert OrderState.UNKNOWN in {event.state for event in desk.monitor.state.events}
        assert len(desk.world.ledger) == 1
        assert desk.asked("createquantity") == 1


@pytest.mark.usefixtures("unhurried")
async def test_what_was_never_sent_is_retried_with_one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    async with sitting_at(Desk()) as desk:
        await to_review(desk, "bl4090a1", "4005", count="2")

        async def unreachable(*_: object, **__: object) -> None:
            raise NotSent("The service cannot be reached")

        with monkeypatch.context() as broken:
            broken.setattr(Client, "create_on_demand", unreachable)
            await buy(desk)
            await desk.see("0 bought · 2 not sent")
        await desk.press("a")
        await desk.see("2 bought")
        assert len(desk.world.ledger) == 2


@pytest.mark.usefixtures("unhurried")
async def test_what_may_have_been_bought_is_bought_again_only_after_typing_so() -> None:
    async with sitting_at(Desk()) as desk:
        desk.service.faults.set(Fault(kind=Kind.DROP_BEFORE, endpoint="pve/open/createquantity"))
        await to_review(desk, "bl4090a1", "4005")
        await buy(desk)
        await desk.see("0 bought · 1 unknown")
        await desk.press("u")
        await desk.see("Press B")
        await desk.press("B")
        await desk.see("Buy again though the first may have gone through")
        await desk.press("enter")
        await desk.type("buy agai")
        await desk.press("enter")
        await desk.see("Type buy again")
        assert desk.world.ledger == []
        await desk.type("n")
        await desk.press("enter")
        await desk.see("1 bought")
        assert len(desk.world.ledger) == 1


@pytest.mark.usefixtures("unhurried")
async def test_cancelling_the_question_buys_nothing_again() -> None:
    async with sitting_at(Desk()) as desk:
        desk.service.faults.set(Fault(kind=Kind.DROP_BEFORE, endpoint="pve/open/createquantity"))
        await to_review(desk, "bl4090a1", "4005")
        await buy(desk)
        await desk.see("0 bought · 1 unknown")
        await desk.press("u")
        await desk.see("Press B")
        await desk.press("B")
        await desk.see("Buy again though the first may have gone through")
        await desk.press("escape")
        await desk.see("Press B")
        assert desk.asked("createquantity") == 1


@pytest.mark.usefixtures("unhurried")
async def test_a_price_that_has_changed_is_read_again_before_it_is_bought(monkeypatch: pytest.MonkeyPatch) -> None:
    async with sitting_at(Desk()) as desk:
        await to_review(desk, "bl4090a1", "4005")
        await until(no_more_requests(desk))
        monkeypatch.setattr(endpoints, "PACKAGES", with_price("bl4090a1", "3.00"))
        await buy(desk)
        await desk.see("so nothing was bought")
        await desk.press("a")
        await desk.see("3.00 × 0.80 × 1 h × 1")
        await buy(desk)
        await desk.see("1 bought")


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (100, 30), (120, 40), (200, 50)])
async def test_what_is_needed_to_buy_can_be_read(columns: int, rows: int) -> None:
    async with sitting_at(Desk(), columns, rows) as desk:
        await to_review(desk, "bl3060a1", "4005", prepaid="3", count="2")
        text = await desk.see("2 hosts, ")
        for part in (
            "3060×1 8核32G",
            "bl3060a1",
            "Ubuntu Server 20.04 x64",
            "3 months = 2160 h",
            "¥3,801.60",
            "B Rent",
        ):
            assert part in text
        assert "Press B" in text
        assert "wallet of" in text
