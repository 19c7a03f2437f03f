from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from support.factories import NOON, a_host, a_snapshot

from xds_tui.domain.model import Host, Status
from xds_tui.domain.records import EventKind
from xds_tui.domain.snapshot_diff import changes

LATER = NOON + timedelta(seconds=15)

fleets = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(Status)).map(
    lambda fleet: [a_host(id=id_, name=id_.upper(), status=status) for id_, status in fleet.items()]
)


def test_nothing_happened_before_anything_was_known() -> None:
    assert changes(None, a_snapshot(a_host())) == ()


def test_each_change_is_one_event_with_its_host() -> None:
    old = a_snapshot(a_host(id="a", name="A", status=Status.OFF), a_host(id="b", name="B"))
    new = a_snapshot(a_host(id="a", name="A", status=Status.STARTING), a_host(id="c", name="C"), at=LATER)
    events = changes(old, new)
    assert [(event.kind, event.host_id, event.host_name, event.own) for event in events] == [
        (EventKind.STATUS, "a", "A", False),
        (EventKind.APPEARED, "c", "C", False),
        (EventKind.GONE, "b", "B", False),
    ]
    assert (events[0].old, events[0].new) == (Status.OFF, Status.STARTING)
    assert {event.at for event in events} == {LATER}


@given(fleets, fleets)
def test_the_events_lead_from_the_old_fleet_to_the_new(old: list[Host], new: list[Host]) -> None:
    fleet = {host.id: host.status for host in old}
    for event in changes(a_snapshot(*old), a_snapshot(*new)):
        assert event.host_id is not None
        if event.kind is EventKind.GONE:
            del fleet[event.host_id]
        else:
            assert event.new is not None
            assert fleet.get(event.host_id) == event.old
            fleet[event.host_id] = event.new
    assert _seen(fleet) == _seen({host.id: host.status for host in new})


def _seen(fleet: dict[str, Status]) -> dict[str, Status]:
    """Return the statuses without the difference between on and billed, which is no event."""
    return {host_id: Status.ON if status.is_on else status for host_id, status in fleet.items()}
