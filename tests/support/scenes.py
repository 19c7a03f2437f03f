"""The states of every screen for snapshots in each theme and language; reaching them does not depend on texts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from math import inf

from support.app_driver import KEY, Desk
from support.wait import until

from tests.simulator_faults.faults import Fault, Kind
from xds_tui.domain.model import Status
from xds_tui.domain.records import Sample
from xds_tui.simulator.host import OFF
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
from xds_tui.tui.widgets.host_table import HostTable
from xds_tui.tui.widgets.notice import FleetNotice
from xds_tui.tui.widgets.order_table import OrderTable

Play = Callable[[Desk], Awaitable[None]]


@dataclass(frozen=True)
class Scene:
    """A screen state and the steps that lead to it."""

    name: str
    play: Play
    is_signed_in: bool = True

    def desk(self, *, theme: str = "dark", ascii_only: bool = False) -> Desk:
        """Return the app driver for this scene."""
        credentials = KEY if self.is_signed_in else None
        return Desk(hosts=40, theme=theme, ascii_only=ascii_only, credentials=credentials)


async def _at(desk: Desk, screen: type[object]) -> None:
    await until(lambda: isinstance(desk.app.screen, screen) and desk.app.screen.is_mounted)
    await desk.pilot.pause()


async def fleet(desk: Desk) -> None:
    await desk.press("down", "space", "down")


async def catalog(desk: Desk) -> None:
    await desk.press("2", "down", "enter")
    await desk.see("[✓*] 4090[×x]2")


async def trouble(desk: Desk) -> None:
    desk.service.faults.set(Fault(kind=Kind.HTML, endpoint="pve/open/mypage", times=9))
    desk.monitor.refresh()
    await until(lambda: desk.app.screen.query_one(FleetNotice).display)
    await desk.see(r"[▲^]")


async def package(desk: Desk) -> None:
    await desk.press("n")
    await _at(desk, CreateScreen)
    await desk.press("m", "down", "down")


async def image(desk: Desk) -> None:
    await package(desk)
    await desk.press("enter", "down")


async def order(desk: Desk) -> None:
    await image(desk)
    await desk.press("enter", "3", "tab", "2")
    await desk.see(r"3,801\.60")


async def review(desk: Desk) -> None:
    await order(desk)
    await desk.press("enter")
    screen = desk.app.screen
    assert isinstance(screen, CreateScreen)
    await until(lambda: screen.step is Step.REVIEW)


async def result(desk: Desk) -> None:
    rejection = '{"code":9001,"data":null,"msg":"钱包余额不足","traceId":"8de34ae90e7b48ef851b3a02c30bc237"}'
    desk.service.faults.set(Fault(kind=Kind.ANSWER, endpoint="pve/open/createRent", skip=1, body=rejection))
    await review(desk)
    screen = desk.app.screen
    assert isinstance(screen, CreateScreen)
    await until(lambda: screen._shown_at < inf)
    await desk.press("B")
    await until(lambda: screen.step is Step.RESULT and not desk.monitor.orders.is_sending)


async def detail(desk: Desk) -> None:
    target = next(host for host in desk.world.listed() if host.rented and host.expires and host.status == OFF)
    desk.app.screen.query_one(HostTable).move_to(target.id)
    await desk.press("enter")
    await _at(desk, HostDetailScreen)


async def a_day_of_samples(desk: Desk) -> None:
    for number in range(60):
        sample = Sample(
            at=desk.now() - timedelta(minutes=number),
            total=40,
            on=20 + number % 7,
            changing=0,
            billed_low=Decimal(20 + number % 7),
            billed_high=Decimal(22 + number % 7),
            prepaid_low=Decimal(12),
            prepaid_high=Decimal(12),
        )
        if not 20 < number < 30:
            await desk.monitor.recorder.journal.add_sample(sample)


async def past_events(desk: Desk) -> None:
    await desk.press("h")
    await _at(desk, HistoryScreen)
    await until(lambda: desk.app.screen.query_one(EventTable).row_count > 0)


async def past_orders(desk: Desk) -> None:
    desk.service.faults.set(Fault(kind=Kind.CODE, endpoint="pve/open/operate", code=6003))
    assert desk.monitor.state.snapshot is not None
    off = next(host for host in desk.monitor.state.snapshot.hosts if host.status is Status.OFF)
    desk.monitor.orders.power([off], on=True)
    await until(lambda: not desk.monitor.orders.is_sending)
    await desk.press("h", "2")
    await until(lambda: desk.app.screen.query_one(OrderTable).row_count > 0)


async def past_charts(desk: Desk) -> None:
    await a_day_of_samples(desk)
    await past_events(desk)
    await desk.press("3")
    await until(lambda: desk.app.screen.query_one(Charts).display)
    await desk.see("[┤|] *[⣿#⠒-]")


async def keys(desk: Desk) -> None:
    before = desk.app.screen
    await desk.press("question_mark")
    await until(lambda: desk.app.screen is not before)


async def stop_question(desk: Desk) -> None:
    await desk.press("down", "space", "down", "space", "x")
    await _at(desk, Dialog)


async def delete_question(desk: Desk) -> None:
    target = next(host for host in desk.world.listed() if host.rented and host.status == OFF)
    desk.app.screen.query_one(HostTable).move_to(target.id)
    await desk.press("D")
    await _at(desk, Dialog)


async def chooser(desk: Desk) -> None:
    choices = [
        Choice("dark", "dark", "light on dark"),
        Choice("light", "light", "dark on light", is_current=True),
        Choice("ansi", "ansi", why_not="not in this terminal"),
    ]
    desk.app.push_screen(PickerScreen("Theme", choices))
    await _at(desk, PickerScreen)


async def columns(desk: Desk) -> None:
    await desk.press("C")
    await _at(desk, ColumnPickerScreen)


async def naming(desk: Desk) -> None:
    await desk.press("slash")
    await desk.type("cpu>8")
    await desk.press("enter", "f")
    await _at(desk, PickerScreen)
    await desk.press("enter")
    await _at(desk, PromptScreen)


async def palette(desk: Desk) -> None:
    await desk.press("ctrl+p")
    await _at(desk, PaletteScreen)
    await desk.type("st")


async def sign_in(desk: Desk) -> None:
    await _at(desk, SignInScreen)


SCENES = [
    *(Scene(play.__name__, play) for play in (fleet, catalog, trouble, package, image, order, review, result)),
    *(Scene(play.__name__, play) for play in (detail, past_events, past_orders, past_charts, keys)),
    *(Scene(play.__name__, play) for play in (stop_question, delete_question, chooser, columns, naming, palette)),
    Scene("sign_in", sign_in, is_signed_in=False),
]
