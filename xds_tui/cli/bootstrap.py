"""The parts, built and given to each other: the one place that makes client, store, keyring, monitor and orders.

What the first paint does not need is imported by whoever needs it first: the HTTP library, the keyring and the
simulator come after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from xds_tui.i18n import _

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from xds_tui.api.client import Client
    from xds_tui.auth.account import Account, TokenCache
    from xds_tui.cli.services import CommandServices
    from xds_tui.config.schema import SaveSetting
    from xds_tui.config.settings import Settings, SettingsError
    from xds_tui.domain.credentials import Credentials
    from xds_tui.simulator.world import World
    from xds_tui.tui.context import AppServices, Profile, ProfileServices


def said(error: SettingsError) -> str:
    """What is wrong with a setting, and where it stands, in the chosen language."""
    return f"{error.detail}: {_(error.summary)}" if error.detail else _(error.summary)


def app_parts(options: argparse.Namespace, environ: Mapping[str, str], settings: Settings) -> AppServices:
    """Build what the app needs, with the demo or the chosen profile open; `settings` are those of that profile."""
    from xds_tui.config.settings import state_dir
    from xds_tui.fleet.monitor import utc_now
    from xds_tui.tui.context import AppServices

    return AppServices(
        profile=demo_parts(settings, options) if options.demo else profile_parts(settings),
        profiles=Profiles(options, environ, settings.profile),
        clock=utc_now,
        keymap=settings.keymap,
        exports=state_dir() / "exports",
        animations=settings.animations,
        theme=settings.theme,
        ascii=settings.ascii,
        alerts=settings.alerts,
        listing=settings.hosts,
        commands=settings.commands,
        keep=_keeper(settings.config_path),
    )


def profile_parts(settings: Settings) -> ProfileServices:
    """Build what a profile of the real service needs."""
    from xds_tui.config.settings import state_dir
    from xds_tui.fleet.monitor import Monitor
    from xds_tui.store.database import Database
    from xds_tui.store.journal import Journal
    from xds_tui.tui.context import ProfileServices

    account = _account(settings)
    database = Database(state_dir() / "journal.db")
    return ProfileServices(
        place=_place(settings),
        monitor=Monitor(account, Journal(database, settings.profile), interval=settings.interval),
        account=account,
        close=database.close,
        insecure_http=settings.insecure_http,
        problems=[said(problem) for problem in settings.problems],
    )


def demo_parts(settings: Settings, options: argparse.Namespace) -> ProfileServices:
    """Build what the demo needs: a world of its own in this process, no keyring, nothing on the disk."""
    import msgspec

    from xds_tui.api import decode
    from xds_tui.domain.model import Snapshot
    from xds_tui.fleet.monitor import Monitor, utc_now
    from xds_tui.store.database import Database
    from xds_tui.store.journal import Journal
    from xds_tui.tui.context import ProfileServices

    world = _demo_world(options)
    account = _demo_account(world, settings)
    database = Database(None)
    # The first paint does not wait for the HTTP library: it shows what the world would answer.
    rows = world.host_rows()
    page = msgspec.Raw(msgspec.json.encode({"data": rows, "totalCounts": len(rows)}))
    listed = decode.Envelope(0, page, "", "")
    monitor = Monitor(
        account,
        Journal(database, "demo"),
        interval=settings.interval,
        first=Snapshot(decode.decode_hosts(listed).hosts, utc_now()),
    )
    return ProfileServices(
        place=_demo_place(settings),
        monitor=monitor,
        account=account,
        close=database.close,
        problems=[said(problem) for problem in settings.problems],
    )


class Profiles:
    """Opens any of the profiles that config.toml has, and the demo."""

    def __init__(self, options: argparse.Namespace, environ: Mapping[str, str], first: str) -> None:
        """Make it.

        Args:
            options: the command line.
            environ: the environment.
            first: the profile that both are about.

        """
        self._options = options
        self._environ = environ
        self._first = first

    async def places(self) -> Sequence[Profile]:
        """Return the profiles as config.toml has them now, and the demo."""
        import asyncio

        return await asyncio.to_thread(self._places)

    async def open(self, place: Profile) -> ProfileServices:
        """Build what one of `places` needs.

        Raises:
            SettingsError: if its settings cannot be used.

        """
        from xds_tui.domain.endpoint import DEMO

        if place.base_url == DEMO:
            return demo_parts(self._settings(self._first), self._options)
        return profile_parts(self._settings(place.profile))

    def _places(self) -> list[Profile]:
        from xds_tui.config.settings import profile_names

        names = dict.fromkeys((self._first, *profile_names(self._environ)))
        return [*(_place(self._settings(name)) for name in names), _demo_place(self._settings(self._first))]

    def _settings(self, name: str) -> Settings:
        from dataclasses import replace

        from xds_tui.cli import parser
        from xds_tui.config.settings import for_profile, load

        given = parser.chosen(self._options)
        if name == self._first:
            return load(replace(given, profile=name), self._environ)
        return for_profile(name, given, self._environ)


def command_parts(settings: Settings, options: argparse.Namespace) -> CommandServices:
    """Build what a command without a screen needs, real or demo."""
    from xds_tui.auth.keyring_store import COMMAND
    from xds_tui.cli.services import CommandServices
    from xds_tui.config.settings import state_dir
    from xds_tui.fleet.monitor import utc_now
    from xds_tui.store.database import Database
    from xds_tui.store.journal import Journal

    account = _demo_account(_demo_world(options), settings) if options.demo else _account(settings, limit=COMMAND)
    database = Database(None if options.demo else state_dir() / "journal.db")
    return CommandServices(
        account=account,
        journal=Journal(database, "demo" if options.demo else settings.profile),
        clock=utc_now,
        close_store=database.close,
        given_by="" if options.demo else settings.credentials_source,
    )


def _place(settings: Settings) -> Profile:
    from xds_tui.tui.context import Profile

    # Credentials of the environment are for the address that stands there, given or not.
    is_known = settings.base_url_given or settings.credentials is not None
    return Profile(settings.profile, settings.base_url if is_known else "", settings.read_only, settings.band)


def _demo_place(settings: Settings) -> Profile:
    from xds_tui.domain.endpoint import DEMO
    from xds_tui.tui.context import Profile

    return Profile("demo", DEMO, settings.read_only)


def _keeper(config: Path) -> SaveSetting:
    async def keep(changes: Mapping[tuple[str, ...], object]) -> str:
        import asyncio

        from xds_tui.config import toml_file
        from xds_tui.config.settings import SettingsError

        try:
            await asyncio.to_thread(toml_file.write, config, changes)
        except SettingsError as error:
            return said(error)
        return ""

    return keep


def _account(settings: Settings, *, limit: float | None = None) -> Account:
    """Build the account of a profile of the real service; `limit` is the time to read the keyring, in seconds."""
    from xds_tui.auth.account import Account, Source
    from xds_tui.auth.keyring_store import KeyringStore

    return Account(
        Connector(settings),
        base_url=settings.base_url,
        profile=settings.profile,
        vault=KeyringStore(limit=limit),
        is_base_url_given=settings.base_url_given,
        given=settings.credentials,
        source=Source.ENVIRONMENT if settings.credentials else Source.NOWHERE,
    )


class Connector:
    """Makes clients of the real service."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def __call__(self, base_url: str, credentials: Credentials, tokens: TokenCache) -> Client:
        """Make a client; the HTTP library is imported on a thread, so that the screen lives meanwhile."""
        await _on_thread(lambda: _make_ready(base_url))
        from xds_tui.api.client import Client
        from xds_tui.config.settings import state_dir
        from xds_tui.domain.credentials import AccountKey, Token
        from xds_tui.store.renewals import RenewalTimes

        folder = state_dir() / "renewals"
        account_id = credentials.account_id if isinstance(credentials, AccountKey) else None
        return Client(
            base_url,
            credentials,
            read_only=self._settings.read_only,
            insecure_http=self._settings.insecure_http,
            token=tokens.first,
            on_token=lambda value, ends_at: tokens.keep(Token(value, ends_at)),
            find_token=tokens.find,
            renewals=None if account_id is None else RenewalTimes(folder, base_url, account_id),
        )


def _make_ready(base_url: str) -> None:
    """Import the HTTP library, and read the certificates that TLS will ask for."""
    import contextlib

    from xds_tui.api import client, transport  # noqa: F401 - imported here to be there when it is needed

    if base_url.startswith("https"):
        with contextlib.suppress(OSError, ValueError):  # said with the first request
            transport.trusted()


def _make_demo_ready() -> None:
    from xds_tui.api import client  # noqa: F401 - as above
    from xds_tui.simulator import http_app  # noqa: F401 - as above


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


def _demo_world(options: argparse.Namespace) -> World:
    from xds_tui.simulator.demo_fleet import populate
    from xds_tui.simulator.world import Options, World

    world = World(Options(seed=options.demo_seed))
    populate(world, options.demo_hosts)
    world.liven()
    return world


def _demo_account(world: World, settings: Settings) -> Account:
    from xds_tui.auth.account import Account, Source
    from xds_tui.domain.credentials import AccountKey, Secret
    from xds_tui.domain.endpoint import DEMO
    from xds_tui.simulator.world import ACCOUNT, SECRET

    return Account(
        DemoConnector(world, read_only=settings.read_only),
        base_url=DEMO,
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

    async def __call__(self, base_url: str, credentials: Credentials, tokens: TokenCache) -> Client:
        """Make a client; what it needs is imported on a thread, so that the screen lives meanwhile."""
        await _on_thread(_make_demo_ready)
        import httpx

        from xds_tui.api.client import Client
        from xds_tui.simulator.fault_middleware import Service
        from xds_tui.simulator.http_app import build

        transport = httpx.ASGITransport(build(Service(self._world)))
        return Client(base_url, credentials, transport=transport, read_only=self._read_only)
