"""`KeyringStore` with a real Secret Service: gnome-keyring under a D-Bus session of its own."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import secretstorage
from jeepney.io.blocking import DBusConnection
from keyring.backends.SecretService import Keyring

from xds_tui.auth import keyring_store as keyring_store_module
from xds_tui.auth.keyring_backends import trusted_backend
from xds_tui.auth.keyring_store import CredentialStoreError, KeyringProblem, KeyringStore, StoredCredentials
from xds_tui.domain.credentials import AccountKey, BareToken, Secret, Token

pytestmark = [
    pytest.mark.skipif(
        not (shutil.which("dbus-daemon") and shutil.which("gnome-keyring-daemon")),
        reason="needs apt-get install --no-install-recommends gnome-keyring dbus dbus-bin dbus-daemon",
    ),
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ACCOUNT = StoredCredentials(
    AccountKey("A27550582", Secret("渲-secret")), "https://client.xuandashi.com", Token(Secret("t" * 4000), NOON)
)
BARE = StoredCredentials(BareToken(Secret("bare")), "https://client-sandbox.xuandashi.com")


# A session that starts nothing by itself: the daemon that it would find is another than the unlocked one.
BUS = """<busconfig>
  <type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
  <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>"""


def _answers() -> bool:
    with closing(secretstorage.dbus_init()) as connection:
        return bool(secretstorage.check_service_availability(connection)) and not _login(connection).is_locked()


def _login(connection: DBusConnection) -> secretstorage.Collection:
    return secretstorage.get_default_collection(connection)


def _files_of_the_keyring() -> bytes:
    return b"".join(file.read_bytes() for file in Path(os.environ["HOME"]).rglob("*.keyring"))


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[bytes]]:
    """An unlocked gnome-keyring-daemon that this process's D-Bus session leads to."""
    home = tmp_path_factory.mktemp("home")
    home.chmod(0o700)
    with pytest.MonkeyPatch.context() as environ:
        for name in ("HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
            environ.setenv(name, str(home))
        environ.delenv("DISPLAY", raising=False)
        (home / "bus.conf").write_text(BUS)
        bus_command = ["dbus-daemon", f"--config-file={home / 'bus.conf'}", "--nofork", "--print-address"]
        with subprocess.Popen(bus_command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as bus:
            assert bus.stdout is not None
            environ.setenv("DBUS_SESSION_BUS_ADDRESS", bus.stdout.readline().decode().strip())
            keyring_command = ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"]
            with subprocess.Popen(
                keyring_command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            ) as process:
                assert process.stdin is not None
                process.stdin.write(b"password\n")
                process.stdin.close()
                try:
                    while not _answers():
                        assert process.poll() is None
                    yield process
                finally:
                    process.kill()
                    bus.terminate()


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Close here what keyring leaves open when it fails: a socket that only the collector closes."""
    yield
    gc.collect()


@pytest.fixture
def keyring_store(daemon: subprocess.Popen[bytes]) -> KeyringStore:
    return KeyringStore(trusted_backend(Keyring()))


async def test_credentials_are_stored_read_replaced_and_removed(keyring_store: KeyringStore) -> None:
    await keyring_store.write("default", ACCOUNT)
    assert await keyring_store.read("default") == ACCOUNT
    renewed = Token(Secret("renewed"), NOON.replace(hour=13))
    await keyring_store.write_token("default", renewed)
    assert await keyring_store.read("default") == StoredCredentials(ACCOUNT.credentials, ACCOUNT.base_url, renewed)
    await keyring_store.write("default", BARE)
    assert await keyring_store.read("default") == BARE
    await keyring_store.remove("default")
    assert await keyring_store.read("default") is None


async def test_the_next_run_reads_the_stored_items(keyring_store: KeyringStore) -> None:
    await keyring_store.write("default", BARE)
    assert await KeyringStore(Keyring()).read("default") == BARE
    await keyring_store.remove("default")


async def test_nothing_is_readable_in_its_files(keyring_store: KeyringStore) -> None:
    await keyring_store.write("default", ACCOUNT)
    kept = _files_of_the_keyring()
    assert kept
    assert "渲-secret".encode() not in kept
    await keyring_store.remove("default")


async def test_a_hanging_daemon_times_out_and_is_used_again_when_it_responds(
    keyring_store: KeyringStore, daemon: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    await keyring_store.write("default", BARE)
    with monkeypatch.context() as impatient:
        impatient.setattr(keyring_store_module, "BACKGROUND_TIMEOUT", 0.2)
        daemon.send_signal(signal.SIGSTOP)
        try:
            with pytest.raises(CredentialStoreError) as caught:
                await keyring_store.read("default")
        finally:
            daemon.send_signal(signal.SIGCONT)
    assert caught.value.problem is KeyringProblem.TIMED_OUT
    while True:
        try:
            assert await keyring_store.read("default") == BARE
            break
        except CredentialStoreError as error:
            assert error.problem is KeyringProblem.TIMED_OUT


async def test_a_locked_keyring_without_a_prompt_is_an_error(
    keyring_store: KeyringStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(secretstorage.dbus_init()) as connection:
        _login(connection).lock()
    monkeypatch.setattr(keyring_store_module, "BACKGROUND_TIMEOUT", 2)
    with pytest.raises(CredentialStoreError) as caught:
        await keyring_store.read("default")
    assert caught.value.problem in (KeyringProblem.LOCKED, KeyringProblem.TIMED_OUT)


async def test_without_a_bus_there_is_no_keyring(daemon: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    with pytest.raises(CredentialStoreError) as caught:
        await KeyringStore(Keyring()).read("default")
    assert caught.value.problem is KeyringProblem.UNAVAILABLE
