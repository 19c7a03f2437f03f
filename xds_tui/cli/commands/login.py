"""`xds-tui login` and `xds-tui logout`: store credentials in the keyring, and remove them."""

from __future__ import annotations

import asyncio
import shlex
import sys
from typing import TYPE_CHECKING

from xds_tui.api.errors import ApiError
from xds_tui.auth.keyring_store import ITEMS, SERVICE, CredentialStoreError, KeyringProblem, KeyringStore
from xds_tui.cli import secret_prompt
from xds_tui.cli.output import print_error, write
from xds_tui.cli.progress import ProgressLine, asking
from xds_tui.domain.credentials import AccountKey, Secret
from xds_tui.i18n import _
from xds_tui.system import standard_streams
from xds_tui.system.exit_codes import ExitCode
from xds_tui.text import messages, terms
from xds_tui.text.messages import Situation

if TYPE_CHECKING:
    from xds_tui.cli.services import CommandServices


def login(services: CommandServices) -> int:
    """Prompt for account ID and secret, sign in, store both in the keyring, and return the exit code.

    Without a usable keyring there is no prompt: the credentials could not be stored.
    """
    if sys.stdin is None or not sys.stdin.isatty():
        print_error(
            [
                _("login needs a terminal, because it prompts for the account ID and the secret."),
                _("In scripts, set XDS_UUID and XDS_SECRET, or XDS_TOKEN."),
            ]
        )
        return ExitCode.FAILURE
    with asyncio.Runner() as runner:
        try:
            keyring = runner.run(_keyring_wait().until(services.account.keyring_name()))
            write(
                _("Signing in to {url}. The credentials will be stored in {keyring}.").format(
                    url=services.account.base_url, keyring=keyring
                )
                + "\n"
            )
            credentials = _prompt_for_credentials()
            if credentials is None:
                print_error([_(messages.KEY_INCOMPLETE)])
                return ExitCode.FAILURE
            runner.run(_sign_in(services, credentials))
            return _store(runner, services)
        except CredentialStoreError as error:
            print_error(_missing_keyring(error))
            return ExitCode.FAILURE
        except ApiError as error:
            print_error(messages.error_lines(error, Situation.LOGIN))
            return ExitCode.FAILURE
        finally:
            runner.run(services.close())


def _store(runner: asyncio.Runner, services: CommandServices) -> int:
    """Store the credentials that the service accepted, and return the exit code."""
    try:
        keyring = runner.run(_keyring_wait().until(services.account.store_credentials()))
    except CredentialStoreError as error:
        print_error(_store_failure(error))
        return ExitCode.FAILURE
    write(_("Signed in. The credentials are stored in {keyring}.").format(keyring=keyring) + "\n")
    if services.credentials_source:
        write(
            _("Credentials from the environment take precedence: {names}.").format(names=services.credentials_source)
            + "\n"
        )
    return ExitCode.OK


def logout(keyring_store: KeyringStore, profile: str, credentials_source: str) -> int:
    """Remove the credentials of `profile` from the keyring, and return the exit code.

    Args:
        keyring_store: the keyring.
        profile: the name of the profile.
        credentials_source: the environment variables that contain credentials, which remain; empty for none.

    """
    keyring = ""
    with asyncio.Runner() as runner:
        try:
            keyring = runner.run(_keyring_wait().until(keyring_store.backend_name()))
            was_stored = runner.run(_keyring_wait().until(keyring_store.remove(profile)))
        except CredentialStoreError as error:
            print_error(_removal_failure(error, keyring, profile))
            return ExitCode.FAILURE
    message = (
        _("Signed out. The credentials have been removed from {keyring}.")
        if was_stored
        else _("{keyring} has no credentials for this profile.")
    )
    write(message.format(keyring=keyring) + "\n")
    if credentials_source:
        write(_("Credentials from the environment are still used: {names}.").format(names=credentials_source) + "\n")
    return ExitCode.OK


def _prompt_for_credentials() -> AccountKey | None:
    """Return what the user types, or None if either part is empty."""
    standard_streams.complain(_(terms.ACCOUNT_ID) + ": ")
    account_id = sys.stdin.readline().strip()
    if not account_id:
        return None
    try:
        secret = secret_prompt.ask(_(terms.SECRET) + ": ").strip()
    except EOFError:
        return None
    return AccountKey(account_id, Secret(secret)) if secret else None


async def _sign_in(services: CommandServices, credentials: AccountKey) -> None:
    url = services.account.base_url
    await ProgressLine(asking(url)).until(services.account.sign_in(url, credentials))


def _keyring_wait() -> ProgressLine:
    return ProgressLine(_("waiting for the keyring"))


def _missing_keyring(error: CredentialStoreError) -> tuple[str, ...]:
    return (
        messages.error_message(error),
        _("Nothing was stored. Run xds-tui doctor to find out how to set up a keyring."),
        _("To go without a keyring, set XDS_UUID and XDS_SECRET, or sign in inside the app for one run."),
    )


def _store_failure(error: CredentialStoreError) -> tuple[str, ...]:
    """Explain that the service accepted the credentials and the keyring did not store them."""
    may_be_stored_later = error.problem is KeyringProblem.TIMED_OUT
    return (
        _("The service accepted the credentials, but the keyring did not store them. You are not signed in."),
        messages.error_message(error),
        _("The keyring may still store them once it responds. To remove them, run xds-tui logout.")
        if may_be_stored_later
        else "",
        _("Try again, or run xds-tui doctor to find the cause. To go without a keyring, set XDS_UUID and XDS_SECRET."),
    )


def _removal_failure(error: CredentialStoreError, keyring: str, profile: str) -> tuple[str, ...]:
    """Explain that credentials may remain in the keyring, and how to remove them manually."""
    if error.problem is KeyringProblem.UNAVAILABLE and not keyring:
        return messages.error_message(error), _("Nothing was removed.")
    return (
        messages.error_message(error),
        _("The credentials of profile {profile} may still be in the keyring, in the {service} items {names}.").format(
            profile=profile, service=SERVICE, names=", ".join(f"{profile}/{item}" for item in ITEMS)
        ),
        _("Run xds-tui logout again once the keyring responds, or remove them manually:"),
        *(f"  {command}" for command in _removal_commands(keyring, profile)),
    )


def _removal_commands(keyring: str, profile: str) -> list[str]:
    """Return the shell commands that remove the items of `profile` from the backend named `keyring`."""
    if keyring == "pass":
        return [f"pass rm -r {shlex.quote(f'{SERVICE}/{profile}')}"]
    tool = (
        "security delete-generic-password -s {} -a {}"
        if sys.platform == "darwin"
        else "secret-tool clear service {} username {}"
    )
    return [tool.format(SERVICE, shlex.quote(f"{profile}/{item}")) for item in ITEMS]
