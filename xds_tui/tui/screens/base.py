"""What every screen has in common: the workers that it started end before its widgets do."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any, ClassVar, Final, Protocol, runtime_checkable

from textual.app import App
from textual.await_remove import AwaitRemove
from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.events import Event, Mount
from textual.message_pump import MessagePump
from textual.reactive import reactive
from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.widget import Widget
from textual.worker import ResultType, Worker, WorkType

from xds_tui.fleet.state import FleetState
from xds_tui.tui.availability import Context
from xds_tui.tui.command import Command
from xds_tui.tui.commands import COMMANDS
from xds_tui.tui.textual_compat import CompatScreen
from xds_tui.tui.widgets.footer import KeyBar
from xds_tui.tui.widgets.notice import Notice


class AppScreen(CompatScreen[ScreenResultType]):
    """A screen that cancels its workers when it closes.

    Textual cancels them once all widgets have gone. A worker that goes on in between looks for widgets that are not
    there, or mounts some that never will be. Whatever awaits something and then touches widgets is therefore a worker
    of the screen or of one of its widgets (`@work`), and needs no checks of its own.

    Attributes:
        is_leaving: whether the screen has begun to close.
        manual_topic: the page of the manual about the screen, one of `manual.TOPICS`.

    """

    is_leaving = False
    manual_topic: ClassVar[str] = "keys"

    def remove(self) -> AwaitRemove:
        """Close the screen, its workers first."""
        self.is_leaving = True
        cancel_workers(self.app, self)
        return super().remove()

    async def on_event(self, event: Event) -> None:
        """Handle an event; closed before it was composed, a screen has nothing to mount."""
        if not (self.is_leaving and isinstance(event, Mount)):
            await super().on_event(event)

    def run_worker(
        self,
        work: WorkType[ResultType],
        name: str | None = "",
        group: str = "default",
        description: str = "",
        exit_on_error: bool = True,
        start: bool = True,
        exclusive: bool = False,
        thread: bool = False,
    ) -> Worker[ResultType]:
        """Run work as a worker; not once the screen closes, as when it was still being mounted then."""
        worker = super().run_worker(work, name, group, description, exit_on_error, start, exclusive, thread)
        if self.is_leaving:
            worker.cancel()
        return worker


class DialogScreen(ModalScreen[ScreenResultType], AppScreen[ScreenResultType]):
    """A screen that lies over another one and takes its keys; Textual takes the styles of the first base only."""


def is_closing(node: MessagePump) -> bool:
    """Return whether a node belongs to a screen that closes: what it looks for may never have been composed."""
    nodes = node.ancestors_with_self if isinstance(node, DOMNode) else []
    return any(isinstance(found, AppScreen) and found.is_leaving for found in nodes)


def cancel_workers(app: App[Any], screen: Screen[Any]) -> None:
    """Cancel the workers of a screen and of its widgets, at what they await now."""
    for worker in app.workers:
        node = worker.node
        if node is screen or (isinstance(node, Widget) and screen in node.ancestors):
            worker.cancel()


WIDE_COLUMNS: Final = 110
"""Columns from which things stand side by side."""


@runtime_checkable
class HasStatusLine(Protocol):
    """An app that creates status lines."""

    def new_status_line(self, title: str) -> Widget:
        """Return a status line for a screen with this title."""


class LiveScreen(AppScreen[ScreenResultType]):
    """Its `fleet` is set whenever something is known that was not before."""

    HOLDS_WORK: ClassVar[bool] = False
    """Whether leaving it other than by its own keys would lose what was done in it."""

    fleet: reactive[FleetState] = reactive(FleetState, repaint=False)
    """What is known."""

    def __init__(self, fleet: FleetState) -> None:
        super().__init__()
        self.set_reactive(LiveScreen.fleet, fleet)

    def status_line(self, title: str) -> Widget:
        """Return the status line for this screen, to be composed first: environment, account, age of the data."""
        app = self.app
        return app.new_status_line(title) if isinstance(app, HasStatusLine) else Widget(classes="no-status-line")

    def show_notice(self, lines: Sequence[str], *, mild: bool = False, subject: str = "") -> None:
        """Show what an action came to, unless the screen has closed meanwhile; no lines: what was said is no longer so.

        Args:
            lines: what to show.
            mild: whether it is a hint, and not an error.
            subject: what it is about, for `Notice.clear`.

        """
        if self.is_leaving or not self.is_attached:
            return
        notice = self.query_one(Notice)
        if lines:
            notice.show(lines, mild=mild, subject=subject)
        else:
            notice.clear(subject)

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
            notice.clear("action")
            await self.app.run_action(action.run, self.node_of(action.place))
        elif notice.is_error:
            self.notify(why, severity="warning", markup=False)
        else:
            notice.show([why], mild=True, subject="action")

    def node_of(self, place: str) -> DOMNode:
        """Return the widget that hears the actions of a place, shown and ready for them."""
        return self
