"""What went wrong last, in full and for as long as the user needs to read it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Final

from textual.content import Content
from textual.widgets import Static

from xds_tui.domain.records import Event, EventKind, OrderAction, OrderState
from xds_tui.fleet.state import ConnectionState, FleetState
from xds_tui.text import messages
from xds_tui.text.messages import Situation


class Notice(Static):
    """A few lines above the keys that stay until they are dismissed or no longer true."""

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
    """What it is about, for those that take back only what they said themselves."""

    @property
    def is_grave(self) -> bool:
        """Whether it says something that must not give way to a hint."""
        return self.display and not self.has_class("-mild")

    def tell(self, lines: Sequence[str], *, mild: bool = False, subject: str = "") -> None:
        """Show `lines` in place of what is shown."""
        self.subject = subject
        self.set_class(mild, "-mild")
        told = " · ".join(line for line in lines if line)
        self.update(Content(told if mild else f"! {told}"))
        self.display = True

    def take_back(self, subject: str) -> None:
        """Take the notice away if it is about `subject`: it is no longer true."""
        if self.subject == subject:
            self.display = False

    def dismiss(self) -> bool:
        """Take the notice away, whatever it is about; whether there was one."""
        was_shown, self.display = self.display, False
        return was_shown


_EVENTS: Final = "events"


class FleetNotice(Notice):
    """A notice that tells of the service while there is trouble, and of orders until it is dismissed."""

    _reported: tuple[Event, ...] = ()
    """What is shown as long as `subject` is `_EVENTS`."""

    def tell_trouble(self, fleet: FleetState) -> None:
        """Say why the data are not newer, or why nothing can be ordered, as long as that is so."""
        if fleet.error is not None:
            lines = messages.error_lines(fleet.error, Situation.WATCHING)
            self.tell(lines, mild=fleet.connection is not ConnectionState.SIGNED_OUT, subject="service")
        elif fleet.storage_problem is not None:
            self.tell([messages.no_record(fleet.storage_problem)], mild=True, subject="service")
        else:
            self.take_back("service")
            self.take_back("action")  # it may say that nothing can be recorded

    def tell_events(
        self, old: Sequence[Event], new: Sequence[Event], since: datetime, meet: Callable[[str], None]
    ) -> None:
        """Keep in sight what calls for the user, and introduce the hosts that were bought.

        Args:
            old: what had happened when it was told last.
            new: what has happened by now, newest first.
            since: what happened before is history.
            meet: is called with the ID of each new host, before anything is told.

        """
        known = set(map(id, old))
        happened = [event for event in new if id(event) not in known and event.at >= since]
        for event in reversed(happened):
            if event.action is OrderAction.CREATE and event.state is OrderState.CONFIRMED:
                meet(event.host_id or "")
        # That a rent ends is the table's to show.
        called = [event for event in happened if event.alert and event.kind is not EventKind.EXPIRING]
        if called:
            self._report(called)
        latest: dict[str | None, EventKind] = {}
        for event in happened:
            if event.kind in (EventKind.APPEARED, EventKind.GONE):
                latest.setdefault(event.host_id, event.kind)
        self._withdraw({host_id for host_id, kind in latest.items() if kind is EventKind.APPEARED})

    def _withdraw(self, returned: Collection[str | None]) -> None:
        """Report no more that hosts are gone which are there again."""
        if not (returned and self.display and self.subject == _EVENTS):
            return
        left = [one for one in self._reported if one.kind is not EventKind.GONE or one.host_id not in returned]
        if not left:
            self.take_back(_EVENTS)
        elif len(left) < len(self._reported):
            self._report(left)

    def _report(self, events: Sequence[Event]) -> None:
        self._reported = tuple(events)
        is_mild = all(event.state in (None, OrderState.UNKNOWN) for event in events)
        self.tell(messages.events_lines(events), mild=is_mild, subject=_EVENTS)
