"""The choice of a keyring backend that is trusted with secrets.

keyring's own search runs every installed plug-in; some write to the terminal or prompt there for a password. Only the
backends listed here are tried, and the backend that the user has configured (PYTHON_KEYRING_BACKEND, keyringrc.cfg) is
checked before it is used.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from xds_tui.auth.keyring_errors import CredentialStoreError, KeyringProblem, no_keyring
from xds_tui.i18n import N_

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

_OUR_BACKEND: Final = "xds_tui.auth.pass_backend.PasswordStore"

MAX_LENGTHS: Final = {
    "keyring.backends.SecretService.Keyring": None,
    "keyring.backends.libsecret.Keyring": None,
    "keyring.backends.kwallet.DBusKeyring": None,
    "keyring.backends.kwallet.DBusKeyringKWallet4": None,
    "keyring.backends.macOS.Keyring": None,
    "keyring.backends.Windows.WinVaultKeyring": 1280,
    _OUR_BACKEND: None,
}
"""Backends that encrypt secrets and do not prompt on the terminal, with the maximum length of an item in characters.

All others are rejected: keyring's search also finds plain-text files and a backend that stores nothing.
"""

_SYSTEM_MODULES: Final = {"darwin": ("macOS",), "win32": ("Windows",)}
"""The modules of keyring with the backends of an operating system."""
_DEFAULT_MODULES: Final = ("SecretService", "libsecret", "kwallet")

_CHAINER: Final = "keyring.backends.chainer.ChainerBackend"
_FAIL: Final = "keyring.backends.fail.Keyring"
_STORE_PLUG_IN: Final = "keyring_pass.PasswordStoreBackend"
_PROMPTING: Final = frozenset(
    {
        "keyrings.alt.file.EncryptedKeyring",
        "keyrings.cryptfile.cryptfile.CryptFileKeyring",
        "keyrings.cryptfile.file.EncryptedKeyring",
    }
)
"""Backends with an encrypted file that prompt for its password on the terminal, which the screen uses."""


def import_backends() -> None:
    """Import keyring and the backends of this operating system, which does not block on a keyring.

    It takes 0.1 s on an idle machine. `find_backend` reports what cannot be imported.
    """
    from importlib import import_module

    for module in ("keyring.core", *_backend_modules(), "xds_tui.auth.pass_backend"):
        with suppress(Exception):  # a backend may raise anything where its library is missing or broken
            import_module(module)


def find_backend() -> KeyringBackend:
    """Return the keyring of this machine; the search may block.

    Raises:
        CredentialStoreError: if there is none that stores secrets safely.

    """
    try:
        from keyring import core

        chosen = core.load_env() or core.load_config()
    except Exception as error:  # noqa: BLE001 - a wrong setting raises ImportError, RuntimeError and others
        raise CredentialStoreError(KeyringProblem.UNAVAILABLE, N_("The keyring cannot be used"), repr(error)) from None
    return trusted_backend(chosen) if chosen is not None else _preferred_backend()


def trusted_backend(backend: KeyringBackend) -> KeyringBackend:
    """Return `backend`, or the first backend of a chain, that stores secrets safely.

    Raises:
        CredentialStoreError: if there is none; the detail names the backends.

    """
    links = getattr(backend, "backends", ()) if class_name(backend) == _CHAINER else (backend,)
    named = {class_name(link): link for link in links}
    for name, link in named.items():
        if name in MAX_LENGTHS:
            return link
    if _STORE_PLUG_IN in named:  # ours does not use the terminal
        from xds_tui.auth.pass_backend import PasswordStore

        return PasswordStore()
    if _PROMPTING.issuperset(named):
        summary = N_("The keyring that was found prompts on the terminal, which the app occupies")
    else:
        summary = N_("The keyring that was found does not store secrets safely")
    raise _unavailable(named, summary)


def class_name(backend: KeyringBackend) -> str:
    """Return the qualified name of the class of a backend."""
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def _backend_modules() -> tuple[str, ...]:
    """Return the modules of keyring with the backends of this operating system."""
    return tuple(f"keyring.backends.{module}" for module in _SYSTEM_MODULES.get(sys.platform, _DEFAULT_MODULES))


def _preferred_backend() -> KeyringBackend:
    from keyring import core

    from xds_tui.auth.pass_backend import PasswordStore

    modules = tuple(f"{module}." for module in _backend_modules())
    found = []
    for name in MAX_LENGTHS:
        with suppress(Exception):  # a backend that fails to load is not available
            if name.startswith(modules):
                found.append(core.load_keyring(name))
    if found:
        return max(found, key=lambda backend: float(backend.priority))
    if PasswordStore.is_available():
        return PasswordStore()
    summary = N_("None of the keyrings found stores secrets safely without prompting on the terminal")
    raise _unavailable(_plug_ins(), summary)


def _plug_ins() -> list[str]:
    """Return the installed backend modules that are not part of keyring."""
    from importlib.metadata import entry_points

    modules = {entry.module for entry in entry_points(group="keyring.backends")}
    return sorted(module for module in modules if not module.startswith("keyring."))


def _unavailable(names: Iterable[str], summary: str) -> CredentialStoreError:
    others = [name for name in names if name != _FAIL]
    if not others:
        return no_keyring()
    return CredentialStoreError(KeyringProblem.UNAVAILABLE, summary, ", ".join(others))
