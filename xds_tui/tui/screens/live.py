"""A screen that shows the fleet: the app hands it every new state, and it asks nobody."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import ClassVar, Final

from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.reactive import reactive
from textual.screen import ScreenResultType

from xds_tui.fleet.state import FleetState
from xds_tui.tui.action import Command
from xds_tui.tui.actions import COMMANDS
from xds_tui.tui.applying import Context
from xds_tui.tui.screens.base import AppScreen
from xds_tui.tui.widgets.key_bar import KeyBar
from xds_tui.tui.widgets.notice import Notice

WIDE_COLUMNS: Final = 110
"""Columns from which things stand side by side."""


class LiveScreen(AppScreen[ScreenResultType]):
    """Its `fleet` is set whenever something is known that was not before."""

    HOLDS_WORK: ClassVar[bool] = False
    """Whether leaving it other than by its own keys would lose what was done in it."""

    fleet: reactive[FleetState] = reactive(FleetState, repaint=False)
    """What is known."""

    def __init__(self, fleet: FleetState) -> None:
        super().__init__()
        self.set_reactive(LiveScreen.fleet, fleet)

    def show_notice(self, lines: Sequence[str], *, mild: bool = False, subject: str = "") -> None:
        """Show what an action came to, unless the screen has closed meanwhile; no lines: what was said is no longer so.

        Args:
            lines: what to show.
            mild: whether it is a hint, and not an error.
            subject: what it is about, for `Notice.take_back`.

        """
        if self.is_leaving or not self.is_attached:
            return
        notice = self.query_one(Notice)
        if lines:
            notice.tell(lines, mild=mild, subject=subject)
        else:
            notice.take_back(subject)

    # Which actions apply

    def context(self) -> Context | None:
        """What decides which actions apply; None: all that can be pressed do."""
        return None

    def why_not(self, action: Command) -> str:
        """Why an action does not apply now; empty where it does."""
        context = self.context()
        return action.why_not(context) if context is not None else ""

    def weigh_actions(self) -> None:
        """Let the footer show what applies now."""
        with contextlib.suppress(NoMatches):  # not composed yet
            self.query_one(KeyBar).context = self.context()

    async def action_do(self, action_id: str) -> None:
        """Do something that has a rule, or say why not."""
        action, notice = COMMANDS[action_id], self.query_one(Notice)
        why = self.why_not(action)
        if not why:
            notice.take_back("action")
            await self.app.run_action(action.run, self.node_of(action.place))
        elif notice.is_grave:
            self.notify(why, severity="warning", markup=False)
        else:
            notice.tell([why], mild=True, subject="action")

    def node_of(self, place: str) -> DOMNode:
        """Return the widget that hears the actions of a place, shown and ready for them."""
        return self
