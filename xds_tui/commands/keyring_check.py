"""The doctor's look at the keyring: which there is, whether it will do, and how to get one that does."""

from __future__ import annotations

import os
import sys
from typing import Final

from xds_tui.commands.finding import Finding, Verdict
from xds_tui.commands.saying import kept_trouble
from xds_tui.credentials import AccountKey
from xds_tui.i18n import _
from xds_tui.vault import Stored, Trouble, Vault, VaultError

UNLOCK: Final = (
    "  read -rsp 'Keyring password: ' p && printf %s \"$p\" |"
    " gnome-keyring-daemon --unlock --components=secrets; unset p; echo"
)
"""Unlocks the keyring, or makes one with this password. It is asked for by bash, and seen in no list of processes."""


async def examine(vault: Vault, profile: str, given_by: str) -> list[Finding]:
    """Return what there is to say of the keyring and of the credentials in use.

    Args:
        vault: the keyring.
        profile: whose credentials are looked for.
        given_by: the environment variables that credentials came from, which come first; empty: none.

    """
    stored: Stored | None = None
    try:
        name = await vault.backend_name()
        stored = await vault.read(profile)
    except VaultError as error:
        keyring = Finding("keyring", Verdict.WARN if given_by else Verdict.BAD, kept_trouble(error), _advice(error))
    else:
        keyring = Finding("keyring", Verdict.OK, name)
    return [keyring, _credentials(stored, given_by)]


def _credentials(stored: Stored | None, given_by: str) -> Finding:
    if given_by:
        return Finding("credentials", Verdict.OK, _("from the environment: {names}").format(names=given_by))
    if stored is None:
        return Finding("credentials", Verdict.WARN, _("There are none for this profile."), ("  xds-tui login",))
    if isinstance(stored.credentials, AccountKey):
        who = _("account {account}").format(account=stored.credentials.account_id)
    else:
        who = _("a token")
    return Finding(
        "credentials", Verdict.OK, _("from the keyring: {who}, for {url}").format(who=who, url=stored.base_url)
    )


def _advice(error: VaultError) -> tuple[str, ...]:
    """What to do about a keyring that will not do; the commands are those of Debian and Ubuntu, in bash."""
    if sys.platform == "darwin":
        return (_("Over SSH the keychain has to be unlocked first:"), "  security unlock-keychain", *_without())
    if not sys.platform.startswith("linux"):
        return _without()
    if error.trouble is Trouble.UNAVAILABLE:
        sudo = "" if os.geteuid() == 0 else "sudo "
        return (
            _("To get one on Debian or Ubuntu, also without a desktop:"),
            f"  {sudo}apt-get install -y --no-install-recommends gnome-keyring dbus-daemon",
            _("Then, in each session, a shell with a bus of its own and in it the keyring, with a password of yours:"),
            "  dbus-run-session -- bash",
            UNLOCK,
            "  xds-tui login",
            *_without(),
        )
    if error.trouble is Trouble.LOCKED:
        return (_("Unlock it, if it is gnome-keyring, with:"), UNLOCK, *_without())
    if error.trouble is Trouble.TIMED_OUT:
        return (_("It may be asking for its password on another screen. Answer there, or do without:"), *_without())
    return _without()


def _without() -> tuple[str, ...]:
    return (
        _("Without a keyring, for this shell alone:"),
        "  read -rp 'Account ID: ' XDS_UUID && read -rsp 'Secret: ' XDS_SECRET && export XDS_UUID XDS_SECRET; echo",
    )
