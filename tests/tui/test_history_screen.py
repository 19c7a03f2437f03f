from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from support.app_driver import Desk, sitting_at
from support.factories import a_package, a_quote, an_order
from support.wait import until

from xds_tui.domain.model import Billing, Period, PeriodUnit, Status
from xds_tui.domain.records import Event, EventKind, OrderAction, OrderState, Sample
from xds_tui.tui.screens import history
from xds_tui.tui.screens.history import HistoryScreen
from xds_tui.tui.widgets.event_table import EventTable
from xds_tui.tui.widgets.filter_input import FilterInput
from xds_tui.tui.widgets.table.table import Table

pytestmark = pytest.mark.usefixtures("unhurried")

MINUTE = timedelta(minutes=1)


async def write_many(desk: Desk) -> None:
    """Have 60 events of five hours remembered."""
    await desk.monitor.recorder.journal.add_events(
        [
            Event(
                at=desk.now() - 5 * number * MINUTE,
                kind=EventKind.STATUS,
                host_id=f"h{number % 7}",
                host_name=f"node-{number % 7}",
                old=Status.OFF,
                new=Status.ON,
            )
            for number in range(60, 0, -1)
        ]
    )


@asynccontextmanager
async def looking_back(desk: Desk, columns: int = 120, rows: int = 40) -> AsyncIterator[Desk]:
    """Sit in front of the history of three days."""
    async with sitting_at(desk, columns, rows):
        now, journal = desk.now(), desk.monitor.recorder.journal
        await write_many(desk)
        await journal.add_events(
            [Event(at=now, kind=EventKind.ERROR, summary="The service had a system error", trace_id="trace-77")]
        )
        await desk.press("h")
        await desk.see("▸1 Events")
        await desk.see("system error")
        yield desk


async def test_all_events_are_listed_and_can_be_filtered() -> None:
    async with looking_back(Desk()) as desk:
        await desk.see("node-3 off → on")
        await desk.press("slash")
        await desk.type("node-3 -trouble")
        text = await desk.see(r"[89] shown · node-3")
        assert "node-4" not in text
        await desk.press("enter", "escape")
        await desk.see("node-4")


async def test_the_trace_id_of_a_failure_is_copied() -> None:
    async with looking_back(Desk()) as desk:
        await desk.press("slash")
        await desk.type("system")
        await desk.press("enter", "t")
        await desk.see("Sent to the terminal's clipboard: traceId trace-77")
        assert desk.app.clipboard == "trace-77"


async def test_the_next_page_is_read_near_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PAGE_SIZE", 10)
    monkeypatch.setattr(history, "PREFETCH_ROWS", 2)
    async with looking_back(Desk()) as desk:
        table = desk.app.screen.query_one(EventTable)
        assert table.row_count < 30
        while table.row_count < 60:
            before = table.row_count
            await desk.press("end")
            await until(lambda before=before: table.row_count > before)


async def test_a_filter_searches_the_whole_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PAGE_SIZE", 10)
    monkeypatch.setattr(history, "PREFETCH_ROWS", 2)
    desk = Desk()
    old = Event(at=desk.now() - timedelta(days=3), kind=EventKind.ERROR, summary="A needle", trace_id="trace-old")
    async with sitting_at(desk):
        await desk.monitor.recorder.journal.add_events([old])
        await write_many(desk)
        await desk.press("h")
        await desk.see("▸1 Events")
        desk.app.screen.query_one(FilterInput).value = "needle"
        await desk.see(r"1 shown · needle")
        desk.app.screen.query_one(FilterInput).value = "haystack"
        await desk.see("No matches. Press esc to clear the filter")


async def test_an_export_includes_pages_that_were_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PAGE_SIZE", 10)
    monkeypatch.setattr(history, "PREFETCH_ROWS", 2)
    async with looking_back(Desk()) as desk:
        assert desk.app.screen.query_one(EventTable).row_count < 60
        await desk.press("e")
        await desk.see("rows to")
        (path,) = desk.exports.glob("events-*.json")
        exported = [row for row in json.loads(path.read_text()) if row["host_name"].startswith("node-")]
        assert len(exported) == len({row["at"] for row in exported}) == 60


async def test_records_of_another_account_are_not_shown() -> None:
    async with looking_back(Desk()) as desk:
        journal = desk.monitor.recorder.journal
        await journal.write_orders([an_order(host_name="theirs", created_at=desk.now())])
        await desk.press("escape", "h", "2")
        await desk.see("theirs")
        await desk.monitor.recorder.bind_account("https://simulated.invalid", "somebody else")
        desk.monitor._data._reset()
        desk.monitor._publisher.publish()
        await desk.see_no_more("theirs")
        await desk.press("1")
        await desk.see_no_more("node-3")
        assert desk.app.screen.query_one(EventTable).row_count == 0


@pytest.mark.parametrize("word", ["balance", "9001", "trace-9"])
async def test_an_order_is_found_by_the_reason_of_its_failure(word: str) -> None:
    desk = Desk()
    refused = an_order(state=OrderState.REJECTED, code=9001, summary="The balance is too low", trace_id="trace-9")
    async with sitting_at(desk):
        await desk.monitor.recorder.journal.write_orders([refused, an_order(id="other", host_name="other")])
        await desk.press("h", "2")
        await desk.see("2 shown")
        desk.app.screen.query_one(FilterInput).value = word
        await desk.see(f"1 shown · {word}")


async def test_a_small_terminal_shows_the_actual_hours() -> None:
    desk = Desk()
    async with sitting_at(desk, 80, 24):
        assert desk.monitor.state.snapshot is not None
        rent = next(host for host in desk.monitor.state.snapshot.hosts if host.billing is Billing.RENT)
        month = a_quote(billing=Billing.RENT, period=Period(PeriodUnit.MONTH, 1), hours=720)
        order = an_order(action=OrderAction.CREATE, state=OrderState.CONFIRMED, host_id=rent.id, quote=month)
        await desk.monitor.recorder.journal.write_orders([order])
        await desk.press("h", "2")
        await desk.see("1 shown")
        await desk.press("enter")
        await desk.see(r"estimated for 720 h, actually [\d.]+ h")


async def test_an_order_shows_its_estimate_and_the_actual_hours() -> None:
    desk = Desk()
    async with sitting_at(desk):
        assert desk.monitor.state.snapshot is not None
        rent = next(host for host in desk.monitor.state.snapshot.hosts if host.billing is Billing.RENT)
        quote = a_quote(
            package=a_package(name="the package"),
            billing=Billing.RENT,
            period=Period(PeriodUnit.MONTH, 1),
            hours=720,
            estimate=Decimal("1658.88"),
        )
        order = an_order(
            action=OrderAction.CREATE,
            state=OrderState.CONFIRMED,
            host_id=rent.id,
            quote=quote,
            created_at=desk.now(),
        )
        await desk.monitor.recorder.journal.write_orders([order])
        await desk.press("h", "2")
        await desk.see(r"buy .*confirmed .*1,658\.88 +720 +[\d.]+ !")
        await desk.press("enter")
        await desk.see("the package")


async def test_an_export_contains_the_listed_records_and_shows_its_path() -> None:
    async with looking_back(Desk()) as desk:
        await desk.press("slash")
        await desk.type("node-3")
        await desk.press("enter", "e")
        await desk.see("rows to")
        (path,) = desk.exports.glob("events-*.json")
        rows = json.loads(path.read_text())
        assert {row["host_name"] for row in rows} == {"node-3"}
        assert path.with_suffix(".csv").exists()


async def test_a_failed_export_is_reported() -> None:
    async with looking_back(Desk()) as desk:
        desk.exports.write_text("in the way of the folder")
        await desk.press("e")
        await desk.see("The file could not be written")


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (200, 50)])
async def test_hosts_and_money_are_plotted_over_the_span_that_is_chosen(columns: int, rows: int) -> None:
    async with looking_back(Desk(), columns, rows) as desk:
        for number in range(30):
            at = desk.now() - number * MINUTE
            sample = Sample(at=at, total=40, on=20, changing=0, billed_low=Decimal(30), billed_high=Decimal(30))
            await desk.monitor.recorder.journal.add_sample(sample)
        await desk.press("3")
        text = await desk.see(r"⣿ on +20 +20 +20")
        assert re.search(r"⣿ on-demand +¥30.00 +¥30.00 +¥30.00", text)
        assert re.search(r"Now by GPU +on-demand .* Now by region +on-demand", text)
        assert re.search(r"RTX 4090 +[█▒]+ +≈¥", text)
        await desk.see("last hour")
        await desk.see(r"40[┤│]")
        await desk.press("s")
        await desk.see("last day")
        await desk.press("s")
        await desk.see("last week")


async def test_the_tabs_are_switched_by_keys() -> None:
    async with looking_back(Desk()) as desk:
        for title in ("▸2 Operations", "▸3 Charts", "▸1 Events"):
            await desk.press("tab")
            await desk.see(title)
        await desk.press("left")
        await desk.see("▸3 Charts")
        await desk.press("escape")
        await desk.see("● live")


async def test_new_events_appear() -> None:
    async with looking_back(Desk()) as desk:
        assert isinstance(desk.app.screen, HistoryScreen)
        desk.host("office-1").status = 4
        await desk.sweep()
        await desk.see("office-1 .* → stopping")


async def test_a_plot_of_nothing_says_so() -> None:
    async with sitting_at(Desk(), 80, 24) as desk:
        desk.monitor.set_paused(True)  # or the jump of the clock is followed by a sweep, and a point of it
        desk.clock.advance(8 * 24 * 3600)
        await desk.press("h", "3")
        await desk.see("No data for this period")


async def test_a_small_terminal_shows_the_hours_of_many_orders_and_the_dates_of_events() -> None:
    desk = Desk()
    async with looking_back(desk, 80, 24):
        assert desk.monitor.state.snapshot is not None
        rent = next(host for host in desk.monitor.state.snapshot.hosts if host.billing is Billing.RENT)
        month = a_quote(billing=Billing.RENT, period=Period(PeriodUnit.MONTH, 1), hours=720)
        bought = [
            an_order(
                id=f"{n}", action=OrderAction.CREATE, host_id=rent.id, quote=month, created_at=desk.now() - n * MINUTE
            )
            for n in range(60)
        ]
        await desk.see(f"{desk.now():%Y-%m-%d %H:%M}  ")
        await desk.monitor.recorder.journal.write_orders(bought)
        await desk.press("escape", "h", "2")
        await desk.see(r"720 +[\d.]+ !")


async def test_a_result_is_shown_although_another_tab_is_open() -> None:
    async with looking_back(Desk()) as desk:
        screen = desk.app.screen
        assert isinstance(screen, HistoryScreen)
        events = screen.query_one(EventTable)
        assert events.cursor_key is not None
        events.post_message(Table.RowSelected(events, events.cursor_key))
        await desk.press("2")
        await desk.see("trace-77")


async def test_charts_in_ascii() -> None:
    async with sitting_at(Desk(hosts=40, ascii_only=True), 80, 24) as desk:
        await desk.press("h", "3")
        text = await desk.see(r"# on +\d+ +\d+ +\d+")
        assert text.isascii()
        assert re.search(r"RTX 4090 +[#=]+ ", text)
        assert "?" not in text.split("Now by GPU")[0]
