"""Names, notes, tags, owners and protection on the command line."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from support.cli_runner import Run

from tests.simulator_faults.faults import Fault, Kind
from tests.simulator_faults.middleware import Service

CREATE = ("create", "--package", "bzoff4", "--image", "5001", "--on-demand", "--yes", "--json")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".config" / "xds-tui" / "hosts.toml"


def stored(path: Path) -> dict[str, Any]:
    return dict(tomllib.loads(path.read_text())["hosts"])


def test_a_host_is_edited_and_found_by_its_name_tag_and_owner(run: Run, service: Service, path: Path) -> None:
    host = service.world.listed()[0]
    ended = run(
        *("hosts", "edit", host.id, "--name", "农场 1", "--add-tag", "render,prod", "--owner", "li"),
        *("--note", "until friday", "--protect"),
    )
    assert (ended.returncode, ended.stdout) == (
        0,
        f"农场 1 ({host.id}): render prod · li · until friday · protected\n",
    )
    values = {"alias": "农场 1", "note": "until friday", "tags": ["render", "prod"], "owner": "li", "protected": True}
    assert stored(path) == {host.id: values}
    for words in ("tag:render owner:LI", "name:农场", '备注:"until friday"', "标签:PROD -tag:test"):
        (row,) = json.loads(run("hosts", "--filter", words, "--json").stdout)
        assert (row["id"], row["alias"], row["tags"]) == (host.id, "农场 1", ["render", "prod"])
        assert (row["owner"], row["note"], row["protected"]) == ("li", "until friday", True)
    assert "农场 1" in run("describe", "农场 1").stdout
    table = run("hosts", "--columns", "name,tags,owner,note").stdout
    assert any(line.split()[:4] == ["农场", "1", "render", "prod"] for line in table.splitlines())
    edited = run("hosts", "edit", "农场 1", "--remove-tag", "PROD", "--note", "", "--unprotect")
    assert edited.returncode == 0
    assert stored(path) == {host.id: {"alias": "农场 1", "tags": ["render"], "owner": "li"}}


def test_tables_have_the_columns_of_the_user_only_if_they_have_values(run: Run, service: Service) -> None:
    assert "TAGS" not in run("hosts").stdout
    run("hosts", "edit", service.world.listed()[0].id, "--add-tag", "x")
    table = run("hosts").stdout
    assert "TAGS" in table
    assert "OWNER" not in table


@pytest.mark.parametrize(
    "words",
    [
        ("edit",),
        ("edit", "{id}"),
        ("edit", "{id}", "--add-tag", "-x"),
        ("edit", "{id}", "--name", "a\x1bb"),
        ("edit", "--filter", "id:a", "--name", "x"),
        ("forget",),
        ("forget", "nothing"),
    ],
)
def test_a_wrong_edit_changes_nothing(run: Run, service: Service, path: Path, words: tuple[str, ...]) -> None:
    ended = run("hosts", *(word.format(id=service.world.listed()[0].id) for word in words))
    assert ended.returncode in (1, 2)
    assert ended.stderr
    assert not path.exists()


def test_what_is_stored_about_gone_hosts_is_listed_and_forgotten(run: Run, service: Service, path: Path) -> None:
    host = service.world.listed()[0]
    run("hosts", "edit", host.id, "--name", "here")
    path.write_text(path.read_text() + '\n# was the old farm\n[hosts.Gone1]\nalias = "there"\ntags = ["old"]\n')
    (row,) = json.loads(run("hosts", "--gone", "--json").stdout)
    assert (row["id"], row["alias"], row["tags"]) == ("Gone1", "there", ["old"])
    assert "there" in run("hosts", "--gone").stdout
    assert run("hosts", "forget", "there").returncode == 0
    assert list(stored(path)) == [host.id]


def test_a_new_host_gets_what_was_entered(run: Run, service: Service, path: Path) -> None:
    ended = run(*CREATE, "--name", "render", "--tag", "a", "--tag", "b", "--owner", "li", "--count", "2", "--protect")
    ids = [json.loads(line)["host_id"] for line in ended.stdout.splitlines()]
    assert ended.returncode == 0
    values = {"tags": ["a", "b"], "owner": "li", "protected": True}
    assert stored(path) == {
        host_id: {"alias": f"render-{number}", **values} for number, host_id in enumerate(ids, start=1)
    }
    assert run("stop", "render-1", "--yes").returncode == 5


def test_hosts_whose_responses_get_lost_are_found_and_tagged_by_a_later_run(
    run: Run, service: Service, path: Path
) -> None:
    service.faults.set(Fault(kind=Kind.DROP_AFTER, endpoint="pve/open/createquantity"))
    first = run(*CREATE, "--request-id", "job", "--tag", "render", "--name", "farm", "--no-wait")
    assert first.returncode == 3
    assert not path.exists()
    service.faults.clear()
    second = run(*CREATE, "--request-id", "job", "--tag", "render", "--name", "farm")
    assert second.returncode == 0
    host_id = json.loads(second.stdout)["host_id"]
    assert stored(path) == {host_id: {"alias": "farm", "tags": ["render"]}}


def test_the_same_request_by_name_is_recognized(run: Run, service: Service) -> None:
    host = next(host for host in service.world.listed() if host.status == 0)
    run("hosts", "edit", host.id, "--name", "worker")
    for _ in range(2):
        assert run("start", "worker", "--yes", "--request-id", "job").returncode == 0


def test_names_of_the_user_are_completed(run: Run, service: Service) -> None:
    host = service.world.listed()[0]
    run("hosts", "edit", host.id, "--name", "farm-1")
    run("hosts")
    lines = run("__complete", "hosts", "--", "xds-tui", "stop").stdout.splitlines()
    assert f"farm-1\t{host.id}" in lines
    assert f"{host.id}\tfarm-1" in lines
    assert any(line.startswith(host.name) for line in lines)
