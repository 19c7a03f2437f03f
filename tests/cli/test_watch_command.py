"""`xds-tui watch`: events and rules without a screen."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.cli_runner import COMMAND, SECRET, TOKEN, Run
from support.wait import TIMEOUT, wait_until

from tests.simulator_faults.middleware import Service
from xds_tui.domain.model import Status
from xds_tui.domain.records import Event, EventKind
from xds_tui.simulator.host import BILLED, OFF, STOPPING
from xds_tui.store.database import Database
from xds_tui.store.journal import Journal

RULE = """
[rules.lease]
hosts = "tag:train"
stop_after = "1h"
act = true
"""


class Watch:
    """A running command."""

    def __init__(self, process: subprocess.Popen[str], output: Path) -> None:
        self.process = process
        self._output = output

    @property
    def text(self) -> str:
        return self._output.read_text(encoding="utf-8")

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(TIMEOUT)


@contextmanager
def watching(environ: dict[str, str], *args: str) -> Iterator[Watch]:
    output = Path(environ["HOME"]) / "output"
    command = [*COMMAND, "watch", "--interval", "5", *args]
    with (
        output.open("w") as file,
        subprocess.Popen(command, env=environ, stdout=file, stderr=subprocess.STDOUT, text=True) as process,
    ):
        try:
            yield Watch(process, output)
        finally:
            process.kill()


@pytest.fixture
def config(environ: dict[str, str]) -> Path:
    folder = Path(environ["HOME"]) / ".config" / "xds-tui"
    folder.mkdir(parents=True)
    return folder / "config.toml"


@pytest.fixture
def running(environ: dict[str, str], config: Path, service: Service) -> str:
    """A host with the tag of the rule, which was started two hours ago."""
    host_id = next(host.id for host in service.world.hosts.values() if host.status == BILLED)
    config.with_name("hosts.toml").write_text(f'[hosts.{host_id}]\ntags = ["train"]\n')
    started = Event(
        at=datetime.now(UTC) - timedelta(hours=2),
        kind=EventKind.STATUS,
        host_id=host_id,
        old=Status.OFF,
        new=Status.BILLED,
    )

    async def record() -> None:
        database = Database(Path(environ["HOME"]) / ".local/state/xds-tui/journal.db")
        journal = Journal(database, "default")
        await journal.bind_account(environ["XDS_BASE_URL"], environ["XDS_UUID"])
        await journal.add_events([started])
        await database.close()

    asyncio.run(record())
    return host_id


def test_an_expired_lease_is_stopped_once_and_its_rule_is_named(
    run: Run, environ: dict[str, str], config: Path, running: str, service: Service
) -> None:
    config.write_text(RULE)
    with watching(environ) as watch:
        wait_until(lambda: "(rule lease): confirmed" in watch.text)
        assert watch.end() == 0
    assert service.world.hosts[running].status in (STOPPING, OFF)
    requests = [request for request in service.requests if "operate" in request]
    assert len(requests) == 1
    (order,) = json.loads(run("orders", "--json").stdout)
    assert (order["rule"], order["host_id"], order["state"]) == ("lease", running, "confirmed")
    assert "rules: watch on" in watch.text


def test_a_rule_that_is_added_while_it_runs_applies(
    environ: dict[str, str], config: Path, running: str, service: Service
) -> None:
    with watching(environ, "--json") as watch:
        wait_until(lambda: '"expiring"' in watch.text)
        config.write_text(RULE.replace("act = true", ""))
        wait_until(lambda: '"step": "due"' in watch.text)
        assert watch.end() == 0
    rows = [json.loads(line) for line in watch.text.splitlines()]
    (notice,) = [row for row in rows if row["kind"] == "rule"]
    assert (notice["rule"], notice["host_id"], notice["action"]) == ("lease", running, "power off")
    assert not [request for request in service.requests if "operate" in request]


def test_a_read_only_watch_carries_out_nothing(
    environ: dict[str, str], config: Path, running: str, service: Service
) -> None:
    config.write_text(f"read_only = true\n{RULE}")
    with watching(environ) as watch:
        wait_until(lambda: sum("page" in request for request in service.requests) > 1)
        assert watch.end() == 0
    assert "read-only" in watch.text
    assert service.world.hosts[running].status == BILLED


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGHUP, 0)])
def test_signals_end_it(environ: dict[str, str], number: int, code: int) -> None:
    with watching(environ) as watch:
        wait_until(lambda: "rules: watch on" in watch.text)
        assert watch.end(number) == code
    assert "Traceback" not in watch.text
    assert SECRET not in watch.text
    assert TOKEN not in watch.text


def test_without_credentials_it_ends_with_a_failure(run: Run) -> None:
    ended = run("watch", XDS_UUID="", XDS_SECRET="")
    assert ended.returncode == 1
    assert "xds-tui login" in ended.stderr


def test_it_imports_no_screen(environ: dict[str, str]) -> None:
    """The modules at the end of a run, in which everything has been used."""
    code = (
        "import atexit, sys; from xds_tui.cli.main import main;"
        "atexit.register(lambda: print('modules', *sys.modules, file=sys.stderr)); sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "watch", "--interval", "5"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        while "rules: watch on" not in process.stdout.readline():
            assert process.poll() is None
        process.terminate()
        modules = process.stderr.read().split()
    assert "httpx" in modules
    assert {"textual", "keyring", "rich.console", "starlette"}.isdisjoint(modules)
