"""Events, newest first: one per line, or one line for each operation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from xds_tui.domain.annotations import Annotations
from xds_tui.domain.records import Event, EventKind, OrderState
from xds_tui.text import formats, messages
from xds_tui.text.activity import Activity, activities, activity_line, event_key
from xds_tui.text.labels import HEADERS
from xds_tui.tui.theme import glyphs
from xds_tui.tui.widgets.table.columns import translated
from xds_tui.tui.widgets.table.table import Cell, Column, Row, Table

_WHAT: Final = Column("what", HEADERS["what_happened"], 20, grow=1)
TIMED_COLUMNS: Final = (Column("time", HEADERS["time"], 8), _WHAT)
_DATED: Final = (Column("time", HEADERS["time"], 16), _WHAT)

_TROUBLED: Final = (OrderState.NOT_SENT, OrderState.REJECTED, OrderState.UNCONFIRMED)


class EventTable(Table):
    """Events, one a line; enter shows all of one.

    Attributes:
        is_dated: whether dates are shown too, for a list that goes back for weeks.

    """

    is_dated = False

    def show_events(self, events: Sequence[Event], annotations: Annotations) -> None:
        """Show `events` in the given order, with the aliases of their hosts."""
        self._events = {event_key(event): event for event in events}
        # Follow the newest event, unless the user is reading further down.
        follows = not self.has_focus or self._cursor == 0

        def row(key: str) -> Row:
            event = glyphs.with_shown_name(self.app, self._events[key], annotations)
            at = formats.moment(event.at) if self.is_dated else formats.clock(event.at)
            return Row((Cell(at, "muted"), Cell(messages.event(event), event_style(event))))

        self.show(translated(_DATED if self.is_dated else TIMED_COLUMNS), list(self._events), row)
        if follows:
            self.action_first()

    def event_of(self, key: str) -> Event | None:
        """Return the event of a row, or None if the row has gone since."""
        return self._events.get(key)


def event_style(event: Event) -> str:
    """Return the style of an event."""
    if event.kind in (EventKind.ERROR, EventKind.SIGNED_OUT) or event.state in _TROUBLED:
        return "bad"
    if event.alert:
        return "warn"
    return "" if event.own else "muted"


class ActivityTable(Table):
    """Activities, the latest one first."""

    def show_events(self, events: Sequence[Event], annotations: Annotations) -> None:
        """Show `events`, given newest first, grouped by operation and with the aliases of their hosts."""
        self._annotations = annotations
        self._activities = {activity.key: activity for activity in activities(events)}
        # Follow the newest activity, unless the user is reading further down.
        follows = not self.has_focus or self._cursor == 0

        def row(key: str) -> Row:
            activity = self._activities[key]
            style = "bad" if activity.has_failed else event_style(activity.latest)
            at = formats.clock(activity.latest.at)
            return Row((Cell(at, "muted"), Cell(activity_line(self._shown(activity)), style)))

        self.show(translated(TIMED_COLUMNS), list(self._activities), row)
        if follows:
            self.action_first()

    def _shown(self, activity: Activity) -> Activity:
        events = (glyphs.with_shown_name(self.app, event, self._annotations) for event in activity.events)
        return replace(activity, events=tuple(events))

    def activity(self, key: str) -> Activity | None:
        """Return the activity of a row as it is shown, or None if the row has gone since."""
        return self._shown(self._activities[key]) if key in self._activities else None
