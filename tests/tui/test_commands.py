from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections import Counter
from collections.abc import Iterator
from typing import ClassVar

import pytest
from support.app_driver import AppDriver, running_app
from support.wait import until
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widgets import Input

from tests.simulator_faults.faults import Fault, Kind
from xds_tui.simulator.host import OFF, ON
from xds_tui.text.formats import cells
from xds_tui.tui import screens, widgets
from xds_tui.tui.app import XdsApp
from xds_tui.tui.command import Context
from xds_tui.tui.commands import COMMANDS, OLD_IDS, bindings
from xds_tui.tui.screens.base import LiveScreen
from xds_tui.tui.widgets.footer import KeyBar
from xds_tui.tui.widgets.host_table import HostTable
from xds_tui.tui.widgets.notice import FleetNotice, Notice

pytestmark = pytest.mark.usefixtures("unhurried")


def ours() -> Iterator[type[DOMNode]]:
    """Return every screen and widget class of the package, and the app."""
    yield XdsApp
    for package in (screens, widgets):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(found.name)
            for _name, kind in inspect.getmembers(module, inspect.isclass):
                if kind.__module__ == found.name and issubclass(kind, DOMNode):
                    yield kind


HEARING = [kind for kind in ours() if "BINDINGS" in vars(kind)]
"""Return the classes with bindings of their own."""


def test_every_binding_is_in_the_registry() -> None:
    made = [binding for kind in HEARING for binding in kind.BINDINGS]
    assert len(HEARING) > 10
    for binding in made:
        assert isinstance(binding, Binding)
        assert binding.id in COMMANDS, binding
        assert binding == COMMANDS[binding.id or ""].binding()


def test_every_registered_command_is_bound_somewhere() -> None:
    heard = Counter(binding.id for kind in HEARING for binding in kind.BINDINGS if isinstance(binding, Binding))
    assert heard == Counter(list(COMMANDS))


@pytest.mark.parametrize("kind", HEARING, ids=lambda kind: kind.__name__)
def test_every_bound_action_is_implemented(kind: type[DOMNode]) -> None:
    for binding in kind.BINDINGS:
        assert isinstance(binding, Binding)
        action = COMMANDS[binding.id or ""]
        named = action.run.partition("(")[0]
        target, _dot, name = named.rpartition(".")
        doing: dict[str, list[type[DOMNode]]] = {
            "app": [XdsApp],
            "screen": [screen for screen in ours() if issubclass(screen, Screen)],
        }
        assert any(hasattr(does, f"action_{name}") for does in doing.get(target, [kind])), action


def test_every_command_has_a_short_label_and_description() -> None:
    for action in COMMANDS.values():
        assert 0 < cells(action.label) <= 15, action
        assert 0 < cells(action.sentence) <= 42, action
        assert action.sentence[0].isupper(), action
        assert not action.sentence.endswith("."), action


def test_commands_of_one_place_have_different_keys() -> None:
    for place in {action.place for action in COMMANDS.values()}:
        keys = Counter(key for binding in bindings(place) for key in binding.key.split(","))  # type: ignore[union-attr]
        assert set(keys.values()) == {1}, place


def test_published_ids_are_still_accepted() -> None:
    published = (
        "app.help app.interrupt app.quit app.sign-in app.suspend catalog.area catalog.billing catalog.clear catalog.gpu"
        " catalog.sort catalog.use choose.back create.again create.all create.back create.buy create.next detail.back"
        " detail.copy detail.copy-password detail.delete detail.reboot detail.reveal detail.start detail.stop"
        " filter.clear filter.keep fleet.all-history fleet.back fleet.catalog fleet.delete fleet.faster fleet.filter"
        " fleet.history fleet.hosts fleet.new fleet.pause fleet.quit fleet.reboot fleet.refresh fleet.slower"
        " fleet.start fleet.stop fleet.zoom history.back history.events history.export history.filter history.next"
        " history.orders history.plots history.previous history.span history.trace hosts.sort line-table.down"
        " line-table.first line-table.last line-table.mark line-table.page-down line-table.page-up line-table.select"
        " line-table.up"
    )
    assert set(published.split()) <= {*COMMANDS, *OLD_IDS}
    assert set(OLD_IDS.values()) <= set(COMMANDS)
    assert set(OLD_IDS).isdisjoint(COMMANDS)


def test_a_label_contains_the_number_of_marked_hosts() -> None:
    assert COMMANDS["fleet.start"].words(Context(marked=3)) == "Start 3"
    assert COMMANDS["fleet.start"].words(Context()) == "Start"
    assert COMMANDS["fleet.new"].words(Context(marked=3)) == "New"


# In the app


async def test_keys_set_under_an_old_id_work_and_the_new_id_is_shown_at_start() -> None:
    async with running_app(AppDriver(keymap={"line-table.mark": "w"}), 200, 50) as driver:
        (warning,) = driver.app._notifications
        assert warning.message == "[keys] line-table.mark has been renamed to table.mark"
        await driver.press("w")
        assert driver.app.screen.query_one(HostTable).marked
        await driver.press("question_mark")
        await driver.wait_for_text(r"w +Mark or unmark")


async def test_the_reason_of_a_disabled_command_is_shown_until_the_cursor_moves() -> None:
    async with running_app(AppDriver()) as driver:
        off = next(host for host in driver.world.listed() if host.status == OFF)
        driver.app.screen.query_one(HostTable).move_to(off.id)
        await driver.press("x")
        await driver.wait_for_text(f"{off.name} is already off")
        assert driver.request_count("operate") == 0
        await driver.press("down")
        await driver.wait_until_gone("is already off")


async def test_the_reason_of_a_disabled_command_does_not_replace_an_error() -> None:
    async with running_app(AppDriver()) as driver:
        target = next(host for host in driver.world.listed() if host.status == OFF and host.rented)
        driver.app.screen.query_one(HostTable).move_to(target.id)
        driver.service.faults.set(Fault(kind=Kind.CODE, endpoint="pve/open/operate", code=6003))
        await driver.press("s")
        await until(lambda: driver.app.screen.query_one(FleetNotice).is_error)
        error = str(driver.app.screen.query_one(FleetNotice).content)
        await driver.press("x")
        await until(lambda: any("is already off" in toast.message for toast in driver.app._notifications))
        assert str(driver.app.screen.query_one(FleetNotice).content) == error


async def test_commands_are_disabled_if_read_only_or_without_hosts() -> None:
    async with running_app(AppDriver(read_only=True)) as driver:
        await driver.press("D")
        await driver.wait_for_text("Changes are disabled in read-only mode")
    async with running_app(AppDriver(hosts=0)) as driver:
        await driver.press("s")
        await driver.wait_for_text("No host is selected")


async def test_the_key_of_a_disabled_command_is_dimmed_in_place() -> None:
    async with running_app(AppDriver()) as driver:
        table, bar = driver.app.screen.query_one(HostTable), driver.app.screen.query_one(KeyBar)
        listed = driver.world.listed()
        off, on = (next(host for host in listed if host.status == status) for status in (OFF, ON))

        def dim() -> set[str]:
            return {key.what for key in bar.keys if key.is_dim}

        table.move_to(on.id)
        await until(lambda: dim() == {"Start"})
        words = driver.text.splitlines()[-1]
        table.move_to(off.id)
        await until(lambda: dim() == {"Stop", "Reboot", "Connect"})
        assert driver.text.splitlines()[-1] == words
        await driver.press("space")
        table.mark([on.id])
        await until(lambda: {"Start 2", "Stop 2"} <= {key.what for key in bar.keys} and dim() == {"Connect"})
        await driver.wait_for_text("s Start 2")


async def test_marks_leave_no_room_for_a_key_that_needs_one_host() -> None:
    async with running_app(AppDriver()) as driver:
        await driver.wait_for_text("c Connect.*y Copy")
        await driver.press("asterisk")
        text = await driver.wait_for_text("y Copy 12")
        assert "Connect" not in text.splitlines()[-1]


class Unfocused(LiveScreen[None]):
    """A screen on which nothing has the focus at first."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "quit", "Quit")]

    def compose(self) -> ComposeResult:
        yield Notice()
        yield Input()
        yield KeyBar()


async def test_the_key_bar_is_empty_until_its_keys_have_their_places() -> None:
    async with running_app(AppDriver()) as driver:
        screen = Unfocused(driver.monitor.state)
        await driver.app.push_screen(screen)
        screen.refresh_bindings()
        await driver.wait_until_idle()
        assert screen.query_one(KeyBar).keys == ()
        screen.query_one(Input).focus()
        await driver.wait_for_text("Commands")


async def test_a_click_on_the_key_bar_presses_the_key() -> None:
    async with running_app(AppDriver()) as driver:
        line = driver.text.splitlines()[-1]
        await driver.pilot.click(KeyBar, offset=(line.index("Help") + 1, 0))
        await driver.wait_for_text("On this screen")


async def test_a_click_on_the_connection_state_runs_its_command() -> None:
    async with running_app(AppDriver()) as driver:
        await driver.press("p")
        await driver.wait_for_text("‖ paused")
        await driver.pilot.click("#status", offset=(60, 0))
        await driver.wait_for_text("● live")


async def test_keys_can_be_configured() -> None:
    async with running_app(AppDriver(keymap={"fleet.new": "f5", "app.help": "f4", "app.quit": "f9"})) as driver:
        await driver.wait_for_text("f5 New")
        await driver.press("n")
        assert driver.app.screen is driver.app.screen_stack[0]
        await driver.press("f4")
        assert "f5" in await driver.wait_for_text("Rent a host")
        await driver.press("escape", "ctrl+q")
        assert driver.app.is_running
        await driver.press("f9")
        await until(lambda: driver.app.return_code == 0)


async def test_conflicting_keys_are_reported_at_start() -> None:
    async with running_app(AppDriver(keymap={"fleet.start": "x", "fleet.strat": "s"})) as driver:
        said = " ".join(toast.message for toast in driver.app._notifications)
        assert "x is assigned to both fleet.start and fleet.stop" in said
        assert "there is no command fleet.strat" in said
