from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from support.factories import NOON, a_host, a_package, catalog_of

from xds_tui.domain import pricing
from xds_tui.domain.annotations import Annotation
from xds_tui.domain.model import Billing, Host, Status
from xds_tui.domain.pricing import Costs, CostShare, Rate, cost_shares, cost_shares_by_owner, cost_shares_by_tag

RENTED = {"billing": Billing.RENT, "expires": NOON + timedelta(days=1)}


def rate(amount: str, *, is_known: bool = True) -> Rate:
    return Rate(Decimal(amount), Decimal(amount), is_known)


def shares(hosts: list[Host], **prices: str) -> list[CostShare[str | None]]:
    costs = Costs({host_id: rate(price) for host_id, price in prices.items()})
    return cost_shares(hosts, costs, NOON, lambda host: host.gpu_name)


def test_costs_are_split_by_key_and_billing_mode_with_the_most_expensive_part_first() -> None:
    hosts = [
        a_host(id="a", gpu_name="3060"),
        a_host(id="b", gpu_name="4090"),
        a_host(id="c", gpu_name="4090", **RENTED),
        a_host(id="d", gpu_name="4090", **RENTED, status=Status.OFF),
    ]
    assert shares(hosts, a="1.10", b="2.30", c="4", d="4") == [
        CostShare("4090", rate("2.30"), rate("8"), 3, 0),
        CostShare("3060", rate("1.10"), rate("0"), 1, 0),
    ]


def test_costs_are_split_by_tag_and_owner() -> None:
    hosts = [
        a_host(id="a", annotation=Annotation(tags=("x", "y"), owner="li")),
        a_host(id="b", annotation=Annotation(tags=("x",))),
        a_host(id="c"),
    ]
    costs = Costs({host.id: rate("1") for host in hosts})
    assert [(share.key, share.on_demand.high, share.hosts) for share in cost_shares_by_tag(hosts, costs, NOON)] == [
        ("x", Decimal(2), 2),
        ("y", Decimal(1), 1),
        ("", Decimal(1), 1),
    ]
    assert [(share.key, share.hosts) for share in cost_shares_by_owner(hosts, costs, NOON)] == [("", 2), ("li", 1)]


def test_hosts_that_cost_nothing_now_are_left_out() -> None:
    hosts = [
        a_host(id="a", status=Status.OFF),
        a_host(id="b", billing=Billing.RENT, status=Status.EXPIRED),
        a_host(id="c", billing=Billing.RENT, expires=NOON),
    ]
    assert shares(hosts, a="1", b="1", c="1") == []


def test_hosts_without_a_known_price_are_counted() -> None:
    hosts = [a_host(id="a"), a_host(id="b"), a_host(id="c", billing=None)]
    assert shares(hosts, a="1.10", c="5") == [CostShare(None, rate("1.10"), rate("0"), 3, 2)]


PACKAGES = [a_package(cpu=cpu, amount=Decimal(cpu), discount=Decimal("0.9")) for cpu in (1, 2, 4)]
HOSTS = st.lists(
    st.builds(
        a_host,
        id=st.uuids().map(str),
        cpu=st.sampled_from([1, 2, 4, 8]),
        status=st.sampled_from(Status),
        billing=st.sampled_from([*Billing, None]),
        gpu_name=st.sampled_from([None, "3060", "4090"]),
        expires=st.sampled_from([None, NOON, NOON + timedelta(hours=1)]),
    ),
    max_size=12,
)


@given(HOSTS)
def test_the_parts_add_up_to_the_cost_of_the_fleet(hosts: list[Host]) -> None:
    costs = pricing.costs(hosts, catalog_of(*PACKAGES), {}, NOON)
    parts = cost_shares(hosts, costs, NOON, lambda host: host.gpu_name)
    for total, rates in (
        (costs.fleet.on_demand, [part.on_demand for part in parts]),
        (costs.fleet.prepaid, [part.prepaid for part in parts]),
    ):
        together = pricing.together(rates)
        assert (together.low, together.high) == (total.low, total.high)
    assert sum(part.unpriced for part in parts) == costs.fleet.unpriced
