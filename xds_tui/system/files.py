"""Files and folders of the user, and exports: new ones are private, and existing ones keep their owner and mode.

Only regular files are read and written: a named pipe would block, and a device could return data without end.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from pathlib import Path
from typing import Final

from xds_tui.errors import AppError
from xds_tui.i18n import N_

FILE: Final = 0o600
FOLDER: Final = 0o700

MAX_SIZE: Final = 4 * 1024 * 1024
"""Maximum size of a file that is read, in bytes; no configuration is larger."""

_READ: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

_NOT_REPLACEABLE: Final = (errno.EACCES, errno.EPERM, errno.EBUSY, errno.EXDEV, errno.EROFS)
"""Errors of replacing a file that may be writable nevertheless: by the mode of its folder, or a mount on the file."""


def make_folder(folder: Path) -> None:
    """Create `folder` and its parents if they do not exist, each with mode 0700.

    `mkdir(parents=True)` would create the parents with the default mode.

    Raises:
        OSError: if one cannot be created.

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
    descriptor = os.open(path, _READ)
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
    """Replace the content of the file at `path` atomically, and sync it; create its folder if necessary.

    A new file has mode 0600. An existing one keeps its owner, group, mode and extended attributes; symbolic and hard
    links are preserved. Line endings are written unchanged.

    Raises:
        OSError: if it cannot be written, or is not a regular file; its content has not changed then.

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


class FileWriteError(AppError):
    """A file that could not be written."""


async def write_export(folder: Path, name: str, content: str) -> Path:
    """Write a file (mode 0600) to `folder`, which is created (mode 0700) if necessary, and return its path.

    Raises:
        FileWriteError: if it cannot be written; no part of it exists then.

    """
    import asyncio

    from xds_tui.system import threads

    path = folder / name
    try:
        # A daemon thread: a disk that hangs must not delay the end of the program.
        await asyncio.wrap_future(threads.submit(lambda: write(path, content)))
    except OSError as error:
        raise FileWriteError(N_("The file could not be written"), str(error)) from error
    return path


def exchange(path: Path, text: str, expected: bytes | None) -> int | None:
    """Replace the content of the file at `path` as `write` does, and return the file that was replaced.

    An editor, which knows nothing of locks, can save the same file at any moment. The file that was replaced then shows
    what it saved, even if it writes to it only after it was replaced.

    Returns:
        A descriptor of the replaced file, to be closed by the caller; None if there was none, or if the content was
        written into the same file.

    Raises:
        OSError: if it cannot be written. FileExistsError: if its content is not `expected`, None for no file, any more.

    """
    target = Path(os.path.realpath(path))
    make_folder(target.parent)
    content = text.encode("utf-8", "replace")
    try:
        before = target.lstat()
    except FileNotFoundError:
        _create(target, content)
        return None
    _check_is_file(before, path)
    if before.st_nlink > 1:
        _overwrite(target, content)
        return None
    try:
        return _exchange(target, content, before, expected)
    except OSError as error:
        if error.errno not in _NOT_REPLACEABLE:
            raise
        _overwrite(target, content)
        return None


def _exchange(target: Path, content: bytes, before: os.stat_result, expected: bytes | None) -> int:
    replaced = os.open(target, _READ)
    try:
        new = _new_file(target, content, before)
        try:
            if read(target) != expected:
                raise FileExistsError(errno.EEXIST, "changed in the meantime", str(target))
            if _swap(new, target):
                swapped = os.open(new, _READ)
                os.close(replaced)
                replaced = swapped
            else:
                new.replace(target)
        finally:
            new.unlink(missing_ok=True)
    except OSError:
        os.close(replaced)
        raise
    _sync_folder(target.parent)
    return replaced


def read_descriptor(descriptor: int) -> bytes:
    """Return the content of an open file, wherever its position is."""
    return os.pread(descriptor, MAX_SIZE + 1, 0)


def _create(target: Path, content: bytes) -> None:
    """Create `target` with its content at once; raises FileExistsError if it exists."""
    new = _new_file(target, content, None)
    try:
        os.link(new, target)
    except OSError as error:
        if error.errno == errno.EEXIST:
            raise
        new.replace(target)  # a file system without hard links
    finally:
        new.unlink(missing_ok=True)
    _sync_folder(target.parent)


_RENAME_EXCHANGE: Final = 2
_AT_FDCWD: Final = -100


def _swap(first: Path, second: Path) -> bool:
    """Exchange two files atomically; return False where the system cannot do that."""
    import ctypes  # slow to import

    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    return bool(rename(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE) == 0)


def _check_is_file(status: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))


def _is_null_device(status: os.stat_result) -> bool:
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == Path(os.devnull).stat().st_rdev


def _replace(target: Path, content: bytes, before: os.stat_result | None) -> None:
    """Write a new file as `_new_file` does, and rename it to `target`."""
    new = _new_file(target, content, before)
    try:
        new.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink()
        raise
    _sync_folder(target.parent)


def _new_file(target: Path, content: bytes, before: os.stat_result | None) -> Path:
    """Write a new file beside `target`, with the owner and mode in `before`, and its extended attributes."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)  # 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            if before is None:
                inherit_owner(Path(name))
            else:
                _copy_attributes(target, descriptor, before)
            file.flush()
            os.fsync(descriptor)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    return Path(name)


def _copy_attributes(target: Path, descriptor: int, before: os.stat_result) -> None:
    """Set the owner, mode and extended attributes of a new file to those of the file at `target`.

    Raises:
        OSError: EPERM if its owner cannot be changed.

    """
    now = os.fstat(descriptor)
    if (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
        os.fchown(descriptor, before.st_uid, before.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(before.st_mode))
    if not hasattr(os, "listxattr"):
        return
    with contextlib.suppress(OSError):  # a file system without extended attributes
        for attribute in os.listxattr(target):
            os.setxattr(descriptor, attribute, os.getxattr(target, attribute))


def _overwrite(target: Path, content: bytes) -> None:
    """Write into the existing file, so that hard links, owner and mounts are preserved; undo that if it fails."""
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
    """Make a new name survive a power failure, if the file system supports that."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
