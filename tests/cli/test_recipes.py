"""The recipes of the manual, run by a shell against a simulated service."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from support import command_server
from support.wait import TIMEOUT

from tests.simulator_faults.middleware import Service
from xds_tui import manual

SSH = '#!/bin/sh\nshift $(($# - 2))\nexec "$@"\n'
"""In place of ssh: runs the last two words here."""


def recipe(start: str) -> str:
    """Return the block of code of the manual that contains `start`."""
    text = (Path(manual.__file__).parent / "en" / "scripts.md").read_text()
    blocks: list[str] = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return next(block for block in blocks if start in block)


@pytest.fixture
def shell(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The environment of a shell that has the program, and what the recipes call beside it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    programs = {
        "xds-tui": command_server.script(),
        "ssh": SSH,
        "make": '#!/bin/sh\necho "make $*"; exit ${MAKE_FAILS:-0}\n',
    }
    for name, text in programs.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return {**environ, "PATH": f"{folder}:{os.environ['PATH']}", "JOB": "7"}


def run_script(script: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", script],
        env=environ,
        cwd=environ["HOME"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
    )


def test_the_line_for_cron_stops_everything_that_is_on(shell: dict[str, str], service: Service) -> None:
    line = recipe("nightly-").strip().split("* * *", 1)[1].strip()
    ended = run_script(line.replace("\\%", "%"), shell)
    assert ended.returncode in (0, 3), ended.stderr  # hosts of the fleet change by themselves, too
    stopped = [request for request in service.requests if "operate" in request]
    running = {row["id"] for row in service.world.host_rows() if row["status"] in ("2", "3")}
    assert stopped
    assert not running & {request.rpartition("/")[2].partition("?")[0] for request in stopped}


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
@pytest.mark.parametrize("fails", ["0", "1"])
def test_the_job_deletes_its_host_even_if_it_fails(shell: dict[str, str], service: Service, fails: str) -> None:
    for package in service.world.stock:
        service.world.stock[package] = 1000
    script = recipe("ci-$JOB").replace("--image ID", "--image 4005").replace("--package ID", "--package bl3060a1")
    ended = run_script(script, {**shell, "MAKE_FAILS": fails})
    assert ended.returncode == int(fails), ended.stderr
    assert "make test" in ended.stdout
    (sale,) = service.world.ledger
    assert sale.host_id not in {row["id"] for row in service.world.host_rows()}


def test_the_recipes_for_other_tools_write_what_they_promise(shell: dict[str, str], tmp_path: Path) -> None:
    script = recipe("inventory.sh").replace("/var/lib/node_exporter/xds.prom", "xds.prom")
    if shutil.which("ansible-inventory") is None:
        script = script.replace("ansible-inventory -i inventory.sh --graph", "./inventory.sh --list > graph")
    ended = run_script(f"set -e\n{script}", shell)
    assert ended.returncode == 0, ended.stderr
    inventory = run_script("./inventory.sh --list", shell)
    assert "_meta" in json.loads(inventory.stdout)
    assert "xds" in (tmp_path / "xds.prom").read_text()
    assert "ssh_config" in ended.stdout + ended.stderr
