"""Match open orders to what a listing of the hosts shows.

Orders that name a host are simple: the host shows whether it did what was ordered. A create whose response did not
name the new host is matched to a host that was not there before. The theory of that:

*What can be observed.* A host has a specification, an OS family, a billing mode, a term and a creation time, but names
neither its package nor its order. A creation time is an interval of the service's clock, whose offset from ours is
itself only known as an interval (`creation_times`). A host *fits* an order if its specification does not contradict
what was bought (`host_fit`), if it was not known when the order was sent, and if no order has it and no user disowned
it.

*How far a host is from an order.* The host is DIRECT if it can have come into being while the request was under way:
between sending and the moment the response arrived, or `GRACE` after the response was given up. If the program was
killed before, so that its end is not known, only the first `UNANSWERED_WINDOW` counts. Otherwise there is a gap
between the two, after the request or before it.

*When it can be decided.* A host enters the list some time after it was made, so the first listing after a request may
show only the hosts of others, which then seem to be what the request bought. Nothing is concluded from an order,
neither a match nor a clock offset, before its own host had time to be listed: the list must have begun to be read
`LISTING_GRACE` after the response (after the time limit of the request, if its end is unknown), and be consistent. If a
host that a response named was missing from the list for longer than that, twice that time is waited. Orders that
follow one another within `SUCCESSION` wait for the last of them. Until then an order stays accepted or unknown, and
has no candidate either. An order with a response that named the host needs none of this.

*All at once.* All open creates and all fitting hosts are matched together, not first come, first served, by the
assignment that is best by these criteria in turn: as many accepted orders as possible have a host; as many hosts as
possible are DIRECT; the gaps are small; hosts came into being soon after their orders were sent; and, where all of this
leaves a choice, in the same sequence. So a host stays with the order that explains it best. Orders for the same, of
which one ended before the next was sent, have their hosts in that sequence.

*What is confirmed without asking.* A DIRECT host. A gateway gives up after 60 s, so a request whose response
was lost is carried out while it is under way, or shortly after: farther hosts are not confirmed for an order whose
outcome is unknown. An accepted order has a host for certain. If that stays away, the order takes one with a gap of up
to `SMALL_SKEW` (after `USUAL_LISTING_DELAY`), or that came into being up to `ACCEPTED_WINDOW` after the request or
`MAX_SKEW` before it (after `LISTING_DELAY`). In each case only if nothing else explains the match:

* no other fitting host is as good that is not DIRECT to the order that it is matched to: somebody else may have bought
  one of the two. It is the same if the orders would all have to move on to a next host, and if the fitting host is that
  of an unknown order, which may have come to nothing: then neither of the two is confirmed;
* no other order that is without a host explains this one as well: accepted ones that may still get their own are
  waited for, and an unknown order yields to all others, also if they would have to exchange hosts for that;
* the host did not come into being only within `GRACE` after the request, if it did so during another request, or
  another host did so during this one: one of the orders may have come to nothing. A create that was rejected counts
  here whatever its code, because the host is better explained by it;
* an unknown order with an unknown end, because the program was killed, yields a host that came into being during a
  create that was rejected, whatever its code;
* an unknown order yields a host that fits an order which may have somebody else's as well, or one that was rejected by
  a response which does not prove that nothing was done;
* exchanging the hosts of two orders would be worse, if one is for something else, such as the same machine at another
  price, or if their hosts are in the wrong sequence.

*As good* allows for clocks that are `SMALL_SKEW` apart, unless purchases have shown how far they are, and none of an
accepted order disagrees. Where they agree as well on other offsets, it allows for those too.

*What is left to the user.* Any other fitting host within `MAX_SKEW` before and `LATEST` after the order "may be
yours": a candidate with the doubt that stands against it. Two machines with separate journals cannot see each other's
orders, so a doubt is not resolved by chance: both would resolve it alike, and claim the same host. What cannot be
decided at all is a purchase of the same goods by another user within the very seconds of an order that came to nothing.

A response may name the host in a form that the service's IDs do not have, such as a number. That is believed if the
listing shows a new and fitting host of this ID, and only one order names it.

While a create is under way, a new host may be its, and nothing is matched. Orders of other programs that use the same
journal take part like our own, so that each program comes to the same assignment and reads off its part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import field

from xds_tui.domain.create_evidence import Request, births, request_of
from xds_tui.domain.create_matcher import Matching
from xds_tui.domain.creation_times import to_milliseconds
from xds_tui.domain.host_fit import LISTING_GRACE, is_compatible
from xds_tui.domain.model import Host, Snapshot, Status
from xds_tui.domain.records import Candidate, Order, OrderAction, OrderState
from xds_tui.structs import dataclass


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Result of matching a listing to the open orders.

    Attributes:
        confirmed: the orders that the fleet agrees with, order ID to host ID.
        candidates: for creates that are open after that, the host that may be theirs.
        is_matched: whether creates without a host were matched; otherwise `candidates` says nothing.
        pending_hosts: the hosts that may be of a create that may itself have a host which is not listed yet.
        rejected_hosts: the hosts that came into being during a create that was rejected.

    """

    confirmed: Mapping[str, str]
    candidates: Mapping[str, Candidate] = field(default_factory=dict)
    is_matched: bool = True
    pending_hosts: frozenset[str] = frozenset()
    rejected_hosts: frozenset[str] = frozenset()


def match_orders(
    orders: Collection[Order],
    snapshot: Snapshot,
    answered: Collection[str],
    claimed: Collection[str] = (),
    others: Collection[Order] = (),
    listing_grace: int = LISTING_GRACE,
) -> Reconciliation:
    """Match `orders` to the hosts of `snapshot`, as the module describes.

    Args:
        orders: all that are known, open or not.
        snapshot: the listing.
        answered: the IDs of the orders whose request had ended when `snapshot` began to be read. Nothing is said about
            the others, but they take part.
        claimed: hosts of creates that ended before and are not among `orders` any more.
        others: the creates of other programs that use the same journal. They take part, and nothing is said about them.
        listing_grace: how long a new host may be missing from the list (ms).

    """
    hosts = {host.id: host for host in snapshot.hosts}
    confirmed = {
        order.id: order.host_id
        for order in orders
        if order.host_id and order.sent_at and order.id in answered and _is_waiting(order) and _agrees(order, hosts)
    }
    known = {order.id: order for order in (*others, *orders)}.values()
    creates = [order for order in known if order.action is OrderAction.CREATE]
    if any(order.state is OrderState.SENT for order in creates):
        return Reconciliation(confirmed, is_matched=False)
    requests = [request_of(order, order.sent_at, order.quote) for order in creates if order.sent_at and order.quote]
    taken = {*claimed, *(order.host_id for order in creates if order.host_id)}
    named = _named(requests, hosts, taken)
    taken |= set(named.values())
    own = {order.id for order in orders if order.id in answered}
    confirmed |= {order_id: host_id for order_id, host_id in named.items() if order_id in own}
    open_requests = sorted(
        (request for request in requests if _has_no_host(request.order) and request.order.id not in named),
        key=lambda request: (request.time.low, request.order.created_at, request.order.id),
    )
    if not open_requests:
        return Reconciliation(confirmed)
    taken |= {host_id for order in creates for host_id in order.declined}
    taken |= frozenset.intersection(*(request.quote.known_hosts for request in open_requests))
    new = births([host for host in snapshot.hosts if host.id not in taken], snapshot)
    listed_at = to_milliseconds(snapshot.listed_at or snapshot.at)
    matching = Matching(open_requests, new, requests, hosts, listed_at, listing_grace)
    found, candidates = matching.decide()
    return Reconciliation(
        confirmed | {order_id: host_id for order_id, host_id in found.items() if order_id in own},
        {order_id: candidate for order_id, candidate in candidates.items() if order_id in own},
        pending_hosts=matching.pending_hosts,
        rejected_hosts=matching.rejected_hosts,
    )


def _named(requests: Collection[Request], hosts: Mapping[str, Host], taken: Collection[str]) -> dict[str, str]:
    """Return, by order ID, the new and listed hosts that responses named in an unusual form."""
    named = {
        request.order.id: host_id
        for request in requests
        if _has_no_host(request.order)
        and (host_id := request.order.named_host_id) in hosts
        and host_id is not None
        and host_id not in {*taken, *request.order.declined, *request.quote.known_hosts}
        and is_compatible(hosts[host_id], request.quote)
    }
    count = Counter(named.values())
    return {order_id: host_id for order_id, host_id in named.items() if count[host_id] == 1}


def _has_no_host(order: Order) -> bool:
    return order.host_id is None and _is_waiting(order)


def _is_waiting(order: Order) -> bool:
    return order.state in (OrderState.ACCEPTED, OrderState.UNKNOWN)


def _agrees(order: Order, hosts: Mapping[str, Host]) -> bool:
    host = hosts.get(order.host_id or "")
    match order.action:
        case OrderAction.DELETE:
            return host is None
        case OrderAction.CREATE:
            return host is not None
        case OrderAction.POWER_OFF:
            return host is not None and host.status is Status.OFF
        case OrderAction.POWER_ON | OrderAction.REBOOT:
            return host is not None and host.status.is_on
