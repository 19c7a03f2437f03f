"""The demo: the same services as `bootstrap` builds, on a simulated fleet in this process.

It uses neither keyring nor network, and writes nothing to the disk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xds_tui.domain.endpoint import DEMO

if TYPE_CHECKING:
    import argparse
    from datetime import datetime

    from xds_tui.api.client import Client
    from xds_tui.auth.account import Account, TokenCache
    from xds_tui.cli.services import CommandServices
    from xds_tui.config.settings import Settings
    from xds_tui.domain.credentials import Credentials
    from xds_tui.domain.model import Catalog, Host, Snapshot
    from xds_tui.simulator.world import World
    from xds_tui.store.journal import History, Journal
    from xds_tui.tui.context import Profile, ProfileServices

_PROFILE: Final = "demo"


def profile(settings: Settings) -> Profile:
    """Return the demo as a profile that the app can open."""
    from xds_tui.tui.context import Profile

    return Profile(_PROFILE, DEMO, settings.read_only)


def profile_services(settings: Settings, options: argparse.Namespace) -> ProfileServices:
    """Build the services of the app for the demo."""
    from xds_tui.domain.model import Snapshot
    from xds_tui.fleet.monitor import Monitor, utc_now
    from xds_tui.store.database import Database
    from xds_tui.store.journal import Journal
    from xds_tui.text import messages
    from xds_tui.tui.context import ProfileServices

    world = _populated_world(options)
    account = _account(world, settings)
    database = Database(None)
    # The first paint shows the response of the simulator without waiting for the HTTP library.
    hosts = _decoded_hosts(world)
    snapshot = Snapshot(hosts, utc_now())
    journal = Journal(database, _PROFILE)
    _add_history(journal, account, world, snapshot)
    monitor = Monitor(account, journal, interval=settings.interval, initial=snapshot, caps=settings.caps)
    return ProfileServices(
        place=profile(settings),
        monitor=monitor,
        account=account,
        close=database.close,
        problems=[messages.error_message(problem) for problem in settings.problems],
    )


def command_services(settings: Settings, options: argparse.Namespace) -> CommandServices:
    """Build the services of a command without a screen for the demo."""
    from xds_tui.cli.services import CommandServices
    from xds_tui.domain.model import Snapshot
    from xds_tui.fleet.monitor import utc_now
    from xds_tui.store.database import Database
    from xds_tui.store.journal import Journal

    database = Database(None)
    journal = Journal(database, _PROFILE)
    world = _populated_world(options)
    account = _account(world, settings)
    _add_history(journal, account, world, Snapshot(_decoded_hosts(world), utc_now()))
    return CommandServices(
        account=account,
        journal=journal,
        clock=utc_now,
        close_store=database.close,
        read_only=settings.read_only,
        interval=settings.interval,
        connect_commands=settings.commands,
        caps=settings.caps,
    )


def _decoded_hosts(world: World) -> tuple[Host, ...]:
    import msgspec

    from xds_tui.api import decode

    rows = world.host_rows()
    page = msgspec.Raw(msgspec.json.encode({"data": rows, "totalCounts": len(rows)}))
    return decode.decode_hosts(decode.Envelope(0, page, "", "")).hosts


def _add_history(journal: Journal, account: Account, world: World, snapshot: Snapshot) -> None:
    """Have the store's thread generate the history of the demo, while the app starts."""
    seed, dialect = world.options.seed, world.options.dialect

    def generate() -> History:
        from xds_tui.cli import demo_history
        from xds_tui.domain import pricing

        costs = pricing.costs(snapshot.hosts, _catalog(dialect, snapshot.at), {}, snapshot.at)
        return demo_history.generate(snapshot.hosts, costs.hosts, snapshot.at, seed)

    journal.add_history(*account.identity, generate)


def _catalog(dialect: str, at: datetime) -> Catalog:
    """Return the catalog that the simulator will send, without its images."""
    import msgspec

    from xds_tui.api import decode
    from xds_tui.domain.model import Billing, Catalog
    from xds_tui.simulator.catalog_data import PACKAGES

    encoder = msgspec.json.Encoder(decimal_format="number")
    packages = {}
    for billing in Billing:
        rows = [package.row(dialect) for package in PACKAGES if package.is_sold(rented=billing is Billing.RENT)]
        packages[billing] = decode.decode_packages(decode.Envelope(0, msgspec.Raw(encoder.encode(rows)), "", ""))
    return Catalog((), packages, at)


def _populated_world(options: argparse.Namespace) -> World:
    from xds_tui.simulator.demo_fleet import populate
    from xds_tui.simulator.world import Options, World

    world = World(Options(seed=options.demo_seed))
    populate(world, options.demo_hosts)
    world.liven()
    return world


def _account(world: World, settings: Settings) -> Account:
    from xds_tui.auth.account import Account, Source
    from xds_tui.domain.credentials import AccountKey, Secret
    from xds_tui.simulator.world import ACCOUNT, SECRET

    return Account(
        DemoConnector(world, read_only=settings.read_only),
        base_url=DEMO,
        profile=_PROFILE,
        keyring_store=None,
        credentials=AccountKey(ACCOUNT, Secret(SECRET)),
        source=Source.DEMO,
    )


class DemoConnector:
    """Creates clients of a simulated service in this process."""

    def __init__(self, world: World, *, read_only: bool) -> None:
        self._world = world
        self._read_only = read_only

    async def __call__(self, base_url: str, credentials: Credentials, tokens: TokenCache) -> Client:
        """Create a client; a thread imports its modules, so that the event loop is not blocked."""
        import asyncio

        from xds_tui.system.threads import submit

        await asyncio.wrap_future(submit(_preload))
        import httpx

        from xds_tui.api.client import Client
        from xds_tui.simulator.http_app import build

        transport = httpx.ASGITransport(build(self._world))
        return Client(base_url, credentials, transport=transport, read_only=self._read_only)


def _preload() -> None:
    """Import the modules that a client needs."""
    from xds_tui.api import client  # noqa: F401 - imported to be cached
    from xds_tui.simulator import http_app  # noqa: F401 - imported to be cached
