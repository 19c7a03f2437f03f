"""Calling the user to the screen: bell, the terminal's own notification, and the window's title, as they are set.

The sequences are xterm's (title stack: `CSI 22;2t`, `CSI 23;2t`; title: OSC 2), iTerm2's (OSC 9) and urxvt's (OSC 777).
A terminal that does not know one ignores it. tmux hands the notification on only in a wrapping of its own.
"""

from __future__ import annotations

import os
import unicodedata
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
from xds_tui.text import messages

RECENT: Final = timedelta(hours=1)
"""How long an alert is counted in the window's title."""

MAX_LENGTH: Final = 200
"""Characters of a notification or title."""

_KEEP_TITLE: Final = "\x1b[22;2t"
_RETURN_TITLE: Final = "\x1b[23;2t"
_END: Final = "\x1b\\"


class Notifier:
    """Rings for events, and keeps the window's title true."""

    def __init__(self, settings: AlertSettings, write: Callable[[str], None], began: datetime) -> None:
        """Make an alarm that has not rung.

        Args:
            settings: what is to be done.
            write: sends a sequence to the terminal as it is.
            began: nobody is called for what happened before.

        """
        self._settings = settings
        self._write = write
        self._began = began
        self._heard: Event | None = None
        self._title = ""

    def on_state(self, state: FleetState, now: datetime) -> None:
        """Call the user for what is new in `state`, once for all of it, and have the title count what is."""
        new = tuple(takewhile(lambda event: event is not self._heard, state.events))
        self._heard = state.events[0] if state.events else None
        self._ring([event for event in new if event.alert and event.at >= self._began])
        if self._settings.title and state.snapshot is not None:
            self._show_counts(state.snapshot, state.events, now)

    def _ring(self, events: Sequence[Event]) -> None:
        if not events:
            return
        if self._settings.bell:
            self._write("\a")
        told = messages.event(events[0])
        if len(events) > 1:
            told = _("{event}, and {count} more").format(event=told, count=len(events) - 1)
        if self._settings.notification is NotificationMode.OSC9:
            self._write(_through_tmux(f"\x1b]9;{_inert(told)}{_END}"))
        elif self._settings.notification is NotificationMode.OSC777:
            self._write(_through_tmux(f"\x1b]777;notify;xds-tui;{_inert(told)}{_END}"))

    def _show_counts(self, snapshot: Snapshot, events: Sequence[Event], now: datetime) -> None:
        counts = host_list.counts(snapshot, now)
        alerts = sum(event.alert and now - event.at < RECENT for event in events)
        title = _("xds {on}/{total} on").format(on=counts.on, total=counts.total)
        if alerts:
            title = f"({alerts}!) {title}"
        if title != self._title:
            first = "" if self._title else _KEEP_TITLE
            self._title = title
            self._write(f"{first}\x1b]2;{_inert(title)}{_END}")

    def close(self) -> None:
        """Give the window its title back."""
        if self._title:
            self._title = ""
            self._write(_RETURN_TITLE)


def _inert(text: str) -> str:
    """`text` without what could end the sequence that it stands in, or begin another parameter."""
    kept = "".join(" " if unicodedata.category(char) in ("Cc", "Cf") else char for char in text)
    return kept.replace(";", ",")[:MAX_LENGTH]


def _through_tmux(sequence: str) -> str:
    if "TMUX" not in os.environ:
        return sequence
    doubled = sequence.replace("\x1b", "\x1b\x1b")
    return f"\x1bPtmux;{doubled}{_END}"
