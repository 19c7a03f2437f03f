"""A keyring backend for `pass`, the password store of GnuPG.

The existing plug-in for keyring lets gpg and `pass` use the terminal, and decrypts a file for each item, which takes
half a second. This backend stores the items of a profile in one entry, one per line, and does not let gpg prompt:
where it would have to, the store counts as locked.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from keyring.backend import KeyringBackend
from keyring.compat import properties
from keyring.errors import KeyringError, KeyringLocked, PasswordDeleteError, PasswordSetError

from xds_tui.system import files

NAME: Final = "pass"

PASS_TIMEOUT: Final = 20.0
"""Seconds for one call; gpg needs about 0.5 s."""

_NO_PROMPT: Final = "--pinentry-mode error"
"""gpg option to fail instead of prompting for the password of a key."""


class PasswordStore(KeyringBackend):
    """The store of this user: `PASSWORD_STORE_DIR`, or ~/.password-store.

    The item PROFILE/NAME is the line `NAME: value` of the entry SERVICE/PROFILE.
    """

    name = NAME

    def __init__(self) -> None:
        self._read: tuple[Path, tuple[int, ...], Mapping[str, str]] | None = None

    @properties.classproperty
    def priority(cls) -> float:  # noqa: N805 - required by keyring
        """Priority for keyring, lower than that of desktop keyrings.

        Raises:
            RuntimeError: if there is no store.

        """
        if not cls.is_available():
            raise RuntimeError("no password store")
        return 1

    @staticmethod
    def is_available() -> bool:
        """Return whether `pass` is installed and set up."""
        return shutil.which("pass") is not None and (_folder() / ".gpg-id").is_file()

    def get_password(self, service: str, username: str) -> str | None:
        """Return an item, or None if it does not exist.

        Raises:
            KeyringLocked: if gpg would have to prompt for the password of its key.

        """
        profile, _, item = username.rpartition("/")
        return self._items(f"{service}/{profile}").get(item)

    def set_password(self, service: str, username: str, password: str) -> None:
        """Store an item.

        Raises:
            KeyringLocked: as above.
            PasswordSetError: if it has more than one line, or `pass` fails.

        """
        profile, _, item = username.rpartition("/")
        if len(password.splitlines()) > 1:
            raise PasswordSetError("more than one line")
        entry = f"{service}/{profile}"
        self._write(entry, {**self._items(entry), item: password})

    def delete_password(self, service: str, username: str) -> None:
        """Delete an item.

        Raises:
            KeyringLocked: as above.
            PasswordDeleteError: if it does not exist, or `pass` fails.

        """
        profile, _, item = username.rpartition("/")
        entry = f"{service}/{profile}"
        items = dict(self._items(entry))
        if items.pop(item, None) is None:
            raise PasswordDeleteError("no such item")
        if items:
            self._write(entry, items)
        elif (result := _pass("rm", "--force", entry)).returncode != 0:
            raise PasswordDeleteError(_reason(result))

    def _items(self, entry: str) -> Mapping[str, str]:
        """Return the items of `entry`; decrypt it only if its file has changed."""
        path = _folder() / f"{entry}.gpg"
        try:
            found = path.stat()
        except FileNotFoundError:
            return {}
        identity = (found.st_ino, found.st_mtime_ns, found.st_size)
        if self._read is None or self._read[:2] != (path, identity):
            result = _pass("show", entry)
            if result.returncode != 0:
                raise KeyringLocked(_reason(result))
            pairs = (line.partition(": ") for line in result.stdout.split("\n"))
            self._read = (path, identity, {item: value for item, colon, value in pairs if colon})
        return self._read[2]

    def _write(self, entry: str, items: Mapping[str, str]) -> None:
        text = "".join(f"{item}: {value}\n" for item, value in items.items())
        result = _pass("insert", "--multiline", "--force", entry, stdin=text)
        if result.returncode != 0:
            raise PasswordSetError(_reason(result))


def key() -> str:
    """Return the name of the gpg key that the store is encrypted for, the first if there are several."""
    content = files.read(_folder() / ".gpg-id").decode("utf-8", "replace")
    return content.split("\n")[0].strip()


def _folder() -> Path:
    return Path(os.environ.get("PASSWORD_STORE_DIR") or Path.home() / ".password-store")


def _pass(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run `pass` in its own session, without a terminal and without our environment variables."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("XDS_")}
    options = f"{environ.get('PASSWORD_STORE_GPG_OPTS', '')} {_NO_PROMPT}"
    try:
        return subprocess.run(  # noqa: S603 - fixed arguments; values are passed on standard input
            [shutil.which("pass") or NAME, *arguments],
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env=environ | {"PASSWORD_STORE_GPG_OPTS": options, "LC_ALL": "C.UTF-8"},
            timeout=PASS_TIMEOUT,
            check=False,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        raise KeyringError(f"pass took more than {PASS_TIMEOUT:g} s") from None


def _reason(result: subprocess.CompletedProcess[str]) -> str:
    """Return the first line of the error output, or the exit code."""
    lines = result.stderr.strip().splitlines()
    return lines[0] if lines else f"exit code {result.returncode}"
