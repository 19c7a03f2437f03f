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
    "schema",
]
IMAGE_FIELDS = ["seen_at", "id", "type", "name", "version"]


def test_packages_have_exact_prices(run: Run) -> None:
    rows = json.loads(run("catalog", "--json").stdout)
    assert list(rows[0]) == PACKAGE_FIELDS
    assert {row["billing"] for row in rows} == {"on_demand", "rent"}
    for row in rows:
        if row["hourly_price"] is not None:
            assert Decimal(row["hourly_price"]) == Decimal(row["unit_price"]) * Decimal(row["discount"])


def test_packages_are_filtered_by_fields_and_price(run: Run) -> None:
    rows = json.loads(run("catalog", "--json", "--filter", "gpu:4090 cost<3 billing:rent").stdout)
    assert rows
    assert {row["billing"] for row in rows} == {"rent"}
    assert all("4090" in row["gpu"] and Decimal(row["hourly_price"]) < 3 for row in rows)


def test_images_are_filtered_by_name(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run("catalog", "--images", "--csv", "--filter", "os:ubuntu").stdout)))
    assert rows
    assert list(rows[0]) == IMAGE_FIELDS
    assert {row["name"] for row in rows} == {"Ubuntu Server"}


def test_a_filter_with_an_unknown_field_is_a_usage_error(run: Run) -> None:
    ended = run("catalog", "--filter", "expires<24h")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert run("catalog", "--images", "--filter", "cost<2").returncode == 2


def test_the_table_shows_the_discount_in_the_chosen_language(run: Run) -> None:
    english, chinese = run("catalog").stdout, run("catalog", "--lang", "zh_CN").stdout
    assert english.startswith("PACKAGE")
    assert "20%" in english
    assert "类型" in chinese.splitlines()[0]
