"""The verdict: what the users asked for, what the journals say and what the service sold, held against each other.

Every create carries the ID of its order, and the service's ledger keeps it. So it is known which order bought which
host, however much the program has to guess it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Final

from tests.simulator_faults.other_user import TAG
from xds_tui.domain.open_creates import UNANSWERED_WINDOW
from xds_tui.domain.records import Order, OrderState
from xds_tui.simulator.world import Sale

from .records import Record
from .request import Asked

BEFORE: Final = timedelta(seconds=1.5)
AFTER: Final = timedelta(seconds=5)
"""So shortly before a request was sent, and after it ended, somebody else's host cannot be told from one of its own:
creation times are in whole seconds, and clocks half a second apart."""

REQUEST: Final = timedelta(milliseconds=UNANSWERED_WINDOW)
"""A request is taken to have been carried out so soon after it was sent, where a kill kept its end from being seen."""


@dataclass
class Verdict:
    """Counts of hosts and orders; the problems in words are of those that must be 0."""

    asked: int = 0
    left: int = 0
    """Orders that were written as sent."""
    received: int = 0
    """Create requests that came to the line."""
    sold: int = 0
    """To our machines."""
    sold_to_others: int = 0

    # What became of the orders

    not_begun: int = 0
    """Killed before anything of them was written: not in the journal."""
    not_sent: int = 0
    refused: int = 0
    refused_sold: int = 0
    """Of the refused: those that bought a host all the same, and for which a host was pointed out to the user."""
    questions: int = 0
    """Purchases of which the program said that an earlier order may have made them."""
    declined: int = 0
    """Of these: not confirmed."""
    accepted: int = 0
    """The host was not recognised."""
    unknown: int = 0
    unknown_sold: int = 0
    """Of the unknown: those that bought a host."""
    settled: int = 0

    # How hosts were attributed

    right: int = 0
    """Settled with the host that came of the order."""
    exchanged: int = 0
    """Settled with the host of another order of the same machine for the same goods, and bought one, too."""
    coincidences: int = 0
    """Unknown, bought nothing, and settled with a host that somebody else bought while the request was under way."""
    may_be: int = 0
    """Without a host, with one that may be theirs."""
    may_be_right: int = 0

    # What must not be

    repeated: int = 0
    """Orders that left though an earlier one had bought the same, nobody knew that, and nobody confirmed it."""
    doubled: int = 0
    """Orders that bought more than one host, and requests without an order or sent again."""
    denied: int = 0
    """Orders that bought a host, and are reported to have bought nothing."""
    confirmed_for_nothing: int = 0
    """Orders that are reported to have bought a host, and bought none."""
    wrong: int = 0
    """Orders that name a host that came of something else."""
    shared: int = 0
    """Hosts that more than one order names, other than by coincidence."""
    unfinished: int = 0
    """Orders left as intended or as sent."""
    unasked: int = 0
    """Orders that nobody asked for."""
    problems: list[str] = field(default_factory=list)

    @property
    def faults(self) -> int:
        """How much of what must not be there is."""
        purchases = self.repeated + self.doubled + self.denied + self.unfinished + self.unasked
        return purchases + self.confirmed_for_nothing + self.wrong + self.shared

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong, and every host asked for and every host sold is accounted for."""
        accounted = self.settled + self.accepted + self.refused + self.not_sent + self.not_begun + self.unknown
        return self.faults == 0 and self.asked == accounted

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


def judge(records: Sequence[Record], ledger: Sequence[Sale]) -> Verdict:
    """Hold the records of all machines of an account against its ledger."""
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
    """One entry a purchase: the last line of it, which names its orders if the program took it."""
    return list({one.number: one for one in asked}.values())


def _sales_by_order(verdict: Verdict, ledger: Sequence[Sale], orders: Mapping[str, Order]) -> dict[str, Sale]:
    """The sale of each order, by the order's ID; sales of no order of ours, and second ones, are counted as doubled."""
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
    """Whether what is reported of an order agrees with whether it bought a host."""
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
    """Whether the user was asked before something was bought that an earlier order may have bought."""
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
    """Whether an order left when an earlier one had ended and bought the same, and its host was not recognised yet."""
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
    """Whether the host that an order names, or that may be its, came of it; `own`: the orders of its machine."""
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
    elif sale is None:
        verdict.confirmed_for_nothing += 1
        verdict.problems.append(f"{_description(order)} bought nothing; {_origin(named)}")
    else:
        verdict.wrong += 1
        verdict.problems.append(f"{_description(order)} bought {sale.host_id}; {_origin(named)}")


def _is_alike(one: Sale, other: Sale) -> bool:
    """Whether the same was bought, so that it makes no difference which host is whose."""
    return (one.package_id, one.image_id, one.period) == (other.package_id, other.image_id, other.period)


def _is_coincidence(order: Order, sale: Sale | None, named: Sale | None) -> bool:
    """Whether an order that bought nothing names a host that was bought while its request was under way."""
    if sale is not None or named is None or order.sent_at is None:
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
