"""The SQLite file on the disk: opened, migrated, set aside when damaged, and compared with what its path names."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from xds_tui.store import migrations
from xds_tui.store.migrations import ForeignDatabaseError, NewerDatabaseError, migrate, transaction
from xds_tui.store.problems import (
    NEWER,
    NOT_A_FILE,
    SET_ASIDE,
    SQLITE_ERRORS,
    STORAGE_ERRORS,
    StoreError,
    is_damage,
    storage_error,
)
from xds_tui.system import files

BUSY_TIMEOUT: Final = 5.0
"""Seconds to wait for another instance that is writing."""

_SALVAGE_LIMIT: Final = 100_000
"""Rows of orders that are copied out of a damaged file."""


class DatabaseFile:
    """One open file.

    Attributes:
        connection: of the thread that opened it.
        notice: what was lost when it was opened; None if nothing was.

    """

    def __init__(self, path: Path, connection: sqlite3.Connection, notice: StoreError | None = None) -> None:
        self._path = path
        self.connection = connection
        self.notice = notice
        self._identity = _identity(path)
        self._size = path.stat().st_size

    @classmethod
    def open(cls, path: Path, *, timeout: float = BUSY_TIMEOUT, check: bool = False) -> Self:
        """Open and migrate the file at `path`; make it (0600) and its folders (0700) if they are not there.

        A damaged file is set aside, and the orders that can still be read are copied into the new one.

        Args:
            path: the file, or a link to it.
            timeout: seconds to wait for a lock of another process.
            check: read the whole file and set it aside if anything in it is wrong.

        Raises:
            StoreError: if it cannot be used; nothing has changed then.

        """
        try:
            try:
                return cls(path, _connected(path, timeout, check=check))
            except (*SQLITE_ERRORS, ForeignDatabaseError) as error:
                if not isinstance(error, ForeignDatabaseError) and not is_damage(error):
                    raise
            aside = _set_aside(Path(os.path.realpath(path)))
            connection = _connected(path, timeout)
            _salvage_orders(aside, connection)
            return cls(path, connection, StoreError(SET_ASIDE, str(aside)))
        except NewerDatabaseError:
            problem = StoreError(NEWER, str(path))
        except STORAGE_ERRORS as error:
            problem = storage_error(path, error)
        raise problem

    def is_current(self) -> bool:
        """Whether the path still names this file, and nobody has cut it short: it only ever grows."""
        try:
            size = self._path.stat().st_size
            is_same = _identity(self._path) == self._identity and size >= self._size
        except OSError:
            return False
        self._size = size
        return is_same

    def confirm(self, is_written: Callable[[sqlite3.Connection], bool]) -> bool:
        """Whether somebody who opens the path now finds what was written."""
        try:
            uri = f"{Path(os.path.realpath(self._path)).as_uri()}?mode=rw"
            connection = sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT, isolation_level=None)
        except sqlite3.Error:
            return False
        try:
            return is_written(connection)
        except SQLITE_ERRORS:
            return False
        finally:
            connection.close()

    def probe(self) -> None:
        """Write something that changes nothing, to learn whether the file can be written.

        Raises:
            StoreError: if it cannot.

        """
        try:
            with transaction(self.connection, "BEGIN IMMEDIATE"):
                migrations.check_version(self.connection)
                self.connection.execute("INSERT INTO said (scope, key, at) VALUES ('', '', 0)")
                self.connection.execute("DELETE FROM said WHERE scope = '' AND key = ''")
        except NewerDatabaseError:
            problem = StoreError(NEWER, str(self._path))
        except SQLITE_ERRORS as error:
            problem = storage_error(self._path, error)
        else:
            return
        raise problem

    def close(self) -> None:
        """Close the file. SQLite leaves the log of a file that was moved away alone."""
        with contextlib.suppress(sqlite3.Error):
            self.connection.close()


def in_memory() -> sqlite3.Connection:
    """Return a database that nothing outlives."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.text_factory = _text
    migrate(connection)
    return connection


def _connected(path: Path, timeout: float, *, check: bool = False) -> sqlite3.Connection:
    _prepare(path)
    connection = sqlite3.connect(path, timeout=timeout, isolation_level=None)
    try:
        connection.text_factory = _text
        migrate(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT * 1000)}")
        if check:
            _check(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _text(content: bytes) -> str:
    """Decode a text of the file: SQLite does not check that it is UTF-8."""
    return content.decode("utf-8", "replace")


def _prepare(path: Path) -> None:
    """Create the folders and the file for the user alone.

    A file that exists is not opened here: closing it would drop the locks of another connection in this process.
    The mode of what a link points to, or of what has a second name, is its owner's business.
    """
    files.make_folder(path.parent)
    target = Path(os.path.realpath(path))
    try:
        os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, files.FILE))
        files.inherit_owner(target)
    except FileExistsError:
        status = target.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise StoreError(NOT_A_FILE, str(path)) from None
        mode = stat.S_IMODE(status.st_mode)
        if mode & 0o077 and status.st_nlink == 1 and not path.is_symlink():
            with contextlib.suppress(PermissionError):  # it is somebody else's, and writable for us
                target.chmod(mode & ~0o077)


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _check(connection: sqlite3.Connection) -> None:
    found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        damage = sqlite3.DatabaseError(found)
        damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise damage


def _set_aside(path: Path) -> Path:
    """Rename the file, and its log of what is not yet in it, so that someone may still save what can be saved."""
    aside = path.with_name(f"{path.name}.{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")
    path.rename(aside)
    with contextlib.suppress(FileNotFoundError):
        Path(f"{path}-wal").rename(f"{aside}-wal")
    Path(f"{path}-shm").unlink(missing_ok=True)
    return aside


def _salvage_orders(aside: Path, connection: sqlite3.Connection) -> None:
    """Copy the orders that a damaged file still gives away: an open one among them may have cost money."""
    rows: dict[object, tuple[object, ...]] = {}
    for direction in ("ASC", "DESC"):
        try:
            damaged = sqlite3.connect(f"{aside.as_uri()}?mode=ro", uri=True, isolation_level=None)
        except sqlite3.Error:
            return
        damaged.text_factory = _text
        try:
            query = f"SELECT id, scope, created_at, state, body FROM orders ORDER BY rowid {direction} LIMIT ?"  # noqa: S608 - two constants
            for row in damaged.execute(query, (_SALVAGE_LIMIT,)):
                rows.setdefault(row[0], row)
        except SQLITE_ERRORS:
            continue
        finally:
            damaged.close()
            Path(f"{aside}-shm").unlink(missing_ok=True)
    with contextlib.suppress(*SQLITE_ERRORS), transaction(connection, "BEGIN IMMEDIATE"):
        connection.executemany("INSERT OR IGNORE INTO orders VALUES (?, ?, ?, ?, ?)", rows.values())
        for statement in migrations.RENAME_ORDER_STATES:  # the damaged file may be of an earlier version
            connection.execute(statement)
