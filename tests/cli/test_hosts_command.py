"""`xds-tui hosts` as scripts use it: over real HTTP, as a subprocess."""

from __future__ import annotations

import csv
import io
import json
import re
import signal
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from support.cli_runner import COMMAND, PASSWORD, Run, runner, watching
from support.wait import TIMEOUT, wait_until

from tests.simulator_faults.faults import Fault, Kind
from tests.simulator_faults.middleware import Service
from xds_tui.simulator.world import ACCOUNT

FIELDS = [
    *("seen_at", "id", "name", "status", "status_sent", "billing", "os", "cpu", "memory_gb", "disk_gb"),
    *("gpu", "gpu_count", "area", "purpose", "address", "port", "account", "mac", "ipv4"),
    *("created_at", "expires_at", "cost_low", "cost_high", "cost_known", "listed", "power"),
    *("alias", "tags", "owner", "note", "protected", "complete"),
]
"""The fields that scripts rely on: new ones may be added at the end, none may be removed or renamed."""


def test_json_has_every_host_with_the_documented_fields(run: Run, service: Service) -> None:
    ended = run("hosts", "--json")
    rows = json.loads(ended.stdout)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert {row["id"] for row in rows} == set(service.world.hosts)
    assert list(rows[0]) == [*FIELDS, "schema"]
    assert all(datetime.fromisoformat(row["created_at"]).utcoffset() is not None for row in rows)
    assert all(isinstance(row["cost_low"], str | None) for row in rows)
    assert any(row["cost_low"] for row in rows)


def test_csv_has_the_same_hosts(run: Run, service: Service) -> None:
    rows = list(csv.DictReader(io.StringIO(run("hosts", "--csv").stdout, newline="")))
    assert {row["id"] for row in rows} == set(service.world.hosts)
    assert list(rows[0]) == FIELDS


def test_no_output_format_contains_a_password(run: Run, service: Service) -> None:
    assert any(row["hostPw"] == PASSWORD for row in service.world.host_rows())
    for form in ([], ["--json"], ["--csv"]):
        assert PASSWORD not in run("hosts", *form).stdout  # `run` looks for every planted secret besides


def test_a_table_has_no_escape_sequence_and_local_times(run: Run) -> None:
    table = run("hosts", TZ="UTC").stdout
    elsewhere = run("hosts", TZ="Asia/Shanghai").stdout
    assert "\x1b" not in table
    assert table.startswith("NAME")
    assert len(table.splitlines()) == 31
    assert table != elsewhere


def test_a_filter_selects_hosts(run: Run) -> None:
    on = json.loads(run("hosts", "--json", "--filter", "status:on").stdout)
    assert {row["status"] for row in on} == {"on", "billed"}
    assert run("hosts", "--json", "--filter", "no-such-host").stdout == "[]\n"


def test_a_filter_can_use_the_price(run: Run) -> None:
    dear = json.loads(run("hosts", "--json", "--filter", "cost>2").stdout)
    assert dear
    assert all(float(row["cost_high"]) > 2 for row in dear)


@pytest.mark.parametrize(
    "command",
    [
        *(("hosts", "--format", name) for name in ("table", "json", "csv", "ssh-config", "ansible", "prometheus")),
        ("inventory", "--list"),
        ("ssh-config",),
    ],
    ids=" ".join,
)
def test_a_contradictory_list_is_printed_and_counts_as_a_failure(
    run: Run, service: Service, command: tuple[str, ...]
) -> None:
    service.faults.set(Fault(kind=Kind.LISTING, total=99, times=100))
    ended = run(*command)
    assert ended.returncode == 1
    assert "some hosts may be missing" in ended.stderr
    assert ended.stdout
    if "json" in command:
        assert not any(row["complete"] for row in json.loads(ended.stdout))


@pytest.mark.parametrize("wrong", ["colour:red", "cpu:many", '"open', "status<on"])
def test_an_invalid_filter_is_a_usage_error(run: Run, wrong: str) -> None:
    ended = run("hosts", "--filter", wrong)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "--filter" in ended.stderr


def test_json_and_csv_together_are_a_usage_error(run: Run) -> None:
    assert run("hosts", "--json", "--csv").returncode == 2


def test_missing_credentials_are_reported_with_a_remedy(bare: dict[str, str]) -> None:
    ended = runner(bare)("hosts", "--json")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "Not signed in" in ended.stderr
    assert "xds-tui login" in ended.stderr
    assert "No keyring was found" in ended.stderr


def test_errors_are_in_the_chosen_language(bare: dict[str, str]) -> None:
    assert "登录" in runner(bare)("hosts", "--lang", "zh_CN").stderr


def test_a_wrong_secret_is_reported_with_its_source_and_code(run: Run) -> None:
    ended = run("hosts", XDS_SECRET="wrong")
    assert ended.returncode == 1
    assert "XDS_UUID, XDS_SECRET" in ended.stderr
    assert "code " in ended.stderr


def test_a_rejection_is_reported_with_code_and_trace_id(run: Run, service: Service) -> None:
    service.faults.set(Fault(kind=Kind.CODE, endpoint="pve/open/mypage", code=1037, message="未实名"))
    ended = run("hosts")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "real-name" in ended.stderr
    assert "未实名" in ended.stderr
    assert "code 1037" in ended.stderr
    assert "traceId " in ended.stderr


def test_prices_are_requested_only_if_the_filter_uses_them(run: Run, service: Service) -> None:
    service.faults.set(Fault(kind=Kind.CODE, endpoint="pve/open/image", code=500, times=2))
    ended = run("hosts", "--json")
    assert ended.returncode == 0
    assert {row["cost_low"] for row in json.loads(ended.stdout)} == {None}
    assert "prices" in ended.stderr
    assert run("hosts", "--filter", "cost<1").returncode == 1


def test_an_unreachable_service_is_reported(run: Run) -> None:
    ended = run("hosts", XDS_BASE_URL="http://127.0.0.1:9")
    assert ended.returncode == 1
    assert "cannot be reached" in ended.stderr


def test_a_closed_pipe_ends_the_command_silently(environ: dict[str, str]) -> None:
    with watching(environ, "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["id"]
        process.stdout.close()
        assert process.wait(20) == 0
        assert process.stderr.read() == ""


def test_watching_continues_until_interrupted(environ: dict[str, str], service: Service) -> None:
    with watching(environ, "--json") as process:
        assert process.stdout is not None
        rows = [json.loads(process.stdout.readline()) for _ in range(60)]
        assert len({row["seen_at"] for row in rows}) == 2
        assert {row["id"] for row in rows[30:]} == set(service.world.hosts)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_watched_csv_has_one_header(environ: dict[str, str]) -> None:
    with watching(environ, "--csv") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(61)]
    assert [line for line in lines if line.startswith("seen_at")] == lines[:1]


def test_watching_survives_a_failure_but_not_a_wrong_secret(environ: dict[str, str], service: Service) -> None:
    service.faults.set(Fault(kind=Kind.CODE, endpoint="pve/open/mypage", code=500, times=1))
    with watching(environ, "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert "internal error" in process.stderr.readline()
        assert json.loads(process.stdout.readline())["id"]
    with watching({**environ, "XDS_SECRET": "wrong"}) as process:
        assert process.wait(20) == 1


def test_a_full_disk_is_reported(environ: dict[str, str]) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        ended = subprocess.run(
            [*COMMAND, "hosts"],
            env=environ,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    assert ended.returncode == 1
    assert "could not be written" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr


def test_a_terminal_without_chinese_gets_a_table(run: Run) -> None:
    ended = run("hosts", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert ended.returncode == 0
    assert json.loads(run("hosts", "--json", PYTHONIOENCODING="ascii").stdout)


def test_the_demo_needs_neither_service_nor_keyring_nor_disk(bare: dict[str, str]) -> None:
    for args in (["--demo", "hosts", "--json"], ["hosts", "--json", "--demo", "--demo-hosts", "40"]):
        assert len(json.loads(runner(bare)(*args).stdout)) == 40


def test_an_interrupt_ends_the_command_while_it_waits(environ: dict[str, str], service: Service) -> None:
    service.faults.set(Fault(kind=Kind.LATENCY, endpoint="pve/open/mypage", seconds=15))
    with watching(environ) as process:
        wait_until(lambda: not service.faults.pending)
        process.send_signal(signal.SIGINT)
        assert process.wait(TIMEOUT) == 130


def test_a_watched_table_shows_the_time_of_each_refresh(environ: dict[str, str]) -> None:
    with watching(environ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().rstrip() for _ in range(36)]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", lines[number]) for number in (0, 33))
    assert lines[32] == ""
    assert lines[34] == lines[1]


def test_listings_record_changes_in_the_history(run: Run, service: Service) -> None:
    assert run("hosts").returncode == 0
    off = next(row["id"] for row in service.world.host_rows() if int(row["status"]) == 0)
    service.world.delete(service.world.accounts[ACCOUNT], off)
    assert off not in run("hosts", "--json").stdout
    assert run("hosts", "--json").returncode == 0
    events = json.loads(run("events", "--json").stdout)
    assert [event["host_id"] for event in events if event["kind"] == "gone"] == [off]


def test_columns_order_and_limit_can_be_chosen(run: Run) -> None:
    table = run("hosts", "--columns", "name,cost", "--sort=-cost", "--limit", "3", "--no-header").stdout.splitlines()
    prices = [float(line.split()[-1].lstrip("~").partition("-")[0]) for line in table]
    assert len(table) == 3
    assert prices == sorted(prices, reverse=True)
    rows = json.loads(run("hosts", "--format", "json", "--columns", "id,power", "--limit", "2").stdout)
    assert [list(row) for row in rows] == [["id", "power", "schema"]] * 2
    assert run("hosts", "--columns", "no-such").returncode == 2


def test_ssh_config_is_written_to_a_file_to_be_included(run: Run, environ: dict[str, str]) -> None:
    written = run("ssh-config", "--write")
    include = next(line.strip() for line in written.stderr.splitlines() if "Include" in line)
    config = Path(include.split()[1])
    assert (written.returncode, written.stdout) == (0, "")
    assert "HostKeyAlias xds-" in config.read_text()
