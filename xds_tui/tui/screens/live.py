"""A screen that shows the fleet: the app hands it every new state, and it asks nobody."""

from __future__ import annotations

from typing import Final

from textual.reactive import reactive
from textual.screen import Screen, ScreenResultType

from xds_tui.fleet.state import FleetState

WIDE: Final = 110
"""Columns from which things stand side by side."""


class LiveScreen(Screen[ScreenResultType]):
    """Its `fleet` is set whenever something is known that was not before."""

    fleet: reactive[FleetState] = reactive(FleetState, repaint=False)
    """What is known."""

    def __init__(self, fleet: FleetState) -> None:
        super().__init__()
        self.set_reactive(LiveScreen.fleet, fleet)
