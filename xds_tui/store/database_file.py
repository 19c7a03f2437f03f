"""The SQLite file on disk: opening, migration, moving a damaged file away, and detecting its replacement."""

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
"""Seconds to wait for a lock of another program."""

PAGE_SIZE: Final = 1024
"""Bytes of a page of a new file. A transaction writes at least two, so the default of 4,096 writes more than needed."""

_SALVAGE_LIMIT: Final = 100_000
"""Maximum number of orders copied from a damaged file."""

_SALVAGE: Final = "INSERT OR IGNORE INTO orders (id, scope, created_at, state, body) VALUES (?, ?, ?, ?, ?)"


class DatabaseFile:
    """An open database file.

    Attributes:
        connection: the connection; it belongs to the thread that opened the file.
        notice: what was lost when it was opened; None if nothing was lost.

    """

    def __init__(self, path: Path, connection: sqlite3.Connection, notice: StoreError | None = None) -> None:
        self._path = path
        self.connection = connection
        self.notice = notice
        self._identity = _identity(path)
        self._size = path.stat().st_size

    @classmethod
    def open(cls, path: Path, *, timeout: float = BUSY_TIMEOUT, check: bool = False) -> Self:
        """Open and migrate the file at `path`; create it (0600) and its folders (0700) if they do not exist.

        A damaged file is renamed, and the orders that can still be read are copied into a new one.

        Args:
            path: the file, or a link to it.
            timeout: seconds to wait for a lock of another process.
            check: check the integrity of the whole file first.

        Raises:
            StoreError: if the file cannot be used; nothing has changed then.

        """
        try:
            try:
                return cls(path, _connect(path, timeout, check=check))
            except (*SQLITE_ERRORS, ForeignDatabaseError) as error:
                if not isinstance(error, ForeignDatabaseError) and not is_damage(error):
                    raise
            aside = _rename_damaged(Path(os.path.realpath(path)))
            connection = _connect(path, timeout)
            _salvage_orders(aside, connection)
            return cls(path, connection, StoreError(SET_ASIDE, str(aside)))
        except NewerDatabaseError:
            problem = StoreError(NEWER, str(path))
        except STORAGE_ERRORS as error:
            problem = storage_error(path, error)
        raise problem

    def is_current(self) -> bool:
        """Return whether the path still leads to this file and it has not been truncated: it never shrinks in use."""
        try:
            size = self._path.stat().st_size
            is_same = _identity(self._path) == self._identity and size >= self._size
        except OSError:
            return False
        self._size = size
        return is_same

    def confirm(self, is_written: Callable[[sqlite3.Connection], bool]) -> bool:
        """Return whether a new connection to the path finds what was written."""
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
        """Check that the file can be written, with a transaction that changes nothing.

        Raises:
            StoreError: if it cannot be written.

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
        """Close the file. SQLite does not touch the log of a file that was moved."""
        with contextlib.suppress(sqlite3.Error):
            self.connection.close()


def in_memory() -> sqlite3.Connection:
    """Return a database in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.text_factory = _text
    migrate(connection)
    return connection


def _connect(path: Path, timeout: float, *, check: bool = False) -> sqlite3.Connection:
    _prepare(path)
    connection = sqlite3.connect(path, timeout=timeout, isolation_level=None)
    try:
        connection.text_factory = _text
        connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")
        migrate(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT * 1000)}")
        if check:
            _check_integrity(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _text(content: bytes) -> str:
    """Decode a string of the file, which may not be valid UTF-8."""
    return content.decode("utf-8", "replace")


def _prepare(path: Path) -> None:
    """Create the folders and the file, accessible to the user only.

    An existing file is not opened, because closing it would release the locks of other connections in this process.
    Its mode is not changed if the path is a symbolic link or the file has several hard links.
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
            with contextlib.suppress(PermissionError):  # it belongs to another user and is writable
                target.chmod(mode & ~0o077)


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _check_integrity(connection: sqlite3.Connection) -> None:
    found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        damage = sqlite3.DatabaseError(found)
        damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise damage


def _rename_damaged(path: Path) -> Path:
    """Rename the file and its write-ahead log, so that the user can try to recover the rest."""
    aside = path.with_name(f"{path.name}.{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")
    path.rename(aside)
    with contextlib.suppress(FileNotFoundError):
        Path(f"{path}-wal").rename(f"{aside}-wal")
    Path(f"{path}-shm").unlink(missing_ok=True)
    return aside


def _salvage_orders(aside: Path, connection: sqlite3.Connection) -> None:
    """Copy the readable orders from a damaged file: an open order may have cost money."""
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
        connection.executemany(_SALVAGE, rows.values())
        for statement in migrations.AFTER_SALVAGE:  # the damaged file may be of an earlier version
            connection.execute(statement)
