from __future__ import annotations

import re

import pytest
from support.app_driver import Desk, sitting_at
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


def cursor(desk: Desk) -> str | None:
    return desk.app.screen.query_one(HostTable).cursor_key


async def test_the_cursor_the_marks_and_the_target_stay_with_their_hosts() -> None:
    async with sitting_at(Desk()) as desk:
        await desk.press("down", "space", "down")
        table = desk.app.screen.query_one(HostTable)
        marked, at = table.marked, table.cursor_key
        newest = desk.world.listed()[0]
        newest.gone_from = desk.clock()
        desk.world.add(desk.host("office-1").__class__(**_like(desk, "office-1", id="brandnew00", name="brand-new")))
        await desk.sweep()
        await desk.see("brand-new")
        assert table.marked == marked
        assert table.cursor_key == at


def _like(desk: Desk, model: str, **changed: object) -> dict[str, object]:
    like = desk.host(model)
    fields = ("owner", "package", "image", "rented", "created")
    return {field: getattr(like, field) for field in fields} | changed


async def test_a_host_that_vanished_while_it_was_asked_about_is_not_acted_on() -> None:
    async with sitting_at(Desk()) as desk:
        target = next(host for host in desk.world.listed() if host.status == BILLED)
        desk.app.screen.query_one(HostTable).move_to(target.id)
        await desk.press("x")
        await desk.see("Stop 1 host")
        target.gone_from = desk.clock()
        await desk.sweep()
        await desk.press("y")
        await desk.see("Gone meanwhile, so nothing was sent")
        assert desk.asked("operate") == 0


@pytest.mark.parametrize("is_prepaid", [True, False])
async def test_a_start_is_confirmed_if_it_costs_and_is_shown_as_intent_until_it_is_done(is_prepaid: bool) -> None:
    async with sitting_at(Desk()) as desk:
        target = next(host for host in desk.world.listed() if host.status == OFF and host.rented is is_prepaid)
        desk.app.screen.query_one(HostTable).move_to(target.id)
        await desk.press("s")
        if not is_prepaid:
            await desk.see("This adds ≈?¥[0-9.]+/h")
            assert desk.asked("operate") == 0
            await desk.press("y")
        await desk.see(rf"▌ +{target.name} +→ on")
        desk.clock.advance(60)
        await desk.sweep()
        await desk.see(rf"▌ +{target.name} +● on")
        assert desk.asked("operate") == 1


@pytest.mark.parametrize(("key", "question"), [("x", "Stop 1 host"), ("b", "Reboot 1 host")])
async def test_what_interrupts_is_asked_with_no_preselected(key: str, question: str) -> None:
    async with sitting_at(Desk()) as desk:
        target = next(host for host in desk.world.listed() if host.status == BILLED)
        desk.app.screen.query_one(HostTable).move_to(target.id)
        await desk.press(key)
        assert target.id in await desk.see(question)
        await desk.press("enter")
        await desk.see_no_more(question)
        assert desk.asked("operate") + desk.asked("reboot") == 0
        await desk.press(key)
        await desk.see(question)
        await desk.press("y")
        await desk.see_no_more(question)
        await desk.see(rf"{target.name} +→")
        assert desk.asked("operate") + desk.asked("reboot") == 1


async def test_deleting_wants_the_id_typed_and_tells_what_is_lost() -> None:
    async with sitting_at(Desk()) as desk:
        target = next(host for host in desk.world.listed() if host.status == OFF and host.rented)
        desk.app.screen.query_one(HostTable).move_to(target.id)
        await desk.press("D")
        assert "forfeited" in await desk.see("Delete 1 host for good")
        await desk.type(target.id[:-1])
        await desk.press("enter")
        assert desk.asked("delete") == 0
        await desk.type(target.id[-1])
        await desk.press("enter")
        await desk.see_no_more("Delete 1 host for good")
        await desk.sweep()
        await desk.see_no_more(rf"{target.name} +○")
        assert desk.asked("delete") == 1


async def test_a_host_that_is_being_deleted_is_not_started() -> None:
    async with sitting_at(Desk(options=Options(leaves_list_after=600.0))) as desk:
        target = next(host for host in desk.world.listed() if host.status == OFF)
        desk.app.screen.query_one(HostTable).move_to(target.id)
        await desk.press("D")
        await desk.type(target.id)
        await desk.press("enter")
        await until(lambda: any(order.state is OrderState.ACCEPTED for order in desk.monitor.orders.all))
        for key in "sxb":
            await desk.press(key)
            await desk.see(f"{target.name} is being deleted")
        assert desk.asked("operate") + desk.asked("reboot") == 0


async def test_a_deletion_that_was_denied_is_unknown_and_shows_its_trace() -> None:
    async with sitting_at(Desk(), columns=200, rows=50) as desk:
        target = next(host for host in desk.world.listed() if host.status == ON)
        desk.app.screen.query_one(HostTable).move_to(target.id)
        await desk.press("D")
        await desk.type(target.id)
        await desk.press("enter")
        await desk.see("did not do it")
        await desk.sweep()
        await desk.see("did not do it")
        await desk.see("traceId")
        assert "rejected" not in desk.text
        await desk.press("escape")
        assert target.name in await desk.see(f"delete {target.name}: unknown")


async def test_a_refusal_shows_meaning_remedy_code_and_trace() -> None:
    async with sitting_at(Desk(), columns=200, rows=50) as desk:
        desk.service.faults.set(Fault(kind=Kind.CODE, endpoint="pve/open/operate", code=6003, message="余额不足"))
        target = next(host for host in desk.world.listed() if host.status == OFF and not host.rented)
        desk.app.screen.query_one(HostTable).move_to(target.id)
        await desk.press("s", "y")
        text = await desk.see("The wallet does not cover one hour: 余额不足")
        for part in ("Top up the wallet", "www.xuandashi.com", "code 6003", "traceId"):
            assert part in text


async def test_marked_hosts_are_acted_on_together_and_the_hidden_are_counted() -> None:
    async with sitting_at(Desk()) as desk:
        on = [host for host in desk.world.listed() if host.status in (ON, BILLED)][:2]
        desk.app.screen.query_one(HostTable).mark([host.id for host in on])
        await desk.press("slash")
        await desk.type(f"id:{on[0].id}")
        await desk.press("enter", "x")
        assert "1 of them is hidden by the filter" in await desk.see("Stop 2 hosts")
        await desk.press("y")
        await desk.see_no_more("Stop 2 hosts")
        await desk.see("→ off")
        assert desk.asked("operate") == 2


async def test_the_filter_shows_what_it_holds_for_and_says_what_is_wrong() -> None:
    async with sitting_at(Desk()) as desk:
        await desk.press("slash")
        await desk.type("status:off")
        off = sum(host.status == OFF for host in desk.world.listed())
        await desk.see(f"Hosts {off}/12")
        await desk.type(" mem:")
        await desk.see("mem:: its value is missing")
        await desk.press("escape")
        await desk.see("Hosts 12")


async def test_trouble_keeps_the_data_says_why_and_is_over_by_itself() -> None:
    async with sitting_at(Desk()) as desk:
        desk.service.faults.set(Fault(kind=Kind.HTML, endpoint="pve/open/mypage", times=3))
        desk.monitor.refresh()
        await desk.see("data of|old · ")
        assert "Hosts 12" in await desk.see("502 Bad Gateway")
        desk.service.faults.clear()
        await desk.sweep()
        await desk.see("● live")
        await desk.see("the service answers again")


async def test_an_expired_bare_token_asks_for_another_and_keeps_the_hosts() -> None:
    desk = Desk(credentials=None)
    desk.account._given_credentials = BareToken(Secret(desk.world.mint()))
    async with sitting_at(desk):
        desk.world.expire_tokens()
        desk.monitor.refresh()
        assert "Hosts 12" in await desk.see("! sign in · (data of|.* old)")
        await desk.see("Press i to sign in again")
        await desk.press("i")
        await desk.see("Sign in to")
        await desk.press("escape")
        assert "Hosts 12" in await desk.see("! sign in")


async def test_a_token_that_ends_takes_nothing_from_who_is_typing() -> None:
    desk = Desk(credentials=None)
    desk.account._given_credentials = BareToken(Secret(desk.world.mint()))
    async with sitting_at(desk):
        await desk.press("slash")
        await desk.type("off")
        desk.world.expire_tokens()
        desk.monitor.refresh()
        await desk.see("! sign in · (data of|.* old)")
        await desk.type("ice")
        await desk.see(r"office")
        await desk.press("f2")
        await desk.see("Sign in to")
        await desk.press("escape")
        await desk.see(r"╭.*Hosts \d+/12")


async def test_leaving_while_an_order_is_under_way_says_which_and_what_becomes_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app_module, "QUIT_TIMEOUT", 0.05)
    desk = Desk()
    desk.service.faults.set(Fault(kind=Kind.LATENCY, endpoint="pve/open/operate", seconds=30))
    async with sitting_at(desk) as desk:
        assert desk.monitor.state.snapshot is not None
        host = next(host for host in desk.monitor.state.snapshot.hosts if host.status is Status.OFF)
        desk.monitor.orders.power([host], on=True)
        await until(lambda: desk.asked("operate") == 1)
        await desk.press("q")
        await until(lambda: desk.app._exit)
        (message,) = desk.app._exit_renderables
    assert "the next start looks what became of them" in str(message)
    assert re.search(r"start .*: sent", str(message))


async def test_names_from_the_network_are_shown_inert() -> None:
    desk = Desk()
    for host, name in zip(desk.world.hosts.values(), HOSTILE, strict=False):
        host.name = name
    async with sitting_at(desk, 200, 50):
        text = await desk.see(r"\[/nope\]")
        assert "[@click=app" in text
        assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in text.replace("\n", ""))
        assert "\u202e" not in text
        for host in list(desk.world.listed())[-len(HOSTILE) :]:
            desk.app.screen.query_one(HostTable).move_to(host.id)
            for key in ("enter", "D", "b"):
                await desk.press(key)
                await desk.press("escape")


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 40), (200, 50), (60, 15)])
async def test_every_pane_can_be_reached_and_read(columns: int, rows: int) -> None:
    async with sitting_at(Desk(hosts=40), columns, rows) as desk:
        await desk.press("2")
        await desk.see("4090×1")
        await desk.press("3")
        await desk.see("WHAT HAPPENED")
        await desk.press("1")
        await desk.see("Hosts 40")
        await desk.see("[?] Help")
        assert all(len(line) <= columns for line in desk.text.splitlines())


@pytest.mark.parametrize(("columns", "keys"), [(80, ["2"]), (80, ["3"]), (120, ["2", "z"])])
async def test_nothing_is_done_to_a_host_that_another_pane_covers(columns: int, keys: list[str]) -> None:
    async with sitting_at(Desk(hosts=40), columns, 24) as desk:
        await desk.press(*keys, "D")
        await desk.see("The hosts are not shown here. Press 1 to show them")
        await desk.press("1", "D")
        await desk.see("Delete 1 host")


async def test_the_wallet_of_an_empty_account_has_an_empty_fleet_that_says_what_to_do() -> None:
    async with sitting_at(Desk(hosts=0)) as desk:
        await desk.see("No hosts yet. Press n to rent one")


async def test_quitting_ends_the_app() -> None:
    desk = Desk()
    async with desk.app.run_test() as pilot:
        desk.pilot = pilot
        await desk.see("● live")
        await pilot.press("q")
    assert desk.app.return_code == 0


async def test_a_host_that_is_missing_from_the_list_is_marked_and_stays() -> None:
    async with sitting_at(Desk()) as desk:
        last = desk.world.listed()[-1]
        desk.app.screen.query_one(HostTable).move_to(last.id)
        desk.service.faults.set(Fault(kind=Kind.LISTING, endpoint="pve/open/mypage", times=99, hidden=1, total=12))
        await desk.sweep()
        await desk.see("1 not listed · list incomplete")
        await desk.see(rf"{last.name} +\? ")
        await desk.press("enter")
        await desk.see(r"Listing {6}not listed since \S+ \S+, but .*\n│ {16}the service still has it")
        desk.service.faults.clear()
        await desk.sweep()
        await desk.see_no_more("not listed since")
        await desk.press("escape")
        await desk.see_no_more("not listed|list incomplete")


async def test_the_notice_that_a_host_is_gone_is_withdrawn_when_it_returns() -> None:
    async with sitting_at(Desk()) as desk:
        first, other = [host for host in desk.world.listed() if host.status == BILLED][:2]
        gone_from = first.gone_from
        first.gone_from = other.gone_from = desk.clock()
        await desk.sweep()
        notice = desk.app.screen.query_one(FleetNotice)
        await until(lambda: notice.display)
        assert f"{first.name} is gone" in str(notice.content)
        first.gone_from = gone_from
        await desk.sweep()
        await until(lambda: f"{first.name} is gone" not in str(notice.content))
        assert notice.display
        assert f"{other.name} is gone" in str(notice.content)
        other.gone_from = gone_from
        await desk.sweep()
        await until(lambda: not notice.display)
