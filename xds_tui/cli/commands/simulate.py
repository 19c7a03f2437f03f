"""`xds-tui simulate`: serve the simulator on a port of this machine."""

from __future__ import annotations

import argparse
import time

from xds_tui.cli import output
from xds_tui.cli.output import OutputError, print_error, print_output_error
from xds_tui.i18n import _
from xds_tui.simulator.demo_fleet import populate
from xds_tui.simulator.fault_middleware import Service
from xds_tui.simulator.lifecycle import SkewedClock
from xds_tui.simulator.world import Options, World
from xds_tui.system.exit_codes import ExitCode


def serve(options: argparse.Namespace) -> int:
    """Serve the simulator until a signal ends it, and return the exit code."""
    try:
        from xds_tui.simulator.http_server import RunningSimulator, greeting
    except ModuleNotFoundError as error:
        if error.name != "uvicorn":
            raise
        print_error([_("The simulator needs a web server. Install it with: pip install 'xds-tui[simulate]'")])
        return ExitCode.FAILURE
    clock = SkewedClock(time.time) if options.control else time.time
    world = World(Options(dialect=options.dialect, seed=options.seed), clock)
    populate(world, options.hosts)
    try:
        simulator = RunningSimulator(Service(world), port=options.port, control=options.control)
    except (OSError, OverflowError) as error:  # the port is in use or out of range
        print_error([str(error)])
        return ExitCode.FAILURE
    try:
        output.write(greeting(simulator.url) + "\n")
    except OutputError as error:
        return print_output_error(error)
    simulator.serve()
    return ExitCode.OK
