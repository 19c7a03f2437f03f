"""`create --template`: a purchase that config.toml describes."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from support.cli_runner import Run

from tests.simulator_faults.middleware import Service

CONFIG = """
[templates.office]
package = "bzoff4"
image = "5001"
tags = ["office"]

[templates.monthly]
package = "bzoff4"
image = "5001"
billing = "rent"
period = "1 month"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / ".config" / "xds-tui" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(CONFIG)
    return path


def test_a_template_is_ordered_with_its_tags(run: Run, service: Service, config: Path) -> None:
    ended = run("create", "--template", "office", "--tag", "mine", "--yes", "--json")
    assert ended.returncode == 0, ended.stderr
    row = json.loads(ended.stdout)
    assert (row["package_id"], row["billing"]) == ("bzoff4", "on_demand")
    stored = tomllib.loads(config.with_name("hosts.toml").read_text())["hosts"]
    assert stored == {row["host_id"]: {"tags": ["mine", "office"]}}
    assert row["host_id"] in service.world.hosts


def test_options_override_a_template(run: Run, config: Path) -> None:
    config.touch()
    ended = run("create", "--template", "monthly", "--dry-run", "--json")
    assert json.loads(ended.stdout)["estimate"]["period_unit"] == "month"
    ended = run("create", "--template", "monthly", "--on-demand", "--dry-run", "--json")
    estimate = json.loads(ended.stdout)["estimate"]
    assert (estimate["billing"], estimate["package_id"]) == ("on_demand", "bzoff4")


@pytest.mark.parametrize(
    "words", [("--template", "none"), (), ("--package", "a", "--image", "b"), ("--package", "a", "--on-demand")]
)
def test_incomplete_goods_are_refused(run: Run, config: Path, words: tuple[str, ...]) -> None:
    config.touch()
    ended = run("create", *words, "--yes")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr
