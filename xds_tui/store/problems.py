"""The failures of the history file, and their remedies."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path
from typing import Final

from xds_tui.errors import AppError
from xds_tui.i18n import N_

NEWER: Final = N_("The history file was written by a newer version of xds-tui")
LOCKED: Final = N_("The history file is locked by another process")
FULL: Final = N_("The disk with the history file is full")
READ_ONLY: Final = N_("The history file cannot be opened for writing")
NOT_A_FILE: Final = N_("The history file is not a regular file")
REPLACED: Final = N_("The history file was deleted or replaced while in use")
DAMAGED: Final = N_("The history file is damaged")
SET_ASIDE: Final = N_("The history file was damaged and has been set aside")
FAILED: Final = N_("The history file could not be read or written")

_REMEDIES: Final = {
    NEWER: N_("Update xds-tui, or move the file away."),
    LOCKED: N_("End that process; fuser or lsof shows which it is."),
    FULL: N_("Free some disk space."),
    READ_ONLY: N_("Make the file, its folder and the file system writable."),
    NOT_A_FILE: N_("Move it away."),
    REPLACED: N_("Put the file back, or restart xds-tui to create a new one."),
    DAMAGED: N_("Move the file away."),
    FAILED: N_("Check the disk with the history file."),
}

_BY_SQLITE_CODE: Final = {
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: READ_ONLY,
    sqlite3.SQLITE_PERM: READ_ONLY,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_IOERR: FAILED,
    sqlite3.SQLITE_PROTOCOL: LOCKED,
}
_BY_ERRNO: Final = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EACCES: READ_ONLY,
    errno.EPERM: READ_ONLY,
    errno.EROFS: READ_ONLY,
    errno.ENOENT: READ_ONLY,
    errno.ENOTDIR: READ_ONLY,
    errno.EEXIST: READ_ONLY,
}


SqliteError = sqlite3.Error | UnicodeDecodeError
"""What SQLite raises; UnicodeDecodeError if its message quotes invalid UTF-8 from a damaged file."""

SQLITE_ERRORS: Final = (sqlite3.Error, UnicodeDecodeError)
STORAGE_ERRORS: Final = (OSError, *SQLITE_ERRORS)
"""What reading or writing the file can raise, for `except` clauses."""


class StoreError(AppError):
    """The history could not be written or read."""


def remedy(summary: str) -> str:
    """Return the remedy for a summary of this module, marked for translation; empty for any other text."""
    return _REMEDIES.get(summary, "")


def storage_error(path: Path | None, error: OSError | SqliteError) -> StoreError:
    """Translate an error of SQLite or the operating system; the detail has the path and the original message."""
    if isinstance(error, OSError):
        summary = _BY_ERRNO.get(error.errno or 0, FAILED)
    else:
        summary = _BY_SQLITE_CODE.get(_code(error), FAILED)
    return StoreError(summary, f"{path}: {error}" if path is not None else str(error))


def is_of_storage(error: OSError | SqliteError) -> bool:
    """Return whether the file or its disk failed, so that other statements would fail, too."""
    return isinstance(error, OSError) or _code(error) in _BY_SQLITE_CODE


def is_damage(error: SqliteError) -> bool:
    """Return whether the content of the file is damaged."""
    return _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _code(error: SqliteError) -> int:
    if isinstance(error, UnicodeDecodeError):
        return sqlite3.SQLITE_CORRUPT
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
