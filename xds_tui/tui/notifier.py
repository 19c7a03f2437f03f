"""Alerts outside of the screen: the bell, a notification of the terminal, and counts in the window title."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Final

from xds_tui.config.schema import AlertSettings, NotificationMode
from xds_tui.domain import host_list
from xds_tui.domain.model import Snapshot
from xds_tui.domain.records import Event
from xds_tui.fleet.state import FleetState
from xds_tui.i18n import _
from xds_tui.system import osc, terminal
from xds_tui.text import messages
from xds_tui.text.record_names import with_alias

RECENT_ALERT: Final = timedelta(hours=1)
"""How long an alert is counted in the window title."""


class Notifier:
    """Rings the bell for new alerts, notifies the user, and updates the window title, as the settings say."""

    def __init__(self, settings: AlertSettings, write: Callable[[str], None], started_at: datetime) -> None:
        """Create the notifier.

        Args:
            settings: which of the three to use.
            write: writes an escape sequence to the terminal.
            started_at: events before this time cause no alert.

        """
        self._settings = settings
        self._write = write
        self._started_at = started_at
        self._last_event: Event | None = None
        self._title = ""

    def on_state(self, state: FleetState, now: datetime) -> None:
        """Alert the user to new events, once for all of them, and update the counts in the title."""
        new = tuple(takewhile(lambda event: event is not self._last_event, state.events))
        self._last_event = state.events[0] if state.events else None
        alerts = (event for event in new if event.alert and event.at >= self._started_at)
        self._alert([with_alias(event, state.annotations) for event in alerts])
        if self._settings.title and state.snapshot is not None:
            self._update_title(state.snapshot, state.events, now)

    def _alert(self, events: Sequence[Event]) -> None:
        if not events:
            return
        if self._settings.bell:
            self._write("\a")
        text = messages.event(events[0])
        if len(events) > 1:
            text = _("{event}, and {count} more").format(event=text, count=len(events) - 1)
        through = terminal.multiplexer(os.environ)
        if self._settings.notification is NotificationMode.OSC9:
            self._write(osc.notify_iterm2(text, through))
        elif self._settings.notification is NotificationMode.OSC777:
            self._write(osc.notify_urxvt("xds-tui", text, through))

    def _update_title(self, snapshot: Snapshot, events: Sequence[Event], now: datetime) -> None:
        counts = host_list.counts(snapshot.hosts, now)
        alerts = sum(event.alert and now - event.at < RECENT_ALERT for event in events)
        title = _("xds {on}/{total} on").format(on=counts.on, total=counts.total)
        if alerts:
            title = f"({alerts}!) {title}"
        if title != self._title:
            prefix = "" if self._title else osc.SAVE_TITLE
            self._title = title
            self._write(f"{prefix}{osc.set_title(title)}")

    def close(self) -> None:
        """Restore the window title."""
        if self._title:
            self._title = ""
            self._write(osc.RESTORE_TITLE)
