"""The checks of a run: pure functions from the results to lines of a report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import linear_regression
from typing import Final

from .metrics import BUCKETS, Held
from .week import Outcome

MOST_BLOCKED: Final = 0.1
"""Maximum duration of a callback in seconds."""

WARM_UP: Final = 1 / 7
"""The part of the run in which caches are filled and growth is not checked."""
_MOST_WARM_UP: Final = 24.0
"""Duration of the warm-up in hours, at most."""

MB: Final = 2**20
MOST_MEMORY: Final = 12 * MB
"""Growth that counts as flat, by linear regression: 2 MB per day."""
MOST_OBJECTS: Final = 40_000
"""Growth by Textual's and Rich's caches of styles and regions, with 1,024 to 4,096 entries each, over days."""
MOST_FILES: Final = 1.5
MOST_TASKS: Final = 1.5
MOST_THREADS: Final = 0.5
MOST_WIDGETS: Final = 1.5
_FEWEST: Final = 4
"""Minimum number of measurements for a regression."""
_SHORT: Final = 4
"""Additional growth in a run of less than a day, by connections that are open at the time."""
MOST_JOURNAL: Final = 64 * MB
"""Maximum size of the database in bytes after any week."""


@dataclass(frozen=True, slots=True)
class Line:
    """A check, or a figure without a limit."""

    what: str
    seen: str
    promised: str = ""
    is_kept: bool | None = None


def lines(outcome: Outcome) -> list[Line]:
    """Return the figures, and for each check whether it passed."""
    if len(outcome.holdings.series) < _FEWEST:
        return [Line("the run", "it ended early", "it goes on to its end", is_kept=False)]
    return [*_promises(outcome), *_figures(outcome)]


def is_kept(lines: Iterable[Line]) -> bool:
    """Return whether all checks passed."""
    return all(line.is_kept is not False for line in lines)


def rise(series: Sequence[Held], value: Callable[[Held], float]) -> float:
    """Return the growth of `value` from the end of the warm-up to the end, by linear regression."""
    warm = after_warm_up(series)
    fit = linear_regression([held.hour for held in warm], [value(held) for held in warm])
    return fit.slope * (warm[-1].hour - warm[0].hour)


def after_warm_up(series: Sequence[Held]) -> list[Held]:
    """Return the measurements after the warm-up."""
    begins = min(_MOST_WARM_UP, series[-1].hour * WARM_UP) if series[-1].hour >= _MOST_WARM_UP else series[-1].hour / 2
    return [held for held in series if held.hour >= begins]


def _promises(outcome: Outcome) -> Iterable[Line]:
    yield from _flat(outcome.holdings.series, is_long=outcome.plan.is_long)
    longest = outcome.watch.worst[0].own if outcome.watch.worst else 0.0
    yield Line("longest callback of the event loop", _ms(longest), f"≤ {_ms(MOST_BLOCKED)}", longest <= MOST_BLOCKED)
    wrong = sorted(
        host_id
        for host_id in {*outcome.truth, *outcome.seen}
        if outcome.truth.get(host_id) != outcome.seen.get(host_id)
    )
    seen = f"{len(outcome.seen)} of {len(outcome.truth)}" + (f", wrong: {', '.join(wrong[:5])}" if wrong else "")
    yield Line("hosts as the service has them", seen, "all, and no other", bool(outcome.truth) and not wrong)
    yield Line("link at the end", outcome.link, "live", outcome.link == "live")
    yield Line("exceptions, warnings, errors logged", f"{len(outcome.complaints)}", "0", not outcome.complaints)
    yield Line("the database's own check", outcome.database, "ok", outcome.database == "ok")
    largest = max(held.journal for held in outcome.holdings.series)
    yield Line("the database's files", _mb(largest), f"≤ {_mb(MOST_JOURNAL)}", largest <= MOST_JOURNAL)


def _flat(series: Sequence[Held], *, is_long: bool) -> Iterable[Line]:
    """Yield the checks of growth; caches are filled for hours, so a short run has no limit for what they contain."""
    gauges: tuple[tuple[str, Callable[[Held], float], float, Callable[[float], str], bool], ...] = (
        ("memory (resident)", lambda held: held.memory, MOST_MEMORY, _mb, True),
        ("objects (Python's collector)", lambda held: held.objects, MOST_OBJECTS, _count, True),
        ("file descriptors", lambda held: held.files, MOST_FILES, _count, False),
        ("tasks", lambda held: held.tasks, MOST_TASKS, _count, False),
        ("threads", lambda held: held.threads, MOST_THREADS, _count, False),
        ("widgets", lambda held: held.widgets, MOST_WIDGETS, _count, False),
    )
    for what, value, bound, shown, warms in gauges:
        most = bound if is_long else bound * _SHORT
        warm = after_warm_up(series)
        risen = rise(series, value)
        least, largest = min(map(value, warm)), max(map(value, warm))
        seen = (
            f"{shown(risen)} rise; {shown(value(warm[0]))} → {shown(value(warm[-1]))}, {shown(least)}–{shown(largest)}"
        )
        yield Line(what, seen, f"rise ≤ {shown(most)}", risen <= most if is_long or not warms else None)


def _figures(outcome: Outcome) -> Iterable[Line]:
    watch, plan = outcome.watch, outcome.plan
    bounds = [*(f"≤ {_ms(bucket)}" for bucket in BUCKETS), f"> {_ms(BUCKETS[-1])}"]
    counts = zip(bounds, watch.counts, strict=True)
    yield Line("callbacks", ", ".join(f"{count} {bound}" for bound, count in counts if count))
    for blocked in watch.worst:
        about = f"real {_ms(blocked.real)}, {_ms(blocked.collecting)} of it collecting garbage"
        yield Line("  one of the longest", f"{_ms(blocked.own)} ({about}) at {blocked.at / 3600:.2f} h: {blocked.what}")
    yield Line("longest, by the clock on the wall", f"{_ms(watch.worst_real)}, other processes and all")
    yield Line(
        "garbage collections",
        f"{watch.full_collections} full ones; the longest of any took {_ms(watch.worst_collection)}",
    )
    yield Line("what befell it", _listed(outcome.happened))
    yield Line("what the user did", _listed(outcome.did))
    yield Line("orders that are remembered", _listed(outcome.orders))
    yield Line("rows in the database", _listed(outcome.rows))
    yield Line("sweeps that succeeded", f"{outcome.sweeps}")
    yield Line("simulated", f"{plan.days:g} days awake, {outcome.asleep / 3600:.0f} h asleep, seed {plan.seed}")
    speed = plan.seconds / outcome.seconds
    yield Line("real", f"{outcome.seconds / 60:.1f} min: {speed:.0f} times as fast as time")


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _mb(size: float) -> str:
    return f"{size / MB:.1f} MB"


def _count(number: float) -> str:
    return f"{number:,.1f}".removesuffix(".0")
