"""`python -m tests.proof.orders`: every host that is bought is reported, once, and for the order that bought it.

Buyers, each a process with the real services of the program, buy from simulators over real HTTP. Each account has two
of them, as two machines with separate journals, and another user who buys the same packages. Faults are injected at
every stage, the service responds with every code after it has carried out the request and without doing so, and buyers
are killed repeatedly. At the end the ledgers of the simulators are compared with the journals and with the requests of
the users. Exits with 1 after a violation.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from .faults import ANSWERS, describe
from .lane import Lane, Outcome, Share

A_LANE: Final = 125
"""Creates per lane; with a larger fleet, refreshes would dominate the run."""


async def prove(creates: int, kills: int, seed: int, at_once: int, folder: Path) -> Outcome:
    """Run as many lanes as necessary, `at_once` at the same time, each in its own folder, and return the total.

    A run of fewer than `A_LANE` creates does not include every response.
    """
    lanes = max(1, creates // A_LANE)
    limit = asyncio.Semaphore(at_once)
    outcome = Outcome()
    answers = random.Random(f"answers {seed}").sample(ANSWERS, len(ANSWERS) if creates >= A_LANE else creates // 4)

    async def run(number: int) -> None:
        share = Share(_share(creates, lanes, number), _share(kills, lanes, number), tuple(answers[number::lanes]))
        lane = Lane(number, seed, share, folder / f"lane-{number}")
        async with limit:
            outcome.add(await lane.run())

    async with asyncio.TaskGroup() as group:
        for number in range(lanes):
            group.create_task(run(number))
    return outcome


def _share(whole: int, lanes: int, number: int) -> int:
    return whole // lanes + (number < whole % lanes)


def table(outcome: Outcome, seconds: float) -> Iterable[str]:
    """Yield the counts, one per line."""
    of = outcome.verdict
    bought = ", ".join(f"{count} {how}" for how, count in sorted(outcome.purchases.items(), reverse=True))
    yield _row("hosts asked for", of.asked, f"in {bought} purchases")
    yield _row("  never begun", of.not_begun, "killed before anything of them was written or sent")
    yield _row("  not sent", of.not_sent)
    yield _row("  refused", of.refused, f"{of.refused_sold} bought a host that was pointed out")
    yield _row("  settled", of.settled)
    yield _row("    with the host that came of the order", of.right)
    yield _row("    exchanged with one bought of the same goods", of.exchanged)
    yield _row("    by coincidence", of.coincidences, "bought nothing; another user bought the same just then")
    yield _row("    by a swap", of.swaps, "bought one later; another user bought the same just then")
    yield _row("  accepted, host not recognised", of.accepted)
    yield _row("  unknown", of.unknown, f"{of.unknown_sold} with a sale, {of.unknown - of.unknown_sold} without")
    yield _row("accepted or unknown, with one that may be theirs", of.may_be, f"{of.may_be_right} of them are")
    yield _row("purchases that may repeat an earlier one", of.questions, f"{of.declined} not confirmed")
    yield _row("orders that left", of.left)
    yield _row("create requests on the line", of.received)
    yield _row("sold, by the ledgers", of.sold)
    yield _row("sold to somebody else", of.sold_to_others, _listed(outcome.others))
    yield _row("REPEATED without a question", of.repeated)
    yield _row("DOUBLED", of.doubled)
    yield _row("BOUGHT, and reported as not bought", of.denied)
    yield _row("CONFIRMED, and bought nothing", of.confirmed_for_nothing)
    yield _row("ATTRIBUTED to the wrong order", of.wrong)
    yield _row("HOSTS named by two orders", of.shared)
    yield _row("NOT in a final state", of.unfinished)
    yield _row("ORDERED by nobody", of.unasked)
    yield _row("kills (SIGKILL)", sum(outcome.kills.values()))
    yield from (_row(f"  {stage}", count) for stage, count in sorted(outcome.kills.items()))
    given = {describe(fault) for fault in ANSWERS} & outcome.answers
    yield _row("answers that tell nothing certain", len(given), f"of {len(ANSWERS)}: every code, done and not done")
    yield _row("faults and breaks", sum(outcome.mishaps.values()))
    yield from (_row(f"  {kind}", count) for kind, count in sorted(outcome.mishaps.items()))
    yield f"{'duration':48} {seconds:6.0f} s"


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def _row(name: str, count: int, more: str = "") -> str:
    return f"{name:48} {count:6}   {more}".rstrip()


def main() -> int:
    """Run the proof, print the table, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--creates", type=int, default=2500, metavar="N", help="create requests at least (2500)")
    parser.add_argument("--kills", type=int, default=60, metavar="N", help="kills at least (60)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of everything drawn by lot (1)")
    parser.add_argument("--at-once", type=int, default=3, metavar="N", help="lanes at the same time (3)")
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
