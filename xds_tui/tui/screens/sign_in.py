"""The sign-in dialog: account ID and secret, which can renew the token, or a token that expires after 30 minutes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final

from textual import on, work
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, RadioSet, Static

from xds_tui.api.errors import ApiError
from xds_tui.auth.account import Account
from xds_tui.auth.keyring_store import CredentialStoreError
from xds_tui.domain.credentials import AccountKey, BareToken, Credentials, Secret
from xds_tui.domain.endpoint import PRODUCTION, SANDBOX, check_base_url
from xds_tui.i18n import _
from xds_tui.structs import dataclass
from xds_tui.text import messages, terms
from xds_tui.text.messages import Situation
from xds_tui.tui.commands import bindings
from xds_tui.tui.screens.base import DialogScreen
from xds_tui.tui.textual_compat import Radio, Tick
from xds_tui.tui.theme import glyphs
from xds_tui.tui.widgets.field import Field

_ENVIRONMENTS: Final = {"production": PRODUCTION, "sandbox": SANDBOX}


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The service has accepted the credentials."""

    keep: bool
    """Whether the user wants them in the keyring, which may take a prompt and so is done elsewhere."""


class SignInScreen(DialogScreen[SignedIn | None]):
    """Asks for credentials until the service accepts them; returns None if the user cancels."""

    manual_topic = "getting-started"
    BINDINGS: ClassVar[list[BindingType]] = bindings("sign-in")
    AUTO_FOCUS = "#account"
    CSS_PATH = "../theme/dialog.tcss"

    def __init__(self, account: Account, *, insecure_http: bool = False) -> None:
        """Create the dialog.

        Args:
            account: what is signed in.
            insecure_http: whether plain http is allowed to other machines than this one.

        """
        super().__init__()
        self._account = account
        self._insecure_http = insecure_http

    def compose(self) -> ComposeResult:
        """Compose environment, kind of credentials, their fields, and the keyring that stores them."""
        named = {url: name for name, url in _ENVIRONMENTS.items()}.get(self._account.base_url, "other")
        with VerticalScroll(classes="dialog", id="sign-in-form", can_focus=False):
            yield Static(
                Content(_("Sign in to {service}").format(service=glyphs.brand(self.app))), classes="dialog-title"
            )
            with RadioSet(id="where", compact=True):
                for name, label in (
                    ("production", _("Production")),
                    ("sandbox", _("Sandbox")),
                    ("other", _("Another address")),
                ):
                    yield Radio(Content(label), id=name, value=name == named, compact=True)
            yield from _field("address", _(terms.ADDRESS), self._account.base_url)
            with RadioSet(id="way", compact=True):
                has_token = self._account.has_bare_token
                yield Radio(
                    Content(_("Account ID and secret (renewed automatically)")), value=not has_token, compact=True
                )
                yield Radio(Content(_("Token (expires after 30 minutes)")), value=has_token, id="bare", compact=True)
            yield from _field("account", _(terms.ACCOUNT_ID), self._account.account_id)
            yield from _field("secret", _(terms.SECRET), password=True)
            yield from _field("token", _("Token"), password=True)
            yield Tick(Content(_("Store in the keyring")), value=self._account.has_keyring, id="keep", compact=True)
            yield Static(id="keyring")
            yield Static(Content(_("No account yet? Run xds-tui --demo to try everything.")), classes="hint")
            yield Static(id="answer")
            with Horizontal(classes="dialog-buttons"):
                yield Button(Content(_("Not now  esc")), id="leave", compact=True)
                yield Button(Content(_("Sign in  enter")), id="submit", variant="primary", compact=True)

    def on_mount(self) -> None:
        """Show the fields of the preselected kind, and look for the keyring meanwhile."""
        self._show_fields()
        if self._account.has_bare_token:
            self.query_one("#token", Input).focus()
        if (trouble := self._account.keyring_read_error) is not None:
            unread = _("The keyring could not be read, so please sign in again: {reason}")
            self._complain([unread.format(reason=messages.error_message(trouble))])
        if self._account.has_keyring:
            self._name_keyring()
        else:
            self.query_one("#keep").display = False

    @work
    async def _name_keyring(self) -> None:
        line = self.query_one("#keyring", Static)
        try:
            name = await self._account.keyring_name()
        except CredentialStoreError as error:
            self.query_one("#keep", Tick).value = False
            self.query_one("#keep", Tick).disabled = True
            line.update(Content(messages.kept_for_this_run(error)))
            return
        line.update(Content(_("Keyring on this machine: {name}").format(name=name)))

    @on(RadioSet.Changed)
    def _show_fields(self) -> None:
        other = self.query_one("#other", Radio).value
        bare = self.query_one("#bare", Radio).value
        self.query_one("#address-field").display = other
        self.query_one("#account-field").display = self.query_one("#secret-field").display = not bare
        self.query_one("#token-field").display = bare

    def _typed(self, field: str) -> str:
        return self.query_one(f"#{field}", Input).value.strip()

    def action_enter(self) -> None:
        """Focus the next empty field, or sign in if there is none.

        A binding, because the field's own message comes after the keys that follow in a paste.
        """
        if not isinstance(self.focused, Input):
            raise SkipAction
        for field in self.query(Input):
            if field.display and field.parent and field.parent.display and not field.value.strip():
                is_this = field is self.focused
                field.focus()
                if not is_this:
                    return
        self._sign_in()

    @on(Button.Pressed, "#submit")
    def _submit(self) -> None:
        self._sign_in()

    @on(Button.Pressed, "#leave")
    def action_leave(self) -> None:
        """Leave without signing in."""
        self.dismiss(None)

    @work(exclusive=True)
    async def _sign_in(self) -> None:
        """Sign in with the typed credentials; show an error in the dialog, and keep the input."""
        answer = self.query_one("#answer", Static)
        answer.remove_class("-bad")
        answer.update(Content(_("Signing in…")))
        try:
            base_url, credentials = self._what_was_typed()
            await self._account.sign_in(base_url, credentials)
        except (ApiError, ValueError) as error:
            self._complain(self._lines(error) if isinstance(error, ApiError) else [_(str(error))])
            return
        self.dismiss(SignedIn(self.query_one("#keep", Tick).value))

    def _lines(self, error: ApiError) -> Iterable[str]:
        return messages.error_lines(error, Situation.SIGN_IN, is_token=self.query_one("#bare", Radio).value)

    def _complain(self, lines: Iterable[str]) -> None:
        answer = self.query_one("#answer", Static)
        answer.add_class("-bad")
        answer.update(Content("\n".join(lines)))

    def _what_was_typed(self) -> tuple[str, Credentials]:
        """Return the address and the credentials.

        Raises:
            ValueError: with a marked sentence for the user, if something is missing or wrong.

        """
        chosen = self.query_one("#where", RadioSet).pressed_button
        url = _ENVIRONMENTS.get((chosen.id or "") if chosen else "", self._typed("address"))
        base_url = check_base_url(url, insecure_http=self._insecure_http)
        if self.query_one("#bare", Radio).value:
            if not self._typed("token"):
                raise ValueError(_("The token is missing"))
            return base_url, BareToken(Secret(self._typed("token")))
        if not self._typed("account") or not self._typed("secret"):
            raise ValueError(_(messages.KEY_INCOMPLETE))
        return base_url, AccountKey(self._typed("account"), Secret(self._typed("secret")))


def _field(name: str, label: str, value: str = "", *, password: bool = False) -> ComposeResult:
    with Horizontal(classes="field", id=f"{name}-field"):
        yield Static(Content(label), classes="field-name")
        yield Field(value, password=password, id=name)
