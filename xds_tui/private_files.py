"""Files and folders for the user alone: what we know of them is nobody else's."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import Final

FILE: Final = 0o600
FOLDER: Final = 0o700


def make_folder(folder: Path) -> None:
    """Make `folder` and those on the way to it, as far as they are not there, each 0700.

    `mkdir(parents=True)` would leave those between open to all.

    Raises:
        OSError: if one cannot be made.

    """
    for part in (*reversed(folder.parents), folder):
        if not part.is_dir():
            part.mkdir(mode=FOLDER, exist_ok=True)


def write(path: Path, text: str) -> None:
    """Put `text`, 0600 and synced, in the place of `path`, as a whole or not at all; its folder is made if need be.

    Line ends are written as they are.

    Raises:
        OSError: if it cannot be written; what was there before still is.

    """
    make_folder(path.parent)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
