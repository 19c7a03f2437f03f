from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from keyring.backends.chainer import ChainerBackend
from keyring.backends.SecretService import Keyring as SecretService
from test_keyring_store import InMemory

from xds_tui.auth.keyring_backends import trusted_backend
from xds_tui.auth.keyring_store import CredentialStoreError, KeyringProblem
from xds_tui.auth.pass_backend import PasswordStore


def called(module: str, name: str) -> KeyringBackend:
    """A backend with the name of a foreign one."""
    kind = type(name, (InMemory,), {"__module__": module})
    backend = kind()
    assert isinstance(backend, KeyringBackend)
    return backend


PLAIN = called("keyrings.alt.file", "PlaintextKeyring")
"""Writes base64 into a file."""
CRYPT_FILE = called("keyrings.cryptfile.cryptfile", "CryptFileKeyring")
"""Asks for the password of its file by getpass, which takes the terminal from the screen."""


def a_chain(*links: KeyringBackend) -> ChainerBackend:
    class Chain(ChainerBackend):
        backends = links

        def __init__(self) -> None:
            """Do without keyring's constructor, which has no annotations."""

    Chain.__module__, Chain.__qualname__ = ChainerBackend.__module__, ChainerBackend.__qualname__
    return Chain()


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        (null.Keyring(), "does not store secrets safely (keyring.backends.null.Keyring)"),
        (PLAIN, "does not store secrets safely (keyrings.alt.file.PlaintextKeyring)"),
        (a_chain(PLAIN), "does not store secrets safely (keyrings.alt.file.PlaintextKeyring)"),
        (CRYPT_FILE, "on the terminal, which the app occupies (keyrings.cryptfile.cryptfile.CryptFileKeyring)"),
        (
            called("keyrings.alt.file", "EncryptedKeyring"),
            "on the terminal, which the app occupies (keyrings.alt.file.EncryptedKeyring)",
        ),
        (
            a_chain(CRYPT_FILE, PLAIN),
            "safely (keyrings.cryptfile.cryptfile.CryptFileKeyring, keyrings.alt.file.PlaintextKeyring)",
        ),
        (fail.Keyring(), "No keyring was found on this machine"),
        (a_chain(), "No keyring was found on this machine"),
    ],
)
def test_an_unsafe_keyring_is_rejected_with_a_reason(backend: KeyringBackend, said: str) -> None:
    with pytest.raises(CredentialStoreError) as caught:
        trusted_backend(backend)
    assert caught.value.problem is KeyringProblem.UNAVAILABLE
    assert str(caught.value).endswith(said)


def test_the_first_safe_keyring_of_a_chain_is_used() -> None:
    safe = SecretService()
    assert trusted_backend(a_chain(PLAIN, safe)) is safe
    assert trusted_backend(safe) is safe


def test_our_backend_for_pass_replaces_the_plug_in_that_writes_to_the_terminal() -> None:
    assert isinstance(trusted_backend(called("keyring_pass", "PasswordStoreBackend")), PasswordStore)


FIND = """
import asyncio, sys
from xds_tui.auth.keyring_store import KeyringStore, CredentialStoreError
assert "keyring" not in sys.modules
try:
    print(asyncio.run(KeyringStore().backend_name()))
except CredentialStoreError as error:
    print(error)
"""


def found(home: Path, **environ: str) -> str:
    """What a program says of the keyring it finds, where there is no session bus."""
    everything = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere",
        **environ,
    }
    ran = subprocess.run([sys.executable, "-c", FIND], capture_output=True, text=True, check=True, env=everything)
    assert ran.stderr == ""
    return ran.stdout.strip()


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("keyring.backends.null.Keyring", "does not store secrets safely (keyring.backends.null.Keyring)"),
        ("keyring.backends.fail.Keyring", "No keyring was found on this machine"),
        ("no.such.Keyring", "The keyring cannot be used (ModuleNotFoundError(\"No module named 'no'\"))"),
        ("Keyring", "The keyring cannot be used (ValueError('Empty module name'))"),
    ],
)
def test_the_configured_keyring_is_checked_too(tmp_path: Path, setting: str, said: str) -> None:
    assert found(tmp_path, PYTHON_KEYRING_BACKEND=setting).endswith(said)
    config = tmp_path / ".config/python_keyring/keyringrc.cfg"
    config.parent.mkdir(parents=True)
    config.write_text(f"[backend]\ndefault-keyring = {setting}\n")
    assert found(tmp_path).endswith(said) or setting == "no.such.Keyring"


@pytest.fixture
def plug_in(tmp_path: Path) -> Path:
    """A folder with an installed backend that makes itself heard when it is only looked at."""
    folder = tmp_path / "packages"
    (folder / "loud-1.0.dist-info").mkdir(parents=True)
    (folder / "loud-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: loud\nVersion: 1.0\n")
    (folder / "loud-1.0.dist-info" / "entry_points.txt").write_text("[keyring.backends]\nloud = loud.backend\n")
    (folder / "loud").mkdir()
    (folder / "loud" / "__init__.py").touch()
    (folder / "loud" / "backend.py").write_text("import os; os.write(2, b'password: ')")
    return folder


def test_an_installed_plug_in_is_named_but_never_run(tmp_path: Path, plug_in: Path) -> None:
    said = found(tmp_path, PYTHONPATH=str(plug_in))
    assert said == ("None of the keyrings found stores secrets safely without prompting on the terminal (loud.backend)")


def test_a_missing_keyring_is_reported(tmp_path: Path) -> None:
    assert found(tmp_path) == "No keyring was found on this machine"


def test_a_password_store_is_used_unless_the_user_configured_another_keyring(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "pass"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    assert found(tmp_path, PATH=path) == "No keyring was found on this machine"
    store = tmp_path / ".password-store"
    store.mkdir()
    (store / ".gpg-id").write_text("xds-tui\n")
    assert found(tmp_path, PATH=path) == "pass"
    said = found(tmp_path, PATH=path, PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")
    assert said == "No keyring was found on this machine"
