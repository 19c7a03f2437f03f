from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from support.app_driver import AppDriver, running_app
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


def has_more_rows(table: Table, count: int) -> bool:
    return table.row_count > count


async def write_many(driver: AppDriver) -> None:
    """Have 60 events of five hours remembered."""
    await driver.monitor.recorder.journal.add_events(
        [
            Event(
                at=driver.now() - 5 * number * MINUTE,
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
async def looking_back(driver: AppDriver, columns: int = 120, rows: int = 40) -> AsyncIterator[AppDriver]:
    """Sit in front of the history of three days."""
    async with running_app(driver, columns, rows):
        now, journal = driver.now(), driver.monitor.recorder.journal
        await write_many(driver)
        await journal.add_events(
            [Event(at=now, kind=EventKind.ERROR, summary="The service had an internal error", trace_id="trace-77")]
        )
        await driver.press("h")
        await driver.wait_for_text("▸1 Events")
        await driver.wait_for_text("internal error")
        yield driver


async def test_all_events_are_listed_and_can_be_filtered() -> None:
    async with looking_back(AppDriver()) as driver:
        await driver.wait_for_text("node-3 off → on")
        await driver.press("slash")
        await driver.type("node-3 -trouble")
        text = await driver.wait_for_text(r"[89] shown · node-3")
        assert "node-4" not in text
        await driver.press("enter", "escape")
        await driver.wait_for_text("node-4")


async def test_the_trace_id_of_a_failure_is_copied() -> None:
    async with looking_back(AppDriver()) as driver:
        await driver.press("slash")
        await driver.type("internal")
        await driver.press("enter", "t")
        await driver.wait_for_text("Sent to the terminal's clipboard: traceId trace-77")
        assert driver.app.clipboard == "trace-77"


async def test_the_next_page_is_read_near_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PAGE_SIZE", 10)
    monkeypatch.setattr(history, "PREFETCH_ROWS", 2)
    async with looking_back(AppDriver()) as driver:
        table = driver.app.screen.query_one(EventTable)
        assert table.row_count < 30
        while table.row_count < 60:
            before = table.row_count
            await driver.press("end")
            await until(partial(has_more_rows, table, before))


async def test_a_filter_searches_the_whole_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PAGE_SIZE", 10)
    monkeypatch.setattr(history, "PREFETCH_ROWS", 2)
    driver = AppDriver()
    old = Event(at=driver.now() - timedelta(days=3), kind=EventKind.ERROR, summary="A needle", trace_id="trace-old")
    async with running_app(driver):
        await driver.monitor.recorder.journal.add_events([old])
        await write_many(driver)
        await driver.press("h")
        await driver.wait_for_text("▸1 Events")
        driver.app.screen.query_one(FilterInput).value = "needle"
        await driver.wait_for_text(r"1 shown · needle")
        driver.app.screen.query_one(FilterInput).value = "haystack"
        await driver.wait_for_text("No matches. Press esc to clear the filter.")


async def test_an_export_includes_pages_that_were_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PAGE_SIZE", 10)
    monkeypatch.setattr(history, "PREFETCH_ROWS", 2)
    async with looking_back(AppDriver()) as driver:
        assert driver.app.screen.query_one(EventTable).row_count < 60
        await driver.press("e")
        await driver.wait_for_text("rows to")
        (path,) = driver.exports.glob("events-*.json")
        exported = [row for row in json.loads(path.read_text()) if row["host_name"].startswith("node-")]
        assert len(exported) == len({row["at"] for row in exported}) == 60


async def test_records_of_another_account_are_not_shown() -> None:
    async with looking_back(AppDriver()) as driver:
        journal = driver.monitor.recorder.journal
        await journal.write_orders([an_order(host_name="theirs", created_at=driver.now())])
        await driver.press("escape", "h", "2")
        await driver.wait_for_text("theirs")
        await driver.monitor.recorder.bind_account("https://simulated.invalid", "somebody else")
        driver.monitor._data._reset()
        driver.monitor._publisher.publish()
        await driver.wait_until_gone("theirs")
        await driver.press("1")
        await driver.wait_until_gone("node-3")
        assert driver.app.screen.query_one(EventTable).row_count == 0


@pytest.mark.parametrize("word", ["balance", "9001", "trace-9"])
async def test_an_order_is_found_by_the_reason_of_its_failure(word: str) -> None:
    driver = AppDriver()
    refused = an_order(state=OrderState.REJECTED, code=9001, summary="The balance is too low", trace_id="trace-9")
    async with running_app(driver):
        await driver.monitor.recorder.journal.write_orders([refused, an_order(id="other", host_name="other")])
        await driver.press("h", "2")
        await driver.wait_for_text("2 shown")
        driver.app.screen.query_one(FilterInput).value = word
        await driver.wait_for_text(f"1 shown · {word}")


async def test_the_operations_say_whether_they_are_loading_filtered_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_app(AppDriver(), 80, 24) as driver:
        with monkeypatch.context() as patch:
            patch.setattr(HistoryScreen, "_read", lambda _screen, _log: None)
            await driver.press("h", "2")
            await driver.wait_for_text("Loading…")
            await driver.press("escape")
        await driver.press("h", "2")
        await driver.wait_for_text("No operations yet")
        await driver.press("slash", "x", "enter")
        await driver.wait_for_text("No matches")


async def test_a_small_terminal_shows_the_actual_hours() -> None:
    driver = AppDriver()
    async with running_app(driver, 80, 24):
        assert driver.monitor.state.snapshot is not None
        rent = next(host for host in driver.monitor.state.snapshot.hosts if host.billing is Billing.RENT)
        month = a_quote(billing=Billing.RENT, period=Period(PeriodUnit.MONTH, 1), hours=720)
        order = an_order(action=OrderAction.CREATE, state=OrderState.CONFIRMED, host_id=rent.id, quote=month)
        await driver.monitor.recorder.journal.write_orders([order])
        await driver.press("h", "2")
        await driver.wait_for_text("1 shown")
        await driver.press("enter")
        await driver.wait_for_text(r"estimated for 720 h, actually [\d.]+ h")


async def test_an_order_shows_its_estimate_and_the_actual_hours() -> None:
    driver = AppDriver()
    async with running_app(driver):
        assert driver.monitor.state.snapshot is not None
        rent = next(host for host in driver.monitor.state.snapshot.hosts if host.billing is Billing.RENT)
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
            created_at=driver.now(),
        )
        await driver.monitor.recorder.journal.write_orders([order])
        await driver.press("h", "2")
        await driver.wait_for_text(r"buy .*confirmed .*1,658\.88 +720 +[\d.]+ !")
        await driver.press("enter")
        await driver.wait_for_text("the package")
        await driver.press("1")
        await driver.wait_until_gone("the package")


async def test_an_export_contains_the_listed_records_and_shows_its_path() -> None:
    async with looking_back(AppDriver()) as driver:
        await driver.press("slash")
        await driver.type("node-3")
        await driver.press("enter", "e")
        await driver.wait_for_text("rows to")
        (path,) = driver.exports.glob("events-*.json")
        rows = json.loads(path.read_text())
        assert {row["host_name"] for row in rows} == {"node-3"}
        assert path.with_suffix(".csv").exists()


async def test_a_failed_export_is_reported() -> None:
    async with looking_back(AppDriver()) as driver:
        driver.exports.write_text("in the way of the folder")
        await driver.press("e")
        await driver.wait_for_text("The file could not be written")


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (200, 50)])
async def test_hosts_and_money_are_plotted_over_the_span_that_is_chosen(columns: int, rows: int) -> None:
    async with looking_back(AppDriver(), columns, rows) as driver:
        for number in range(30):
            at = driver.now() - number * MINUTE
            sample = Sample(at=at, total=40, on=20, changing=0, billed_low=Decimal(30), billed_high=Decimal(30))
            await driver.monitor.recorder.journal.add_sample(sample)
        await driver.press("3")
        text = await driver.wait_for_text(r"⣿ on +20 +20 +20")
        assert re.search(r"⣿ on-demand +¥30.00 +¥30.00 +¥30.00", text)
        assert re.search(r"Now by GPU +on-demand .* Now by region +on-demand", text)
        assert re.search(r"RTX 4090 +[·▁▂▃▄▅▆▇█]+ +≈¥", text)
        await driver.wait_for_text("last hour")
        await driver.wait_for_text(r"40[┤│]")
        await driver.press("s")
        await driver.wait_for_text("last day")
        await driver.press("s")
        await driver.wait_for_text("last week")


async def test_the_tabs_are_switched_by_keys() -> None:
    async with looking_back(AppDriver()) as driver:
        for title in ("▸2 Operations", "▸3 Charts", "▸1 Events"):
            await driver.press("tab")
            await driver.wait_for_text(title)
        await driver.press("left")
        await driver.wait_for_text("▸3 Charts")
        await driver.press("escape")
        await driver.wait_for_text("● live")


async def test_new_events_appear() -> None:
    async with looking_back(AppDriver()) as driver:
        assert isinstance(driver.app.screen, HistoryScreen)
        driver.host("office-1").status = 4
        await driver.refresh()
        await driver.wait_for_text("office-1 .* → stopping")


async def test_a_plot_of_nothing_says_so() -> None:
    async with running_app(AppDriver(), 80, 24) as driver:
        driver.monitor.set_paused(True)  # or the jump of the clock is followed by a sweep, and a point of it
        driver.clock.advance(8 * 24 * 3600)
        await driver.press("h", "3")
        await driver.wait_for_text("No data for this period")


async def test_a_small_terminal_shows_the_hours_of_many_orders_and_the_dates_of_events() -> None:
    driver = AppDriver()
    async with looking_back(driver, 80, 24):
        assert driver.monitor.state.snapshot is not None
        rent = next(host for host in driver.monitor.state.snapshot.hosts if host.billing is Billing.RENT)
        month = a_quote(billing=Billing.RENT, period=Period(PeriodUnit.MONTH, 1), hours=720)
        bought = [
            an_order(
                id=f"{n}", action=OrderAction.CREATE, host_id=rent.id, quote=month, created_at=driver.now() - n * MINUTE
            )
            for n in range(60)
        ]
        await driver.wait_for_text(f"{driver.now():%Y-%m-%d %H:%M}  ")
        await driver.monitor.recorder.journal.write_orders(bought)
        await driver.press("escape", "h", "2")
        await driver.wait_for_text(r"720 +[\d.]+ !")


async def test_a_result_is_shown_although_another_tab_is_open() -> None:
    async with looking_back(AppDriver()) as driver:
        screen = driver.app.screen
        assert isinstance(screen, HistoryScreen)
        events = screen.query_one(EventTable)
        assert events.cursor_key is not None
        await driver.press("2")
        events.post_message(Table.RowSelected(events, events.cursor_key))
        await driver.wait_for_text("trace-77")


async def test_charts_in_ascii() -> None:
    async with running_app(AppDriver(hosts=40, ascii_only=True), 80, 24) as driver:
        await driver.press("h", "3")
        text = await driver.wait_for_text(r"# on +\d+ +\d+ +\d+")
        assert text.isascii()
        assert re.search(r"RTX 4090 +~Y", text)
        assert "?" not in text.split("Now by GPU")[0]
