"""Signing in on the screen, and having the credentials kept."""

from __future__ import annotations

from typing import Any, Final

from textual.app import App

from xds_tui.fleet.account import Account
from xds_tui.i18n import _
from xds_tui.tui import telling
from xds_tui.tui.parts import ProfileServices
from xds_tui.tui.screens.sign_in import SignInScreen
from xds_tui.vault import CredentialStoreError

PROGRESS_DELAY: Final = 0.3
"""Seconds after which it is said what is waited for."""


async def sign_in(app: App[Any], opened: ProfileServices) -> bool:
    """Ask for credentials, and watch with them; whether the user wants them kept. To be awaited in a worker."""
    signed_in = await app.push_screen_wait(SignInScreen(opened.account, insecure_http=opened.insecure_http))
    if signed_in is None:
        return False
    opened.monitor.signed_in()
    return signed_in.keep


async def save_credentials(app: App[Any], account: Account) -> None:
    """Have the credentials kept, and say where; the keyring may ask the user first."""
    waiting = _("Waiting for the keyring, which may ask you first")
    said = app.set_timer(PROGRESS_DELAY, lambda: app.notify(waiting, timeout=20, markup=False))
    try:
        name = await account.keep()
    except CredentialStoreError as error:
        told = _("Kept for this run only: {reason}").format(reason=telling.keyring_error_message(error))
        app.notify(told, severity="warning", timeout=20, markup=False)
        return
    finally:
        said.stop()
    app.notify(_("Kept in the keyring: {name}").format(name=name), markup=False)
