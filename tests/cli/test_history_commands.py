"""`xds-tui events` and `xds-tui orders`: records of an earlier run, read by another process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sqlite3
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.cli_runner import COMMAND, Run, runner
from support.factories import a_quote, a_snapshot, an_order

from xds_tui.domain.model import Status
from xds_tui.domain.records import Event, EventKind, Order, OrderAction, OrderState
from xds_tui.store.database import Database
from xds_tui.store.journal import Journal

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)

STOPPED = Event(
    at=NOW - 2 * HOUR, kind=EventKind.STATUS, host_id="h1", host_name="渲染-07", old=Status.ON, new=Status.OFF
)
ERROR = Event(
    at=NOW - HOUR, kind=EventKind.ERROR, summary="The service had an internal error", code=500, trace_id="t-1"
)
OLD = Event(at=NOW - 48 * HOUR, kind=EventKind.APPEARED, host_id="h2", host_name="office-3", new=Status.OFF)
BOUGHT = an_order(
    id="o1",
    action=OrderAction.CREATE,
    state=OrderState.CONFIRMED,
    created_at=NOW - HOUR,
    quote=a_quote(),
    host_id="h1",
)
UNKNOWN = an_order(id="o2", action=OrderAction.POWER_ON, state=OrderState.UNKNOWN, created_at=NOW, host_id="h2")


def remember(home: Path, *events: Event, orders: Sequence[Order] = (), account: str = "A1") -> None:
    """Write to the journal of a user of the service of `environ` in this home."""

    async def write() -> None:
        database = Database(home / ".local/state/xds-tui/journal.db")
        journal = Journal(database, "default")
        await journal.bind_account("http://127.0.0.1:9", account)
        await journal.add_events(events)
        await journal.write_orders(orders)
        if orders:
            await journal.save_snapshot(a_snapshot(at=NOW))
        await database.close()

    asyncio.run(write())


@pytest.fixture
def environ(bare: dict[str, str]) -> dict[str, str]:
    home = Path(bare["HOME"])
    remember(home, OLD, STOPPED, ERROR, orders=[BOUGHT, UNKNOWN])
    remember(home, replace(STOPPED, host_name="not mine"), account="somebody else")
    return {**bare, "XDS_BASE_URL": "http://127.0.0.1:9", "XDS_UUID": "A1", "XDS_SECRET": "s"}


@pytest.fixture
def run(environ: dict[str, str]) -> Run:
    return runner(environ)


def test_events_of_the_account_are_listed_oldest_first(run: Run) -> None:
    rows = json.loads(run("events", "--json").stdout)
    assert [row["kind"] for row in rows] == ["appeared", "status", "error"]
    assert rows[1]["host_name"] == "渲染-07"
    assert rows[1]["at"].endswith("Z")
    assert rows[2]["trace_id"] == "t-1"


def test_only_the_latest_are_listed_on_request_after_the_filter(run: Run) -> None:
    (row,) = json.loads(run("events", "--json", "--last", "1", "--filter", "status:off age<1d").stdout)
    assert row["host_id"] == "h1"
    assert run("events", "--last", "0").returncode == 2


def test_events_are_listed_in_a_table(run: Run) -> None:
    header, *lines = run("events", TZ="UTC").stdout.splitlines()
    assert header.split()[:3] == ["TIME", "EVENT", "HOST"]
    assert f"{STOPPED.at:%Y-%m-%d %H:%M:%S}" in lines[1]
    assert "on → off" in lines[1]
    assert "code 500, traceId t-1" in lines[2]


def test_hosts_have_their_aliases_in_tables_and_are_found_by_them(run: Run, environ: dict[str, str]) -> None:
    path = Path(environ["HOME"], ".config", "xds-tui", "hosts.toml")
    path.parent.mkdir(parents=True)
    path.write_text('[hosts.h1]\nalias = "farm"\n')
    (row,) = json.loads(run("events", "--json", "--filter", "name:farm").stdout)
    assert (row["host_name"], row["host_id"], row["alias"]) == ("渲染-07", "h1", "farm")
    assert json.loads(run("events", "--json", "--filter", "渲染-07").stdout) == [row]
    assert [order["alias"] for order in json.loads(run("orders", "--json").stdout)] == ["farm", None]
    for command in ("events", "orders"):
        table = run(command).stdout
        assert "farm" in table
        assert "渲染-07" not in table


def test_orders_are_listed_with_their_quote(run: Run) -> None:
    bought, unknown = json.loads(run("orders", "--json").stdout)
    assert (bought["action"], bought["state"], bought["estimate"]) == ("create", "confirmed", "1.10")
    assert (unknown["action"], unknown["state"]) == ("power on", "unknown")
    assert json.loads(run("orders", "--json", "--filter", "status:unknown").stdout) == [unknown]
    assert "unknown" in run("orders").stdout


def test_without_credentials_the_last_account_is_used(environ: dict[str, str]) -> None:
    for name in ("XDS_UUID", "XDS_SECRET"):
        del environ[name]
    assert len(json.loads(runner(environ)("orders", "--json").stdout)) == 2


def test_unreadable_orders_are_reported_in_addition_to_the_others(environ: dict[str, str]) -> None:
    with contextlib.closing(sqlite3.connect(Path(environ["HOME"], ".local/state/xds-tui/journal.db"))) as connection:
        connection.execute("UPDATE orders SET body = '{}' WHERE id = 'o1'")
        connection.commit()
    ended = runner(environ)("orders", "--json")
    assert (ended.returncode, [row["id"] for row in json.loads(ended.stdout)]) == (0, ["o2"])
    assert "1 order cannot be read: o1" in ended.stderr


def test_an_empty_history_is_an_empty_list(bare: dict[str, str]) -> None:
    ended = runner(bare)("events", "--json")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "[]\n", "")


def test_an_unreadable_history_is_a_failure(bare: dict[str, str]) -> None:
    path = Path(bare["HOME"], ".local/state/xds-tui/journal.db")
    path.mkdir(parents=True)
    ended = runner(bare)("events", "--json")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "history file is not a regular file" in ended.stderr


def test_watching_appends_new_records(environ: dict[str, str]) -> None:
    command = [*COMMAND, "events", "--watch", "--json", "--interval", "5", "--last", "1"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["kind"] == "error"
        remember(Path(environ["HOME"]), replace(STOPPED, host_id="h9", at=datetime.now(UTC)))
        assert json.loads(process.stdout.readline())["host_id"] == "h9"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
