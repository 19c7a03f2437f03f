"""Time that skips what nobody does anything in: an event loop whose clock runs on to the next timer at once.

Every clock of a run is this one: `time.monotonic` of this process, the loop's, the wall clocks of the client and of
the simulated service, which is another process: what both have to know is in a file that both have mapped.
Nothing is skipped while a thread works for the loop, or while the service works on an answer; what it holds back on
purpose comes at once.
"""

from __future__ import annotations

import asyncio
import mmap
import selectors
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

MORNING: Final = 1_790_000_000.0
"""Seconds since the epoch at which every run begins."""

PATIENCE: Final = 5.0
"""Real seconds after which a service that has not answered is taken not to: the deadline comes at once then."""

_GLANCE: Final = 0.002
"""Real seconds between two looks at the clock of whoever holds an answer back."""

_real: Final = time.monotonic


class WorldClock:
    """The time where the service is, in seconds since the epoch: real seconds, and those that were skipped."""

    def __init__(self, path: Path) -> None:
        """Share the clock that is in the file at `path`, made by `make`."""
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 24)
        self._numbers = memoryview(self._map).cast("d")
        self._ends: list[float] = []

    @classmethod
    def make(cls, path: Path) -> WorldClock:
        """Make the file, with the clock at `MORNING`."""
        path.write_bytes(bytes(24))
        clock = cls(path)
        clock._numbers[0] = MORNING - _real()
        return clock

    def __call__(self) -> float:
        """Seconds since the epoch."""
        return _real() + self._numbers[0]

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._numbers[0] += seconds

    @property
    def held(self) -> int:
        """How many answers the service holds back."""
        return int(self._numbers[1])

    @property
    def until(self) -> float:
        """When the next of them is let go."""
        return self._numbers[2]

    async def hold(self, seconds: float) -> None:
        """Hold an answer back for so many seconds of this clock; what stands for `asyncio.sleep` in the service."""
        ends = self() + seconds
        self._ends.append(ends)
        try:
            while self() < ends:
                self._tell()
                await asyncio.sleep(_GLANCE)
        finally:
            self._ends.remove(ends)
            self._tell()

    def _tell(self) -> None:
        self._numbers[1], self._numbers[2] = len(self._ends), min(self._ends, default=0.0)


class Lapse:
    """The clocks of this process.

    Attributes:
        world: the time where the service is.
        skew: by how many seconds the wall clock of this machine is wrong.
        working: jobs that threads do for the loop; nothing is skipped meanwhile.
        skipped: seconds.
        asleep: seconds.

    """

    def __init__(self, world: WorldClock) -> None:
        self.world = world
        self.skew = 0.0
        self.working = 0
        self.skipped = 0.0
        self.asleep = 0.0

    def monotonic(self) -> float:
        """What stands for `time.monotonic`: it stops while the machine sleeps."""
        return _real() + self.skipped

    def wall(self) -> datetime:
        """This machine's wall clock, aware UTC."""
        return datetime.fromtimestamp(self.world() + self.skew, UTC)

    def skip(self, seconds: float) -> None:
        """Let `seconds` pass at once."""
        self.skipped += seconds
        self.world.advance(seconds)

    def sleep(self, seconds: float) -> None:
        """Let the machine sleep: the world goes on, its own time does not."""
        self.asleep += seconds
        self.world.advance(seconds)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Skip no time while a thread does something that is waited for here."""
        self.working += 1
        try:
            yield
        finally:
            self.working -= 1

    def install(self) -> None:
        """Be `time.monotonic`, for whatever is imported from now on too."""
        time.monotonic = self.monotonic


class _Selector(selectors.DefaultSelector):
    """Waits for what is under way, and skips the time in which nothing is."""

    def __init__(self, lapse: Lapse) -> None:
        super().__init__()
        self._lapse = lapse
        self._is_silent = False

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """Wait for `fileobj` too: a socket that something is expected of, or the loop's own, the first of all."""
        self._is_silent = False
        return super().register(fileobj, events, data)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; after nothing was, `timeout` seconds have passed, or it is as if they had."""
        is_working = bool(self._lapse.working)  # asked first: a thread that ends after this has woken the loop
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None or is_working:
            return super().select(timeout)
        expected = len(self.get_map()) - 1  # one is the loop's own, by which threads wake it
        if expected > self._lapse.world.held and not self._is_silent:
            began = _real()
            ready = super().select(min(timeout, PATIENCE))
            self._is_silent = not ready and _real() - began > PATIENCE
            return ready
        if expected > 0 and self._lapse.world.held:
            timeout = min(timeout, self._lapse.world.until - self._lapse.world())
            if timeout <= 0:
                return super().select(_GLANCE)
        self._lapse.skip(timeout)
        return []


class LapseLoop(asyncio.SelectorEventLoop):
    """An event loop that lives in a `Lapse`."""

    def __init__(self, lapse: Lapse) -> None:
        self._lapse = lapse
        super().__init__(_Selector(lapse))

    def time(self) -> float:
        """The loop's time, in seconds."""
        return self._lapse.monotonic()

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:  # type: ignore[override]
        """Run on a thread; no time is skipped until it has ended."""
        future = super().run_in_executor(executor, func, *args)
        self._lapse.working += 1
        future.add_done_callback(self._end_work)
        return future

    def _end_work(self, future: object) -> None:
        self._lapse.working -= 1
