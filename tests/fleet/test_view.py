from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import NOON, a_host, a_snapshot

from xds_tui.fleet import view
from xds_tui.fleet.query import parse
from xds_tui.fleet.view import Counts, Sort
from xds_tui.model import Area, Billing, Host, Status
from xds_tui.preferences import COLUMNS

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
    return "".join(view.rows(FLEET, parse(text), sort, NOON))


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
def test_sorting_puts_what_is_not_told_last_either_way(sort: Sort, ids: str) -> None:
    assert shown("", sort) == ids


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
    once = view.rows(there, (), Sort(column, descending), NOON)
    assert sorted(once) == sorted(host.id for host in fleet)
    by_id = {host.id: host for host in fleet}
    again = view.rows(a_snapshot(*(by_id[id_] for id_ in once)), (), Sort(column, descending), NOON)
    assert again == once


def test_the_title_counts_what_matters() -> None:
    assert view.counts(FLEET, NOON) == Counts(total=4, on=1, changing=1, expiring=1)
