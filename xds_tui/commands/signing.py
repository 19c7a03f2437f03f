"""`xds-tui login` and `xds-tui logout`: credentials into the keyring, and out of it."""

from __future__ import annotations

import asyncio
import getpass
import sys
from typing import TYPE_CHECKING

from xds_tui.api.errors import XdsError
from xds_tui.commands import saying
from xds_tui.commands.output import write
from xds_tui.commands.waiting import Waiting
from xds_tui.credentials import AccountKey
from xds_tui.i18n import _
from xds_tui.secret import Secret
from xds_tui.vault import Vault, VaultError

if TYPE_CHECKING:
    from xds_tui.commands.parts import Parts


def login(parts: Parts) -> int:
    """Ask for account ID and secret, have the service check them, keep them, and return the exit code.

    Where there is no keyring to keep them in nothing is asked: they would be typed for nothing.
    """
    if sys.stdin is None or not sys.stdin.isatty():
        saying.complain(
            [_("login asks its questions at a terminal."), _("For scripts set XDS_UUID and XDS_SECRET, or XDS_TOKEN.")]
        )
        return saying.FAILURE
    with asyncio.Runner() as runner:
        try:
            name = runner.run(_keyring().until(parts.account.keyring_name()))
            write(_("Signing in at {url}; kept in {keyring}.").format(url=parts.account.base_url, keyring=name) + "\n")
            credentials = _asked_for()
            if credentials is None:
                saying.complain([_("Account ID and secret are both needed")])
                return saying.FAILURE
            kept_in = runner.run(_sign_in(parts, credentials))
        except VaultError as error:
            saying.complain(_no_keyring(error))
            return saying.FAILURE
        except XdsError as error:
            saying.complain(saying.trouble(error))
            return saying.FAILURE
        finally:
            runner.run(parts.close())
    write(_("The service took them, and {keyring} keeps them.").format(keyring=kept_in) + "\n")
    if parts.given_by:
        write(_("As long as {names} are set, they come first.").format(names=parts.given_by) + "\n")
    return 0


def logout(vault: Vault, profile: str, given_by: str) -> int:
    """Remove what the keyring holds for `profile`, and return the exit code; `given_by`: variables that stay."""
    try:
        name, had = asyncio.run(_keyring().until(_remove(vault, profile)))
    except VaultError as error:
        saying.complain([saying.kept_trouble(error)])
        return saying.FAILURE
    told = _("Removed from {keyring}.") if had else _("{keyring} held nothing for this profile.")
    write(told.format(keyring=name) + "\n")
    if given_by:
        write(_("{names} are still set, and are used.").format(names=given_by) + "\n")
    return 0


def _asked_for() -> AccountKey | None:
    """What the user types; None: not all of it."""
    sys.stderr.write(_("Account ID") + ": ")
    sys.stderr.flush()
    account_id = sys.stdin.readline().strip()
    if not account_id:
        return None
    try:
        secret = getpass.getpass(_("Secret") + ": ").strip()
    except EOFError:
        return None
    return AccountKey(account_id, Secret(secret)) if secret else None


async def _sign_in(parts: Parts, credentials: AccountKey) -> str:
    """Try the credentials, keep them, and return the keyring's own name."""
    url = parts.account.base_url
    await Waiting(_("asking {url}").format(url=url)).until(parts.account.sign_in(url, credentials))
    return await _keyring().until(parts.account.keep())


def _keyring() -> Waiting:
    return Waiting(_("waiting for the keyring"))


async def _remove(vault: Vault, profile: str) -> tuple[str, bool]:
    had = await vault.read(profile) is not None
    await vault.remove(profile)
    return await vault.backend_name(), had


def _no_keyring(error: VaultError) -> tuple[str, ...]:
    return (
        saying.kept_trouble(error),
        _("Nothing was kept. xds-tui doctor tells how to get a keyring;"),
        _("without one set XDS_UUID and XDS_SECRET, or sign in on the screen for one run."),
    )
