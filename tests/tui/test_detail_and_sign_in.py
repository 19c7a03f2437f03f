from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from support.app_driver import AppDriver, running_app
from support.factories import an_order
from support.wait import until
from textual.widgets import Input

from tests.simulator_faults.faults import Fault, Kind
from xds_tui.auth.keyring_store import CredentialStoreError, KeyringProblem
from xds_tui.domain.credentials import MASK
from xds_tui.domain.model import Status
from xds_tui.domain.records import Event, EventKind, OrderAction, OrderState
from xds_tui.simulator.host import OFF
from xds_tui.simulator.world import ACCOUNT, SECRET, Options
from xds_tui.tui.screens import host_detail as detail_module
from xds_tui.tui.screens.host_detail import HostDetailScreen
from xds_tui.tui.textual_compat import Radio
from xds_tui.tui.widgets.host_table import HostTable


async def opened(driver: AppDriver) -> str:
    """Open the first host that is off and has a password, and return the password."""
    target = next(host for host in driver.world.listed() if host.status == OFF and host.port)
    driver.app.screen.query_one(HostTable).move_to(target.id)
    await driver.press("enter")
    await driver.wait_for_text(target.id)
    return target.password


async def test_the_password_is_shown_only_on_request() -> None:
    async with running_app(AppDriver()) as driver:
        password = await opened(driver)
        assert password not in driver.text
        await driver.wait_for_text(re.escape(MASK))
        await driver.press("v")
        await driver.wait_for_text(password)
        await driver.press("v")
        await driver.wait_until_gone(password)


async def test_the_password_is_hidden_after_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detail_module, "REVEAL_TIMEOUT", 0.1)
    async with running_app(AppDriver()) as driver:
        password = await opened(driver)
        await driver.press("v")
        await driver.wait_until_gone(password)
        screen = driver.app.screen
        assert isinstance(screen, HostDetailScreen)
        await until(lambda: not screen._is_revealed)


async def test_the_password_is_hidden_when_another_screen_opens() -> None:
    async with running_app(AppDriver()) as driver:
        password = await opened(driver)
        await driver.press("v")
        await driver.wait_for_text(password)
        await driver.press("question_mark", "escape")
        assert password not in driver.text
        await driver.press("v", "escape", "enter")
        await driver.wait_for_text("Password")
        assert password not in driver.text


async def test_on_a_broad_terminal_the_fields_are_in_three_columns_above_the_past_of_the_host() -> None:
    async with running_app(AppDriver(), 200, 50) as driver:
        target = next(host for host in driver.world.listed() if host.status == OFF and host.port)
        at = driver.now() - timedelta(days=30)
        event = Event(at=at, kind=EventKind.STATUS, host_id=target.id, host_name="old", old=Status.ON, new=Status.OFF)
        order = an_order(
            id="o1", action=OrderAction.REBOOT, state=OrderState.CONFIRMED, created_at=at, host_id=target.id
        )
        journal = driver.monitor.recorder.journal
        await journal.add_events([event, replace(event, host_id="other", host_name="of another host")])
        await journal.write_orders([order, replace(order, id="o2", host_id="other", action=OrderAction.DELETE)])
        await opened(driver)
        assert re.search(r"Machine +Access +Cost", driver.text)
        assert re.search(r"Recent events.*Operations", driver.text)
        await driver.wait_for_text(r"2026-08-22 .*reboot · confirmed")
        text = await driver.wait_for_text(r"2026-08-22 .*old on → off")
        assert "another host" not in text
        assert "delete ·" not in text
        await driver.pilot.resize_terminal(120, 40)
        await driver.wait_until_gone(r"Machine +Access")
        assert "Operations" not in driver.text
        assert "Access" in driver.text


async def test_the_details_report_that_their_host_is_gone() -> None:
    async with running_app(AppDriver()) as driver:
        await opened(driver)
        shown = driver.app.screen
        assert isinstance(shown, HostDetailScreen)
        driver.world.hosts[shown._host_id].gone_from = driver.clock()
        await driver.refresh()
        await driver.wait_for_text("This host no longer exists")


async def typed_in(driver: AppDriver, **fields: str) -> None:
    await driver.wait_for_text("Sign in to")
    for name, value in fields.items():
        driver.app.screen.query_one(f"#{name}", Input).value = value
    await driver.pilot.pause()
    await entered(driver, list(fields)[-1])


async def entered(driver: AppDriver, field: str) -> None:
    driver.app.screen.query_one(f"#{field}", Input).focus()
    await driver.press("enter")


async def test_signing_in_shows_the_fleet() -> None:
    async with running_app(AppDriver(credentials=None)) as driver:
        await typed_in(driver, account=ACCOUNT, secret=SECRET)
        await driver.wait_for_text("● live")
        await driver.wait_for_text("Hosts 12")
        await driver.wait_for_text(re.escape(ACCOUNT))


async def test_a_wrong_secret_is_reported_and_the_input_is_kept() -> None:
    async with running_app(AppDriver(credentials=None)) as driver:
        await typed_in(driver, account=ACCOUNT, secret="wrong-secret")
        text = await driver.wait_for_text("were not accepted")
        assert "code 1001" in text
        assert ACCOUNT in text
        assert "wrong-secret" not in text
        assert driver.request_count("getToken") == 1
        driver.app.screen.query_one("#secret", Input).value = SECRET
        await entered(driver, "secret")
        await driver.wait_for_text("Hosts 12")


async def test_signing_in_with_a_bare_token_works() -> None:
    async with running_app(AppDriver(credentials=None)) as driver:
        await driver.wait_for_text("Sign in to")
        await driver.pilot.click("#bare")
        await typed_in(driver, token=driver.world.mint())
        await driver.wait_for_text("Hosts 12")
        assert driver.request_count("getToken") == 0


async def test_an_expired_bare_token_is_asked_for_again() -> None:
    async with running_app(AppDriver(credentials=None)) as driver:
        await driver.wait_for_text("Sign in to")
        await driver.pilot.click("#bare")
        await typed_in(driver, token=driver.world.mint())
        await driver.wait_for_text("Hosts 12")
        driver.world.expire_tokens()
        driver.monitor.refresh()
        await driver.wait_for_text("to sign in again")
        await driver.press("i")
        await driver.wait_for_text("Sign in to")
        assert driver.app.screen.query_one("#bare", Radio).value
        assert driver.app.focused is driver.app.screen.query_one("#token", Input)
        assert not driver.app.screen.query_one("#account-field").display
        await typed_in(driver, token="wrong-token")
        text = " ".join((await driver.wait_for_text("Enter a new token")).split())
        assert "press r" not in text
        assert "wrong-token" not in text
        await typed_in(driver, token=driver.world.mint())
        await driver.wait_for_text("Hosts 12")


async def test_an_expired_account_session_asks_for_the_account() -> None:
    async with running_app(AppDriver()) as driver:
        driver.world.accounts[ACCOUNT].secret = "changed"
        driver.world.expire_tokens()
        driver.monitor.refresh()
        await driver.wait_for_text("to sign in again")
        await driver.press("i")
        await driver.wait_for_text("Sign in to")
        assert driver.app.focused is driver.app.screen.query_one("#account", Input)
        assert not driver.app.screen.query_one("#token-field").display


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(kind=Kind.HTML, endpoint="auth/getToken", status=200), "web page"),
        (Fault(kind=Kind.HTML, endpoint="auth/getToken", status=502), "not available"),
    ],
)
async def test_advice_at_sign_in_is_about_signing_in(fault: Fault, expected: str) -> None:
    driver = AppDriver(credentials=None)
    driver.service.faults.set(fault)
    async with running_app(driver):
        await typed_in(driver, account=ACCOUNT, secret=SECRET)
        text = " ".join((await driver.wait_for_text("to try again")).split())
        assert expected in text
        assert "press r" not in text
        assert "retried automatically" not in text


async def test_missing_or_insecure_input_is_reported_before_a_request() -> None:
    async with running_app(AppDriver(credentials=None)) as driver:
        await typed_in(driver, account=ACCOUNT, secret="")
        await driver.wait_for_text("Both the account ID and the secret are required")
        await typed_in(driver, address="http://example.org", secret="s", account="a")
        await driver.wait_for_text("Without https, the token could be read")
        assert driver.service.requests == []


async def test_closing_sign_in_keeps_the_app_and_shows_how_to_sign_in() -> None:
    async with running_app(AppDriver(credentials=None)) as driver:
        await driver.wait_for_text("Sign in to")
        await driver.press("escape")
        await driver.wait_for_text("Not signed in. Press i to sign in.")
        await driver.press("i")
        await driver.wait_for_text("Sign in to")


async def test_sign_in_shows_that_the_keyring_could_not_be_read() -> None:
    driver = AppDriver(credentials=None)
    driver.account.keyring_error = CredentialStoreError(KeyringProblem.TIMED_OUT, "The keyring did not respond", "3 s")
    async with running_app(driver):
        text = await driver.wait_for_text("The keyring could not be read")
        assert "The keyring did not respond: 3 s" in " ".join(text.split())
        assert any(event.summary == "The keyring did not respond" for event in driver.monitor.state.events)


async def test_the_details_of_a_host_are_requested_once() -> None:
    async with running_app(AppDriver(options=Options(dialect="document"))) as driver:
        target = next(host for host in driver.world.listed() if host.status == OFF and host.port)
        driver.app.screen.query_one(HostTable).move_to(target.id)
        assert driver.request_count("one/") == 0
        await driver.press("enter")
        await driver.wait_for_text(r"MAC +\w\w:\w\w")
        asked = driver.request_count(f"one/{target.id}")
        for _ in range(3):
            await driver.refresh()
            await driver.wait_for_text(r"MAC +\w\w:\w\w")
        assert asked == driver.request_count(f"one/{target.id}") == 1
        await driver.press("escape")
        await driver.refresh()
        await driver.press("enter")
        await driver.wait_for_text(r"MAC +\w\w:\w\w")


async def test_a_failed_request_for_details_leaves_the_page_unchanged() -> None:
    async with running_app(AppDriver(options=Options(dialect="document"))) as driver:
        target = next(host for host in driver.world.listed() if host.status == OFF and host.port)
        driver.app.screen.query_one(HostTable).move_to(target.id)
        driver.service.faults.set(Fault(kind=Kind.HTML, endpoint="pve/open/one/"))
        await driver.press("enter")
        await until(lambda: driver.request_count("one/") == 1)
        await driver.wait_for_text(r"MAC +—")
        await driver.refresh()
        await driver.wait_for_text(rf"ID +{target.id}")
        assert driver.request_count("one/") == 1
