"""Simulated time that skips idle periods: the clock of the event loop advances to the next timer at once.

All clocks of a run depend on it: `time.monotonic` of this process, the loop's, and the wall clocks of the client and of
the simulated service in another process, which shares the state in a mapped file. No time is skipped while a thread
works for the loop or while the service works on a response; responses that it delays on purpose arrive at once.
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
"""Seconds since the epoch at the start of every run."""

SILENCE_TIMEOUT: Final = 5.0
"""Real seconds without a response after which the deadline is reached at once."""

_GLANCE: Final = 0.002
"""Real seconds between two checks of the clock while a response is delayed."""

_real: Final = time.monotonic


class WorldClock:
    """The time of the service in seconds since the epoch: real time, and the skipped time."""

    def __init__(self, path: Path) -> None:
        """Share the clock in the file at `path`, which `make` has created."""
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 24)
        self._numbers = memoryview(self._map).cast("d")
        self._ends: list[float] = []

    @classmethod
    def make(cls, path: Path) -> WorldClock:
        """Create the file, with the clock at `MORNING`."""
        path.write_bytes(bytes(24))
        clock = cls(path)
        clock._numbers[0] = MORNING - _real()
        return clock

    def __call__(self) -> float:
        """Return the time in seconds since the epoch."""
        return _real() + self._numbers[0]

    def advance(self, seconds: float) -> None:
        """Advance the clock."""
        self._numbers[0] += seconds

    @property
    def held(self) -> int:
        """Return the number of responses that the service delays."""
        return int(self._numbers[1])

    @property
    def until(self) -> float:
        """Return the time of the next delayed response."""
        return self._numbers[2]

    async def hold(self, seconds: float) -> None:
        """Delay a response by seconds of this clock; it replaces `asyncio.sleep` in the service."""
        ends = self() + seconds
        self._ends.append(ends)
        try:
            while self() < ends:
                self._notify()
                await asyncio.sleep(_GLANCE)
        finally:
            self._ends.remove(ends)
            self._notify()

    def _notify(self) -> None:
        self._numbers[1], self._numbers[2] = len(self._ends), min(self._ends, default=0.0)


class Lapse:
    """The clocks of this process.

    Attributes:
        world: the time of the service.
        skew: the deviation of this machine's wall clock in seconds.
        working: the number of jobs that threads do for the loop, during which no time is skipped.
        skipped: the skipped time in seconds.
        asleep: the time that the machine has slept, in seconds.

    """

    def __init__(self, world: WorldClock) -> None:
        self.world = world
        self.skew = 0.0
        self.working = 0
        self.skipped = 0.0
        self.asleep = 0.0

    def monotonic(self) -> float:
        """Return the time in place of `time.monotonic`; it stops while the machine sleeps."""
        return _real() + self.skipped

    def wall(self) -> datetime:
        """Return the time of this machine's wall clock, aware UTC."""
        return datetime.fromtimestamp(self.world() + self.skew, UTC)

    def skip(self, seconds: float) -> None:
        """Advance all clocks by `seconds` at once."""
        self.skipped += seconds
        self.world.advance(seconds)

    def sleep(self, seconds: float) -> None:
        """Put the machine to sleep: the time of the service advances, and its own does not."""
        self.asleep += seconds
        self.world.advance(seconds)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Skip no time while a thread works for the caller."""
        self.working += 1
        try:
            yield
        finally:
            self.working -= 1

    def install(self) -> None:
        """Replace `time.monotonic`, also for modules that are imported later."""
        time.monotonic = self.monotonic


class _Selector(selectors.DefaultSelector):
    """Waits for input, and skips time in which there is none."""

    def __init__(self, lapse: Lapse) -> None:
        super().__init__()
        self._lapse = lapse
        self._is_silent = False

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """Register `fileobj`: a socket with an expected response, or first that of the loop itself."""
        self._is_silent = False
        return super().register(fileobj, events, data)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return the ready files; if there are none, `timeout` seconds have passed or were skipped."""
        is_working = bool(self._lapse.working)  # asked first: a thread that ends after this has woken the loop
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None or is_working:
            return super().select(timeout)
        expected = len(self.get_map()) - 1  # one is the loop's own, by which threads wake it
        if expected > self._lapse.world.held and not self._is_silent:
            began = _real()
            ready = super().select(min(timeout, SILENCE_TIMEOUT))
            self._is_silent = not ready and _real() - began > SILENCE_TIMEOUT
            return ready
        if expected > 0 and self._lapse.world.held:
            timeout = min(timeout, self._lapse.world.until - self._lapse.world())
            if timeout <= 0:
                return super().select(_GLANCE)
        self._lapse.skip(timeout)
        return []


class LapseLoop(asyncio.SelectorEventLoop):
    """An event loop with the clock of a `Lapse`."""

    def __init__(self, lapse: Lapse) -> None:
        self._lapse = lapse
        super().__init__(_Selector(lapse))

    def time(self) -> float:
        """Return the loop's time in seconds."""
        return self._lapse.monotonic()

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:  # type: ignore[override]
        """Run a function in a thread; no time is skipped until it has ended."""
        future = super().run_in_executor(executor, func, *args)
        self._lapse.working += 1
        future.add_done_callback(self._end_work)
        return future

    async def shutdown_default_executor(self, *args: Any) -> None:
        """Wait for the threads of the loop; no time is skipped until they have ended."""
        with self._lapse.at_work():
            await super().shutdown_default_executor(*args)

    def _end_work(self, future: object) -> None:
        self._lapse.working -= 1
