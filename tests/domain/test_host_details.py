"""What only `one/{id}` tells of a host is kept until it is contradicted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.factories import NOON, a_host

from xds_tui.domain.credentials import Secret
from xds_tui.domain.host_details import keep_details
from xds_tui.domain.model import Status

KNOWN = a_host(mac="02:00:00:00:00:01", ipv4="10.0.0.7", password=Secret("pw"))


def test_missing_details_are_kept_and_an_equal_host_is_the_same_object() -> None:
    assert keep_details(a_host(account=None), KNOWN) is KNOWN


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
