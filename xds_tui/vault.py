"""Credentials in the OS keyring, by profile.

A keyring may prompt, hang or be missing, and its calls know no deadline. So each call is made on a daemon thread of
its own, which holds up neither the screen nor the exit, and is given up after a while; while one is stuck no other
is made. Whatever a keyring raises, this module answers with a `VaultError`.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

from xds_tui.credentials import AccountKey, BareToken, Credentials, Token
from xds_tui.i18n import N_
from xds_tui.keyring_choice import LONGEST, class_name, find_backend
from xds_tui.keyring_trouble import Trouble, VaultError, explained
from xds_tui.secret import Secret

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

__all__ = ["Stored", "Trouble", "Vault", "VaultError"]

T = TypeVar("T")

SERVICE: Final = "xds-tui"
"""The name that all our items stand under."""

UNASKED: Final = 3.0
"""Seconds for what the user did not ask for: reading at the start, keeping a renewed token."""
ASKED: Final = 60.0
"""Seconds for what the user asked for and may have to answer a prompt for."""

_SECRET, _TOKEN, _TOKEN_ENDS, _ACCOUNT, _BASE_URL = _ITEMS = ("secret", "token", "token-ends", "account", "base-url")


@dataclass(frozen=True, slots=True)
class Stored:
    """What is kept of one sign-in."""

    credentials: Credentials
    base_url: str
    """The service that they were given for; they must go to no other."""
    token: Token | None = None
    """The last token that an `AccountKey` minted."""


class Vault:
    """A keyring: `backend`, or the one that this machine has, looked for at the first call.

    Every method but the constructor may raise `VaultError`.
    """

    def __init__(self, backend: KeyringBackend | None = None) -> None:
        self._backend = backend
        self._turn = asyncio.Lock()
        self._is_free: Callable[[], bool] = lambda: True

    async def backend_name(self) -> str:
        """Return the keyring's own name for itself."""
        return await self._ask(lambda backend: str(backend.name), UNASKED)

    async def read(self, profile: str) -> Stored | None:
        """Return what is kept for `profile`, or None if that is nothing, or not whole."""
        return await self._ask(lambda backend: _read(backend, profile), UNASKED)

    async def write(self, profile: str, stored: Stored) -> None:
        """Keep `stored` for `profile` in place of all that was kept, and make sure that it can be read back."""
        await self._ask(lambda backend: _write(backend, profile, stored), ASKED)

    async def write_token(self, profile: str, token: Token) -> None:
        """Keep a renewed `token` beside the account that it was minted for."""
        await self._ask(lambda backend: _write_token(backend, profile, token), UNASKED)

    async def remove(self, profile: str) -> None:
        """Forget all that is kept for `profile`; nothing is no error."""
        await self._ask(lambda backend: _remove(backend, profile), ASKED)

    async def _ask(self, work: Callable[[KeyringBackend], T], seconds: float) -> T:
        """Return what `work` makes of the backend on a thread of its own, given up after `seconds` or on cancelling."""
        async with self._turn:
            if not self._is_free():
                raise VaultError(Trouble.TIMED_OUT, N_("The keyring is still waiting for an answer"))
            call = _on_a_daemon_thread(lambda: self._answer(work))
            self._is_free = call.done
            try:
                async with asyncio.timeout(seconds):
                    return await asyncio.wrap_future(call)
            except TimeoutError:
                raise VaultError(Trouble.TIMED_OUT, N_("The keyring did not answer"), f"{seconds:g} s") from None

    def _answer(self, work: Callable[[KeyringBackend], T]) -> T:
        """Do `work`, on the thread of the call."""
        if self._backend is None:
            self._backend = find_backend()
        try:
            return work(self._backend)
        except VaultError:
            raise
        except Exception as error:  # noqa: BLE001 - backends raise what their systems do, pywintypes and D-Bus among it
            raise explained(error) from None


def _on_a_daemon_thread(work: Callable[[], T]) -> Future[T]:
    """Start `work`. Unlike an executor's, its thread does not hold up the end of the process."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - it is raised again where the call is awaited
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=run, name="xds-tui keyring", daemon=True).start()
    return future


def _read(backend: KeyringBackend, profile: str) -> Stored | None:
    base_url = _get(backend, profile, _BASE_URL)
    account_id, token = _get(backend, profile, _ACCOUNT), _get(backend, profile, _TOKEN)
    if base_url is None:
        return None
    if account_id is None:
        return Stored(BareToken(Secret(token)), base_url) if token else None
    secret = _get(backend, profile, _SECRET)
    if secret is None:
        return None
    ends_at = _moment(_get(backend, profile, _TOKEN_ENDS))
    minted = Token(Secret(token), ends_at) if token and ends_at else None
    return Stored(AccountKey(account_id, Secret(secret)), base_url, minted)


def _write(backend: KeyringBackend, profile: str, stored: Stored) -> None:
    """Replace everything. What makes it whole comes last, so that half of it reads as nothing."""
    items = _items(stored)
    for value in items.values():
        _check_length(backend, value)
    _remove(backend, profile)
    for item, value in items.items():
        _put(backend, profile, item, value)


def _items(stored: Stored) -> dict[str, str]:
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


def _remove(backend: KeyringBackend, profile: str) -> None:
    for item in _ITEMS:
        if _get(backend, profile, item) is not None:
            backend.delete_password(SERVICE, f"{profile}/{item}")


def _get(backend: KeyringBackend, profile: str, item: str) -> str | None:
    return backend.get_password(SERVICE, f"{profile}/{item}")


def _put(backend: KeyringBackend, profile: str, item: str, value: str) -> None:
    _check_length(backend, value)
    backend.set_password(SERVICE, f"{profile}/{item}", value)
    if _get(backend, profile, item) != value:
        raise VaultError(Trouble.NOT_KEPT, N_("The keyring did not keep what it was given"), class_name(backend))


def _check_length(backend: KeyringBackend, value: str) -> None:
    longest = LONGEST.get(class_name(backend))
    if longest is not None and len(value) > longest:
        raise VaultError(
            Trouble.NOT_KEPT, N_("The keyring has no room for a value so long"), f"{len(value)} > {longest}"
        )


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text or "").astimezone(UTC)
    except ValueError:
        return None
