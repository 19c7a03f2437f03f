"""The cost report against an independent oracle, and its bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from support.factories import a_host, a_package, a_quote, an_order

from xds_tui.domain.cost_report import BilledHost, CostReport, billed_hosts, cost_report
from xds_tui.domain.model import Billing, Host, Period, PeriodUnit, Status
from xds_tui.domain.pricing import Rate, rounded
from xds_tui.domain.records import Event, EventKind, Order, OrderAction, OrderState
from xds_tui.domain.usage import MAX_GAP, Observations

START = datetime(2026, 11, 1, tzinfo=UTC)
END = datetime(2026, 12, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
PRICE = Decimal("1.10")
RATE = Rate(PRICE, PRICE, is_known=True)
ON, OFF = Status.BILLED, Status.OFF


def change(hours: float, new: Status, old: Status = OFF, host_id: str = "h1") -> Event:
    at = START + hours * HOUR
    return Event(at=at, kind=EventKind.STATUS, host_id=host_id, host_name=host_id, old=old, new=new)


def every(step: timedelta, until: datetime = END, start: datetime = START) -> list[datetime]:
    return [start + number * step for number in range((until - start) // step + 1)]


def report(
    hosts: Sequence[Host],
    events: Sequence[Event],
    refreshes: Iterable[datetime],
    now: datetime = END,
    *,
    rates: dict[str, Rate] | None = None,
    orders: Sequence[Order] = (),
    groups: Callable[[str], Iterable[str]] | None = None,
) -> CostReport:
    observed = Observations(refreshes, events, now)
    prices = {host.id: RATE for host in hosts} if rates is None else rates
    found: Sequence[BilledHost] = billed_hosts(hosts, prices, orders, events, observed)
    return cost_report(found, (START, END), now, observed.begin, groups)


def host(status: Status = OFF, host_id: str = "h1", **fields: object) -> Host:
    return a_host(id=host_id, name=host_id, status=status, created=START - 24 * HOUR, **fields)


# Against an oracle: a ledger that charges every ten seconds


@dataclass(frozen=True)
class Schedule:
    """When a host is switched, in ticks, first on or first off."""

    was_on: bool
    switches: tuple[int, ...]
    price: int
    """Hundredths of a cent per hour."""

    def is_on(self, tick: int) -> bool:
        return self.was_on ^ (sum(at <= tick for at in self.switches) % 2 == 1)


WINDOW = 400
"""Ticks, more than an hour."""
TICK = timedelta(seconds=10)
SCHEDULES = st.lists(
    st.builds(
        Schedule,
        st.booleans(),
        st.sets(st.integers(1, WINDOW - 1), max_size=6).map(sorted).map(tuple),
        st.integers(1, 500_000),
    ),
    min_size=1,
    max_size=4,
)


def events_of(index: int, schedule: Schedule, seen_at: Callable[[int], int] = lambda tick: tick) -> list[Event]:
    """The events of the refreshes that saw the switches; those between the same two are seen together."""
    events, status = [], schedule.was_on
    for tick in sorted({seen_at(at) for at in schedule.switches}):
        new = schedule.is_on(tick)
        if new != status:
            at = START + tick * TICK
            old = ON if status else OFF
            status = new
            events.append(Event(at=at, kind=EventKind.STATUS, host_id=f"h{index}", old=old, new=ON if new else OFF))
    return events


def ledger(schedules: Sequence[Schedule]) -> Fraction:
    charged = 0
    for schedule in schedules:
        is_on = schedule.was_on
        for tick in range(WINDOW):
            is_on ^= tick in schedule.switches
            charged += schedule.price * is_on
    return Fraction(charged, 3_600_000)


def report_of(schedules: Sequence[Schedule], events: Sequence[Event], refreshes: Iterable[datetime]) -> CostReport:
    now = START + WINDOW * TICK
    hosts = [
        host(ON if schedule.is_on(WINDOW) else OFF, host_id=f"h{index}") for index, schedule in enumerate(schedules)
    ]
    prices = {f"h{index}": Decimal(schedule.price) / 10_000 for index, schedule in enumerate(schedules)}
    rates = {host_id: Rate(price, price, is_known=True) for host_id, price in prices.items()}
    return report(hosts, events, refreshes, now, rates=rates)


@given(SCHEDULES)
def test_the_report_is_the_ledger_where_every_change_was_observed(schedules: list[Schedule]) -> None:
    events = [event for index, schedule in enumerate(schedules) for event in events_of(index, schedule)]
    refreshes = [START + tick * TICK for tick in range(0, WINDOW + 1, 50)]
    cost = report_of(schedules, events, refreshes).total.cost
    assert abs(Fraction(cost.value) - ledger(schedules)) < Fraction(1, 100_000_000)


@given(SCHEDULES, st.sets(st.integers(1, WINDOW - 1), max_size=12))
def test_the_ledger_is_between_the_bounds_where_changes_were_seen_late(
    schedules: list[Schedule], refreshed: set[int]
) -> None:
    times = sorted({0, WINDOW, *refreshed})
    # A switch on and off again between two refreshes within MAX_GAP goes unseen; keep one switch in each such time.
    kept = []
    for schedule in schedules:
        slots: dict[int, int] = {}
        for at in schedule.switches:
            slots.setdefault(next(time for time in times if time >= at), at)
        kept.append(Schedule(schedule.was_on, tuple(sorted(slots.values())), schedule.price))
    events = [
        event
        for index, schedule in enumerate(kept)
        for event in events_of(index, schedule, lambda tick: next(time for time in times if time >= tick))
    ]
    cost = report_of(kept, events, [START + time * TICK for time in times]).total.cost
    margin = Fraction(1, 100_000_000)
    assert cost.low <= cost.value <= cost.high
    assert Fraction(cost.low) - margin <= ledger(kept) <= Fraction(cost.high) + margin


# Bounds


def test_a_host_that_stays_on_costs_its_price_for_every_hour() -> None:
    total = report([host(ON)], [], every(MAX_GAP)).total
    assert (total.on_time.counted, total.on_time.unobserved) == (720 * HOUR, timedelta(0))
    assert (total.cost.low, total.cost.value, total.cost.high) == (Decimal(792),) * 3


def test_a_night_without_refreshes_is_counted_as_before_and_is_uncertain() -> None:
    refreshes = [*every(MAX_GAP, START + 10 * HOUR), *every(MAX_GAP, END, START + 20 * HOUR)]
    on, off = report([host(ON, "on")], [], refreshes).total, report([host(OFF, "off")], [], refreshes).total
    assert (on.cost.low, on.cost.value, on.cost.high) == (PRICE * 710, PRICE * 720, PRICE * 720)
    assert (off.cost.low, off.cost.value, off.cost.high) == (Decimal(0), Decimal(0), PRICE * 10)


def test_a_change_happened_between_the_refresh_before_and_the_one_that_showed_it() -> None:
    events = [change(2, ON), change(4, OFF, ON)]
    total = report([host(OFF)], events, every(timedelta(minutes=15))).total
    assert [total.on_time.least, total.on_time.counted, total.on_time.most] == [1.75 * HOUR, 2 * HOUR, 2.25 * HOUR]


def test_nothing_is_counted_before_the_first_refresh_but_it_is_possible() -> None:
    total = report([host(ON)], [], every(MAX_GAP, END, START + 100 * HOUR)).total
    assert (total.on_time.least, total.on_time.most) == (620 * HOUR, 720 * HOUR)


def test_a_host_costs_nothing_before_it_was_created_and_after_it_was_deleted() -> None:
    created = START + 50 * HOUR
    seen = Event(at=created + HOUR / 4, kind=EventKind.APPEARED, host_id="new", new=ON)
    gone = Event(at=START + 30 * HOUR, kind=EventKind.GONE, host_id="gone", host_name="render-9", old=ON)
    new = a_host(id="new", status=ON, created=created)
    rows = {row.key: row for row in report([new], [seen, gone], every(timedelta(minutes=15))).rows}
    assert (rows["new"].on_time.counted, rows["new"].on_time.most) == (669.75 * HOUR, 670 * HOUR)
    assert (rows["gone"].on_time.least, rows["gone"].on_time.most) == (29.75 * HOUR, 30 * HOUR)
    assert (rows["gone"].name, rows["gone"].unpriced, rows["gone"].cost.high) == ("render-9", 1, Decimal(0))


def test_a_host_of_unknown_status_may_have_been_on() -> None:
    events = [change(10, Status.UNKNOWN, ON), change(20, OFF, Status.UNKNOWN)]
    total = report([host(OFF)], events, every(timedelta(minutes=20))).total
    assert total.on_time.counted == 10 * HOUR
    assert total.on_time.most - total.on_time.counted == 10 * HOUR


def test_a_price_that_is_not_certain_has_bounds_too() -> None:
    rates = {"h1": Rate(Decimal(1), Decimal(3))}
    cost = report([host(ON)], [], every(MAX_GAP), rates=rates).total.cost
    assert (cost.low, cost.value, cost.high) == (Decimal(720), Decimal(1440), Decimal(2160))


def test_a_host_without_a_price_is_counted_and_in_no_sum() -> None:
    total = report([host(ON), host(ON, "h2")], [], every(MAX_GAP), rates={"h1": RATE}).total
    assert (total.hosts, total.unpriced, total.cost.value) == (2, 1, Decimal(792))


# Prepaid


def prepaid(days: float, created: datetime = START - 24 * HOUR, **fields: object) -> Host:
    fields = {"status": Status.ON, "expires": created + timedelta(days=days), **fields}
    return a_host(id="p", billing=Billing.RENT, created=created, **fields)


def rented(days: int, estimate: str, at: datetime = START - 24 * HOUR) -> Order:
    quote = a_quote(
        billing=Billing.RENT,
        period=Period(PeriodUnit.DAY, days),
        hours=24 * days,
        estimate=Decimal(estimate),
        package=a_package(amount=Decimal("0.5")),
    )
    return an_order(
        action=OrderAction.CREATE, state=OrderState.CONFIRMED, host_id="p", created_at=at, sent_at=at, quote=quote
    )


def test_a_prepaid_period_is_spread_over_its_days() -> None:
    total = report([prepaid(10)], [], every(MAX_GAP), rates={}, orders=[rented(10, "100.00")]).total
    assert [rounded(cost) for cost in (total.prepaid.low, total.prepaid.value, total.prepaid.high)] == [90, 90, 90]
    assert total.on_demand.high == 0


def test_a_prepaid_host_costs_the_same_when_it_is_off_or_deleted_early() -> None:
    orders = [rented(10, "100.00")]
    total = report([prepaid(10, status=OFF)], [], every(MAX_GAP), rates={}, orders=orders).total
    assert rounded(total.prepaid.value) == 90
    gone = Event(at=START + 10 * HOUR, kind=EventKind.GONE, host_id="p", old=OFF)
    (row,) = report([], [gone], every(MAX_GAP), rates={}, orders=orders).rows
    assert (row.billing, rounded(row.prepaid.value)) == (Billing.RENT, Decimal(90))


def test_a_month_of_31_days_costs_what_was_paid_for_30() -> None:
    total = report([prepaid(31, START)], [], every(MAX_GAP), rates={}, orders=[rented(30, "310.00")]).total
    assert rounded(total.prepaid.value) == 300


def test_a_renewed_period_costs_its_hourly_price() -> None:
    rates = {"p": Rate(Decimal("0.5"), Decimal("0.5"), is_known=True)}
    total = report([prepaid(60)], [], every(MAX_GAP), rates=rates, orders=[rented(30, "310.00")]).total
    assert total.prepaid.value == 360


def test_a_prepaid_host_without_an_order_costs_what_similar_packages_do() -> None:
    rates = {"p": Rate(Decimal(1), Decimal(2))}
    cost = report([prepaid(11)], [], every(MAX_GAP), rates=rates).total.prepaid
    assert (cost.low, cost.value, cost.high) == (Decimal(240), Decimal(360), Decimal(480))
    (row,) = report([prepaid(11)], [], every(MAX_GAP), rates={}).rows
    assert (row.unpriced, row.cost.high) == (1, Decimal(0))


# Month to date, groups and forecast


def test_only_the_time_until_now_is_reported() -> None:
    result = report([host(ON)], [], every(MAX_GAP, START + 100 * HOUR), START + 100 * HOUR)
    assert (result.until, result.total.cost.value) == (START + 100 * HOUR, Decimal(110))


def test_hosts_with_several_tags_are_in_each_group_and_once_in_the_total() -> None:
    tags = {"h1": ["render", "night"], "h2": ["render"]}
    hosts = [host(ON), host(ON, "h2"), host(ON, "h3")]
    result = report(hosts, [], every(MAX_GAP), groups=lambda host_id: tags.get(host_id, ()))
    assert [(row.key, row.hosts, row.cost.value) for row in result.rows] == [
        ("render", 2, Decimal(1584)),
        ("", 1, Decimal(792)),
        ("night", 1, Decimal(792)),
    ]
    assert (result.total.hosts, result.total.cost.value) == (3, Decimal(2376))


def test_the_most_expensive_is_the_first_and_what_cost_nothing_is_left_out() -> None:
    rates = {"h1": RATE, "h2": Rate(Decimal(2), Decimal(2))}
    result = report([host(ON), host(ON, "h2"), host(OFF, "h3")], [], every(MAX_GAP), rates=rates)
    assert [row.key for row in result.rows] == ["h2", "h1"]


def test_the_forecast_continues_the_last_days_between_the_cheapest_and_the_most_expensive() -> None:
    # On from 0 to 12 o'clock each day, on the second to last day the whole day.
    events = [change(24 * day + hour, new, OFF if new is ON else ON) for day in range(10) for hour, new in DAY]
    events = [event for event in events if event.at not in (START + 204 * HOUR, START + 216 * HOUR)]
    now = START + 240 * HOUR
    result = report([host(OFF)], events, every(timedelta(minutes=1), now), now)
    assert result.forecast is not None
    rest = [getattr(result.forecast, bound) - result.total.cost.value for bound in ("low", "value", "high")]
    half, whole = 12 * PRICE, 24 * PRICE
    expected = [20 * half, 20 * (6 * half + whole) / 7, 20 * whole]
    assert all(abs(found - wanted) < 1 for found, wanted in zip(rest, expected, strict=True)), (rest, expected)


DAY = ((0, ON), (12, OFF))


def test_what_is_on_now_is_the_upper_bound_of_the_forecast() -> None:
    now = START + 240 * HOUR
    result = report([host(ON)], [change(240, ON)], every(MAX_GAP, now), now)
    assert result.forecast is not None
    assert result.forecast.value == result.total.cost.value == 0
    assert result.forecast.high == result.total.cost.high + PRICE * 480


def test_the_forecast_has_prepaid_periods_to_their_ends_and_no_renewals() -> None:
    now = START + 24 * HOUR
    result = report([prepaid(11)], [], every(MAX_GAP, now), now, rates={}, orders=[rented(11, "110.00")])
    assert result.forecast is not None
    assert [rounded(cost) for cost in (result.total.cost.value, result.forecast.value)] == [10, 100]


def test_a_month_that_has_ended_has_no_forecast() -> None:
    assert report([host(ON)], [], every(MAX_GAP), END).forecast is None
