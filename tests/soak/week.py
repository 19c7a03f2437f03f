"""The simulated week: the whole program on a simulated service, with idle time skipped."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from xds_tui.simulator.options import Options

from .faults import HOUR, MINUTE, Trouble
from .log_records import describe, listen, listen_to_loop
from .metrics import Holdings, LoopWatch
from .service import Service
from .time_lapse import Lapse, LapseLoop, WorldClock

if TYPE_CHECKING:
    from xds_tui.fleet.monitor import Monitor
    from xds_tui.tui.app import XdsApp

_MEASUREMENTS: Final = 24
"""Interval of the measurements in seconds at least: hourly in a run of days."""
_AN_ERRAND: Final = 15 * MINUTE
"""Seconds between two actions of the user in a week."""
_QUIET: Final = 20 * MINUTE
"""Seconds between the last fault and the last refresh, longer than any start, wait or Retry-After."""
_COMPLAINTS: Final = 50
_ENOUGH: Final = 60.0
"""Seconds within which the last refresh has to be published."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The parameters of a run."""

    days: float = 7.0
    hosts: int = 60
    seed: int = 1

    @property
    def seconds(self) -> float:
        """Simulated seconds that the machine is awake."""
        return self.days * 24 * HOUR

    @property
    def often(self) -> float:
        """How many times more frequent everything is than in a week: a short run is a dense one."""
        return max(1.0, min(4.0, 1 / self.days))

    @property
    def is_long(self) -> bool:
        """Whether the run is longer than the warm-up."""
        return self.days > 1


@dataclass(slots=True)
class Outcome:
    """The results of a run."""

    plan: Plan
    holdings: Holdings
    watch: LoopWatch
    happened: Counter[str] = field(default_factory=Counter)
    did: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)
    """Every uncaught exception, warning and logged error."""
    truth: dict[str, int] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    link: str = ""
    orders: Counter[str] = field(default_factory=Counter)
    database: str = ""
    """The result of SQLite's integrity check."""
    rows: dict[str, int] = field(default_factory=dict)
    sweeps: int = 0
    asleep: float = 0.0
    seconds: float = 0.0
    """Real seconds."""


class Week:
    """A run."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._plan = plan
        self._clock_file = folder / "clock"
        self._journal = folder / "state" / "journal.db"
        self._lapse = Lapse(WorldClock.make(self._clock_file))
        self._watch = LoopWatch()
        self.outcome = Outcome(plan, Holdings(self._journal), self._watch)

    def run(self) -> Outcome:
        """Simulate the week, and return the results; clocks and hooks of this process are not restored."""
        self._began = time.perf_counter()
        self._lapse.install()
        listen(self._complain)
        gc.disable()  # as the command line does: the first paint enables it again
        with (
            Service(Options(hosts=self._plan.hosts, seed=self._plan.seed), self._clock_file) as service,
            asyncio.Runner(loop_factory=lambda: LapseLoop(self._lapse)) as runner,
        ):
            try:
                runner.run(self._live(service))
            except Exception as error:  # noqa: BLE001 - whatever ended it is what the table is to tell
                self._complain(describe(error))
        self._look_at_database()
        self.outcome.seconds = time.perf_counter() - self._began
        return self.outcome

    async def _live(self, service: Service) -> None:
        from .parts import KEY, build, count_sweeps
        from .user import User

        listen_to_loop(self._complain)
        program, plan = build(service.url, self._journal, self._lapse), self._plan
        count_sweeps(program.monitor, self._count_sweep)
        trouble = Trouble(service, self._lapse, self._watch, plan.seed, plan.often)
        async with program.app.run_test(size=(120, 40)) as pilot:
            user = User(pilot, program.monitor, program.account, KEY, plan.seed)
            await self._until_live(program.monitor)
            self._watch.begin()
            await user.look_around(everywhere=plan.is_long)
            tasks = [
                asyncio.create_task(trouble.go_on(), name="soak trouble"),
                asyncio.create_task(user.go_on(_AN_ERRAND / plan.often), name="soak user"),
            ]
            await self._measure(program.app, user.hands, tasks)
            async with user.hands:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            trouble.end()
            await asyncio.sleep(_QUIET)
            await user.run("the cursor")
            await self._compare(program.monitor, service)
            self._watch.end()
            self.outcome.happened, self.outcome.did = trouble.happened, user.did
            self.outcome.asleep = self._lapse.asleep
            await program.monitor.close(5)

    def _count_sweep(self) -> None:
        self.outcome.sweeps += 1

    async def _measure(self, app: XdsApp, hands: asyncio.Lock, tasks: list[asyncio.Task[None]]) -> None:
        began, step = self._lapse.monotonic(), min(HOUR, self._plan.seconds / _MEASUREMENTS)
        for number in range(1, round(self._plan.seconds / step) + 1):
            await asyncio.sleep(max(0.0, began + number * step - self._lapse.monotonic()))
            for task in tasks:
                if task.done():
                    task.result()
            async with hands:
                with self._watch.aside():
                    held = self.outcome.holdings.count(number * step / HOUR, len(app.screen.query("*")))
                    real = time.perf_counter() - self._began
                    print(
                        f"{held.hour:5.1f} h  {held.memory >> 20} MB  {held.objects}  {real / 60:.1f} min",
                        file=sys.stderr,
                    )

    async def _until_live(self, monitor: Monitor) -> None:
        from xds_tui.fleet.state import ConnectionState

        async with asyncio.timeout(_ENOUGH):
            while monitor.state.connection is not ConnectionState.LIVE:  # noqa: ASYNC110 - what is waited for knows of no event
                await asyncio.sleep(0.1)

    async def _compare(self, monitor: Monitor, service: Service) -> None:
        """Refresh once more, and compare the result with the service."""
        from xds_tui.fleet.state import ConnectionState

        before = monitor.state.snapshot
        monitor.refresh()
        try:
            async with asyncio.timeout(_ENOUGH):
                while monitor.state.snapshot is before or monitor.state.connection is not ConnectionState.LIVE:  # noqa: ASYNC110 - as above
                    await asyncio.sleep(0.01)
        except TimeoutError:
            self._complain(f"no sweep succeeded at the end: {monitor.state.error!r}")
        with self._watch.aside():
            self.outcome.truth = service.truth()
        snapshot = monitor.state.snapshot
        self.outcome.seen = {host.id: host.status.value for host in snapshot.hosts} if snapshot else {}
        self.outcome.link = monitor.state.connection.value
        self.outcome.orders = Counter(f"{order.action.value}: {order.state.value}" for order in monitor.orders.all)

    def _complain(self, what: str) -> None:
        if len(self.outcome.complaints) < _COMPLAINTS:
            self.outcome.complaints.append(what)

    def _look_at_database(self) -> None:
        """Run SQLite's integrity check on the file, and count its rows."""
        connection = sqlite3.connect(self._journal)
        try:
            self.outcome.database = str(connection.execute("PRAGMA integrity_check").fetchone()[0])
            for table in ("events", "orders", "samples", "said"):
                query = f"SELECT count(*) FROM {table}"  # noqa: S608 - our own names
                self.outcome.rows[table] = int(connection.execute(query).fetchone()[0])
        finally:
            connection.close()
