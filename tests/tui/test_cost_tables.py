"""The costs by GPU model, region, tag and owner, now and over time."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from support.factories import NOON, a_host, a_package, a_snapshot, catalog_of

from xds_tui.domain import pricing
from xds_tui.domain.annotations import NO_ANNOTATION, NO_ANNOTATIONS, Annotation, Annotations
from xds_tui.domain.model import Area, Billing, Host, Status
from xds_tui.domain.records import CostSplit, Sample
from xds_tui.fleet.state import FleetState
from xds_tui.text import formats
from xds_tui.tui.widgets.cost_tables import CostTables

HOUR = timedelta(hours=1)


def a_gpu_host(name: str, price: str, gpu: str | None, area: Area, billing: Billing) -> tuple[Host, Decimal]:
    host = a_host(id=name, gpu_name=gpu, gpu_count=int(gpu is not None), area=area, billing=billing)
    return replace(host, status=Status.BILLED if billing is Billing.ON_DEMAND else Status.ON), Decimal(price)


PRICED = [
    a_gpu_host("a", "6", "RTX 4090*1", Area.SOUTH, Billing.ON_DEMAND),
    a_gpu_host("b", "3", "RTX 4090", Area.WEST, Billing.RENT),
    a_gpu_host("c", "2", "A100", Area.WEST, Billing.ON_DEMAND),
    a_gpu_host("d", "1", None, Area.SOUTH, Billing.ON_DEMAND),
    a_gpu_host("e", "0.5", "", Area.SOUTH, Billing.ON_DEMAND),
]


ANNOTATIONS = {"a": Annotation(tags=("render", "prod"), owner="李工"), "b": Annotation(tags=("prod",))}


def a_fleet(annotations: Annotations = NO_ANNOTATIONS) -> FleetState:
    hosts = [replace(host, annotation=annotations.get(host.id, NO_ANNOTATION)) for host, _price in PRICED]
    catalog = catalog_of(a_package())
    costs = pricing.costs(hosts, catalog, {host.id: price for host, price in PRICED}, NOON)
    return FleetState(snapshot=a_snapshot(*hosts), catalog=catalog, costs=costs)


def samples(*splits: CostSplit | None) -> list[Sample]:
    count = len(splits)
    return [
        Sample(at=NOON - HOUR * (count - number) / count, total=5, on=5, changing=0, split=split)
        for number, split in enumerate(splits)
    ]


def drawn(
    given: list[Sample],
    width: int,
    height: int = 40,
    *,
    is_ascii: bool = False,
    annotations: Annotations = NO_ANNOTATIONS,
) -> list[str]:
    tables = CostTables(a_fleet(annotations), given, (NOON - HOUR, NOON), is_ascii=is_ascii)
    return ["".join(text for text, _part in line).rstrip() for line in tables.lines(width, height)]


def a_split(gpu: dict[str, int]) -> CostSplit:
    return CostSplit({name: Decimal(cost) for name, cost in gpu.items()}, {})


def test_a_split_adds_up_what_each_model_and_each_region_costs() -> None:
    fleet = a_fleet()
    assert fleet.snapshot is not None
    assert pricing.cost_split(fleet.snapshot.hosts, fleet.costs, NOON) == CostSplit(
        {"RTX 4090": Decimal(9), "A100": Decimal(2), "": Decimal(1), "GPU": Decimal("0.5")},
        {"0": Decimal("7.5"), "1": Decimal(5)},
    )


def test_each_part_has_its_present_cost_and_a_sparkline_at_a_common_scale() -> None:
    before, now = a_split({"RTX 4090": 16, "A100": 1}), a_split({"RTX 4090": 9, "A100": 2})
    lines = drawn(samples(None, before, now), 60)
    assert lines[1].split() == ["Now", "by", "GPU", "on-demand", "prepaid"]
    name, sparkline, on_demand, prepaid = lines[2].rsplit(maxsplit=3)
    assert (name, on_demand, prepaid) == ("RTX 4090", "¥6.00", "¥3.00")
    third = len(sparkline) // 3
    assert sparkline[: third - 1] == "·" * (third - 1)
    assert sparkline[third + 1] == "█"
    assert sparkline[-1] == "▅"
    assert lines[3].split()[0] == "A100"
    assert lines[3].split()[1][-1] == "▂"
    assert [line.split()[:2] for line in lines[4:]] == [["no", "GPU"], ["GPU", lines[5].split()[1]]]


def test_parts_without_room_are_added_up_and_so_is_their_history() -> None:
    split = a_split({"RTX 4090": 8, "A100": 1, "": 1, "gone": 2})
    lines = drawn(samples(split, split, split), 60, height=14)
    assert [line.split()[0] for line in lines[2:]] == ["RTX", "A100", "2"]
    assert lines[-1].startswith("2 more")
    assert lines[-1].split()[2][-1] == "▄"


def test_the_tables_fit_any_width() -> None:
    for width in (30, 60, 76, 120, 180):
        for is_ascii in (False, True):
            lines = drawn(samples(a_split({"RTX 4090": 8})), width, is_ascii=is_ascii)
            assert max(map(len, lines)) <= width
            assert ("by region" in lines[1]) is (width >= 76)
            if is_ascii:
                assert "█" not in "".join(lines)


def test_a_split_has_what_each_tag_and_each_owner_costs_once_there_are_any() -> None:
    fleet = a_fleet(ANNOTATIONS)
    assert fleet.snapshot is not None
    split = pricing.cost_split(fleet.snapshot.hosts, fleet.costs, NOON)
    assert split.tag == {"prod": Decimal(9), "render": Decimal(6), "": Decimal("3.5")}
    assert split.owner == {"李工": Decimal(6), "": Decimal("6.5")}


def test_each_tag_and_owner_has_its_present_cost_and_its_history() -> None:
    empty: dict[str, Decimal] = {}
    given = [CostSplit(empty, empty, {"prod": Decimal(cost)}, {"李工": Decimal(cost // 2)}) for cost in (16, 16, 8, 8)]
    lines = drawn(samples(*given), 80, annotations=ANNOTATIONS)
    (first,) = [number for number, line in enumerate(lines) if "Now by tag" in line]
    assert lines[first - 1] == ""
    assert "Now by owner" in lines[first]
    tags = [line[:38].split() for line in lines[first + 1 :]]
    owners = [line[42:].split() for line in lines[first + 1 :]]
    assert [(row[0], *row[-2:]) for row in tags] == [
        ("prod", "¥6.00", "¥3.00"),
        ("render", "¥6.00", "—"),
        ("no", "¥3.50", "—"),
    ]
    assert [(row[0], *row[-2:]) for row in owners if row] == [("no", "¥3.50", "¥3.00"), ("李工", "¥6.00", "—")]
    assert (tags[0][1][0], tags[0][1][-1]) == ("█", "▅")
    assert (owners[1][1][0], owners[1][1][-1]) == ("█", "▅")


def test_a_host_with_several_tags_that_are_added_up_costs_only_once() -> None:
    both = {"a": Annotation(tags=("render", "prod", "ci")), "c": Annotation(tags=("x",)), "d": Annotation(tags=("y",))}
    lines = drawn(samples(a_split({})), 76, 20, annotations=both)
    (first,) = [number for number, line in enumerate(lines) if "Now by tag" in line]
    assert [line.split()[-2:] for line in lines[first + 1 :]] == [["¥6.00", "—"], ["¥9.50", "¥3.00"]]
    assert lines[-1].startswith("5 more")


@pytest.mark.parametrize(
    ("width", "height", "titles"),
    [
        (60, 20, [["GPU"], ["tag"]]),
        (76, 19, [["GPU", "region"], ["tag", "owner"]]),
        (76, 18, [["GPU", "region"]]),
        (118, 34, [["GPU", "region"], ["tag", "owner"]]),
        (198, 44, [["GPU", "region", "tag", "owner"]]),
    ],
)
def test_the_tables_of_the_user_are_beside_or_below_the_others(
    width: int, height: int, titles: list[list[str]]
) -> None:
    lines = drawn(samples(a_split({"RTX 4090": 8})), width, height, annotations=ANNOTATIONS)
    assert [re.findall(r"Now by (\w+)", line) for line in lines if "Now by" in line] == titles
    assert max(map(formats.cells, lines)) <= width
    assert len(lines) <= height // 2


def test_without_costs_there_are_no_tables() -> None:
    assert CostTables(FleetState(), [], (NOON - HOUR, NOON), is_ascii=False).lines(120, 40) == []
    assert drawn(samples(), 60, height=13) == []
