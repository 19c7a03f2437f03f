"""The history: a SQLite file, accessed by a single thread that runs one job at a time.

An unusable file is never fatal: observations are then stored in memory, and opening the file is retried. Records that
must survive the program are rejected until the file can be written: see `Database.write_durably`.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final, TypeVar

from xds_tui.i18n import N_
from xds_tui.store.database_file import BUSY_TIMEOUT, DatabaseFile, in_memory
from xds_tui.store.instance_lock import InstanceLock
from xds_tui.store.migrations import NewerDatabaseError, check_version, transaction
from xds_tui.store.problems import (
    NEWER,
    REPLACED,
    STORAGE_ERRORS,
    SqliteError,
    StoreError,
    is_damage,
    is_of_storage,
    storage_error,
)
from xds_tui.system import threads

__all__ = ["BUSY_TIMEOUT", "Database", "StoreError"]

T = TypeVar("T")

RETRY_MIN_DELAY: Final = 1.0
"""Seconds until an unusable file is tried again; doubled after each failure."""
RETRY_MAX_DELAY: Final = 15.0
RETRY_BUSY_TIMEOUT: Final = 0.25
"""Seconds that a retry waits for a lock; other jobs wait, too."""

_CLOSE_TIMEOUT: Final = 3.0
"""Seconds that closing may take, so that a hanging disk does not block the terminal."""


class Database:
    """A database and the daemon thread that runs its jobs.

    Attributes:
        instance: the lock of this program among those that share the file; to be used in jobs only.
        generation: how many files have been opened; it increases when the file was replaced by another.

    """

    def __init__(self, path: Path | None) -> None:
        """Start opening and migrating the file at `path`, and create it (0600) and its folders (0700) if necessary.

        The file is opened on the store's thread, before the first job. An unusable file raises nothing here: see
        `problem`. With None as `path` the database is in memory.
        """
        self._path = path
        self.instance = InstanceLock(path.parent if path is not None else None)
        self.generation = 0
        self._file: DatabaseFile | None = None
        self._problem: StoreError | None = None
        self._notice: StoreError | None = None
        self._retry_at = 0.0
        self._retry_delay = RETRY_MIN_DELAY
        self._on_change: Callable[[], None] | None = None
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._closed = False
        threads.start_daemon(self._work, name="xds-tui store")
        self._submit(self._open)

    @classmethod
    async def open(cls, path: Path | None) -> Database:
        """Return the database when it is open and `problem` is known."""
        database = cls(path)
        await database._do(lambda: None)
        return database

    @property
    def problem(self) -> StoreError | None:
        """Why nothing can be written to the disk; None if it can."""
        return self._problem

    @property
    def notice(self) -> StoreError | None:
        """A description of the data lost when a file was opened; None if none was lost."""
        return self._notice

    def watch(self, on_change: Callable[[], None]) -> None:
        """Call `on_change` in the running event loop whenever `problem`, `notice` or `generation` has changed."""
        loop = asyncio.get_running_loop()

        def change() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(on_change)

        self._on_change = change

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return `work(connection)`, run on the store's thread in a read transaction.

        Raises:
            StoreError: if SQLite fails.

        """
        return await self._do(lambda: self._attempt("BEGIN", work))

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return `work(connection)`, run on the store's thread in a transaction; in memory if the file is unusable.

        It runs even if the caller is cancelled. A loss of power may undo the latest writes, but none of those before
        the last `write_durably`.

        Raises:
            StoreError: if SQLite fails; nothing has changed then.

        """
        return await self._do(lambda: self._attempt("BEGIN IMMEDIATE", work))

    def write_in_background(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Run `work(connection)` in a transaction before all following jobs, without reporting failures of SQLite."""
        self._submit(lambda: self._attempt("BEGIN IMMEDIATE", work))

    async def write_durably(
        self, work: Callable[[sqlite3.Connection], T], is_written: Callable[[sqlite3.Connection], bool]
    ) -> T:
        """Return `work(connection)` when its result is on the disk, in the file at the path.

        Args:
            work: runs in a transaction, and again if the file was deleted, replaced or damaged.
            is_written: runs on another connection to the path; returns whether the result can be read.

        Raises:
            StoreError: if this could not be ensured; nothing that depends on the record may then be done.

        """
        return await self._do(lambda: self._write_and_verify(work, is_written))

    async def close(self) -> None:
        """Finish the submitted jobs and close the file, within `_CLOSE_TIMEOUT`. May be called twice."""
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
        future.set_running_or_notify_cancel()  # a cancelled caller does not cancel the job
        self._jobs.put(lambda: _fulfil(future, job))
        return future

    # The following methods run on the store's thread.

    def _work(self) -> None:
        while True:
            wait = None if self._problem is None else self._retry_at - time.monotonic()
            if wait is not None and wait <= 0:
                self._retry()
                continue
            try:
                job = self._jobs.get(timeout=wait)
            except Empty:
                continue
            if job is None:
                return
            job()

    def _open(self) -> None:
        self._connection = in_memory()
        if self._path is not None:
            self._open_file(BUSY_TIMEOUT)

    def _open_file(self, timeout: float, *, check: bool = False) -> None:
        """Replace the open database with the file; if it cannot be opened, continue in memory."""
        assert self._path is not None  # noqa: S101 - only called for a file
        self._close_file()
        try:
            self._file = DatabaseFile.open(self._path, timeout=timeout, check=check)
        except StoreError as problem:
            self._fail(problem)
            return
        self._connection.close()
        self._connection = self._file.connection
        self.generation += 1
        self._notice = self._file.notice or self._notice
        self._problem = None
        self._retry_delay = RETRY_MIN_DELAY
        self._notify()

    def _close_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
            self._connection = in_memory()

    def _close(self) -> None:
        self._connection.close()
        self.instance.close()

    def _retry(self) -> None:
        """Check whether the file can be used again."""
        if self._file is None:
            self._open_file(RETRY_BUSY_TIMEOUT)
            return
        try:
            self._file.probe()
        except StoreError as problem:
            self._fail(problem)
        else:
            self._recover()

    def _fail(self, problem: StoreError) -> None:
        """Record why nothing can be written, and when to try again."""
        is_new = self._problem is None or self._problem.summary != problem.summary
        self._problem = problem
        self._retry_at = time.monotonic() + self._retry_delay
        self._retry_delay = min(2 * self._retry_delay, RETRY_MAX_DELAY)
        if is_new:
            self._notify()

    def _recover(self) -> None:
        self._retry_delay = RETRY_MIN_DELAY
        if self._problem is not None:
            self._problem = None
            self._notify()

    def _notify(self) -> None:
        if self._on_change is not None:
            self._on_change()

    def _write_and_verify(
        self, work: Callable[[sqlite3.Connection], T], is_written: Callable[[sqlite3.Connection], bool]
    ) -> T:
        if self._path is None:
            return self._attempt("BEGIN IMMEDIATE", work)
        result = self._attempt_in_file(work)
        if self._file is None or not self._file.confirm(is_written):
            self._lose_file()
            result = self._attempt_in_file(work)
            if self._file is None or not self._file.confirm(is_written):
                problem = StoreError(REPLACED, str(self._path))
                self._fail(problem)
                raise problem
        return result

    def _attempt_in_file(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self._file is None:
            self._open_file(BUSY_TIMEOUT)
        result = self._attempt("BEGIN IMMEDIATE", work, synchronous="FULL")
        if self._file is None and self._problem is not None:
            raise self._problem
        return result

    def _lose_file(self) -> None:
        """Open the file now at the path, because the open one was deleted, replaced or damaged."""
        self._notice = StoreError(REPLACED, str(self._path))
        self._open_file(BUSY_TIMEOUT, check=True)

    def _attempt(self, begin: str, work: Callable[[sqlite3.Connection], T], *, synchronous: str = "NORMAL") -> T:
        """Run `work` in a transaction, and again if the file was damaged.

        Args:
            begin: the statement that begins it.
            work: what to run.
            synchronous: whether the disk is to confirm the transaction (FULL), or only each checkpoint (NORMAL).

        """
        if self._file is not None and not self._file.is_current():
            self._lose_file()
        try:
            return self._in_transaction(begin, work, synchronous)
        except STORAGE_ERRORS as error:
            if self._file is None or isinstance(error, OSError) or not is_damage(error):
                raise self._failure(begin, error) from error
        self._open_file(BUSY_TIMEOUT, check=True)
        try:
            return self._in_transaction(begin, work, synchronous)
        except STORAGE_ERRORS as error:
            raise self._failure(begin, error) from error

    def _in_transaction(self, begin: str, work: Callable[[sqlite3.Connection], T], synchronous: str) -> T:
        try:
            self._connection.execute(f"PRAGMA synchronous = {synchronous}")
            with transaction(self._connection, begin):
                if self._file is not None and begin != "BEGIN":
                    check_version(self._connection)
                result = work(self._connection)
        except NewerDatabaseError:
            self._close_file()
            self._fail(StoreError(NEWER, str(self._path)))
            with transaction(self._connection, begin):
                return work(self._connection)
        if self._file is not None and begin != "BEGIN":
            self._recover()
        return result

    def _failure(self, begin: str, error: OSError | SqliteError) -> StoreError:
        """Translate an error; if the file cannot be written, schedule a retry."""
        problem = storage_error(self._path, error)
        if self._file is not None and begin != "BEGIN" and is_of_storage(error):
            self._fail(problem)
        return problem


def _fulfil(future: Future[T], job: Callable[[], T]) -> None:
    try:
        result = job()
    except BaseException as error:  # noqa: BLE001 - raised again in the caller
        future.set_exception(error)
    else:
        future.set_result(result)
