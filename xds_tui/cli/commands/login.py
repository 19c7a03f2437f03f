"""`xds-tui login` and `xds-tui logout`: credentials into the keyring, and out of it."""

from __future__ import annotations

import asyncio
import shlex
import sys
from typing import TYPE_CHECKING

from xds_tui.api.errors import ApiError
from xds_tui.auth.keyring_store import ITEMS, SERVICE, CredentialStoreError, KeyringProblem, KeyringStore
from xds_tui.cli import secret_prompt
from xds_tui.cli.output import write
from xds_tui.cli.progress import ProgressLine
from xds_tui.domain.credentials import AccountKey, Secret
from xds_tui.i18n import _
from xds_tui.system import standard_streams
from xds_tui.text import labels, messages
from xds_tui.text.messages import Situation

if TYPE_CHECKING:
    from xds_tui.cli.services import CommandServices


def login(parts: CommandServices) -> int:
    """Ask for account ID and secret, have the service check them, keep them, and return the exit code.

    Where there is no keyring to keep them in nothing is asked: they would be typed for nothing.
    """
    if sys.stdin is None or not sys.stdin.isatty():
        labels.print_error(
            [_("login asks its questions at a terminal."), _("For scripts set XDS_UUID and XDS_SECRET, or XDS_TOKEN.")]
        )
        return labels.FAILURE
    with asyncio.Runner() as runner:
        try:
            name = runner.run(_keyring().until(parts.account.keyring_name()))
            write(_("Signing in at {url}; kept in {keyring}.").format(url=parts.account.base_url, keyring=name) + "\n")
            credentials = _asked_for()
            if credentials is None:
                labels.print_error([_("Account ID and secret are both needed")])
                return labels.FAILURE
            runner.run(_sign_in(parts, credentials))
            return _keep(runner, parts)
        except CredentialStoreError as error:
            labels.print_error(_no_keyring(error))
            return labels.FAILURE
        except ApiError as error:
            labels.print_error(messages.trouble(error, Situation.LOGIN))
            return labels.FAILURE
        finally:
            runner.run(parts.close())


def _keep(runner: asyncio.Runner, parts: CommandServices) -> int:
    """Store the credentials that the service accepted, and return the exit code."""
    try:
        kept_in = runner.run(_keyring().until(parts.account.keep()))
    except CredentialStoreError as error:
        labels.print_error(_not_kept(error))
        return labels.FAILURE
    write(_("The service took them, and {keyring} keeps them.").format(keyring=kept_in) + "\n")
    if parts.given_by:
        write(_("As long as {names} are set, they come first.").format(names=parts.given_by) + "\n")
    return 0


def logout(vault: KeyringStore, profile: str, given_by: str) -> int:
    """Remove what the keyring holds for `profile`, and return the exit code; `given_by`: variables that stay."""
    name = ""
    with asyncio.Runner() as runner:
        try:
            name = runner.run(_keyring().until(vault.backend_name()))
            had = runner.run(_keyring().until(vault.remove(profile)))
        except CredentialStoreError as error:
            labels.print_error(_not_removed(error, name, profile))
            return labels.FAILURE
    told = _("Removed from {keyring}.") if had else _("{keyring} held nothing for this profile.")
    write(told.format(keyring=name) + "\n")
    if given_by:
        write(_("{names} are still set, and are used.").format(names=given_by) + "\n")
    return 0


def _asked_for() -> AccountKey | None:
    """What the user types; None: not all of it."""
    standard_streams.complain(_("Account ID") + ": ")
    account_id = sys.stdin.readline().strip()
    if not account_id:
        return None
    try:
        secret = secret_prompt.ask(_("Secret") + ": ").strip()
    except EOFError:
        return None
    return AccountKey(account_id, Secret(secret)) if secret else None


async def _sign_in(parts: CommandServices, credentials: AccountKey) -> None:
    url = parts.account.base_url
    await ProgressLine(_("asking {url}").format(url=url)).until(parts.account.sign_in(url, credentials))


def _keyring() -> ProgressLine:
    return ProgressLine(_("waiting for the keyring"))


def _no_keyring(error: CredentialStoreError) -> tuple[str, ...]:
    return (
        labels.storage_error(error),
        _("Nothing was kept. xds-tui doctor tells how to get a keyring;"),
        _("without one set XDS_UUID and XDS_SECRET, or sign in on the screen for one run."),
    )


def _not_kept(error: CredentialStoreError) -> tuple[str, ...]:
    """Explain a sign-in that the service accepted and the keyring did not store."""
    may_follow = error.trouble is KeyringProblem.TIMED_OUT
    return (
        _("The service took them, but the keyring did not: you are not signed in."),
        labels.storage_error(error),
        _("The keyring may still store them when it answers; xds-tui logout removes them.") if may_follow else "",
        _("Try again; xds-tui doctor looks for the cause. Without a keyring set XDS_UUID and XDS_SECRET."),
    )


def _not_removed(error: CredentialStoreError, keyring: str, profile: str) -> tuple[str, ...]:
    """Explain a sign-out that did not remove everything, and how to do it by hand."""
    if error.trouble is KeyringProblem.UNAVAILABLE and not keyring:
        return labels.storage_error(error), _("Nothing was removed.")
    return (
        labels.storage_error(error),
        _(
            "Credentials of the profile {profile} may still be in the keyring, as items of {service} named {names}."
        ).format(profile=profile, service=SERVICE, names=", ".join(f"{profile}/{item}" for item in ITEMS)),
        _("Try xds-tui logout again once the keyring answers, or remove them by hand:"),
        *(f"  {command}" for command in _removing(keyring, profile)),
    )


def _removing(keyring: str, profile: str) -> list[str]:
    """Return the shell commands that remove a profile's items from the keyring called `keyring`."""
    if keyring == "pass":
        return [f"pass rm -r {shlex.quote(f'{SERVICE}/{profile}')}"]
    tool = (
        "security delete-generic-password -s {} -a {}"
        if sys.platform == "darwin"
        else "secret-tool clear service {} username {}"
    )
    return [tool.format(SERVICE, shlex.quote(f"{profile}/{item}")) for item in ITEMS]
