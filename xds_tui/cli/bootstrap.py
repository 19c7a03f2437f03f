"""Composition root: the only place that creates clients, databases, keyring stores and monitors.

Modules that the first paint does not need, such as the HTTP library, the keyring and the simulator, are imported by
the functions that need them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from xds_tui.api.client import Client
    from xds_tui.auth.account import Account, TokenCache
    from xds_tui.cli.services import CommandServices
    from xds_tui.config.rule_file import RulesRead
    from xds_tui.config.schema import SaveSetting
    from xds_tui.config.settings import Settings
    from xds_tui.domain.credentials import Credentials
    from xds_tui.domain.notification import Message, Notification
    from xds_tui.fleet.annotation_book import AnnotationBook
    from xds_tui.fleet.guard import RuleSource
    from xds_tui.fleet.notifications import Notifications
    from xds_tui.store.journal import Journal
    from xds_tui.tui.context import AppServices, Profile, ProfileServices


def app_services(options: argparse.Namespace, environ: Mapping[str, str], settings: Settings) -> AppServices:
    """Build the services of the app, with the demo or the profile of `settings` open."""
    from xds_tui.config.settings import state_dir
    from xds_tui.config.theme_file import theme_folder
    from xds_tui.fleet.monitor import utc_now
    from xds_tui.tui.context import AppServices

    if options.demo:
        from xds_tui.cli import demo

        profile = demo.profile_services(settings, options)
    else:
        profile = profile_services(settings)
    return AppServices(
        profile=profile,
        profiles=Profiles(options, environ, settings.profile),
        clock=utc_now,
        keymap=settings.keymap,
        exports=state_dir() / "exports",
        animations=settings.animations,
        theme=settings.theme,
        custom_theme=settings.custom_theme,
        theme_folder=theme_folder(settings.config_path),
        ascii=settings.ascii,
        cell_diff=settings.cell_diff,
        alerts=settings.alerts,
        listing=settings.hosts,
        panes=settings.panes,
        commands=settings.commands,
        templates=settings.templates,
        keep=_setting_writer(settings),
    )


def profile_services(settings: Settings) -> ProfileServices:
    """Build the services of a profile of the real service."""
    from xds_tui.config.settings import state_dir
    from xds_tui.fleet.monitor import Monitor
    from xds_tui.store.database import Database
    from xds_tui.store.journal import Journal
    from xds_tui.text import messages
    from xds_tui.tui.context import ProfileServices

    account = _account(settings)
    database = Database(state_dir() / "journal.db")
    journal = Journal(database, settings.profile)
    annotations = _annotation_book(settings)
    monitor = Monitor(
        account,
        journal,
        interval=settings.interval,
        annotations=annotations,
        caps=settings.caps,
    )
    if settings.channels:
        monitor.recorder.notify_through(_notifications(settings, journal, annotations))
    if settings.rules and not settings.read_only:
        monitor.rules.carry_out(rule_source(settings, "app"))
    return ProfileServices(
        place=_profile(settings),
        monitor=monitor,
        account=account,
        close=database.close,
        insecure_http=settings.insecure_http,
        problems=[messages.error_message(problem) for problem in settings.problems],
    )


def command_services(settings: Settings, options: argparse.Namespace) -> CommandServices:
    """Build the services of a command without a screen, for the demo or the profile of `settings`."""
    from xds_tui.auth.keyring_store import COMMAND
    from xds_tui.cli.services import CommandServices, utc_now
    from xds_tui.config.settings import state_dir
    from xds_tui.store.database import Database
    from xds_tui.store.journal import Journal

    if options.demo:
        from xds_tui.cli import demo

        return demo.command_services(settings, options)
    database = Database(state_dir() / "journal.db")
    journal = Journal(database, settings.profile)
    annotations = _annotation_book(settings)
    return CommandServices(
        account=_account(settings, keyring_timeout=COMMAND),
        journal=journal,
        clock=utc_now,
        close_store=database.close,
        read_only=settings.read_only,
        interval=settings.interval,
        connect_commands=settings.commands,
        annotations=annotations,
        caps=settings.caps,
        credentials_source=settings.credentials_source,
        notifications=_notifications(settings, journal, annotations) if settings.channels else None,
        rules=None if settings.read_only or options.command != "watch" else rule_source(settings, "watch"),
    )


def rule_source(settings: Settings, program: str) -> RuleSource:
    """Build the source of the rules in config.toml, which reads the file again when it has changed.

    A program may run for weeks: rules that were removed since it started must not act any more.
    """
    from xds_tui.config.rule_file import RuleFile
    from xds_tui.fleet.guard import RuleSource
    from xds_tui.system.threads import submit

    file = RuleFile(settings.config_path, settings.rules)

    async def read() -> RulesRead:
        import asyncio

        return await asyncio.wrap_future(submit(file.read))

    return RuleSource(read, program)


def _notifications(settings: Settings, journal: Journal, annotations: AnnotationBook) -> Notifications:
    """Build what sends the alerts of a profile to the user's channels."""
    from xds_tui.auth.keyring_store import KeyringStore
    from xds_tui.cli.services import utc_now
    from xds_tui.fleet.notifications import Notifications
    from xds_tui.text import notification

    def compose(message: Message) -> Notification:
        return notification.compose(message, settings.profile, annotations.annotations)

    return Notifications(
        settings.channels,
        settings.alerts.quiet,
        compose,
        KeyringStore().read_channel,
        journal,
        utc_now,
    )


class Profiles:
    """Opens the profiles of config.toml and the demo while the app runs."""

    def __init__(self, options: argparse.Namespace, environ: Mapping[str, str], initial: str) -> None:
        """Start without reading config.toml.

        Args:
            options: the command line.
            environ: the environment.
            initial: the profile that command line and environment apply to.

        """
        self._options = options
        self._environ = environ
        self._initial = initial

    async def places(self) -> Sequence[Profile]:
        """Return the profiles in the current config.toml, and the demo."""
        import asyncio

        return await asyncio.to_thread(self._profiles)

    async def open(self, place: Profile) -> ProfileServices:
        """Build the services of one of `places`.

        Raises:
            SettingsError: if its settings cannot be used.

        """
        from xds_tui.domain.endpoint import DEMO

        if place.base_url == DEMO:
            from xds_tui.cli import demo

            return demo.profile_services(self._settings(self._initial), self._options)
        return profile_services(self._settings(place.profile))

    def _profiles(self) -> list[Profile]:
        from xds_tui.cli import demo
        from xds_tui.config.settings import profile_names

        names = dict.fromkeys((self._initial, *profile_names(self._environ)))
        return [*(_profile(self._settings(name)) for name in names), demo.profile(self._settings(self._initial))]

    def _settings(self, name: str) -> Settings:
        from dataclasses import replace

        from xds_tui.cli import parser
        from xds_tui.config.settings import for_profile, load

        arguments = parser.settings_arguments(self._options)
        if name == self._initial:
            return load(replace(arguments, profile=name), self._environ)
        return for_profile(name, arguments, self._environ)


class Connector:
    """Creates clients of the real service."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def __call__(self, base_url: str, credentials: Credentials, tokens: TokenCache) -> Client:
        """Create a client; a thread imports the HTTP library, so that the event loop is not blocked."""
        import asyncio

        from xds_tui.system.threads import submit

        await asyncio.wrap_future(submit(lambda: _preload(base_url)))
        from xds_tui.api.client import Client
        from xds_tui.config.settings import state_dir
        from xds_tui.domain.credentials import AccountKey, Token
        from xds_tui.store.instance_lock import RenewalTimes

        folder = state_dir() / "renewals"
        account_id = credentials.account_id if isinstance(credentials, AccountKey) else None
        return Client(
            base_url,
            credentials,
            read_only=self._settings.read_only,
            insecure_http=self._settings.insecure_http,
            token=tokens.initial,
            on_token=lambda value, ends_at: tokens.store(Token(value, ends_at)),
            find_token=tokens.find,
            renewals=None if account_id is None else RenewalTimes(folder, base_url, account_id),
        )


def _preload(base_url: str) -> None:
    """Import the HTTP library, and read the certificates that a TLS connection to `base_url` needs."""
    import contextlib

    from xds_tui.api import client, transport  # noqa: F401 - imported to be cached

    if base_url.startswith("https"):
        with contextlib.suppress(OSError, ValueError):  # reported by the first request
            transport.trusted()


def _account(settings: Settings, *, keyring_timeout: float | None = None) -> Account:
    """Build the account of a profile of the real service; `keyring_timeout` is in seconds, None for the default."""
    from xds_tui.auth.account import Account, Source
    from xds_tui.auth.keyring_store import KeyringStore

    return Account(
        Connector(settings),
        base_url=settings.base_url,
        profile=settings.profile,
        keyring_store=KeyringStore(limit=keyring_timeout),
        is_base_url_given=settings.base_url_given,
        credentials=settings.credentials,
        source=Source.ENVIRONMENT if settings.credentials else Source.NOWHERE,
        credential_command=settings.credential_command,
    )


def _annotation_book(settings: Settings) -> AnnotationBook:
    from xds_tui.config.hosts_file import HostsFile
    from xds_tui.fleet.annotation_book import AnnotationBook

    return AnnotationBook(HostsFile(settings.hosts_path), settings.protect)


def _profile(settings: Settings) -> Profile:
    from xds_tui.tui.context import Profile

    # Credentials from the environment belong to the address in it, or to the default one.
    is_known = settings.base_url_given or settings.credentials is not None
    return Profile(settings.profile, settings.base_url if is_known else "", settings.read_only, settings.color)


def _setting_writer(settings: Settings) -> SaveSetting:
    async def save(changes: Mapping[tuple[str, ...], object]) -> str:
        import asyncio

        from xds_tui.config import toml_file
        from xds_tui.config.settings import SettingsError
        from xds_tui.text import messages

        try:
            await asyncio.to_thread(toml_file.write, settings.config_path, changes)
        except SettingsError as error:
            return messages.error_message(error)
        return ""

    return save
