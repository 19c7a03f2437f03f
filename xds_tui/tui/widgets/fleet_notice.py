"""What went wrong last with the service or with an order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from xds_tui.fleet.state import FleetState, Link
from xds_tui.record import Action, Event, EventKind, OrderState
from xds_tui.tui import telling
from xds_tui.tui.widgets.notice import Notice


class FleetNotice(Notice):
    """A notice that tells of the service while there is trouble, and of orders until it is dismissed."""

    def tell_trouble(self, fleet: FleetState) -> None:
        """Say why the data are not newer, as long as they are not."""
        if fleet.trouble is not None:
            self.tell(telling.trouble(fleet.trouble), mild=fleet.link is not Link.SIGNED_OUT, subject="service")
        else:
            self.take_back("service")

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
            if event.action is Action.CREATE and event.state is OrderState.SETTLED:
                meet(event.host_id or "")
        # That a rent ends is the table's to show.
        called = [event for event in happened if event.alert and event.kind is not EventKind.EXPIRING]
        if called:
            is_mild = all(event.state in (None, OrderState.UNKNOWN) for event in called)
            self.tell(telling.events_lines(called), mild=is_mild)
