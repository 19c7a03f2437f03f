"""Which of a machine's keyrings is trusted with secrets.

keyring's own search is not asked: it runs every plug-in that is installed, and one of them writes to the terminal
when it looks around, another asks there for a password. So only the backends that we know are tried, and whatever
the user has set keyring to (PYTHON_KEYRING_BACKEND, keyringrc.cfg) is judged before it is used.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from xds_tui.auth.keyring_errors import CredentialStoreError, KeyringProblem
from xds_tui.i18n import N_

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

_OURS: Final = "xds_tui.auth.pass_backend.PasswordStore"

LONGEST: Final = {
    "keyring.backends.SecretService.Keyring": None,
    "keyring.backends.libsecret.Keyring": None,
    "keyring.backends.kwallet.DBusKeyring": None,
    "keyring.backends.kwallet.DBusKeyringKWallet4": None,
    "keyring.backends.macOS.Keyring": None,
    "keyring.backends.Windows.WinVaultKeyring": 1280,
    _OURS: None,
}
"""The backends that keep secrets encrypted and ask nothing on the terminal, and the characters that an item holds.

All others are refused: among what keyring finds by itself are plain files and one that forgets.
"""

_HERE: Final = {"darwin": ("macOS",), "win32": ("Windows",)}
"""The modules of keyring that hold a system's backends."""
_ELSEWHERE: Final = ("SecretService", "libsecret", "kwallet")

_CHAINER: Final = "keyring.backends.chainer.ChainerBackend"
_FAIL: Final = "keyring.backends.fail.Keyring"
_STORE_PLUG_IN: Final = "keyring_pass.PasswordStoreBackend"
_ASKING: Final = frozenset(
    {
        "keyrings.alt.file.EncryptedKeyring",
        "keyrings.cryptfile.cryptfile.CryptFileKeyring",
        "keyrings.cryptfile.file.EncryptedKeyring",
    }
)
"""Backends that keep an encrypted file and ask for its password on the terminal, in the middle of the screen."""


def import_backends() -> None:
    """Import keyring and the backends that this system may have; nothing is asked yet, so this does not block.

    It takes 0.1 s on an idle machine, many times as long on a busy one. What cannot be imported `find_backend` reports.
    """
    from importlib import import_module

    for module in ("keyring.core", *_backend_modules(), "xds_tui.auth.pass_backend"):
        with suppress(Exception):  # a backend may raise anything where its library is missing or broken
            import_module(module)


def find_backend() -> KeyringBackend:
    """Return this machine's keyring; asking which there are may block.

    Raises:
        VaultError: if there is none that keeps secrets safely.

    """
    try:
        from keyring import core

        chosen = core.load_env() or core.load_config()
    except Exception as error:  # noqa: BLE001 - a wrong setting raises ImportError, RuntimeError and others
        raise CredentialStoreError(KeyringProblem.UNAVAILABLE, N_("The keyring cannot be used"), repr(error)) from None
    return trusted_backend(chosen) if chosen is not None else _best()


def trusted_backend(backend: KeyringBackend) -> KeyringBackend:
    """Return `backend`, or of a chain of them the first, that keeps secrets encrypted.

    Raises:
        VaultError: with the backend's name, if it does not.

    """
    links = getattr(backend, "backends", ()) if class_name(backend) == _CHAINER else (backend,)
    named = {class_name(link): link for link in links}
    for name, link in named.items():
        if name in LONGEST:
            return link
    if _STORE_PLUG_IN in named:  # ours asks nothing on the terminal and says nothing there
        from xds_tui.auth.pass_backend import PasswordStore

        return PasswordStore()
    if _ASKING.issuperset(named):
        summary = N_("The keyring that was found asks for its password on the terminal, which the screen needs")
    else:
        summary = N_("The keyring that was found does not keep secrets safely")
    raise _refusal(named, summary)


def class_name(backend: KeyringBackend) -> str:
    """Return the full name of a backend's class, by which it is known."""
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def _backend_modules() -> tuple[str, ...]:
    """Return the modules of keyring that hold this system's backends."""
    return tuple(f"keyring.backends.{module}" for module in _HERE.get(sys.platform, _ELSEWHERE))


def _best() -> KeyringBackend:
    from keyring import core

    from xds_tui.auth.pass_backend import PasswordStore

    modules = tuple(f"{module}." for module in _backend_modules())
    found = []
    for name in LONGEST:
        with suppress(Exception):  # whatever is missing, it is not there
            if name.startswith(modules):
                found.append(core.load_keyring(name))
    if found:
        return max(found, key=lambda backend: float(backend.priority))
    if PasswordStore.is_there():
        return PasswordStore()
    summary = N_("None of the keyrings that were found keeps secrets safely without asking on the terminal")
    raise _refusal(_plug_ins(), summary)


def _plug_ins() -> list[str]:
    """The modules that are installed as backends and are not keyring's own."""
    from importlib.metadata import entry_points

    modules = {entry.module for entry in entry_points(group="keyring.backends")}
    return sorted(module for module in modules if not module.startswith("keyring."))


def _refusal(names: Iterable[str], summary: str) -> CredentialStoreError:
    others = [name for name in names if name != _FAIL]
    if not others:
        return CredentialStoreError(KeyringProblem.UNAVAILABLE, N_("There is no keyring on this machine"))
    return CredentialStoreError(KeyringProblem.UNAVAILABLE, summary, ", ".join(others))
