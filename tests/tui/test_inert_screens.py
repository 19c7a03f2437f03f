"""Every screen and widget that shows strings of the service, with a service that sends only hostile strings."""

from __future__ import annotations

import re
from math import inf

import httpx
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from support.app_driver import Desk, sitting_at
from support.hostile import FRAGMENTS, HOSTILE_TEXT, MARKUP, HostileService, unsafe_in
from support.wait import until

from tests.simulator_faults.faults import Fault, Kind
from tests.simulator_faults.middleware import build
from xds_tui.api.client import Client
from xds_tui.auth.account import TokenCache
from xds_tui.config.schema import COLUMNS, GROUPS, HostListSettings
from xds_tui.domain.credentials import Credentials
from xds_tui.domain.model import Status
from xds_tui.domain.sanitize import clean
from xds_tui.fleet.state import ConnectionState
from xds_tui.tui.screens.create.screen import CreateScreen, Step
from xds_tui.tui.screens.picker import Choice, PickerScreen
from xds_tui.tui.screens.prompt import PromptScreen
from xds_tui.tui.widgets.host_pane import HostPane
from xds_tui.tui.widgets.host_table import HostTable

pytestmark = pytest.mark.usefixtures("unhurried")


class HostileDesk(Desk):
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


async def look_at_hosts(desk: HostileDesk) -> None:
    await desk.look()
    for _ in range(3):
        await desk.press("enter")
        await desk.see("Password")
        await desk.look()
        await desk.press("v", "c")  # nobody can connect to what is there, and it is said why
        await desk.look()
        await desk.press("y")
        await desk.see("Copy from")
        await desk.look()
        await desk.press("escape", "escape", "down")


async def look_at_the_palette(desk: HostileDesk) -> None:
    await desk.press("ctrl+p")
    await desk.see("Commands ─")
    for letter in "1:":
        await desk.type(letter)
        await desk.look()
        await desk.press("backspace")
    await desk.press("escape")


async def look_at_lists(desk: HostileDesk) -> None:
    """Show every column, in every order and group, and filter by the words of the service."""
    pane = desk.app.screen.query_one(HostPane)
    for column in COLUMNS:
        pane.listing = HostListSettings(columns=(column, "name"), sort=column, descending=column == "name")
        await desk.look()
    for group in GROUPS:
        pane.listing = HostListSettings(group=group)
        await desk.look()
    words = desk.monitor.state.snapshot.hosts[0].name
    pane.listing = HostListSettings(filters={words: words, "other": f"status:{words}"})
    pane.filter_by(words)
    await desk.press("f")
    await desk.see("Save this filter")
    await desk.look()
    await desk.press("escape")
    pane.filter_by("")
    pane.listing = HostListSettings()
    await desk.look()


async def look_at_questions(desk: HostileDesk) -> None:
    snapshot = desk.monitor.state.snapshot
    assert snapshot is not None
    # A host that is off is not rebooted, and the position of the cursor depends on the strings.
    running = next(host for host in snapshot.hosts if host.status is not Status.OFF)
    assert desk.app.screen.query_one(HostTable).move_to(running.id)
    await desk.press("space", "D")
    await desk.see("for good")
    await desk.look()
    await desk.press("escape")
    await desk.refuse("pve/open/reboot", 1001)
    await desk.press("b")
    await desk.see("Reboot 1 host")
    await desk.press("y")
    # The strings change with each response, so after a refresh the host differs from the confirmed one.
    while "rejected" not in await desk.see("rejected|Changed before you confirmed"):
        await desk.look()
        await desk.press("escape", "b")
        await desk.see("Reboot 1 host")
        await desk.press("y")
    await desk.look()


async def look_at_trouble(desk: HostileDesk) -> None:
    await desk.refuse("pve/open/mypage", 500)
    desk.monitor.refresh()
    await until(lambda: desk.monitor.state.connection is ConnectionState.ERROR)
    await desk.look()
    await desk.press("3", "enter")
    await desk.look()
    await desk.press("escape", "escape")
    await desk.sweep()


async def look_at_the_past(desk: HostileDesk) -> None:
    await desk.press("h")
    await desk.see("▸1 Events")
    for view in "123":
        await desk.press(view, "enter")
        await desk.look()
    await desk.press("escape", "escape")


async def look_at_offers(desk: HostileDesk) -> None:
    await desk.press("2", "down", "enter")
    await desk.look()
    await desk.press("n")
    await until(lambda: isinstance(desk.app.screen, CreateScreen))
    wizard = desk.app.screen
    assert isinstance(wizard, CreateScreen)
    for step in (Step.PACKAGE, Step.IMAGE):
        wizard.step = step
        await desk.look()
    await desk.press("enter")
    await until(lambda: wizard.draft.is_complete)
    await desk.look()
    wizard.step = Step.REVIEW
    await desk.look()
    await desk.refuse("pve/open/createquantity", 6002)
    await until(lambda: wizard._shown_at < inf)
    await desk.press("B")
    await until(lambda: wizard.step is Step.RESULT)
    await desk.see("0 bought")
    await desk.look()
    await desk.press("escape")


async def look_at_signing_in(desk: HostileDesk) -> None:
    await desk.press("f2")
    await desk.see("Sign in to")
    await desk.refuse("auth/getToken", 1001)
    await desk.type("A1")
    await desk.press("enter", "s", "enter")
    await desk.see("not accepted")
    await desk.look()
    await desk.press("escape")


async def look_at_everything(strings: list[str]) -> None:
    async with sitting_at(HostileDesk(strings)) as desk:
        assert isinstance(desk, HostileDesk)
        await look_at_hosts(desk)
        await look_at_the_palette(desk)
        await look_at_lists(desk)
        await look_at_questions(desk)
        await look_at_trouble(desk)
        await look_at_the_past(desk)
        await look_at_offers(desk)
        await look_at_signing_in(desk)


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
    async with sitting_at(HostileDesk(["name"])) as desk:
        assert isinstance(desk, HostileDesk)
        choices = [
            Choice("a", label, about, key=key),
            Choice("b", about, label, why_not),
            Choice("c", key, is_current=True),
        ]
        desk.app.push_screen(PickerScreen(title, choices, placeholder=label))
        await desk.look()
        await desk.press("end", "up", "enter")  # what cannot be chosen says why
        await desk.look()
        await desk.press("escape")
        desk.app.push_screen(PromptScreen(title, [label]))
        await desk.look()


async def test_markup_is_shown_as_text() -> None:
    async with sitting_at(HostileDesk(list(MARKUP))) as desk:
        names = {host.name for host in desk.monitor.state.snapshot.hosts}
        assert names == set(MARKUP)
        for name in names:
            await desk.see(re.escape(name[:12]))
        for _ in MARKUP:
            await desk.press("enter")
            title = desk.text.splitlines()[1]  # below the status line
            assert any(name in title for name in names), desk.text
            await desk.press("escape", "down")


async def test_a_long_name_is_cut_to_its_column() -> None:
    async with sitting_at(HostileDesk(["渲" * 600, "x" * 1000, "a" + "\u0301" * 1000])) as desk:
        widths = {strip.cell_length for strip in desk.app.screen._compositor.render_strips()}
        assert widths == {120}
        assert desk.app.screen.query_one(HostTable).row_count == 12
