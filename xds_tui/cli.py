"""The command line: argv to settings to parts to a command.

The only place where the parts are built and given to each other. What a command does not need is not imported: the
HTTP library, the keyring and the simulator come after the first paint, Textual only when there is a screen, and
nothing but the parser for `--version` and `--help`.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from io import TextIOWrapper
from typing import TYPE_CHECKING, Final

from xds_tui import arguments, i18n
from xds_tui.i18n import _

if TYPE_CHECKING:
    import argparse

    from xds_tui.api.client import Client
    from xds_tui.commands.parts import Parts as CommandParts
    from xds_tui.credentials import Credentials
    from xds_tui.fleet.account import Account, Tokens
    from xds_tui.settings import Settings, SettingsError
    from xds_tui.simulator.world import World
    from xds_tui.tui.app import Parts

FAILURE: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130

DEMO_URL: Final = "https://demo.invalid"
"""Nothing listens there: the demo's transport ends in this process."""

_COERCED: Final = ("C.UTF-8", "C.utf8", "UTF-8")
"""What Python makes of LC_CTYPE in a C locale."""

_REAL: Final = ("login", "logout", "doctor")
"""The commands that the demo has nothing for."""

_LEAKY: Final = ("TEXTUAL", "TEXTUAL_LOG", "TEXTUAL_PRESS", "TEXTUAL_DRIVER", "TEXTUAL_DEBUG", "TEXTUAL_SCREENSHOT")
"""Textual's own variables that write typed passwords to a file or a socket, or press keys by themselves."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that `argv` names, and return the exit code."""
    try:
        return _run(argv)
    except Exception as error:  # noqa: BLE001 - whatever it is, its values must not be printed
        from xds_tui.tui import crash

        print(crash.told(error), file=sys.stderr)  # noqa: T201 - this is the command line's own voice
        return FAILURE


def _run(argv: Sequence[str] | None) -> int:
    i18n.choose(i18n.from_environment())
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a letter that somebody's terminal lacks is no failure
    options = arguments.parser().parse_args(argv)
    from xds_tui.settings import SettingsError, load

    try:
        settings = load(arguments.chosen(options), _environ())
    except SettingsError as error:
        print(f"xds-tui: {_said(error)}", file=sys.stderr)  # noqa: T201 - this is the command line's own voice
        return USAGE
    i18n.choose(settings.language or i18n.from_environment())
    try:
        if options.command == "simulate":
            return _simulate(options)
        if options.command is not None:
            return _run_command(settings, options)
        return _run_app(settings, options)
    except KeyboardInterrupt:
        return INTERRUPTED


def _environ() -> Mapping[str, str]:
    """The environment as it was handed over: in a C locale Python itself puts LC_CTYPE there (PEP 538).

    Where LANG says nothing either, Python's guess that the terminal understands UTF-8 is as good as any.
    """
    environ = dict(os.environ)
    if environ.get("LANG") and environ.get("LC_CTYPE") in _COERCED:
        from pathlib import Path

        try:
            handed_over = Path("/proc/self/environ").read_bytes().split(b"\0")
        except OSError:  # another system
            return environ
        if not any(line.startswith(b"LC_CTYPE=") for line in handed_over):
            del environ["LC_CTYPE"]
    return environ


def _said(error: SettingsError) -> str:
    return f"{error.detail}: {_(error.summary)}" if error.detail else _(error.summary)


def _run_command(settings: Settings, options: argparse.Namespace) -> int:
    """Run a command that needs no screen."""
    from xds_tui.commands import dispatch, saying
    from xds_tui.settings import state_dir
    from xds_tui.vault import Vault

    if options.demo and options.command in _REAL:
        saying.complain([_("The demo has no keyring and no service to look at.")])
        return USAGE
    if options.command == "doctor":  # which says it among the rest
        from xds_tui.tui import keymap

        settings = keymap.with_problems(settings)
    else:
        for problem in settings.problems:
            saying.complain([_said(problem)])
    building = dispatch.Building(lambda: _command_parts(settings, options), Vault, arguments.parser, state_dir)
    return dispatch.run(options, settings, building)


def _command_parts(settings: Settings, options: argparse.Namespace) -> CommandParts:
    from xds_tui.commands.parts import Parts
    from xds_tui.fleet.monitor import utc_now
    from xds_tui.settings import state_dir
    from xds_tui.store.db import Database
    from xds_tui.store.journal import Journal

    account = _demo_account(_demo_world(options), settings) if options.demo else _account(settings)
    database = Database(None if options.demo else state_dir() / "journal.db")
    return Parts(
        account=account,
        journal=Journal(database, "demo" if options.demo else settings.profile),
        clock=utc_now,
        close_store=database.close,
        given_by="" if options.demo else settings.credentials_source,
    )


def _run_app(settings: Settings, options: argparse.Namespace) -> int:
    if problem := _no_terminal():
        print(f"xds-tui: {problem}", file=sys.stderr)  # noqa: T201 - as above
        return FAILURE
    for name in _LEAKY:
        os.environ.pop(name, None)
    if settings.ascii:
        i18n.choose("en")  # of anything else nothing could be read
    # Importing and building make nothing but objects that stay, and the collector looks through them again and
    # again: a sixth of the time to the first paint, which enables it again.
    gc.disable()
    parts = _demo_parts(settings, options) if options.demo else _parts(settings)
    from xds_tui.tui import ending
    from xds_tui.tui.app import XdsApp

    return ending.run(XdsApp(parts), mouse=settings.mouse)


def _no_terminal() -> str:
    """Why no screen can be shown here; empty where one can."""
    if not sys.stdin.isatty() or not sys.stderr.isatty():
        return _("the app needs a terminal on standard input and standard error")
    if os.environ.get("TERM", "dumb") == "dumb":
        return _("the terminal says that it is a dumb one (TERM)")
    return ""


def _parts(settings: Settings) -> Parts:
    """Build what the real thing needs."""
    from xds_tui.fleet.monitor import Monitor, utc_now
    from xds_tui.settings import state_dir
    from xds_tui.store.db import Database
    from xds_tui.store.journal import Journal
    from xds_tui.tui.app import Parts
    from xds_tui.tui.widgets.status_bar import Place

    account = _account(settings)
    database = Database(state_dir() / "journal.db")
    monitor = Monitor(account, Journal(database, settings.profile), interval=settings.interval)
    place = Place(settings.profile, _environment_name(settings), settings.read_only)
    return Parts(
        monitor=monitor,
        account=account,
        place=place,
        clock=utc_now,
        keymap=settings.keymap,
        exports=state_dir() / "exports",
        insecure_http=settings.insecure_http,
        animations=settings.animations,
        theme=settings.theme,
        ascii=settings.ascii,
        alerts=settings.alerts,
        problems=[_said(problem) for problem in settings.problems],
        close=database.close,
    )


def _account(settings: Settings) -> Account:
    from xds_tui.fleet.account import Account, Source
    from xds_tui.vault import Vault

    return Account(
        Connector(settings),
        base_url=settings.base_url,
        profile=settings.profile,
        vault=Vault(),
        is_base_url_given=settings.base_url_given,
        given=settings.credentials,
        source=Source.ENVIRONMENT if settings.credentials else Source.NOWHERE,
    )


def _environment_name(settings: Settings) -> str:
    from urllib.parse import urlsplit

    from xds_tui.settings import Environment

    if settings.environment is Environment.OTHER:
        return urlsplit(settings.base_url).netloc
    return str(settings.environment.value)


class Connector:
    """Makes clients of the real service."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def __call__(self, base_url: str, credentials: Credentials, tokens: Tokens) -> Client:
        """Make a client; the HTTP library is imported on a thread, so that the screen lives meanwhile."""
        await _on_thread(lambda: _make_ready(base_url))
        from xds_tui.api.client import Client
        from xds_tui.credentials import Token

        return Client(
            base_url,
            credentials,
            read_only=self._settings.read_only,
            insecure_http=self._settings.insecure_http,
            token=tokens.first,
            on_token=lambda value, ends_at: tokens.keep(Token(value, ends_at)),
            find_token=tokens.find,
        )


def _make_ready(base_url: str) -> None:
    """Import the HTTP library, and read the certificates that TLS will ask for."""
    import contextlib

    from xds_tui.api import client, route  # noqa: F401 - imported here to be there when it is needed

    if base_url.startswith("https"):
        with contextlib.suppress(OSError, ValueError):  # said with the first request
            route.trusted()


def _make_demo_ready() -> None:
    from xds_tui.api import client  # noqa: F401 - as above
    from xds_tui.simulator import server  # noqa: F401 - as above


async def _on_thread(work: Callable[[], None]) -> None:
    """Do what takes long on a daemon thread: leaving must not wait for it."""
    import asyncio
    import contextlib
    import threading

    loop = asyncio.get_running_loop()
    done = asyncio.Event()

    def do() -> None:
        try:
            work()
        finally:
            with contextlib.suppress(RuntimeError):  # the loop may have ended meanwhile
                loop.call_soon_threadsafe(done.set)

    threading.Thread(target=do, daemon=True).start()
    await done.wait()


def _demo_parts(settings: Settings, options: argparse.Namespace) -> Parts:
    """Build what the demo needs: a world of its own in this process, no keyring, nothing on the disk."""
    import msgspec

    from xds_tui.api import wire
    from xds_tui.fleet.monitor import Monitor, utc_now
    from xds_tui.model import Snapshot
    from xds_tui.settings import state_dir
    from xds_tui.store.db import Database
    from xds_tui.store.journal import Journal
    from xds_tui.tui.app import Parts
    from xds_tui.tui.widgets.status_bar import Place

    world = _demo_world(options)
    account = _demo_account(world, settings)
    database = Database(None)
    # The first paint does not wait for the HTTP library: it shows what the world would answer.
    rows = world.host_rows()
    page = msgspec.Raw(msgspec.json.encode({"data": rows, "totalCounts": len(rows)}))
    listed = wire.Envelope(0, page, "", "")
    monitor = Monitor(
        account,
        Journal(database, "demo"),
        interval=settings.interval,
        first=Snapshot(wire.decode_hosts(listed).hosts, utc_now()),
    )
    place = Place("demo", "demo", settings.read_only)
    return Parts(
        monitor=monitor,
        account=account,
        place=place,
        clock=utc_now,
        keymap=settings.keymap,
        exports=state_dir() / "exports",
        animations=settings.animations,
        theme=settings.theme,
        ascii=settings.ascii,
        close=database.close,
    )


def _demo_world(options: argparse.Namespace) -> World:
    from xds_tui.simulator.demo_fleet import populate
    from xds_tui.simulator.world import Options, World

    world = World(Options(seed=options.demo_seed))
    populate(world, options.demo_hosts)
    world.liven()
    return world


def _demo_account(world: World, settings: Settings) -> Account:
    from xds_tui.credentials import AccountKey
    from xds_tui.fleet.account import Account, Source
    from xds_tui.secret import Secret
    from xds_tui.simulator.world import ACCOUNT, SECRET

    return Account(
        DemoConnector(world, read_only=settings.read_only),
        base_url=DEMO_URL,
        profile="demo",
        vault=None,
        given=AccountKey(ACCOUNT, Secret(SECRET)),
        source=Source.DEMO,
    )


class DemoConnector:
    """Makes clients of a simulated service in this process."""

    def __init__(self, world: World, *, read_only: bool) -> None:
        self._world = world
        self._read_only = read_only

    async def __call__(self, base_url: str, credentials: Credentials, tokens: Tokens) -> Client:
        """Make a client; what it needs is imported on a thread, so that the screen lives meanwhile."""
        await _on_thread(_make_demo_ready)
        import httpx

        from xds_tui.api.client import Client
        from xds_tui.simulator.line import Service
        from xds_tui.simulator.server import build

        transport = httpx.ASGITransport(build(Service(self._world)))
        return Client(base_url, credentials, transport=transport, read_only=self._read_only)


def _simulate(options: argparse.Namespace) -> int:
    """Serve the simulator until a signal ends it."""
    import time

    from xds_tui.simulator.clocks import SkewedClock
    from xds_tui.simulator.demo_fleet import populate
    from xds_tui.simulator.line import Service
    from xds_tui.simulator.serve import RunningSimulator, greeting
    from xds_tui.simulator.world import Options, World

    clock = SkewedClock(time.time) if options.control else time.time
    world = World(Options(dialect=options.dialect, seed=options.seed), clock)
    populate(world, options.hosts)
    try:
        simulator = RunningSimulator(Service(world), port=options.port, control=options.control)
    except (OSError, OverflowError) as error:  # the port is taken, or is none
        print(f"xds-tui: {error}", file=sys.stderr)  # noqa: T201 - as above
        return FAILURE
    print(greeting(simulator.url), flush=True)  # noqa: T201 - as above
    simulator.serve()
    return 0
