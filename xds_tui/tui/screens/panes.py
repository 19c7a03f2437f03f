"""Panes side by side where there is room, else one at a time; the focused one can take the whole screen."""

from __future__ import annotations

from typing import Final

from textual.app import App
from textual.events import Resize
from textual.widget import Widget

from xds_tui.fleet.state import FleetState
from xds_tui.tui.screens.live import WIDE_COLUMNS, LiveScreen

PANES: Final = ("hosts", "catalog", "history")


class PanedScreen(LiveScreen[None]):
    """Has one pane in front: the one with the focus. Which that is stands in its classes, for the stylesheet."""

    def __init__(self, fleet: FleetState) -> None:
        super().__init__(fleet)
        self.add_class("-hosts")

    def pane(self, name: str) -> Widget | None:
        """Return one of `PANES`; None while it is not there yet."""
        raise NotImplementedError

    def focus_pane(self, name: str) -> None:
        """Put the focus where a pane begins."""
        raise NotImplementedError

    def begin_side_by_side(self, app: App[object]) -> None:
        """Put the panes as the width wants them before anything is styled: a class set later styles all of it twice."""
        self.set_class(app.size.width >= WIDE_COLUMNS, "-wide")

    @property
    def is_wide(self) -> bool:
        """Whether the panes stand side by side."""
        return self.has_class("-wide")

    @property
    def front(self) -> str:
        """The name of the pane in front."""
        return next(name for name in PANES if self.has_class(f"-{name}"))

    @property
    def is_covered(self) -> bool:
        """Whether the pane in front is the only one that can be seen."""
        return not self.is_wide or self.has_class("-zoomed")

    def show_pane(self, name: str) -> None:
        """Bring a pane to the front."""
        if name == self.front:
            return
        for pane in PANES:
            self.set_class(pane == name, f"-{pane}")
        # At once, and not when there is time: what is hidden takes no focus, and hands on that which it has.
        self.app.stylesheet.update(self)
        self.weigh_actions()

    def share_screen(self) -> bool:
        """Give the other panes their room again; whether one pane had all of it."""
        was_zoomed = self.has_class("-zoomed")
        self.remove_class("-zoomed")
        self.weigh_actions()
        return was_zoomed

    def on_resize(self, event: Resize) -> None:
        """Put the panes side by side, or show one at a time."""
        self.set_class(event.size.width >= WIDE_COLUMNS, "-wide")
        self.weigh_actions()

    def on_descendant_focus(self) -> None:
        """Let the pane with the focus be the one that a narrow screen shows."""
        for name in PANES:
            pane = self.pane(name)
            if pane is not None and pane.has_focus_within:
                self.show_pane(name)

    def action_pane(self, name: str) -> None:
        """Show a pane, and put the focus on it."""
        if self.pane(name) is not None:
            self.show_pane(name)
            self.focus_pane(name)

    def action_zoom(self) -> None:
        """Give the focused pane the whole screen, or share it again."""
        self.toggle_class("-zoomed")
        self.weigh_actions()
