"""Credentials in the keyring of the operating system, by profile.

A keyring may prompt, hang or be missing, and its calls have no time-out. Each call therefore runs on its own daemon
thread, which blocks neither the display nor the exit, and is abandoned after a time-out; until it returns, further
calls fail. Every exception of a keyring is translated into `CredentialStoreError`.

The time-out of a call does not include importing the library and choosing a backend, which says nothing about the
keyring.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

from xds_tui.auth.keyring_backends import MAX_LENGTHS, class_name, find_backend, import_backends
from xds_tui.auth.keyring_errors import CredentialStoreError, KeyringProblem, translate_error
from xds_tui.domain.credentials import AccountKey, BareToken, Credentials, Secret, Token
from xds_tui.domain.notification import ChannelSecrets
from xds_tui.i18n import N_
from xds_tui.structs import dataclass
from xds_tui.system import threads

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

__all__ = ["CredentialStoreError", "KeyringProblem", "KeyringStore", "StoredCredentials"]

THREAD: Final = "xds-tui keyring"
"""Name of the threads that call a keyring."""

T = TypeVar("T")

SERVICE: Final = "xds-tui"
"""The service name of all items in the keyring."""

BACKGROUND_TIMEOUT: Final = 3.0
"""Seconds for background calls: reading at the start, storing a renewed token."""
COMMAND: Final = 15.0
"""Seconds for the reading calls of a command, which displays that it waits."""
INTERACTIVE_TIMEOUT: Final = 60.0
"""Seconds for calls that the user started and may have to answer a prompt for."""
CHOOSING: Final = 20.0
"""Seconds for choosing a backend, which queries the session bus. Importing the library has no time-out."""

_SECRET, _TOKEN, _TOKEN_ENDS, _ACCOUNT, _BASE_URL = ITEMS = ("secret", "token", "token-ends", "account", "base-url")
"""The items of a profile, with the user name `PROFILE/NAME` in the keyring; secrets first, to be removed first."""


_CHANNEL_URL, _CHANNEL_KEY = _CHANNEL_ITEMS = ("url", "key")
"""The items of a channel."""


@dataclass(frozen=True, slots=True)
class StoredCredentials:
    """The stored data of one sign-in."""

    credentials: Credentials
    base_url: str
    """The address of the service that the credentials are for; they must not be sent to any other."""
    token: Token | None = None
    """The last token obtained with an `AccountKey`."""


class KeyringStore:
    """Stores credentials in a keyring. Every method may raise `CredentialStoreError`.

    Args:
        backend: the keyring; None for that of this machine, which is chosen at the first call.
        limit: seconds for reading calls and for storing a renewed token; None for `BACKGROUND_TIMEOUT`.

    """

    def __init__(self, backend: KeyringBackend | None = None, *, limit: float | None = None) -> None:
        self._backend = backend
        self._limit = limit
        self._turn = asyncio.Lock()
        self._is_free: Callable[[], bool] = lambda: True

    async def backend_name(self) -> str:
        """Return the name of the keyring."""
        return await self._run(lambda backend: str(backend.name), self._limit or BACKGROUND_TIMEOUT)

    async def read(self, profile: str) -> StoredCredentials | None:
        """Return the credentials of `profile`, or None if they are missing or incomplete."""
        return await self._run(lambda backend: _read(backend, profile), self._limit or BACKGROUND_TIMEOUT)

    async def write(self, profile: str, stored: StoredCredentials) -> None:
        """Replace all items of `profile` with `stored`, and check that they can be read."""
        await self._run(lambda backend: _write(backend, profile, stored), INTERACTIVE_TIMEOUT)

    async def write_token(self, profile: str, token: Token) -> None:
        """Store a renewed `token` for the account of `profile`."""
        await self._run(lambda backend: _write_token(backend, profile, token), self._limit or BACKGROUND_TIMEOUT)

    async def remove(self, profile: str) -> bool:
        """Remove all items of `profile`, check that they are gone, and return whether there were any."""
        return await self._run(lambda backend: _remove(backend, profile), INTERACTIVE_TIMEOUT)

    # Channels of notifications

    async def read_channel(self, name: str) -> ChannelSecrets | None:
        """Return the address and the key of a channel, or None if it has none."""
        return await self._run(lambda backend: _read_channel(backend, name), self._limit or BACKGROUND_TIMEOUT)

    async def write_channel(self, name: str, secrets: ChannelSecrets) -> None:
        """Replace the address and the key of a channel, and check that they can be read."""
        await self._run(lambda backend: _write_channel(backend, name, secrets), INTERACTIVE_TIMEOUT)

    async def remove_channel(self, name: str) -> bool:
        """Remove what is stored of a channel, check that it is gone, and return whether there was anything."""
        return await self._run(
            lambda backend: _remove(backend, _channel_user(name), _CHANNEL_ITEMS), INTERACTIVE_TIMEOUT
        )

    async def _run(self, work: Callable[[KeyringBackend], T], seconds: float) -> T:
        """Return the result of `work`, a call to the backend, with a time-out in seconds."""
        async with self._turn:
            if not self._is_free():
                raise CredentialStoreError(KeyringProblem.TIMED_OUT, N_("The keyring is still waiting for a response"))
            if self._backend is None:
                await self._call(import_backends, None)
                self._backend = await self._call(find_backend, CHOOSING)
            backend = self._backend
            return await self._call(lambda: work(backend), seconds)

    async def _call(self, work: Callable[[], T], seconds: float | None) -> T:
        """Return the result of `work`, run on a new thread; stop waiting after `seconds` or on cancellation."""
        call = threads.submit(lambda: _translate_errors(work), name=THREAD)
        self._is_free = call.done
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.wrap_future(call)
        except TimeoutError:
            if call.done():  # it returned in time; a busy event loop noticed late
                return call.result()
            raise CredentialStoreError(
                KeyringProblem.TIMED_OUT, N_("The keyring did not respond"), f"{seconds:g} s"
            ) from None


def _translate_errors(work: Callable[[], T]) -> T:
    """Return the result of `work`; translate any exception into `CredentialStoreError`."""
    try:
        return work()
    except CredentialStoreError:
        raise
    except Exception as error:  # noqa: BLE001 - backends raise errors of their systems, such as pywintypes and D-Bus
        raise translate_error(error) from None


def _read(backend: KeyringBackend, profile: str) -> StoredCredentials | None:
    base_url = _get(backend, profile, _BASE_URL)
    account_id, token = _get(backend, profile, _ACCOUNT), _get(backend, profile, _TOKEN)
    if base_url is None:
        return None
    if account_id is None:
        return StoredCredentials(BareToken(Secret(token)), base_url) if token else None
    secret = _get(backend, profile, _SECRET)
    if secret is None:
        return None
    ends_at = _parse_time(_get(backend, profile, _TOKEN_ENDS))
    minted = Token(Secret(token), ends_at) if token and ends_at else None
    return StoredCredentials(AccountKey(account_id, Secret(secret)), base_url, minted)


def _write(backend: KeyringBackend, profile: str, stored: StoredCredentials) -> None:
    """Replace all items. The item that completes them is written last, so that incomplete data is not read."""
    from keyring.errors import KeyringError

    items = _items(stored)
    for value in items.values():
        _check_length(backend, value)
    _remove(backend, profile)
    try:
        for item, value in items.items():
            _put(backend, profile, item, value)
    except (KeyringError, CredentialStoreError):
        with suppress(KeyringError, CredentialStoreError):  # incomplete items are useless and may contain a secret
            _remove(backend, profile)
        raise


def _items(stored: StoredCredentials) -> dict[str, str]:
    match stored.credentials:
        case BareToken(token):
            return {_BASE_URL: stored.base_url, _TOKEN: token.reveal()}
        case AccountKey(account_id, secret):
            minted = stored.token
            token_items = {_TOKEN: minted.value.reveal(), _TOKEN_ENDS: minted.ends_at.isoformat()} if minted else {}
            return {_ACCOUNT: account_id, _BASE_URL: stored.base_url, **token_items, _SECRET: secret.reveal()}


def _channel_user(name: str) -> str:
    """Return the name under which a channel is stored, which cannot be that of a profile."""
    return f"channel:{name}"


def _read_channel(backend: KeyringBackend, name: str) -> ChannelSecrets | None:
    url, key = (_get(backend, _channel_user(name), item) for item in _CHANNEL_ITEMS)
    return ChannelSecrets(Secret(url), Secret(key) if key else None) if url else None


def _write_channel(backend: KeyringBackend, name: str, secrets: ChannelSecrets) -> None:
    _remove(backend, _channel_user(name), _CHANNEL_ITEMS)
    if secrets.key is not None:
        _put(backend, _channel_user(name), _CHANNEL_KEY, secrets.key.reveal())
    _put(backend, _channel_user(name), _CHANNEL_URL, secrets.url.reveal())


def _write_token(backend: KeyringBackend, profile: str, token: Token) -> None:
    """Replace the token, then its expiry; the expiry of the previous token is earlier, which is harmless."""
    _put(backend, profile, _TOKEN, token.value.reveal())
    _put(backend, profile, _TOKEN_ENDS, token.ends_at.isoformat())


def _remove(backend: KeyringBackend, profile: str, items: Sequence[str] = ITEMS) -> bool:
    """Remove all items, and return whether there were any.

    Raises:
        CredentialStoreError: if any item remains; the detail names them.

    """
    from keyring.errors import KeyringError

    present = [item for item in items if _get(backend, profile, item) is not None]
    reason = ""
    for item in present:
        try:
            backend.delete_password(SERVICE, f"{profile}/{item}")
        except KeyringError as error:  # try the others; the remaining items are checked below
            reason = reason or str(error)
    left = ", ".join(f"{profile}/{item}" for item in present if _get(backend, profile, item) is not None)
    if left:
        detail = f"{left}: {reason}" if reason else left
        raise CredentialStoreError(KeyringProblem.NOT_REMOVED, N_("The keyring did not remove the credentials"), detail)
    return bool(present)


def _get(backend: KeyringBackend, profile: str, item: str) -> str | None:
    return backend.get_password(SERVICE, f"{profile}/{item}")


def _put(backend: KeyringBackend, profile: str, item: str, value: str) -> None:
    _check_length(backend, value)
    backend.set_password(SERVICE, f"{profile}/{item}", value)
    if _get(backend, profile, item) != value:
        raise CredentialStoreError(
            KeyringProblem.NOT_KEPT, N_("The keyring did not store the credentials"), class_name(backend)
        )


def _check_length(backend: KeyringBackend, value: str) -> None:
    max_length = MAX_LENGTHS.get(class_name(backend))
    if max_length is not None and len(value) > max_length:
        raise CredentialStoreError(
            KeyringProblem.NOT_KEPT,
            N_("The keyring cannot store a value of this length"),
            f"{len(value)} > {max_length}",
        )


def _parse_time(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text or "").astimezone(UTC)
    except ValueError:
        return None
