"""The verdict: a comparison of the users' requests, the journals, and the ledger of the service.

Every create has the ID of its order as a tag, which the service's ledger contains. So it is known which order bought
which host, although the program cannot see that.

What no client can decide is not a violation. In two cases an order with a lost response is confirmed by a host that
another user bought, and the program cannot see who did. In each of them there is another world with the same
responses and the same list in which the order did buy that host, so that a client that is right in one world is wrong
in the other:

* *coincidence*: the order bought nothing, and the other buyer bought the same within the time of the request. In the
  other world the request was carried out, and the other buyer bought nothing;
* *swap*: the order's own host came into being only after the time in which a lost request is carried out (`GRACE`),
  and the other buyer's within it. In the other world the two bought each other's host. If both are of that time, the
  program sees two hosts that explain the order equally well, and has to ask the user.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Final

from tests.simulator_faults.other_user import TAG
from xds_tui.domain.create_evidence import GRACE, UNANSWERED_WINDOW
from xds_tui.domain.records import Order, OrderState
from xds_tui.simulator.world import Sale

from .records import Record
from .request import Asked

BEFORE: Final = timedelta(seconds=1.5)
AFTER: Final = timedelta(seconds=5)
"""Within this time before a request was sent and after it ended, hosts of another buyer cannot be distinguished:
creation times are in whole seconds, and clocks half a second apart."""

LOST: Final = timedelta(milliseconds=GRACE)
"""After its response was lost a request is carried out within this time, or its host cannot be recognized."""

REQUEST: Final = timedelta(milliseconds=UNANSWERED_WINDOW)
"""A request is assumed to have been carried out within this time if a kill prevented its end from being recorded."""


@dataclass
class Verdict:
    """Counts of hosts and orders; `problems` describes those that must be 0."""

    asked: int = 0
    left: int = 0
    """Orders that were recorded as sent."""
    received: int = 0
    """Create requests that reached the wire."""
    sold: int = 0
    """Hosts sold to the machines of the proof."""
    sold_to_others: int = 0

    # States of the orders

    not_begun: int = 0
    """Killed before anything was recorded: not in the journal."""
    not_sent: int = 0
    refused: int = 0
    refused_sold: int = 0
    """Rejected orders that bought a host nevertheless and for which the user was shown a host."""
    questions: int = 0
    """Purchases that the program reported as possibly made by an earlier order."""
    declined: int = 0
    """Of these, not confirmed by the user."""
    accepted: int = 0
    """The host was not recognized."""
    unknown: int = 0
    unknown_sold: int = 0
    """Unknown orders that bought a host."""
    settled: int = 0

    # Attribution of hosts

    right: int = 0
    """Confirmed by the host that the order bought."""
    exchanged: int = 0
    """Confirmed by the host of an equal order of the same machine, which bought one too."""
    coincidences: int = 0
    """Unknown, bought nothing, and confirmed by a host that another buyer bought during the request."""
    swaps: int = 0
    """Confirmed by a host that another buyer bought during the request; the own one came into being long after it."""
    may_be: int = 0
    """Without a host, with a candidate."""
    may_be_right: int = 0

    # Violations

    repeated: int = 0
    """Orders sent without confirmation although an earlier one had made the same purchase with an unknown outcome."""
    doubled: int = 0
    """Orders that bought several hosts, and requests without an order or sent repeatedly."""
    denied: int = 0
    """Orders that bought a host, but are reported to have bought nothing."""
    confirmed_for_nothing: int = 0
    """Orders that are reported to have bought a host, but bought nothing."""
    wrong: int = 0
    """Orders that name a host which another order bought."""
    shared: int = 0
    """Hosts that several orders name, except by coincidence."""
    unfinished: int = 0
    """Orders left as pending or sent."""
    unasked: int = 0
    """Orders that were not requested."""
    problems: list[str] = field(default_factory=list)

    @property
    def faults(self) -> int:
        """The number of violations."""
        purchases = self.repeated + self.doubled + self.denied + self.unfinished + self.unasked
        return purchases + self.confirmed_for_nothing + self.wrong + self.shared

    @property
    def holds(self) -> bool:
        """Whether there is no violation, and every requested and every sold host is accounted for."""
        accounted = self.settled + self.accepted + self.refused + self.not_sent + self.not_begun + self.unknown
        return self.faults == 0 and self.asked == accounted

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


def judge(records: Sequence[Record], ledger: Sequence[Sale]) -> Verdict:
    """Compare the records of all machines of an account with its ledger."""
    verdict = Verdict()
    for record in records:
        _count(verdict, record)
    orders = {order.id: order for record in records for order in record.orders}
    sales = _sales_by_order(verdict, ledger, orders)
    hosts = {sale.host_id: sale for sale in ledger}
    for order in orders.values():
        _judge_purchase(verdict, order, sales.get(order.id))
    for record in records:
        _judge_questions(verdict, record, sales)
        own = {order.id for order in record.orders}
        for order in record.orders:
            _judge_attribution(verdict, order, sales, hosts, own)
    names = Counter(
        order.host_id
        for order in orders.values()
        if order.host_id and not _is_coincidence(order, sales.get(order.id), hosts.get(order.host_id))
    )
    for host_id, count in names.items():
        if count > 1:
            verdict.shared += 1
            verdict.problems.append(f"host {host_id} is named by {count} orders")
    return verdict


def _count(verdict: Verdict, record: Record) -> None:
    states = Counter(order.state for order in record.orders)
    begun = {order.id for order in record.orders}
    wanted = _wanted(record.asked)
    left = sum(order.sent_at is not None for order in record.orders)
    verdict.asked += sum(one.count for one in wanted)
    verdict.left += left
    verdict.received += record.received
    verdict.not_begun += sum(one.count - len(begun.intersection(one.orders or ())) for one in wanted)
    verdict.not_sent += states[OrderState.NOT_SENT]
    verdict.refused += states[OrderState.REJECTED]
    verdict.accepted += states[OrderState.ACCEPTED]
    verdict.unknown += states[OrderState.UNKNOWN]
    verdict.settled += states[OrderState.CONFIRMED]
    verdict.unfinished += states[OrderState.PENDING] + states[OrderState.SENT]
    verdict.unasked += len(begun - {id_ for one in wanted for id_ in one.orders or ()})
    if record.received > left:
        verdict.doubled += record.received - left
        verdict.problems.append(f"{record.received} requests of {left} orders")


def _wanted(asked: Iterable[Asked]) -> list[Asked]:
    """Return the last log entry of each purchase, which names its orders if the program has accepted it."""
    return list({one.number: one for one in asked}.values())


def _sales_by_order(verdict: Verdict, ledger: Sequence[Sale], orders: Mapping[str, Order]) -> dict[str, Sale]:
    """Return the sale of each order by its ID; further sales and those without an order are counted as duplicates."""
    found: dict[str, Sale] = {}
    for sale in ledger:
        if sale.request_tag == TAG:
            verdict.sold_to_others += 1
            continue
        verdict.sold += 1
        if sale.request_tag not in orders or sale.request_tag in found:
            verdict.doubled += 1
            verdict.problems.append(f"{sale.host_id} ({sale.package_id}, {sale.at:.3f}) was sold for no order")
        else:
            found[sale.request_tag] = sale
    return found


def _judge_purchase(verdict: Verdict, order: Order, sale: Sale | None) -> None:
    """Return whether the reported state of an order agrees with whether it bought a host."""
    if sale is None:
        if order.state is OrderState.ACCEPTED:
            verdict.confirmed_for_nothing += 1
            verdict.problems.append(f"{_description(order)} bought nothing")
        return
    if order.state is OrderState.UNKNOWN:
        verdict.unknown_sold += 1
    if order.state not in (OrderState.REJECTED, OrderState.NOT_SENT, OrderState.PENDING):
        return
    if order.state is OrderState.REJECTED and order.candidate is not None:
        verdict.refused_sold += 1
    else:
        verdict.denied += 1
        verdict.problems.append(f"{_description(order)} bought {sale.host_id}")


def _judge_questions(verdict: Verdict, record: Record, sales: Mapping[str, Sale]) -> None:
    """Return whether the user was asked before a purchase that an earlier order may have made."""
    orders = {order.id: order for order in record.orders}
    for asked in _wanted(record.asked):
        verdict.questions += bool(asked.doubtful)
        verdict.declined += bool(asked.doubtful) and not asked.is_confirmed
        known = asked.doubtful if asked.is_confirmed else []
        for order in (orders[id_] for id_ in asked.orders or () if id_ in orders):
            earlier = next((each for each in record.orders if _is_repeated(each, order, sales)), None)
            if earlier is not None and earlier.id not in known:
                verdict.repeated += 1
                verdict.problems.append(f"{_description(order)} repeats {_description(earlier)} without a question")


def _is_repeated(earlier: Order, order: Order, sales: Mapping[str, Sale]) -> bool:
    """Return whether an order was sent after an earlier equal one had bought a host that was not recognized yet."""
    if order.sent_at is None or earlier.id not in sales or earlier.answered_at is None or earlier.quote is None:
        return False
    goods, other = order.quote, earlier.quote
    if goods is None or (goods.package.id, goods.billing) != (other.package.id, other.billing):
        return False
    is_recognised = earlier.state is OrderState.ACCEPTED or (
        earlier.state is OrderState.CONFIRMED and (earlier.ended_at is None or earlier.ended_at <= order.created_at)
    )
    is_accepted = earlier.summary == "" and earlier.code is None
    return earlier.answered_at < order.created_at and not is_recognised and not is_accepted


def _judge_attribution(
    verdict: Verdict, order: Order, sales: Mapping[str, Sale], hosts: Mapping[str, Sale], own: set[str]
) -> None:
    """Return whether the host or candidate of an order was bought by it; `own`: the orders of its machine."""
    sale = sales.get(order.id)
    if order.state is OrderState.CONFIRMED:
        _judge_host(verdict, order, sale, hosts.get(order.host_id or ""), own)
    candidate = order.candidate
    if order.state in (OrderState.ACCEPTED, OrderState.UNKNOWN) and candidate is not None:
        verdict.may_be += 1
        verdict.may_be_right += sale is not None and candidate.host_id == sale.host_id


def _judge_host(verdict: Verdict, order: Order, sale: Sale | None, named: Sale | None, own: set[str]) -> None:
    if sale is not None and named is sale:
        verdict.right += 1
    elif sale is not None and named is not None and named.request_tag in own and _is_alike(sale, named):
        verdict.exchanged += 1
    elif _is_coincidence(order, sale, named) and named is not None and named.request_tag not in own:
        verdict.coincidences += 1
    elif _is_swap(order, sale, named) and named is not None and named.request_tag not in own:
        verdict.swaps += 1
    elif sale is None:
        verdict.confirmed_for_nothing += 1
        verdict.problems.append(f"{_description(order)} bought nothing; {_origin(named)}")
    else:
        verdict.wrong += 1
        verdict.problems.append(f"{_description(order)} bought {sale.host_id}; {_origin(named)}")


def _is_alike(one: Sale, other: Sale) -> bool:
    """Return whether the purchases were equal, so that their hosts may be exchanged."""
    return (one.package_id, one.image_id, one.period) == (other.package_id, other.image_id, other.period)


def _is_coincidence(order: Order, sale: Sale | None, named: Sale | None) -> bool:
    """Return whether an order that bought nothing names a host that was bought during its request."""
    return sale is None and named is not None and _is_of_request(order, named)


def _is_swap(order: Order, sale: Sale | None, named: Sale | None) -> bool:
    """Return whether an order names a host of the time of its request, and bought one that is of a later time."""
    if sale is None or named is None or not _is_of_request(order, named):
        return False
    return order.answered_at is not None and datetime.fromtimestamp(sale.at, UTC) > order.answered_at + LOST


def _is_of_request(order: Order, named: Sale) -> bool:
    if order.sent_at is None:
        return False
    bought = datetime.fromtimestamp(named.at, UTC)
    return order.sent_at - BEFORE <= bought <= (order.answered_at or order.sent_at + REQUEST) + AFTER


def _origin(named: Sale | None) -> str:
    if named is None:
        return "its host was bought by nobody"
    return f"its host came of {named.request_tag[:8]} ({named.package_id}, {named.image_id}, {named.at:.3f})"


def _description(order: Order) -> str:
    assert order.quote is not None
    goods = f"{order.quote.package.id}, {order.quote.image.id}"
    sent_at = f"{order.sent_at.timestamp():.3f}" if order.sent_at else "never"
    reason = f"code {order.code}" if order.code is not None else order.summary
    return f"order {order.id[:8]} ({order.state.value}, {goods}, host {order.host_id}, sent {sent_at}, {reason})"
