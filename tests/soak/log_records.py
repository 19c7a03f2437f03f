"""Records everything that would be a traceback or a warning on the terminal of a user."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import traceback
import warnings
from collections.abc import Callable


def listen(complain: Callable[[str], None]) -> None:
    """Pass every uncaught exception, warning and logged error to `complain` from now on."""
    sys.unraisablehook = lambda found: complain(describe(found.exc_value or found.err_msg))
    threading.excepthook = lambda found: complain(describe(found.exc_value))
    warnings.simplefilter("always")
    warnings.showwarning = lambda message, *about, **also: complain(describe(message))
    logging.getLogger().addHandler(_Listener(complain))


def listen_to_loop(complain: Callable[[str], None]) -> None:
    """Pass exceptions that nothing awaited in the running loop to `complain`."""

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        complain(f"{context.get('message')}: {describe(context.get('exception'))}")

    asyncio.get_running_loop().set_exception_handler(handle)


def describe(what: object) -> str:
    """Return an exception with its traceback, or any other object as text."""
    return "".join(traceback.format_exception(what)) if isinstance(what, BaseException) else str(what)


class _Listener(logging.Handler):
    """Passes on log records of the level warning and above."""

    def __init__(self, complain: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._complain = complain

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else ""
        self._complain(f"{record.name}: {record.getMessage()} {describe(error)}")
