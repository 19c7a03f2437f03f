"""Credentials in the OS keyring, by profile.

A keyring may prompt, hang or be missing, and its calls know no deadline. So each call is made on a daemon thread of
its own, which holds up neither the screen nor the exit, and is given up after a while; while one is stuck no other
is made. Whatever a keyring raises, this module answers with a `CredentialStoreError`.

The time limit of a call covers the keyring alone: importing the library and choosing a backend come before it, because
how long they take says nothing about the keyring.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

from xds_tui.auth.keyring_backends import LONGEST, class_name, find_backend, import_backends
from xds_tui.auth.keyring_errors import CredentialStoreError, KeyringProblem, translate_error
from xds_tui.domain.credentials import AccountKey, BareToken, Credentials, Secret, Token
from xds_tui.i18n import N_
from xds_tui.system import threads

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

__all__ = ["CredentialStoreError", "KeyringProblem", "KeyringStore", "StoredCredentials"]

THREAD: Final = "xds-tui keyring"
"""The name of the threads that call a keyring."""

T = TypeVar("T")

SERVICE: Final = "xds-tui"
"""The name that all our items stand under."""

BACKGROUND_TIMEOUT: Final = 3.0
"""Seconds for what the user did not ask for: reading at the start, keeping a renewed token."""
COMMAND: Final = 15.0
"""Seconds for the reading calls of a command, which has nothing else to do and says on a terminal that it waits."""
INTERACTIVE_TIMEOUT: Final = 60.0
"""Seconds for what the user asked for and may have to answer a prompt for."""
CHOOSING: Final = 20.0
"""Seconds for choosing a backend, which asks the session bus what there is. Importing the library has no limit."""

_SECRET, _TOKEN, _TOKEN_ENDS, _ACCOUNT, _BASE_URL = ITEMS = ("secret", "token", "token-ends", "account", "base-url")
"""The items of a profile; `PROFILE/NAME` is the user name of each in the keyring. Secrets come first, to go first."""


@dataclass(frozen=True, slots=True)
class StoredCredentials:
    """What is kept of one sign-in."""

    credentials: Credentials
    base_url: str
    """The service that they were given for; they must go to no other."""
    token: Token | None = None
    """The last token that an `AccountKey` minted."""


class KeyringStore:
    """A keyring: `backend`, or the one that this machine has, looked for at the first call.

    Every method but the constructor may raise `CredentialStoreError`.

    Args:
        backend: the keyring; None: the one that this machine has.
        limit: seconds for each reading call and for keeping a renewed token; None: `BACKGROUND_TIMEOUT`.

    """

    def __init__(self, backend: KeyringBackend | None = None, *, limit: float | None = None) -> None:
        self._backend = backend
        self._limit = limit
        self._turn = asyncio.Lock()
        self._is_free: Callable[[], bool] = lambda: True

    async def backend_name(self) -> str:
        """Return the keyring's own name for itself."""
        return await self._ask(lambda backend: str(backend.name), self._limit or BACKGROUND_TIMEOUT)

    async def read(self, profile: str) -> StoredCredentials | None:
        """Return what is kept for `profile`, or None if that is nothing, or not whole."""
        return await self._ask(lambda backend: _read(backend, profile), self._limit or BACKGROUND_TIMEOUT)

    async def write(self, profile: str, stored: StoredCredentials) -> None:
        """Keep `stored` for `profile` in place of all that was kept, and make sure that it can be read back."""
        await self._ask(lambda backend: _write(backend, profile, stored), INTERACTIVE_TIMEOUT)

    async def write_token(self, profile: str, token: Token) -> None:
        """Keep a renewed `token` beside the account that it was minted for."""
        await self._ask(lambda backend: _write_token(backend, profile, token), self._limit or BACKGROUND_TIMEOUT)

    async def remove(self, profile: str) -> bool:
        """Remove all that is kept for `profile`, make sure that it is gone, and return whether there was anything."""
        return await self._ask(lambda backend: _remove(backend, profile), INTERACTIVE_TIMEOUT)

    async def _ask(self, work: Callable[[KeyringBackend], T], seconds: float) -> T:
        """Return the result of `work`, a call to the backend that may take `seconds`."""
        async with self._turn:
            if not self._is_free():
                raise CredentialStoreError(KeyringProblem.TIMED_OUT, N_("The keyring is still waiting for an answer"))
            if self._backend is None:
                await self._call(import_backends, None)
                self._backend = await self._call(find_backend, CHOOSING)
            backend = self._backend
            return await self._call(lambda: work(backend), seconds)

    async def _call(self, work: Callable[[], T], seconds: float | None) -> T:
        """Return the result of `work`, done on a thread of its own; stop waiting after `seconds` or on cancellation."""
        call = threads.submit(lambda: _explaining(work), name=THREAD)
        self._is_free = call.done
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.wrap_future(call)
        except TimeoutError:
            if call.done():  # It answered in time: a busy event loop was late to notice.
                return call.result()
            raise CredentialStoreError(
                KeyringProblem.TIMED_OUT, N_("The keyring did not answer"), f"{seconds:g} s"
            ) from None


def _explaining(work: Callable[[], T]) -> T:
    """Return the result of `work`, or raise a `CredentialStoreError` for whatever a backend raises."""
    try:
        return work()
    except CredentialStoreError:
        raise
    except Exception as error:  # noqa: BLE001 - backends raise what their systems do, pywintypes and D-Bus among it
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
    ends_at = _moment(_get(backend, profile, _TOKEN_ENDS))
    minted = Token(Secret(token), ends_at) if token and ends_at else None
    return StoredCredentials(AccountKey(account_id, Secret(secret)), base_url, minted)


def _write(backend: KeyringBackend, profile: str, stored: StoredCredentials) -> None:
    """Replace everything. What makes it whole comes last, so that half of it reads as nothing."""
    from keyring.errors import KeyringError

    items = _items(stored)
    for value in items.values():
        _check_length(backend, value)
    _remove(backend, profile)
    try:
        for item, value in items.items():
            _put(backend, profile, item, value)
    except (KeyringError, CredentialStoreError):
        with suppress(
            KeyringError, CredentialStoreError
        ):  # Half of it is of no use, and would be a secret left behind.
            _remove(backend, profile)
        raise


def _items(stored: StoredCredentials) -> dict[str, str]:
    match stored.credentials:
        case BareToken(token):
            return {_BASE_URL: stored.base_url, _TOKEN: token.reveal()}
        case AccountKey(account_id, secret):
            minted = stored.token
            of_token = {_TOKEN: minted.value.reveal(), _TOKEN_ENDS: minted.ends_at.isoformat()} if minted else {}
            return {_ACCOUNT: account_id, _BASE_URL: stored.base_url, **of_token, _SECRET: secret.reveal()}


def _write_token(backend: KeyringBackend, profile: str, token: Token) -> None:
    """Replace the token, and its end after it: the end of the one before is the earlier, which does no harm."""
    _put(backend, profile, _TOKEN, token.value.reveal())
    _put(backend, profile, _TOKEN_ENDS, token.ends_at.isoformat())


def _remove(backend: KeyringBackend, profile: str) -> bool:
    """Remove every item that can be removed, and return whether there was any.

    Raises:
        VaultError: if any is left; its detail names them.

    """
    from keyring.errors import KeyringError

    present = [item for item in ITEMS if _get(backend, profile, item) is not None]
    reason = ""
    for item in present:
        try:
            backend.delete_password(SERVICE, f"{profile}/{item}")
        except KeyringError as error:  # Try the others too; what is left is checked below.
            reason = reason or str(error)
    left = ", ".join(f"{profile}/{item}" for item in present if _get(backend, profile, item) is not None)
    if left:
        detail = f"{left}: {reason}" if reason else left
        raise CredentialStoreError(
            KeyringProblem.NOT_REMOVED, N_("The keyring still has what it was asked to remove"), detail
        )
    return bool(present)


def _get(backend: KeyringBackend, profile: str, item: str) -> str | None:
    return backend.get_password(SERVICE, f"{profile}/{item}")


def _put(backend: KeyringBackend, profile: str, item: str, value: str) -> None:
    _check_length(backend, value)
    backend.set_password(SERVICE, f"{profile}/{item}", value)
    if _get(backend, profile, item) != value:
        raise CredentialStoreError(
            KeyringProblem.NOT_KEPT, N_("The keyring did not keep what it was given"), class_name(backend)
        )


def _check_length(backend: KeyringBackend, value: str) -> None:
    longest = LONGEST.get(class_name(backend))
    if longest is not None and len(value) > longest:
        raise CredentialStoreError(
            KeyringProblem.NOT_KEPT, N_("The keyring has no room for a value so long"), f"{len(value)} > {longest}"
        )


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text or "").astimezone(UTC)
    except ValueError:
        return None
