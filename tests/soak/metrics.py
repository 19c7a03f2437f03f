"""Measurements: the duration of every callback of the event loop, and the resources of the process."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading
import time
import traceback
from asyncio.events import Handle
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

BUCKETS: Final = (0.001, 0.005, 0.010, 0.020, 0.050, 0.100)
"""Limits of the buckets of durations, in seconds."""

_LONG: Final = 0.010
"""Seconds from which on the time is compared with that of the CPU, which other processes may have used."""
_FRESH: Final = 0.005
_GLANCE: Final = 0.025
"""Seconds between two samples of the stack during a long callback."""
_KEPT: Final = 8
_DEEP: Final = 6
"""Number of frames in a sample."""


@dataclass(frozen=True, slots=True, order=True)
class Blocked:
    """A callback; times in seconds."""

    own: float
    """The time without that in which the thread was runnable and other processes ran (Linux: schedstat)."""
    real: float
    collecting: float
    """The part spent in the garbage collector."""
    at: float
    """The simulated time since the start of the measurement."""
    what: str


class LoopWatch:
    """Measures every callback of the event loop, including garbage collections.

    Attributes:
        counts: the number of callbacks up to each of `BUCKETS`, and longer, by their CPU time.
        worst: the longest callbacks, longest first.
        worst_real: the longest real time of a callback in seconds.
        worst_collection: the longest garbage collection in seconds.
        full_collections: the number of full garbage collections.

    """

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS) + 1)
        self.worst: list[Blocked] = []
        self.worst_real = 0.0
        self.worst_collection = 0.0
        self.full_collections = 0
        self._aside = 0.0
        self._aside_delay = 0.0
        self._is_aside = False
        self._collecting = 0.0
        self._began_collecting = 0.0
        self._running: float | None = None
        self._doing = ""
        self._began = 0.0
        self._ended = threading.Event()

    def begin(self) -> None:
        """Measure every callback in this thread, in any loop, until `end`."""
        self._began = time.monotonic()
        self._loop_thread = threading.get_ident()
        self._delayed = os.open(f"/proc/self/task/{threading.get_native_id()}/schedstat", os.O_RDONLY)
        self._delay, self._delay_at = self._read_delay(), time.perf_counter()
        self._run = run = Handle._run
        clock = time.perf_counter

        def watched(handle: Handle) -> None:
            self._running = began = clock()
            self._aside = self._aside_delay = self._collecting = 0.0
            if began - self._delay_at > _FRESH:
                self._delay, self._delay_at = self._read_delay(), began
            run(handle)
            took = clock() - began - self._aside
            self._running = None
            if took > _LONG:
                self._take_note(handle, took)
            else:
                self.counts[bisect_right(BUCKETS, took)] += 1

        Handle._run = watched  # type: ignore[method-assign,assignment]
        gc.callbacks.append(self._watch_collection)
        self._glancing = threading.Thread(target=self._glance, name="soak watch", daemon=True)
        self._glancing.start()

    def end(self) -> None:
        """Stop measuring."""
        Handle._run = self._run  # type: ignore[method-assign]
        gc.callbacks.remove(self._watch_collection)
        self._ended.set()
        self._glancing.join()
        os.close(self._delayed)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Run code of the soak in a callback that is not measured."""
        began, delay = time.perf_counter(), self._read_delay()
        self._is_aside = True
        try:
            yield
        finally:
            self._is_aside = False
            self._aside += time.perf_counter() - began
            self._aside_delay += self._read_delay() - delay

    def _take_note(self, handle: Handle, real: float) -> None:
        delay = self._read_delay()
        own = max(0.0, real - (delay - self._delay - self._aside_delay))
        self._delay, self._delay_at = delay, time.perf_counter()
        self.counts[bisect_right(BUCKETS, own)] += 1
        self.worst_real = max(self.worst_real, real)
        if len(self.worst) < _KEPT or own > self.worst[-1].own:
            what = f"{_name(handle)}: {self._doing}" if self._doing else _name(handle)
            blocked = Blocked(own, real, self._collecting, time.monotonic() - self._began, what)
            self.worst = sorted([*self.worst, blocked], reverse=True)[:_KEPT]
        self._doing = ""

    def _glance(self) -> None:
        """Sample the stack of long callbacks from a separate thread, until the end."""
        while not self._ended.wait(_GLANCE):
            running = self._running
            if running is not None and time.perf_counter() - running > 2 * _GLANCE and not self._is_aside:
                frames = islice(traceback.walk_stack(sys._current_frames()[self._loop_thread]), _DEEP)
                self._doing = " < ".join(f"{frame.f_code.co_qualname}:{line}" for frame, line in frames)

    def _read_delay(self) -> float:
        """Return the seconds that this thread has waited for a CPU."""
        return int(os.pread(self._delayed, 96, 0).split()[1]) / 1e9

    def _watch_collection(self, phase: str, info: dict[str, Any]) -> None:
        if phase == "start":
            self._began_collecting = time.perf_counter()
        elif not self._is_aside:
            took = time.perf_counter() - self._began_collecting
            self.full_collections += info["generation"] == 2
            self._collecting += took
            self.worst_collection = max(self.worst_collection, took)


def _name(handle: Handle) -> str:
    callback = handle._callback  # type: ignore[attr-defined]
    task = getattr(callback, "__self__", None)
    if isinstance(task, asyncio.Task):
        coroutine: Any = task.get_coro()
        return f"{task.get_name()} ({coroutine.__qualname__})"
    return f"{getattr(callback, '__qualname__', callback)!s:.80}"


@dataclass(frozen=True, slots=True)
class Held:
    """The resources of the process at one moment."""

    hour: float
    """The simulated time since the start."""
    memory: int
    """Resident memory in bytes."""
    objects: int
    """Objects known to the garbage collector, after a collection."""
    files: int
    """Open file descriptors."""
    tasks: int
    threads: int
    widgets: int
    journal: int
    """Size of the database files in bytes."""


@dataclass(slots=True)
class Holdings:
    """Measures the resources of the process repeatedly."""

    journal: Path
    series: list[Held] = field(default_factory=list)

    def count(self, hour: float, widgets: int) -> Held:
        """Measure the resources, and store the result."""
        memory = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        gc.collect()
        held = Held(
            hour=hour,
            memory=memory,
            objects=len(gc.get_objects()),
            files=len(list(Path("/proc/self/fd").iterdir())),
            tasks=len(asyncio.all_tasks()),
            threads=threading.active_count(),
            widgets=widgets,
            journal=sum(path.stat().st_size for path in self.journal.parent.glob(f"{self.journal.name}*")),
        )
        self.series.append(held)
        return held
