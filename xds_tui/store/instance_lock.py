"""Which running program is which: several may share one database, and each must know whether another still lives.

A program that lives holds a lock on a file of its own beside the database. The system lets go of it however the
program ends, kill -9 and power loss included, and nobody can be taken for it afterwards, as with process IDs.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from pathlib import Path
from typing import Final

from xds_tui.system import files

_NAME: Final = re.compile(r"[0-9a-f]{16}")


class InstanceLock:
    """One running program, this one. Its methods touch the disk: they are for the store's thread."""

    def __init__(self, folder: Path | None) -> None:
        """Keep the lock in `folder`, once there is a reason to; None: nobody else can share what is in memory."""
        self._folder = folder
        self._name = os.urandom(8).hex()
        self._lock: int | None = None

    def claim(self) -> str:
        """Return the name of this program, after which others can tell that it lives.

        Raises:
            OSError: if the lock cannot be made.

        """
        if self._folder is not None:
            path = self._folder / f"{self._name}.lock"
            if self._lock is not None and not _is_file(self._lock, path):  # the folder was deleted
                os.close(self._lock)
                self._lock = None
            if self._lock is None:
                self._lock = _locked(path)
        return self._name

    def is_another_alive(self, name: str) -> bool:
        """Whether `name` is of another program that still runs; a lock that was left behind is removed."""
        if name == self._name or self._folder is None or not _NAME.fullmatch(name):
            return False
        path = self._folder / f"{name}.lock"
        try:
            lock = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return False
        except OSError:
            return True  # it is there and not ours to look at: the careful guess is that it lives
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(lock)
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        return False

    def close(self) -> None:
        """Let go of the lock."""
        if self._lock is not None and self._folder is not None:
            with contextlib.suppress(OSError):
                (self._folder / f"{self._name}.lock").unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None


def _is_file(descriptor: int, path: Path) -> bool:
    """Whether `path` names the open file."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def _locked(path: Path) -> int:
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        files.inherit_owner(path)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise
    return lock
