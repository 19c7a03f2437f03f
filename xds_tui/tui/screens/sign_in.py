"""Signing in: with account ID and secret, which renew themselves, or with a bare token that ends in half an hour."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Checkbox, Input, RadioButton, RadioSet, Static

from xds_tui.api.errors import XdsError
from xds_tui.credentials import AccountKey, BareToken, Credentials
from xds_tui.fleet.account import Account
from xds_tui.i18n import N_, _
from xds_tui.secret import Secret
from xds_tui.settings import PRODUCTION, SANDBOX, SettingsError, checked_base_url
from xds_tui.tui import wording

_ENVIRONMENTS: Final = (
    ("production", N_("Production"), PRODUCTION),
    ("sandbox", N_("Sandbox"), SANDBOX),
    ("other", N_("Another address"), ""),
)
_WAYS: Final = (
    ("key", N_("Account ID and secret: renews by itself")),
    ("token", N_("A token: ends after 30 minutes")),
)


class SignInScreen(ModalScreen[bool]):
    """Ask for credentials until the service takes them: True; False: the user left without."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", _("Not now"))]
    AUTO_FOCUS = "#account"

    def __init__(self, account: Account, why: str = "") -> None:
        super().__init__()
        self._account = account
        self._why = why

    def compose(self) -> ComposeResult:
        """Where, how, the credentials, and where they will be kept."""
        with VerticalScroll(classes="dialog sign-in", can_focus=False):
            yield Static(Content(_("Sign in to 渲大师")), classes="dialog-title")
            yield Static(Content(self._why), id="why")
            with Horizontal(classes="sign-in-choices"):
                with RadioSet(id="where", compact=True):
                    for name, label, url in _ENVIRONMENTS:
                        yield RadioButton(Content(_(label)), id=name, value=url == self._environment, compact=True)
                with RadioSet(id="way", compact=True):
                    for name, label in _WAYS:
                        yield RadioButton(Content(_(label)), id=name, value=name == "key", compact=True)
            yield from _field("address", _("Address"), self._account.base_url)
            yield from _field("account", _("Account ID"), self._account.account_id)
            yield from _field("secret", _("Secret"), password=True)
            yield from _field("token", _("Token"), password=True)
            yield Checkbox(Content(_("Keep it in the keyring of this machine")), value=True, id="keep", compact=True)
            yield Static(id="keyring", classes="dialog-note")
            yield Static(id="answer")
            with Horizontal(classes="dialog-buttons"):
                yield Button(Content(_("Sign in  enter")), id="sign-in", variant="primary", compact=True)
                yield Button(Content(_("Not now  esc")), id="leave", compact=True)

    def on_mount(self) -> None:
        """Show the fields of the preselected way, and find out about the keyring meanwhile."""
        self._show_fields()
        self._name_keyring()

    @property
    def _environment(self) -> str:
        known = {url for _name, _label, url in _ENVIRONMENTS}
        return self._account.base_url if self._account.base_url in known else ""

    @property
    def _uses_token(self) -> bool:
        return self.query_one("#token-way", RadioButton).value
