"""The command line: argv to settings to parts to a command.

What a command does not need is not imported: Textual only when there is a screen, and nothing but the parser for
`--version` and `--help`.
"""

from __future__ import annotations

import gc
import os
import stat
import sys
import threading
from collections.abc import Mapping, Sequence
from io import TextIOWrapper
from typing import TYPE_CHECKING, Final

from xds_tui import i18n
from xds_tui.cli import bootstrap, parser
from xds_tui.i18n import _
from xds_tui.system import standard_streams

if TYPE_CHECKING:
    import argparse

    from xds_tui.config.settings import Settings

FAILURE: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130

_COERCED: Final = ("C.UTF-8", "C.utf8", "UTF-8")
"""What Python makes of LC_CTYPE in a C locale."""

_REAL: Final = ("login", "logout", "doctor")
"""The commands that the demo has nothing for."""

_LEAKY: Final = ("TEXTUAL", "TEXTUAL_LOG", "TEXTUAL_PRESS", "TEXTUAL_DRIVER", "TEXTUAL_DEBUG", "TEXTUAL_SCREENSHOT")
"""Textual's own variables that write typed passwords to a file or a socket, or press keys by themselves."""


_WEB_DRIVER: Final = "textual.drivers.web_driver:WebDriver"
"""What textual-serve has in TEXTUAL_DRIVER of an app that it starts for a browser. Textual never sees it: it would
import whatever stands there."""

_OF_A_TERMINAL: Final = ("TMUX", "STY", "COLORFGBG")
"""Variables of the terminal that a server was started in, which is not the one that its page emulates."""

_OF_THE_PAGE: Final = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}

_SIZES: Final = ("COLUMNS", "LINES")
"""Variables that Textual believes more than the terminal, so that the screen would never follow its size."""

_STDIN, _STDOUT = 0, 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that `argv` names, and return the exit code."""
    standard_streams.open_missing()
    try:
        code = _run(argv)
    except Exception as error:  # noqa: BLE001 - whatever it is, its values must not be printed
        from xds_tui.tui.runtime import crash_report

        standard_streams.complain(crash_report.crash_message(error) + "\n")
        code = FAILURE
    if argv is None:
        _leave(code)
    return code


def _leave(code: int) -> None:
    """End the process here if a thread is stuck, in the keyring for one: the interpreter's own end may abort then."""
    from xds_tui.auth import keyring_store

    if any(thread.name == keyring_store.THREAD for thread in threading.enumerate()):
        sys.stdout.flush()  # both have been, or cannot be
        sys.stderr.flush()
        os._exit(code)


def _run(argv: Sequence[str] | None) -> int:
    i18n.choose(i18n.from_environment())
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a letter that somebody's terminal lacks is no failure
    try:
        options = parser.parse(argv)
    except OSError as error:
        from xds_tui.cli import output
        from xds_tui.cli.commands import dispatch

        standard_streams.discard(sys.stdout)
        return dispatch.end(output.OutputError(error))
    from xds_tui.config.settings import SettingsError, load
    from xds_tui.text import labels

    try:
        environ = _environ()
        settings = load(parser.chosen(options), environ)
    except SettingsError as error:
        labels.print_error([bootstrap.said(error)])
        return USAGE
    i18n.choose(settings.language or i18n.from_environment())
    try:
        if options.command == "simulate":
            return _simulate(options)
        if options.command is not None:
            return _run_command(settings, options)
        return _run_app(settings, options, environ)
    except KeyboardInterrupt:
        return INTERRUPTED


def _environ() -> Mapping[str, str]:
    """The environment as it was handed over: in a C locale Python itself puts LC_CTYPE there (PEP 538).

    Where LANG says nothing either, Python's guess that the terminal understands UTF-8 is as good as any. A browser
    does, whatever the locale of the machine that serves.
    """
    environ = dict(os.environ)
    if _is_served():
        return {**environ, "LC_ALL": "C.UTF-8"}
    if environ.get("LANG") and environ.get("LC_CTYPE") in _COERCED:
        from pathlib import Path

        try:
            handed_over = Path("/proc/self/environ").read_bytes().split(b"\0")
        except OSError:  # another system
            return environ
        if not any(line.startswith(b"LC_CTYPE=") for line in handed_over):
            del environ["LC_CTYPE"]
    return environ


def _run_command(settings: Settings, options: argparse.Namespace) -> int:
    """Run a command that needs no screen."""
    from xds_tui.auth.keyring_store import COMMAND, KeyringStore
    from xds_tui.cli.commands import dispatch
    from xds_tui.config.settings import state_dir
    from xds_tui.text import labels

    if options.demo and options.command in _REAL:
        labels.print_error([_("The demo has no keyring and no service to look at.")])
        return USAGE
    if options.command == "doctor":  # which says it among the rest
        from xds_tui.tui import keymap

        settings = keymap.with_problems(settings)
    else:
        for problem in settings.problems:
            labels.print_error([bootstrap.said(problem)])
    building = dispatch.CommandBuilder(
        parts=lambda: bootstrap.command_parts(settings, options),
        vault=lambda: KeyringStore(limit=COMMAND),
        parser=parser.parser,
        state_dir=state_dir,
    )
    return dispatch.run(options, settings, building)


def _run_app(settings: Settings, options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from xds_tui.text import labels

    is_served = _is_served()
    if not is_served and (problem := _no_terminal()):
        labels.print_error([problem])
        return FAILURE
    for name in _LEAKY:
        os.environ.pop(name, None)
    if is_served:
        for name in _OF_A_TERMINAL:
            os.environ.pop(name, None)
        os.environ.update(_OF_THE_PAGE)
    elif os.get_terminal_size(sys.stderr.fileno()).columns > 0:
        for name in _SIZES:
            os.environ.pop(name, None)
    if settings.ascii:
        i18n.choose("en")  # of anything else nothing could be read
    # Importing and building make nothing but objects that stay, and the collector looks through them again and
    # again: a sixth of the time to the first paint, which enables it again.
    gc.disable()
    parts = bootstrap.app_parts(options, environ, settings)
    from xds_tui.tui.app import XdsApp

    if is_served:
        from xds_tui.tui.runtime import web_driver

        return web_driver.run(XdsApp(parts), mouse=settings.mouse)
    from xds_tui.tui.runtime import shutdown
    from xds_tui.tui.runtime.terminal_driver import TerminalDriver

    app = XdsApp(parts)
    app.driver_class = TerminalDriver
    return shutdown.run_until_exit(app, mouse=settings.mouse)


def _is_served() -> bool:
    """Whether a server has started us for a browser: it says so, and talks through pipes."""
    return os.environ.get("TEXTUAL_DRIVER") == _WEB_DRIVER and _is_pipe(_STDIN) and _is_pipe(_STDOUT)


def _is_pipe(fd: int) -> bool:
    try:
        mode = os.fstat(fd).st_mode
    except OSError:  # it is closed
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)  # asyncio made a socket of it until Python 3.12


def _no_terminal() -> str:
    """Why no screen can be shown here; empty where one can."""
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr)):
        return _("the app needs a terminal on standard input and standard error")
    if os.environ.get("TERM", "dumb") == "dumb":
        return _("the terminal says that it is a dumb one (TERM)")
    return ""


def _simulate(options: argparse.Namespace) -> int:
    """Serve the simulator until a signal ends it."""
    import time

    from xds_tui.cli import output
    from xds_tui.cli.commands import dispatch
    from xds_tui.simulator.demo_fleet import populate
    from xds_tui.simulator.fault_middleware import Service
    from xds_tui.simulator.http_server import RunningSimulator, greeting
    from xds_tui.simulator.lifecycle import SkewedClock
    from xds_tui.simulator.world import Options, World
    from xds_tui.text import labels

    clock = SkewedClock(time.time) if options.control else time.time
    world = World(Options(dialect=options.dialect, seed=options.seed), clock)
    populate(world, options.hosts)
    try:
        simulator = RunningSimulator(Service(world), port=options.port, control=options.control)
    except (OSError, OverflowError) as error:  # the port is taken, or is none
        labels.print_error([str(error)])
        return FAILURE
    try:
        output.write(greeting(simulator.url) + "\n")
    except output.OutputError as error:
        return dispatch.end(error)
    simulator.serve()
    return 0
