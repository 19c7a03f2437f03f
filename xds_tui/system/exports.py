"""Files that the user asked for, written so that they are whole or not there, and for the user alone."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from pathlib import Path
from threading import Thread

from xds_tui.errors import AppError
from xds_tui.i18n import N_
from xds_tui.system import files


class FileWriteError(AppError):
    """A file that could not be written."""


async def write_export(folder: Path, name: str, content: str) -> Path:
    """Write `content` to `name` in `folder`, which is made (0700) if it is not there, and return the path (0600).

    Raises:
        FileWriteError: if it cannot be written; nothing of it is there then.

    """
    future: Future[Path] = Future()
    future.set_running_or_notify_cancel()  # a caller that is cancelled does not cancel the thread
    # A daemon thread: a disk that hangs must not keep the program.
    Thread(target=_fulfil, args=(future, folder, name, content), daemon=True).start()
    return await asyncio.wrap_future(future)


def _fulfil(future: Future[Path], folder: Path, name: str, content: str) -> None:
    try:
        files.write(folder / name, content)
    except OSError as error:
        future.set_exception(FileWriteError(N_("The file could not be written"), str(error)))
    else:
        future.set_result(folder / name)
