"""Checks of the keyring and the credentials, with advice on setting up a keyring."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from typing import Final

from xds_tui.auth.credential_command import CredentialCommandError, read_credentials
from xds_tui.auth.keyring_store import CredentialStoreError, KeyringProblem, KeyringStore, StoredCredentials
from xds_tui.cli.doctor import Check, CheckStatus
from xds_tui.domain.credentials import AccountKey, Credentials
from xds_tui.i18n import _
from xds_tui.structs import dataclass
from xds_tui.text.messages import error_message

UNLOCK: Final = (
    "  read -rsp 'Keyring password: ' p && printf %s \"$p\" |"
    " gnome-keyring-daemon --replace --unlock --components=secrets >/dev/null; unset p; echo"
)
"""Unlocks the keyring, or creates one with this password. `--replace`, because a running daemon cannot be unlocked.

bash prompts for the password, which does not appear in the list of processes.
"""

BUS: Final = "  dbus-run-session -- bash -c 'exec bash 2>&1' 2>/dev/null"
"""A shell with its own session bus. The messages of the bus are discarded: they would appear on the screen."""

GPG_TTY: Final = "  export GPG_TTY=$(tty)"

GPG_KEY_NAME: Final = "xds-tui"
"""Name of the suggested gpg key."""


@dataclass(frozen=True, slots=True)
class StoredItems:
    """The content of the keyring for a profile."""

    name: str = ""
    """The name of the keyring; empty if it could not be reached."""
    stored: StoredCredentials | None = None
    error: CredentialStoreError | None = None
    """The error of a failed read."""


async def read(keyring_store: KeyringStore, profile: str) -> StoredItems:
    """Read the items of `profile`; an error is part of the result."""
    name = ""
    try:
        name = await keyring_store.backend_name()
        return StoredItems(name, await keyring_store.read(profile))
    except CredentialStoreError as error:
        return StoredItems(name, error=error)


def examine(items: StoredItems, base_url: str, variables: str) -> list[Check]:
    """Check the keyring and the credentials in use.

    Args:
        items: the content of the keyring.
        base_url: the address of the service.
        variables: the environment variables that provide credentials and take precedence; empty for none.

    """
    if items.error is None:
        keyring = Check("keyring", CheckStatus.OK, items.name)
    else:
        status = CheckStatus.WARN if variables else CheckStatus.BAD
        keyring = Check("keyring", status, error_message(items.error), _advice(items.error.problem, items.name))
    return [keyring, _credentials(items, base_url, variables)]


async def examine_command(command: Sequence[str]) -> Check:
    """Run the program that provides the credentials, and check what it prints."""
    try:
        credentials = await read_credentials(command, os.environ)
    except CredentialCommandError as error:
        return Check("credentials", CheckStatus.BAD, error_message(error))
    message = _("from {program}: {who}").format(program=command[0], who=_owner(credentials))
    return Check("credentials", CheckStatus.OK, message)


def _owner(credentials: Credentials) -> str:
    if isinstance(credentials, AccountKey):
        return _("account {account}").format(account=credentials.account_id)
    return _("a token")


def _credentials(items: StoredItems, base_url: str, variables: str) -> Check:
    stored = items.stored
    if variables:
        return Check("credentials", CheckStatus.OK, _("from the environment: {names}").format(names=variables))
    if items.error is not None and items.error.problem is not KeyringProblem.UNAVAILABLE:
        return Check(
            "credentials", CheckStatus.WARN, _("The keyring could not be read, so it is unknown whether it has any.")
        )
    if stored is None:
        return Check("credentials", CheckStatus.WARN, _("This profile has none."), ("  xds-tui login",))
    who = _owner(stored.credentials)
    message = _("from the keyring: {who}, for {url}").format(who=who, url=stored.base_url)
    if stored.base_url == base_url:
        return Check("credentials", CheckStatus.OK, message)
    elsewhere = _("They are not sent to {url}. Sign in there, or remove --base-url, XDS_BASE_URL and base_url.")
    return Check("credentials", CheckStatus.BAD, message, (elsewhere.format(url=base_url), "  xds-tui login"))


def _advice(problem: KeyringProblem, name: str) -> tuple[str, ...]:
    """Return advice for a keyring that does not work; the commands are for bash on Debian and Ubuntu."""
    if sys.platform == "darwin":
        return (_("Over SSH, unlock the keychain first:"), "  security unlock-keychain", *_without_keyring())
    if not sys.platform.startswith("linux"):
        return _without_keyring()
    if problem is KeyringProblem.UNAVAILABLE:
        return (*_gnome_keyring(), *_password_store(), *_without_keyring())
    if problem is KeyringProblem.LOCKED:
        return (*_unlock(name), *_without_keyring())
    if problem is KeyringProblem.TIMED_OUT:
        return (
            _(
                "It may be showing a password prompt on another screen. Respond to it there, or work without the "
                "keyring:"
            ),
            *_without_keyring(),
        )
    return _without_keyring()


def _gnome_keyring() -> tuple[str, ...]:
    return (
        _("To set one up on Debian or Ubuntu, with or without a desktop:"),
        f"  {_sudo()}apt-get install -y --no-install-recommends gnome-keyring dbus-daemon",
        _(
            "Then, in each session, start a shell with its own D-Bus, and unlock the keyring with a password "
            "of your choice:"
        ),
        BUS,
        UNLOCK,
        "  xds-tui login",
    )


def _password_store() -> tuple[str, ...]:
    """Return the commands that set up `pass` with a new key."""
    return (
        _("Alternatively, set up pass, which needs no D-Bus, with a key that is protected by a password:"),
        f"  {_sudo()}apt-get install -y --no-install-recommends pass gnupg pinentry-curses",
        GPG_TTY,
        f"  gpg --quick-generate-key {GPG_KEY_NAME} default default never",
        f"  pass init {GPG_KEY_NAME}",
        _("Then, in each session, because gpg forgets the password:"),
        GPG_TTY,
        _unlock_key(GPG_KEY_NAME),
        "  xds-tui login",
    )


def _unlock(name: str) -> tuple[str, ...]:
    from xds_tui.auth import pass_backend

    if name != pass_backend.NAME:
        return (_("If it is gnome-keyring, unlock it with:"), UNLOCK)
    message = _("Let gpg prompt for the password of the key, which it then remembers for a while:")
    return (message, GPG_TTY, _unlock_key(pass_backend.key()))


def _unlock_key(key: str) -> str:
    """Return a command that encrypts and decrypts an empty line, for which gpg prompts for the password of the key."""
    return f"  echo | gpg -q -e -r {shlex.quote(key)} | gpg -q -d"


def _sudo() -> str:
    return "" if os.geteuid() == 0 else "sudo "


def _without_keyring() -> tuple[str, ...]:
    return (
        _("To work without a keyring, in this shell only:"),
        "  read -rp 'Account ID: ' XDS_UUID && read -rsp 'Secret: ' XDS_SECRET && export XDS_UUID XDS_SECRET; echo",
    )
