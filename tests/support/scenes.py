"""The states of every screen for snapshots in each theme and language; reaching them does not depend on texts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from support.app_driver import KEY, AppDriver
from support.wait import until

from tests.simulator_faults.faults import Fault, Kind
from xds_tui.domain.annotations import AnnotationChange
from xds_tui.domain.model import Status
from xds_tui.domain.records import Sample
from xds_tui.simulator.host import OFF
from xds_tui.tui.screens.annotation_editor import AnnotationScreen
from xds_tui.tui.screens.column_picker import ColumnPickerScreen
from xds_tui.tui.screens.confirm import Dialog
from xds_tui.tui.screens.create.screen import CreateScreen, Step
from xds_tui.tui.screens.history import HistoryScreen
from xds_tui.tui.screens.host_detail import HostDetailScreen
from xds_tui.tui.screens.palette import PaletteScreen
from xds_tui.tui.screens.picker import Choice, PickerScreen
from xds_tui.tui.screens.prompt import PromptScreen
from xds_tui.tui.screens.sign_in import SignInScreen
from xds_tui.tui.widgets.charts import Charts
from xds_tui.tui.widgets.event_table import EventTable
from xds_tui.tui.widgets.host_pane import HostPane
from xds_tui.tui.widgets.host_table import HostTable
from xds_tui.tui.widgets.notice import FleetNotice
from xds_tui.tui.widgets.order_table import OrderTable

Play = Callable[[AppDriver], Awaitable[None]]


@dataclass(frozen=True)
class Scene:
    """A screen state and the steps that lead to it."""

    name: str
    play: Play
    is_signed_in: bool = True

    def driver(self, *, theme: str = "dark", ascii_only: bool = False) -> AppDriver:
        """Return the app driver for this scene."""
        credentials = KEY if self.is_signed_in else None
        return AppDriver(hosts=40, theme=theme, ascii_only=ascii_only, credentials=credentials)


async def _at(driver: AppDriver, screen: type[object]) -> None:
    await until(lambda: isinstance(driver.app.screen, screen) and driver.app.screen.is_mounted)
    await driver.pilot.pause()


async def fleet(driver: AppDriver) -> None:
    await driver.press("down", "space", "down")


async def catalog(driver: AppDriver) -> None:
    await driver.press("2", "down", "enter")
    await driver.wait_for_text("[✓*] 4090[×x]2")


async def trouble(driver: AppDriver) -> None:
    driver.service.faults.set(Fault(kind=Kind.HTML, endpoint="pve/open/mypage", times=9))
    driver.monitor.refresh()
    await until(lambda: driver.app.screen.query_one(FleetNotice).display)
    await driver.wait_for_text(r"[▲^]")


async def package(driver: AppDriver) -> None:
    await driver.press("n")
    await _at(driver, CreateScreen)
    await driver.press("m", "down", "down")


async def image(driver: AppDriver) -> None:
    await package(driver)
    await driver.press("enter", "down")


async def order(driver: AppDriver) -> None:
    await image(driver)
    await driver.press("enter", "3", "tab", "2")
    await driver.wait_for_text(r"3,801\.60")


async def review(driver: AppDriver) -> None:
    await order(driver)
    await driver.press("enter")
    screen = driver.app.screen
    assert isinstance(screen, CreateScreen)
    await until(lambda: screen.step is Step.REVIEW)


async def result(driver: AppDriver) -> None:
    rejection = '{"code":9001,"data":null,"msg":"钱包余额不足","traceId":"8de34ae90e7b48ef851b3a02c30bc237"}'
    driver.service.faults.set(Fault(kind=Kind.ANSWER, endpoint="pve/open/createRent", skip=1, body=rejection))
    await review(driver)
    screen = driver.app.screen
    assert isinstance(screen, CreateScreen)
    await until(lambda: screen._guard.is_shown)
    await driver.press("B")
    await until(lambda: screen.step is Step.RESULT and not driver.monitor.orders.is_sending)


async def detail(driver: AppDriver) -> None:
    target = next(host for host in driver.world.listed() if host.rented and host.expires and host.status == OFF)
    driver.app.screen.query_one(HostTable).move_to(target.id)
    await driver.press("enter")
    await _at(driver, HostDetailScreen)


async def a_day_of_samples(driver: AppDriver) -> None:
    while not await driver.monitor.recorder.samples(timedelta(days=1), 1):
        await driver.pilot.pause()  # the program's own sample comes first, however slow the machine is
    for number in range(60):
        sample = Sample(
            at=driver.now() - timedelta(minutes=number),
            total=40,
            on=20 + number % 7,
            changing=0,
            billed_low=Decimal(20 + number % 7),
            billed_high=Decimal(22 + number % 7),
            prepaid_low=Decimal(12),
            prepaid_high=Decimal(12),
        )
        if not 20 < number < 30:
            await driver.monitor.recorder.journal.add_sample(sample)


async def past_events(driver: AppDriver) -> None:
    await driver.press("h")
    await _at(driver, HistoryScreen)
    await until(lambda: driver.app.screen.query_one(EventTable).row_count > 0)


async def past_orders(driver: AppDriver) -> None:
    driver.service.faults.set(Fault(kind=Kind.CODE, endpoint="pve/open/operate", code=6003))
    assert driver.monitor.state.snapshot is not None
    off = next(host for host in driver.monitor.state.snapshot.hosts if host.status is Status.OFF)
    driver.monitor.orders.power([off], on=True)
    await until(lambda: not driver.monitor.orders.is_sending)
    await driver.press("h", "2")
    await until(lambda: driver.app.screen.query_one(OrderTable).row_count > 0)


async def past_charts(driver: AppDriver) -> None:
    await a_day_of_samples(driver)
    await past_events(driver)
    await driver.press("3")
    await until(lambda: driver.app.screen.query_one(Charts).display)
    await driver.wait_for_text("[┤|] *[⣿#⠒-]")


async def keys(driver: AppDriver) -> None:
    before = driver.app.screen
    await driver.press("question_mark")
    await until(lambda: driver.app.screen is not before)


async def stop_question(driver: AppDriver) -> None:
    await driver.press("down", "space", "down", "space", "x")
    await _at(driver, Dialog)


async def delete_question(driver: AppDriver) -> None:
    target = next(host for host in driver.world.listed() if host.rented and host.status == OFF)
    driver.app.screen.query_one(HostTable).move_to(target.id)
    await driver.press("D")
    await _at(driver, Dialog)


async def chooser(driver: AppDriver) -> None:
    choices = [
        Choice("dark", "dark", "light on dark"),
        Choice("light", "light", "dark on light", is_current=True),
        Choice("ansi", "ansi", why_not="not in this terminal"),
    ]
    driver.app.push_screen(PickerScreen("Theme", choices))
    await _at(driver, PickerScreen)


async def columns(driver: AppDriver) -> None:
    await driver.press("C")
    await _at(driver, ColumnPickerScreen)


async def naming(driver: AppDriver) -> None:
    await driver.press("slash")
    await driver.type("cpu>8")
    await driver.press("enter", "f")
    await _at(driver, PickerScreen)
    await driver.press("enter")
    await _at(driver, PromptScreen)


async def palette(driver: AppDriver) -> None:
    await driver.press("ctrl+p")
    await _at(driver, PaletteScreen)
    await driver.type("st")


TAGGED = (
    AnnotationChange(
        alias="render-farm-primary",
        added_tags=("prod", "gpu", "dev"),
        owner="li",
        note="until friday, then ask chen whether the farm still needs it",
    ),
    AnnotationChange(
        alias="渲染农场主节点一号机", added_tags=("渲染", "test"), owner="王小明", note="周五前保留", is_marked=True
    ),
    AnnotationChange(alias="🚀 launch pad", added_tags=("🚀", "web"), owner="zoë"),
    AnnotationChange(alias="x" * 300, added_tags=("t" * 100, "prod"), owner="o" * 100, note="n" * 2000),
    AnnotationChange(added_tags=("batch",), owner="chen", is_marked=True),
)
"""Annotations of the first hosts: in several scripts, as long as possible, and with every color of tags."""


async def tagged(driver: AppDriver) -> None:
    ids = [host.id for host in driver.world.listed()]
    await driver.monitor.annotations.edit(dict(zip(ids, TAGGED, strict=False)))
    pane = driver.app.screen.query_one(HostPane)
    pane.list_as(replace(pane.listing, columns=("name", "status", "tags", "owner", "expires")))
    await driver.wait_for_text("prod gpu")
    await driver.press("down")


async def tagged_detail(driver: AppDriver) -> None:
    await tagged(driver)
    await driver.press("up", "d")
    await _at(driver, HostDetailScreen)


async def annotation(driver: AppDriver) -> None:
    await tagged(driver)
    await driver.press("e")
    await _at(driver, AnnotationScreen)


async def protected_question(driver: AppDriver) -> None:
    await tagged(driver)
    await driver.press("asterisk", "x")
    await _at(driver, Dialog)


async def sign_in(driver: AppDriver) -> None:
    await _at(driver, SignInScreen)


SCENES = [
    *(Scene(play.__name__, play) for play in (fleet, catalog, trouble, package, image, order, review, result)),
    *(Scene(play.__name__, play) for play in (detail, past_events, past_orders, past_charts, keys)),
    *(Scene(play.__name__, play) for play in (stop_question, delete_question, chooser, columns, naming, palette)),
    Scene("sign_in", sign_in, is_signed_in=False),
    *(Scene(play.__name__, play) for play in (tagged, tagged_detail, annotation, protected_question)),
]
