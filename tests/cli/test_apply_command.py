"""`xds-tui apply`, as scripts use it: over real HTTP, as a subprocess."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.cli_runner import COMMAND, Run
from support.wait import wait_until

from tests.simulator_faults.faults import Fault, Kind
from tests.simulator_faults.middleware import Service

CREATE = "pve/open/createquantity"
GOODS = 'package = "bzoff4"\nimage = "5001"\non_demand = true\n'


def a_file(folder: Path, group: str) -> str:
    path = folder / "fleet.toml"
    path.write_text(f'fleet = "farm"\n[group.office]\n{group}')
    return str(path)


def creates(service: Service) -> int:
    return sum(CREATE in request for request in service.requests)


def rows(ended: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ended.stdout.splitlines()]


def test_hosts_are_bought_and_started_once_and_others_left_alone(run: Run, service: Service, tmp_path: Path) -> None:
    file = a_file(tmp_path, f"{GOODS}count = 2\nrunning = 1\n")
    first = run("apply", file, "--yes", "--json")
    assert first.returncode == 0, first.stderr
    assert [(row["action"], row["state"]) for row in rows(first)] == [("create", "confirmed")] * 2 + [
        ("power on", "confirmed")
    ]
    new = {row["host_id"] for row in rows(first)}
    second = run("apply", file, "--yes", "--json")
    assert (second.returncode, second.stdout, creates(service)) == (0, "", 2)
    operations = [request for request in service.requests if "operate" in request]
    assert len(operations) == 1
    assert any(host_id in operations[0] for host_id in new)


def test_a_group_consists_of_the_hosts_with_its_tag(run: Run, service: Service, tmp_path: Path) -> None:
    tagged = service.world.listed()[0].id
    assert run("hosts", "edit", tagged, "--add-tag", "render").returncode == 0
    file = a_file(tmp_path, f'{GOODS}count = 2\nrunning = 0\ntag = "Render"\n')
    assert run("apply", file, "--yes").returncode == 0
    assert creates(service) == 1
    hosts = json.loads(run("hosts", "--json", "--filter", "tag:render").stdout)
    assert len(hosts) == 2
    assert tagged in {host["id"] for host in hosts}
    again = run("apply", file, "--dry-run", "--json")
    (plan,) = rows(again)
    assert plan["is_empty"], plan


def test_without_the_tags_nothing_is_bought_for_a_group_with_a_tag(run: Run, service: Service, tmp_path: Path) -> None:
    settings = tmp_path / ".config" / "xds-tui"
    settings.mkdir(parents=True)
    (settings / "hosts.toml").write_text("[hosts.x\n")
    ended = run("apply", a_file(tmp_path, f'{GOODS}count = 2\ntag = "render"\n'), "--yes")
    assert (ended.returncode, "nothing was done" in ended.stderr) == (1, True), ended.stderr
    assert creates(service) == 0


def test_a_dry_run_prints_the_plan_and_the_requests(run: Run, service: Service, tmp_path: Path) -> None:
    off = next(row["id"] for row in service.world.host_rows() if row["status"] in (0, "0"))
    file = a_file(tmp_path, f'{GOODS}count = 3\nhosts = ["{off}"]\n')
    (plan,) = rows(run("apply", file, "--dry-run", "--json"))
    (group,) = plan["groups"]
    assert (group["hosts"], group["create"], group["start"], plan["untouched"]) == ([off], 2, [off], 29)
    assert [request["method"] for request in plan["requests"]] == ["GET", "POST", "POST"]
    assert plan["hourly_before"] != plan["hourly_after"]
    text = run("apply", file, "--dry-run").stdout
    assert "buy 2 hosts" in text
    assert off in text
    assert creates(service) == 0


def test_a_run_that_was_killed_is_continued_without_a_second_purchase(
    run: Run, service: Service, environ: dict[str, str], tmp_path: Path
) -> None:
    file = a_file(tmp_path, f"{GOODS}count = 3\nrunning = 0\n")
    service.faults.set(Fault(kind=Kind.DRIP, endpoint=CREATE, skip=1, seconds=0.05))
    with subprocess.Popen(
        [*COMMAND, "apply", file, "--yes"], env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        wait_until(lambda: len(service.world.ledger) == 2)
        process.kill()
    again = run("apply", file, "--yes", "--json", "--no-wait")
    assert {row["action"] for row in rows(again)} == {"create"}, again.stderr
    assert len(service.world.ledger) == 3
    run("apply", file, "--yes", "--json", "--no-wait")
    assert len(service.world.ledger) == 3


def test_a_lost_response_counts_as_a_host_until_it_is_found(run: Run, service: Service, tmp_path: Path) -> None:
    file = a_file(tmp_path, f"{GOODS}count = 1\nrunning = 0\n")
    service.faults.set(Fault(kind=Kind.DROP_AFTER, endpoint=CREATE))
    assert run("apply", file, "--yes", "--no-wait").returncode == 3
    found = run("apply", file, "--yes", "--json")
    bought = [sale.host_id for sale in service.world.ledger]
    assert found.returncode == 0, found.stderr
    assert [row["host_id"] for row in rows(found)] in ([], bought)  # the first run may have found it
    assert len(bought) == 1


@pytest.mark.parametrize(
    "group",
    [
        "",
        f"{GOODS}count = 51\n",
        f"{GOODS}count = 1\nrunning = 2\n",
        f'{GOODS}count = 1\nperiod = "1 month"\n',
        'package = "p"\nimage = "i"\nperiod = "soon"\ncount = 1\n',
        f"{GOODS}count = 1\ncuont = 2\n",
        f'{GOODS}count = "1"\n',
        f'{GOODS}count = 1\n[group."a:b"]\n{GOODS}count = 1\n',
        f"{GOODS}count = 1\n[group.a]\n{GOODS}count = [[[\n",
    ],
)
def test_an_invalid_file_is_reported_with_its_name(run: Run, service: Service, tmp_path: Path, group: str) -> None:
    file = a_file(tmp_path, group)
    ended = run("apply", file, "--yes")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert file in ended.stderr
    assert service.requests == []


def test_hosts_that_another_machine_may_have_bought_are_mentioned(
    run: Run, service: Service, environ: dict[str, str], tmp_path: Path
) -> None:
    file = a_file(tmp_path, f"{GOODS}count = 1\nrunning = 0\n")
    before = run("apply", file, "--dry-run").stdout
    assert run("apply", file, "--yes").returncode == 0
    elsewhere = run("apply", file, "--dry-run", XDG_STATE_HOME=str(tmp_path / "elsewhere")).stdout
    assert "buy 1 host" in elsewhere
    assert "no group look" in elsewhere
    assert elsewhere != before
    assert "look" not in run("apply", file, "--dry-run").stdout


def test_limits_and_confirmation_hold_a_plan_back(run: Run, service: Service, tmp_path: Path) -> None:
    file = a_file(tmp_path, f"{GOODS}count = 2\n")
    assert run("apply", file, "--yes", "--max-total", "1.97").returncode == 5
    assert run("apply", file, "--yes", "--max-price", "0.98").returncode == 5
    assert run("--read-only", "apply", file, "--yes").returncode == 5
    assert run("apply", file).returncode == 2
    assert creates(service) == 0


def test_an_empty_list_is_no_reason_to_buy_the_fleet_again(run: Run, service: Service, tmp_path: Path) -> None:
    file = a_file(tmp_path, f"{GOODS}count = 2\nrunning = 0\n")
    assert run("apply", file, "--yes").returncode == 0
    bought = {sale.host_id for sale in service.world.ledger}
    for endpoint in ("pve/open/mypage", "pve/open/one"):
        nothing = '{"code":0,"data":null,"msg":"data null","traceId":"N/A","success":true}'
        service.faults.set(Fault(kind=Kind.ANSWER, endpoint=endpoint, times=10_000, status=200, body=nothing))
    for _attempt in range(2):  # the first one records that the hosts are gone
        ended = run("apply", file, "--yes")
        assert (ended.returncode, creates(service)) == (5, 2), ended.stderr
        assert "--assume-gone" in ended.stderr
    (plan,) = rows(run("apply", file, "--dry-run", "--json"))
    assert set(plan["missing"]) == bought
    assert "--assume-gone" in run("apply", file, "--dry-run").stdout
    assert run("apply", file, "--yes", "--assume-gone", "--no-wait").returncode == 0
    assert creates(service) == 4
