"""Whole purchases against a service whose truth is known: who is confirmed by whose host."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.factories import NOON
from support.shop import Buyer, Shop

from xds_tui.domain.model import Snapshot
from xds_tui.domain.reconcile import match_orders
from xds_tui.domain.records import Doubt, OrderState

MANY = 11
"""Purchases back to back, as the report of the fault had them."""

MINUTE = 60.0


def buy_many(buyer: Buyer, *, pause: float = 0.4, **how: Any) -> float:
    """Buy `MANY` hosts, one after another, and return when the last response came."""
    at = 0.0
    for _ in range(MANY):
        buyer.buy(at, **how)
        at += 0.3 + pause
    return at


@pytest.mark.parametrize("pause", [0.01, 0.4, 1.5, 8.0])
@pytest.mark.parametrize("offset", [0.0, 0.7, 2.0, -2.0])
def test_hosts_bought_back_to_back_are_each_confirmed_by_their_own(pause: float, offset: float) -> None:
    buyer = Buyer(Shop(offset))
    end = buy_many(buyer, pause=pause)
    for look in range(4):
        buyer.look(end + 5 * look)
        assert buyer.right == len(buyer.confirmed)
    assert len(buyer.confirmed) == MANY
    assert buyer.wrong == {}


def test_of_hosts_that_look_the_same_the_older_goes_to_the_earlier_order() -> None:
    buyer = Buyer(Shop())
    buy_many(buyer, pause=0.01)
    buyer.look(MINUTE)
    assert buyer.right == MANY


@pytest.mark.parametrize("offset", [5 * MINUTE, -5 * MINUTE])
def test_with_a_clock_that_is_minutes_off_they_are_confirmed_once_each_had_time_to_be_listed(offset: float) -> None:
    buyer = Buyer(Shop(offset))
    end = buy_many(buyer)
    buyer.look(end + 1)
    assert buyer.confirmed == {}
    buyer.look(end + 6 * MINUTE)
    assert len(buyer.confirmed) == MANY
    assert buyer.wrong == {}


@pytest.mark.parametrize("offset", [0.0, 5 * MINUTE, -5 * MINUTE])
def test_a_host_named_by_a_response_reveals_the_clock_offset(offset: float) -> None:
    buyer = Buyer(Shop(offset))
    buyer.buy(0, names_host=True)
    lost = buyer.buy(20, accepted=False)
    buyer.look(40)
    assert buyer.right == 2, lost


def test_hosts_that_are_listed_late_are_waited_for() -> None:
    buyer = Buyer(Shop())
    at, delays = 0.0, random.Random(3)
    for _ in range(MANY):
        buyer.buy(at, listed=delays.uniform(0, 40))
        at += 0.9
        buyer.look(at - 0.1)
    for look in range(1, 30):
        buyer.look(at + 5 * look)
        assert buyer.wrong == {}
    assert len(buyer.confirmed) == MANY


def test_an_order_that_never_arrived_is_not_confirmed_with_the_next_order_s_host() -> None:
    buyer = Buyer(Shop())
    lost = buyer.buy(0, accepted=False, works_after=None)
    again = buyer.buy(2)
    buyer.look(13)
    assert buyer.confirmed.keys() == {again}
    buyer.look(60 * MINUTE)
    assert lost not in buyer.confirmed


@pytest.mark.parametrize("offset", [0.0, 2.0, -2.0])
def test_of_two_lost_orders_and_one_host_none_is_confirmed_by_chance(offset: float) -> None:
    buyer = Buyer(Shop(offset))
    buyer.buy(0, accepted=False, works_after=None)
    buyer.buy(1, accepted=False)
    for look in range(30):
        buyer.look(2 + 15 * look)
    assert buyer.wrong == {}


def test_hosts_of_lost_orders_for_the_same_are_offered_in_their_sequence_though_the_clock_is_off() -> None:
    buyer = Buyer(Shop(2.0))
    orders = [buyer.buy(at, took=1, works_after=1, accepted=False) for at in (0, 2)]
    for look in range(30):
        buyer.look(4 + 15 * look)
    assert buyer.confirmed == {}
    assert [buyer.candidates[order].host_id for order in orders] == ["h0", "h1"]


def test_hosts_at_different_prices_that_fit_better_in_the_wrong_sequence_are_left_to_the_user() -> None:
    buyer = Buyer(Shop(2.0))
    buyer.buy(0, took=1, works_after=1, accepted=False, price="1.10")
    buyer.buy(2, took=1, works_after=1, accepted=False, price="2.20")
    for look in range(30):
        buyer.look(4 + 15 * look)
    assert buyer.wrong == {}


def test_a_creation_time_does_not_reach_into_the_next_second() -> None:
    buyer = Buyer(Shop(2.0))
    for at in range(0, 8, 2):
        buyer.buy(at, took=1, works_after=1 if at else 0.5, accepted=at > 0)
    buyer.look(20)
    assert buyer.right == 4


@pytest.mark.parametrize("accepted", [True, False])
def test_packages_that_differ_only_in_price_do_not_swap_prices(accepted: bool) -> None:
    buyer = Buyer(Shop())
    for number in range(MANY):
        buyer.buy(number * 2.0, accepted=accepted, price=f"{1 + number % 2}.10")
    buyer.look(MINUTE)
    assert buyer.right == MANY


def test_an_order_does_not_take_the_host_of_the_next_though_the_clock_seems_to_be_known() -> None:
    """The service's clock is behind, and the purchases before agree on another offset, too."""
    buyer = Buyer(Shop(-1.5))
    for at, took, works_after, accepted, price in (
        (0.0, 0.3, 1.92, False, "0.59"),
        (8.3, 0.05, 0.04, True, "1.10"),
        (16.35, 0.05, 1.33, False, "0.59"),
        (24.4, 0.6, 0.3, True, "0.59"),
        (25.05, 0.1, 0.01, True, "1.10"),
        (26.15, 0.6, 0.08, True, "0.59"),
        (27.75, 0.1, 0.09, True, "1.10"),
        (27.9, 0.6, None, False, "1.10"),
        (28.7, 0.05, 0.02, True, "0.59"),
        (28.8, 0.6, 1.51, False, "1.10"),
    ):
        buyer.buy(at, took=took, works_after=works_after, accepted=accepted, price=price)
    buyer.shop.sell(27.09)
    for look in range(30):
        buyer.look(44 + 15 * look)
    assert buyer.wrong == {}


def test_hosts_of_the_same_second_at_different_prices_are_left_to_the_user() -> None:
    buyer = Buyer(Shop())
    orders = [buyer.buy(0.1, took=0.2, price="1.10"), buyer.buy(0.4, took=0.2, price="2.20")]
    buyer.look(10 * MINUTE)
    assert buyer.confirmed == {}
    assert {order: buyer.candidates[order].doubt for order in orders} == dict.fromkeys(orders, Doubt.OTHER_ORDER)


# Somebody else


@pytest.mark.parametrize(
    ("at", "doubt"),
    [(40.0, Doubt.LATER), (90 * MINUTE, Doubt.LATER), (-8.0, Doubt.EARLIER), (-9 * MINUTE, Doubt.EARLIER)],
)
def test_an_unknown_order_does_not_claim_the_purchase_of_another_user(at: float, doubt: Doubt) -> None:
    buyer = Buyer(Shop())
    foreign = buyer.shop.sell(at)
    order = buyer.buy(0, accepted=False, works_after=None)
    for minutes in range(1, 115):
        buyer.look(minutes * MINUTE)
        assert buyer.confirmed == {}
    assert buyer.candidates[order].host_id == foreign
    assert buyer.candidates[order].doubt is doubt


def test_a_host_that_is_too_late_or_too_old_is_not_even_offered() -> None:
    buyer = Buyer(Shop())
    buyer.shop.sell(-11 * MINUTE)
    buyer.shop.sell(3 * 60 * MINUTE)
    buyer.buy(0, accepted=False, works_after=None)
    buyer.look(200 * MINUTE)
    assert (buyer.confirmed, buyer.candidates) == ({}, {})


def test_a_host_that_was_seen_before_the_order_is_never_offered() -> None:
    buyer = Buyer(Shop())
    buyer.shop.sell(-1)
    buyer.look(-0.5)
    order = buyer.buy(0, accepted=False, works_after=None)
    buyer.look(10 * MINUTE)
    assert order not in {*buyer.confirmed, *buyer.candidates}


@pytest.mark.parametrize("accepted", [True, False])
def test_of_two_hosts_of_the_same_second_none_is_claimed(accepted: bool) -> None:
    """Two machines with separate journals see the same; each would claim the same host."""
    shop = Shop()
    buyers = [Buyer(shop, name="a"), Buyer(shop, name="b")]
    orders = [buyer.buy(0.2 * number, accepted=accepted) for number, buyer in enumerate(buyers)]
    for buyer, order in zip(buyers, orders, strict=True):
        buyer.look(10 * MINUTE)
        assert buyer.confirmed == {}
        assert buyer.candidates[order].doubt is Doubt.OTHER_HOST


def test_a_strange_host_among_many_leaves_to_the_user_all_that_could_move_up() -> None:
    """With 0.7 s between orders and whole seconds, each could have its neighbour's host."""
    buyer = Buyer(Shop())
    buyer.shop.sell(4.2)
    buy_many(buyer)
    for look in range(30):
        buyer.look(MINUTE + 15 * look)
        assert "" not in {buyer.shop.owner[host_id] for host_id in buyer.confirmed.values()}


@pytest.mark.parametrize("at", [-4.0, 4.2, 40.0])
def test_the_same_purchase_of_another_user_takes_no_host_of_an_order(at: float) -> None:
    buyer = Buyer(Shop())
    buyer.shop.sell(at)
    buy_many(buyer, pause=1.7)
    buyer.look(MINUTE)
    buyer.look(10 * MINUTE)
    assert "" not in {buyer.shop.owner[host_id] for host_id in buyer.confirmed.values()}
    assert buyer.wrong == {}
    assert len(buyer.confirmed) >= MANY - 4


def test_a_host_that_only_a_long_queue_explains_is_an_accepted_order_s_after_a_while() -> None:
    buyer = Buyer(Shop())
    accepted = buyer.buy(0, works_after=3 * MINUTE)
    buyer.look(4 * MINUTE)
    assert buyer.confirmed == {}
    buyer.look(6 * MINUTE)
    assert buyer.confirmed == {accepted: "h0"}


def test_an_unknown_order_yields_to_an_accepted_one_that_still_waits() -> None:
    buyer = Buyer(Shop())
    accepted = buyer.buy(0, works_after=30)
    lost = buyer.buy(29.8, accepted=False, works_after=None)
    for minutes in range(1, 10):
        buyer.look(minutes * MINUTE)
    assert lost not in buyer.confirmed
    assert accepted in {*buyer.confirmed, *buyer.candidates}


def test_a_lost_order_does_not_push_another_on_to_a_stranger_s_host() -> None:
    buyer = Buyer(Shop())
    buyer.buy(0.4, took=0.05, accepted=False, works_after=None)
    buyer.buy(1.05, took=0.9, works_after=0.4, accepted=False)
    stranger = buyer.shop.sell(4.2)
    buyer.look(60)
    assert stranger not in buyer.confirmed.values()
    assert buyer.wrong == {}


@pytest.mark.parametrize("offset", [0.0, 0.4])
def test_a_lost_order_does_not_take_the_host_of_the_next_where_a_stranger_bought_too(offset: float) -> None:
    buyer = Buyer(Shop(offset))
    buyer.buy(0.0, took=0.3, accepted=False, works_after=None)
    buyer.buy(1.16, took=0.15)
    buyer.shop.sell(1.7)
    buyer.look(60)
    assert buyer.wrong == {}


def test_a_host_that_came_shortly_after_the_response_was_given_up_is_the_order_s() -> None:
    buyer = Buyer(Shop())
    order = buyer.buy(0.0, took=0.5, works_after=2.2, accepted=False)
    buyer.look(60)
    assert buyer.confirmed.keys() == {order}


@pytest.mark.parametrize(
    ("stranger", "sent", "took", "works_after", "lost_at"),
    [(0.09, 0.60, 0.08, 0.03, 0.72), (0.42, -0.1, 0.7, 0.65, 0.73), (0.02, -0.08, 0.25, 0.18, 0.24)],
)
@pytest.mark.parametrize("resolution", [1.0, 0.001])
def test_a_lost_order_and_an_accepted_one_are_left_to_the_user_where_one_host_may_be_a_stranger_s(
    stranger: float, sent: float, took: float, works_after: float, lost_at: float, resolution: float
) -> None:
    """The lost order came to nothing, and the other program's host is the older of the two that are there."""
    buyer = Buyer(Shop(resolution=resolution))
    foreign = buyer.shop.sell(stranger)
    accepted = buyer.buy(sent, took=took, works_after=works_after)
    lost = buyer.buy(lost_at, took=0.2, accepted=False, works_after=None)
    for look in range(30):
        buyer.look(60 + 15 * look)
    assert foreign not in buyer.confirmed.values()
    assert lost not in buyer.confirmed
    assert buyer.candidates.keys() | buyer.confirmed.keys() >= {accepted}


def test_accepted_orders_that_would_exchange_hosts_with_a_lost_one_are_left_to_the_user() -> None:
    buyer = Buyer(Shop())
    buyer.shop.sell(0.02)
    orders = [buyer.buy(at, took=0.1, works_after=0.05) for at in (0.1, 0.25, 0.4)]
    lost = buyer.buy(0.6, took=0.2, accepted=False, works_after=None)
    buyer.look(60)
    assert buyer.confirmed == {}
    assert buyer.candidates.keys() == {*orders, lost}


def test_a_lost_order_is_left_to_the_user_if_the_orders_after_it_could_move_on_for_it() -> None:
    """Its own host came only after the gateway's answer, so that the next lost order could have it just as well."""
    buyer = Buyer(Shop(resolution=0.001))
    buyer.buy(-11, took=0.06, works_after=0.04, names_host=True)
    lost = buyer.buy(0.0, took=0.028, works_after=2.033, accepted=False)
    stranger = buyer.shop.sell(0.14)
    buyer.buy(1.446, took=0.086, works_after=0.075)
    after = buyer.buy(1.786, took=0.671, works_after=0.643, accepted=False)
    buyer.look(60)
    assert stranger not in buyer.confirmed.values()
    assert buyer.candidates.keys() >= {lost, after}
    assert buyer.right == len(buyer.confirmed)


def test_a_lost_order_takes_nothing_from_an_accepted_one_that_its_host_does_not_fit() -> None:
    buyer = Buyer(Shop())
    orders = [buyer.buy(0.1, took=0.2), buyer.buy(3.6, took=0.2, accepted=False)]
    buyer.look(60)
    assert buyer.confirmed.keys() == set(orders)
    assert buyer.right == 2


@pytest.mark.parametrize(("code", "is_confirmed"), [(1003, False), (9001, True)])
def test_a_lost_order_does_not_take_a_host_that_a_rejected_one_may_have_bought(code: int, is_confirmed: bool) -> None:
    buyer = Buyer(Shop())
    rejected = buyer.buy(0.1, accepted=False, works_after=0.2)
    buyer.orders[rejected] = replace(
        buyer.orders[rejected], state=OrderState.REJECTED, answered_at=None, code=code, ended_at=NOON
    )
    lost = buyer.buy(1.2, accepted=False, works_after=None)
    buyer.look(60)
    assert (lost in buyer.confirmed) is is_confirmed


def test_a_host_made_during_a_rejected_request_is_not_a_lost_order_s_that_had_ended_before() -> None:
    """A service that rejects with a code that proves it, and sells all the same."""
    buyer = Buyer(Shop())
    lost = buyer.buy(0, took=0.16, accepted=False, works_after=None)
    rejected = buyer.buy(0.97, took=0.25, accepted=False, works_after=0.13)
    buyer.orders[rejected] = replace(buyer.orders[rejected], state=OrderState.REJECTED, code=1007, ended_at=NOON)
    buyer.look(60)
    assert lost not in buyer.confirmed


# Before the own host is listed


@pytest.mark.parametrize("listed", [0.8, 2.5, 9.0])
@pytest.mark.parametrize("accepted", [True, False])
def test_of_two_machines_none_takes_a_host_of_the_other_before_its_own_is_listed(listed: float, accepted: bool) -> None:
    shop = Shop()
    machines = [Buyer(shop, name="a"), Buyer(shop, name="b")]
    for turn in range(8):
        at = 1.0 * turn
        machines[turn % 2].buy(at, accepted=accepted, listed=listed)
        for machine in machines:
            machine.look(at + 0.9)
    for look in range(8):
        for machine in machines:
            machine.look(8 + 5 * look)
            assert machine.right == len(machine.confirmed)


def test_an_order_that_named_its_host_is_confirmed_at_once() -> None:
    buyer = Buyer(Shop())
    order = buyer.buy(0, names_host=True)
    buyer.look(0.5)
    assert buyer.confirmed.keys() == {order}


def test_before_its_own_host_had_time_to_be_listed_an_order_has_no_candidate() -> None:
    buyer = Buyer(Shop())
    buyer.shop.sell(-2)
    order = buyer.buy(0, accepted=False, works_after=None)
    buyer.look(8)
    assert (buyer.confirmed, buyer.candidates) == ({}, {})
    buyer.look(13)
    assert buyer.candidates[order].doubt is Doubt.EARLIER


def test_orders_in_quick_succession_wait_for_the_last_of_them() -> None:
    buyer = Buyer(Shop(-2.0))
    for number in range(12):
        buyer.buy(number * 2.0)
    buyer.look(24)
    assert buyer.confirmed == {}
    buyer.look(33)
    assert buyer.right == 12


@pytest.mark.parametrize(("works_after", "is_claimed"), [(1.0, True), (30.0, False)])
def test_an_order_with_an_unseen_end_claims_only_a_host_that_came_soon(works_after: float, is_claimed: bool) -> None:
    buyer = Buyer(Shop())
    order = buyer.buy(0, accepted=False, works_after=works_after)
    buyer.orders[order] = replace(buyer.orders[order], answered_at=None)
    buyer.look(65)
    assert (buyer.confirmed, buyer.candidates) == ({}, {})
    buyer.look(75)
    assert bool(buyer.confirmed) is is_claimed
    assert buyer.candidates == {} if is_claimed else buyer.candidates[order].doubt is Doubt.LATER


def test_where_hosts_were_seen_to_be_listed_later_that_is_waited_for() -> None:
    buyer = Buyer(Shop())
    buyer.buy(0)
    orders = tuple(buyer.orders.values())
    early, late = (
        match_orders(orders, buyer.shop.listing(at), buyer.orders, listing_grace=40_000).confirmed for at in (39, 41)
    )
    assert (early, late) == ({}, {"o0": "h0"})


def test_what_counts_is_when_the_list_began_to_be_read() -> None:
    buyer = Buyer(Shop())
    buyer.buy(0)
    slow = replace(buyer.shop.listing(60), listed_at=NOON + timedelta(seconds=2))
    result = match_orders(tuple(buyer.orders.values()), slow, buyer.orders)
    assert (dict(result.confirmed), result.pending_hosts) == ({}, frozenset({"h0"}))


def test_a_clock_that_fits_as_well_with_another_offset_confirms_no_wrong_host() -> None:
    buyer = Buyer(Shop(-2.0))
    for at, accepted in ((0.0, True), (2.0, False), (3.25, False), (5.25, False)):
        buyer.buy(at, took=1.0, works_after=0.9, accepted=accepted)
    for look in range(1, 30):
        buyer.look(6 + 15 * look)
    assert buyer.wrong == {}


# At random


@st.composite
def purchases(draw: st.DrawFn) -> Buyer:
    """One machine's purchases, none lost on the way there, of hosts that are listed at once."""
    buyer = Buyer(Shop(draw(st.sampled_from([0.0, 0.4, 2.0, -2.0])), draw(st.sampled_from([1.0, 0.001]))))
    at = 0.0
    for _ in range(draw(st.integers(1, 8))):
        took = draw(st.floats(0.1, 3))
        buyer.buy(
            at,
            took=took,
            works_after=draw(st.floats(0.01, took)),
            accepted=draw(st.booleans()),
            price=draw(st.sampled_from(["1.10", "2.20"])),
            cpu=draw(st.sampled_from([4, 8])),
        )
        at += took + draw(st.floats(0.01, 20))
    for look in range(1, 30):
        buyer.look(at + 15 * look)
    return buyer


@settings(max_examples=200)
@given(purchases())
def test_no_purchase_is_confirmed_by_another_s_host(buyer: Buyer) -> None:
    assert buyer.wrong == {}
    assert len(set(buyer.confirmed.values())) == len(buyer.confirmed)


@settings(max_examples=50)
@given(purchases(), st.randoms())
def test_the_order_of_the_list_does_not_matter(buyer: Buyer, rnd: random.Random) -> None:
    created = {host.id: host.created for _, host in buyer.shop.hosts}
    orders = [
        replace(order, state=OrderState.ACCEPTED, host_id=None, host_source=None) for order in buyer.orders.values()
    ]
    snapshot = buyer.shop.listing(10 * MINUTE)
    shuffled = Snapshot(tuple(rnd.sample(snapshot.hosts, len(snapshot.hosts))), snapshot.at)
    first, second = (
        {order_id: created[host_id] for order_id, host_id in match_orders(orders, each, buyer.orders).confirmed.items()}
        for each in (snapshot, shuffled)
    )
    assert first == second
