"""The assignment of creates to hosts against all others that there are."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from support.shop import Buyer, Shop

from xds_tui.domain.create_evidence import births, request_of
from xds_tui.domain.create_matcher import Matching
from xds_tui.domain.creation_times import to_milliseconds
from xds_tui.domain.host_fit import MISMATCH_GAP

Choice = Sequence[int | None]


def a_matching(buyer: Buyer, at: float) -> Matching:
    snapshot = buyer.shop.listing(at)
    requests = [
        request_of(order, order.sent_at, order.quote)
        for order in buyer.orders.values()
        if order.sent_at and order.quote
    ]
    hosts = {host.id: host for host in snapshot.hosts}
    return Matching(requests, births(snapshot.hosts, snapshot), [], hosts, to_milliseconds(snapshot.at))


def choices(of: Matching) -> Iterator[Choice]:
    """Every assignment that uses no host twice."""
    for choice in itertools.product(*[[None, *row] for row in of._usable]):
        used = [column for column in choice if column is not None]
        if len(used) == len(set(used)):
            yield choice


def badness(of: Matching, choice: Choice) -> tuple[int, ...]:
    """How bad an assignment is, by the criteria in their order."""
    pairs = [(row, column) for row, column in enumerate(choice) if column is not None]
    distances = [of._distances[row][column] for row, column in pairs]
    without = [request for row, request in enumerate(of._requests) if choice[row] is None]
    unknown = sum(not request.is_accepted for request in without)
    return (
        len(without) - unknown,
        -sum(not distance.is_indirect for distance in distances),
        sum(distance.gap + MISMATCH_GAP * distance.mismatches for distance in distances),
        sum(of._lag(row, column) ** 2 for row, column in pairs),
        sum((row - column) ** 2 for row, column in pairs),
    )


@st.composite
def matchings(draw: st.DrawFn) -> Matching:
    buyer = Buyer(Shop(draw(st.sampled_from([0.0, 2.0, -2.0]))))
    at = 0.0
    for _ in range(draw(st.integers(1, 5))):
        if draw(st.booleans()):
            buyer.shop.sell(at - draw(st.floats(0, 8)), cpu=draw(st.sampled_from([4, 8])))
        took = draw(st.floats(0.1, 9))
        buyer.buy(
            at,
            took=took,
            works_after=draw(st.none() | st.floats(0, 15)),
            accepted=draw(st.booleans()),
            cpu=draw(st.sampled_from([4, 4, 8])),
        )
        at += draw(st.floats(0.1, 9))
    return a_matching(buyer, at + draw(st.sampled_from([1.0, 90.0, 400.0])))


@settings(max_examples=150)
@given(matchings())
def test_no_other_assignment_is_better(matching: Matching) -> None:
    chosen = matching._assign(matching._usable)
    assert badness(matching, chosen) == min(badness(matching, choice) for choice in choices(matching))


@settings(max_examples=150)
@given(matchings())
def test_an_order_is_dispensable_if_as_many_hosts_are_explained_without_it(matching: Matching) -> None:
    def direct(choice: Choice) -> int:
        return sum(matching._is_direct(row, column) for row, column in enumerate(choice))

    best = direct(matching._column_of)
    every = list(choices(matching))
    if best < max(map(direct, every)):
        return  # an accepted order has a farther host, or hosts were put in sequence: the number is not the largest
    for row, column in enumerate(matching._column_of):
        if matching._is_direct(row, column):
            without = max(direct(choice) for choice in every if choice[row] is None)
            assert (row in matching._dispensable) is (without == best)
