"""Caps on spending in the commands that buy and start hosts, and `xds-tui caps`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support.cli_runner import Run

from tests.simulator_faults.middleware import Service
from xds_tui.domain.caps import EXCEEDED
from xds_tui.simulator.host import BILLED, OFF
from xds_tui.text.export_fields import ROW_FIELDS

CREATE = ("create", "--package", "bzoff4", "--image", "5001", "--on-demand", "--yes", "--json")
FLEET = "fleet = 'farm'\n[group.office]\npackage = 'bzoff4'\nimage = '5001'\non_demand = true\ncount = 1\n"

Configure = Callable[[str], None]


@pytest.fixture
def configure(environ: dict[str, str]) -> Configure:
    folder = Path(environ["HOME"]) / ".config" / "xds-tui"
    folder.mkdir(parents=True)

    def write(text: str) -> None:
        (folder / "config.toml").write_text(text)

    return write


def changes(service: Service) -> list[str]:
    return [request for request in service.requests if any(call in request for call in ("create", "operate"))]


def test_a_cap_refuses_to_buy_and_to_start(run: Run, service: Service, configure: Configure) -> None:
    configure("[caps.all]\nper_hour = 0.5\n")
    off = next(host.id for host in service.world.hosts.values() if host.status == OFF and not host.rented)
    for command in (CREATE, (*CREATE, "--dry-run"), ("start", off, "--yes"), ("start", off, "--dry-run")):
        ended = run(*command)
        assert (ended.returncode, ended.stdout) == (5, "")
        assert EXCEEDED in ended.stderr
        assert "caps.all.per_hour: " in ended.stderr
        assert " > 0.50 CNY" in ended.stderr
    assert changes(service) == []


def test_a_cap_refuses_what_an_applied_file_would_buy(
    run: Run, service: Service, configure: Configure, tmp_path: Path
) -> None:
    configure("[caps.all]\nper_month = 1\n")
    (tmp_path / "fleet.toml").write_text(FLEET)
    ended = run("apply", str(tmp_path / "fleet.toml"), "--yes")
    assert ended.returncode == 5, ended.stderr
    assert "caps.all.per_month" in ended.stdout + ended.stderr
    assert changes(service) == []


def test_what_a_cap_leaves_is_bought(run: Run, service: Service, configure: Configure) -> None:
    configure('[caps.all]\nper_hour = 100000\n[caps.train]\nhosts = "tag:train"\nper_hour = 2\n')
    assert run(*CREATE, "--no-wait").returncode == 0
    assert run(*CREATE, "--no-wait", "--count", "9", "--tag", "train").returncode == 5
    assert len(changes(service)) == 1


def test_a_cap_that_cannot_be_read_refuses_everything(run: Run, service: Service, configure: Configure) -> None:
    configure("[caps.all]\nper_hours = 100000\n")
    ended = run(*CREATE)
    assert ended.returncode == 5
    assert "A cap has no key per_hours" in ended.stderr
    assert changes(service) == []


def test_caps_are_listed_with_what_is_used(run: Run, service: Service, configure: Configure) -> None:
    configure('[caps.all]\nper_hour = 1\nper_day = 100000\n[caps.none]\nhosts = "tag:none"\nper_month = 9\n')
    assert any(host.status == BILLED for host in service.world.hosts.values())
    rows = json.loads(run("caps", "--json").stdout)
    assert all(set(row) == {*ROW_FIELDS["caps"], "schema"} for row in rows)
    assert [(row["cap"], row["period"], row["limit"], row["level"]) for row in rows] == [
        ("all", "per_hour", "1.00", "reached"),
        ("all", "per_day", "100000.00", "ok"),
        ("none", "per_month", "9.00", "ok"),
    ]
    assert (rows[2]["spent"], rows[0]["unpriced"]) == ("0.00", 0)
    lines = run("caps").stdout.splitlines()
    assert " ".join(lines[0].split()) == "CAP PERIOD SPENT ¥ LIMIT ¥ AT LEAST ¥ AT MOST ¥ STATE"
    assert lines[1].split()[:3] == ["all", "per", "hour"]


def test_without_caps_there_is_a_hint(run: Run) -> None:
    ended = run("caps")
    assert (ended.returncode, ended.stdout.count("\n")) == (0, 1)
    assert "xds-tui manual caps" in ended.stderr
