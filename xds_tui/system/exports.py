"""Exported files: written completely or not at all, and readable by the user only."""

from __future__ import annotations

import asyncio
from pathlib import Path

from xds_tui.errors import AppError
from xds_tui.i18n import N_
from xds_tui.system import files, threads


class FileWriteError(AppError):
    """A file that could not be written."""


async def write_export(folder: Path, name: str, content: str) -> Path:
    """Write a file (mode 0600) to `folder`, which is created (mode 0700) if necessary, and return its path.

    Raises:
        FileWriteError: if it cannot be written; no part of it exists then.

    """
    path = folder / name
    try:
        # A daemon thread: a disk that hangs must not delay the end of the program.
        await asyncio.wrap_future(threads.submit(lambda: files.write(path, content)))
    except OSError as error:
        raise FileWriteError(N_("The file could not be written"), str(error)) from error
    return path
