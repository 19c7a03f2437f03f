"""Who we are to the service: credentials from the environment, the keyring or the sign-in screen, and their client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, Protocol

from xds_tui.api.errors import ApiError, SignedOut
from xds_tui.auth.keyring_store import CredentialStoreError, KeyringProblem, KeyringStore, StoredCredentials
from xds_tui.domain.credentials import AccountKey, BareToken, Credentials, Token
from xds_tui.i18n import N_

if TYPE_CHECKING:
    from xds_tui.api.client import Client


STORE_TIMEOUT: Final = 0.5
"""Seconds that leaving waits for the keyring to take a token."""


class Source(Enum):
    """Where the credentials in use came from."""

    NOWHERE = "nowhere"
    ENVIRONMENT = "environment"
    KEYRING = "keyring"
    TYPED = "typed"
    """On the sign-in screen; for this run, unless the keyring took them."""
    DEMO = "demo"


@dataclass(frozen=True, slots=True)
class TokenCache:
    """Where a client finds tokens that live already, and leaves those it mints."""

    first: Token | None
    """One that an earlier run minted."""
    keep: Callable[[Token], None]
    find: Callable[[], Awaitable[Token | None]]
    """Looks for one that another instance may have minted meanwhile."""


class Connect(Protocol):
    """Makes a client; awaited because its first call imports an HTTP library, which painting must not wait for."""

    async def __call__(self, base_url: str, credentials: Credentials, tokens: TokenCache) -> Client:
        """Make a client of the service at `base_url`, a checked one.

        Raises:
            XdsError: if no connection can even be tried.

        """


class Account:
    """Holds the credentials in use and the client that uses them."""

    def __init__(
        self,
        connect: Connect,
        *,
        base_url: str,
        profile: str,
        vault: KeyringStore | None,
        is_base_url_given: bool = False,
        given: Credentials | None = None,
        source: Source = Source.NOWHERE,
    ) -> None:
        """Begin signed out.

        Args:
            connect: makes clients.
            base_url: where the service is, until signing in says otherwise.
            profile: the name under which the keyring keeps credentials.
            vault: the keyring; None: there is none to be touched.
            is_base_url_given: whether the user named `base_url`; credentials that the keyring has for another
                address are then not sent there.
            given: credentials that need no keyring.
            source: where `given` came from.

        """
        self._connect = connect
        self._profile = profile
        self._vault = vault
        self._given = given
        self._is_base_url_given = is_base_url_given
        self._in_use: Credentials | None = None
        self._client: Client | None = None
        self._trouble: ApiError | None = None
        self._keeping: set[asyncio.Task[None]] = set()
        self.base_url = base_url
        self.source = source
        self.account_id = given.account_id if isinstance(given, AccountKey) else ""
        self.vault_trouble: CredentialStoreError | None = None
        """Why the keyring could not be read or written, if so."""

    @property
    def has_credentials(self) -> bool:
        """Whether there is anything to sign in with; if not, being signed out is how things are, not trouble."""
        return self._client is not None or self._trouble is not None

    @property
    def is_given(self) -> bool:
        """Whether the credentials come from outside, so that `identity` is known before `open`."""
        return self._given is not None

    @property
    def is_address_known(self) -> bool:
        """Whether `base_url` is where the service is; if not, the keyring may know another."""
        return self._is_base_url_given or self._given is not None or self._vault is None

    @property
    def identity(self) -> tuple[str, str]:
        """Whose fleet it is: the service's address and the account ID, empty with a bare token."""
        return self.base_url, self.account_id

    @property
    def has_bare_token(self) -> bool:
        """Whether the credentials in use are a token, which the user has to replace when it ends."""
        return isinstance(self._in_use or self._given, BareToken)

    @property
    def keeps(self) -> bool:
        """Whether there is a keyring to keep credentials in."""
        return self._vault is not None

    @property
    def unread(self) -> CredentialStoreError | None:
        """Why it is not known whether the keyring holds credentials; None: it is known, or there is no keyring."""
        trouble = self.vault_trouble
        if self.has_credentials or trouble is None or trouble.problem is KeyringProblem.UNAVAILABLE:
            return None
        return trouble

    def client(self) -> Client:
        """The client of whoever is signed in.

        Raises:
            SignedOut: where nobody is, or where the keyring does not say whether somebody is.
            XdsError: if there are credentials but no connection can be tried with them.
        """
        if self._client is not None:
            return self._client
        if self._trouble is not None:
            raise self._trouble
        if self.unread is not None:
            raise SignedOut(self.unread.summary, 401, self.unread.detail)
        raise SignedOut(N_("Nobody is signed in"), 401, "")

    async def open(self) -> None:
        """Sign in with what was given, or with what the keyring holds; stay signed out where there is neither.

        What goes wrong is told by `client`, or by `vault_trouble` where it was the keyring.
        """
        if self._given is not None:
            await self._use(self.base_url, self._given, None)
            return
        stored = await self._read()
        if stored is None:
            return
        base_url = stored.base_url or self.base_url
        if self._is_base_url_given and base_url != self.base_url:
            self._trouble = SignedOut(N_("The keyring has credentials for another address"), 401, base_url)
            return
        self.source = Source.KEYRING
        await self._use(base_url, stored.credentials, stored.token)

    async def sign_in(self, base_url: str, credentials: Credentials) -> None:
        """Sign in with what the user typed, once the service has taken it; it holds for this run.

        Raises:
            XdsError: if the service does not take the credentials or cannot be asked; nothing has changed then.

        """
        client = await self._connect(base_url, credentials, self._tokens(None))
        try:
            await client.hosts(1)
        except ApiError:
            await client.aclose()
            raise
        await self._switch_to(client, base_url, credentials)
        self.source = Source.TYPED

    async def keep(self) -> str:
        """Put the credentials in use into the keyring, and return the keyring's own name; it may prompt.

        Raises:
            VaultError: if it did not take them; they still hold for this run.

        """
        if self._vault is None or self._in_use is None:
            return ""
        await self._vault.write(self._profile, StoredCredentials(self._in_use, self.base_url))
        self.source = Source.KEYRING
        self.vault_trouble = None
        return await self._vault.backend_name()

    async def keyring_name(self) -> str:
        """The keyring's own name for itself.

        Raises:
            VaultError: if there is none that can be used.

        """
        if self._vault is None:
            return ""
        return await self._vault.backend_name()

    async def close(self) -> None:
        """Let go of the connections; a token that is being kept is given a moment, so that the next start has it."""
        if self._keeping:
            await asyncio.wait(self._keeping, timeout=STORE_TIMEOUT)
        for task in self._keeping:
            task.cancel()
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _read(self) -> StoredCredentials | None:
        if self._vault is None:
            return None
        try:
            return await self._vault.read(self._profile)
        except CredentialStoreError as error:
            self.vault_trouble = error
            return None

    async def _use(self, base_url: str, credentials: Credentials, token: Token | None) -> None:
        try:
            client = await self._connect(base_url, credentials, self._tokens(token))
        except ApiError as error:
            self._trouble = error
            return
        await self._switch_to(client, base_url, credentials)

    def _tokens(self, first: Token | None) -> TokenCache:
        return TokenCache(first, self._keep_token, self._find_token)

    async def _find_token(self) -> Token | None:
        """Look into the keyring for a token that another instance keeps there."""
        if self.source is not Source.KEYRING or self.vault_trouble is not None:
            return None
        stored = await self._read()
        return stored.token if stored else None

    async def _switch_to(self, client: Client, base_url: str, credentials: Credentials) -> None:
        old, self._client = self._client, client
        self._trouble = None
        self.base_url = base_url
        self._in_use = credentials
        self.account_id = credentials.account_id if isinstance(credentials, AccountKey) else ""
        if old is not None:
            await old.aclose()

    def _keep_token(self, token: Token) -> None:
        """Keep a renewed token for the next start; a keyring that refused once is not asked again."""
        if self._vault is not None and self.source is Source.KEYRING and self.vault_trouble is None:
            task = asyncio.get_running_loop().create_task(self._write_token(self._vault, token))
            self._keeping.add(task)
            task.add_done_callback(self._keeping.discard)

    async def _write_token(self, vault: KeyringStore, token: Token) -> None:
        try:
            await vault.write_token(self._profile, token)
        except CredentialStoreError as error:
            self.vault_trouble = error
