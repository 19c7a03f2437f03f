"""`xds-tui watch`: the monitor without a screen. It records, notifies and carries out rules until it is ended."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections import deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final

from xds_tui.cli.output import OutputError, print_error, write, write_json
from xds_tui.cli.watch import report_error
from xds_tui.domain.sanitize import clean, local_time
from xds_tui.fleet.monitor import Monitor
from xds_tui.fleet.state import ConnectionState
from xds_tui.i18n import N_, _, ngettext
from xds_tui.system import threads
from xds_tui.system.exit_codes import ExitCode
from xds_tui.text import export, messages, rules

if TYPE_CHECKING:
    from datetime import datetime

    from xds_tui.cli.services import CommandServices
    from xds_tui.domain.records import Event
    from xds_tui.fleet.state import FleetState

CLOSE_TIMEOUT: Final = 5.0
"""Seconds that the end of the command waits for requests under way, and then for the journal and the channels."""

MAX_REMEMBERED: Final = 1_000
"""Printed events that are remembered, so that none is printed twice."""

READ_ONLY: Final = N_("read-only: rules are not carried out")

_GC_THRESHOLDS: Final = (700, 10, 10)
"""Python's own: garbage is collected early, because this command runs for weeks beside others."""

_SIGNALS: Final = {
    signal.SIGTERM: ExitCode.OK,
    signal.SIGHUP: ExitCode.OK,
    signal.SIGINT: ExitCode.INTERRUPTED,
}


def watch(services: CommandServices, *, as_json: bool) -> int:
    """Watch until a signal ends the command, and return the exit code.

    Args:
        services: the account, its journal and its rules.
        as_json: whether to print the events as JSON, one object a line.

    Raises:
        OutputError: if standard output cannot be written.

    """
    gc.set_threshold(*_GC_THRESHOLDS)
    return asyncio.run(_Watch(services, as_json=as_json).run())


class _Writer:
    """Writes to standard output in a thread of its own: a reader that stalls must not stall the rules."""

    def __init__(self, emit: Callable[[str], None], on_error: Callable[[OutputError], None]) -> None:
        self._emit = emit
        self._on_error = on_error
        self._texts: SimpleQueue[str | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        threads.start_daemon(self._work, name="xds-tui output")

    def add(self, text: str) -> None:
        """Write `text` soon."""
        self._texts.put(text)

    async def close(self, max_wait: float) -> None:
        """Write what was added, for at most `max_wait` seconds."""
        self._texts.put(None)
        try:
            async with asyncio.timeout(max_wait):
                await self._ended.wait()
        except TimeoutError:
            return

    def _work(self) -> None:
        while (text := self._texts.get()) is not None:
            try:
                self._emit(text)
            except OutputError as error:
                self._loop.call_soon_threadsafe(self._on_error, error)
                break
        self._loop.call_soon_threadsafe(self._ended.set)


class _Watch:
    """One run of the command."""

    def __init__(self, services: CommandServices, *, as_json: bool) -> None:
        self._services = services
        self._as_json = as_json
        self._printed: deque[Event] = deque(maxlen=MAX_REMEMBERED)
        self._last: Event | None = None
        self._guard_line = ""
        self._code: int = ExitCode.OK
        self._error: OutputError | None = None

    async def run(self) -> int:
        self._ending = asyncio.Event()
        self._started_at = self._services.clock()
        self._writer = _Writer(write_json if self._as_json else write, self._handle_output_error)
        loop = asyncio.get_running_loop()
        for number, code in _SIGNALS.items():
            loop.add_signal_handler(number, self._end, code)
        monitor = self._monitor()
        watching = loop.create_task(monitor.run(self._show))
        watching.add_done_callback(lambda _task: self._ending.set())
        self._greet()
        await self._ending.wait()
        is_broken = watching.done()
        watching.cancel()
        await asyncio.wait({watching})
        await monitor.close(CLOSE_TIMEOUT)
        await self._writer.close(CLOSE_TIMEOUT)
        await self._services.close_store()
        if is_broken:
            watching.result()
        if self._error is not None:
            raise self._error
        return self._code

    def _monitor(self) -> Monitor:
        services = self._services
        monitor = Monitor(
            services.account,
            services.journal,
            interval=services.interval,
            clock=services.clock,
            annotations=services.annotations,
            caps=services.caps,
        )
        if services.notifications is not None:
            monitor.recorder.notify_through(services.notifications)
        if services.rules is not None:
            monitor.rules.carry_out(services.rules)
        monitor.recorder.on_record = self._print
        return monitor

    def _greet(self) -> None:
        seconds = round(self._services.interval)
        text = ngettext("watching, every {count} second", "watching, every {count} seconds", seconds)
        self._add_line(self._started_at, text.format(count=seconds))
        if self._services.rules is None:
            self._add_line(self._started_at, _(READ_ONLY))

    def _show(self, state: FleetState) -> None:
        """Print what is new in `state` and was not recorded by this program, and end without credentials."""
        new: list[Event] = []
        for event in state.events:
            if event is self._last or event.at < self._started_at:
                break
            new.append(event)
        self._last = state.events[0] if state.events else None
        self._print([event for event in reversed(new) if event not in self._printed])
        if state.guard is not None:
            line = rules.guard_line(state.guard, self._services.clock())
            if line != self._guard_line:
                self._guard_line = line
                self._add_line(self._services.clock(), line)
        if state.connection is ConnectionState.SIGNED_OUT:
            if state.error is not None:
                report_error(state.error, self._services)
            else:
                print_error([_("There are no credentials."), _(messages.SIGN_IN_HINT)])
            self._end(ExitCode.FAILURE)

    def _print(self, events: Sequence[Event]) -> None:
        """Print events, oldest first."""
        self._printed.extend(events)
        if not events:
            return
        if self._as_json:
            self._writer.add(export.to_json_lines(export.events_table(events)))
            return
        for event in events:
            self._add_line(event.at, " · ".join(messages.event_lines(event)))

    def _add_line(self, at: datetime, text: str) -> None:
        if not self._as_json:
            self._writer.add(f"{local_time(at):%Y-%m-%d %H:%M:%S}  {clean(text)}\n")

    def _handle_output_error(self, error: OutputError) -> None:
        self._error = error
        self._ending.set()

    def _end(self, code: int) -> None:
        self._code = code
        self._ending.set()
