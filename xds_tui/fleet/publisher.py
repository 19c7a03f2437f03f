"""The current fleet state, and the one place where it is replaced, recorded and published."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xds_tui.domain.records import Event
from xds_tui.fleet.recorder import Recorder
from xds_tui.fleet.state import FleetState
from xds_tui.system import debug_log
from xds_tui.system.debug_log import Word


class StatePublisher:
    """Holds the current state.

    Attributes:
        state: the current state, which may not be published yet.

    """

    def __init__(self, state: FleetState, recorder: Recorder) -> None:
        """Begin with `state`; events go to `recorder`."""
        self.state = state
        self._recorder = recorder
        self._subscriber: Callable[[FleetState], None] | None = None
        self._published = state

    def subscribe(self, subscriber: Callable[[FleetState], None]) -> None:
        """Pass every further state to `subscriber`, in place of an earlier one."""
        self._subscriber = subscriber

    def stage(self, state: FleetState, events: Sequence[Event] = ()) -> None:
        """Make `state` the current one and record its events, without publishing it yet."""
        self.state = state
        self._recorder.record(events)

    def commit(self, state: FleetState, events: Sequence[Event] = ()) -> None:
        """Make `state` the current one, record its events, and publish it."""
        self.stage(state, events)
        self.publish()

    def publish(self) -> None:
        """Publish the current state, unless it has been."""
        if self.state is not self._published:
            self._published = self.state
            _log_state(self.state)
            if self._subscriber is not None:
                self._subscriber(self.state)


def _log_state(state: FleetState) -> None:
    if debug_log.is_on():
        debug_log.write(
            "state",
            connection=state.connection,
            hosts=len(state.snapshot.hosts) if state.snapshot else None,
            unreadable=state.unreadable,
            error=Word(type(state.error).__name__),
            retry_at=state.retry_at,
            orders=len(state.orders),
        )
