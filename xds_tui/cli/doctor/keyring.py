"""The doctor's look at the keyring: which there is, whether it will do, and how to get one that does."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass
from typing import Final

from xds_tui.auth.keyring_store import CredentialStoreError, KeyringProblem, KeyringStore, StoredCredentials
from xds_tui.cli.doctor.check import Check, CheckStatus
from xds_tui.domain.credentials import AccountKey
from xds_tui.i18n import _
from xds_tui.text.messages import error_message

UNLOCK: Final = (
    "  read -rsp 'Keyring password: ' p && printf %s \"$p\" |"
    " gnome-keyring-daemon --replace --unlock --components=secrets >/dev/null; unset p; echo"
)
"""Unlocks the keyring, or makes one with this password; a daemon that runs already is only unlocked by its successor.

The password is asked for by bash, and seen in no list of processes.
"""

BUS: Final = "  dbus-run-session -- bash -c 'exec bash 2>&1' 2>/dev/null"
"""A shell on a bus that keeps its messages to itself: they would come in the middle of the screen."""

GPG_TTY: Final = "  export GPG_TTY=$(tty)"

KEY: Final = "xds-tui"
"""The name of the key that is advised to be made."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a keyring holds for a profile."""

    name: str = ""
    """The keyring's own name; empty: it could not be asked."""
    stored: StoredCredentials | None = None
    error: CredentialStoreError | None = None
    """Why it was not read, if so."""


async def read(vault: KeyringStore, profile: str) -> Kept:
    """Return what `vault` holds for `profile`."""
    name = ""
    try:
        name = await vault.backend_name()
        return Kept(name, await vault.read(profile))
    except CredentialStoreError as error:
        return Kept(name, error=error)


def examine(kept: Kept, base_url: str, given_by: str) -> list[Check]:
    """Return the findings on the keyring and on the credentials in use.

    Args:
        kept: what the keyring holds.
        base_url: where the service is.
        given_by: the environment variables that credentials came from, which come first; empty: none.

    """
    if kept.error is None:
        keyring = Check("keyring", CheckStatus.OK, kept.name)
    else:
        verdict = CheckStatus.WARN if given_by else CheckStatus.BAD
        keyring = Check("keyring", verdict, error_message(kept.error), _advice(kept.error.problem, kept.name))
    return [keyring, _credentials(kept, base_url, given_by)]


def _credentials(kept: Kept, base_url: str, given_by: str) -> Check:
    stored = kept.stored
    if given_by:
        return Check("credentials", CheckStatus.OK, _("from the environment: {names}").format(names=given_by))
    if kept.error is not None and kept.error.problem is not KeyringProblem.UNAVAILABLE:
        return Check("credentials", CheckStatus.WARN, _("The keyring could not be read, so there may be some in it."))
    if stored is None:
        return Check("credentials", CheckStatus.WARN, _("There are none for this profile."), ("  xds-tui login",))
    if isinstance(stored.credentials, AccountKey):
        who = _("account {account}").format(account=stored.credentials.account_id)
    else:
        who = _("a token")
    told = _("from the keyring: {who}, for {url}").format(who=who, url=stored.base_url)
    if stored.base_url == base_url:
        return Check("credentials", CheckStatus.OK, told)
    elsewhere = _("They are not sent to {url}. Sign in there, or go without --base-url, XDS_BASE_URL and base_url.")
    return Check("credentials", CheckStatus.BAD, told, (elsewhere.format(url=base_url), "  xds-tui login"))


def _advice(trouble: KeyringProblem, name: str) -> tuple[str, ...]:
    """What to do about a keyring that will not do; the commands are those of Debian and Ubuntu, in bash."""
    if sys.platform == "darwin":
        return (_("Over SSH the keychain has to be unlocked first:"), "  security unlock-keychain", *_without())
    if not sys.platform.startswith("linux"):
        return _without()
    if trouble is KeyringProblem.UNAVAILABLE:
        return (*_gnome_keyring(), *_password_store(), *_without())
    if trouble is KeyringProblem.LOCKED:
        return (*_unlocking(name), *_without())
    if trouble is KeyringProblem.TIMED_OUT:
        return (_("It may be asking for its password on another screen. Answer there, or do without:"), *_without())
    return _without()


def _gnome_keyring() -> tuple[str, ...]:
    return (
        _("To get one on Debian or Ubuntu, also without a desktop:"),
        f"  {_sudo()}apt-get install -y --no-install-recommends gnome-keyring dbus-daemon",
        _("Then, in each session, a shell with a bus of its own and in it the keyring, with a password of yours:"),
        BUS,
        UNLOCK,
        "  xds-tui login",
    )


def _password_store() -> tuple[str, ...]:
    """How to set up `pass` with a key of its own; whoever has a store has a keyring already."""
    return (
        _("Or pass, which needs no bus, with a key that has a password of yours:"),
        f"  {_sudo()}apt-get install -y --no-install-recommends pass gnupg pinentry-curses",
        GPG_TTY,
        f"  gpg --quick-generate-key {KEY} default default never",
        f"  pass init {KEY}",
        _("Then, in each session, for gpg forgets the password:"),
        GPG_TTY,
        _unlocking_key(KEY),
        "  xds-tui login",
    )


def _unlocking(name: str) -> tuple[str, ...]:
    from xds_tui.auth import pass_backend

    if name != pass_backend.NAME:
        return (_("Unlock it, if it is gnome-keyring, with:"), UNLOCK)
    told = _("Have gpg ask for the key's password, which it then remembers for a while:")
    return (told, GPG_TTY, _unlocking_key(pass_backend.key()))


def _unlocking_key(key: str) -> str:
    """Something to be encrypted and decrypted again."""
    return f"  echo | gpg -q -e -r {shlex.quote(key)} | gpg -q -d"


def _sudo() -> str:
    return "" if os.geteuid() == 0 else "sudo "


def _without() -> tuple[str, ...]:
    return (
        _("Without a keyring, for this shell alone:"),
        "  read -rp 'Account ID: ' XDS_UUID && read -rsp 'Secret: ' XDS_SECRET && export XDS_UUID XDS_SECRET; echo",
    )
