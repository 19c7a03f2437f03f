"""`xds-tui simulate`: serve the simulator on a port of this machine."""

from __future__ import annotations

import argparse

from xds_tui.cli import output
from xds_tui.cli.output import OutputError, print_error, print_output_error
from xds_tui.i18n import _
from xds_tui.simulator.demo_fleet import populate
from xds_tui.simulator.http_app import build
from xds_tui.simulator.world import Options, World
from xds_tui.system.exit_codes import ExitCode


def serve(options: argparse.Namespace) -> int:
    """Serve the simulator until a signal ends it, and return the exit code."""
    try:
        from xds_tui.simulator.http_server import SimulatorServer, greeting
    except ModuleNotFoundError as error:
        if error.name != "uvicorn":
            raise
        print_error([_("The simulator needs a web server. Install it with: pip install 'xds-tui[simulate]'")])
        return ExitCode.FAILURE
    world = World(Options(dialect=options.dialect, seed=options.seed))
    populate(world, options.hosts)
    try:
        server = SimulatorServer(build(world), port=options.port)
    except (OSError, OverflowError) as error:  # the port is in use or out of range
        print_error([str(error)])
        return ExitCode.FAILURE
    try:
        output.write(greeting(server.url) + "\n")
    except OutputError as error:
        return print_output_error(error)
    server.serve()
    return ExitCode.OK
