"""The host list: filter, order, groups, columns and saved filters; in a pane alone, and by keys in the app."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from support.app_driver import AppDriver, running_app
from support.factories import NOON, a_host, a_snapshot
from support.wait import until
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from xds_tui import i18n
from xds_tui.config.schema import HostListSettings
from xds_tui.domain.model import Area, Host, Status
from xds_tui.domain.pricing import Costs, Rate
from xds_tui.fleet.state import ConnectionState, FleetState
from xds_tui.simulator.host import OFF
from xds_tui.tui.screens.column_picker import ColumnList
from xds_tui.tui.widgets.host_pane import HostPane
from xds_tui.tui.widgets.host_table import HostTable

FLEET = (
    a_host(id="a", name="渲染-07", status=Status.BILLED, gpu_count=2, gpu_name="RTX 4090", memory=64, os="Ubuntu"),
    a_host(id="b", name="office-3", status=Status.STARTING, memory=16, area=Area.WEST),
    a_host(id="c", name="train-a", status=Status.OFF, memory=128),
    a_host(id="d", name="train-b", status=Status.OFF, memory=32),
)
COSTS = Costs({"a": Rate(Decimal("4.76"), Decimal("4.76"))})


class Kept:
    """Records the saved settings, and fails on demand."""

    def __init__(self, why: str = "") -> None:
        self.changes: list[Mapping[tuple[str, ...], object]] = []
        self.why = why

    async def __call__(self, changes: Mapping[tuple[str, ...], object]) -> str:
        self.changes.append(changes)
        return self.why


class Sitting:
    """A screen with a pane only."""

    def __init__(self, pane: HostPane, pilot: Pilot[None]) -> None:
        self.pane, self.pilot = pane, pilot

    @property
    def lines(self) -> list[str]:
        return [strip.text.rstrip() for strip in self.pilot.app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def rows(self) -> list[str]:
        """Return the first word of every line of the table below its header."""
        return [line[1:-1].lstrip(" ▌✓").split("  ")[0] for line in self.lines[2:-1] if line[1:-1].strip()]

    @property
    def ids(self) -> str:
        return "".join(key for key in self.pane.table.keys if not key.startswith("\0"))

    async def fleet(self, *hosts: Host, **known: Any) -> None:
        state = FleetState(connection=ConnectionState.LIVE, snapshot=a_snapshot(*hosts), costs=COSTS)
        self.pane.fleet = replace(state, **known)
        await self.pilot.pause()

    async def notified(self) -> list[str]:
        notifications = self.pilot.app._notifications
        await until(lambda: bool(notifications))
        assert not any(notification.markup for notification in notifications)
        return [notification.message for notification in notifications]

    async def filter(self, text: str) -> None:
        self.pane.query_text = text
        await self.pilot.pause()

    async def list(self, **how: Any) -> None:
        self.pane.list_as(replace(self.pane.listing, **how))
        await self.pilot.pause()


@asynccontextmanager
async def pane(
    *hosts: Host, width: int = 80, height: int = 16, listing: HostListSettings | None = None, keep: Kept | None = None
) -> AsyncIterator[Sitting]:
    shown = HostPane(FleetState(), lambda: NOON, listing=listing, keep=keep, id="hosts-pane", classes="pane")

    class PaneApp(App[None]):
        CSS = ".pane { border: round white; }"

        def compose(self) -> ComposeResult:
            yield shown

    async with PaneApp().run_test(size=(width, height)) as pilot:
        sitting = Sitting(shown, pilot)
        await sitting.fleet(*(hosts or FLEET))
        yield sitting


@pytest.fixture
def in_chinese() -> Iterator[None]:
    i18n.choose("zh_CN")
    yield
    i18n.choose("en")


class TestFilter:
    async def test_while_it_is_wrong_the_reason_stands_beneath_and_the_last_good_one_holds(self) -> None:
        async with pane() as sitting:
            await sitting.filter("status:off")
            assert sitting.ids == "cd"
            await sitting.filter("status:off cpu>lots")
            assert sitting.ids == "cd"
            assert "! cpu>lots: this field needs a number" in sitting.lines[-1]
            await sitting.filter("status:off mem>64")
            assert sitting.ids == "c"
            assert "!" not in sitting.lines[-1]
            assert "/ status:off mem>64 · esc clears" in sitting.lines[0]

    async def test_a_field_that_is_being_typed_hides_nothing_when_it_turns_out_to_be_one(self) -> None:
        async with pane() as sitting:
            await sitting.filter("status:off mem")
            assert sitting.ids == ""
            await sitting.filter("status:off mem>")
            assert sitting.ids == "cd"
            assert "mem>: the value is missing" in sitting.lines[-1]

    async def test_an_empty_list_says_what_to_do(self) -> None:
        async with pane() as sitting:
            await sitting.filter("nothing-like-this")
            assert "No hosts match the filter. Press esc to clear it." in sitting.text
            await sitting.list(group="status")
            assert "No hosts match the filter. Press esc to clear it." in sitting.text
            await sitting.filter("")
            await sitting.fleet()
            assert "No hosts yet. Press n to rent one." in sitting.text
            await sitting.fleet(unreadable=3)
            assert "No host could be parsed" in sitting.text
            await sitting.fleet(snapshot=replace(a_snapshot(), is_complete=False))
            assert "The list of hosts is inconsistent; some hosts may be missing from it." in sitting.text
            assert "No hosts yet" not in sitting.text

    @pytest.mark.usefixtures("in_chinese")
    async def test_the_words_on_screen_can_be_asked_for_in_their_language(self) -> None:
        async with pane() as sitting:
            assert "已关机" in sitting.text
            await sitting.filter("status：已关机")
            assert sitting.ids == "cd"
            await sitting.filter("-已关机")
            assert sitting.ids == "ab"
            await sitting.filter("status:off")
            assert sitting.ids == "cd"


class TestOrder:
    async def test_a_column_sorts_and_again_reverses(self) -> None:
        async with pane() as sitting:
            sitting.pane.sort_by("mem")
            assert sitting.ids == "bdac"
            sitting.pane.sort_by("mem")
            assert sitting.ids == "cadb"
            sitting.pane.sort_by("name")
            assert sitting.ids == "bcda"
            sitting.pane.sort_by(None)
            assert sitting.ids == "abcd"

    async def test_a_sort_by_a_hidden_column_is_named_below_the_table(self) -> None:
        async with pane() as sitting:
            await sitting.list(sort="disk", descending=True)
            assert "Disk ▼" in sitting.lines[-1]
            await sitting.list(sort="name", descending=True)
            assert "NAME▼" in sitting.lines[1]
            assert "▼" not in sitting.lines[-1]

    async def test_a_click_on_a_header_sorts_and_is_kept(self) -> None:
        async with pane(keep=(keep := Kept())) as sitting:
            x = sitting.lines[1].index("STATUS")
            await sitting.pilot.click(HostTable, offset=(x, 0))
            await sitting.pilot.click(HostTable, offset=(x, 0))
            await until(lambda: len(keep.changes) == 2)
            assert keep.changes == [{("hosts", "sort"): "status"}, {("hosts", "sort"): "-status"}]
            assert sitting.ids == "cdab"


class TestColumns:
    async def test_those_that_do_not_fit_leave_and_the_title_says_how_many(self) -> None:
        async with pane(width=80) as sitting:
            assert sitting.lines[1][3:].split() == ["NAME", "STATUS", "GPU", "¥/H", "BILLING", "EXPIRES", "│"]
            assert "+7 columns" in sitting.lines[0]
            await sitting.pilot.resize_terminal(200, 16)
            await until(lambda: "column" not in sitting.lines[0])
            assert "ADDRESS" in sitting.lines[1]
            await sitting.pilot.resize_terminal(66, 16)
            await until(lambda: "+8 columns" in sitting.lines[0])

    @pytest.mark.parametrize("name", ["渲大师a1b2c3d4e5", "a-name-of-24-characters-", "渲染农场渲染农场渲染农场"])
    async def test_a_name_is_not_cut_while_a_less_important_column_is_shown(self, name: str) -> None:
        async with pane(a_host(id="a", name=name), a_host(id="b", name="office")) as sitting:
            assert name in sitting.lines[2]
            assert {"NAME", "STATUS", "GPU", "¥/H", "EXPIRES"} <= set(sitting.lines[1].split())

    async def test_columns_keep_their_places_when_the_longest_name_is_no_longer_there(self) -> None:
        async with pane(a_host(id="a", name="渲大师a1b2c3d4e5"), a_host(id="b", name="office")) as sitting:
            header = sitting.lines[1]
            await sitting.filter("office")
            assert sitting.lines[1] == header
            await sitting.filter("")
            await sitting.fleet(a_host(id="b", name="office"))
            assert sitting.ids == "b"
            assert sitting.lines[1] == header

    async def test_they_stand_as_they_are_chosen(self) -> None:
        async with pane(listing=HostListSettings(columns=("id", "mem", "name"))) as sitting:
            assert sitting.lines[1].split()[1:4] == ["ID", "GB", "NAME"]
            assert sitting.lines[2].split()[1:4] == ["a", "64", "渲染-07"]
            assert "column" not in sitting.lines[0]

    async def test_other_columns_mark_no_change(self) -> None:
        async with pane() as sitting:
            await sitting.list(columns=("status", "name"))
            assert not any(s.style and s.style.underline for s in sitting.pane.table.render_line(1))


class TestGroups:
    async def test_hosts_stand_under_what_they_have_in_common_sorted_within(self) -> None:
        async with pane() as sitting:
            await sitting.list(group="status", sort="mem")
            assert sitting.rows == [
                *("↑ starting", "office-3"),
                *("● on ¥", "渲染-07"),
                *("○ off", "train-b", "train-a"),
            ]
            assert "1 host · ≈¥4.76/h" in sitting.text
            assert "2 hosts" in sitting.text
            assert "Hosts 4 " in sitting.lines[0]
            await sitting.list(group="area")
            assert sitting.rows[0] == "South China"
            await sitting.list(group="os")
            assert sitting.rows[0] == "Ubuntu"

    async def test_cursor_and_marks_stay_with_hosts_that_change_their_group(self) -> None:
        async with pane(listing=HostListSettings(group="status")) as sitting:
            table = sitting.pane.table
            assert table.move_to("d")
            table.mark(["c", "d"])
            changed = [replace(host, status=Status.EXPIRED) if host.id == "d" else host for host in FLEET]
            await sitting.fleet(*changed)
            assert sitting.rows[-2:] == ["✕ expired", "train-b"]
            assert (table.cursor_key, table.marked) == ("d", frozenset("cd"))
            assert [host.id for host in sitting.pane.picked()[0]] == ["c", "d"]

    async def test_a_heading_is_never_picked(self) -> None:
        async with pane(listing=HostListSettings(group="status")) as sitting:
            sitting.pane.table.focus()
            for key in ("home", "up", "k", "pageup"):
                await sitting.pilot.press(key)
                assert [host.id for host in sitting.pane.picked()[0]] == ["b"]
            await sitting.pilot.press("asterisk")
            assert len(sitting.pane.picked()[0]) == 4

    async def test_a_filter_counts_hosts_and_not_headings(self) -> None:
        async with pane(listing=HostListSettings(group="status")) as sitting:
            await sitting.filter("train")
            assert "Hosts 2/4" in sitting.lines[0]
            assert sitting.rows == ["○ off", "train-a", "train-b"]


class TestKeeping:
    async def test_what_cannot_be_kept_holds_all_the_same_and_is_said(self) -> None:
        async with pane(keep=Kept("config.toml cannot [/be] written")) as sitting:
            await sitting.list(group="status")
            (message,) = await sitting.notified()
            assert message == "config.toml cannot [/be] written"
            assert "↑ starting" in sitting.text

    async def test_what_stays_as_it_is_is_not_kept_again(self) -> None:
        async with pane(listing=HostListSettings(sort="mem"), keep=(keep := Kept())) as sitting:
            await sitting.list(sort="mem")
            await sitting.list(sort=None)
            await until(lambda: bool(keep.changes))
            assert keep.changes == [{("hosts", "sort"): None}]


class TestThroughKeys:
    """The app, in which the dialogs are."""

    async def test_o_asks_for_a_column_and_the_same_again_reverses(self) -> None:
        async with running_app(AppDriver(), 80, 24) as driver:
            await driver.press("o")
            await driver.wait_for_text("Sort by")
            await driver.type("cost")
            await driver.press("enter")
            await driver.wait_for_text("¥/H▲")
            await driver.press("o")
            assert "• Cost per hour" in await driver.wait_for_text("ascending; choose again to reverse")
            await driver.press("enter")
            await driver.wait_for_text("¥/H▼")
            await driver.press("o", "home", "up", "up", "up", "up", "up", "up", "up", "up", "enter")
            await driver.wait_until_gone("▼")

    async def test_ctrl_g_groups_and_takes_the_groups_away(self) -> None:
        async with running_app(AppDriver(), 80, 24) as driver:
            await driver.press("ctrl+g")
            await driver.wait_for_text("Group by")
            await driver.type("status")
            await driver.press("enter")
            await driver.wait_for_text(r"│ ↑ starting +1 host")
            await driver.press("ctrl+g", "up", "enter")
            await driver.wait_until_gone(r"│ ↑ starting")

    @pytest.mark.parametrize("key", ["o", "ctrl+g", "C", "f"])
    async def test_a_letter_typed_before_the_question_is_painted_does_nothing_to_a_host(self, key: str) -> None:
        async with running_app(AppDriver(), 80, 24) as driver:
            off = next(host for host in driver.world.listed() if host.status == OFF)
            driver.app.screen.query_one(HostTable).move_to(off.id)
            for letter in (key, "s"):
                driver.post(letter)
            await until(lambda: driver.app.screen is not driver.app.screen_stack[0])
            await driver.pilot.pause()
            assert driver.monitor.state.orders == ()
            assert driver.request_count("operate") == 0

    async def test_columns_are_chosen_moved_and_shown(self) -> None:
        async with running_app(AppDriver(), 160, 40) as driver:
            table = driver.app.screen.query_one(HostTable)
            await driver.press("C")
            await driver.wait_for_text("Columns: marked ones are shown")
            await driver.press("space", "enter")
            await driver.wait_for_text(r"│ +STATUS")
            await driver.press("C", "down", "down", "right_square_bracket", "shift+up", "K", "K", "enter")
            assert re.search(r"│ +CPU +STATUS", await driver.wait_for_text(r"│ +CPU"))
            assert table.has_focus
            await driver.press("C", "backspace", "space")
            await driver.press("escape")
            await driver.wait_for_text(r"│ +CPU +STATUS")
            await driver.press("C", "backspace", "enter")
            await driver.wait_for_text(r"│ +NAME +STATUS +(OS|GPU)")

    async def test_one_column_has_to_stay(self) -> None:
        async with running_app(AppDriver(), 80, 24) as driver:
            driver.app.screen.query_one(HostPane).list_as(HostListSettings(columns=("name",)))
            await driver.press("C", "space", "enter")
            await driver.wait_for_text("At least one column")
            await driver.press("down", "space")
            await driver.wait_until_gone("At least one column")
            await driver.press("enter")
            await driver.wait_for_text(r"│ +STATUS")

    async def test_a_click_on_a_column_with_the_cursor_shows_it_or_no_longer(self) -> None:
        async with running_app(AppDriver(), 80, 24) as driver:
            await driver.press("C")
            await driver.wait_for_text("Columns: marked ones are shown")
            chosen = driver.app.screen.query_one(ColumnList)
            await driver.pilot.click("ColumnList", offset=(8, 1))
            assert chosen.chosen[0] == "status"

    async def test_a_filter_is_saved_used_and_removed_by_its_name(self) -> None:
        async with running_app(AppDriver(), 80, 24) as driver:
            pane = driver.app.screen.query_one(HostPane)
            pane._keep = keep = Kept()
            await driver.press("f")
            assert "no filter is set" in await driver.wait_for_text("Saved filters")
            await driver.press("escape", "slash")
            await driver.type("status:off")
            await driver.press("enter", "f")
            await driver.wait_for_text("Save this filter")
            await driver.press("enter")
            await driver.wait_for_text("Save status:off as")
            await driver.press("enter")
            await driver.type("at rest")
            await driver.press("enter")
            await until(lambda: keep.changes == [{("filters", "at rest"): "status:off"}])
            await driver.press("escape")
            await driver.wait_for_text(r"Hosts 12 ")
            await driver.press("f")
            await driver.wait_for_text(r"at rest +status:off")
            await driver.press("enter")
            await driver.wait_for_text(r"Hosts \d+/12")
            assert pane.query_text == "status:off"
            await driver.press("slash")
            await driver.wait_for_text(r"│ status:off")
            await driver.press("escape")
            await driver.wait_for_text(r"Hosts 12 ")
            await driver.press("f")
            await driver.type("remove")
            await driver.press("enter")
            await driver.wait_for_text("Remove a saved filter ─")
            await driver.press("enter")
            await until(lambda: keep.changes[-1] == {("filters", "at rest"): None})
            assert pane.listing.filters == {}

    async def test_a_saved_filter_that_cannot_be_read_says_why_and_is_refused(self) -> None:
        async with running_app(AppDriver(), 80, 24) as driver:
            pane = driver.app.screen.query_one(HostPane)
            pane.list_as(HostListSettings(filters={"broken": "colour:red", "[/nope]": "gpu>0"}))
            await driver.press("f")
            assert "[/nope]" in await driver.wait_for_text("colour: no such field")
            await driver.press("enter")
            await driver.press("escape")
            assert pane.query_text == ""

    async def test_a_taken_name_is_reported_before_it_is_replaced(self) -> None:
        async with running_app(AppDriver(), 80, 24) as driver:
            pane = driver.app.screen.query_one(HostPane)
            pane.list_as(HostListSettings(filters={"mine": "gpu>0"}))
            pane.filter_by("status:on")
            await driver.press("f", "down", "enter")
            await driver.wait_for_text("Save status:on as")
            await driver.type("mine")
            await driver.wait_for_text("This name is in use; its filter will be replaced")
            await driver.press("enter")
            await until(lambda: pane.listing.filters == {"mine": "status:on"})
