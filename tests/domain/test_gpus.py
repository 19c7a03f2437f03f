from __future__ import annotations

from decimal import Decimal

import pytest
from support.factories import a_host, a_package, catalog_of

from xds_tui.domain import pricing
from xds_tui.domain.gpus import GpuUse, gpu_model, gpu_use
from xds_tui.domain.model import Status
from xds_tui.text import formats


@pytest.mark.parametrize(
    ("name", "count", "model"),
    [
        ("RTX 4090*1", 1, "RTX 4090"),
        ("RTX 4090 × 2", 2, "RTX 4090"),
        ("RTX 4090x4", 4, "RTX 4090"),
        ("RTX 4090*1", 2, "RTX 4090*1"),
        ("RTX 4090", 1, "RTX 4090"),
        ("Matrox", 1, "Matrox"),
        ("*1", 1, "*1"),
        (None, 1, None),
    ],
)
def test_the_number_of_gpus_is_no_part_of_the_model(name: str | None, count: int, model: str | None) -> None:
    assert gpu_model(name, count) == model


def test_a_name_that_includes_its_count_is_shown_with_one_count() -> None:
    assert formats.gpu("RTX 4090*1", 1) == "RTX 4090×1"


@pytest.mark.parametrize(("sold_as", "listed_as"), [("RTX 4090", "RTX 4090*1"), ("RTX 4090*1", "RTX 4090")])
def test_the_price_of_a_host_is_found_though_its_gpu_is_named_with_its_count(sold_as: str, listed_as: str) -> None:
    package = a_package(gpu_count=1, gpu_name=sold_as)
    rate = pricing.rate_of(a_host(gpu_count=1, gpu_name=listed_as), catalog_of(package))
    assert rate is not None
    assert rate.high == Decimal("1.10")


def test_gpus_are_counted_by_model_the_most_numerous_first() -> None:
    hosts = [
        a_host(gpu_count=2, gpu_name="A100", status=Status.OFF),
        a_host(gpu_count=4, gpu_name="RTX 4090*4", status=Status.BILLED),
        a_host(gpu_count=1, gpu_name="RTX 4090", status=Status.STOPPING),
        a_host(gpu_count=8, gpu_name="RTX 4090", status=Status.EXPIRED),
        a_host(gpu_count=0, gpu_name=None, status=Status.ON),
    ]
    assert gpu_use(hosts) == (GpuUse("RTX 4090", 4, 5), GpuUse("A100", 0, 2))
