"""Files and folders of the user: ours are made for the user alone, and what is already there keeps what it is.

Nothing here follows a path into something that is not a file: a named pipe would be waited for, a device would answer
without end.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from pathlib import Path
from typing import Final

FILE: Final = 0o600
FOLDER: Final = 0o700

MAX_SIZE: Final = 4 * 1024 * 1024
"""Bytes of a file that is still read: more than any configuration has."""

_NOT_REPLACEABLE: Final = (errno.EACCES, errno.EPERM, errno.EBUSY, errno.EXDEV, errno.EROFS)
"""What keeps a file from being replaced though it may be writable: its folder's mode, or a mount on it."""


def make_folder(folder: Path) -> None:
    """Make `folder` and those on the way to it, as far as they are not there, each 0700.

    `mkdir(parents=True)` would leave those between open to all.

    Raises:
        OSError: if one cannot be made.

    """
    for part in (*reversed(folder.parents), folder):
        if not part.is_dir():
            part.mkdir(mode=FOLDER, exist_ok=True)
            inherit_owner(part)


def inherit_owner(path: Path) -> None:
    """Change the owner of a file created by root to that of its folder; without effect for other users.

    Otherwise a single run with sudo would lock users out of their history.
    """
    if os.geteuid() == 0:
        owner = path.parent.stat()
        with contextlib.suppress(OSError):  # a file system without owners
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def read(path: Path) -> bytes:
    """Return the content of a regular file; that of the null device is empty.

    Raises:
        OSError: if it cannot be read, is not a regular file, or is too large.

    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if _is_null_device(status):
            return b""
        _check_is_file(status, path)
        content = file.read(MAX_SIZE + 1)
    if len(content) > MAX_SIZE:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return content


def write(path: Path, text: str) -> None:
    """Put `text` in the place of `path`, synced, as a whole or not at all; its folder is made if need be.

    A new file is 0600. One that is there keeps its owner, group, mode and extended attributes; a link stays a link,
    and a file with several names keeps them. Line ends are written as they are.

    Raises:
        OSError: if it cannot be written, or is not a regular file; what was there before still is.

    """
    target = Path(os.path.realpath(path))
    make_folder(target.parent)
    content = text.encode("utf-8", "replace")
    try:
        before = target.lstat()
    except FileNotFoundError:
        _replace(target, content, None)
        return
    _check_is_file(before, path)
    if before.st_nlink > 1:
        _overwrite(target, content)
        return
    try:
        _replace(target, content, before)
    except OSError as error:
        if error.errno not in _NOT_REPLACEABLE:
            raise
        _overwrite(target, content)


def _check_is_file(status: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))


def _is_null_device(status: os.stat_result) -> bool:
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == Path(os.devnull).stat().st_rdev


def _replace(target: Path, content: bytes, before: os.stat_result | None) -> None:
    """Write a new file and rename it to `target`, with the owner, mode and attributes that `before` tells of."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)  # 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            if before is None:
                inherit_owner(Path(name))
            else:
                _keep_attributes(target, descriptor, before)
            file.flush()
            os.fsync(descriptor)
        Path(name).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    _sync_folder(target.parent)


def _keep_attributes(target: Path, descriptor: int, before: os.stat_result) -> None:
    """Give a new file what the file at `target` has.

    Raises:
        OSError: EPERM if it cannot be given to the owner.

    """
    now = os.fstat(descriptor)
    if (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
        os.fchown(descriptor, before.st_uid, before.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(before.st_mode))
    if not hasattr(os, "listxattr"):
        return
    with contextlib.suppress(OSError):  # a file system without them
        for attribute in os.listxattr(target):
            os.setxattr(descriptor, attribute, os.getxattr(target, attribute))


def _overwrite(target: Path, content: bytes) -> None:
    """Write into the file that is there: its other names, its owner and its place stay; put it back if that fails."""
    flags = os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(target, flags), "r+b") as file:
        _check_is_file(os.fstat(file.fileno()), target)
        before = file.read()
        try:
            _fill(file.fileno(), content)
        except OSError:
            with contextlib.suppress(OSError):
                _fill(file.fileno(), before)
            raise


def _fill(descriptor: int, content: bytes) -> None:
    written = 0
    while written < len(content):
        written += os.pwrite(descriptor, content[written:], written)
    os.ftruncate(descriptor, len(content))
    os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    """Have a new name outlive a power loss, where the file system can do that."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
