"""`xds-tui notify` and `xds-tui doctor --notify`: the channels to which alerts are sent."""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from xds_tui.cli import secret_prompt
from xds_tui.cli.output import CommandError, print_error, write
from xds_tui.cli.progress import ProgressLine
from xds_tui.cli.services import utc_now
from xds_tui.config import toml_file
from xds_tui.config.toml_file import CHANNELS, SettingsError
from xds_tui.config.values import BAD_CHANNEL_NAME, is_profile_name
from xds_tui.domain.credentials import Secret
from xds_tui.domain.notification import ChannelKind, ChannelSecrets
from xds_tui.domain.sanitize import clean
from xds_tui.errors import AppError
from xds_tui.fleet.notifications import deliver
from xds_tui.i18n import N_, _
from xds_tui.system.exit_codes import ExitCode
from xds_tui.text import messages, notification

T = TypeVar("T")

if TYPE_CHECKING:
    from xds_tui.auth.keyring_store import KeyringStore
    from xds_tui.config.settings import Settings


def add(settings: Settings, store: KeyringStore, name: str | None, kind: str | None, command_line: str | None) -> int:
    """Add or replace a channel, and return the exit code.

    The address and the signing key are prompted for, and stored in the keyring only.

    Raises:
        CommandError: if the arguments are incomplete, there is no terminal to prompt on, or the user enters nothing.

    """
    name = _valid(name)
    if command_line is not None:
        _save(settings, name, _split(command_line))
    elif kind is not None:
        secrets = _prompt(ChannelKind(kind))
        _run(store.write_channel(name, secrets))
        _save(settings, name, kind)
    else:
        raise CommandError(N_("Say where to send: --type or --run"), code=ExitCode.USAGE)
    write(_("{name} has been added. To send a test, run xds-tui doctor --notify.").format(name=name) + "\n")
    return ExitCode.OK


def remove(settings: Settings, store: KeyringStore, name: str | None) -> int:
    """Remove a channel and what the keyring has of it, and return the exit code.

    Raises:
        CommandError: if there is no channel of this name.

    """
    name = _valid(name)
    is_configured = any(channel.name == name for channel in settings.channels)
    was_stored = _run(store.remove_channel(name))
    if not is_configured and not was_stored:
        raise CommandError(N_("There is no such channel"), name)
    if is_configured:
        _save(settings, name, None)
    write(_("{name} has been removed.").format(name=name) + "\n")
    return ExitCode.OK


def show(settings: Settings) -> int:
    """List the channels without their addresses, and return the exit code."""
    for channel in settings.channels:
        write(clean(f"{channel.name}  {channel.kind.value}  {shlex.join(channel.command)}").rstrip() + "\n")
    if not settings.channels:
        print_error([_("There are no channels. Add one with xds-tui notify add.")])
    return ExitCode.OK


def send_test(settings: Settings, store: KeyringStore) -> int:
    """Send a test to each channel, write the results, and return 1 if any failed or there is none."""
    notice = notification.compose_test(settings.profile, utc_now())
    failed = 0
    for channel in settings.channels:
        try:
            _run(deliver(channel, notice, store.read_channel, utc_now))
            result = _("delivered")
        except AppError as error:
            failed += 1
            result = messages.error_message(error)
        write(clean(f"{channel.name}: {result}") + "\n")
    if not settings.channels:
        show(settings)
    return ExitCode.FAILURE if failed or not settings.channels else ExitCode.OK


def _split(command_line: str) -> list[str]:
    """Return the words of a command, which is not run by a shell."""
    try:
        words = shlex.split(command_line)
    except ValueError:
        raise CommandError(N_("The command has an unclosed quotation mark"), command_line, ExitCode.USAGE) from None
    if not words:
        raise CommandError(N_("The command is empty"), code=ExitCode.USAGE)
    return words


def _valid(name: str | None) -> str:
    if name is None:
        raise CommandError(N_("Give the channel a name"), code=ExitCode.USAGE)
    if not is_profile_name(name):
        raise CommandError(BAD_CHANNEL_NAME, code=ExitCode.USAGE)
    return name


def _save(settings: Settings, name: str, value: object) -> None:
    """Write a channel to config.toml; None removes it."""
    try:
        toml_file.write(settings.config_path, {(*CHANNELS, name): value})
    except SettingsError as error:
        raise CommandError(error.summary, error.detail) from None


def _prompt(kind: ChannelKind) -> ChannelSecrets:
    """Return the address and the key that the user types, which are not echoed."""
    from xds_tui.api import webhooks

    if sys.stdin is None or not sys.stdin.isatty():
        raise CommandError(N_("A terminal is needed to prompt for the address of the channel"))
    try:
        url = secret_prompt.ask(_("Address of the webhook") + ": ").strip()
        key = secret_prompt.ask(_("Signing key (empty for none)") + ": ").strip() if kind.can_sign else ""
        return ChannelSecrets(Secret(webhooks.check_url(url)), Secret(key) if key else None)
    except EOFError:
        raise CommandError(N_("Nothing was entered")) from None
    except webhooks.DeliveryError as error:
        raise CommandError(error.summary) from None


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Return the result of `work`, a call of the keyring or of a channel, with a progress line."""
    try:
        return asyncio.run(ProgressLine(_("waiting for the keyring or the channel")).until(work))
    except AppError as error:
        raise CommandError(error.summary, error.detail) from None
