"""The inspector: the current host in a few lines, with its recent events if there is room."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from xds_tui.domain.model import Host
from xds_tui.fleet.state import FleetState
from xds_tui.i18n import _
from xds_tui.text import formats, host_card, messages
from xds_tui.text.overview import Line, shortened
from xds_tui.tui.textual_compat import TitledWidget
from xds_tui.tui.theme import glyphs
from xds_tui.tui.widgets.lines import StyledLines

_MIN_ROOM_FOR_EVENTS = 4


class Inspector(StyledLines, TitledWidget):
    """Shows one host."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        id: str,  # noqa: A002 - Textual's name
        classes: str,
    ) -> None:
        """Create the pane.

        Args:
            clock: returns the time, UTC.
            id: Textual's.
            classes: Textual's.

        """
        super().__init__(id=id, classes=classes)
        self._clock = clock
        self._host: Host | None = None
        self._fleet = FleetState()

    def show_host(self, host: Host | None, fleet: FleetState) -> None:
        """Show `host`, or that there is none."""
        self._host, self._fleet = host, fleet
        self.draw()

    def on_resize(self) -> None:
        """Fit the host to the new size."""
        self.draw()

    def draw(self) -> None:
        """Draw the host as it is now."""
        host, width = self._host, self.size.width
        if host is None or not width:
            self.set_border_title("")
            self.show([((_("No host"), "muted"),)] if host is None else [])
            return
        self.set_border_title(shortened(glyphs.marked_name(self.app, host), width - 4))
        self.set_border_subtitle(_("enter: details"))
        rate, now = self._fleet.costs.hosts.get(host.id), self._clock()
        lines = host_card.card_lines(host, rate, now, width)
        if self.size.height - len(lines) >= _MIN_ROOM_FOR_EVENTS:
            lines = host_card.card_lines(host, rate, now, width, is_tall=True)
            lines = (*lines, ((f"ID {host.id}", "muted"),), (), *self._events(host, width))
        self.show(lines[: self.size.height])

    def _events(self, host: Host, width: int) -> list[Line]:
        annotations = self._fleet.annotations
        events = [event for event in self._fleet.events if event.host_id == host.id]
        texts = [messages.event(glyphs.with_shown_name(self.app, event, annotations)) for event in events]
        return [
            ((f"{formats.moment(event.at)[5:]}  ", "muted"), (shortened(text, width - 13), ""))
            for event, text in zip(events, texts, strict=True)
        ]
