"""`python -m tests.simulator_faults`: `xds-tui simulate` with the routes of `control_api`."""

from __future__ import annotations

import argparse
import sys
import time

from xds_tui.simulator.demo_fleet import populate
from xds_tui.simulator.http_server import greeting
from xds_tui.simulator.world import Options, World

from .clocks import SkewedClock
from .middleware import Service
from .server import RunningSimulator


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.simulator_faults", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--hosts", type=int, default=40)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--dialect", choices=["document", "later"], default="later")
    options = parser.parse_args()
    world = World(Options(dialect=options.dialect, seed=options.seed), SkewedClock(time.time))
    populate(world, options.hosts)
    simulator = RunningSimulator(Service(world), port=options.port, control=True)
    print(greeting(simulator.url), flush=True)
    simulator.serve()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
