from __future__ import annotations

import re

import pytest
from support.app_driver import Desk, sitting_at
from support.wait import until
from textual.widgets import Input

from tests.simulator_faults.faults import Fault, Kind
from xds_tui.auth.keyring_store import CredentialStoreError, KeyringProblem
from xds_tui.domain.credentials import MASK
from xds_tui.simulator.host import OFF
from xds_tui.simulator.world import ACCOUNT, SECRET, Options
from xds_tui.tui.screens import host_detail as detail_module
from xds_tui.tui.screens.host_detail import HostDetailScreen
from xds_tui.tui.textual_compat import Radio
from xds_tui.tui.widgets.host_table import HostTable


async def opened(desk: Desk) -> str:
    """Open the first host that is off and has a password, and return the password."""
    target = next(host for host in desk.world.listed() if host.status == OFF and host.port)
    desk.app.screen.query_one(HostTable).move_to(target.id)
    await desk.press("enter")
    await desk.see(target.id)
    return target.password


async def test_the_password_is_shown_only_on_request() -> None:
    async with sitting_at(Desk()) as desk:
        password = await opened(desk)
        assert password not in desk.text
        await desk.see(re.escape(MASK))
        await desk.press("v")
        await desk.see(password)
        await desk.press("v")
        await desk.see_no_more(password)


async def test_the_password_is_hidden_after_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detail_module, "REVEAL_TIMEOUT", 0.1)
    async with sitting_at(Desk()) as desk:
        password = await opened(desk)
        await desk.press("v")
        await desk.see_no_more(password)
        screen = desk.app.screen
        assert isinstance(screen, HostDetailScreen)
        await until(lambda: not screen._is_revealed)


async def test_the_password_is_hidden_when_another_screen_opens() -> None:
    async with sitting_at(Desk()) as desk:
        password = await opened(desk)
        await desk.press("v")
        await desk.see(password)
        await desk.press("question_mark", "escape")
        assert password not in desk.text
        await desk.press("v", "escape", "enter")
        await desk.see("Password")
        assert password not in desk.text


async def test_the_details_report_that_their_host_is_gone() -> None:
    async with sitting_at(Desk()) as desk:
        await opened(desk)
        shown = desk.app.screen
        assert isinstance(shown, HostDetailScreen)
        desk.world.hosts[shown._host_id].gone_from = desk.clock()
        await desk.sweep()
        await desk.see("This host no longer exists")


async def typed_in(desk: Desk, **fields: str) -> None:
    await desk.see("Sign in to")
    for name, value in fields.items():
        desk.app.screen.query_one(f"#{name}", Input).value = value
    await desk.pilot.pause()
    await entered(desk, list(fields)[-1])


async def entered(desk: Desk, field: str) -> None:
    desk.app.screen.query_one(f"#{field}", Input).focus()
    await desk.press("enter")


async def test_signing_in_shows_the_fleet() -> None:
    async with sitting_at(Desk(credentials=None)) as desk:
        await typed_in(desk, account=ACCOUNT, secret=SECRET)
        await desk.see("● live")
        await desk.see("Hosts 12")
        await desk.see(re.escape(ACCOUNT))


async def test_a_wrong_secret_is_reported_and_the_input_is_kept() -> None:
    async with sitting_at(Desk(credentials=None)) as desk:
        await typed_in(desk, account=ACCOUNT, secret="wrong-secret")
        text = await desk.see("were not accepted")
        assert "code 1001" in text
        assert ACCOUNT in text
        assert "wrong-secret" not in text
        assert desk.asked("getToken") == 1
        desk.app.screen.query_one("#secret", Input).value = SECRET
        await entered(desk, "secret")
        await desk.see("Hosts 12")


async def test_signing_in_with_a_bare_token_works() -> None:
    async with sitting_at(Desk(credentials=None)) as desk:
        await desk.see("Sign in to")
        await desk.pilot.click("#bare")
        await typed_in(desk, token=desk.world.mint())
        await desk.see("Hosts 12")
        assert desk.asked("getToken") == 0


async def test_an_expired_bare_token_is_asked_for_again() -> None:
    async with sitting_at(Desk(credentials=None)) as desk:
        await desk.see("Sign in to")
        await desk.pilot.click("#bare")
        await typed_in(desk, token=desk.world.mint())
        await desk.see("Hosts 12")
        desk.world.expire_tokens()
        desk.monitor.refresh()
        await desk.see("to sign in again")
        await desk.press("i")
        await desk.see("Sign in to")
        assert desk.app.screen.query_one("#bare", Radio).value
        assert desk.app.focused is desk.app.screen.query_one("#token", Input)
        assert not desk.app.screen.query_one("#account-field").display
        await typed_in(desk, token="wrong-token")
        text = " ".join((await desk.see("Enter a new token")).split())
        assert "with r" not in text
        assert "wrong-token" not in text
        await typed_in(desk, token=desk.world.mint())
        await desk.see("Hosts 12")


async def test_an_expired_account_session_asks_for_the_account() -> None:
    async with sitting_at(Desk()) as desk:
        desk.world.accounts[ACCOUNT].secret = "changed"
        desk.world.expire_tokens()
        desk.monitor.refresh()
        await desk.see("to sign in again")
        await desk.press("i")
        await desk.see("Sign in to")
        assert desk.app.focused is desk.app.screen.query_one("#account", Input)
        assert not desk.app.screen.query_one("#token-field").display


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(kind=Kind.HTML, endpoint="auth/getToken", status=200), "web page"),
        (Fault(kind=Kind.HTML, endpoint="auth/getToken", status=502), "not available"),
    ],
)
async def test_advice_at_sign_in_is_about_signing_in(fault: Fault, expected: str) -> None:
    desk = Desk(credentials=None)
    desk.service.faults.set(fault)
    async with sitting_at(desk):
        await typed_in(desk, account=ACCOUNT, secret=SECRET)
        text = " ".join((await desk.see("to try again")).split())
        assert expected in text
        assert "with r" not in text
        assert "by itself," not in text


async def test_missing_or_insecure_input_is_reported_before_a_request() -> None:
    async with sitting_at(Desk(credentials=None)) as desk:
        await typed_in(desk, account=ACCOUNT, secret="")
        await desk.see("Account ID and secret are both needed")
        await typed_in(desk, address="http://example.org", secret="s", account="a")
        await desk.see("Without https the token could be read")
        assert desk.service.requests == []


async def test_closing_sign_in_keeps_the_app_and_shows_how_to_sign_in() -> None:
    async with sitting_at(Desk(credentials=None)) as desk:
        await desk.see("Sign in to")
        await desk.press("escape")
        await desk.see("Signed out: press i to sign in")
        await desk.press("i")
        await desk.see("Sign in to")


async def test_sign_in_shows_that_the_keyring_could_not_be_read() -> None:
    desk = Desk(credentials=None)
    desk.account.keyring_error = CredentialStoreError(KeyringProblem.TIMED_OUT, "The keyring did not answer", "3 s")
    async with sitting_at(desk):
        text = await desk.see("The keyring was not read")
        assert "The keyring did not answer: 3 s" in " ".join(text.split())
        assert any(event.summary == "The keyring did not answer" for event in desk.monitor.state.events)


async def test_the_details_of_a_host_are_requested_once() -> None:
    async with sitting_at(Desk(options=Options(dialect="document"))) as desk:
        target = next(host for host in desk.world.listed() if host.status == OFF and host.port)
        desk.app.screen.query_one(HostTable).move_to(target.id)
        assert desk.asked("one/") == 0
        await desk.press("enter")
        await desk.see(r"MAC +\w\w:\w\w")
        asked = desk.asked(f"one/{target.id}")
        for _ in range(3):
            await desk.sweep()
            await desk.see(r"MAC +\w\w:\w\w")
        assert asked == desk.asked(f"one/{target.id}") == 1
        await desk.press("escape")
        await desk.sweep()
        await desk.press("enter")
        await desk.see(r"MAC +\w\w:\w\w")


async def test_a_failed_request_for_details_leaves_the_page_unchanged() -> None:
    async with sitting_at(Desk(options=Options(dialect="document"))) as desk:
        target = next(host for host in desk.world.listed() if host.status == OFF and host.port)
        desk.app.screen.query_one(HostTable).move_to(target.id)
        desk.service.faults.set(Fault(kind=Kind.HTML, endpoint="pve/open/one/"))
        await desk.press("enter")
        await until(lambda: desk.asked("one/") == 1)
        await desk.see(r"MAC +—")
        await desk.sweep()
        await desk.see(rf"ID +{target.id}")
        assert desk.asked("one/") == 1
