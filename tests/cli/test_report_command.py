"""`xds-tui report`: a month from the records of an earlier run, without and with the service."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from support.cli_runner import Run, runner
from support.factories import a_host, a_package, a_quote, a_snapshot, an_order

from xds_tui.domain.model import Status
from xds_tui.domain.records import Event, EventKind, OrderAction, OrderState, Sample
from xds_tui.fleet.cost_records import month_of
from xds_tui.store.database import Database
from xds_tui.store.journal import History, Journal

START = datetime(2026, 2, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
NAME = "渲染|<b>7</b>"
URL = "http://127.0.0.1:9"


def change(hours: float, old: Status, new: Status) -> Event:
    return Event(at=START + hours * HOUR, kind=EventKind.STATUS, host_id="h1", host_name=NAME, old=old, new=new)


BOUGHT = an_order(
    action=OrderAction.CREATE,
    state=OrderState.CONFIRMED,
    created_at=START - 24 * HOUR,
    quote=a_quote(package=a_package(amount=Decimal("2.00"))),
    host_id="h1",
)


def record(home: Path, events: Sequence[Event], *, quarters: int) -> None:
    """Record a February in which a host was ordered, observed each quarter of an hour."""

    async def write() -> None:
        database = Database(home / ".local/state/xds-tui/journal.db")
        journal = Journal(database, "default")
        samples = [Sample(at=START + number * HOUR / 4, total=2, on=1, changing=0) for number in range(quarters + 1)]
        journal.add_history(URL, "A1", lambda: History(samples, events, [BOUGHT]))
        await journal.bind_account(URL, "A1")
        hosts = [
            a_host(id="h1", name=NAME, status=Status.OFF, created=START - 24 * HOUR),
            a_host(id="h2", name="no order", status=Status.ON, created=START - 24 * HOUR),
        ]
        await journal.save_snapshot(a_snapshot(*hosts, at=START))
        await database.close()

    asyncio.run(write())


@pytest.fixture
def run(bare: dict[str, str]) -> Run:
    record(
        Path(bare["HOME"]),
        [change(10, Status.OFF, Status.BILLED), change(15.5, Status.BILLED, Status.OFF)],
        quarters=672 * 4,
    )
    return runner({**bare, "TZ": "UTC", "XDS_BASE_URL": URL, "XDS_UUID": "A1", "XDS_SECRET": "s"})


def test_a_month_is_reported_from_the_records_if_the_service_is_out_of_reach(run: Run) -> None:
    ended = run("report", "--month", "2026-02", "--json")
    assert ended.returncode == 0
    assert "local records" in ended.stderr
    rows = {row["key"]: row for row in json.loads(ended.stdout)}
    assert {key: rows["h1"][key] for key in ("month", "part", "name", "hours_on", "on_demand", "cost")} == {
        "month": "2026-02",
        "part": "host",
        "name": NAME,
        "hours_on": 5.5,
        "on_demand": "11.00",
        "cost": "11.00",
    }
    # Each change happened in the quarter of an hour before the refresh that showed it.
    assert (rows["h1"]["cost_low"], rows["h1"]["cost_high"]) == ("10.50", "11.50")
    assert (rows["h2"]["hours_on"], rows["h2"]["unpriced"], rows["h2"]["cost"]) == (672.0, 1, "0.00")
    assert (rows[None]["part"], rows[None]["hosts"], rows[None]["cost"]) == ("total", 2, "11.00")
    assert (rows["h1"]["since"], rows["h1"]["until"]) == ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z")


def test_csv_has_no_sums_and_markdown_shows_names_as_they_are(run: Run) -> None:
    rows = list(csv.DictReader(run("report", "--month", "2026-02", "--csv").stdout.splitlines()))
    assert [(row["part"], row["key"]) for row in rows] == [("host", "h1"), ("host", "h2")]
    text = run("report", "--month", "2026-02", "--md").stdout
    assert text.startswith("# Cost of 2026-02\n\n| HOST | ID |")
    assert r"| 渲染\|\<b\>7\</b\> | h1 | on-demand | 5.5 | 11.00 |" in text
    assert "- The price of 1 host is unknown" in text


def test_the_table_ends_with_the_total_and_says_how_certain_it_is(run: Run) -> None:
    lines = run("report", "--month", "2026-02").stdout.splitlines()
    assert lines[0].split()[:3] == ["HOST", "ID", "BILLING"]
    assert lines[2].split()[:2] == ["no", "order"]
    assert "?" in lines[2]
    assert lines[3].startswith("Total")
    assert any("¥11.00 (¥10.50 to ¥11.50)" in line for line in lines)
    assert any("not observed for 0.5 hours" in line for line in lines)
    assert not any("Forecast" in line for line in lines)


def test_costs_are_summed_by_tag_and_owner(run: Run, bare: dict[str, str]) -> None:
    hosts = Path(bare["HOME"]) / ".config" / "xds-tui" / "hosts.toml"
    hosts.parent.mkdir(parents=True, exist_ok=True)
    hosts.write_text(
        '[hosts.h1]\nalias = "render"\ntags = ["prod", "gpu"]\nowner = "li"\n[hosts.h2]\ntags = ["gpu"]\n',
        encoding="utf-8",
    )
    by_tag = json.loads(run("report", "--month", "2026-02", "--by", "tag", "--json").stdout)
    assert [(row["part"], row["key"], row["hosts"], row["cost"]) for row in by_tag] == [
        ("tag", "gpu", 2, "11.00"),
        ("tag", "prod", 1, "11.00"),
        ("total", None, 2, "11.00"),
    ]
    lines = run("report", "--month", "2026-02", "--by", "owner").stdout.splitlines()
    assert [line.split()[:2] for line in lines[:4]] == [["OWNER", "HOSTS"], ["li", "1"], ["-", "1"], ["Total", "2"]]
    assert run("report", "--month", "2026-02").stdout.splitlines()[1].split()[:2] == ["render", "h1"]


def test_the_report_in_chinese(run: Run) -> None:
    text = run("report", "--month", "2026-02", "--lang", "zh_CN").stdout
    assert text.splitlines()[0].startswith("主机")
    assert "合计" in text
    assert "AT LEAST" not in text


def test_the_current_month_has_a_forecast(run: Run) -> None:
    parts = [row["part"] for row in json.loads(run("report", "--demo", "--json").stdout)]
    assert parts[-2:] == ["total", "forecast"]
    assert "Forecast for the whole month: ¥" in run("report", "--demo").stdout


def test_a_month_that_has_not_begun_or_does_not_exist_is_a_usage_error(run: Run) -> None:
    for month in ("2199-01", "2026-13", "26-01", "1999-12"):
        assert run("report", "--month", month).returncode == 2, month


def test_a_month_begins_and_ends_at_local_midnight(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        start, end = month_of((2026, 3), START)
        assert (start.astimezone(UTC).hour, end.astimezone(UTC).hour) == (23, 22)
        assert month_of(None, datetime(2026, 12, 31, 23, 30, tzinfo=UTC))[0].astimezone(UTC).day == 31
    finally:
        monkeypatch.undo()
        time.tzset()
