from __future__ import annotations

import re
from typing import Any

import pytest
from support.app_driver import AppDriver, running_app
from support.wait import until

from tests.simulator_faults.faults import Fault, Kind
from xds_tui.domain.credentials import BareToken, Secret
from xds_tui.domain.model import Status
from xds_tui.domain.records import OrderState
from xds_tui.simulator.host import BILLED, OFF, ON
from xds_tui.simulator.world import Options
from xds_tui.tui import app as app_module
from xds_tui.tui.widgets.host_table import HostTable
from xds_tui.tui.widgets.notice import FleetNotice

pytestmark = pytest.mark.usefixtures("unhurried")

HOSTILE = ("[/nope]", "[@click=app.quit]x[/]", "[bold red]", "\x1b[31mred\x1b[0m", "a\u202eb", "\x9b31m")


def cursor(driver: AppDriver) -> str | None:
    return driver.app.screen.query_one(HostTable).cursor_key


async def test_the_cursor_the_marks_and_the_target_stay_with_their_hosts() -> None:
    async with running_app(AppDriver()) as driver:
        await driver.press("down", "space", "down")
        table = driver.app.screen.query_one(HostTable)
        marked, at = table.marked, table.cursor_key
        newest = driver.world.listed()[0]
        newest.gone_from = driver.clock()
        driver.world.add(
            driver.host("office-1").__class__(**_like(driver, "office-1", id="brandnew00", name="brand-new"))
        )
        await driver.refresh()
        await driver.wait_for_text("brand-new")
        assert table.marked == marked
        assert table.cursor_key == at


def _like(driver: AppDriver, model: str, **changed: object) -> dict[str, Any]:
    like = driver.host(model)
    fields = ("owner", "package", "image", "rented", "created")
    return {field: getattr(like, field) for field in fields} | changed


async def test_a_host_that_vanished_while_it_was_asked_about_is_not_acted_on() -> None:
    async with running_app(AppDriver()) as driver:
        target = next(host for host in driver.world.listed() if host.status == BILLED)
        driver.app.screen.query_one(HostTable).move_to(target.id)
        await driver.press("x")
        await driver.wait_for_text("Stop 1 host")
        target.gone_from = driver.clock()
        await driver.refresh()
        await driver.press("y")
        await driver.wait_for_text("No longer exists, so nothing was sent")
        assert driver.request_count("operate") == 0


@pytest.mark.parametrize("is_prepaid", [True, False])
async def test_a_start_is_confirmed_if_it_costs_and_is_shown_as_intent_until_it_is_done(is_prepaid: bool) -> None:
    async with running_app(AppDriver()) as driver:
        target = next(host for host in driver.world.listed() if host.status == OFF and host.rented is is_prepaid)
        driver.app.screen.query_one(HostTable).move_to(target.id)
        await driver.press("s")
        if not is_prepaid:
            await driver.wait_for_text("This adds ≈?¥[0-9.]+/h")
            assert driver.request_count("operate") == 0
            await driver.press("y")
        await driver.wait_for_text(rf"▌ +{target.name} +→ on")
        driver.clock.advance(60)
        await driver.refresh()
        await driver.wait_for_text(rf"▌ +{target.name} +● on")
        assert driver.request_count("operate") == 1


@pytest.mark.parametrize(("key", "question"), [("x", "Stop 1 host"), ("b", "Reboot 1 host")])
async def test_what_interrupts_is_asked_with_no_preselected(key: str, question: str) -> None:
    async with running_app(AppDriver()) as driver:
        target = next(host for host in driver.world.listed() if host.status == BILLED)
        driver.app.screen.query_one(HostTable).move_to(target.id)
        await driver.press(key)
        assert target.id in await driver.wait_for_text(question)
        await driver.press("enter")
        await driver.wait_until_gone(question)
        assert driver.request_count("operate") + driver.request_count("reboot") == 0
        await driver.press(key)
        await driver.wait_for_text(question)
        await driver.press("y")
        await driver.wait_until_gone(question)
        await driver.wait_for_text(rf"{target.name} +→")
        assert driver.request_count("operate") + driver.request_count("reboot") == 1


async def test_deleting_requires_the_id_and_names_the_loss() -> None:
    async with running_app(AppDriver()) as driver:
        target = next(host for host in driver.world.listed() if host.status == OFF and host.rented)
        driver.app.screen.query_one(HostTable).move_to(target.id)
        await driver.press("D")
        assert "forfeited" in await driver.wait_for_text("Delete 1 host permanently")
        await driver.type(target.id[:-1])
        await driver.press("enter")
        assert driver.request_count("delete") == 0
        await driver.type(target.id[-1])
        await driver.press("enter")
        await driver.wait_until_gone("Delete 1 host permanently")
        await driver.refresh()
        await driver.wait_until_gone(rf"{target.name} +○")
        assert driver.request_count("delete") == 1


async def test_a_host_that_is_being_deleted_is_not_started() -> None:
    async with running_app(AppDriver(options=Options(leaves_list_after=600.0))) as driver:
        target = next(host for host in driver.world.listed() if host.status == OFF)
        driver.app.screen.query_one(HostTable).move_to(target.id)
        await driver.press("D")
        await driver.type(target.id)
        await driver.press("enter")
        await until(lambda: any(order.state is OrderState.ACCEPTED for order in driver.monitor.orders.all))
        for key in "sxb":
            await driver.press(key)
            await driver.wait_for_text(f"{target.name} is being deleted")
        assert driver.request_count("operate") + driver.request_count("reboot") == 0


async def test_a_deletion_that_was_denied_is_unknown_and_shows_its_trace() -> None:
    async with running_app(AppDriver(), columns=200, rows=50) as driver:
        target = next(host for host in driver.world.listed() if host.status == ON)
        driver.app.screen.query_one(HostTable).move_to(target.id)
        await driver.press("D")
        await driver.type(target.id)
        await driver.press("enter")
        await driver.wait_for_text("did not do it")
        await driver.refresh()
        await driver.wait_for_text("did not do it")
        await driver.wait_for_text("Press 3, then enter for code and traceId")
        assert "rejected" not in driver.text
        await driver.press("3", "enter")
        await driver.wait_for_text(r"traceId \w")
        await driver.press("escape", "1")
        assert target.name in await driver.wait_for_text(f"delete {target.name}: unknown")


async def test_a_refusal_shows_meaning_and_remedy_and_on_request_code_and_trace() -> None:
    async with running_app(AppDriver(), columns=200, rows=50) as driver:
        driver.service.faults.set(Fault(kind=Kind.CODE, endpoint="pve/open/operate", code=6003, message="余额不足"))
        target = next(host for host in driver.world.listed() if host.status == OFF and not host.rented)
        driver.app.screen.query_one(HostTable).move_to(target.id)
        await driver.press("s", "y")
        text = await driver.wait_for_text("The wallet balance does not cover one hour: 余额不足")
        assert re.search("Top up your wallet.*www.xuandashi.com.*Press 3, then enter for code", text)
        assert "6003" not in text
        await driver.press("3", "enter")
        await driver.wait_for_text(r"code[\s█]+6003 · traceId \w")


async def test_marked_hosts_are_acted_on_together_and_the_hidden_are_counted() -> None:
    async with running_app(AppDriver()) as driver:
        on = [host for host in driver.world.listed() if host.status in (ON, BILLED)][:2]
        driver.app.screen.query_one(HostTable).mark([host.id for host in on])
        await driver.press("slash")
        await driver.type(f"id:{on[0].id}")
        await driver.press("enter", "x")
        assert "1 of them is hidden by the filter" in await driver.wait_for_text("Stop 2 hosts")
        await driver.press("y")
        await driver.wait_until_gone("Stop 2 hosts")
        await driver.wait_for_text("→ off")
        assert driver.request_count("operate") == 2


async def test_the_filter_shows_what_it_holds_for_and_says_what_is_wrong() -> None:
    async with running_app(AppDriver()) as driver:
        await driver.press("slash")
        await driver.type("status:off")
        off = sum(host.status == OFF for host in driver.world.listed())
        await driver.wait_for_text(f"Hosts {off}/12")
        await driver.type(" mem:")
        await driver.wait_for_text("mem:: the value is missing")
        await driver.press("escape")
        await driver.wait_for_text("Hosts 12")


async def test_trouble_keeps_the_data_says_why_and_is_over_by_itself() -> None:
    async with running_app(AppDriver()) as driver:
        driver.service.faults.set(Fault(kind=Kind.HTML, endpoint="pve/open/mypage", times=3))
        driver.monitor.refresh()
        await driver.wait_for_text("data from|old · ")
        assert "Hosts 12" in await driver.wait_for_text("502 Bad Gateway")
        driver.service.faults.clear()
        await driver.refresh()
        await driver.wait_for_text("● live")
        await driver.wait_for_text("the service responds again")


async def test_an_expired_bare_token_asks_for_another_and_keeps_the_hosts() -> None:
    driver = AppDriver(credentials=None)
    driver.account._given_credentials = BareToken(Secret(driver.world.mint()))
    async with running_app(driver):
        driver.world.expire_tokens()
        driver.monitor.refresh()
        assert "Hosts 12" in await driver.wait_for_text("! sign in · (data from|.* old)")
        await driver.wait_for_text("Press i to sign in again")
        await driver.press("i")
        await driver.wait_for_text("Sign in to")
        await driver.press("escape")
        assert "Hosts 12" in await driver.wait_for_text("! sign in")


async def test_a_token_that_ends_takes_nothing_from_who_is_typing() -> None:
    driver = AppDriver(credentials=None)
    driver.account._given_credentials = BareToken(Secret(driver.world.mint()))
    async with running_app(driver):
        await driver.press("slash")
        await driver.type("off")
        driver.world.expire_tokens()
        driver.monitor.refresh()
        await driver.wait_for_text("! sign in · (data from|.* old)")
        await driver.type("ice")
        await driver.wait_for_text(r"office")
        await driver.press("f2")
        await driver.wait_for_text("Sign in to")
        await driver.press("escape")
        await driver.wait_for_text(r"╭.*Hosts \d+/12")


async def test_leaving_while_an_order_is_under_way_says_which_and_what_becomes_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app_module, "QUIT_TIMEOUT", 0.05)
    driver = AppDriver()
    driver.service.faults.set(Fault(kind=Kind.LATENCY, endpoint="pve/open/operate", seconds=30))
    async with running_app(driver) as driver:
        assert driver.monitor.state.snapshot is not None
        host = next(host for host in driver.monitor.state.snapshot.hosts if host.status is Status.OFF)
        driver.monitor.orders.power([host], on=True)
        await until(lambda: driver.request_count("operate") == 1)
        await driver.press("q")
        await until(lambda: driver.app._exit)
        (message,) = driver.app._exit_renderables
    assert "their outcome is checked at the next start" in str(message)
    assert re.search(r"start .*: sent", str(message))


async def test_names_from_the_network_are_shown_inert() -> None:
    driver = AppDriver()
    for host, name in zip(driver.world.hosts.values(), HOSTILE, strict=False):
        host.name = name
    async with running_app(driver, 200, 50):
        text = await driver.wait_for_text(r"\[/nope\]")
        assert "[@click=app" in text
        assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in text.replace("\n", ""))
        assert "\u202e" not in text
        for host in list(driver.world.listed())[-len(HOSTILE) :]:
            driver.app.screen.query_one(HostTable).move_to(host.id)
            for key in ("enter", "D", "b"):
                await driver.press(key)
                await driver.press("escape")


@pytest.mark.sweep(2)
@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 40), (200, 50), (60, 15)])
async def test_every_pane_can_be_reached_and_read(columns: int, rows: int) -> None:
    async with running_app(AppDriver(hosts=40), columns, rows) as driver:
        await driver.press("2")
        await driver.wait_for_text("4090×1")
        await driver.press("3")
        await driver.wait_for_text("WHAT HAPPENED")
        await driver.press("1")
        await driver.wait_for_text("Hosts 40")
        await driver.wait_for_text("[?] Help")
        assert all(len(line) <= columns for line in driver.text.splitlines())


@pytest.mark.sweep(1)
@pytest.mark.parametrize(("columns", "keys"), [(80, ["2"]), (80, ["3"]), (120, ["2", "z"])])
async def test_nothing_is_done_to_a_host_that_another_pane_covers(columns: int, keys: list[str]) -> None:
    async with running_app(AppDriver(hosts=40), columns, 24) as driver:
        await driver.press(*keys, "D")
        await driver.wait_for_text("The hosts are not on this screen. Press 1 to show them.")
        await driver.press("1", "D")
        await driver.wait_for_text("Delete 1 host")


async def test_the_wallet_of_an_empty_account_has_an_empty_fleet_that_says_what_to_do() -> None:
    async with running_app(AppDriver(hosts=0)) as driver:
        await driver.wait_for_text("No hosts yet. Press n to rent one.")


async def test_quitting_ends_the_app() -> None:
    driver = AppDriver()
    async with driver.app.run_test() as pilot:
        driver.pilot = pilot
        await driver.wait_for_text("● live")
        await pilot.press("q")
    assert driver.app.return_code == 0


async def test_a_host_that_is_missing_from_the_list_is_marked_and_stays() -> None:
    async with running_app(AppDriver()) as driver:
        last = driver.world.listed()[-1]
        driver.app.screen.query_one(HostTable).move_to(last.id)
        driver.service.faults.set(Fault(kind=Kind.LISTING, endpoint="pve/open/mypage", times=99, hidden=1, total=12))
        await driver.refresh()
        await driver.wait_for_text("1 not listed · list incomplete")
        await driver.wait_for_text(rf"{last.name} +\? ")
        await driver.press("enter")
        await driver.wait_for_text(r"Listing {6}not listed since \S+ \S+, but .*\n│ {16}.*known to the service")
        driver.service.faults.clear()
        await driver.refresh()
        await driver.wait_until_gone("not listed since")
        await driver.press("escape")
        await driver.wait_until_gone("not listed|list incomplete")


async def test_the_notice_that_a_host_is_gone_is_withdrawn_when_it_returns() -> None:
    async with running_app(AppDriver()) as driver:
        first, other = [host for host in driver.world.listed() if host.status == BILLED][:2]
        gone_from = first.gone_from
        first.gone_from = other.gone_from = driver.clock()
        await driver.refresh()
        notice = driver.app.screen.query_one(FleetNotice)
        await until(lambda: notice.display)
        assert f"{first.name} is gone" in str(notice.content)
        first.gone_from = gone_from
        await driver.refresh()
        await until(lambda: f"{first.name} is gone" not in str(notice.content))
        assert notice.display
        assert f"{other.name} is gone" in str(notice.content)
        other.gone_from = gone_from
        await driver.refresh()
        await until(lambda: not notice.display)
