"""`xds-tui waitlist`: purchases that wait for stock, as scripts use it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.cli_runner import Run

from tests.simulator_faults.faults import Fault, Kind
from tests.simulator_faults.middleware import Service
from xds_tui.text.export_fields import ROW_FIELDS

CREATE = "pve/open/createquantity"
GOODS = ("--package", "bzoff4", "--image", "5001", "--on-demand")
ADD = ("waitlist", "add", "office", *GOODS, "--until", "2099-12-31", "--tag", "render")


def creates(service: Service) -> int:
    return sum(CREATE in request for request in service.requests)


def entry(run: Run) -> dict[str, object]:
    (row,) = json.loads(run("waitlist", "list", "--json").stdout)
    assert set(row) == {*ROW_FIELDS["waitlist"], "schema"}
    return dict(row)


def test_a_host_is_bought_once_when_it_is_in_stock(run: Run, service: Service) -> None:
    assert run(*ADD, "--max-price", "100", "--yes").returncode == 0
    service.faults.set(Fault(kind=Kind.CODE, endpoint=CREATE, code=6002))
    sold_out = run("waitlist", "run", "--once")
    assert (sold_out.returncode, creates(service)) == (0, 1), sold_out.stderr
    assert "sold out" in sold_out.stdout
    row = entry(run)
    assert (row["state"], row["bought"], row["attempts"]) == ("waiting", 0, 1)
    assert run("waitlist", "run", "--once").stdout == ""
    assert creates(service) == 1


def test_an_entry_is_bought_and_never_again(run: Run, service: Service) -> None:
    assert run(*ADD, "--max-price", "100", "--yes").returncode == 0
    ended = run("waitlist", "run")
    assert (ended.returncode, creates(service)) == (0, 1), ended.stderr
    assert "office: bought" in ended.stdout
    assert run("waitlist", "run").returncode == 0
    assert (creates(service), entry(run)["state"]) == (1, "bought")
    table = run("waitlist", "list").stdout.splitlines()
    assert table[1].split()[:2] == ["office", "bought"]
    assert run("waitlist", "remove", "office").returncode == 0
    assert json.loads(run("waitlist", "list", "--json").stdout) == []


def test_a_cap_applies_to_attempts(run: Run, service: Service, environ: dict[str, str]) -> None:
    assert run(*ADD, "--max-price", "100", "--yes").returncode == 0
    path = Path(environ["HOME"]) / ".config" / "xds-tui" / "config.toml"
    entry_table = path.read_text()
    path.write_text(f"{entry_table}\n[caps.all]\nper_hour = 0.5\n")
    assert "> 0.50 CNY" in run("waitlist", "run", "--once").stdout
    assert creates(service) == 0
    path.write_text(f"{entry_table}\n[caps.all]\nper_hour = 100000\n")
    assert "office: bought" in run("waitlist", "run", "--once").stdout
    assert creates(service) == 1


def test_an_unknown_attempt_stops_the_entry(run: Run, service: Service) -> None:
    assert run(*ADD, "--max-price", "100", "--count", "2", "--yes").returncode == 0
    service.faults.set(Fault(kind=Kind.CODE, endpoint=CREATE, code=1005))
    ended = run("waitlist", "run", "--once")
    assert (ended.returncode, creates(service)) == (3, 1), ended.stderr
    assert entry(run)["state"] == "unsettled"
    assert run("waitlist", "run", "--once").returncode == 3
    assert creates(service) == 1


def test_nothing_is_bought_above_the_price_or_in_read_only_mode(run: Run, service: Service) -> None:
    assert run(*ADD, "--max-price", "0.01", "--yes").returncode == 0
    ended = run("waitlist", "run", "--once")
    assert "> 0.01 CNY/h" in ended.stdout
    assert run("--read-only", "waitlist", "run", "--once").returncode == 5
    assert creates(service) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("waitlist", "add", "a", *GOODS, "--until", "2099-12-31"), "--max-price"),
        (("waitlist", "add", "a", *GOODS[:-1], "--until", "2099-12-31", "--max-price", "1"), "--on-demand|--period"),
        (("waitlist", "add", "a b", *GOODS, "--until", "2099-12-31", "--max-price", "1"), "The name of an entry"),
        (("waitlist", "add", "a", *GOODS, "--until", "tomorrow", "--max-price", "1", "--yes"), "Write a date"),
        ((*ADD, "--max-price", "1", "--hours", "9", "--yes"), "22:00"),
    ],
)
def test_an_entry_that_is_not_valid_is_not_added(
    run: Run, environ: dict[str, str], options: tuple[str, ...], message: str
) -> None:
    ended = run(*options)
    assert ended.returncode == 2
    assert message in ended.stderr
    assert not (Path(environ["HOME"]) / ".config" / "xds-tui" / "config.toml").exists()


def test_the_entries_of_other_profiles_are_not_attempted(run: Run, environ: dict[str, str], service: Service) -> None:
    assert run(*ADD, "--max-price", "100", "--yes").returncode == 0
    path = Path(environ["HOME"]) / ".config" / "xds-tui" / "config.toml"
    path.write_text(path.read_text().replace("[waitlist.office]", '[waitlist.office]\nprofile = "other"'))
    assert run("waitlist", "run", "--once").returncode == 0
    assert creates(service) == 0
