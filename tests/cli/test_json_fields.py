"""Every field of every JSON output is described in the manual, and its values have the unit that is given there."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.cli_runner import Run

from tests.simulator_faults.middleware import Service
from xds_tui import manual
from xds_tui.cli import parser
from xds_tui.i18n import LANGUAGES
from xds_tui.text import export
from xds_tui.text.export_fields import ROW_FIELDS, SCHEMA, UNITS, ExportField

PACKAGE = ("--package", "bzoff4", "--image", "5001", "--on-demand")


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_decimal(value: object) -> bool:
    return isinstance(value, str) and Decimal(value).is_finite()


def is_time(value: object) -> bool:
    return isinstance(value, str) and datetime.fromisoformat(value).utcoffset() == timedelta(0) and value.endswith("Z")


HAS_UNIT: Mapping[str, Callable[[object], bool]] = {
    "text": lambda value: isinstance(value, str),
    "word": lambda value: isinstance(value, str) and bool(re.fullmatch("[a-z][a-z _]*", value)),
    "true/false": lambda value: isinstance(value, bool),
    **dict.fromkeys(("number", "hours", "GB", "ms"), is_number),
    **dict.fromkeys(("decimal", "CNY", "CNY/h"), is_decimal),
    "time": is_time,
    "object": lambda value: isinstance(value, dict),
    "list": lambda value: isinstance(value, list),
}


def assert_described(rows: Iterable[Mapping[str, Any]], fields: Mapping[str, ExportField]) -> None:
    """Check that every row has the schema, and no field that is not described or has another unit."""
    rows = list(rows)
    assert rows
    for row in rows:
        assert row["schema"] == SCHEMA
        for name, value in row.items():
            if name != "schema" and value is not None:
                assert HAS_UNIT[fields[name].unit](value), (name, value, fields[name].unit)
                words = re.findall(r"`([^`]+)`", fields[name].meaning)
                assert fields[name].unit != "word" or len(words) < 2 or value in words, (name, value)


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_every_unit_can_be_checked() -> None:
    assert set(HAS_UNIT) == set(UNITS)
    assert {field.unit for fields in ROW_FIELDS.values() for field in fields.values()} <= set(UNITS)


def test_readers_have_the_fields_of_the_manual(run: Run, service: Service) -> None:
    service.world.hosts[next(iter(service.world.hosts))].name = "one"
    hosts = json.loads(run("hosts", "--json").stdout)
    assert_described(hosts, ROW_FIELDS["hosts"])
    assert all(set(row) == {*ROW_FIELDS["hosts"], "schema"} for row in hosts)
    (described,) = lines(run("describe", hosts[0]["id"], "--json").stdout)
    assert described.keys() == hosts[0].keys()
    assert_described([described], ROW_FIELDS["hosts"])
    packages, images = run("catalog", "--json").stdout, run("catalog", "--images", "--json").stdout
    assert_described(json.loads(packages), ROW_FIELDS["packages"])
    assert_described(json.loads(images), ROW_FIELDS["images"])
    assert_described(json.loads(run("doctor", "--json").stdout), ROW_FIELDS["checks"])
    report = json.loads(run("report", "--json").stdout)
    assert_described(report, ROW_FIELDS["report"])
    assert all(set(row) == {*ROW_FIELDS["report"], "schema"} for row in report)


def test_orders_and_their_events_have_the_fields_of_the_manual(run: Run) -> None:
    on = json.loads(run("hosts", "--json", "--filter", "status:on").stdout)[0]["id"]
    created = lines(run("create", *PACKAGE, "--yes", "--json").stdout)
    stopped = lines(run("stop", on, "--yes", "--json").stdout)
    skipped = lines(run("--lang", "zh_CN", "stop", on, "--yes", "--json").stdout)
    orders = json.loads(run("orders", "--json").stdout)
    for rows in (created, stopped, skipped, orders):
        assert_described(rows, ROW_FIELDS["orders"])
        assert all(set(row) == {*ROW_FIELDS["orders"], "schema"} for row in rows)
    assert (skipped[0]["state"], skipped[0]["summary"]) == ("skipped", "already off")  # English in every language
    events = json.loads(run("events", "--json").stdout)
    assert_described(events, ROW_FIELDS["events"])


@pytest.mark.parametrize("period", [("--on-demand",), ("--period", "3 months")])
def test_estimates_and_dry_runs_have_the_fields_of_the_manual(run: Run, period: tuple[str, ...]) -> None:
    package = next(
        row["id"]
        for row in json.loads(run("catalog", "--json").stdout)
        if row["billing"] == ("on_demand" if period[0] == "--on-demand" else "rent")
    )
    (estimate,) = lines(run("estimate", "--package", package, *period, "--json").stdout)
    assert_described([estimate], ROW_FIELDS["estimate"])
    assert set(estimate) == {*ROW_FIELDS["estimate"], "schema"}
    images = json.loads(run("catalog", "--images", "--json").stdout)
    plans = [
        run("create", "--package", package, "--image", image["id"], *period, "--dry-run", "--json") for image in images
    ]
    created = next(lines(plan.stdout)[0] for plan in plans if plan.returncode == 0)
    assert_described([created], ROW_FIELDS["dry-run"])
    assert set(created["estimate"]) == set(ROW_FIELDS["estimate"])
    (stop,) = lines(run("stop", "--filter", "status:off", "--dry-run", "--json").stdout)
    assert_described([stop], ROW_FIELDS["dry-run"])
    assert set(stop["left_out"][0]) == {"id", "name", "reason"}


def test_the_fields_of_a_plan_are_described(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "fleet.toml"
    file.write_text('fleet = "f"\n[group.g]\npackage = "bzoff4"\nimage = "5001"\non_demand = true\ncount = 1\n')
    (plan,) = lines(run("apply", str(file), "--dry-run", "--json").stdout)
    assert set(plan) == {*ROW_FIELDS["plan"], "schema"}
    assert set(plan["groups"][0]["estimate"]) == set(ROW_FIELDS["estimate"])
    for name in ("group", "count", "running", "hosts", "open_orders", "create", "start", "stop", "request_id"):
        assert f"`{name}`" in ROW_FIELDS["plan"]["groups"].meaning


def test_rows_have_the_fields_in_the_order_of_the_tables() -> None:
    assert export.host_fields() == tuple(ROW_FIELDS["hosts"])
    assert export.events_table([]).fields == tuple(ROW_FIELDS["events"])
    assert export.orders_table([], {}).fields == tuple(ROW_FIELDS["orders"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_manual_has_a_row_for_every_field_and_the_version(language: str) -> None:
    page = manual.read_page("scripts", language)
    for fields in ROW_FIELDS.values():
        table = "\n".join(rf"\| `{name}` \| [^|]+ \| [^|]+ \|" for name in fields)
        assert re.search(f"{table}\n\n", page)
    assert re.search(rf"`schema`.*(now|目前为) {SCHEMA}\b", page)


def test_every_command_with_json_is_one_of_those_above() -> None:
    """Fails for a new command: describe its fields, and run it in a test of this module."""
    readers = {
        "hosts",
        "describe",
        "catalog",
        "events",
        "orders",
        "estimate",
        "doctor",
        "report",
        "rules",
        "caps",
        "waitlist",
    }
    changes = {"create", "start", "stop", "reboot", "delete", "apply"}
    followers = {"watch"}  # the fields of events; run in test_watch_command.py
    commands = re.findall(r"^    ([a-z-]+)", parser.parser().format_help().partition("Commands:")[2], re.MULTILINE)
    followers = {"watch"}  # the fields of events; run in test_watch_command.py
    assert {name for name in commands if accepts_json(name)} == readers | changes | followers


def accepts_json(command: str) -> bool:
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        parser.parse([command, "--help"])
    return "--json" in output.getvalue().partition("Examples")[0]
