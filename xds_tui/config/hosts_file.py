"""The file with the annotations of hosts: read as a whole, edited key by key.

    [hosts.LaA7ruBs76]
    alias = "render-1"
    note = "until friday"
    tags = ["render", "prod"]
    owner = "li"
    protected = true

Several programs, several machines and people with an editor may change the file at the same time. A program locks the
file `.<name>.lock` beside it while it edits; an editor knows nothing of that, so that the content that was replaced is
compared with the content that was read, and the edit is repeated if they differ. Comments, order and unknown keys are
preserved. A file that is not TOML is never written to.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from xds_tui.config import hosts_toml
from xds_tui.config.hosts_toml import HostsFileContent
from xds_tui.config.toml_file import SettingsError
from xds_tui.domain.annotations import AnnotationChange
from xds_tui.i18n import N_
from xds_tui.system import files

LOCK_TIMEOUT: Final = 10.0
"""Seconds to wait for another program that edits the file."""
SETTLING_TIME: Final = 0.05
"""Seconds after an edit in which an editor may still save what it had begun to save before."""
MAX_ATTEMPTS: Final = 50
"""How often an edit is repeated because the file was saved at the same time."""

UNREADABLE: Final = N_("The file with the names and tags of your hosts cannot be read")
NOT_EDITED: Final = N_("The file with the names and tags of your hosts cannot be written, so nothing was changed")
LOCKED: Final = N_("Another program is editing the names and tags of your hosts, so nothing was changed; try again")
KEEPS_CHANGING: Final = N_("The file with the names and tags of your hosts keeps changing, so nothing was changed")

_LEFTOVER: Final = r"[a-z0-9_]{8}"


class HostsFile:
    """The file at `path`; without a path, a text in memory, for the demo.

    Its methods block: call them on a thread.
    """

    def __init__(self, path: Path | None, *, sleep: Callable[[float], None] = time.sleep) -> None:
        """Read and write the file at `path`, which need not exist."""
        self.path = path
        self._memory = b""
        self._sleep = sleep
        self._state: tuple[int, ...] | None = None
        self._digest: bytes | None = None

    def read(self) -> HostsFileContent | None:
        """Return the content; None if it has not changed since the last call.

        Raises:
            SettingsError: if it is not TOML or cannot be read. The next call tries again.

        """
        state = self._stat()
        if state is not None and state == self._state:
            return None
        try:
            content = self._read_settled()
        except OSError as error:
            self._state = None
            raise SettingsError(UNREADABLE, f"{self._name}: {error.strerror or error}") from None
        digest = hashlib.sha256(content).digest()
        if digest == self._digest:
            self._state = state
            return None
        self._state = self._digest = None
        found = hosts_toml.parse(content, self._name)
        self._state, self._digest = state, digest
        return found

    def edit(self, changes: Mapping[str, AnnotationChange]) -> None:
        """Apply validated `changes`, by host ID, to what the file contains now.

        Raises:
            SettingsError: if the file is not TOML, or cannot be read or written; nothing is changed then.
            AnnotationError: if a host would have too many tags; nothing is changed then.

        """
        self._edit(lambda text: hosts_toml.change(text, changes, self._name))

    def forget(self, host_ids: Iterable[str]) -> None:
        """Remove the entries of these hosts, with their comments; raises as `edit`."""
        removed = tuple(host_ids)
        self._edit(lambda text: hosts_toml.remove(text, removed, self._name))

    @property
    def _name(self) -> str:
        return str(self.path or "hosts.toml")

    def _stat(self) -> tuple[int, ...] | None:
        """Return what differs after each change of the file, except of one that is as new as the last reading."""
        if self.path is None:
            return None
        try:
            status = self.path.stat()
        except OSError:
            return None
        if time.time_ns() - status.st_mtime_ns < 2_000_000_000:
            return None  # a second change within the resolution of the file system's clock would go unnoticed
        return status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev, status.st_size

    def _read_settled(self) -> bytes:
        """Return the content when it no longer changes: an editor may empty the file before it writes it."""
        is_settled = self._stat() is not None or (self._digest is None and not self._is_file())
        content = self._read_bytes() or b""
        while self.path is not None and not is_settled:
            before = content
            self._sleep(SETTLING_TIME)
            content = self._read_bytes() or b""
            is_settled = content == before
        return content

    def _is_file(self) -> bool:
        return self.path is not None and self.path.exists()

    def _read_bytes(self) -> bytes | None:
        """Return the content, None if there is no file."""
        if self.path is None:
            return self._memory
        try:
            return files.read(self.path)
        except FileNotFoundError:
            return None

    def _edit(self, change: Callable[[str], str]) -> None:
        if self.path is None:
            self._memory = change(self._memory.decode()).encode()
            return
        try:
            with _lock(self.path, self._sleep):
                _remove_leftovers(self.path)
                self._edit_locked(self.path, change)
        except OSError as error:
            raise SettingsError(NOT_EDITED, f"{self.path}: {error.strerror or error}") from None

    def _edit_locked(self, path: Path, change: Callable[[str], str]) -> None:
        base = present = self._read_bytes()
        for _ in range(MAX_ATTEMPTS):
            try:
                changed = change(hosts_toml.decode(base or b"", self._name)).encode()
            except SettingsError:
                if self._is_unchanged(present):
                    raise
                base = present = self._read_bytes()
                continue
            if changed == (present or b""):
                return
            try:
                replaced = files.exchange(path, changed.decode(), present)
            except FileExistsError:
                base = present = self._read_bytes()
                continue
            base = self._saved_meanwhile(replaced, present, changed)
            if base is None:
                return
            present = self._read_bytes()
            if present != changed:
                base = present  # saved again
        raise SettingsError(KEEPS_CHANGING, self._name)

    def _is_unchanged(self, content: bytes | None) -> bool:
        """Return whether an invalid file stays as it is: an editor may be saving it at this moment."""
        self._sleep(SETTLING_TIME)
        return self._read_bytes() == content

    def _saved_meanwhile(self, replaced: int | None, before: bytes | None, written: bytes) -> bytes | None:
        """Return what an editor saved while the file was replaced, or shortly afterwards; None if it saved nothing."""
        try:
            if replaced is not None and (old := files.read_descriptor(replaced)) != before:
                return old
            self._sleep(SETTLING_TIME)
            present = self._read_bytes()
            if present != written:
                return present or b""
            if replaced is not None and (old := files.read_descriptor(replaced)) != before:
                return old
        finally:
            if replaced is not None:
                os.close(replaced)
        return None


# The lock


@contextlib.contextmanager
def _lock(path: Path, sleep: Callable[[float], None]) -> Iterator[None]:
    """Keep other programs from editing the file.

    Raises:
        SettingsError: if another program does not finish in time.
        OSError: if the lock file cannot be opened.

    """
    target = Path(os.path.realpath(path))
    files.make_folder(target.parent)
    lock = os.open(target.parent / f".{target.name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        deadline = time.monotonic() + LOCK_TIMEOUT
        while not _acquire(lock):
            if time.monotonic() > deadline:
                raise SettingsError(LOCKED, str(path))
            sleep(0.01)
        yield
    finally:
        os.close(lock)


def _acquire(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _remove_leftovers(path: Path) -> None:
    """Remove the new files of programs that were killed while they were editing."""
    target = Path(os.path.realpath(path))
    prefix = f".{target.name}."
    with contextlib.suppress(OSError):
        for entry in target.parent.iterdir():
            if entry.name.startswith(prefix) and re.fullmatch(_LEFTOVER, entry.name.removeprefix(prefix)):
                entry.unlink(missing_ok=True)
