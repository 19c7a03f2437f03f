"""`xds-tui catalog`: packages and images, over real HTTP."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

from support.cli_runner import Run

PACKAGE_FIELDS = [
    *("seen_at", "id", "name", "type", "billing", "cpu", "memory_gb", "disk_gb", "bandwidth"),
    *("gpu", "gpu_count", "area", "purpose", "unit_price", "discount", "hourly_price"),
]
IMAGE_FIELDS = ["seen_at", "id", "type", "name", "version"]


def test_packages_have_their_price_as_exact_decimals(run: Run) -> None:
    rows = json.loads(run("catalog", "--json").stdout)
    assert list(rows[0]) == PACKAGE_FIELDS
    assert {row["billing"] for row in rows} == {"on_demand", "rent"}
    for row in rows:
        if row["hourly_price"] is not None:
            assert Decimal(row["hourly_price"]) == Decimal(row["unit_price"]) * Decimal(row["discount"])


def test_packages_can_be_chosen_by_what_they_are_and_cost(run: Run) -> None:
    rows = json.loads(run("catalog", "--json", "--filter", "gpu:4090 cost<3 billing:rent").stdout)
    assert rows
    assert {row["billing"] for row in rows} == {"rent"}
    assert all("4090" in row["gpu"] and Decimal(row["hourly_price"]) < 3 for row in rows)


def test_images_are_asked_for_by_name(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run("catalog", "--images", "--csv", "--filter", "os:ubuntu").stdout)))
    assert rows
    assert list(rows[0]) == IMAGE_FIELDS
    assert {row["name"] for row in rows} == {"Ubuntu Server"}


def test_a_field_that_packages_have_not_is_a_mistake_in_use(run: Run) -> None:
    ended = run("catalog", "--filter", "expires<24h")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert run("catalog", "--images", "--filter", "cost<2").returncode == 2


def test_the_table_says_in_the_chosen_language_what_is_off_the_price(run: Run) -> None:
    english, chinese = run("catalog").stdout, run("catalog", "--lang", "zh_CN").stdout
    assert english.startswith("PACKAGE")
    assert "20%" in english
    assert "类型" in chinese.splitlines()[0]
