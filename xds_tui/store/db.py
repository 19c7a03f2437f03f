"""The SQLite file: opened, migrated, set aside when damaged, and worked on by one thread of its own.

A file that cannot be used is never fatal: the program then runs on a database in memory, and `Database.problem`
says why what it writes will not last.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from typing import Final, TypeVar

from xds_tui import private_files
from xds_tui.i18n import N_
from xds_tui.store.instance import Instance

T = TypeVar("T")

APPLICATION_ID: Final = 0x78647331
"""`xds1`, in the file's header: tells our file from any other SQLite file."""

MIGRATIONS: Final = (
    (
        f"PRAGMA application_id = {APPLICATION_ID}",
        "CREATE TABLE events (id INTEGER PRIMARY KEY, profile TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL)",
        "CREATE INDEX events_by_time ON events (profile, at)",
        """CREATE TABLE orders (id TEXT PRIMARY KEY, profile TEXT NOT NULL, created_at INTEGER NOT NULL,
           state TEXT NOT NULL, body TEXT NOT NULL)""",
        "CREATE INDEX orders_by_time ON orders (profile, created_at)",
        "CREATE INDEX orders_by_state ON orders (profile, state)",
        "CREATE TABLE snapshots (profile TEXT PRIMARY KEY, body TEXT NOT NULL)",
    ),
    (
        # A profile can be signed in to as more than one account: what is kept is of one of them.
        "ALTER TABLE events RENAME COLUMN profile TO scope",
        "ALTER TABLE orders RENAME COLUMN profile TO scope",
        "DROP TABLE snapshots",
        "CREATE TABLE snapshots (scope TEXT PRIMARY KEY, profile TEXT NOT NULL, at INTEGER NOT NULL)",
        """CREATE TABLE snapshot_parts (scope TEXT, part INTEGER, body BLOB NOT NULL,
           PRIMARY KEY (scope, part)) WITHOUT ROWID""",
        """CREATE TABLE samples (id INTEGER PRIMARY KEY, scope TEXT NOT NULL, at INTEGER NOT NULL,
           total INTEGER NOT NULL, running INTEGER NOT NULL, changing INTEGER NOT NULL, unpriced INTEGER NOT NULL,
           billed_low TEXT, billed_high TEXT, prepaid_low TEXT, prepaid_high TEXT)""",
        "CREATE INDEX samples_by_time ON samples (scope, at)",
        "CREATE TABLE said (scope TEXT, key TEXT, at INTEGER NOT NULL, PRIMARY KEY (scope, key)) WITHOUT ROWID",
    ),
)
"""The statements that lead from each `user_version` to the next. One that was released is never changed.

Times are microseconds since the epoch; bodies are JSON.
"""

BUSY_TIMEOUT: Final = 5.0
"""Seconds to wait for another instance that is writing."""

_CLOSE_TIMEOUT: Final = 3.0
"""Seconds that leaving may take, so that a hung disk does not keep the terminal."""

_DAMAGE: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class StoreError(Exception):
    """Something that could not be written, or read back.

    Attributes:
        summary: what happened, one sentence in English, marked for translation, without values.
        detail: what was seen: a path, SQLite's own words; may be empty.

    """

    def __init__(self, summary: str, detail: str = "") -> None:
        super().__init__(summary, detail)
        self.summary = summary
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.summary} ({self.detail})" if self.detail else self.summary


class _NotOursError(Exception):
    """The file is a sound database, but of another program."""


class _TooNewError(Exception):
    """The file was migrated by a later version of this program."""


class Database:
    """An open database and the daemon thread that alone works on it, one job after another.

    Attributes:
        instance: which of the programs that share the file this one is; for jobs alone.

    """

    def __init__(self, path: Path | None) -> None:
        """Begin to open and migrate the file at `path`, creating it (0600) and its folders (0700); None: in memory.

        It is opened on the store's thread, before the first job; nothing is raised for a file that cannot be used:
        see `problem`.
        """
        self._path = path
        self.instance = Instance(path.parent if path is not None else None)
        self._problem: StoreError | None = None
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="xds-tui store", daemon=True)
        self._thread.start()
        self._submit(self._open)

    @classmethod
    async def open(cls, path: Path | None) -> Database:
        """Return the database once it is open, so that `problem` tells."""
        database = cls(path)
        await database._do(lambda: None)
        return database

    @property
    def problem(self) -> StoreError | None:
        """Why what is written will not last, or what was lost; None while all is well."""
        return self._problem

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return `work(connection)`, run on the store's thread in one reading transaction.

        Raises:
            StoreError: if SQLite could not do it.

        """
        return await self._do(lambda: self._attempt("BEGIN", work))

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return `work(connection)`, run on the store's thread; on the return it is synced to the disk.

        Once asked for it is done, also if the caller is cancelled meanwhile.

        Raises:
            StoreError: if SQLite could not do it; nothing has changed then.

        """
        return await self._do(lambda: self._attempt("BEGIN IMMEDIATE", work))

    async def close(self) -> None:
        """Finish what was asked for and close the file, in bounded time. Closing twice is harmless."""
        if self._closed:
            return
        closing = self._submit(self._close)
        self._closed = True
        self._jobs.put(None)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                await asyncio.wrap_future(closing)

    async def _do(self, job: Callable[[], T]) -> T:
        return await asyncio.wrap_future(self._submit(job))

    def _submit(self, job: Callable[[], T]) -> Future[T]:
        if self._closed:
            raise StoreError(N_("The history is closed"))
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()  # from here on a cancelled caller does not take the job back
        self._jobs.put(lambda: _fulfil(future, job))
        return future

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    def _open(self) -> None:
        self._connection, self._problem = connect(self._path)

    def _close(self) -> None:
        self._connection.close()
        self.instance.close()

    def _attempt(self, begin: str, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return self._in_transaction(begin, work)
        except OSError as error:
            raise StoreError(N_("The history could not be read or written"), str(error)) from error
        except sqlite3.Error as error:
            if self._path is None or not _is_damage(error):
                raise StoreError(N_("The history could not be read or written"), str(error)) from error
        self._connection.close()
        self._connection, self._problem = connect(self._path, check=True)
        try:
            return self._in_transaction(begin, work)
        except sqlite3.Error as error:
            raise StoreError(N_("The history could not be read or written"), str(error)) from error

    def _in_transaction(self, begin: str, work: Callable[[sqlite3.Connection], T]) -> T:
        with _transaction(self._connection, begin):
            return work(self._connection)


def connect(path: Path | None, *, check: bool = False) -> tuple[sqlite3.Connection, StoreError | None]:
    """Open and migrate the file at `path`, or a database in memory in its place, and say why it was that.

    Args:
        path: the file; None: in memory, without a problem.
        check: read the whole file and set it aside if anything in it is wrong.

    """
    if path is None:
        return _in_memory(), None
    try:
        try:
            return _open_file(path, check=check), None
        except (sqlite3.DatabaseError, _NotOursError) as error:
            if not isinstance(error, _NotOursError) and not _is_damage(error):
                raise
            aside = _set_aside(path)
            return _open_file(path), StoreError(N_("The history was damaged and has been set aside"), str(aside))
    except _TooNewError:
        problem = StoreError(
            N_("The history was written by a newer version of xds-tui; this run is not kept"), str(path)
        )
    except (OSError, sqlite3.Error) as error:
        problem = StoreError(N_("The history cannot be used; this run is not kept"), f"{path}: {error}")
    return _in_memory(), problem


def _in_memory() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    _migrate(connection)
    return connection


def _open_file(path: Path, *, check: bool = False) -> sqlite3.Connection:
    _make_private(path)
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None)
    try:
        if _pragma(connection, "user_version") > len(MIGRATIONS):
            raise _TooNewError
        _migrate(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        if check:
            _check(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection) -> None:
    with _transaction(connection, "BEGIN IMMEDIATE"):
        version = _pragma(connection, "user_version")
        has_tables = connection.execute("SELECT 1 FROM sqlite_schema").fetchone() is not None
        if has_tables and _pragma(connection, "application_id") != APPLICATION_ID:
            raise _NotOursError
        for statements in MIGRATIONS[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _check(connection: sqlite3.Connection) -> None:
    found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        damage = sqlite3.DatabaseError(found)
        damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise damage


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def _is_damage(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE


def _make_private(path: Path) -> None:
    """Create the folders and the file for the user alone.

    A file that exists is not opened here: closing it would drop the locks of another connection in this process.
    """
    private_files.make_folder(path.parent)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, private_files.FILE))
    except FileExistsError:
        path.chmod(private_files.FILE)


def _set_aside(path: Path) -> Path:
    """Rename the file, and its log of what is not yet in it, so that someone may still save what can be saved."""
    aside = path.with_name(f"{path.name}.{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")
    path.rename(aside)
    with contextlib.suppress(FileNotFoundError):
        Path(f"{path}-wal").rename(f"{aside}-wal")
    Path(f"{path}-shm").unlink(missing_ok=True)
    return aside


def _fulfil(future: Future[T], job: Callable[[], T]) -> None:
    try:
        result = job()
    except BaseException as error:  # noqa: BLE001 - it is raised again where the job was asked for
        future.set_exception(error)
    else:
        future.set_result(result)
