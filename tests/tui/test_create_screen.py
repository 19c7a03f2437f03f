from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from support.app_driver import Desk, sitting_at
from support.wait import until
from textual.widgets import Input

from tests.simulator_faults.faults import Fault, Kind
from xds_tui.api.client import Client
from xds_tui.api.errors import NotSent
from xds_tui.domain.model import Billing
from xds_tui.domain.records import OrderState
from xds_tui.simulator import endpoints
from xds_tui.simulator.catalog_data import PACKAGES
from xds_tui.simulator.host import OFF
from xds_tui.simulator.world import Options
from xds_tui.tui.screens.create.screen import CreateScreen
from xds_tui.tui.widgets.host_table import HostTable
from xds_tui.tui.widgets.table.table import Table


def wizard(desk: Desk) -> CreateScreen:
    screen = desk.app.screen
    assert isinstance(screen, CreateScreen)
    return screen


def offered(desk: Desk, table: str) -> list[str]:
    shown = wizard(desk).query_one(f"#{table}", Table)
    return list(shown._keys)


async def choose(desk: Desk, table: str, key: str) -> None:
    assert wizard(desk).query_one(f"#{table}", Table).move_to(key), key
    await desk.press("enter")


async def to_review(desk: Desk, package: str, image: str, *, rent: str = "", count: str = "1") -> None:
    """Fill the wizard in from its beginning; `rent` is how many months."""
    await desk.press("n")
    await desk.see("▸1 Billing")
    await choose(desk, "mode", Billing.RENT.name if rent else Billing.ON_DEMAND.name)
    await choose(desk, "package", package)
    await choose(desk, "image", image)
    await desk.see("▸4 How much")
    if rent:
        wizard(desk).query_one("#number", Input).value = rent
    wizard(desk).query_one("#count", Input).value = count
    await desk.pilot.pause()
    await desk.press("enter", "enter") if rent else await desk.press("enter")
    await desk.see("▸5 Review")


async def bought(desk: Desk) -> None:
    await desk.press("B")
    await desk.see(r"\d (of \d )?bought")
    await until(lambda: not desk.monitor.orders.is_sending)
    await desk.pilot.pause()


@pytest.mark.usefixtures("unhurried")
async def test_the_estimate_follows_every_keystroke_and_shows_its_working() -> None:
    async with sitting_at(Desk(), 80, 24) as desk:
        await to_review(desk, "bl3060a1", "4005", rent="1")
        await desk.see(r"1.10 × 0.8 × 720 h × 1 = ¥633.60")
        await desk.press("4")
        await desk.type("3")
        await desk.see(r"1.10 × 0.8 × 2160 h × 1 = ¥1,900.80")
        await desk.press("tab")
        await desk.type("2")
        await desk.see(r"1.10 × 0.8 × 2160 h × 2 = ¥3,801.60")
        text = await desk.see("without tax, cloud disks and traffic")
        assert "Estimate, prices of" in text
        assert "3 months = 2160 h" in text


@pytest.mark.usefixtures("unhurried")
async def test_half_a_fen_is_rounded_up_once() -> None:
    async with sitting_at(Desk()) as desk:
        await desk.press("n")
        await choose(desk, "mode", Billing.RENT.name)
        await choose(desk, "package", "bzrent4")
        await desk.press("4")
        wizard(desk).query_one("#units", Table).move_to("HOUR")
        await desk.see(r"0.07 × 0.85 × 1 h × 1 = ¥0.06")


async def test_only_what_goes_together_is_offered_in_both_directions() -> None:
    async with sitting_at(Desk()) as desk:
        await desk.press("n", "3")
        await choose(desk, "image", "507")
        await desk.press("escape", "escape")
        types = {package.type for package in PACKAGES if package.id in offered(desk, "package")}
        assert types == {"ceph"}
        await desk.press("backspace")
        await until(lambda: len(offered(desk, "package")) > 3)
        await choose(desk, "package", "bzoff4")
        assert set(offered(desk, "image")) == {"5001", "5002", "5010"}
        assert wizard(desk).draft.image is None


@pytest.mark.parametrize("rent_only", ["bzrent4", "bla100x8"])
async def test_switching_the_mode_lets_go_of_what_is_not_sold_so(rent_only: str) -> None:
    async with sitting_at(Desk()) as desk:
        await desk.press("n")
        await choose(desk, "mode", Billing.RENT.name)
        await choose(desk, "package", rent_only)
        await desk.press("1")
        await choose(desk, "mode", Billing.ON_DEMAND.name)
        assert wizard(desk).draft.package is None
        assert rent_only not in offered(desk, "package")
        await desk.press("5")
        assert "Not ready to buy" in await desk.see("▸5 Review")
        await desk.press("B")
        assert desk.asked("create") == 0


async def test_nothing_is_lost_on_the_way_back_and_forth() -> None:
    async with sitting_at(Desk()) as desk:
        await to_review(desk, "bl4090a1", "4011", rent="7", count="3")
        draft = wizard(desk).draft
        await desk.press("escape", "escape", "escape", "escape", "escape")
        await desk.see("Hosts 12")
        await desk.press("n")
        await desk.see("7 months")
        assert replace(wizard(desk).draft, package=None, image=None) == replace(draft, package=None, image=None)
        assert wizard(desk).draft.package is not None


@pytest.mark.usefixtures("hurried")
async def test_a_key_that_comes_before_the_review_can_be_read_buys_nothing() -> None:
    async with sitting_at(Desk()) as desk:
        await to_review(desk, "bl4090a1", "4005")
        await desk.press("B", "enter", "B")
        assert wizard(desk).step.name == "REVIEW"
        assert desk.asked("create") == 0


@pytest.mark.usefixtures("unhurried")
async def test_the_pair_of_the_catalog_is_filled_in() -> None:
    async with sitting_at(Desk()) as desk:
        await desk.press("2", "n")
        await desk.see("▸4 How much")
        draft = wizard(desk).draft
        assert draft.package is not None
        assert draft.image is not None
        assert draft.package.type == draft.image.type


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("dialect", ["later", "document"])
@pytest.mark.parametrize("late", [0.0, 90.0])
async def test_a_bought_host_is_found_selected_and_one_key_from_starting(dialect: str, late: float) -> None:
    async with sitting_at(Desk(options=Options(dialect=dialect, enters_list_after=late))) as desk:
        await to_review(desk, "bl4090a1", "4005")
        await bought(desk)
        (sale,) = desk.world.ledger
        await desk.see("1 of 1 bought")
        await desk.press("enter")
        desk.clock.advance(late + 1)
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
async def test_several_are_bought_one_by_one_and_the_first_refusal_ends_it() -> None:
    async with sitting_at(Desk()) as desk:
        refusal = Fault(kind=Kind.CODE, endpoint="pve/open/createquantity", skip=1, code=9001, message="钱包余额不足")
        desk.service.faults.set(refusal)
        await to_review(desk, "bl4090a1", "4005", count="3")
        await bought(desk)
        text = await desk.see("1 of 3 bought")
        assert "The wallet's balance is too low: 钱包余额不足" in text
        assert "code 9001" in text
        states = [order.state for order in reversed(desk.monitor.orders.all)]
        assert states[1:] == [OrderState.REJECTED, OrderState.NOT_SENT]
        assert len(desk.world.ledger) == 1


@pytest.mark.usefixtures("unhurried")
async def test_a_price_that_moved_since_the_look_buys_nothing_and_shows_both(monkeypatch: pytest.MonkeyPatch) -> None:
    async with sitting_at(Desk()) as desk:
        await to_review(desk, "bl4090a1", "4005")
        await until(_reads_no_more(desk))
        dearer = tuple(replace(package, amount="3.00") if package.id == "bl4090a1" else package for package in PACKAGES)
        monkeypatch.setattr(endpoints, "PACKAGES", dearer)
        await bought(desk)
        text = await desk.see("The price moved, so nothing was bought")
        assert "2.88" in text
        assert "3.00" in text
        assert desk.monitor.orders.all[0].message == "2.88 × 0.80 → 3.00 × 0.80 CNY/h"
        assert desk.world.ledger == []


def _reads_no_more(desk: Desk) -> Callable[[], bool]:
    seen = -1

    def quiet() -> bool:
        nonlocal seen
        before, seen = seen, len(desk.service.requests)
        return before == seen

    return quiet


@pytest.mark.usefixtures("unhurried")
async def test_a_price_that_moves_while_it_is_read_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async with sitting_at(Desk()) as desk:
        await to_review(desk, "bl4090a1", "4005")
        await until(_reads_no_more(desk))
        dearer = tuple(replace(package, amount="3.00") if package.id == "bl4090a1" else package for package in PACKAGES)
        monkeypatch.setattr(endpoints, "PACKAGES", dearer)
        desk.monitor.refresh_catalog()
        await desk.see("The price moved: it was ¥2.304/h, now it is ¥2.40/h")
        assert wizard(desk).draft.package is not None
        assert wizard(desk).draft.package.amount == Decimal("3.00")


@pytest.mark.usefixtures("unhurried")
async def test_an_unknown_outcome_is_shown_as_unknown_and_settled_by_looking() -> None:
    async with sitting_at(Desk()) as desk:
        desk.service.faults.set(Fault(kind=Kind.TRUNCATED, endpoint="pve/open/createquantity"))
        await to_review(desk, "bl4090a1", "4005")
        await bought(desk)
        await until(lambda: desk.monitor.orders.all[0].state is OrderState.UNKNOWN)
        desk.clock.advance(20)
        desk.monitor.refresh()
        await until(lambda: desk.monitor.orders.all[0].state is OrderState.CONFIRMED)
        states = {event.state for event in desk.monitor.state.events}
        assert OrderState.UNKNOWN in states
        assert len(desk.world.ledger) == 1
        assert desk.asked("createquantity") == 1


@pytest.mark.usefixtures("unhurried")
async def test_what_was_never_sent_is_tried_again_with_one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    async with sitting_at(Desk()) as desk:
        await to_review(desk, "bl4090a1", "4005", count="2")

        async def no_line(*_: object, **__: object) -> None:
            raise NotSent("The service cannot be reached")

        with monkeypatch.context() as broken:
            broken.setattr(Client, "create_on_demand", no_line)
            await bought(desk)
            await desk.see("0 of 2 bought")
        await desk.press("a")
        await desk.see("2 of 2 bought")
        assert len(desk.world.ledger) == 2


@pytest.mark.usefixtures("unhurried")
async def test_what_may_have_been_bought_is_bought_again_only_after_saying_so_in_words() -> None:
    async with sitting_at(Desk()) as desk:
        desk.service.faults.set(Fault(kind=Kind.DROP_BEFORE, endpoint="pve/open/createquantity"))
        await to_review(desk, "bl4090a1", "4005")
        await bought(desk)
        await desk.see("0 bought · 1 unknown")
        await desk.press("a")
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
        await desk.see("1 of 1 bought")
        assert len(desk.world.ledger) == 1


@pytest.mark.usefixtures("unhurried")
async def test_the_answer_no_buys_nothing_again() -> None:
    async with sitting_at(Desk()) as desk:
        desk.service.faults.set(Fault(kind=Kind.DROP_BEFORE, endpoint="pve/open/createquantity"))
        await to_review(desk, "bl4090a1", "4005")
        await bought(desk)
        await desk.see("0 bought · 1 unknown")
        await desk.press("a")
        await desk.see("Press B")
        await desk.press("B")
        await desk.see("Buy again though the first may have gone through")
        await desk.press("escape")
        await desk.see("Press B")
        assert desk.asked("createquantity") == 1


@pytest.mark.usefixtures("unhurried")
async def test_a_price_that_moved_is_read_again_before_it_is_bought(monkeypatch: pytest.MonkeyPatch) -> None:
    async with sitting_at(Desk()) as desk:
        await to_review(desk, "bl4090a1", "4005")
        await until(_reads_no_more(desk))
        dearer = tuple(replace(package, amount="3.00") if package.id == "bl4090a1" else package for package in PACKAGES)
        monkeypatch.setattr(endpoints, "PACKAGES", dearer)
        await bought(desk)
        await desk.see("The price moved, so nothing was bought")
        await desk.press("a")
        await desk.see("3.00 × 0.80 × 1 h × 1")
        await bought(desk)
        await desk.see("1 of 1 bought")


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 40), (200, 50)])
async def test_what_is_needed_to_buy_can_be_read(columns: int, rows: int) -> None:
    async with sitting_at(Desk(), columns, rows) as desk:
        await to_review(desk, "bl3060a1", "4005", rent="3", count="2")
        text = await desk.see("2 hosts, prepaid")
        for part in ("3060×1 8核32G", "bl3060a1", "Ubuntu Server 20.04 x64", "3 months = 2160 h", "¥3,801.60", "B Buy"):
            assert part in text
        assert "Press B" in text
