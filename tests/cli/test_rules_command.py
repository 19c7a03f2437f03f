"""`xds-tui rules`: the plan of the rules for the hosts of a service."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.cli_runner import Run

from tests.simulator_faults.middleware import Service
from xds_tui.domain.model import Status
from xds_tui.domain.records import Event, EventKind
from xds_tui.simulator.host import BILLED, OFF, STOPPING
from xds_tui.store.database import Database
from xds_tui.store.journal import Journal
from xds_tui.text.export_fields import ROW_FIELDS

RULES = """
[rules.lease]
hosts = "tag:train"
stop_after = "1m"

[rules.later]
hosts = "owner:li"
stop_after = "900d"
"""


@pytest.fixture
def annotated(environ: dict[str, str], service: Service) -> tuple[str, str]:
    """A host that has run for hours with the tag, and one that is off."""
    folder = Path(environ["HOME"]) / ".config" / "xds-tui"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(RULES)
    running = next(host for host in service.world.hosts.values() if host.status == BILLED)
    stopped = next(host for host in service.world.hosts.values() if host.status == OFF)
    (folder / "hosts.toml").write_text(
        f'[hosts.{running.id}]\nalias = "trainer"\ntags = ["train"]\nowner = "li"\n'
        f'[hosts.{stopped.id}]\ntags = ["train"]\n'
    )
    return running.id, stopped.id


def test_a_lease_counts_from_what_was_observed(run: Run, annotated: tuple[str, str], service: Service) -> None:
    running, _stopped = annotated
    rows = json.loads(run("rules", "--json").stdout)
    assert all(set(row) == {*ROW_FIELDS["rules"], "schema"} for row in rows)
    assert [(row["rule"], row["host_id"], row["host_name"], row["action"], row["due"]) for row in rows] == [
        ("lease", running, "trainer", "power off", False),
        ("later", running, "trainer", "power off", False),
    ]
    assert json.loads(run("rules", "--due", "stop", "--json").stdout) == []
    assert service.world.hosts[running].status == BILLED


def test_the_hosts_that_are_due_are_stopped_once(
    run: Run, environ: dict[str, str], annotated: tuple[str, str], service: Service
) -> None:
    running, _stopped = annotated
    started = datetime.now(UTC) - timedelta(hours=2)

    async def record() -> None:
        database = Database(Path(environ["HOME"]) / ".local/state/xds-tui/journal.db")
        journal = Journal(database, "default")
        await journal.bind_account(environ["XDS_BASE_URL"], environ["XDS_UUID"])
        await journal.add_events(
            [Event(at=started, kind=EventKind.STATUS, host_id=running, old=Status.OFF, new=Status.BILLED)]
        )
        await database.close()

    asyncio.run(record())
    due = json.loads(run("rules", "--due", "stop", "--json").stdout)
    assert [(row["rule"], row["host_id"], row["due"]) for row in due] == [("lease", running, True)]
    assert json.loads(run("rules", "--due", "start", "--json").stdout) == []
    assert run("stop", *(row["host_id"] for row in due), "--yes", "--no-wait").returncode == 0
    assert service.world.hosts[running].status in (STOPPING, OFF)
    assert json.loads(run("rules", "--due", "stop", "--json").stdout) == []


def test_a_protected_host_is_not_due(run: Run, environ: dict[str, str], annotated: tuple[str, str]) -> None:
    config = Path(environ["HOME"]) / ".config" / "xds-tui" / "config.toml"
    config.write_text(f'{RULES}\n[hosts]\nprotect = ["tag:train"]\n')
    rows = json.loads(run("rules", "--json").stdout)
    assert {(row["host_id"], row["obstacle"]) for row in rows} == {(annotated[0], "protected")}


def test_the_table_names_the_rule(run: Run, annotated: tuple[str, str]) -> None:
    assert annotated
    lines = run("rules").stdout.splitlines()
    assert lines[0].split() == ["TIME", "ACTION", "HOST", "ID", "RULE", "STATE"]
    assert [line.split()[2:4] for line in lines[1:]] == [["stop", "trainer"], ["stop", "trainer"]]


def test_without_rules_there_is_a_hint(run: Run) -> None:
    ended = run("rules", "--json")
    assert (ended.returncode, ended.stdout) == (0, "[]\n")
    assert "xds-tui manual rules" in ended.stderr


def test_a_stop_is_put_off_and_skipped(run: Run, annotated: tuple[str, str]) -> None:
    (planned,) = [row for row in json.loads(run("rules", "--json").stdout) if row["rule"] == "lease"]
    delayed = run("rules", "delay", "lease", "2h")
    assert delayed.returncode == 0
    assert delayed.stdout.startswith("trainer: rule lease at ")
    skipped = run("rules", "skip", "trainer")
    assert skipped.stdout.count("is skipped once") == 2

    assert planned["host_id"] == annotated[0]


@pytest.mark.parametrize("words", [("delay", "lease"), ("skip",), ("skip", "lease", "1h"), ("delay", "lease", "3h")])
def test_incomplete_words_are_a_usage_error(run: Run, words: tuple[str, ...]) -> None:
    assert run("rules", *words).returncode == 2


def test_an_unknown_target_is_an_error(run: Run, annotated: tuple[str, str]) -> None:
    assert annotated
    ended = run("rules", "delay", "nothing", "1h")
    assert ended.returncode == 1
    assert "nothing" in ended.stderr
