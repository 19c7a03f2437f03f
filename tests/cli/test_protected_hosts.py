"""Protected hosts survive every command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.cli_runner import Run

from tests.simulator_faults.middleware import Service
from xds_tui.cli import parser
from xds_tui.simulator.host import BILLED, ON, SimHost

FATAL = ("operate", "reboot", "delete")


@pytest.fixture
def hosts_file(tmp_path: Path) -> Path:
    path = tmp_path / ".config" / "xds-tui" / "hosts.toml"
    path.parent.mkdir(parents=True)
    return path


def protect(path: Path, hosts: list[SimHost]) -> None:
    path.write_text("".join(f'[hosts.{host.id}]\nalias = "a-{host.id}"\nprotected = true\n' for host in hosts))


def command_names() -> list[str]:
    (subparsers,) = (action for action in parser.parser()._actions if action.dest == "command")
    assert subparsers.choices is not None
    return list(subparsers.choices)


ARGUMENTS = {
    "stop": [("{id}", "--yes"), ("a-{id}", "--yes"), ("--filter", "name:a-", "--yes"), ("{id}", "--yes", "--no-wait")],
    "reboot": [("{id}", "--yes"), ("--filter", "name:a-", "--yes", "--request-id", "job")],
    "delete": [("{id}", "--yes"), ("a-{id}", "--yes", "--json"), ("--filter", "name:a-", "--yes")],
}


# `watch` runs until it is ended: tests/fleet/test_guard.py.
@pytest.mark.parametrize("command", sorted({*command_names()} - {"simulate", "watch", "__complete"}))
def test_no_command_harms_a_protected_host(run: Run, service: Service, hosts_file: Path, command: str) -> None:
    hosts = service.world.listed()
    protect(hosts_file, hosts)
    target = next(host for host in hosts if host.status in (ON, BILLED))
    for words in ARGUMENTS.get(command, [(), ("{id}",), ("--yes",)]):
        ended = run(command, *(word.format(id=target.id) for word in words))
        assert not [request for request in service.requests if any(call in request for call in FATAL)]
        assert command not in ARGUMENTS or ended.returncode == 5, ended.stderr


def test_a_bulk_operation_lists_the_hosts_that_it_leaves_out(run: Run, service: Service, hosts_file: Path) -> None:
    protected, other = [host for host in service.world.listed() if host.status in (ON, BILLED)][:2]
    protect(hosts_file, [protected])
    ended = run("stop", protected.id, other.id, "--yes", "--json", "--no-wait")
    states = {row["host_id"]: (row["state"], row["summary"]) for row in map(json.loads, ended.stdout.splitlines())}
    assert ended.returncode == 5
    assert states[protected.id][0] == "skipped"
    assert "protected" in states[protected.id][1]
    assert states[other.id][0] == "accepted"
    dry = run("delete", "--filter", f"id:{protected.id}", "--dry-run")
    assert f"a-{protected.id} ({protected.id})" in dry.stdout


def test_a_rule_in_the_configuration_protects(run: Run, service: Service, hosts_file: Path) -> None:
    target = next(host for host in service.world.listed() if host.status in (ON, BILLED))
    hosts_file.write_text(f'[hosts.{target.id}]\ntags = ["Prod"]\n')
    hosts_file.with_name("config.toml").write_text('[hosts]\nprotect = ["tag:prod"]\n')
    ended = run("stop", target.id, "--yes", XDS_LANG="zh_CN")
    assert (ended.returncode, "受规则保护" in ended.stdout) == (5, True)


def test_a_hosts_file_that_cannot_be_read_protects_all_hosts(run: Run, service: Service, hosts_file: Path) -> None:
    target = next(host for host in service.world.listed() if host.status in (ON, BILLED))
    hosts_file.write_text("[hosts.x\n")
    ended = run("stop", target.id, "--yes")
    assert (ended.returncode, f"{hosts_file}:1" in ended.stderr) == (5, True)
    assert not [request for request in service.requests if "operate" in request]
