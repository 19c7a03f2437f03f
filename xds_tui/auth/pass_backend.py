"""`pass`, the password store of GnuPG, as a keyring.

The plug-in that there is for keyring lets gpg ask for its password in the middle of the screen and lets `pass` write
there, and decrypts a file for each item, which takes gpg half a second. So this one keeps the items of a profile in
one entry, a line each, and lets gpg ask nothing: where it would have to, the store is locked.
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
"""Seconds for one call; gpg needs half of one."""

_UNASKED: Final = "--pinentry-mode error"
"""Has gpg fail where it would ask for the password of a key."""


class PasswordStore(KeyringBackend):
    """The store of this user: `PASSWORD_STORE_DIR`, or the one at home.

    An item is called PROFILE/NAME; it is the line `NAME: value` of the entry SERVICE/PROFILE.
    """

    name = NAME

    def __init__(self) -> None:
        self._read: tuple[Path, tuple[int, ...], Mapping[str, str]] | None = None

    @properties.classproperty
    def priority(cls) -> float:  # noqa: N805 - keyring's own way
        """Less than a keyring of the desktop's.

        Raises:
            RuntimeError: if there is no store.

        """
        if not cls.is_there():
            raise RuntimeError("no password store")
        return 1

    @staticmethod
    def is_there() -> bool:
        """Whether `pass` is installed and was set up."""
        return shutil.which("pass") is not None and (_folder() / ".gpg-id").is_file()

    def get_password(self, service: str, username: str) -> str | None:
        """Return an item, None if there is none.

        Raises:
            KeyringLocked: if gpg would have to ask for the password of its key.

        """
        profile, _, item = username.rpartition("/")
        return self._items(f"{service}/{profile}").get(item)

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep an item.

        Raises:
            KeyringLocked: as above.
            PasswordSetError: if it is more than a line, or `pass` did not take it.

        """
        profile, _, item = username.rpartition("/")
        if len(password.splitlines()) > 1:
            raise PasswordSetError("more than one line")
        entry = f"{service}/{profile}"
        self._write(entry, {**self._items(entry), item: password})

    def delete_password(self, service: str, username: str) -> None:
        """Forget an item.

        Raises:
            KeyringLocked: as above.
            PasswordDeleteError: if there is none.

        """
        profile, _, item = username.rpartition("/")
        entry = f"{service}/{profile}"
        items = dict(self._items(entry))
        if items.pop(item, None) is None:
            raise PasswordDeleteError("no such item")
        if items:
            self._write(entry, items)
        elif (ended := _pass("rm", "--force", entry)).returncode != 0:
            raise PasswordDeleteError(_reason(ended))

    def _items(self, entry: str) -> Mapping[str, str]:
        """Return the items of `entry`, decrypted again only if its file is another."""
        path = _folder() / f"{entry}.gpg"
        try:
            found = path.stat()
        except FileNotFoundError:
            return {}
        seen = (found.st_ino, found.st_mtime_ns, found.st_size)
        if self._read is None or self._read[:2] != (path, seen):
            ended = _pass("show", entry)
            if ended.returncode != 0:
                raise KeyringLocked(_reason(ended))
            pairs = (line.partition(": ") for line in ended.stdout.split("\n"))
            self._read = (path, seen, {item: value for item, colon, value in pairs if colon})
        return self._read[2]

    def _write(self, entry: str, items: Mapping[str, str]) -> None:
        text = "".join(f"{item}: {value}\n" for item, value in items.items())
        ended = _pass("insert", "--multiline", "--force", entry, given=text)
        if ended.returncode != 0:
            raise PasswordSetError(_reason(ended))


def key() -> str:
    """Return the name of the gpg key that the store is encrypted for, the first if there are several."""
    content = files.read(_folder() / ".gpg-id").decode("utf-8", "replace")
    return content.split("\n")[0].strip()


def _folder() -> Path:
    return Path(os.environ.get("PASSWORD_STORE_DIR") or Path.home() / ".password-store")


def _pass(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run `pass` away from the terminal, and without what of the environment is ours."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("XDS_")}
    options = f"{environ.get('PASSWORD_STORE_GPG_OPTS', '')} {_UNASKED}"
    try:
        return subprocess.run(  # noqa: S603 - the arguments are ours; values go through standard input
            [shutil.which("pass") or NAME, *arguments],
            input=given,
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


def _reason(ended: subprocess.CompletedProcess[str]) -> str:
    """The first line that gpg or `pass` said."""
    said = ended.stderr.strip().splitlines()
    return said[0] if said else f"exit code {ended.returncode}"
