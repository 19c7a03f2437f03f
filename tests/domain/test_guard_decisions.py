"""What the guard announces, sends, puts off and leaves alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.factories import a_host

from xds_tui.domain.annotations import Annotation
from xds_tui.domain.guard import Decision, GuardRecord, Postponement, decide, postpone, retry_at
from xds_tui.domain.model import Host, Status
from xds_tui.domain.records import OrderAction, RuleStep
from xds_tui.domain.rule_planner import Lease, PlannedAction, Rule, plan
from xds_tui.domain.work_hours import WorkHours, parse_shifts

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
STARTED = datetime(2026, 11, 23, 1, tzinfo=UTC)
"""A Monday, 09:00 in Shanghai."""
LEASE = Rule("lease", "tag:gpu", lease=Lease(stop_after=6 * HOUR), acts=True)
END = STARTED + 6 * HOUR
SHIFTS = WorkHours(parse_shifts("mon-fri 09:00-19:00"), ZoneInfo("Asia/Shanghai"))
OFFICE = Rule("office", "tag:gpu", hours=SHIFTS, starts=True, acts=True)
EVENING = STARTED + 10 * HOUR


def host(status: Status = Status.ON, *, is_protected: bool = False, host_id: str = "h1") -> Host:
    return a_host(id=host_id, status=status, annotation=Annotation(tags=("gpu",), is_marked=is_protected))


def planned(now: datetime, rule: Rule = LEASE, since: datetime = STARTED, *hosts: Host) -> tuple[PlannedAction, ...]:
    hosts = hosts or (host(),)
    return plan(now, [rule], hosts, {each.id: since for each in hosts}, {})


def decided(
    now: datetime, rule: Rule = LEASE, *postponements: Postponement, since: datetime = STARTED, on: Host | None = None
) -> Decision:
    return decide(now, planned(now, rule, since, on or host()), postponements)


def steps(decision: Decision) -> list[RuleStep]:
    return [notice.step for notice in decision.notices]


def test_a_stop_is_announced_three_times_and_then_sent_once_it_is_due() -> None:
    known: set[str] = set()
    announced, stops = [], []
    for seconds in range(0, 7 * 3600, 15):
        now = STARTED + timedelta(seconds=seconds)
        decision = decided(now)
        for notice in decision.notices:
            if notice.keys[0] not in known:
                announced.append(notice.due - now)
            known.update(notice.keys)
        stops += [now for _action in decision.actions]
    assert announced == [30 * MINUTE, 10 * MINUTE, MINUTE]
    assert stops[0] == END


def test_a_program_that_starts_late_announces_only_the_next_minutes() -> None:
    (notice,) = decided(END - 5 * MINUTE).notices
    assert (notice.step, len(notice.keys)) == (RuleStep.UPCOMING, 2)
    (last,) = decided(END - MINUTE / 2).notices
    assert last.keys[1:] == notice.keys
    assert decided(END - 31 * MINUTE).notices == ()


def test_a_rule_that_does_not_act_only_notifies_when_it_is_time() -> None:
    rule = Rule("lease", "tag:gpu", lease=LEASE.lease)
    assert decided(END - MINUTE, rule) == Decision((), ())
    decision = decided(END, rule)
    assert (steps(decision), decision.actions) == ([RuleStep.DUE], ())


def test_a_protected_host_is_left_alone_without_a_word() -> None:
    for now in (END - MINUTE, END, END + 9 * HOUR):
        assert decided(now, on=host(is_protected=True)) == Decision((), ())


def test_starts_are_sent_without_an_announcement() -> None:
    before = STARTED - MINUTE / 2
    assert decided(before, OFFICE, since=before - HOUR, on=host(Status.OFF)) == Decision((), ())
    (start,) = decided(STARTED, OFFICE, since=before, on=host(Status.OFF)).actions
    assert (start.action, start.rule) == (OrderAction.POWER_ON, "office")


def test_two_rules_stop_a_host_with_one_order() -> None:
    now = EVENING + MINUTE
    both = plan(now, [LEASE, OFFICE], [host()], {"h1": STARTED}, {})
    assert [action.rule for action in decide(now, both, ()).actions] == ["lease"]


def test_a_time_that_was_missed_is_reported_and_not_made_up_for() -> None:
    decision = decided(EVENING + 61 * MINUTE, OFFICE)
    assert (steps(decision), decision.actions) == ([RuleStep.MISSED], ())
    assert decided(EVENING + 60 * MINUTE, OFFICE).actions


# Putting off and skipping


@pytest.mark.parametrize(("rule", "end"), [(LEASE, END), (OFFICE, EVENING)])
def test_a_stop_that_was_put_off_is_announced_and_sent_later(rule: Rule, end: datetime) -> None:
    delay = Postponement(rule.name, "h1", end, end + 2 * HOUR)
    assert decided(end, rule, delay) == Decision((), ())
    assert steps(decided(end + 111 * MINUTE, rule, delay)) == [RuleStep.UPCOMING]
    assert decided(end + 2 * HOUR, rule, delay).actions
    assert decided(end + 2 * HOUR, rule, delay, Postponement(rule.name, "h1", end, end + 3 * HOUR)) == Decision((), ())


def test_a_stop_that_was_put_off_is_caught_up_with_like_any_other() -> None:
    delay = Postponement("office", "h1", EVENING, EVENING + 2 * HOUR)
    assert decided(EVENING + 3 * HOUR, OFFICE, delay).actions
    assert steps(decided(EVENING + 3 * HOUR + MINUTE, OFFICE, delay)) == [RuleStep.MISSED]


def test_a_delay_is_for_one_rule_and_host() -> None:
    for other in (Postponement("other", "h1", END, END + HOUR), Postponement("lease", "h2", END, END + HOUR)):
        assert decided(END, LEASE, other).actions


def test_skipping_is_for_one_time() -> None:
    skip = Postponement("office", "h1", EVENING, None)
    assert decided(EVENING, OFFICE, skip) == Decision((), ())
    tomorrow = EVENING + 24 * HOUR
    assert decided(tomorrow, OFFICE, skip, since=STARTED).actions
    ended = Postponement("lease", "h1", END, None)
    assert decided(END + 9 * HOUR, LEASE, ended) == Decision((), ())
    assert decided(END + 6 * HOUR, LEASE, ended, since=END).actions  # it was started again


@pytest.mark.parametrize("target", ["lease", "h1", "office-1"])
def test_a_rule_or_host_is_put_off_from_its_time_or_from_now(target: str) -> None:
    for now, begin in ((END - HOUR, END), (END + HOUR, END + HOUR)):
        (delay,) = postpone(now, planned(now), (), target, HOUR)
        assert delay == Postponement("lease", "h1", END, begin + HOUR)
        (again,) = postpone(now, planned(now), (delay,), target, HOUR)
        assert again.until == begin + 2 * HOUR
    assert postpone(END, planned(END), (), target, None) == (Postponement("lease", "h1", END, None),)


def test_only_the_next_kind_of_action_is_put_off() -> None:
    """At the end of the hours, the hosts that are off already are still started in the morning."""
    now = EVENING + 30 * MINUTE
    on, off = host(), host(Status.OFF, host_id="h2")
    actions = plan(now, [OFFICE], [on, off], {"h1": STARTED, "h2": EVENING}, {})
    assert [each.host_id for each in postpone(now, actions, (), "office", HOUR)] == ["h1"]
    assert [each.host_id for each in postpone(now, actions, (), "h2", None)] == ["h2"]


def test_nothing_is_put_off_that_is_not_going_to_happen() -> None:
    assert postpone(END, planned(END), (), "other", HOUR) == ()
    assert postpone(END, planned(END, LEASE, STARTED, host(is_protected=True)), (), "lease", HOUR) == ()
    late = EVENING + 2 * HOUR
    assert postpone(late, planned(late, OFFICE), (), "office", HOUR) == ()
    skip = Postponement("lease", "h1", END, None)
    assert postpone(END, planned(END), (skip,), "lease", HOUR) == ()


# The episode of an action


@given(st.integers(60, 10**6), st.integers(-30, 30), st.integers(0, 10**6))
def test_two_observers_of_one_start_agree_on_which_orders_were_for_it(length: int, shift: int, late: int) -> None:
    """An order for a lease counts for the other observer, too; one of the lease before does for none."""
    rule = Rule("lease", "tag:gpu", lease=Lease(stop_after=timedelta(seconds=length)), acts=True)
    for since in (STARTED, STARTED + timedelta(seconds=min(shift, length // 2 - 1))):
        now = STARTED + timedelta(seconds=length + 60 + late)
        (action,) = planned(now, rule, since)
        assert action.begins is not None
        assert action.begins <= STARTED + timedelta(seconds=length)
        assert action.begins > STARTED + timedelta(seconds=min(shift, 0))


# Attempts and heartbeats


def test_an_order_that_did_nothing_is_repeated_at_once_and_then_ever_more_rarely() -> None:
    times = [END + n * HOUR for n in range(12)]
    waits = [None if (at := retry_at(times[:n])) is None else at - times[n - 1] for n in range(12)]
    assert waits[:7] == [None, None, None, MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE]
    assert waits[-1] == 30 * MINUTE


def test_a_guard_works_while_its_heartbeat_is_younger_than_two_intervals() -> None:
    record = GuardRecord("a", "watch", "build-1", STARTED, STARTED, 15)
    assert record.is_working(STARTED + timedelta(seconds=30))
    assert not record.is_working(STARTED + timedelta(seconds=31))
    assert not record.is_working(STARTED - HOUR)  # the clock was set back
    quick = GuardRecord("a", "watch", "build-1", STARTED, STARTED, 1)
    assert quick.is_working(STARTED + timedelta(seconds=20))
