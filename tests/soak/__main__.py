"""`python -m tests.soak`: a simulated week in minutes, with all kinds of faults.

Exits with 1 if a check failed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from .verdict import Line, is_kept, lines
from .week import Plan, Week


def main() -> int:
    """Run the week, print the results, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--days", type=float, default=7.0, help="simulated (7)")
    parser.add_argument("--hosts", type=int, default=60, help="in the fleet (60)")
    parser.add_argument("--seed", type=int, default=1, help="of everything random (1)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcome = Week(Plan(options.days, options.hosts, options.seed), Path(folder)).run()
    for complaint in outcome.complaints:
        print(complaint, file=sys.stderr)
    found = lines(outcome)
    printed(found)
    return 0 if is_kept(found) else 1


def printed(found: list[Line]) -> None:
    """Print a table."""
    width = max(len(line.what) for line in found)
    for line in found:
        mark = {True: "kept  ", False: "BROKEN", None: "      "}[line.is_kept]
        promised = f"  ({line.promised})" if line.promised else ""
        print(f"{mark}  {line.what:{width}}  {line.seen}{promised}")


if __name__ == "__main__":
    sys.exit(main())
