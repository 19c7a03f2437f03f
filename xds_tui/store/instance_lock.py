"""What the running programs of one machine know of each other: whether another is running, and when it renewed a token.

A running program holds a lock on its own file beside the database. The operating system releases the lock however the
program ends, including kill -9 and power loss. Unlike a process ID, the name is never reused.

If the service allows one valid token per account and there is no keyring to share it, two programs invalidate each
other's tokens. A program that knows of the other can wait instead of renewing at once. No token is stored here.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
from datetime import datetime
from pathlib import Path
from typing import Final

from xds_tui.system import files

_NAME: Final = r"[0-9a-f]{16}"


class InstanceLock:
    """The lock of this program. Its methods access the disk; use them on the store's thread."""

    def __init__(self, folder: Path | None) -> None:
        """Use `folder` for lock files; None for a database in memory, which no other program shares."""
        self._folder = folder
        self._name = os.urandom(8).hex()
        self._lock: int | None = None

    @property
    def name(self) -> str:
        """The name of this program; no other one has had it."""
        return self._name

    def acquire(self) -> str:
        """Acquire the lock unless it is held, and return the name of this program.

        Raises:
            OSError: if the lock cannot be acquired.

        """
        if self._folder is not None:
            path = self._folder / f"{self._name}.lock"
            if self._lock is not None and not _is_file(self._lock, path):  # the folder was deleted
                os.close(self._lock)
                self._lock = None
            if self._lock is None:
                self._lock = _create_locked(path)
        return self._name

    def is_another_alive(self, name: str) -> bool:
        """Return whether another program called `name` is running; removes the lock file of one that is not."""
        if name == self._name or self._folder is None or not re.fullmatch(_NAME, name):
            return False
        path = self._folder / f"{name}.lock"
        try:
            lock = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return False
        except OSError:
            return True  # the file exists but cannot be opened: assume that the program is running
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
        """Release the lock."""
        if self._lock is not None and self._folder is not None:
            with contextlib.suppress(OSError):
                (self._folder / f"{self._name}.lock").unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None


def _is_file(descriptor: int, path: Path) -> bool:
    """Return whether `path` is the open file."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def _create_locked(path: Path) -> int:
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        files.inherit_owner(path)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise
    return lock


class RenewalTimes:
    """The last renewal of one account's token. Disk errors are ignored; the renewal is then unknown to others."""

    def __init__(self, folder: Path, base_url: str, account_id: str) -> None:
        """Use `folder`, shared with other programs; file names are hashed and do not reveal account or service."""
        name = hashlib.sha256(f"{base_url}\n{account_id}".encode()).hexdigest()[:16]
        self._path = folder / f"{name}.json"
        self._instance = InstanceLock(folder)

    def note(self, at: datetime) -> None:
        """Record that this program renewed the token at `at`."""
        with contextlib.suppress(OSError):
            files.make_folder(self._path.parent)
            text = json.dumps({"by": self._instance.acquire(), "at": at.isoformat()})
            temporary = self._path.with_suffix(f".{os.getpid()}")
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, files.FILE)
            with os.fdopen(descriptor, "w") as file:
                file.write(text)
            temporary.replace(self._path)

    def is_renewed_elsewhere(self, since: datetime) -> bool:
        """Return whether another running program renewed the token at `since` or later."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            last = json.loads(self._path.read_bytes())
            is_since = datetime.fromisoformat(last["at"]) >= since
            return is_since and self._instance.is_another_alive(str(last["by"]))
        return False

    def close(self) -> None:
        """Release the lock, so that other programs no longer wait for this one."""
        self._instance.close()
