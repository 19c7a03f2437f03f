"""A screen with panes: side by side on wide terminals, otherwise one at a time."""

from __future__ import annotations

from typing import Final

from textual.app import App
from textual.binding import Binding
from textual.events import Key, Resize
from textual.geometry import Size
from textual.widget import Widget

from xds_tui.config.schema import CatalogMode
from xds_tui.fleet.state import FleetState
from xds_tui.tui.screens.base import WIDE_COLUMNS
from xds_tui.tui.screens.host_actions import HostActionsScreen
from xds_tui.tui.widgets.footer import KeyBar

PANES: Final = ("hosts", "catalog", "history")

OPEN_CATALOG_COLUMNS: Final = 90
"""Columns from which the panes stand side by side if the catalog shall always be open."""
BROAD_COLUMNS: Final = 180
"""Columns from which the inspector has a column of its own."""
ROOMY_COLUMNS: Final = 100
ROOMY_ROWS: Final = 30
"""The size from which the overview consists of boxes."""


class PanedScreen(HostActionsScreen[None]):
    """A screen that shows the focused pane in front; its classes tell the stylesheet which one, and the size."""

    def __init__(self, fleet: FleetState, catalog: CatalogMode = CatalogMode.AUTO) -> None:
        super().__init__(fleet)
        self._catalog_mode = catalog
        self.add_class("-hosts", f"-catalog-{catalog.value}")

    def pane(self, name: str) -> Widget | None:
        """Return one of `PANES`, or None before it is composed."""
        raise NotImplementedError

    def focus_pane(self, name: str) -> None:
        """Focus the first widget of a pane."""
        raise NotImplementedError

    def begin_side_by_side(self, app: App[object]) -> None:
        """Set the classes before the first layout: a class that is set later styles everything twice."""
        self._fit(app.size)

    def _fit(self, size: Size) -> None:
        side_by_side = OPEN_CATALOG_COLUMNS if self._catalog_mode is CatalogMode.OPEN else WIDE_COLUMNS
        self.set_class(size.width >= side_by_side, "-wide")
        self.set_class(size.width >= BROAD_COLUMNS, "-broad")
        self.set_class(size.width >= ROOMY_COLUMNS and size.height >= ROOMY_ROWS, "-roomy")

    @property
    def is_wide(self) -> bool:
        """Whether the panes are side by side."""
        return self.has_class("-wide")

    @property
    def front(self) -> str:
        """The name of the pane in front."""
        return next(name for name in PANES if self.has_class(f"-{name}"))

    @property
    def is_covered(self) -> bool:
        """Whether the pane in front hides the others."""
        return not self.is_wide or self.has_class("-zoomed")

    def show_pane(self, name: str) -> None:
        """Bring a pane to the front."""
        if name == self.front:
            return
        for pane in PANES:
            self.set_class(pane == name, f"-{pane}")
        # At once, and not when there is time: what is hidden takes no focus, and hands on that which it has.
        self.app.stylesheet.update(self)
        self.update_command_states()

    def share_screen(self) -> bool:
        """End the zoom; return whether a pane was zoomed."""
        was_zoomed = self.has_class("-zoomed")
        self.remove_class("-zoomed")
        self.update_command_states()
        return was_zoomed

    def on_resize(self, event: Resize) -> None:
        """Put the panes side by side, or show one at a time."""
        self._fit(event.size)
        self.update_command_states()

    def on_descendant_focus(self) -> None:
        """Show the focused pane on a narrow screen."""
        for name in PANES:
            pane = self.pane(name)
            if pane is not None and pane.has_focus_within:
                self.show_pane(name)

    def on_key(self, event: Key) -> None:
        """Name an unbound key in the key bar, until the next key."""
        is_unknown = event.key not in self.active_bindings and not event.key.startswith("ctrl+")
        self.query_one(KeyBar).unknown = self.app.get_key_display(Binding(event.key, "", "")) if is_unknown else ""

    def action_pane(self, name: str) -> None:
        """Show and focus a pane."""
        if self.pane(name) is not None:
            self.show_pane(name)
            self.focus_pane(name)

    def action_zoom(self) -> None:
        """Zoom the focused pane, or end the zoom."""
        self.toggle_class("-zoomed")
        self.update_command_states()
