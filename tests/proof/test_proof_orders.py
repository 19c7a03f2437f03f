from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as replace_struct

from tests.proof.faults import ANSWERS, describe
from tests.proof.judge import Verdict, judge
from tests.proof.records import Record
from tests.proof.request import Asked, Kind
from tests.simulator_faults.faults import Kind as Mishap
from tests.simulator_faults.other_user import TAG
from tests.simulator_faults.presets import EVERY_CODE
from tests.support.factories import a_package, a_quote, an_order
from xds_tui.domain.records import Candidate, Doubt, Order, OrderAction, OrderState
from xds_tui.simulator.world import Sale

ROOT = Path(__file__).parents[2]
SENT_AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KIND = Kind("p1", "4005")
FINAL = [OrderState.CONFIRMED, OrderState.REJECTED, OrderState.UNKNOWN, OrderState.ACCEPTED, OrderState.NOT_SENT]


def test_a_short_run_kills_a_buyer_and_prints_all_outcomes() -> None:
    command = [sys.executable, "-m", "tests.proof.orders", "--creates", "12", "--kills", "1"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.endswith("\nholds\n")
    counts = {name.strip(): int(count) for name, count in re.findall(r"^(.{48}) +(\d+)", ended.stdout, re.MULTILINE)}
    assert counts["kills (SIGKILL)"] == 1
    assert counts["create requests on the line"] >= 12
    assert counts["sold, by the ledgers"] > 0
    assert counts["answers that tell nothing certain"] >= 3


def test_a_run_covers_every_code_with_and_without_a_purchase() -> None:
    for kind in (Mishap.CODE, Mishap.CODE_AFTER):
        shown = {fault.code for fault in ANSWERS if fault.kind is kind and not fault.seconds}
        assert shown >= set(EVERY_CODE)
    assert len({describe(fault) for fault in ANSWERS}) == len(ANSWERS)


def order(number: int, state: OrderState, host_id: str | None = None, **fields: Any) -> Order:
    sent_at = SENT_AT + timedelta(seconds=number)
    return an_order(
        id=f"o{number}",
        action=OrderAction.CREATE,
        state=state,
        created_at=sent_at,
        sent_at=sent_at,
        host_id=host_id,
        **{"quote": a_quote(), **fields},
    )


def sale(tag: int | str, host_id: str, **fields: Any) -> Sale:
    """Return a sale by the order with this number, or by a request with this tag."""
    number = tag if isinstance(tag, int) else 0
    sold = Sale(
        at=SENT_AT.timestamp() + number + 0.1,
        account="A",
        package_id="p1",
        image_id="4005",
        rented=False,
        period=None,
        seconds=0,
        charged=Decimal(0),
        host_id=host_id,
        request_tag=f"o{tag}" if isinstance(tag, int) else tag,
    )
    return replace(sold, **fields)


def record(*orders: Order, received: int | None = None) -> Record:
    asked = Asked(1, len(orders), KIND, [order.id for order in orders])
    sent = sum(order.sent_at is not None for order in orders)
    return Record([asked], list(orders), sent if received is None else received)


def verdict(orders: list[Order], ledger: list[Sale]) -> Verdict:
    return judge([record(*orders)], ledger)


def test_a_consistent_outcome_passes() -> None:
    found = verdict(
        [
            order(0, OrderState.CONFIRMED, "a"),
            order(1, OrderState.REJECTED),
            order(2, OrderState.UNKNOWN),
            order(3, OrderState.UNKNOWN),
            order(4, OrderState.ACCEPTED),
        ],
        [sale(0, "a"), sale(3, "b"), sale(4, "c")],
    )
    assert found.holds
    assert (found.asked, found.sold, found.right, found.unknown, found.unknown_sold) == (5, 3, 1, 2, 1)


def test_equal_hosts_of_one_machine_may_be_exchanged() -> None:
    orders = [order(0, OrderState.CONFIRMED, "b"), order(1, OrderState.CONFIRMED, "a")]
    found = verdict(orders, [sale(0, "a"), sale(1, "b")])
    assert (found.holds, found.exchanged, found.right) == (True, 2, 0)


@pytest.mark.parametrize("fields", [{"package_id": "p2"}, {"image_id": "4006"}, {"period": (1, 1)}])
def test_different_hosts_must_not_be_exchanged(fields: dict[str, Any]) -> None:
    orders = [order(0, OrderState.CONFIRMED, "b"), order(1, OrderState.CONFIRMED, "a")]
    found = verdict(orders, [sale(0, "a"), sale(1, "b", **fields)])
    assert (found.holds, found.wrong) == (False, 2)


def test_hosts_of_two_machines_must_not_be_exchanged() -> None:
    machines = [record(order(0, OrderState.CONFIRMED, "b")), record(order(1, OrderState.CONFIRMED, "a"))]
    found = judge(machines, [sale(0, "a"), sale(1, "b")])
    assert (found.holds, found.wrong, found.asked) == (False, 2, 2)


def test_a_host_of_another_buyer_is_wrong_for_an_order_that_bought_one() -> None:
    assert verdict([order(0, OrderState.CONFIRMED, "b")], [sale(0, "a"), sale(TAG, "b")]).wrong == 1


@pytest.mark.parametrize(("seconds", "coincidences"), [(-3, 0), (1, 1), (6, 1), (9, 0)])
def test_an_order_that_bought_nothing_may_match_only_a_simultaneous_purchase(seconds: int, coincidences: int) -> None:
    bought = sale(TAG, "a", at=SENT_AT.timestamp() + seconds)
    answered_at = SENT_AT + timedelta(seconds=2)
    found = verdict([order(0, OrderState.CONFIRMED, "a", answered_at=answered_at)], [bought])
    assert (found.coincidences, found.confirmed_for_nothing) == (coincidences, 1 - coincidences)
    assert (found.sold, found.sold_to_others) == (0, 1)


@pytest.mark.parametrize(
    ("other", "own", "swaps"), [(1, 3.9, 0), (1, 4.1, 1), (6.9, 9, 1), (7.1, 9, 0), (-1, 60, 1), (-2, 60, 0)]
)
def test_an_order_with_a_later_host_may_match_only_a_simultaneous_purchase(
    other: float, own: float, swaps: int
) -> None:
    start = SENT_AT.timestamp()
    ledger = [sale(TAG, "a", at=start + other), sale(0, "b", at=start + own)]
    found = verdict([order(0, OrderState.CONFIRMED, "a", answered_at=SENT_AT + timedelta(seconds=2))], ledger)
    assert (found.swaps, found.wrong, found.holds) == (swaps, 1 - swaps, bool(swaps))


def test_a_swap_with_another_order_of_the_machine_is_wrong() -> None:
    answered_at = SENT_AT + timedelta(seconds=1)
    orders = [order(0, OrderState.CONFIRMED, "b", answered_at=answered_at), order(1, OrderState.UNKNOWN)]
    later = sale(0, "a", at=SENT_AT.timestamp() + 60)
    assert verdict(orders, [later, sale(1, "b", image_id="4006")]).wrong == 1


def test_an_order_that_bought_nothing_must_not_match_the_host_of_another() -> None:
    found = verdict([order(0, OrderState.CONFIRMED, "a"), order(1, OrderState.UNKNOWN)], [sale(1, "a")])
    assert (found.holds, found.confirmed_for_nothing) == (False, 1)


@pytest.mark.parametrize("host_id", ["nowhere", None])
def test_an_order_must_not_be_confirmed_by_a_host_without_a_purchase(host_id: str | None) -> None:
    found = verdict([order(0, OrderState.CONFIRMED, host_id)], [])
    assert (found.holds, found.confirmed_for_nothing) == (False, 1)


def test_an_order_that_bought_nothing_must_not_be_accepted() -> None:
    found = verdict([order(0, OrderState.ACCEPTED)], [])
    assert (found.holds, found.confirmed_for_nothing) == (False, 1)


@pytest.mark.parametrize("state", [OrderState.REJECTED, OrderState.NOT_SENT])
def test_an_order_that_bought_a_host_must_not_be_reported_as_not_bought(state: OrderState) -> None:
    found = verdict([order(0, state)], [sale(0, "a")])
    assert (found.denied, found.holds) == (1, False)


def test_a_refused_order_that_bought_a_host_may_be_pointed_out() -> None:
    pointed_out = Candidate("a", "", Doubt.REJECTED)
    found = verdict([order(0, OrderState.REJECTED, candidate=pointed_out)], [sale(0, "a")])
    assert (found.refused_sold, found.holds) == (1, True)
    assert verdict([order(0, OrderState.NOT_SENT, candidate=pointed_out)], [sale(0, "a")]).denied == 1


LOST: dict[str, Any] = {"answered_at": SENT_AT + timedelta(seconds=1), "summary": "no answer"}


@pytest.mark.parametrize(
    ("earlier", "repeated"),
    [
        (order(0, OrderState.UNKNOWN, **LOST), 1),
        (order(0, OrderState.REJECTED, **LOST, candidate=Candidate("a", "", Doubt.REJECTED)), 1),
        (order(0, OrderState.CONFIRMED, "a", **LOST, ended_at=SENT_AT + timedelta(seconds=99)), 1),
        (order(0, OrderState.CONFIRMED, "a", **LOST, ended_at=SENT_AT + timedelta(seconds=5)), 0),
        (order(0, OrderState.UNKNOWN, summary="no answer", answered_at=SENT_AT + timedelta(seconds=20)), 0),
        (order(0, OrderState.ACCEPTED, answered_at=SENT_AT + timedelta(seconds=1)), 0),
        (order(0, OrderState.UNKNOWN, **LOST, quote=a_quote(package=a_package(id="p2"))), 0),
    ],
)
def test_a_possible_purchase_must_not_be_repeated_without_confirmation(earlier: Order, repeated: int) -> None:
    later = order(10, OrderState.UNKNOWN)
    first, second = Asked(1, 1, KIND, ["o0"]), Asked(2, 1, KIND, ["o10"])
    sales = [sale(0, "a")]
    assert judge([Record([first, second], [earlier, later], 2)], sales).repeated == repeated
    asked = replace_struct(second, doubtful=["o0"])
    assert judge([Record([first, asked], [earlier, later], 2)], sales).repeated == 0
    declined = replace_struct(asked, is_confirmed=False)
    found = judge([Record([first, declined], [earlier, later], 2)], sales)
    assert (found.repeated, found.questions, found.declined) == (repeated, 1, 1)


def test_two_purchases_of_one_order_are_duplicates() -> None:
    found = verdict([order(0, OrderState.CONFIRMED, "a")], [sale(0, "a"), sale(0, "b")])
    assert (found.doubled, found.holds) == (1, False)


@pytest.mark.parametrize("tag", ["", "gone"])
def test_a_purchase_without_an_order_is_a_duplicate(tag: str) -> None:
    found = verdict([order(0, OrderState.CONFIRMED, "a")], [sale(0, "a"), sale(tag, "b")])
    assert (found.doubled, found.holds) == (1, False)


def test_a_repeated_request_is_a_duplicate_without_a_purchase() -> None:
    assert judge([record(order(0, OrderState.UNKNOWN), received=2)], []).doubled == 1


def test_requests_are_counted_per_machine() -> None:
    idle, busy = order(0, OrderState.UNKNOWN), order(1, OrderState.UNKNOWN)
    assert judge([record(idle, received=0), record(busy, received=2)], []).doubled == 1


def test_a_host_must_not_belong_to_orders_of_two_machines() -> None:
    machines = [record(order(0, OrderState.CONFIRMED, "a")), record(order(1, OrderState.CONFIRMED, "a"))]
    found = judge(machines, [sale(0, "a"), sale(1, "b")])
    assert (found.shared, found.holds) == (1, False)


@pytest.mark.parametrize("state", FINAL)
def test_every_order_counts_once(state: OrderState) -> None:
    found = judge([Record([Asked(1, 2, KIND, ["o0", "o1"])], [order(0, state)], 1)], [])
    counted = (found.settled, found.refused, found.unknown, found.accepted, found.not_sent, found.not_begun)
    assert (found.asked, sum(counted), found.not_begun) == (2, 2, 1)


def test_a_host_may_belong_to_its_order_and_by_coincidence_to_another() -> None:
    machines = [record(order(0, OrderState.CONFIRMED, "a")), record(order(1, OrderState.CONFIRMED, "a"))]
    found = judge(machines, [sale(1, "a")])
    assert (found.right, found.coincidences, found.shared, found.holds) == (1, 1, 0, True)


def test_an_unfinished_or_unrequested_order_fails() -> None:
    assert verdict([order(0, OrderState.SENT)], []).unfinished == 1
    assert judge([Record([], [order(0, OrderState.REJECTED)], 1)], []).unasked == 1
