"""The message that covers the app while the terminal is too small for it."""

from __future__ import annotations

from typing import Final

from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static

from xds_tui.i18n import _
from xds_tui.tui.screens.base import DialogScreen

MIN_SIZE: Final = Size(60, 15)
"""The columns and rows that every screen and dialog fits into."""


def is_too_small(size: Size) -> bool:
    """Whether a terminal is smaller than `MIN_SIZE`."""
    return size.width < MIN_SIZE.width or size.height < MIN_SIZE.height


class TooSmallScreen(DialogScreen[None]):
    """Covers all screens and takes their keys, which would act on something invisible."""

    DEFAULT_CSS = """
    TooSmallScreen {
        align: center middle;
        background: $background;
        Static { width: auto; max-width: 100%; text-align: center; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._is_leaving = False

    def compose(self) -> ComposeResult:
        """Compose the message."""
        yield Static(Content(self._told()))

    def _told(self) -> str:
        size = self.app.size
        return _("Needs at least {columns}x{rows}; this terminal has {width}x{height}").format(
            columns=MIN_SIZE.width, rows=MIN_SIZE.height, width=size.width, height=size.height
        )

    def on_resize(self) -> None:
        """Close as soon as the terminal is large enough."""
        self._give_way()

    def on_screen_resume(self) -> None:
        """Close if the terminal has grown while another screen covered this one."""
        self._give_way()

    def _give_way(self) -> None:
        if is_too_small(self.app.size):
            self.query_one(Static).update(Content(self._told()))
        elif self.app.screen is self and not self._is_leaving:
            self._is_leaving = True
            self.dismiss()
