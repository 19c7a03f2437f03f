"""The wizard: what can be chosen in it, what it costs, and what becomes of the orders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from support.app_driver import AppDriver, running_app
from support.wait import until
from textual.widgets import Input

from tests.simulator_faults.faults import Fault, Kind
from xds_tui.api.client import Client
from xds_tui.api.errors import NotSent
from xds_tui.domain.annotations import Annotation
from xds_tui.domain.host_fit import LISTING_GRACE
from xds_tui.domain.model import Billing, Period, PeriodUnit
from xds_tui.domain.purchase_template import PurchaseTemplate
from xds_tui.domain.records import OrderState
from xds_tui.fleet.state import FleetState
from xds_tui.simulator import http_app
from xds_tui.simulator.catalog_data import PACKAGES
from xds_tui.simulator.host import OFF
from xds_tui.simulator.world import Options
from xds_tui.tui.screens.create.screen import CreateScreen, Step
from xds_tui.tui.widgets.filter_input import FilterInput
from xds_tui.tui.widgets.host_table import HostTable
from xds_tui.tui.widgets.table.table import Table

TEXTS = ("alias", "tags", "owner")
"""The fields in which letters are text."""

SIZES = [(80, 24), (120, 40)]
"""Below and above the width from which the wizard is one page."""


def wizard(driver: AppDriver) -> CreateScreen:
    screen = driver.app.screen
    assert isinstance(screen, CreateScreen)
    return screen


def listed(driver: AppDriver, table: str) -> list[str]:
    return list(wizard(driver).query_one(f"#{table}", Table).keys)


async def open_wizard(driver: AppDriver) -> CreateScreen:
    await driver.press("n")
    await until(lambda: isinstance(driver.app.screen, CreateScreen) and driver.app.screen.is_mounted)
    return wizard(driver)


async def choose(driver: AppDriver, table: str, key: str) -> None:
    assert wizard(driver).query_one(f"#{table}", Table).move_to(key), key
    await driver.press("enter")


async def to_review(driver: AppDriver, package: str, image: str, *, prepaid: str = "", count: str = "1") -> None:
    """Fill in the wizard; `prepaid` is the number of months."""
    screen = await open_wizard(driver)
    if (screen.draft.billing is Billing.RENT) is not bool(prepaid):
        await driver.press("m")
        await until(lambda: (screen.draft.billing is Billing.RENT) is bool(prepaid))
    await driver.press("f5")
    await choose(driver, "package", package)
    await driver.press("f6")
    await choose(driver, "image", image)
    await until(lambda: screen.step is Step.ORDER)
    if prepaid:
        screen.query_one("#number", Input).value = prepaid
    screen.query_one("#count", Input).value = count
    await driver.pilot.pause()
    await driver.press("enter", "enter") if prepaid else await driver.press("enter")
    await until(lambda: screen.step is Step.REVIEW)
    await driver.wait_for_text("Press B")
    await until(lambda: screen._guard.is_shown)


async def buy(driver: AppDriver) -> None:
    """Place the order, and wait for its outcome."""
    screen = wizard(driver)
    await until(lambda: screen._guard.is_shown)
    await driver.press("B")
    await driver.wait_for_text(r"\d bought")
    await until(lambda: not driver.monitor.orders.is_sending)
    await driver.pilot.pause()


@pytest.mark.sweep(1)
@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize(("columns", "rows"), SIZES)
async def test_the_price_follows_every_keystroke_and_shows_its_calculation(columns: int, rows: int) -> None:
    async with running_app(AppDriver(), columns, rows) as driver:
        await to_review(driver, "bl3060a1", "4005", prepaid="1")
        await driver.wait_for_text(r"1.10 × 0.8 × 720 h × 1 = ¥633.60")
        await driver.press("f7")
        await driver.type("3")
        await driver.wait_for_text(r"1.10 × 0.8 × 2160 h × 1 = ¥1,900.80")
        await driver.press("tab")
        await driver.type("2")
        await driver.wait_for_text(r"1.10 × 0.8 × 2160 h × 2 = ¥3,801.60")
        await driver.press("enter")
        text = await driver.wait_for_text("Estimate based on prices")
        assert "3 months = 2160 h" in text


@pytest.mark.usefixtures("unhurried")
async def test_half_a_fen_is_rounded_up_once() -> None:
    async with running_app(AppDriver()) as driver:
        await open_wizard(driver)
        await driver.press("m")
        await choose(driver, "package", "bzrent4")
        await driver.press("f7")
        wizard(driver).query_one("#units", Table).focus()
        await choose(driver, "units", "HOUR")
        await driver.wait_for_text(r"0.07 × 0.85 × 1 h × 1 = ¥0.06")


async def test_only_what_goes_together_is_listed_in_both_directions() -> None:
    async with running_app(AppDriver()) as driver:
        await open_wizard(driver)
        await driver.press("f6")
        await choose(driver, "image", "507")
        types = {package.type for package in PACKAGES if package.id in listed(driver, "package")}
        assert types == {"ceph"}
        await driver.wait_for_text("backspace: show all")
        await driver.press("backspace")
        await until(lambda: len(listed(driver, "package")) > 3)
        await choose(driver, "package", "bzoff4")
        assert set(listed(driver, "image")) == {"5001", "5002", "5010"}


async def test_a_choice_that_does_not_fit_the_other_one_is_kept_and_reported() -> None:
    async with running_app(AppDriver()) as driver:
        await open_wizard(driver)
        await choose(driver, "package", "bl4090a1")
        await choose(driver, "image", "4005")
        await driver.press("f5")
        await choose(driver, "package", "bzoff4")
        await driver.wait_for_text("(?s)does not match this.*package. Choose an image of type BZ")
        image = wizard(driver).draft.image
        assert image is not None
        assert image.id == "4005"
        await driver.press("f5")
        await choose(driver, "package", "bl4090a1")
        assert wizard(driver).draft.is_complete


@pytest.mark.sweep(1)
@pytest.mark.parametrize("prepaid_only", ["bzrent4", "bla100x8"])
async def test_a_package_that_is_not_sold_in_a_mode_comes_back_with_the_other_mode(prepaid_only: str) -> None:
    async with running_app(AppDriver()) as driver:
        screen = await open_wizard(driver)
        await driver.press("m")
        await choose(driver, "package", prepaid_only)
        await choose(driver, "image", listed(driver, "image")[0])
        assert screen.draft.is_complete
        await driver.press("m")
        await driver.wait_for_text("(?s)is not sold.*on-demand")
        assert not screen.draft.is_complete
        assert prepaid_only not in listed(driver, "package")
        await driver.press("B")
        assert driver.request_count("create") == 0
        await driver.press("m")
        await until(lambda: screen.draft.is_complete)


async def test_nothing_counts_as_chosen_that_the_user_has_not_chosen() -> None:
    async with running_app(AppDriver()) as driver:
        screen = await open_wizard(driver)
        await driver.press("down", "tab", "down", *["tab"] * 6, "B")
        assert (screen.draft.package, screen.draft.image) == (None, None)
        await driver.press("escape", "2", "n")
        screen = wizard(driver)
        assert screen.draft.package is not None
        assert screen.draft.image is None
        assert screen.step is Step.IMAGE


async def test_moving_the_cursor_over_the_periods_selects_none() -> None:
    async with running_app(AppDriver()) as driver:
        screen = await open_wizard(driver)
        await driver.press("m", "f7", "shift+tab", "down", "down")
        assert screen.focused is not None
        assert screen.focused.id == "units"
        unit = screen.draft.unit
        await driver.press("enter")
        assert screen.draft.unit is not unit


@pytest.mark.sweep(1)
@pytest.mark.parametrize(("columns", "rows"), SIZES)
async def test_digits_go_to_the_focused_field_only(columns: int, rows: int) -> None:
    async with running_app(AppDriver(), columns, rows) as driver:
        screen = await open_wizard(driver)
        for field in ("#package", "#image", "#billing"):
            await until(lambda field=field: screen.query_one(field).has_focus)  # type: ignore[misc]
            step = screen.step
            await driver.press("3", "2", "4")
            assert (screen.step, screen.draft.count) == (step, 1)
            await driver.press("tab")
        await driver.press("3")
        assert screen.draft.count == 3


@pytest.mark.sweep(1)
@pytest.mark.parametrize(("columns", "rows"), SIZES)
async def test_tab_goes_through_all_fields_and_shift_tab_back(columns: int, rows: int) -> None:
    async with running_app(AppDriver(), columns, rows) as driver:
        screen = await open_wizard(driver)
        await driver.press("m")

        async def walk(key: str) -> list[str | None]:
            found: list[str | None] = []
            for _turn in range(10):
                found.append(screen.focused.id if screen.focused is not None else None)
                await driver.press(key)
            return found

        forth = await walk("tab")
        assert forth == ["package", "image", "billing", "units", "number", "count", *TEXTS, "summary"]
        assert await walk("shift+tab") == [forth[0], *reversed(forth[1:])]


async def test_enter_is_called_choose_in_the_lists_of_the_wizard() -> None:
    async with running_app(AppDriver()) as driver:
        await driver.wait_for_text("⏎ Open")
        await open_wizard(driver)
        await driver.wait_for_text("⏎ Choose")


async def test_the_wizard_closes_from_every_field_and_keeps_the_draft() -> None:
    async with running_app(AppDriver(hosts=1)) as driver:
        await open_wizard(driver)
        await choose(driver, "package", "bl4090a1")
        await driver.press("m")
        for key in ("escape", "q"):
            for tabs in range(10):
                screen = wizard(driver)
                await driver.burst("f5", *["tab"] * tabs)
                if key == "q" and screen.focused is not None and screen.focused.id in TEXTS:
                    continue  # a letter of the text
                await driver.press(key)
                await until(lambda screen=screen: driver.app.screen is not screen)  # type: ignore[misc]
                draft = (await open_wizard(driver)).draft
                assert draft.billing is Billing.RENT
                assert draft.package is not None


@pytest.mark.usefixtures("unhurried")
async def test_a_name_tags_and_an_owner_are_kept_in_the_draft_and_given_to_the_host() -> None:
    async with running_app(AppDriver(hosts=1)) as driver:
        screen = await open_wizard(driver)
        await choose(driver, "package", "bl4090a1")
        await choose(driver, "image", "4005")
        await driver.press("f7", "tab")
        await driver.burst(*"render-1", "tab", *"prod -x")
        await driver.wait_for_text("-x: a tag has no spaces")
        assert not screen.draft.is_complete
        await driver.burst("backspace", "backspace", *"gpu", "tab", *"li", "escape")
        screen = await open_wizard(driver)
        kept = Annotation(alias="render-1", tags=("prod", "gpu"), owner="li")
        assert screen.draft.annotation == kept
        assert screen.draft.is_complete
        await driver.press("f8")
        await driver.wait_for_text("Press B")
        await driver.press("B")
        await until(lambda: kept in driver.monitor.state.annotations.values())


async def test_a_template_is_filled_in() -> None:
    driver = AppDriver(hosts=1)
    template = PurchaseTemplate("bl3060a1", "4005", Period(PeriodUnit.WEEK, 3), ("prod",))
    driver.app._services = replace(driver.app._services, templates={"render farm": template})
    async with running_app(driver):
        screen = await open_wizard(driver)
        await driver.burst("t")
        await driver.wait_for_text("render farm")
        await driver.burst("enter")
        await until(lambda: screen.draft.is_complete)
        assert (screen.draft.period, screen.draft.annotation.tags) == (template.period, ("prod",))
        await driver.wait_for_text("504 h")
        assert screen.query_one("#tags", Input).value == "prod"


async def test_packages_are_filtered_in_the_language_of_all_filters() -> None:
    async with running_app(AppDriver()) as driver:
        screen = await open_wizard(driver)
        await driver.press("slash")
        await driver.type("gpu:4090 cost<3")
        await until(lambda: listed(driver, "package") == ["bl4090a1"])
        await driver.wait_for_text(r"Package 1/\d+")
        await driver.type(" quick:")
        await driver.wait_for_text("quick: no such field")
        await driver.press(*["backspace"] * 7, "enter")
        assert not isinstance(driver.app.focused, FilterInput)
        assert listed(driver, "package") == ["bl4090a1"]
        await driver.press("backspace")
        await until(lambda: len(listed(driver, "package")) > 3)
        assert screen.is_attached


async def test_the_wizard_says_that_the_catalog_is_loading() -> None:
    async with running_app(AppDriver()) as driver:
        screen = await open_wizard(driver)
        screen.fleet = FleetState(connection=driver.monitor.state.connection)
        assert (await driver.wait_for_text("Loading catalog")).count("Loading catalog") == 2


@pytest.mark.sweep(1)
@pytest.mark.parametrize(("columns", "rows"), SIZES)
async def test_the_fleets_cost_and_the_account_are_shown_before_the_order(columns: int, rows: int) -> None:
    async with running_app(AppDriver(), columns, rows) as driver:
        await to_review(driver, "bl4090a1", "4005", count="2")
        text = await driver.wait_for_text("Press B")
        hosts = len(driver.world.hosts) + 2
        assert f"Fleet afterwards: {hosts} hosts" in text
        assert driver.monitor.state.account in text.replace("\n", "")
        assert "wallet of" in text
        assert "instead" not in text  # both modes cost the same


@pytest.mark.sweep(1)
@pytest.mark.parametrize(("columns", "rows"), SIZES)
async def test_nothing_is_lost_when_the_wizard_is_closed_and_opened(columns: int, rows: int) -> None:
    async with running_app(AppDriver(), columns, rows) as driver:
        await to_review(driver, "bl4090a1", "4011", prepaid="7", count="3")
        draft = wizard(driver).draft
        await driver.press("escape")
        await driver.wait_for_text("Hosts 12")
        assert (await open_wizard(driver)).draft == draft
        await driver.wait_for_text("7")


@pytest.mark.sweep(1)
@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(("columns", "rows"), SIZES)
async def test_a_key_that_comes_before_the_price_can_be_read_buys_nothing(columns: int, rows: int) -> None:
    async with running_app(AppDriver(), columns, rows) as driver:
        await to_review(driver, "bl4090a1", "4005")
        await driver.press("B", "enter", "B")
        await driver.wait_for_text("Check the price first")
        assert wizard(driver).step is Step.REVIEW
        assert driver.request_count("create") == 0


@pytest.mark.usefixtures("unhurried")
async def test_a_change_of_the_order_starts_the_time_to_read_its_price_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_app(AppDriver()) as driver:
        await to_review(driver, "bl4090a1", "4005")
        screen = wizard(driver)
        screen._guard._shown_at = 0.0
        await driver.press("f7", "up")
        await until(lambda: screen.draft.count == 2)
        assert screen._guard._shown_at > 0


@pytest.mark.parametrize(("columns", "rows"), SIZES)
async def test_the_wizard_opens_at_the_image_without_going_through_the_package(
    monkeypatch: pytest.MonkeyPatch, columns: int, rows: int
) -> None:
    steps: list[Step] = []
    show = CreateScreen.watch_step

    def record(screen: CreateScreen) -> None:
        steps.append(screen.step)
        show(screen)

    async with running_app(AppDriver(), columns, rows) as driver:
        await driver.press("2")
        await until(lambda: isinstance(driver.app.focused, Table) and driver.app.focused.id == "packages")
        monkeypatch.setattr(CreateScreen, "watch_step", record)
        screen = await open_wizard(driver)
        await until(lambda: screen.query_one("#image", Table).has_focus)
        await driver.pilot.pause()
        assert screen.step is Step.IMAGE
        assert Step.PACKAGE not in steps[steps.index(Step.IMAGE) :]


@pytest.mark.usefixtures("unhurried")
async def test_the_package_under_the_cursor_of_the_catalog_is_rented_with_two_keys() -> None:
    async with running_app(AppDriver()) as driver:
        await driver.press("2")
        images = driver.app.screen.query_one("#images", Table)
        images.focus()
        images.move_to("4005")
        await driver.press("enter")
        driver.app.screen.query_one("#packages", Table).focus()
        await driver.press("n")
        await driver.wait_for_text("Press B")
        await buy(driver)
        await driver.wait_for_text("1 bought")


@pytest.mark.sweep(2)
@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("dialect", ["later", "document"])
@pytest.mark.parametrize("late", [0.0, 90.0])
async def test_a_bought_host_is_found_selected_and_one_key_from_starting(dialect: str, late: float) -> None:
    async with running_app(AppDriver(options=Options(dialect=dialect, enters_list_after=late))) as driver:
        await to_review(driver, "bl4090a1", "4005")
        await buy(driver)
        (sale,) = driver.world.ledger
        await driver.wait_for_text("1 bought")
        await driver.press("enter")
        driver.clock.advance(late + LISTING_GRACE / 1000 + 1)
        await driver.refresh()
        await driver.wait_for_text("is ready but off. Press s to start it")
        table = driver.app.screen.query_one(HostTable)
        await until(lambda: table.cursor_key == sale.host_id)
        assert driver.world.hosts[sale.host_id].status == OFF
        await driver.press("s")
        question = " ".join((await driver.wait_for_text("Start 1 host")).split())
        assert "The list has just changed" not in question
        assert "The cursor was moved to the host that you" in question
        await driver.press("y")
        await driver.wait_for_text("→ on")


@pytest.mark.usefixtures("unhurried")
async def test_several_are_bought_one_by_one_and_the_first_rejection_ends_it() -> None:
    async with running_app(AppDriver()) as driver:
        rejection = Fault(kind=Kind.CODE, endpoint="pve/open/createquantity", skip=1, code=9001, message="钱包余额不足")
        driver.service.faults.set(rejection)
        await to_review(driver, "bl4090a1", "4005", count="3")
        await buy(driver)
        text = await driver.wait_for_text("1 bought · 1 rejected · 1 not sent")
        assert "The wallet balance is too low: 钱包余额不足" in text
        assert "code 9001" in text
        assert "a  orders again the 2 hosts that were certainly not bought" in text
        assert "enter: close" in text
        states = [order.state for order in reversed(driver.monitor.orders.all)]
        assert states[1:] == [OrderState.REJECTED, OrderState.NOT_SENT]
        assert len(driver.world.ledger) == 1
        await driver.press("a")
        await driver.wait_for_text("Press B")
        assert wizard(driver).draft.count == 2


@pytest.mark.usefixtures("unhurried")
async def test_each_retry_key_retries_what_it_states(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_app(AppDriver()) as driver:
        driver.service.faults.set(Fault(kind=Kind.TRUNCATED, endpoint="pve/open/createquantity"))
        await to_review(driver, "bl4090a1", "4005", count="3")
        await buy(driver)
        text = await driver.wait_for_text("0 bought · 1 unknown · 2 not sent")
        assert "a  orders again the 2 hosts that were certainly not bought" in text
        assert "u  orders again the 1 host whose outcome is unknown. It may be bought twice." in text
        await driver.press("u")
        await driver.wait_for_text("Press B")
        assert wizard(driver).draft.count == 1
        assert driver.request_count("createquantity") == 1


def with_price(package_id: str, amount: str) -> tuple[object, ...]:
    """Return what the simulator sells, with another price for one package."""
    return tuple(replace(package, amount=amount) if package.id == package_id else package for package in PACKAGES)


def no_more_requests(driver: AppDriver) -> Callable[[], bool]:
    seen = -1

    def is_quiet() -> bool:
        nonlocal seen
        before, seen = seen, len(driver.service.requests)
        return before == seen

    return is_quiet


@pytest.mark.usefixtures("unhurried")
async def test_a_price_that_has_changed_buys_nothing_and_both_prices_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_app(AppDriver()) as driver:
        await to_review(driver, "bl4090a1", "4005")
        await until(no_more_requests(driver))
        monkeypatch.setattr(http_app, "PACKAGES", with_price("bl4090a1", "3.00"))
        await buy(driver)
        text = await driver.wait_for_text("so nothing was bought")
        assert "2.88" in text
        assert "3.00" in text
        assert driver.monitor.orders.all[0].message == "2.88 × 0.80 → 3.00 × 0.80 CNY/h"
        assert driver.world.ledger == []


@pytest.mark.usefixtures("unhurried")
async def test_a_price_that_changes_while_it_is_read_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_app(AppDriver()) as driver:
        await to_review(driver, "bl4090a1", "4005")
        await until(no_more_requests(driver))
        monkeypatch.setattr(http_app, "PACKAGES", with_price("bl4090a1", "3.00"))
        driver.monitor.refresh_catalog()
        await driver.wait_for_text("The price changed from ¥2.304/h to ¥2.40/h")
        package = wizard(driver).draft.package
        assert package is not None
        assert package.amount == Decimal("3.00")


@pytest.mark.usefixtures("unhurried")
async def test_an_unknown_outcome_is_shown_as_unknown_and_resolved_by_a_refresh() -> None:
    async with running_app(AppDriver()) as driver:
        driver.service.faults.set(Fault(kind=Kind.TRUNCATED, endpoint="pve/open/createquantity"))
        await to_review(driver, "bl4090a1", "4005")
        await buy(driver)
        await until(lambda: driver.monitor.orders.all[0].state is OrderState.UNKNOWN)
        driver.clock.advance(20)
        driver.monitor.refresh()
        await until(lambda: driver.monitor.orders.all[0].state is OrderState.CONFIRMED)
        assert OrderState.UNKNOWN in {event.state for event in driver.monitor.state.events}
        assert len(driver.world.ledger) == 1
        assert driver.request_count("createquantity") == 1


@pytest.mark.usefixtures("unhurried")
async def test_what_was_never_sent_is_retried_with_one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_app(AppDriver()) as driver:
        await to_review(driver, "bl4090a1", "4005", count="2")

        async def unreachable(*_: object, **__: object) -> None:
            raise NotSent("The service cannot be reached")

        with monkeypatch.context() as broken:
            broken.setattr(Client, "create_on_demand", unreachable)
            await buy(driver)
            await driver.wait_for_text("0 bought · 2 not sent")
        await driver.press("a")
        await driver.wait_for_text("2 bought")
        assert len(driver.world.ledger) == 2


async def repeat_an_unknown_purchase(driver: AppDriver) -> None:
    """Lose the response to a purchase, and repeat it up to the question."""
    driver.service.faults.set(Fault(kind=Kind.DROP_BEFORE, endpoint="pve/open/createquantity"))
    await to_review(driver, "bl4090a1", "4005")
    await buy(driver)
    await driver.wait_for_text("0 bought · 1 unknown")
    await driver.press("u")
    await driver.wait_for_text("Press B")
    await driver.press("B")
    await driver.wait_for_text("Buy again, although the first order may have succeeded")


@pytest.mark.usefixtures("unhurried")
async def test_what_may_have_been_bought_is_bought_again_only_after_typing_so() -> None:
    async with running_app(AppDriver()) as driver:
        await repeat_an_unknown_purchase(driver)
        await driver.press("enter")
        await driver.type("buy agai")
        await driver.press("enter")
        await driver.wait_for_text("Type buy again")
        assert driver.world.ledger == []
        await driver.type("n")
        await driver.press("enter")
        await driver.wait_for_text("1 bought")
        assert len(driver.world.ledger) == 1


@pytest.mark.usefixtures("unhurried")
async def test_cancelling_the_question_buys_nothing_again() -> None:
    async with running_app(AppDriver()) as driver:
        await repeat_an_unknown_purchase(driver)
        await driver.press("escape")
        await driver.wait_for_text("Press B")
        assert driver.request_count("createquantity") == 1


@pytest.mark.usefixtures("unhurried")
async def test_a_price_that_has_changed_is_read_again_before_it_is_bought(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_app(AppDriver()) as driver:
        await to_review(driver, "bl4090a1", "4005")
        await until(no_more_requests(driver))
        monkeypatch.setattr(http_app, "PACKAGES", with_price("bl4090a1", "3.00"))
        await buy(driver)
        await driver.wait_for_text("so nothing was bought")
        await driver.press("a")
        await driver.wait_for_text("3.00 × 0.80 × 1 h × 1")
        await buy(driver)
        await driver.wait_for_text("1 bought")


@pytest.mark.sweep(2)
@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (100, 30), (120, 40), (200, 50)])
async def test_what_is_needed_to_buy_can_be_read(columns: int, rows: int) -> None:
    async with running_app(AppDriver(), columns, rows) as driver:
        await to_review(driver, "bl3060a1", "4005", prepaid="3", count="2")
        text = await driver.wait_for_text("2 hosts, ")
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
