"""What only `one/{id}` tells of a host is kept until it is contradicted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.factories import NOON, a_host, a_snapshot

from xds_tui.domain.credentials import Secret
from xds_tui.domain.model import Host, Status
from xds_tui.domain.records import EventKind
from xds_tui.domain.snapshot_diff import changes, keep_details

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


KNOWN = a_host(mac="02:00:00:00:00:01", ipv4="10.0.0.7", password=Secret("pw"))


def test_missing_details_are_kept_and_an_equal_host_is_the_same_object() -> None:
    assert keep_details(a_host(account=None), KNOWN) is KNOWN


def test_a_host_without_details_to_keep_is_not_copied() -> None:
    plain = a_host(account=None, password=None, mac=None, ipv4=None)
    changed = replace(plain, name="renamed")
    assert keep_details(changed, plain) is changed


def test_other_changes_are_taken_over() -> None:
    host = keep_details(a_host(status=Status.OFF), KNOWN)
    assert (host.status, host.mac, host.ipv4, host.password) == (Status.OFF, KNOWN.mac, KNOWN.ipv4, KNOWN.password)


def test_returned_details_replace_known_ones() -> None:
    host = keep_details(a_host(mac="02:00:00:00:00:02", ipv4="10.0.0.8", password=Secret("new")), KNOWN)
    assert (host.mac, host.ipv4, host.password) == ("02:00:00:00:00:02", "10.0.0.8", Secret("new"))


def test_an_unreadable_value_replaces_a_known_one() -> None:
    assert keep_details(a_host(raw={"mac": "[1]"}), KNOWN).mac is None


@pytest.mark.parametrize(
    "moved", [{"address": "other.example"}, {"port": 1}, {"created": NOON + timedelta(days=1)}], ids=str
)
def test_a_host_at_another_address_loses_known_details(moved: dict[str, object]) -> None:
    host = keep_details(a_host(**moved), KNOWN)
    assert (host.mac, host.ipv4, host.password) == (None, None, None)


@pytest.mark.parametrize("gap", [{"address": None}, {"port": None}, {"created": None}])
def test_a_missing_address_keeps_known_details(gap: dict[str, object]) -> None:
    assert keep_details(a_host(**gap), KNOWN).mac == KNOWN.mac


def test_a_lost_address_drops_the_login_that_the_list_does_not_confirm() -> None:
    unreachable = keep_details(a_host(address=None, port=None, account=None), KNOWN)
    assert unreachable.password is None
    assert unreachable.account is None
