"""The best match of creates with an unknown host to new hosts; `reconcile` has the theory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from xds_tui.domain.assignment import assign
from xds_tui.domain.create_evidence import (
    ACCEPTED_WEIGHT,
    Birth,
    Request,
    birth_fits,
    evidence_of_past,
    find_decidable,
    find_fitting,
    read_clock,
)
from xds_tui.domain.creation_times import SMALL_SKEW, Evidence, Range, offsets_of, overlap
from xds_tui.domain.host_fit import (
    ACCEPTED_WINDOW,
    LATEST_GAP,
    LISTING_DELAY,
    LISTING_GRACE,
    USUAL_LISTING_DELAY,
    Distance,
    count_mismatches,
)
from xds_tui.domain.model import Host
from xds_tui.domain.records import Candidate, Doubt, OrderState

_SMALL_OFFSET: Final = Range(-SMALL_SKEW, SMALL_SKEW)

_RANK: Final = 1
_LAG: Final = 10**13
_GAP: Final = _LAG * 10**19
_DIRECT: Final = _GAP * 10**12
_ACCEPTED: Final = _DIRECT * 10**5
"""The criteria of the assignment as one number: each outweighs the sum of all below it, for thousands of orders."""


class Matching:
    """The assignment of one listing: requests are rows, hosts are columns, both oldest first."""

    def __init__(
        self,
        requests: Sequence[Request],
        births: Sequence[Birth],
        past: Sequence[Request],
        hosts: Mapping[str, Host],
        now: int,
        listing_grace: int = LISTING_GRACE,
    ) -> None:
        """Match the requests.

        Args:
            requests: the creates with an unknown host.
            births: the hosts that may be theirs.
            past: all creates that are known: what came of them tells the clock offset.
            hosts: all hosts of the listing, by ID.
            now: when the listing began (ms since the epoch): a host that was listed by then is among them.
            listing_grace: how long a new host may be missing from the list before that means anything (ms).
        """
        self._requests = requests
        self._births = births
        self._now = now
        self._decidable = find_decidable(requests, now - listing_grace)
        self._fits = find_fitting(requests, births)
        self._rejected = [request for request in past if request.order.state is OrderState.REJECTED]
        self._offset, self._skew = read_clock(self._find_evidence(past, hosts))
        self._distances = [
            {column: self._distance(request, births[column]) for column in fitting}
            for request, fitting in zip(requests, self._fits, strict=True)
        ]
        self._usable = [
            {column: distance for column, distance in row.items() if self._is_usable(request, distance)}
            for request, row in zip(requests, self._distances, strict=True)
        ]
        self._column_of = self._put_in_sequence(self._assign(self._usable))
        self._explained = self._find_explained()
        self._dispensable = self._find_dispensable()
        self._movable = self._find_movable()

    def _find_explained(self) -> set[int]:
        pairs = ((row, column) for row, column in enumerate(self._column_of) if column is not None)
        return {column for row, column in pairs if self._distances[row][column].is_during_request}

    @property
    def pending_hosts(self) -> frozenset[str]:
        """The IDs of the hosts that may belong to an order whose own host may not be listed yet."""
        return frozenset(
            self._births[column].host.id
            for request, distances in zip(self._requests, self._distances, strict=True)
            if not self._is_decidable(request)
            for column, distance in distances.items()
            if distance.gap <= SMALL_SKEW
        )

    @property
    def rejected_hosts(self) -> frozenset[str]:
        """The IDs of the hosts that came into being during a create that was rejected."""
        births = (each for each in self._births if birth_fits(each, self._rejected, self._offset, even_proven=True))
        return frozenset(birth.host.id for birth in births)

    def decide(self) -> tuple[dict[str, str], dict[str, Candidate]]:
        """Return the hosts that orders are confirmed by, and those that may be an order's, by order ID."""
        doubts: dict[int, Doubt | None] = {}  # None: not to be decided yet
        found: dict[int, int] = {}
        for row, column in enumerate(self._column_of):
            if column is None:
                continue
            if self._is_to_wait(row, column):
                doubts[row] = None
            elif doubt := self._doubt(row, column):
                doubts[row] = doubt
            else:
                found[row] = column
        candidates = self._candidates(found, doubts)
        return (
            {self._requests[row].order.id: self._births[column].host.id for row, column in found.items()},
            {self._requests[row].order.id: candidate for row, candidate in candidates},
        )

    # How far a host is from an order

    def _distance(self, request: Request, birth: Birth) -> Distance:
        mismatches = count_mismatches(birth.host, request.quote.package)
        if birth.time is None:
            return Distance(True, mismatches, ACCEPTED_WINDOW, is_early=False)
        late = birth.time.low - self._offset.high - request.time.high
        early = request.time.low - (birth.time.high - self._offset.low)
        gap = max(late, early, 0)
        is_after = birth.time.low - self._offset.high > request.sent.high
        return Distance(gap > 0, mismatches, gap, is_early=early > 0, is_after_response=is_after)

    def _is_usable(self, request: Request, distance: Distance) -> bool:
        """Whether the host can be confirmed as the order's without asking, if nothing else explains it."""
        if not distance.gap:
            return True
        waited = self._now - request.time.high
        is_slight = distance.gap <= SMALL_SKEW and waited >= USUAL_LISTING_DELAY
        return request.is_accepted and (is_slight or (distance.is_acceptable and waited >= LISTING_DELAY))

    def _is_decidable(self, request: Request) -> bool:
        """Whether the order's own host had time to be listed: before, only hosts of others may be there."""
        return request in self._decidable

    def _is_young(self, request: Request) -> bool:
        """Whether the order's own host may still be missing from the list."""
        return self._now - request.time.high < LISTING_DELAY

    def _find_evidence(self, past: Sequence[Request], hosts: Mapping[str, Host]) -> Sequence[Evidence]:
        """Return what tells the clock offset: the hosts of orders that have one, and what fits those that have none."""
        evidence = [*evidence_of_past(past, hosts, self._now)]
        is_late = any(request.is_accepted and not self._is_young(request) for request in self._requests) and all(
            self._is_decidable(request) or not request.has_known_end for request in self._requests
        )
        for row, request in enumerate(self._requests):
            if not (request.has_known_end and self._is_decidable(request)):
                continue
            times = [time for column in self._fits[row] if (time := self._births[column].time) is not None]
            ranges = [offsets_of(request.sent, time.low, time.high + 1 - time.low) for time in times]
            if not is_late:
                # An older host may be somebody else's: the clock is not blamed before our own had time to be listed.
                ranges = [part for each in ranges if (part := overlap(each, _SMALL_OFFSET)) is not None]
            if ranges:
                evidence.append(Evidence(ranges, ACCEPTED_WEIGHT if request.is_accepted else 1))
        return evidence

    # The assignment

    def _assign(self, distances: Sequence[Mapping[int, Distance]], longest: int = 0) -> list[int | None]:
        """Return the host of each order; an unknown order rather has none than one with a gap of over `longest` ms."""
        costs = [
            {column: self._cost(row, column, distance) for column, distance in each.items()}
            for row, each in enumerate(distances)
        ]
        nothing = _DIRECT + _GAP * longest
        return assign(costs, [_ACCEPTED if request.is_accepted else nothing for request in self._requests])

    def _put_in_sequence(self, column_of: Sequence[int | None]) -> list[int | None]:
        """Exchange hosts between orders for the same, so that the host of a request that ended first is the older."""
        result = list(column_of)
        by_kind: dict[tuple[object, ...], list[int]] = {}
        for row, column in enumerate(result):
            if column is not None:
                by_kind.setdefault(self._requests[row].kind, []).append(row)
        for rows in by_kind.values():
            pairs = list(pairwise(rows))
            while exchangeable := [pair for pair in pairs if self._is_exchangeable(result, *pair)]:
                first, second = exchangeable[0]
                result[first], result[second] = result[second], result[first]
        return result

    def _is_exchangeable(self, column_of: Sequence[int | None], first: int, second: int) -> bool:
        return (
            self._is_crossed(column_of, first, second)
            and column_of[second] in self._usable[first]
            and column_of[first] in self._usable[second]
        )

    def _is_crossed(self, column_of: Sequence[int | None], row: int, other: int) -> bool:
        """Whether one order ended before the other was sent, and its host is the younger of their two."""
        first, second = sorted((row, other))
        one, two = column_of[first], column_of[second]
        if one is None or two is None or one < two or self._births[one].time == self._births[two].time:
            return False
        return self._requests[first].sent.high <= self._requests[second].sent.low

    def _cost(self, row: int, column: int, distance: Distance) -> int:
        return (
            _DIRECT * distance.is_indirect
            + _GAP * distance.weight
            + _LAG * self._lag(row, column) ** 2
            + _RANK * (row - column) ** 2
        )

    def _lag(self, row: int, column: int) -> int:
        """Return the milliseconds from sending to the middle of when the host came into being."""
        time = self._births[column].time
        return LATEST_GAP if time is None else time.middle - self._offset.middle - self._requests[row].time.low

    # What stands against a match

    def _is_to_wait(self, row: int, column: int) -> bool:
        """Whether the host may turn out to be another order's once that order's own host, or this one's, is listed."""
        request, own = self._requests[row], self._distances[row][column]
        if not self._is_decidable(request):
            return True
        for rival, distance in self._rivals(row, column):
            other = self._requests[rival]
            if other.is_accepted and (self._is_young(other) or not request.is_accepted):
                # That the other order has no host speaks against the estimate of the clock offset.
                if distance.is_acceptable and (own.is_indirect or not distance.is_early or distance.gap <= SMALL_SKEW):
                    return True
            elif request.is_accepted and self._is_young(request) and self._is_as_good(distance, own):
                is_nearer = abs(self._lag(rival, column)) <= abs(self._lag(row, column))
                if other.kind != request.kind or is_nearer:
                    return True
        return False

    def _doubt(self, row: int, column: int) -> Doubt | None:
        """Return what else explains the match, or None."""
        request, own = self._requests[row], self._distances[row][column]
        if row in self._movable or any(
            other != column and other not in self._explained and self._is_as_good(distance, own)
            for other, distance in self._distances[row].items()
        ):
            return Doubt.OTHER_HOST
        if own.is_after_response and not request.is_accepted:
            if any(distance.is_during_request for distance in self._usable[row].values()):
                return Doubt.OTHER_HOST
            if any(column in usable and usable[column].is_during_request for usable in self._usable):
                return Doubt.OTHER_ORDER
            if birth_fits(self._births[column], self._rejected, self._offset, even_proven=True):
                return Doubt.OTHER_ORDER
        is_killed = not request.is_accepted and not request.has_known_end
        if is_killed and birth_fits(self._births[column], self._rejected, self._offset, even_proven=True):
            return Doubt.OTHER_ORDER
        is_rivalled = not request.is_accepted and (
            any(self._is_as_good(distance, own) for _rival, distance in self._rivals(row, column))
            or row in self._dispensable
        )
        is_rivalled |= not request.is_accepted and (
            birth_fits(self._births[column], self._rejected, self._offset)
            or any(column in self._usable[other] for other in self._movable)
        )
        if is_rivalled or any(self._can_swap(row, other) for other in range(len(self._requests))):
            return Doubt.OTHER_ORDER
        return None

    def _is_as_good(self, other: Distance, own: Distance) -> bool:
        """Whether another match is as good as one, as far as the clocks are known."""
        if own.gap > SMALL_SKEW:
            return other.is_acceptable  # the clock must be wrong or the queue long, and nobody knows how much
        return other.weight <= own.weight + self._skew

    def _find_dispensable(self) -> set[int]:
        """Return the orders without which as many hosts are DIRECT: others may have bought just those hosts.

        An order without a DIRECT host can take one from another order, which can take one from a third, and so on.
        """
        row_of = {column: row for row, column in enumerate(self._column_of) if self._is_direct(row, column)}
        waiting = [row for row, column in enumerate(self._column_of) if not self._is_direct(row, column)]
        found: set[int] = set()
        while waiting:
            row = waiting.pop()
            for column in self._usable[row]:
                other = row_of.get(column)
                if other is not None and other not in found and self._is_direct(row, column):
                    found.add(other)
                    waiting.append(other)
        return found

    def _find_movable(self) -> set[int]:
        """Return the orders that could have another host, if those that have that host had another one, and so on.

        The last in such a row has a host that no order is matched to, or that of an unknown order, which may have come
        to nothing; the latter only if it is from before the response: two coincidences at once are not assumed.
        """
        lost = [row for row, request in enumerate(self._requests) if not request.is_accepted]
        uncertain = self._explained.intersection(self._column_of[row] for row in lost)
        possible: dict[int, list[int]] = {}
        likely: dict[int, list[int]] = {}
        for row, distances in enumerate(self._distances):
            for column in (column for column, distance in distances.items() if distance.gap <= self._skew):
                possible.setdefault(column, []).append(row)
                if column not in uncertain or distances[column].is_during_request:
                    likely.setdefault(column, []).append(row)
        return self._move_on(possible.keys() - self._explained, possible) | self._move_on(uncertain, likely)

    def _move_on(self, free: Iterable[int], rows_of: Mapping[int, Sequence[int]]) -> set[int]:
        """Return the orders that could have one of the `free` hosts, or one that such an order would leave."""
        waiting, found = list(free), set[int]()
        while waiting:
            column = waiting.pop()
            for row in rows_of.get(column, ()):
                own = self._column_of[row]
                if own is not None and own != column and row not in found:
                    found.add(row)
                    waiting.append(own)
        return found

    def _is_direct(self, row: int, column: int | None) -> bool:
        return column is not None and not self._distances[row][column].is_indirect

    def _rivals(self, row: int, column: int) -> Iterator[tuple[int, Distance]]:
        """Yield the other orders that the host fits and that have none, with how far it is from them."""
        for other, distances in enumerate(self._distances):
            if other != row and self._column_of[other] is None and column in distances:
                yield other, distances[column]

    def _can_swap(self, row: int, other: int) -> bool:
        """Whether two orders may just as well have each other's hosts, and that makes a difference."""
        one, two = self._column_of[row], self._column_of[other]
        first, second = self._requests[row], self._requests[other]
        if one is None or two is None or row == other:
            return False
        if self._is_crossed(self._column_of, row, other):
            return True
        if first.kind == second.kind:
            return False
        mine, theirs = self._distances[row], self._distances[other]
        if two not in mine or one not in theirs:
            return False
        times = self._births[one].time, self._births[two].time
        is_ordered = first.sent.high <= second.sent.low or second.sent.high <= first.sent.low
        if is_ordered and None not in times and times[0] != times[1]:
            return False  # one request ended before the other began, and the hosts came in that sequence
        return self._is_as_good(mine[two], mine[one]) and self._is_as_good(theirs[one], theirs[two])

    # What is left to the user

    def _candidates(
        self, found: Mapping[int, int], doubts: Mapping[int, Doubt | None]
    ) -> Iterator[tuple[int, Candidate]]:
        """Match what is left as far as it is possible at all, and say what stands against each match."""
        undecided = {row: self._column_of[row] for row in doubts}
        for row, doubt in doubts.items():
            column = undecided[row]
            if doubt is not None and column is not None:
                yield row, self._candidate(column, doubt)
        gone = {*found.values(), *undecided.values(), *self._alternatives(undecided)}
        left = [
            {}
            if row in found or row in doubts
            else {column: each for column, each in distances.items() if column not in gone and each.is_possible}
            for row, distances in enumerate(self._distances)
        ]
        for row, column in enumerate(self._assign(left, LATEST_GAP)):
            request = self._requests[row]
            if column is None or not self._is_decidable(request):
                continue
            if not (request.is_accepted and self._is_young(request)):
                yield row, self._candidate(column, self._doubt_of_time(row, column))

    def _alternatives(self, undecided: Mapping[int, int | None]) -> set[int]:
        """Return the hosts that are as good for an undecided order as the one that is offered for it."""
        return {
            other
            for row, column in undecided.items()
            if column is not None
            for other, distance in self._distances[row].items()
            if self._is_as_good(distance, self._distances[row][column])
        }

    def _candidate(self, column: int, doubt: Doubt) -> Candidate:
        host = self._births[column].host
        return Candidate(host.id, host.name, doubt, host.created)

    def _doubt_of_time(self, row: int, column: int) -> Doubt:
        if self._births[column].time is None:
            return Doubt.NO_TIME
        distance = self._distances[row][column]
        if distance.is_early:
            return Doubt.EARLIER
        return Doubt.LATER if distance.gap else Doubt.OTHER_ORDER
