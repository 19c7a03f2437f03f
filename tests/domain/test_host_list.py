from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.factories import NOON, a_host, a_snapshot

from xds_tui.config.schema import COLUMNS, GROUPS
from xds_tui.domain import host_list
from xds_tui.domain.filter_query import parse
from xds_tui.domain.host_list import Counts, Sort
from xds_tui.domain.model import Area, Billing, Host, Status
from xds_tui.domain.pricing import Costs, Rate

FLEET = a_snapshot(
    a_host(
        id="a", name="渲染-07", status=Status.BILLED, gpu_count=1, gpu_name="RTX 4090", memory=64, os="Ubuntu Server"
    ),
    a_host(id="b", name="office-3", status=Status.STARTING, memory=16, area=Area.WEST),
    a_host(
        id="c", name="Train A", status=Status.OFF, memory=128, billing=Billing.RENT, expires=NOON + timedelta(hours=5)
    ),
    a_host(id="d", name="old", status=Status.EXPIRED, memory=None, expires=NOON - timedelta(days=1)),
)


def shown(text: str, sort: Sort = Sort()) -> str:  # noqa: B008 - frozen
    return "".join(host_list.rows(FLEET, parse(text), sort, NOON))


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", "abcd"),
        ("渲染", "a"),
        ("TRAIN", "c"),
        ("status:on", "a"),
        ("status:changing", "b"),
        ("-status:on", "bcd"),
        ("gpu:4090", "a"),
        ("mem>=64", "ac"),
        ("mem<64", "b"),
        ("expires<24h", "cd"),
        ("expires<24h expires>0s", "c"),
        ("area:west", "b"),
        ("billing:rent", "c"),
        ("os:ubuntu", "a"),
        ("name:o", "bd"),
        ("name=old", "d"),
        ('name:"train a"', "c"),
        ("nothing-like-this", ""),
        ("gpu>0", "a"),
        ("gpu=0", "bcd"),
        ("-gpu:1", "bcd"),
        ("status=on", "a"),
        ("status:chang", "b"),
        ("status=chang", ""),
        ("状态:开机 -显卡:a100", "a"),
        ("状态=扣费中", "a"),
        ("已关机", "c"),
        ("-区域:华西", "acd"),
        ('-"train a" -渲染', "bd"),
    ],
)
def test_a_filter_shows_the_hosts_it_holds_for(text: str, ids: str) -> None:
    assert shown(text) == ids


@pytest.mark.parametrize(
    ("sort", "ids"),
    [
        (Sort(), "abcd"),
        (Sort("mem"), "bacd"),
        (Sort("mem", descending=True), "cabd"),
        (Sort("name"), "bdca"),
        (Sort("status"), "bacd"),
        (Sort("expires"), "dcab"),
    ],
)
def test_sorting_puts_missing_values_last_in_both_directions(sort: Sort, ids: str) -> None:
    assert shown("", sort) == ids


BY_ID = {host.id: host for host in FLEET.hosts}


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("status", [(Status.STARTING, "b"), (Status.BILLED, "a"), (Status.OFF, "c"), (Status.EXPIRED, "d")]),
        ("area", [(Area.SOUTH, "dca"), (Area.WEST, "b")]),
        ("os", [("Ubuntu Server", "a"), ("Windows", "dcb")]),
    ],
)
def test_groups_keep_the_order_that_the_hosts_come_in(by: str, groups: list[tuple[object, str]]) -> None:
    made = host_list.grouped(BY_ID, "dcba", by)
    assert [(group.value, "".join(group.hosts)) for group in made] == groups


def test_hosts_that_do_not_tell_are_the_last_group() -> None:
    hosts = {"x": a_host(id="x", os=""), "y": a_host(id="y", os="None")}
    assert [(group.value, group.hosts) for group in host_list.grouped(hosts, "xy", "os")] == [
        ("None", ("y",)),
        (None, ("x",)),
    ]


def test_a_group_shows_its_hourly_cost() -> None:
    hosts = {
        "on": a_host(id="on", status=Status.BILLED),
        "off": a_host(id="off", status=Status.OFF),
        "rent": a_host(id="rent", status=Status.ON, billing=Billing.RENT),
        "also": a_host(id="also", status=Status.ON),
        "unpriced": a_host(id="unpriced", status=Status.ON),
    }
    known = Rate(Decimal("1.5"), Decimal("1.5"), is_known=True)
    costs = Costs({"on": known, "off": known, "rent": known, "also": Rate(Decimal(1), Decimal(2))})
    (group,) = host_list.grouped(hosts, hosts, "area", costs)
    assert group.billed == Rate(Decimal("2.5"), Decimal("3.5"), is_known=False)


hosts = st.builds(
    a_host,
    id=st.uuids().map(str),
    name=st.text(max_size=3),
    memory=st.none() | st.integers(0, 3),
    status=st.sampled_from(Status),
    gpu_count=st.integers(0, 2),
    gpu_name=st.none() | st.text(max_size=2),
    expires=st.none() | st.integers(-9, 9).map(lambda hours: NOON + timedelta(hours=hours)),
)


@given(st.lists(hosts, max_size=8), st.sampled_from(COLUMNS), st.booleans())
def test_sorting_is_stable_and_loses_nothing(fleet: list[Host], column: str, descending: bool) -> None:
    there = a_snapshot(*fleet)
    once = host_list.rows(there, (), Sort(column, descending), NOON)
    assert sorted(once) == sorted(host.id for host in fleet)
    by_id = {host.id: host for host in fleet}
    again = host_list.rows(a_snapshot(*(by_id[id_] for id_ in once)), (), Sort(column, descending), NOON)
    assert again == once


@given(st.lists(hosts, max_size=8, unique_by=lambda host: host.id), st.sampled_from(GROUPS))
def test_grouping_loses_nothing_and_makes_no_empty_group(fleet: list[Host], by: str) -> None:
    by_id = {host.id: host for host in fleet}
    groups = host_list.grouped(by_id, by_id, by)
    assert sorted(id_ for group in groups for id_ in group.hosts) == sorted(by_id)
    assert all(group.hosts for group in groups)


def test_the_title_has_the_important_counts() -> None:
    assert host_list.counts(FLEET.hosts, NOON) == Counts(total=4, on=1, changing=1, expiring=1, off=1, expired=1)
