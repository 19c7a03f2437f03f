"""The commands that place orders, as scripts use them: over real HTTP, as subprocesses."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from support.cli_runner import COMMAND, Run, runner
from support.terminal import Terminal
from support.wait import TIMEOUT, wait_until

from tests.simulator_faults.faults import Fault, Kind
from tests.simulator_faults.middleware import Service

CREATE = ("create", "--package", "bzoff4", "--image", "5001", "--on-demand", "--yes", "--json")
OFF, ON = (0,), (2, 3)
CHANGES = ("createquantity", "createRent", "operate", "reboot", "delete")


def changes(service: Service) -> list[str]:
    """Return the changing requests that have been received."""
    return [request for request in service.requests if any(call in request for call in CHANGES)]


def rows(ended: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ended.stdout.splitlines()]


def a_host_in(service: Service, statuses: tuple[int, ...]) -> str:
    return next(str(row["id"]) for row in service.world.host_rows() if int(row["status"]) in statuses)


def test_a_host_is_created_and_reported(run: Run, service: Service) -> None:
    ended = run(*CREATE)
    (row,) = rows(ended)
    assert (ended.returncode, row["state"]) == (0, "confirmed")
    assert row["host_id"] in service.world.hosts
    assert row["request_id"] in ended.stderr.splitlines()[0]
    assert len(changes(service)) == 1


def test_a_request_id_stands_for_one_purchase(run: Run, service: Service) -> None:
    first, second = run(*CREATE, "--request-id", "job-7"), run(*CREATE, "--request-id", "job-7")
    assert (first.returncode, second.returncode) == (0, 0)
    assert rows(first)[0]["id"] == rows(second)[0]["id"]
    assert rows(first)[0]["host_id"] == rows(second)[0]["host_id"]
    assert len(changes(service)) == 1


def test_programs_with_one_request_id_at_the_same_time_buy_once(run: Run, service: Service) -> None:
    service.faults.set(Fault(kind=Kind.LATENCY, endpoint="pve/open/createquantity", seconds=1))
    results: list[subprocess.CompletedProcess[str]] = []
    threads = [threading.Thread(target=lambda: results.append(run(*CREATE, "--request-id", "job-7"))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT)
    assert [result.returncode for result in results] == [0, 0, 0]
    assert len({rows(result)[0]["host_id"] for result in results}) == 1
    assert len(changes(service)) == 1


def test_a_request_id_is_rejected_for_another_purchase(run: Run, service: Service) -> None:
    run(*CREATE, "--request-id", "job-7")
    for different in (("--count", "2"), ("--package", "bzoff8")):
        ended = run(*CREATE, "--request-id", "job-7", *different)
        assert (ended.returncode, ended.stdout) == (2, "")
    assert run("stop", "--yes", "--filter", "status:on", "--request-id", "job-7").returncode == 2
    assert len(changes(service)) == 1


def test_an_order_that_was_not_sent_is_sent_when_repeated(run: Run, service: Service) -> None:
    service.faults.set(Fault(kind=Kind.CODE, endpoint="pve/open/packAge/0", code=500, skip=1))
    first = run(*CREATE, "--request-id", "job-7")
    assert (first.returncode, rows(first)[0]["state"]) == (1, "not sent")
    service.faults.clear()
    second = run(*CREATE, "--request-id", "job-7")
    assert (second.returncode, rows(second)[0]["id"]) == (0, rows(first)[0]["id"]), second.stderr
    assert len(changes(service)) == 1


def test_a_lost_response_is_found_in_the_fleet(run: Run, service: Service) -> None:
    service.faults.set(Fault(kind=Kind.DROP_AFTER, endpoint="pve/open/createquantity"))
    first = run(*CREATE, "--request-id", "job-7", "--no-wait")
    assert (first.returncode, rows(first)[0]["state"]) == (3, "unknown")
    service.faults.clear()
    second = run(*CREATE, "--request-id", "job-7")
    assert (second.returncode, rows(second)[0]["host_id"]) == (0, service.world.ledger[-1].host_id)
    assert len(changes(service)) == 1


def test_an_unknown_purchase_is_not_repeated_without_confirmation(run: Run, service: Service) -> None:
    service.faults.set(Fault(kind=Kind.DROP_BEFORE, endpoint="pve/open/createquantity"))
    unknown = run(*CREATE, "--no-wait")
    service.faults.clear()
    held_back = run(*CREATE)
    assert (held_back.returncode, held_back.stdout) == (5, "")
    assert rows(unknown)[0]["id"] in held_back.stderr
    forgotten = run("orders", "forget", rows(unknown)[0]["id"], "--yes", "--json")
    assert (forgotten.returncode, rows(forgotten)[0]["state"]) == (0, "unconfirmed")
    assert run(*CREATE).returncode == 0
    assert len(changes(service)) == 2


def test_a_rejected_order_can_be_retried_and_an_unknown_one_cannot(run: Run, service: Service) -> None:
    service.faults.set(Fault(kind=Kind.CODE, endpoint="pve/open/createquantity", code=9001))
    rejected = run(*CREATE)
    assert (rejected.returncode, rows(rejected)[0]["code"]) == (4, 9001)
    service.faults.clear()
    retried = run("orders", "retry", rows(rejected)[0]["id"], "--yes", "--json")
    assert (retried.returncode, rows(retried)[0]["state"]) == (0, "confirmed")
    assert run("orders", "retry", rows(retried)[0]["id"], "--yes").returncode == 5
    assert run("orders", "retry", "no-such-order", "--yes").returncode == 1
    assert len(changes(service)) == 2


@pytest.mark.sweep(3)
@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--max-price", "0.98"), 5),
        (("--max-total", "1.97", "--count", "2"), 5),
        (("--read-only",), 2),  # an option of the program, before the command
        (("--package", "no-such"), 1),
        (("--image", "4001"), 1),  # of another type
        (("--count", "0"), 2),
        (("--period", "2 months"), 2),  # beside --on-demand
        (("--request-id", "two words"), 2),
    ],
)
def test_an_invalid_purchase_is_not_sent(run: Run, service: Service, options: tuple[str, ...], code: int) -> None:
    ended = run(*CREATE, *options)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert changes(service) == []


def test_nothing_is_changed_in_read_only_mode(run: Run, service: Service) -> None:
    assert run("--read-only", *CREATE).returncode == 5
    assert run("--read-only", "stop", "--yes", "--filter", "status:on").returncode == 5
    assert run("--read-only", *CREATE, "--dry-run").returncode == 0
    assert changes(service) == []


def test_without_a_terminal_an_option_must_confirm(run: Run, service: Service) -> None:
    host = a_host_in(service, ON)
    for command in (CREATE[:-2], ("stop", host), ("reboot", host), ("delete", host)):
        ended = run(*command)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert "--yes" in ended.stderr
    assert changes(service) == []


def test_a_dry_run_shows_the_requests_that_would_be_sent(run: Run, service: Service, environ: dict[str, str]) -> None:
    on, off = a_host_in(service, ON), a_host_in(service, OFF)
    (plan,) = rows(run("stop", on, off, "--dry-run", "--json"))
    assert plan["requests"] == [
        {"method": "GET", "url": f"{environ['XDS_BASE_URL']}/v1/pve/open/operate/{on}?type=0", "body": None}
    ]
    assert [host["id"] for host in plan["left_out"]] == [off]
    (plan,) = rows(run(*CREATE, "--count", "2", "--dry-run"))
    assert [request["body"] for request in plan["requests"]] == [{"packageId": "bzoff4", "imageId": "5001"}] * 2
    assert plan["estimate"]["total"] == "1.98"
    assert changes(service) == []


def test_operations_accept_names_and_ids_and_skip_completed_hosts(run: Run, service: Service) -> None:
    on, off = a_host_in(service, ON), a_host_in(service, OFF)
    service.world.hosts[on].name = "gpu-a"
    ended = run("stop", "gpu-a", off, "--yes", "--json")
    assert ended.returncode == 0
    assert {row["host_id"]: row["state"] for row in rows(ended)} == {on: "confirmed", off: "skipped"}
    assert run("start", "no-such-host", "--yes").returncode == 1
    assert len(changes(service)) == 1


@pytest.mark.parametrize("command", ["stop", "wait", "hosts"])
@pytest.mark.parametrize("words", ["status:bogus", "gpu>", "@nothing-saved"])
def test_an_invalid_filter_is_a_usage_error(run: Run, service: Service, command: str, words: str) -> None:
    more = {"stop": ("--yes",), "wait": ("--for", "on"), "hosts": ()}
    assert run(command, "--filter", words, *more[command]).returncode == 2
    assert service.requests == []


def test_operations_accept_a_saved_filter(run: Run, service: Service, environ: dict[str, str]) -> None:
    config = Path(environ["HOME"]) / ".config" / "xds-tui" / "config.toml"
    config.parent.mkdir(parents=True)
    off = a_host_in(service, OFF)
    config.write_text(f'[filters]\nmine = "{off}"\n')
    (plan,) = rows(run("start", "--filter", "@mine", "--dry-run", "--json"))
    assert [off in request["url"] for request in plan["requests"]] == [True]


def test_a_deleted_host_is_reported_when_it_is_gone(run: Run, service: Service) -> None:
    off = a_host_in(service, OFF)
    ended = run("delete", off, "--yes")
    assert ended.returncode == 0, ended.stderr
    assert off in ended.stdout
    assert off not in {row["id"] for row in service.world.host_rows()}
    assert run("wait", off, "--for", "gone").returncode == 0


def test_a_delete_that_the_service_declines_is_reported_before_the_wait(run: Run, service: Service) -> None:
    ended = run("delete", a_host_in(service, ON), "--yes", "--timeout", "1")
    assert ended.returncode == 3
    assert "Waiting at most" in ended.stderr
    assert len(changes(service)) == 1


def test_the_id_confirms_a_delete_where_another_host_has_the_name(service: Service, environ: dict[str, str]) -> None:
    first, second = [row["id"] for row in service.world.host_rows() if int(row["status"]) in OFF][:2]
    service.world.hosts[first].name = service.world.hosts[second].name = "gpu-a"
    with Terminal([*COMMAND, "delete", first], environ=environ) as terminal:
        terminal.wait_for(f"Type {first} to confirm")
        terminal.type("gpu-a\r")
        terminal.wait_for("Not confirmed")
    assert changes(service) == []
    with Terminal([*COMMAND, "delete", first], environ=environ) as terminal:
        terminal.wait_for(f"Type {first} to confirm")
        terminal.type(f"{first}\r")
        wait_until(lambda: first not in {row["id"] for row in service.world.host_rows()})
    assert second in {row["id"] for row in service.world.host_rows()}


def test_waiting_ends_with_the_condition_or_the_timeout(run: Run, service: Service) -> None:
    off = a_host_in(service, OFF)
    assert run("wait", off, "--for", "off").returncode == 0
    assert run("wait", off, "--for", "on", "--timeout", "0.1").returncode == 1


def test_an_interrupted_command_leaves_its_order_in_the_journal(
    run: Run, service: Service, environ: dict[str, str]
) -> None:
    service.faults.set(Fault(kind=Kind.LATENCY, endpoint="pve/open/createquantity", seconds=2))
    command = [*COMMAND, *CREATE, "--request-id", "job-7"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_until(lambda: bool(changes(service)))
        process.send_signal(signal.SIGINT)
        _output, errors = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 130
    assert "job-7" in errors
    again = run(*CREATE, "--request-id", "job-7")
    assert (again.returncode, rows(again)[0]["host_id"]) == (0, service.world.ledger[-1].host_id)
    assert len(changes(service)) == 1


def test_a_host_is_described_without_its_password(run: Run, service: Service) -> None:
    host = a_host_in(service, ON)
    (row,) = rows(run("describe", host, "--json"))
    assert (row["id"], row["status"]) in ((host, "on"), (host, "billed"))
    assert host in run("describe", host).stdout


def test_an_estimate_states_its_calculation(run: Run) -> None:
    (estimate,) = rows(run("estimate", "--package", "bzoff4", "--period", "3 months", "--count", "2", "--json"))
    assert (estimate["hours"], estimate["total"]) == (2160, "4276.80")


def test_ssh_runs_with_the_key_under_the_hosts_id(service: Service, environ: dict[str, str], tmp_path: Any) -> None:
    host = next(
        row["id"] for row in service.world.host_rows() if "Windows" not in row["operatingSystem"] and row["address"]
    )
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)
    run = runner({**environ, "PATH": f"{program.parent}:{environ['PATH']}"})
    ended = run("ssh", host, "--", "nvidia-smi", "-L")
    arguments = ended.stdout.splitlines()
    assert ended.returncode == 0, ended.stderr
    assert f"HostKeyAlias=xds-{host}" in arguments
    assert arguments[-2:] == ["nvidia-smi", "-L"]
