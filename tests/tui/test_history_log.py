from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.factories import NOON, an_order

from xds_tui.domain import filtering
from xds_tui.domain.annotations import Annotation
from xds_tui.domain.filtering import RowContext
from xds_tui.domain.records import Event, EventKind, OrderState
from xds_tui.tui.screens.history_log import HistoryLog


def events(*minutes: int) -> list[Event]:
    return [
        Event(at=NOON - timedelta(minutes=minute), kind=EventKind.GONE, host_name=f"n{minute}") for minute in minutes
    ]


@given(st.lists(st.integers(1, 30), unique=True), st.integers(1, 7), st.integers(0, 5))
def test_pages_and_new_events_are_merged_without_duplicates(old: list[int], page: int, again: int) -> None:
    past, kept = HistoryLog(), events(*sorted(old))
    while not past.is_whole:
        oldest = past.oldest
        past.add_older([event for event in kept if oldest is None or event.at < oldest][:page])
    past.add_newer([*events(0), *kept[:again]])
    assert past.matching_events((), RowContext(NOON)) == [*events(0), *kept]


def test_an_event_that_is_read_and_received_is_listed_once() -> None:
    past = HistoryLog()
    past.add_newer(events(1))
    past.add_older(events(1, 2))
    assert past.matching_events((), RowContext(NOON)) == events(1, 2)


def test_a_changed_order_keeps_its_place_and_new_ones_come_first() -> None:
    past = HistoryLog()
    past.add_orders([an_order(id="b"), an_order(id="a")])
    past.add_orders([an_order(id="c"), an_order(id="a", state=OrderState.CONFIRMED)])
    assert [order.id for order in past.orders] == ["c", "b", "a"]
    assert past.orders[-1].state is OrderState.CONFIRMED


@pytest.mark.parametrize(
    ("text", "is_found"),
    [("", True), ("N5", True), ("n5 gone", True), ("n5 -gone", False), ("name:n5", True), ("name:x", False)],
)
def test_events_are_filtered(text: str, is_found: bool) -> None:
    log = HistoryLog()
    log.add_newer(events(5))
    assert bool(log.matching_events(filtering.parse_for(filtering.EVENTS, text), RowContext(NOON))) is is_found


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("Farm", True),
        ("name:farm", True),
        ("-name:farm", False),
        ("n5", True),
        ("id:h5", True),
        ("h5 farm", True),
        ("farm -gone", False),
        ("name:other", False),
    ],
)
def test_events_and_orders_are_found_by_alias_name_and_id(text: str, is_found: bool) -> None:
    log = HistoryLog()
    log.add_newer([replace(event, host_id="h5") for event in events(5)])
    log.add_orders([an_order(host_id="h5", host_name="n5", summary="gone")])
    context = RowContext(NOON, annotations={"h5": Annotation(alias="render farm")})
    assert bool(log.matching_events(filtering.parse_for(filtering.EVENTS, text), context)) is is_found
    assert bool(log.matching_orders(filtering.parse_for(filtering.ORDERS, text), context)) is is_found
