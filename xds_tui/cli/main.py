"""Entry point: parse the command line, load the settings, then run a command or the app.

Each command imports only what it needs: Textual for the app alone, and nothing but the parser for `--version` and
`--help`.
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
from xds_tui.system import standard_streams, terminal
from xds_tui.system.exit_codes import ExitCode

if TYPE_CHECKING:
    import argparse

    from xds_tui.config.settings import Settings

_COERCED_LC_CTYPE: Final = ("C.UTF-8", "C.utf8", "UTF-8")
"""Values that Python assigns to LC_CTYPE in a C locale (PEP 538)."""

_WITHOUT_DEMO: Final = ("login", "logout", "doctor")
"""Commands about the real keyring and service."""

_TEXTUAL_DEBUG_VARIABLES: Final = (
    "TEXTUAL",
    "TEXTUAL_LOG",
    "TEXTUAL_PRESS",
    "TEXTUAL_DRIVER",
    "TEXTUAL_DEBUG",
    "TEXTUAL_SCREENSHOT",
)
"""Variables with which Textual writes typed passwords to a file or a socket, or presses keys."""

_WEB_DRIVER: Final = "textual.drivers.web_driver:WebDriver"
"""Value of TEXTUAL_DRIVER when textual-serve starts the app. Textual would import whatever is named there, so the
variable is removed and the app chooses the driver."""

_HOST_TERMINAL_VARIABLES: Final = ("TMUX", "STY", "COLORFGBG")
"""Variables about the terminal that the web server was started in, not the one that its page emulates."""

_WEB_TERMINAL_VARIABLES: Final = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}

_SIZE_VARIABLES: Final = ("COLUMNS", "LINES")
"""Variables that override the size of the terminal in Textual, so that the app would ignore a resize."""

_COMMAND_GC_THRESHOLD: Final = 50_000
"""New objects after which the garbage of a command is collected."""

_STDIN, _STDOUT = 0, 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program with `argv`, by default the arguments of the process, and return the exit code."""
    standard_streams.open_missing()
    code: int
    try:
        code = _run(argv)
    except Exception as error:  # noqa: BLE001 - a traceback could print secrets
        from xds_tui.tui.runtime import crash_report

        standard_streams.complain(crash_report.crash_message(error) + "\n")
        code = ExitCode.FAILURE
    if argv is None:
        _exit_despite_stuck_keyring(code)
        gc.freeze()  # the interpreter would look for garbage among all objects twice before it ends
    return code


def _exit_despite_stuck_keyring(code: int) -> None:
    """Exit at once if a call to the keyring is stuck: the shutdown of the interpreter may abort then."""
    from xds_tui.auth import keyring_store

    if any(thread.name == keyring_store.THREAD for thread in threading.enumerate()):
        sys.stdout.flush()  # both streams were flushed before, or are closed
        sys.stderr.flush()
        os._exit(code)


def _run(argv: Sequence[str] | None) -> int:
    i18n.choose(parser.language(argv, os.environ))
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # the encoding of the terminal may lack a character
    try:
        options = parser.parse(argv)
    except OSError as error:
        from xds_tui.cli import output

        standard_streams.discard(sys.stdout)
        return output.print_output_error(output.OutputError(error))
    from xds_tui.cli.output import print_error
    from xds_tui.config.settings import SettingsError, load
    from xds_tui.text import messages
    from xds_tui.text.manual_topics import manual_hint

    try:
        environ = _environ()
        settings = load(parser.settings_arguments(options), environ)
    except SettingsError as error:
        print_error([messages.error_message(error), manual_hint(error)])
        return ExitCode.USAGE
    i18n.choose(settings.language or i18n.from_environment())
    if options.debug is not None and not _start_debug_log(options):
        return ExitCode.FAILURE
    try:
        if options.command == "simulate":
            from xds_tui.cli.commands import simulate

            return simulate.serve(options)
        if options.command is not None:
            return _run_command(settings, options)
        return _run_app(settings, options, environ)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


def _start_debug_log(options: argparse.Namespace) -> bool:
    """Start the log of `--debug`, or report why it cannot be written; return whether it was started."""
    from xds_tui import __version__
    from xds_tui.cli.output import print_error
    from xds_tui.system import debug_log
    from xds_tui.system.files import FileWriteError
    from xds_tui.text import messages

    try:
        debug_log.start(options.debug)
    except FileWriteError as error:
        print_error(messages.error_lines(error, messages.Situation.COMMAND))
        return False
    words = {"version": __version__, "python": sys.version.split()[0], "command": options.command or "app"}
    debug_log.write("start", **{name: debug_log.Word(word) for name, word in words.items()})
    return True


def _environ() -> Mapping[str, str]:
    """Return the environment of the process without the LC_CTYPE that Python assigns in a C locale (PEP 538).

    Without LANG there is nothing better than Python's assumption that the terminal understands UTF-8, and a browser
    does, whatever the locale of the server.
    """
    environ = dict(os.environ)
    if _is_served():
        return {**environ, "LC_ALL": "C.UTF-8"}
    if environ.get("LANG") and environ.get("LC_CTYPE") in _COERCED_LC_CTYPE:
        from pathlib import Path

        try:
            original = Path("/proc/self/environ").read_bytes().split(b"\0")
        except OSError:  # not Linux
            return environ
        if not any(line.startswith(b"LC_CTYPE=") for line in original):
            del environ["LC_CTYPE"]
    return environ


def _run_command(settings: Settings, options: argparse.Namespace) -> int:
    """Run a command without a screen."""
    # Most commands end within a second, in which collections would only scan what imports have created: a sixth of
    # the CPU time.
    gc.set_threshold(_COMMAND_GC_THRESHOLD)
    from xds_tui.auth.keyring_store import COMMAND, KeyringStore
    from xds_tui.cli.commands import dispatch
    from xds_tui.cli.output import print_error
    from xds_tui.config.settings import state_dir
    from xds_tui.text import messages

    if getattr(options, "demo", False) and options.command in _WITHOUT_DEMO:
        print_error([_("The demo has neither keyring nor service to check.")])
        return ExitCode.USAGE
    if options.command == "doctor":  # which reports the problems among its checks
        from xds_tui.tui import keymap

        settings = keymap.with_problems(settings)
    elif options.command != "__complete":
        for problem in settings.problems:
            print_error([messages.error_message(problem)])
    context = dispatch.CommandContext(
        services=lambda: bootstrap.command_services(settings, options),
        keyring_store=lambda: KeyringStore(limit=COMMAND),
        parser=parser.parser,
        state_dir=state_dir,
    )
    return dispatch.run(options, settings, context)


def _run_app(settings: Settings, options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    is_served = _is_served()
    if not is_served and (problem := _terminal_problem()):
        from xds_tui.cli.output import print_error

        print_error([problem])
        return ExitCode.FAILURE
    _prepare_environment(is_served=is_served)
    if settings.ascii:
        i18n.choose("en")  # other languages cannot be displayed
    # Imports and construction create long-lived objects only, which the collector scans again and again: a sixth of
    # the time to the first paint, after which the app enables it.
    gc.disable()
    services = bootstrap.app_services(options, environ, settings)
    from xds_tui.tui.app import XdsApp

    if is_served:
        from xds_tui.tui.runtime import web_driver

        return web_driver.run(XdsApp(services), mouse=settings.mouse)
    from xds_tui.tui.runtime import shutdown
    from xds_tui.tui.runtime.terminal_driver import TerminalDriver

    app = XdsApp(services)
    app.driver_class = TerminalDriver
    return shutdown.run_until_exit(app, mouse=settings.mouse)


def _prepare_environment(*, is_served: bool) -> None:
    """Remove the variables that mislead Textual, and describe the terminal in the browser if there is one."""
    for name in _TEXTUAL_DEBUG_VARIABLES:
        os.environ.pop(name, None)
    if is_served:
        for name in _HOST_TERMINAL_VARIABLES:
            os.environ.pop(name, None)
        os.environ.update(_WEB_TERMINAL_VARIABLES)
    elif os.get_terminal_size(sys.stderr.fileno()).columns > 0:
        for name in _SIZE_VARIABLES:
            os.environ.pop(name, None)


def _is_served() -> bool:
    """Whether textual-serve started the app for a browser: it sets a variable and communicates through pipes."""
    return os.environ.get("TEXTUAL_DRIVER") == _WEB_DRIVER and _is_pipe(_STDIN) and _is_pipe(_STDOUT)


def _is_pipe(fd: int) -> bool:
    try:
        mode = os.fstat(fd).st_mode
    except OSError:  # closed
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)  # asyncio used sockets for pipes until Python 3.12


def _terminal_problem() -> str:
    """Return why the app cannot be displayed, or an empty string."""
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr)):
        return _("the app needs a terminal on standard input and standard error")
    if terminal.is_dumb(os.environ):
        return _("the app cannot run in a dumb terminal; set TERM to the type of yours")
    return ""
