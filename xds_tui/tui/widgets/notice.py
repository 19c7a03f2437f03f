"""A message above the key bar: the latest error, or important events, until it is dismissed or no longer true."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Final

from textual.content import Content
from textual.widgets import Static

from xds_tui.domain.annotations import NO_ANNOTATIONS, Annotations
from xds_tui.domain.records import Event, EventKind, OrderAction, OrderState
from xds_tui.fleet.state import ConnectionState, FleetState
from xds_tui.i18n import _
from xds_tui.text import messages
from xds_tui.text.manual_topics import manual_topic
from xds_tui.tui.theme import glyphs


class Notice(Static):
    """A few lines above the key bar that stay until they are dismissed or no longer true."""

    DEFAULT_CSS = """
    Notice {
        display: none;
        height: auto;
        max-height: 6;
        padding: 0 1;
        border-left: thick $error;
        background: $error-muted;
        color: $foreground;
        &.-mild { border-left: thick $warning; background: $warning-muted; }
    }
    """

    subject = ""
    """An identifier of what the notice is about, with which `clear` hides only notices of the same kind."""
    topic = ""
    """The page of the manual about it; empty for that of the screen."""

    @property
    def is_error(self) -> bool:
        """Whether an error is shown, which a hint must not replace."""
        return self.display and not self.has_class("-mild")

    def show(self, lines: Sequence[str], *, mild: bool = False, subject: str = "", topic: str = "") -> None:
        """Show `lines` in place of the present notice.

        Args:
            lines: the parts of the message; empty ones are left out.
            mild: whether it is a hint or warning instead of an error.
            subject: an identifier to pass to `clear`.
            topic: the page of the manual about it, which the notice offers to open.

        """
        self.subject, self.topic = subject, topic
        self.set_class(mild, "-mild")
        text = " · ".join(line for line in (*lines, _("f3: manual") if topic else "") if line)
        self.update(Content(text if mild else f"! {text}"))
        self.display = True

    def clear(self, subject: str) -> None:
        """Hide the notice if it is about `subject`."""
        if self.subject == subject:
            self.display = False

    def dismiss(self) -> bool:
        """Hide the notice, whatever it is about; return whether it was shown."""
        was_shown, self.display = self.display, False
        return was_shown


_EVENTS: Final = "events"


class FleetNotice(Notice):
    """A notice that shows problems with the service or the storage while they last, and events until dismissed."""

    _reported: tuple[Event, ...] = ()
    """The events that are shown while `subject` is `_EVENTS`."""
    annotations: Annotations = NO_ANNOTATIONS
    """The aliases to show."""

    def show_problem(self, fleet: FleetState) -> None:
        """Show why the data are stale or why orders cannot be placed; clear the notice when that is over."""
        if fleet.error is not None:
            self.show(
                messages.error_notice(fleet.error),
                mild=fleet.connection is not ConnectionState.SIGNED_OUT,
                subject="service",
                topic=manual_topic(fleet.error),
            )
        elif fleet.storage_problem is not None:
            lines = (messages.no_record(fleet.storage_problem),)
            self.show(lines, mild=True, subject="service", topic=manual_topic(fleet.storage_problem))
        else:
            self.clear("service")
            self.clear("action")  # it may be about the storage

    def show_events(
        self, old: Sequence[Event], new: Sequence[Event], since: datetime, on_purchased: Callable[[str], None]
    ) -> None:
        """Show new events that need the user's attention, and report hosts of confirmed purchases.

        Args:
            old: the events at the previous call.
            new: all events, newest first.
            since: older events are ignored.
            on_purchased: called with the ID of each purchased host, before anything is shown.

        """
        known = set(map(id, old))
        added = [event for event in new if id(event) not in known and event.at >= since]
        for event in reversed(added):
            if event.action is OrderAction.CREATE and event.state is OrderState.CONFIRMED:
                on_purchased(event.host_id or "")
        # The table shows that a prepaid period ends.
        alerts = [event for event in added if event.alert and event.kind is not EventKind.EXPIRING]
        if alerts:
            self._display_events(alerts)
        latest: dict[str | None, EventKind] = {}
        for event in added:
            if event.kind in (EventKind.APPEARED, EventKind.GONE):
                latest.setdefault(event.host_id, event.kind)
        self._remove_gone({host_id for host_id, kind in latest.items() if kind is EventKind.APPEARED})

    def _remove_gone(self, returned: Collection[str | None]) -> None:
        """Remove the report that a host is gone if it has returned."""
        if not (returned and self.display and self.subject == _EVENTS):
            return
        left = [event for event in self._reported if event.kind is not EventKind.GONE or event.host_id not in returned]
        if not left:
            self.clear(_EVENTS)
        elif len(left) < len(self._reported):
            self._display_events(left)

    def _display_events(self, events: Sequence[Event]) -> None:
        self._reported = tuple(events)
        is_mild = all(event.state in (None, OrderState.UNKNOWN) for event in events)
        shown = [glyphs.with_shown_name(self.app, event, self.annotations) for event in events]
        topic = "orders" if any(event.doubt or event.state for event in events) else ""
        self.show(messages.events_notice(shown), mild=is_mild, subject=_EVENTS, topic=topic)
