"""`python -m tests.bench.keys`: the time from a key to the last byte of its effect, with many hosts and with few.

Both programs run at the same time and receive keys in turn. The filter is typed and deleted letter by letter, so every
key press searches all hosts; its field is painted before the table, so the pause that ends a response is a long one.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.bench.screen import XDS, Screen
from tests.bench.service import LIVE, serving
from tests.bench.table import Line, compared, milliseconds, percentile, run

FEW: Final = 100
MANY: Final = 10_000
DOWN, UP = "\x1b[B", "\x1b[A"

PAUSE: Final = 0.03
"""Seconds without output that end the response to a key."""
FILTER_PAUSE: Final = 0.25

RUNS: Final = 200
FILTER: Final = "train -win "
"""The filter to type and delete: two key presses per letter and round."""
FILTER_ROUNDS: Final = 2

AIM: Final = 1.2
FILTER_AIM: Final = 2.0


def responses(screens: Sequence[Screen], keys: Sequence[str], pause: float) -> list[list[float]]:
    """Press each key on each screen in turn, and return the seconds that each screen took."""
    taken: list[list[float]] = [[] for _ in screens]
    for key in keys:
        for screen, seconds in zip(screens, taken, strict=True):
            seconds.append(screen.burst(key, pause=pause).seconds)
    return taken


def compared_keys(what: str, many: Sequence[float], few: Sequence[float], aim: float) -> list[Line]:
    """Compare the median and the high percentile of the response times."""
    slow, slow_of_few = percentile(many, 95), percentile(few, 95)
    middle = compared(f"{what}, median, {MANY:,} to {FEW} hosts", many, few)
    ratio = slow / slow_of_few
    return [
        middle,
        Line(
            f"{what}, 95th percentile, {MANY:,} to {FEW} hosts",
            milliseconds(slow),
            milliseconds(slow_of_few),
            f"{ratio:.2f}",
            f"{len(many)} keys",
            f"≤ {aim:g}",
            ratio <= aim,
        ),
    ]


def measure(quick: bool) -> list[Line]:
    """Measure the response to keys."""
    runs, rounds = (40, 1) if quick else (RUNS, FILTER_ROUNDS)
    with ExitStack() as stack:
        screens = []
        for hosts in (MANY, FEW):
            service = stack.enter_context(serving(hosts))
            home = Path(stack.enter_context(TemporaryDirectory()))
            screens.append(stack.enter_context(Screen([XDS, "--interval", "3600"], service.environ(home))))
        for screen in screens:
            screen.wait_for(LIVE)
            screen.be_quiet(1)
        half = runs // 4
        moves = [*[DOWN] * half, *[UP] * half] * 2
        many, few = responses(screens, moves, PAUSE)
        for screen in screens:
            screen.burst("/", pause=FILTER_PAUSE)
        typing = [*FILTER, *["\x7f"] * len(FILTER)] * rounds
        many_filtered, few_filtered = responses(screens, typing, FILTER_PAUSE)
    return [
        *compared_keys("cursor key to paint", many, few, AIM),
        *compared_keys("filter keystroke to paint", many_filtered, few_filtered, FILTER_AIM),
    ]


if __name__ == "__main__":
    run(measure)
