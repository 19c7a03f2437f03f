"""`python -m tests.fuzz`: fuzzing of the client, the screens and the terminal input, and a table of the results.

Exits with 1 after an unexpected exception, a slow response, growth of memory, or a key that was not typed. Equal seeds
yield equal responses and input.
"""

from __future__ import annotations

import argparse
import faulthandler
import sys
import time
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .decoding import Outcome

TESTS = Path(__file__).parents[1]
HANG_TIMEOUT = 3_600
"""Seconds after which an endpoint that hangs prints its stack."""


def main() -> int:
    """Run everything, and print the results."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument(
        "--per-endpoint",
        type=int,
        default=100_000,
        metavar="N",
        help="answers a call of the client (100000)",
    )
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="endpoints at the same time (1)")
    parser.add_argument("--screens", type=int, default=300, metavar="N", help="answers an endpoint to the app (300)")
    parser.add_argument("--input", type=int, default=1_000_000, metavar="N", help="bytes of a terminal (1000000)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of everything random (1)")
    options = parser.parse_args()
    sys.path[:0] = [str(TESTS), str(TESTS / "tui")]
    from .decoding import run_each
    from .keyboard import run_keyboard
    from .screens import run_screens

    began = time.monotonic()
    stages: Iterable[Callable[[], Outcome]] = chain(
        run_each(options.per_endpoint, options.seed, options.jobs),
        run_screens(options.screens, options.seed),
        [partial(run_keyboard, options.input, options.seed)],
    )
    print(f"{'endpoint':<16} {'answers':>8} {'s':>6} {'slowest ms':>10} {'growth MB':>9}  ends")
    is_kept = True
    for run_stage in stages:
        faulthandler.dump_traceback_later(HANG_TIMEOUT, exit=True)
        outcome = run_stage()
        is_kept &= outcome.is_kept
        _print(outcome)
    print(f"\nseed {options.seed}, {time.monotonic() - began:.0f} s")
    return 0 if is_kept else 1


def _print(outcome: Outcome) -> None:
    """Print the line of an endpoint as soon as it has ended, so that an interrupted run shows something."""
    for complaint in outcome.complaints:
        print(complaint, file=sys.stderr, flush=True)
    ends = ", ".join(f"{name} {count}" for name, count in outcome.ends.most_common())
    figures = f"{outcome.answers:>8} {outcome.seconds:>6.0f} {outcome.slowest * 1000:>10.1f} {outcome.growth:>9.1f}"
    print(f"{outcome.name:<16} {figures}  {ends}{'' if outcome.is_kept else '  BROKEN'}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
