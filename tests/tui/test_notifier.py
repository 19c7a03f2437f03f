from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.factories import NOON, a_host, a_snapshot

from xds_tui.config.schema import AlertSettings, NotificationMode
from xds_tui.domain.annotations import Annotation
from xds_tui.domain.model import Status
from xds_tui.domain.records import Event, EventKind
from xds_tui.fleet.state import FleetState
from xds_tui.tui.notifier import Notifier

SNAPSHOT = a_snapshot(a_host(id="a", status=Status.ON), a_host(id="b", status=Status.OFF))


def a_stop(name: str = "office-1", seconds: int = 0, **fields: Any) -> Event:
    event: dict[str, Any] = {
        "kind": EventKind.STATUS,
        "host_name": name,
        "old": Status.ON,
        "new": Status.OFF,
        "alert": True,
    }
    return Event(at=NOON + timedelta(seconds=seconds), **(event | fields))


def alerts_of(alerts: AlertSettings, *states: FleetState) -> str:
    """Return what a notifier writes for consecutive states."""
    written: list[str] = []
    alarm = Notifier(alerts, written.append, NOON)
    for state in states:
        alarm.on_state(state, NOON + timedelta(seconds=60))
    return "".join(written)


def state_of(*events: Event) -> FleetState:
    """Return the state after these events, oldest first."""
    return FleetState(snapshot=SNAPSHOT, events=tuple(reversed(events)))


def test_the_bell_rings_once_for_new_alerts() -> None:
    first, second = a_stop(), a_stop("office-2", 1)
    assert alerts_of(AlertSettings(), state_of(first, second)) == "\a"
    assert alerts_of(AlertSettings(), state_of(first), state_of(first), state_of(first, second)) == "\a\a"


def test_other_and_earlier_events_cause_no_alert() -> None:
    assert alerts_of(AlertSettings(), state_of(a_stop(alert=False))) == ""
    assert alerts_of(AlertSettings(), state_of(a_stop(seconds=-1))) == ""


def test_every_alert_can_be_switched_off() -> None:
    assert alerts_of(AlertSettings(bell=False), state_of(a_stop())) == ""


def test_a_notification_has_the_name_that_the_user_gave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    alerts = AlertSettings(bell=False, notification=NotificationMode.OSC9)
    state = replace(state_of(a_stop(host_id="a")), annotations={"a": Annotation(alias="farm")})
    assert alerts_of(alerts, state) == "\x1b]9;farm on → off\x1b\\"


@pytest.mark.parametrize(
    ("how", "sequence"),
    [
        (NotificationMode.OSC9, "\x1b]9;office-1 on → off, and 1 more\x1b\\"),
        (NotificationMode.OSC777, "\x1b]777;notify;xds-tui;office-1 on → off, and 1 more\x1b\\"),
    ],
)
def test_a_notification_is_sent_to_the_terminal(
    how: NotificationMode, sequence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    alerts = AlertSettings(bell=False, notification=how)
    assert alerts_of(alerts, state_of(a_stop("office-2"), a_stop("office-1"))) == sequence
    monkeypatch.setenv("TMUX", "/run/tmux")
    inner = sequence.replace("\x1b", "\x1b\x1b")
    assert alerts_of(alerts, state_of(a_stop("office-2"), a_stop("office-1"))) == f"\x1bPtmux;{inner}\x1b\\"


def test_the_window_title_shows_counts_and_is_restored() -> None:
    written: list[str] = []
    alarm = Notifier(AlertSettings(bell=False, title=True), written.append, NOON)
    for _ in range(2):
        alarm.on_state(FleetState(snapshot=SNAPSHOT), NOON)
    assert written == ["\x1b[22;2t\x1b]2;xds 1/2 on\x1b\\"]
    alarm.on_state(state_of(a_stop()), NOON)
    assert written[1:] == ["\x1b]2;(1!) xds 1/2 on\x1b\\"]
    alarm.on_state(state_of(a_stop()), NOON + timedelta(hours=2))
    assert written[2:] == ["\x1b]2;xds 1/2 on\x1b\\"]
    alarm.close()
    alarm.close()
    assert written[3:] == ["\x1b[23;2t"]


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_a_name_cannot_end_its_escape_sequence(name: str) -> None:
    sequence = alerts_of(AlertSettings(bell=False, notification=NotificationMode.OSC777), state_of(a_stop(name)))
    body = sequence.removeprefix("\x1b]777;notify;xds-tui;").removesuffix("\x1b\\")
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in body)
    assert ";" not in body
    assert len(body) <= 200
