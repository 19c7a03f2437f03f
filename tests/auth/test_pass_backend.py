"""`pass` as a keyring, with a real gpg; the key has a password only where it matters, for it costs half a second."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from keyring.errors import PasswordDeleteError, PasswordSetError

from xds_tui.auth.keyring_store import CredentialStoreError, KeyringProblem, KeyringStore, StoredCredentials
from xds_tui.auth.pass_backend import PasswordStore
from xds_tui.domain.credentials import AccountKey, BareToken, Secret, Token

pytestmark = pytest.mark.skipif(
    not (shutil.which("pass") and shutil.which("gpg")), reason="needs apt-get install pass gnupg"
)

PHRASE = "the password of the key"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ACCOUNT = StoredCredentials(
    AccountKey("A27550582", Secret("渲: secret")), "https://client.xuandashi.com", Token(Secret("t" * 4000), NOON)
)
BARE = StoredCredentials(BareToken(Secret("bare-token")), "https://client-sandbox.xuandashi.com")

WATCHED = """#!/bin/bash
echo "$*" >> "$HOME/calls"
env >> "$HOME/environ"
exec {program} "$@"
"""
PINENTRY = """#!/bin/bash
touch "$HOME/asked"
exit 1
"""


def gpg(phrase: str, *arguments: str, given: bytes = b"") -> bytes:
    """Run gpg with the password of a key."""
    command = ["gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", phrase, *arguments]
    return subprocess.run(command, input=given, check=True, capture_output=True).stdout


@pytest.fixture(scope="module")
def key() -> Iterator[Path]:
    """A home with keys in it and a `pass` that keeps account; its path is short, for sockets stand in it."""
    home = Path(tempfile.mkdtemp(prefix="xds"))
    with pytest.MonkeyPatch.context() as environ:
        environ.setenv("HOME", str(home))
        for name in ("GNUPGHOME", "PASSWORD_STORE_DIR", "PASSWORD_STORE_GPG_OPTS"):
            environ.delenv(name, raising=False)
        watched, pinentry = home / "bin" / "pass", home / "pinentry"
        watched.parent.mkdir()
        watched.write_text(WATCHED.format(program=shutil.which("pass")))
        pinentry.write_text(PINENTRY)
        (home / ".gnupg").mkdir(mode=0o700)
        (home / ".gnupg" / "gpg-agent.conf").write_text(f"pinentry-program {pinentry}\n")
        for path in (watched, pinentry):
            path.chmod(0o755)
        environ.setenv("PATH", f"{watched.parent}:{os.environ['PATH']}")
        for name, phrase in (("open", ""), ("guarded", PHRASE)):
            gpg(phrase, "--quick-generate-key", name, "future-default", "default", "never")
        yield home
        subprocess.run(["gpgconf", "--kill", "all"], check=False)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def home(key: Path) -> Iterator[Path]:
    """The home with an empty store."""
    subprocess.run(["pass", "init", "open"], check=True, capture_output=True)
    yield key
    for left in ("calls", "environ", "asked"):
        (key / left).unlink(missing_ok=True)
    shutil.rmtree(key / ".password-store")


def unlock() -> None:
    gpg(PHRASE, "--decrypt", given=gpg("", "--encrypt", "--recipient", "guarded"))


def lock() -> None:
    subprocess.run(["gpgconf", "--kill", "gpg-agent"], check=True)


@pytest.fixture
def keyring_store(home: Path) -> KeyringStore:
    return KeyringStore(PasswordStore())


def asked_of(home: Path) -> list[str]:
    """What `pass` was run with, since this was called last."""
    calls = (home / "calls").read_text().splitlines()
    (home / "calls").unlink()
    return calls


async def test_credentials_are_stored_read_replaced_and_removed(keyring_store: KeyringStore, home: Path) -> None:
    assert await keyring_store.read("default") is None
    await keyring_store.write("default", ACCOUNT)
    assert await keyring_store.read("default") == ACCOUNT
    renewed = Token(Secret("renewed"), NOON.replace(hour=13))
    await keyring_store.write_token("default", renewed)
    assert await KeyringStore(PasswordStore()).read("default") == StoredCredentials(
        ACCOUNT.credentials, ACCOUNT.base_url, renewed
    )
    await keyring_store.write("other", ACCOUNT)
    await keyring_store.write("default", BARE)
    assert await keyring_store.read("default") == BARE
    await keyring_store.remove("default")
    assert await keyring_store.read("default") is None
    assert await keyring_store.read("other") == ACCOUNT
    assert [path.name for path in (home / ".password-store").rglob("*.gpg")] == ["other.gpg"]


async def test_nothing_is_readable_in_its_files_nor_by_others(keyring_store: KeyringStore, home: Path) -> None:
    await keyring_store.write("default", ACCOUNT)
    (path,) = (home / ".password-store").rglob("*.gpg")
    assert path.stat().st_mode & 0o077 == 0
    for text in ("渲: secret", "tttt", "A27550582", "base-url"):
        assert text.encode() not in path.read_bytes()


async def test_subprocesses_get_secrets_only_through_a_pipe(
    keyring_store: KeyringStore, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDS_SECRET", "in the environment")
    await keyring_store.write("default", ACCOUNT)
    seen = "\n".join(asked_of(home)) + (home / "environ").read_text()
    for text in ("渲: secret", "tttt", "XDS_"):
        assert text not in seen


async def test_a_read_decrypts_once(home: Path) -> None:
    await KeyringStore(PasswordStore()).write("default", ACCOUNT)
    asked_of(home)
    store = PasswordStore()
    await KeyringStore(store).read("default")
    await KeyringStore(store).read("default")
    assert asked_of(home) == ["show xds-tui/default"]


async def test_items_written_by_another_program_are_read(keyring_store: KeyringStore) -> None:
    await keyring_store.write("default", ACCOUNT)
    await KeyringStore(PasswordStore()).write("default", BARE)
    assert await keyring_store.read("default") == BARE


async def test_a_locked_store_neither_prompts_nor_writes_on_the_terminal(
    keyring_store: KeyringStore, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (home / ".password-store" / ".gpg-id").write_text("guarded\n")
    unlock()
    await keyring_store.write("default", ACCOUNT)
    lock()
    another = KeyringStore(PasswordStore())
    for call in (another.read("default"), another.write("default", BARE), another.remove("default")):
        with pytest.raises(CredentialStoreError) as caught:
            await call
        assert caught.value.problem is KeyringProblem.LOCKED
        assert "decryption failed" in caught.value.detail
    assert capfd.readouterr() == ("", "")
    assert not (home / "asked").exists()
    unlock()
    assert await another.read("default") == ACCOUNT


async def test_a_store_with_a_missing_key_rejects_writes(keyring_store: KeyringStore, home: Path) -> None:
    (home / ".password-store" / ".gpg-id").write_text("missing\n")
    with pytest.raises(CredentialStoreError) as caught:
        await keyring_store.write("default", BARE)
    assert caught.value.problem is KeyringProblem.DENIED
    assert "missing" in caught.value.detail


async def test_a_value_of_several_lines_is_rejected(keyring_store: KeyringStore) -> None:
    with pytest.raises(CredentialStoreError) as caught:
        await keyring_store.write("default", StoredCredentials(BareToken(Secret("two\nlines")), ACCOUNT.base_url))
    assert caught.value.problem is KeyringProblem.DENIED
    assert "two" not in str(caught.value)


def test_deleting_a_missing_item_fails_and_creates_nothing(home: Path) -> None:
    store = PasswordStore()
    with pytest.raises(PasswordDeleteError):
        store.delete_password("xds-tui", "default/token")
    with pytest.raises(PasswordSetError):
        store.set_password("xds-tui", "default/token", "a\nb")
    assert store.get_password("xds-tui", "default/token") is None


def test_the_store_is_available_once_it_is_set_up(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert PasswordStore.is_available()
    assert PasswordStore.priority == 1
    monkeypatch.setenv("PASSWORD_STORE_DIR", str(tmp_path))
    assert not PasswordStore.is_available()
    with pytest.raises(RuntimeError):
        _ = PasswordStore.priority
