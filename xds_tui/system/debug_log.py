"""The log of `--debug FILE`: requests, responses and decisions, for finding out why something happened.

Values are masked by their type: numbers, times and enumerations are written, of a text only its length, unless it is a
`Word` of our own or the value of a field that is known to be harmless. Nothing is written before `start`.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Final

from xds_tui.domain.credentials import Secret
from xds_tui.i18n import N_
from xds_tui.system.files import FileWriteError

if TYPE_CHECKING:
    from io import TextIOWrapper
    from logging import Logger

MAX_BYTES: Final = 5 * 1024 * 1024
"""Size at which the file is renamed to FILE.1 and begun again."""
MAX_ITEMS: Final = 2
"""Items of a list that are written."""

HARMLESS_FIELDS: Final = frozenset({"code", "status", "type", "traceId", "billing", "periodType", "id"})
"""Fields of the service with short values that are no secrets."""
_HARMLESS_VALUE: Final = r"[\w.:-]{0,40}"
_FIELD_NAME: Final = r"[A-Za-z_]{1,24}"
_MASKED_NAME: Final = r"(?i)pw|pass|secret|token|key|auth|url"
"""Part of the name of a field that is not written at all: a password may be a number, or stand in an object."""

_loggers: Final[list[Logger]] = []
"""The one logger while the log is written."""


class Word(str):
    """A text of our own, which is written as it is."""

    __slots__ = ()


def start(path: str) -> None:
    """Write everything from here on to the file `path`, which only the user can read.

    Raises:
        FileWriteError: if it cannot be written.

    """
    import logging
    from logging.handlers import RotatingFileHandler

    class PrivateFileHandler(RotatingFileHandler):
        """Opens its file with mode 0600."""

        def _open(self) -> TextIOWrapper:
            fd = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK, 0o600)
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                os.close(fd)
                raise OSError(f"{self.baseFilename}: not a regular file")
            os.fchmod(fd, 0o600)
            return os.fdopen(fd, "a", encoding="utf-8", errors="backslashreplace")

    try:
        handler = PrivateFileHandler(path, maxBytes=MAX_BYTES, backupCount=1)
    except (OSError, ValueError) as error:
        raise FileWriteError(N_("The debug log could not be written"), str(error)) from error
    handler.setFormatter(logging.Formatter("%(asctime)s.%(msecs)03d %(message)s", "%Y-%m-%dT%H:%M:%S"))
    logger = logging.getLogger("xds_tui.debug")
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    logging.raiseExceptions = False  # a full disk must not be reported on the screen
    _loggers.append(logger)


def stop() -> None:
    """Close the file."""
    for logger in _loggers:
        for handler in list(logger.handlers):
            logger.removeHandler(handler)
            handler.close()
    _loggers.clear()


def is_on() -> bool:
    """Return whether anything is written."""
    return bool(_loggers)


def write(what: str, **facts: object) -> None:
    """Write one line: `what` happened, and the facts, masked by their type."""
    for logger in _loggers:
        logger.debug("%s", " ".join([what, *(f"{name}={masked(value)}" for name, value in facts.items())]))


def masked(value: object) -> str:
    """Return a value as text without confidential parts."""
    if isinstance(value, Secret):
        return repr(value)
    if isinstance(value, Enum):
        return value.name
    if value is None or isinstance(value, Word | bool | int | float | Decimal | timedelta):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str | bytes):
        return f"{type(value).__name__}({len(value)})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(_field(name, item) for name, item in value.items()) + "}"
    if isinstance(value, Sequence):
        items = [masked(item) for item in value[:MAX_ITEMS]]
        more = [f"{len(value) - MAX_ITEMS} more"] if len(value) > MAX_ITEMS else []
        return "[" + ", ".join([*items, *more]) + "]"
    return type(value).__name__


def masked_body(body: bytes) -> str:
    """Return a JSON body as text without confidential parts."""
    if not body:
        return "empty"
    import json

    try:
        return masked(json.loads(body))
    except (ValueError, RecursionError):
        return f"{len(body)} bytes that are not JSON"


def _field(name: object, value: object) -> str:
    shown = name if isinstance(name, str) and re.fullmatch(_FIELD_NAME, name) else masked(name)
    if re.search(_MASKED_NAME, shown):
        return f"{shown}: {type(value).__name__}"
    if shown in HARMLESS_FIELDS and isinstance(value, str) and re.fullmatch(_HARMLESS_VALUE, value):
        return f"{shown}: {value}"
    return f"{shown}: {masked(value)}"
