"""Proof of the waiting list: `python -m tests.proof.waitlist [SEEDS]` opens the stock 300 times for each seed.

Three programs wait for 40 hosts. Responses are lost, requests are not sent, and programs are killed in the middle of
purchases. It ends with an error if more hosts are sold than wanted, above the highest price, or within a minute.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Final
from unittest import mock

from tests.support.waitlist_shop import ENTRY, simulate
from xds_tui.domain.waitlist import MIN_INTERVAL
from xds_tui.fleet import waitlist_runner

OPENINGS: Final = 300
COUNT: Final = 40


def main(seeds: int) -> int:
    """Run the simulation with each seed, print what came of it, and return the exit code."""
    is_kept = True
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(waitlist_runner, "RESPONSE_POLL", 0.001):
            found = asyncio.run(simulate(Path(folder) / "journal.db", seed, OPENINGS, COUNT))
        highest, gap = max(found.prices), min(found.gaps)
        print(
            f"seed {seed}: {found.openings} openings, {found.kills} kills, {len(found.gaps) + 1} requests,"
            f" {len(found.prices)} of {COUNT} hosts at ¥{highest} at most, {gap.total_seconds():.0f} s apart at least"
        )
        is_kept &= len(found.prices) <= COUNT and highest <= ENTRY.max_price and gap >= MIN_INTERVAL
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
