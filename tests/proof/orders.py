"""`python -m tests.proof.orders`: that no purchase is doubled or lost, whatever breaks and whoever is killed.

Buyers, each a process with the program's real parts, buy from simulators over real HTTP while faults strike at every
stage and SIGKILL ends them again and again. At the end the simulators' own ledgers are held against the journals and
against what the user asked for. Exits with 1 if anything was doubled or lost.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from .lane import Lane, Outcome

A_LANE: Final = 125
"""Creates of one lane: a sweep of a larger fleet would be most of the work."""


async def prove(creates: int, kills: int, seed: int, at_once: int, folder: Path) -> Outcome:
    """Run as many lanes as it takes, `at_once` together, each in a folder of its own, and return all they came to."""
    lanes = max(1, creates // A_LANE)
    limit = asyncio.Semaphore(at_once)
    outcome = Outcome()

    async def run(number: int) -> None:
        lane = Lane(
            number, seed, _share(creates, lanes, number), _share(kills, lanes, number), folder / f"lane-{number}"
        )
        async with limit:
            came = await lane.run()
        outcome.add(came)

    async with asyncio.TaskGroup() as group:
        for number in range(lanes):
            group.create_task(run(number))
    return outcome


def _share(whole: int, lanes: int, number: int) -> int:
    return whole // lanes + (number < whole % lanes)


def table(outcome: Outcome, seconds: float) -> Iterable[str]:
    """The counts, a line each."""
    of = outcome.verdict
    bought = ", ".join(f"{count} {how}" for how, count in sorted(outcome.purchases.items(), reverse=True))
    yield _row("hosts asked for", of.asked, f"in {bought} purchases")
    yield _row("  never begun", of.not_begun, "killed before anything of them was written or sent")
    yield _row("  not sent", of.not_sent)
    yield _row("  refused", of.refused)
    yield _row("  settled", of.settled, f"{of.swapped} by a host sold for another order that looks alike")
    yield _row("  accepted, not seen", of.awaited)
    yield _row("  unknown", of.unknown, f"{of.unknown_sold} with a sale, {of.unknown - of.unknown_sold} without")
    yield _row("orders that left", of.left)
    yield _row("create requests on the line", of.received)
    yield _row("sold, by the ledgers", of.sold)
    yield _row("doubled", of.doubled)
    yield _row("lost", of.lost)
    yield _row("not in a final state", of.unfinished)
    yield _row("ordered by nobody", of.unasked)
    yield _row("kills (SIGKILL)", sum(outcome.kills.values()))
    yield from (_row(f"  {stage}", count) for stage, count in sorted(outcome.kills.items()))
    yield _row("faults and breaks", sum(outcome.mishaps.values()))
    yield from (_row(f"  {kind}", count) for kind, count in sorted(outcome.mishaps.items()))
    yield f"{'duration':44} {seconds:6.0f} s"
    accounts = f"{of.settled} settled + {of.awaited} accepted + {of.unknown_sold} unknown with a sale"
    yield f"{of.sold} sold = {accounts} - {of.lost} lost + {of.doubled} doubled"


def _row(name: str, count: int, more: str = "") -> str:
    return f"{name:44} {count:6}   {more}".rstrip()


def main() -> int:
    """Prove it, print the table, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--creates", type=int, default=2000, metavar="N", help="create requests at least (2000)")
    parser.add_argument("--kills", type=int, default=50, metavar="N", help="kills at least (50)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of everything drawn by lot (1)")
    parser.add_argument("--at-once", type=int, default=5, metavar="N", help="lanes at the same time (5)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where journals and logs are to stay")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        kept = options.keep or Path(folder)
        outcome = asyncio.run(prove(options.creates, options.kills, options.seed, options.at_once, kept))
    for line in table(outcome, time.monotonic() - began):
        print(line)
    for problem in outcome.verdict.problems:
        print(problem, file=sys.stderr)
    print("holds" if outcome.verdict.holds else "DOES NOT HOLD")
    return 0 if outcome.verdict.holds else 1


if __name__ == "__main__":
    sys.exit(main())
