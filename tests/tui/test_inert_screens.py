"""Every screen and widget that shows strings of the service, with a service that sends only hostile strings."""

from __future__ import annotations

import re

import httpx
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from support.app_driver import AppDriver, running_app
from support.hostile import FRAGMENTS, HOSTILE_TEXT, MARKUP, HostileService, unsafe_in
from support.wait import until

from tests.simulator_faults.faults import Fault, Kind
from tests.simulator_faults.middleware import build
from xds_tui.api.client import Client
from xds_tui.auth.account import TokenCache
from xds_tui.config.schema import COLUMNS, GROUPS, HostListSettings
from xds_tui.domain.credentials import Credentials
from xds_tui.domain.model import Host, Status
from xds_tui.domain.sanitize import clean
from xds_tui.fleet.state import ConnectionState
from xds_tui.tui.screens.create.screen import CreateScreen, Step
from xds_tui.tui.screens.picker import Choice, PickerScreen
from xds_tui.tui.screens.prompt import PromptScreen
from xds_tui.tui.widgets.host_pane import HostPane
from xds_tui.tui.widgets.host_table import HostTable

pytestmark = pytest.mark.usefixtures("unhurried")


def hosts_of(driver: AppDriver) -> tuple[Host, ...]:
    snapshot = driver.monitor.state.snapshot
    assert snapshot is not None
    return snapshot.hosts


class HostileDesk(AppDriver):
    """The app on a service that sends these strings."""

    def __init__(self, strings: list[str]) -> None:
        super().__init__()
        self._strings = strings

    async def _connect(self, base_url: str, credentials: Credentials, tokens: TokenCache) -> Client:
        inner = httpx.ASGITransport(build(self.service))
        return Client(base_url, credentials, transport=HostileService(inner, self._strings), clock=self.now)

    async def look(self) -> None:
        """Check that the screen contains nothing that controls a terminal or can be clicked."""
        await self.pilot.pause()
        for strip in self.strips():
            for text, style, control in strip:
                assert not control
                assert unsafe_in(text) == set(), ascii(text)
                assert style is None or style.link is None
                assert style is None or "@click" not in style.meta

    async def refuse(self, endpoint: str, code: int) -> None:
        self.service.faults.set(Fault(kind=Kind.CODE, endpoint=endpoint, code=code))


async def look_at_hosts(driver: HostileDesk) -> None:
    await driver.look()
    for _ in range(3):
        await driver.press("enter")
        await driver.wait_for_text("Password")
        await driver.look()
        await driver.press("v", "c")  # nobody can connect to what is there, and it is said why
        await driver.look()
        await driver.press("y")
        await driver.wait_for_text("Copy from")
        await driver.look()
        await driver.press("escape", "escape", "down")


async def look_at_the_palette(driver: HostileDesk) -> None:
    await driver.press("ctrl+p")
    await driver.wait_for_text("Commands ─")
    for letter in "1:":
        await driver.type(letter)
        await driver.look()
        await driver.press("backspace")
    await driver.press("escape")


async def look_at_lists(driver: HostileDesk) -> None:
    """Show every column, in every order and group, and filter by the words of the service."""
    pane = driver.app.screen.query_one(HostPane)
    for column in COLUMNS:
        pane.listing = HostListSettings(columns=(column, "name"), sort=column, descending=column == "name")
        await driver.look()
    for group in GROUPS:
        pane.listing = HostListSettings(group=group)
        await driver.look()
    words = hosts_of(driver)[0].name
    pane.listing = HostListSettings(filters={words: words, "other": f"status:{words}"})
    pane.filter_by(words)
    await driver.press("f")
    await driver.wait_for_text("Save this filter")
    await driver.look()
    await driver.press("escape")
    pane.filter_by("")
    pane.listing = HostListSettings()
    await driver.look()


async def look_at_questions(driver: HostileDesk) -> None:
    snapshot = driver.monitor.state.snapshot
    assert snapshot is not None
    # A host that is off is not rebooted, and the position of the cursor depends on the strings.
    running = next(host for host in snapshot.hosts if host.status is not Status.OFF)
    assert driver.app.screen.query_one(HostTable).move_to(running.id)
    await driver.press("space", "D")
    await driver.wait_for_text("permanently")
    await driver.look()
    await driver.press("escape")
    await driver.refuse("pve/open/reboot", 1001)
    await driver.press("b")
    await driver.wait_for_text("Reboot 1 host")
    await driver.press("y")
    # The strings change with each response, so after a refresh the host differs from the confirmed one.
    while "rejected" not in await driver.wait_for_text("rejected|Changed before you confirmed"):
        await driver.look()
        await driver.press("escape", "b")
        await driver.wait_for_text("Reboot 1 host")
        await driver.press("y")
    await driver.look()


async def look_at_trouble(driver: HostileDesk) -> None:
    await driver.refuse("pve/open/mypage", 500)
    driver.monitor.refresh()
    await until(lambda: driver.monitor.state.connection is ConnectionState.ERROR)
    await driver.look()
    await driver.press("3", "enter")
    await driver.look()
    await driver.press("escape", "escape")
    await driver.refresh()


async def look_at_the_past(driver: HostileDesk) -> None:
    await driver.press("h")
    await driver.wait_for_text("▸1 Events")
    for view in "123":
        await driver.press(view, "enter")
        await driver.look()
    await driver.press("escape", "escape")


async def look_at_offers(driver: HostileDesk) -> None:
    await driver.press("2", "down", "enter")
    await driver.look()
    await driver.press("n")
    await until(lambda: isinstance(driver.app.screen, CreateScreen))
    wizard = driver.app.screen
    assert isinstance(wizard, CreateScreen)
    for step in (Step.PACKAGE, Step.IMAGE):
        wizard.step = step
        await driver.look()
    await driver.press("enter")
    await until(lambda: wizard.draft.is_complete)
    await driver.look()
    wizard.step = Step.REVIEW
    await driver.look()
    await driver.refuse("pve/open/createquantity", 6002)
    await until(lambda: wizard._guard.is_shown)
    await driver.press("B")
    await until(lambda: wizard.step is Step.RESULT)
    await driver.wait_for_text("0 bought")
    await driver.look()
    await driver.press("escape")


async def look_at_signing_in(driver: HostileDesk) -> None:
    await driver.press("f2")
    await driver.wait_for_text("Sign in to")
    await driver.refuse("auth/getToken", 1001)
    await driver.type("A1")
    await driver.press("enter", "s", "enter")
    await driver.wait_for_text("not accepted")
    await driver.look()
    await driver.press("escape")


async def look_at_everything(strings: list[str]) -> None:
    async with running_app(HostileDesk(strings)) as driver:
        assert isinstance(driver, HostileDesk)
        await look_at_hosts(driver)
        await look_at_the_palette(driver)
        await look_at_lists(driver)
        await look_at_questions(driver)
        await look_at_trouble(driver)
        await look_at_the_past(driver)
        await look_at_offers(driver)
        await look_at_signing_in(driver)


@settings(
    max_examples=1,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    database=None,
)
@given(st.lists(HOSTILE_TEXT, min_size=7, max_size=40))
@example(list(FRAGMENTS))
async def test_strings_of_the_service_have_no_effect(strings: list[str]) -> None:
    await look_at_everything(strings)


@settings(max_examples=5, suppress_health_check=list(HealthCheck), database=None)
@given(st.lists(HOSTILE_TEXT.map(clean), min_size=5, max_size=5))
@example([f"{markup} {markup}" for markup in MARKUP[:5]])
@example([MARKUP[-1]] * 5)
async def test_a_picker_shows_its_choices_unchanged(strings: list[str]) -> None:
    title, label, about, why_not, key = strings
    async with running_app(HostileDesk(["name"])) as driver:
        assert isinstance(driver, HostileDesk)
        choices = [
            Choice("a", label, about, key=key),
            Choice("b", about, label, why_not),
            Choice("c", key, is_current=True),
        ]
        driver.app.push_screen(PickerScreen(title, choices, placeholder=label))
        await driver.look()
        await driver.press("end", "up", "enter")  # what cannot be chosen says why
        await driver.look()
        await driver.press("escape")
        driver.app.push_screen(PromptScreen(title, [label]))
        await driver.look()


async def test_markup_is_shown_as_text() -> None:
    async with running_app(HostileDesk(list(MARKUP))) as driver:
        names = {host.name for host in hosts_of(driver)}
        assert names == set(MARKUP)
        for name in names:
            await driver.wait_for_text(re.escape(name[:12]))
        for _ in MARKUP:
            await driver.press("enter")
            title = driver.text.splitlines()[1]  # below the status line
            assert any(name in title for name in names), driver.text
            await driver.press("escape", "down")


async def test_a_long_name_is_cut_to_its_column() -> None:
    async with running_app(HostileDesk(["渲" * 600, "x" * 1000, "a" + "\u0301" * 1000])) as driver:
        widths = {strip.cell_length for strip in driver.app.screen._compositor.render_strips()}
        assert widths == {120}
        assert driver.app.screen.query_one(HostTable).row_count == 12
