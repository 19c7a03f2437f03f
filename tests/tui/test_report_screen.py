"""The report on costs in the app: the same figures as `xds-tui report`, in each size and language."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from support.app_driver import AppDriver, running_app
from support.wait import until

from xds_tui import i18n
from xds_tui.domain.records import Sample
from xds_tui.fleet.cost_records import month_of, read_report
from xds_tui.text import formats
from xds_tui.text.report import report_lines
from xds_tui.tui.screens.report import ReportScreen
from xds_tui.tui.widgets.lines import StyledLines

pytestmark = pytest.mark.usefixtures("unhurried")


async def expected(driver: AppDriver, part: str, width: int) -> str:
    """Return the report as `xds-tui report` computes it."""
    monitor, now = driver.monitor, driver.now()
    assert monitor.state.snapshot is not None
    found = await read_report(
        monitor.recorder.journal,
        monitor.state.snapshot.hosts,
        monitor.state.costs.hosts,
        month_of(None, now),
        now,
        monitor.annotations.find,
        part,
    )
    return "\n".join("".join(text for text, _style in line) for line in report_lines(*found, part, width))


def shown(driver: AppDriver) -> str:
    screen = driver.app.screen
    assert isinstance(screen, ReportScreen)
    return screen.query_one(StyledLines).render().plain


def is_shown(driver: AppDriver, wanted: str) -> bool:
    return shown(driver) == wanted


async def observe(driver: AppDriver) -> None:
    """Have the fleet observed for two days."""
    for quarter in range(200):
        at = driver.now() - quarter * timedelta(minutes=15)
        await driver.monitor.recorder.journal.add_sample(Sample(at=at, total=0, on=0, changing=0))


@pytest.mark.parametrize(("columns", "rows", "language"), [(80, 24, "zh_CN"), (120, 40, "en"), (200, 50, "en")])
async def test_the_report_shows_the_figures_of_the_command(columns: int, rows: int, language: str) -> None:
    i18n.choose(language)
    driver = AppDriver()
    async with running_app(driver, columns, rows):
        await observe(driver)
        await driver.press("R")
        await until(lambda: shown(driver) != "")
        width = driver.app.screen.query_one("#report").content_size.width
        assert shown(driver) == await expected(driver, "host", width)
        assert max(map(formats.cells, shown(driver).splitlines())) <= width
        for part in ("tag", "owner"):
            wanted = await expected(driver, part, width)
            await driver.press("tab")
            await until(partial(is_shown, driver, wanted))
        await driver.press("1")
        wanted = await expected(driver, "host", width)
        await until(partial(is_shown, driver, wanted))
        await driver.press("escape")
        await until(lambda: not isinstance(driver.app.screen, ReportScreen))


async def test_the_report_grows_with_time() -> None:
    driver = AppDriver()
    async with running_app(driver, 120, 40):
        await observe(driver)
        await driver.press("R")
        await until(lambda: shown(driver) != "")
        before = shown(driver)
        driver.clock.advance(3600)
        driver.monitor.refresh()
        await until(lambda: shown(driver) != before)
