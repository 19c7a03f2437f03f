from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend
from keyring.errors import InitError, KeyringError, KeyringLocked, NoKeyringError, PasswordDeleteError, PasswordSetError
from support.wait import TIMEOUT

from xds_tui.auth import keyring_store as keyring_store_module
from xds_tui.auth.keyring_store import CredentialStoreError, KeyringProblem, KeyringStore, StoredCredentials
from xds_tui.domain.credentials import AccountKey, BareToken, Secret, Token

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ACCOUNT = StoredCredentials(
    AccountKey("A27550582", Secret("app-secret")), "https://client.xuandashi.com", Token(Secret("minted"), NOON)
)
BARE = StoredCredentials(BareToken(Secret("bare")), "https://client-sandbox.xuandashi.com")


class InMemory(KeyringBackend):
    """Keeps items in a dict, as long as nothing is put in its way."""

    priority = 1
    name = "Test keyring"

    def __init__(self) -> None:
        self.items: dict[str, str] = {}
        self.calls = 0

    def act(self) -> None:
        self.calls += 1

    def get_password(self, service: str, username: str) -> str | None:
        self.act()
        assert service == "xds-tui"
        return self.items.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self.act()
        assert service == "xds-tui"
        self.items[username] = password

    def delete_password(self, service: str, username: str) -> None:
        self.act()
        if username not in self.items:
            raise PasswordDeleteError("No such password!")
        del self.items[username]


class Raising(InMemory):
    """Raises the same error from every call."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def act(self) -> None:
        raise self.error


class Blocking(InMemory):
    """Blocks in every call, as for an unanswered prompt, until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Event()
        self.let_go = threading.Event()

    def act(self) -> None:
        super().act()
        self.reached.set()
        assert self.let_go.wait(30)


class Forgetful(InMemory):
    def set_password(self, service: str, username: str, password: str) -> None:
        pass


@pytest.fixture
def backend() -> InMemory:
    return InMemory()


@pytest.fixture
def keyring_store(backend: InMemory) -> KeyringStore:
    return KeyringStore(backend)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring_store_module, "BACKGROUND_TIMEOUT", 0.02)
    monkeypatch.setattr(keyring_store_module, "INTERACTIVE_TIMEOUT", 0.02)


async def trouble_of(keyring_store: KeyringStore) -> CredentialStoreError:
    with pytest.raises(CredentialStoreError) as caught:
        await keyring_store.read("default")
    return caught.value


@pytest.mark.parametrize("stored", [ACCOUNT, BARE])
async def test_stored_credentials_are_read_back(keyring_store: KeyringStore, stored: StoredCredentials) -> None:
    await keyring_store.write("default", stored)
    assert await keyring_store.read("default") == stored


async def test_credentials_are_stored_as_short_separate_items(keyring_store: KeyringStore, backend: InMemory) -> None:
    await keyring_store.write("prod", ACCOUNT)
    assert backend.items == {
        "prod/account": "A27550582",
        "prod/base-url": "https://client.xuandashi.com",
        "prod/secret": "app-secret",
        "prod/token": "minted",
        "prod/token-ends": "2026-11-23T12:00:00+00:00",
    }


async def test_writing_replaces_all_items(keyring_store: KeyringStore, backend: InMemory) -> None:
    await keyring_store.write("default", ACCOUNT)
    await keyring_store.write("default", BARE)
    assert await keyring_store.read("default") == BARE
    assert set(backend.items) == {"default/base-url", "default/token"}


async def test_a_renewed_token_replaces_the_previous_one(keyring_store: KeyringStore) -> None:
    await keyring_store.write("default", ACCOUNT)
    renewed = Token(Secret("renewed"), NOON.replace(hour=13))
    await keyring_store.write_token("default", renewed)
    assert await keyring_store.read("default") == StoredCredentials(ACCOUNT.credentials, ACCOUNT.base_url, renewed)


async def test_profiles_are_independent(keyring_store: KeyringStore) -> None:
    await keyring_store.write("one", ACCOUNT)
    await keyring_store.write("two", BARE)
    await keyring_store.remove("one")
    assert await keyring_store.read("one") is None
    assert await keyring_store.read("two") == BARE


async def test_removing_nothing_is_not_an_error(keyring_store: KeyringStore) -> None:
    await keyring_store.remove("default")


@pytest.mark.parametrize("lost", ["account", "secret", "base-url"])
async def test_incomplete_items_count_as_none(keyring_store: KeyringStore, backend: InMemory, lost: str) -> None:
    await keyring_store.write("default", StoredCredentials(ACCOUNT.credentials, ACCOUNT.base_url))
    del backend.items[f"default/{lost}"]
    assert await keyring_store.read("default") is None


@pytest.mark.parametrize("ends", [None, "soon"])
async def test_a_token_without_expiry_is_ignored(
    keyring_store: KeyringStore, backend: InMemory, ends: str | None
) -> None:
    await keyring_store.write("default", ACCOUNT)
    del backend.items["default/token-ends"]
    if ends:
        backend.items["default/token-ends"] = ends
    assert await keyring_store.read("default") == StoredCredentials(ACCOUNT.credentials, ACCOUNT.base_url)


async def test_an_interrupted_write_never_reads_as_other_credentials(backend: InMemory) -> None:
    await KeyringStore(backend).write("default", BARE)
    undisturbed = InMemory()
    await KeyringStore(undisturbed).write("default", ACCOUNT)
    for allowed in range(30):
        broken = InMemory()
        broken.items = dict(backend.items)
        left = iter(range(allowed))

        def act(left: object = left) -> None:
            if next(left, None) is None:  # type: ignore[call-overload]
                raise KeyringError("gone")

        broken.act = act  # type: ignore[method-assign]
        try:
            await KeyringStore(broken).write("default", ACCOUNT)
        except CredentialStoreError:
            pass
        else:
            break
        broken.act = lambda: None  # type: ignore[method-assign]
        assert await KeyringStore(broken).read("default") in (None, BARE, ACCOUNT)
    else:
        pytest.fail("the write never went through")


async def test_the_name_of_the_keyring_is_returned(keyring_store: KeyringStore) -> None:
    assert await keyring_store.backend_name() == "Test keyring"


async def test_a_keyring_that_stores_nothing_is_detected() -> None:
    with pytest.raises(CredentialStoreError) as caught:
        await KeyringStore(Forgetful()).write("default", BARE)
    assert caught.value.problem is KeyringProblem.NOT_KEPT


async def test_a_value_too_long_for_windows_is_rejected_before_any_change() -> None:
    class WinVaultKeyring(InMemory):
        pass

    WinVaultKeyring.__module__, WinVaultKeyring.__qualname__ = "keyring.backends.Windows", "WinVaultKeyring"
    backend = WinVaultKeyring()
    keyring_store = KeyringStore(backend)
    await keyring_store.write("default", ACCOUNT)
    with pytest.raises(CredentialStoreError) as caught:
        await keyring_store.write("default", StoredCredentials(BareToken(Secret("x" * 1281)), ACCOUNT.base_url))
    assert caught.value.problem is KeyringProblem.NOT_KEPT
    assert await keyring_store.read("default") == ACCOUNT


class WindowsError1312(Exception):
    winerror = 1312


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (NoKeyringError("none"), KeyringProblem.UNAVAILABLE),
        (InitError("Failed to create the collection"), KeyringProblem.UNAVAILABLE),
        (KeyringLocked("Failed to unlock the collection!"), KeyringProblem.LOCKED),
        (PasswordSetError("no"), KeyringProblem.DENIED),
        (KeyringError("Can't get password from keychain: (-25308, 'Unknown Error')"), KeyringProblem.LOCKED),
        (
            PasswordSetError("Can't store password on keychain: (-25293, 'Security Auth Failure')"),
            KeyringProblem.DENIED,
        ),
        (WindowsError1312("CredRead"), KeyringProblem.UNAVAILABLE),
        (RuntimeError("odd"), KeyringProblem.UNAVAILABLE),
        (OSError(5, "input/output error"), KeyringProblem.UNAVAILABLE),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"), KeyringProblem.UNAVAILABLE),
    ],
)
async def test_every_exception_of_a_backend_is_translated(error: Exception, trouble: KeyringProblem) -> None:
    answer = await trouble_of(KeyringStore(Raising(error)))
    assert answer.problem is trouble
    assert answer.summary


async def test_the_message_of_an_unknown_error_is_dropped_because_it_may_contain_the_value() -> None:
    answer = await trouble_of(KeyringStore(Raising(ValueError("cannot store 'app-secret'"))))
    assert answer.detail == "ValueError"
    assert "app-secret" not in str(answer)


@pytest.mark.usefixtures("impatient")
async def test_a_blocked_call_times_out_and_prevents_others_until_it_returns() -> None:
    backend = Blocking()
    keyring_store = KeyringStore(backend)
    assert (await trouble_of(keyring_store)).problem is KeyringProblem.TIMED_OUT
    made = backend.calls
    again = await trouble_of(keyring_store)
    assert (again.problem, again.summary) == (KeyringProblem.TIMED_OUT, "The keyring is still waiting for a response")
    assert backend.calls == made
    backend.let_go.set()
    await asyncio.to_thread(next(t for t in threading.enumerate() if t.name == "xds-tui keyring").join)
    assert await keyring_store.read("default") is None


@pytest.mark.usefixtures("impatient")
async def test_choosing_a_backend_does_not_count_towards_the_timeout_of_a_call(
    backend: InMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy machine takes seconds to import keyring, though the keyring answers at once."""
    slow = threading.Event()
    monkeypatch.setattr(keyring_store_module, "import_backends", lambda: slow.wait(0.3))
    monkeypatch.setattr(keyring_store_module, "find_backend", lambda: slow.wait(0.3) or backend)
    assert await KeyringStore().read("default") is None


async def test_choosing_a_backend_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()
    monkeypatch.setattr(keyring_store_module, "CHOOSING", 0.02)
    monkeypatch.setattr(keyring_store_module, "find_backend", lambda: never.wait(60))
    assert (await trouble_of(KeyringStore())).problem is KeyringProblem.TIMED_OUT
    never.set()


@pytest.mark.usefixtures("impatient")
async def test_a_result_that_a_busy_event_loop_noticed_late_is_used(backend: InMemory) -> None:
    keyring_store = KeyringStore(backend)
    await keyring_store.write("default", ACCOUNT)
    loop_is_busy = threading.Event()
    backend.act = lambda: loop_is_busy.wait(30)  # type: ignore[method-assign,assignment]

    def block() -> None:
        loop_is_busy.set()
        next(thread for thread in threading.enumerate() if thread.name == "xds-tui keyring").join()
        threading.Event().wait(2 * keyring_store_module.BACKGROUND_TIMEOUT)

    reading = asyncio.create_task(keyring_store.read("default"))
    await asyncio.sleep(0)  # the task has started its thread
    asyncio.get_running_loop().call_soon(block)
    assert await reading == ACCOUNT


async def test_a_given_limit_replaces_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring_store_module, "BACKGROUND_TIMEOUT", 60.0)
    backend = Blocking()
    with pytest.raises(CredentialStoreError) as caught:
        await KeyringStore(backend, limit=0.02).read("default")
    assert caught.value.problem is KeyringProblem.TIMED_OUT
    backend.let_go.set()


class Stubborn(InMemory):
    """Refuses to delete some items."""

    def __init__(self, *kept: str) -> None:
        super().__init__()
        self.kept = kept

    def delete_password(self, service: str, username: str) -> None:
        if username in self.kept:
            raise PasswordDeleteError("denied by policy")
        super().delete_password(service, username)


@pytest.mark.parametrize("kept", ["secret", "token", "base-url"])
async def test_removing_removes_what_it_can_and_names_the_rest(kept: str) -> None:
    backend = Stubborn(f"default/{kept}")
    await KeyringStore(backend).write("default", ACCOUNT)
    with pytest.raises(CredentialStoreError) as caught:
        await KeyringStore(backend).remove("default")
    assert caught.value.problem is KeyringProblem.NOT_REMOVED
    assert caught.value.detail == f"default/{kept}: denied by policy"
    assert set(backend.items) == {f"default/{kept}"}


async def test_a_keyring_that_silently_deletes_nothing_is_detected(backend: InMemory) -> None:
    await KeyringStore(backend).write("default", BARE)
    backend.delete_password = lambda service, username: None  # type: ignore[method-assign]
    with pytest.raises(CredentialStoreError) as caught:
        await KeyringStore(backend).remove("default")
    assert caught.value.problem is KeyringProblem.NOT_REMOVED
    assert "default/token" in caught.value.detail


async def test_removing_returns_whether_there_were_items_even_incomplete_ones(backend: InMemory) -> None:
    keyring_store = KeyringStore(backend)
    assert await keyring_store.remove("default") is False
    await keyring_store.write("default", ACCOUNT)
    del backend.items["default/base-url"]
    assert await keyring_store.remove("default") is True
    assert backend.items == {}


async def test_a_failed_write_leaves_no_secret(backend: InMemory) -> None:
    def refuse(service: str, username: str, password: str) -> None:
        if username.endswith("/secret"):
            raise PasswordSetError("full")
        backend.items[username] = password

    backend.set_password = refuse  # type: ignore[method-assign]
    with pytest.raises(CredentialStoreError):
        await KeyringStore(backend).write("default", ACCOUNT)
    assert backend.items == {}


async def test_a_call_can_be_cancelled() -> None:
    backend = Blocking()
    keyring_store = KeyringStore(backend)
    asking = asyncio.create_task(keyring_store.read("default"))
    assert await asyncio.to_thread(backend.reached.wait, 20)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (await trouble_of(keyring_store)).problem is KeyringProblem.TIMED_OUT
    backend.let_go.set()


async def test_concurrent_calls_run_one_after_another(keyring_store: KeyringStore) -> None:
    await asyncio.gather(
        keyring_store.write("one", ACCOUNT), keyring_store.write("two", BARE), keyring_store.write("one", BARE)
    )
    assert list(await asyncio.gather(keyring_store.read("one"), keyring_store.read("two"))) == [BARE, BARE]


STUCK = """
import asyncio, sys, threading
sys.path[:0] = sys.argv[1:]
from test_keyring_store import Blocking
from xds_tui.auth import keyring_store

class Stuck(Blocking):
    def act(self):
        threading.Event().wait()

async def main():
    keyring_store.BACKGROUND_TIMEOUT = 0.05
    try:
        await keyring_store.KeyringStore(Stuck()).read("default")
    except keyring_store.CredentialStoreError as error:
        print(error.problem.value)

asyncio.run(main())
"""


def test_a_blocked_keyring_does_not_delay_the_exit() -> None:
    command = [sys.executable, "-c", STUCK, str(Path(__file__).parent), str(Path(__file__).parents[1])]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=TIMEOUT)
    assert (ran.stdout, ran.stderr) == ("timed out\n", "")
