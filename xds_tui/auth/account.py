"""The account in use: credentials from the environment, the keyring or the sign-in screen, and their client."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Final, Protocol

from xds_tui.api.errors import ApiError, SignedOut
from xds_tui.auth.keyring_store import CredentialStoreError, KeyringProblem, KeyringStore, StoredCredentials
from xds_tui.domain.credentials import AccountKey, BareToken, Credentials, Token
from xds_tui.i18n import N_
from xds_tui.structs import dataclass

if TYPE_CHECKING:
    from xds_tui.api.client import Client


STORE_TIMEOUT: Final = 0.5
"""Seconds that quitting waits for the keyring to store a token."""


class Source(Enum):
    """The source of the credentials in use."""

    NOWHERE = "nowhere"
    ENVIRONMENT = "environment"
    KEYRING = "keyring"
    COMMAND = "command"
    """A program of the user."""
    TYPED = "typed"
    """On the sign-in screen; for this run only, unless the keyring stores them."""
    DEMO = "demo"


@dataclass(frozen=True, slots=True)
class TokenCache:
    """Callbacks with which a client reads and stores tokens."""

    initial: Token | None
    """The token of an earlier run; None if there is none."""
    store: Callable[[Token], None]
    find: Callable[[], Awaitable[Token | None]]
    """Looks for a newer token of another program."""


class Connect(Protocol):
    """Creates a client; async because the first call imports the HTTP library, which must not delay the display."""

    async def __call__(self, base_url: str, credentials: Credentials, tokens: TokenCache) -> Client:
        """Create a client for the service at `base_url`, a validated URL.

        Raises:
            ApiError: if the configuration rules out any connection.

        """


class Account:
    """Holds the credentials in use and the client that uses them."""

    def __init__(
        self,
        connect: Connect,
        *,
        base_url: str,
        profile: str,
        keyring_store: KeyringStore | None,
        is_base_url_given: bool = False,
        credentials: Credentials | None = None,
        source: Source = Source.NOWHERE,
        credential_command: Sequence[str] = (),
    ) -> None:
        """Start signed out.

        Args:
            connect: creates clients.
            base_url: the address of the service, until signing in provides another.
            profile: the profile, which is the name of its items in the keyring.
            keyring_store: the keyring; None to use none.
            is_base_url_given: whether the user chose `base_url`: stored credentials for another one are not used.
            credentials: credentials to use instead of the keyring's.
            source: the source of `credentials`.
            credential_command: a program whose output is used instead of the keyring; empty for none.

        """
        self._connect = connect
        self._profile = profile
        self._keyring_store = keyring_store
        self._given_credentials = credentials
        self._is_base_url_given = is_base_url_given
        self._credential_command = tuple(credential_command)
        self._credentials: Credentials | None = None
        self._client: Client | None = None
        self._error: ApiError | None = None
        self._store_tasks: set[asyncio.Task[None]] = set()
        self.base_url = base_url
        self.source = source
        self.account_id = credentials.account_id if isinstance(credentials, AccountKey) else ""
        self.keyring_error: CredentialStoreError | None = None
        """The last failure of the keyring; None if there is none."""

    @property
    def has_credentials(self) -> bool:
        """Whether there are credentials, even unusable ones; without any, being signed out is not an error."""
        return self._client is not None or self._error is not None

    @property
    def has_given_credentials(self) -> bool:
        """Whether the credentials do not come from the keyring, so that `identity` is known before `open`."""
        return self._given_credentials is not None

    @property
    def is_address_known(self) -> bool:
        """Whether `base_url` is final; if not, the keyring may have another address."""
        is_from_keyring = self._given_credentials is None and not self._credential_command
        return self._is_base_url_given or not is_from_keyring or self._keyring_store is None

    @property
    def identity(self) -> tuple[str, str]:
        """The address of the service and the account ID, which is empty with a bare token."""
        return self.base_url, self.account_id

    @property
    def has_bare_token(self) -> bool:
        """Whether the credentials in use are a token, which the user has to replace when it expires."""
        return isinstance(self._credentials or self._given_credentials, BareToken)

    @property
    def has_keyring(self) -> bool:
        """Whether there is a keyring to store credentials in."""
        return self._keyring_store is not None

    @property
    def keyring_read_error(self) -> CredentialStoreError | None:
        """Why the keyring could not be searched for credentials; None if it was, or if there is no keyring."""
        error = self.keyring_error
        if self.has_credentials or error is None or error.problem is KeyringProblem.UNAVAILABLE:
            return None
        return error

    def client(self) -> Client:
        """Return the client.

        Raises:
            SignedOut: without credentials, or if the keyring could not be searched for them.
            ApiError: if there are credentials, but no client could be created with them.

        """
        if self._client is not None:
            return self._client
        if self._error is not None:
            raise self._error
        if self.keyring_read_error is not None:
            raise SignedOut(self.keyring_read_error.summary, 401, self.keyring_read_error.detail)
        raise SignedOut(N_("Not signed in"), 401, "")

    async def open(self) -> None:
        """Sign in with the given credentials, or with those in the keyring; without any, stay signed out.

        Raises nothing: `client` raises the error of a failed sign-in; `keyring_error` has that of the keyring.
        """
        if self._given_credentials is not None:
            await self._use(self.base_url, self._given_credentials, None)
            return
        if self._credential_command:
            await self._use_command()
            return
        stored = await self._read()
        if stored is None:
            return
        base_url = stored.base_url or self.base_url
        if self._is_base_url_given and base_url != self.base_url:
            self._error = SignedOut(N_("The credentials in the keyring belong to another address"), 401, base_url)
            return
        self.source = Source.KEYRING
        await self._use(base_url, stored.credentials, stored.token)

    async def sign_in(self, base_url: str, credentials: Credentials) -> None:
        """Sign in with entered credentials, for this run, after the service has accepted them.

        Raises:
            ApiError: if the service does not accept them or does not respond; nothing has changed then.

        """
        client = await self._connect(base_url, credentials, self._tokens(None))
        try:
            await client.hosts(1)
        except ApiError:
            await client.aclose()
            raise
        await self._switch_to(client, base_url, credentials)
        self.source = Source.TYPED

    async def store_credentials(self) -> str:
        """Store the credentials in use in the keyring, which may prompt, and return the name of the keyring.

        Raises:
            CredentialStoreError: if it did not store them; they remain in use for this run.

        """
        if self._keyring_store is None or self._credentials is None:
            return ""
        await self._keyring_store.write(self._profile, StoredCredentials(self._credentials, self.base_url))
        self.source = Source.KEYRING
        self.keyring_error = None
        return await self._keyring_store.backend_name()

    async def keyring_name(self) -> str:
        """Return the name of the keyring; empty without one.

        Raises:
            CredentialStoreError: if there is no usable keyring.

        """
        if self._keyring_store is None:
            return ""
        return await self._keyring_store.backend_name()

    async def close(self) -> None:
        """Close the connections, after waiting up to `STORE_TIMEOUT` for a token to be stored for the next start."""
        if self._store_tasks:
            await asyncio.wait(self._store_tasks, timeout=STORE_TIMEOUT)
        for task in self._store_tasks:
            task.cancel()
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _read(self) -> StoredCredentials | None:
        if self._keyring_store is None:
            return None
        try:
            return await self._keyring_store.read(self._profile)
        except CredentialStoreError as error:
            self.keyring_error = error
            return None

    async def _use_command(self) -> None:
        """Sign in with what the user's program prints."""
        # Most users have no such program.
        from xds_tui.auth.credential_command import CredentialCommandError, read_credentials

        try:
            credentials = await read_credentials(self._credential_command, os.environ)
        except CredentialCommandError as error:
            self._error = SignedOut(error.summary, 401, error.detail)
            return
        self.source = Source.COMMAND
        await self._use(self.base_url, credentials, None)

    async def _use(self, base_url: str, credentials: Credentials, token: Token | None) -> None:
        try:
            client = await self._connect(base_url, credentials, self._tokens(token))
        except ApiError as error:
            self._error = error
            return
        await self._switch_to(client, base_url, credentials)

    def _tokens(self, initial: Token | None) -> TokenCache:
        return TokenCache(initial, self._store_token, self._find_token)

    async def _find_token(self) -> Token | None:
        """Return the token that another program may have stored in the keyring."""
        if self.source is not Source.KEYRING or self.keyring_error is not None:
            return None
        stored = await self._read()
        return stored.token if stored else None

    async def _switch_to(self, client: Client, base_url: str, credentials: Credentials) -> None:
        old, self._client = self._client, client
        self._error = None
        self.base_url = base_url
        self._credentials = credentials
        self.account_id = credentials.account_id if isinstance(credentials, AccountKey) else ""
        if old is not None:
            await old.aclose()

    def _store_token(self, token: Token) -> None:
        """Store a renewed token for the next start, unless the keyring has failed before."""
        if self._keyring_store is not None and self.source is Source.KEYRING and self.keyring_error is None:
            task = asyncio.get_running_loop().create_task(self._write_token(self._keyring_store, token))
            self._store_tasks.add(task)
            task.add_done_callback(self._store_tasks.discard)

    async def _write_token(self, keyring_store: KeyringStore, token: Token) -> None:
        try:
            await keyring_store.write_token(self._profile, token)
        except CredentialStoreError as error:
            self.keyring_error = error
