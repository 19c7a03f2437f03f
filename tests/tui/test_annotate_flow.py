"""Names, tags, owners, notes and protection are edited on the screen, and shown at once."""

from __future__ import annotations

import pytest
from support.app_driver import AppDriver, running_app
from support.wait import until
from textual.widgets import Input

from xds_tui.config.toml_file import SettingsError
from xds_tui.domain.annotations import Annotation, AnnotationChange
from xds_tui.domain.model import Host
from xds_tui.simulator.host import ON
from xds_tui.tui.screens.annotation_editor import AnnotationScreen
from xds_tui.tui.screens.confirm import ConfirmScreen
from xds_tui.tui.widgets.host_table import HostTable


def select(driver: AppDriver) -> str:
    """Move the cursor to a host that is on, and return its ID."""
    target = next(host for host in driver.world.listed() if host.status == ON and host.port)
    driver.app.screen.query_one(HostTable).move_to(target.id)
    return target.id


def host(driver: AppDriver, host_id: str) -> Host:
    snapshot = driver.monitor.state.snapshot
    assert snapshot is not None
    return next(host for host in snapshot.hosts if host.id == host_id)


async def test_a_host_is_edited_with_the_keyboard_and_shown_under_its_name() -> None:
    async with running_app(AppDriver()) as driver:
        host_id = select(driver)
        await driver.burst("e", *"render-9", "down", *"prod gpu", "down", *"li", "down", *"until friday", "enter")
        await driver.wait_for_text("render-9")
        annotation = host(driver, host_id).annotation
        assert (annotation.alias, annotation.tags, annotation.owner) == ("render-9", ("prod", "gpu"), "li")
        await driver.burst("d")
        text = await driver.wait_for_text("until friday")
        assert "prod  gpu" in text
        assert host(driver, host_id).name in text


async def test_marked_hosts_are_edited_together_and_keep_what_was_not_touched() -> None:
    async with running_app(AppDriver()) as driver:
        table = driver.app.screen.query_one(HostTable)
        await driver.burst("space", "down", "space")
        first, second = sorted(table.marked)
        await driver.monitor.annotations.edit({first: AnnotationChange(owner="li", added_tags=("old",))})
        await until(lambda: host(driver, first).annotation.owner == "li")
        await driver.burst("t", *"new")
        assert "(mixed)" in driver.text
        assert "Name" not in "".join(str(field.id) for field in driver.app.screen.query(Input))
        await driver.burst("enter")
        await until(lambda: host(driver, second).annotation.tags == ("new",))
        assert host(driver, first).annotation.tags == ("old", "new")
        assert (host(driver, first).annotation.owner, host(driver, second).annotation.owner) == ("li", "")


async def test_what_is_typed_is_added_to_the_tags_and_the_note_and_replaces_the_name() -> None:
    async with running_app(AppDriver()) as driver:
        host_id = select(driver)
        change = AnnotationChange(alias="old", added_tags=("prod", "gpu"), note="until friday")
        await driver.monitor.annotations.edit({host_id: change})
        await until(lambda: host(driver, host_id).annotation.alias == "old")
        await driver.burst("t", *"web")
        screen = driver.app.screen
        assert isinstance(screen, AnnotationScreen)
        assert screen._edited == {"tags"}
        await driver.burst("enter")
        await until(lambda: host(driver, host_id).annotation.tags == ("prod", "gpu", "web"))
        await driver.burst("e", *"new", "down", "down", "down", *", noon", "enter")
        await until(lambda: host(driver, host_id).annotation.alias == "new")
        assert host(driver, host_id).annotation.tags == ("prod", "gpu", "web")
        assert host(driver, host_id).annotation.note == "until friday, noon"


@pytest.mark.usefixtures("unhurried")
async def test_operations_are_listed_with_the_name_of_the_user_wherever_they_are_shown() -> None:
    async with running_app(AppDriver(), 200, 50) as driver:
        host_id = select(driver)
        name = host(driver, host_id).name
        await driver.burst("x")
        await driver.wait_for_text(rf"Stop 1 host\?\s(.|\n)*{name}")
        await driver.burst("y")
        await driver.wait_for_text(f"{name} stop")
        await driver.burst("e", *"farm", "enter")
        text = await driver.wait_for_text(r"farm stop")
        assert name not in text
        await driver.burst("h")
        await driver.wait_for_text(r"stop farm")
        await driver.burst("2")
        text = await driver.wait_for_text(r"stop +farm")
        assert name not in text
        await driver.burst("enter")
        await driver.wait_for_text(rf"stop · farm(.|\n)*{host_id}")
        await driver.burst("slash", *f"{name} farm {host_id}")
        await driver.wait_for_text("1 shown")


async def test_a_known_tag_completes_what_is_typed() -> None:
    async with running_app(AppDriver()) as driver:
        host_id = select(driver)
        await driver.monitor.annotations.edit({"gone": AnnotationChange(added_tags=("production",))})
        await until(lambda: bool(driver.monitor.state.annotations))
        await driver.burst("t", "p")
        await driver.wait_for_text("known: production")
        field = driver.app.screen.query_one("#tags", Input)
        await until(lambda: bool(field._suggestion))
        await driver.burst("right", "enter")
        await until(lambda: host(driver, host_id).annotation.tags == ("production",))


async def test_a_protected_host_is_marked_and_says_how_to_end_it() -> None:
    async with running_app(AppDriver()) as driver:
        host_id = select(driver)
        await driver.burst("W")
        await driver.wait_for_text("◆ ")
        for key in ("x", "b", "D"):
            await driver.burst(key)
            await driver.wait_for_text("is protected. Press W to end that")
            await driver.burst("escape")
        await driver.burst("d", "x")
        await driver.wait_for_text("is protected. Press W to end that")
        await driver.burst("W")
        assert isinstance(driver.app.screen, ConfirmScreen)
        await driver.burst("n")
        assert host(driver, host_id).annotation.is_protected
        assert driver.request_count("powerOff") == 0


@pytest.mark.usefixtures("unhurried")
async def test_protection_ends_after_a_confirmation() -> None:
    async with running_app(AppDriver()) as driver:
        host_id = select(driver)
        await driver.burst("W")
        await driver.wait_for_text("◆ ")
        await driver.burst("W")
        await driver.wait_for_text("End the protection")
        await driver.burst("y")
        await until(lambda: not host(driver, host_id).annotation.is_protected)
        await driver.wait_until_gone("◆ ")


async def test_bad_input_and_a_file_that_cannot_be_written_keep_the_dialog(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_app(AppDriver()) as driver:
        select(driver)
        await driver.burst("t", *"good -bad", "enter")
        await driver.wait_for_text("-bad: a tag has no spaces")
        await driver.burst(*["backspace"] * 5)

        async def fail(_changes: object) -> None:
            raise SettingsError("The file cannot be written", "[red]hosts.toml")

        monkeypatch.setattr(driver.monitor.annotations, "edit", fail)
        await driver.burst("enter")
        await driver.wait_for_text(r"\[red\]hosts\.toml.*cannot be written")
        screen = driver.app.screen
        assert isinstance(screen, AnnotationScreen)
        assert screen.query_one("#tags", Input).value == "good"
        await driver.burst("escape")
        assert not isinstance(driver.app.screen, AnnotationScreen)


@pytest.mark.sweep(2)
@pytest.mark.parametrize("name", ["设计-渲染-主机", "👩‍🚀 rocket", "n" * 300, "[red]x[/red]", "مضيف-1"])
async def test_any_name_is_inert_and_aligned(name: str) -> None:
    async with running_app(AppDriver(), 80, 24) as driver:
        host_id = select(driver)
        await driver.monitor.annotations.edit({host_id: AnnotationChange(alias=name, note=name, owner=name[:100])})
        await until(lambda: bool(host(driver, host_id).annotation.alias))
        await driver.burst("e")
        await driver.wait_for_text("Edit ")
        assert {strip.cell_length for strip in driver.strips()} == {80}
        await driver.burst("escape", "d")
        await driver.wait_for_text("Notes and tags|Access")
        assert {strip.cell_length for strip in driver.strips()} == {80}


async def test_a_column_of_the_user_is_shown_once_it_is_filled() -> None:
    async with running_app(AppDriver(), 200, 50) as driver:
        host_id = select(driver)
        assert "TAGS" not in driver.text
        await driver.monitor.annotations.edit({host_id: AnnotationChange(owner="li")})
        await until(lambda: host(driver, host_id).annotation.owner == "li")
        await driver.wait_until_idle()
        assert "TAGS" not in driver.text
        await driver.monitor.annotations.edit({host_id: AnnotationChange(added_tags=("prod",))})
        await driver.wait_for_text("TAGS")
        await driver.wait_for_text("prod")


async def test_tags_leave_room_for_the_billing_and_the_name() -> None:
    async with running_app(AppDriver(), 120, 40) as driver:
        await driver.monitor.annotations.edit({select(driver): AnnotationChange(added_tags=("prod",))})
        await driver.wait_for_text("prod")
        assert "BILLING" in driver.text
        assert "TAGS" not in driver.text


async def test_the_dialog_is_filled_in_with_the_mouse_on_a_small_terminal() -> None:
    async with running_app(AppDriver(), 80, 24) as driver:
        host_id = select(driver)
        await driver.burst("e")
        for field, text in (("#owner", "li"), ("#tags", "web"), ("#alias", "farm"), ("#note", "noon")):
            assert await driver.pilot.click(field)
            await driver.burst(*text)
        assert await driver.pilot.click("#is_marked")
        assert await driver.pilot.click("#save")
        wanted = Annotation(alias="farm", note="noon", tags=("web",), owner="li", is_marked=True)
        await until(lambda: host(driver, host_id).annotation == wanted)
        await driver.burst("t", *"more")
        assert await driver.pilot.click("#leave")
        await until(lambda: not isinstance(driver.app.screen, AnnotationScreen))
        assert host(driver, host_id).annotation == wanted


async def test_the_dialog_keeps_its_height_while_tags_are_typed() -> None:
    known = {str(number): AnnotationChange(added_tags=(f"tag-{number}-{'x' * 50}",)) for number in range(3)}
    async with running_app(AppDriver(), 80, 24) as driver:
        select(driver)
        await driver.monitor.annotations.edit(known)
        await until(lambda: len(driver.monitor.state.annotations) == len(known))
        await driver.burst("t")
        await driver.wait_for_text("known: tag-0")
        places = {driver.app.screen.query_one("#owner").region}
        for key in ("t", "q", "space"):
            await driver.burst(key)
            await driver.wait_until_idle()
            places.add(driver.app.screen.query_one("#owner").region)
        assert len(places) == 1
