"""Crash reports: where the program failed, without any value.

Textual prints the local variables of every frame, which include tokens and passwords, and the message of an exception
may quote one. A report contains only types, code locations, versions and the latest events without names. It is written
to a private file, and the path of the file is printed.
"""

from __future__ import annotations

import contextlib
import os
import platform
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from xds_tui import __version__
from xds_tui.api.errors import ApiError
from xds_tui.config.settings import state_dir
from xds_tui.domain.sanitize import clean
from xds_tui.i18n import _
from xds_tui.system import files

if TYPE_CHECKING:
    from types import TracebackType

    from xds_tui.domain.records import Event

MAX_REPORTS: Final = 20
"""The number of report files; older ones are deleted."""

MAX_EVENTS: Final = 20
"""The number of events in a report."""

_MAX_OUTER_FRAMES, _MAX_INNER_FRAMES = 15, 45
"""Frames of an error in a report: those nearest to where it was caught, and to where it was raised."""

_MAX_LINKED_ERRORS: Final = 10
"""Causes and contexts of the error that are in a report."""

_PACKAGES: Final = ("textual", "rich", "httpx", "msgspec", "keyring")
_VARIABLES: Final = ("TERM", "COLORTERM", "TERM_PROGRAM", "LANG", "LC_ALL", "COLUMNS", "LINES")
"""Environment variables that influence the output; others may contain secrets."""


def is_program_error(error: BaseException) -> bool:
    """Return whether an error is a fault of the program, and not of the network or the service."""
    return isinstance(error, Exception) and not isinstance(error, OSError | ApiError)


def crash_message(error: BaseException, events: Sequence[Event] = ()) -> str:
    """Write a report, and return a message: what failed, where the report is, and how to submit it.

    If the report cannot be written, the message contains it.
    """
    report = format_report(error, events)
    path = _write_report(report)
    return "\n".join(
        (
            _("xds-tui stopped because of an internal error. Orders that were sent are checked at the next start.")
            + f" ({_headline(error)})",
            _("A report was written to {path}. It contains no secrets.").format(path=path) if path else report,
            _("Please send it to where you got xds-tui, and describe what you did just before."),
        )
    )


def format_report(error: BaseException, events: Sequence[Event] = ()) -> str:
    """Return a report: versions, environment, the frames of the error and its causes, and the latest events.

    It contains no messages of exceptions, no values and no names of hosts.
    """
    lines = [
        f"xds-tui {__version__} · Python {platform.python_version()} · {platform.platform()}",
        " · ".join(f"{package} {_version(package)}" for package in _PACKAGES),
        " · ".join(f"{name}={clean(os.environ[name], 40)}" for name in _VARIABLES if name in os.environ),
        f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
        "",
    ]
    for relation, linked in _chain(error):
        lines += [f"{relation}{_type_name(linked)}", *_format_frames(linked.__traceback__), ""]
    lines += [_format_event(event) for event in events[:MAX_EVENTS]]
    return "\n".join(lines).rstrip()


def _headline(error: BaseException) -> str:
    """Return the type of the error and the innermost location in this package."""
    wrapped = getattr(error, "error", None)
    cause = wrapped if isinstance(wrapped, BaseException) else error
    frames = [frame.strip() for frame in _format_frames(cause.__traceback__)]
    candidates = [frame for frame in frames if frame.startswith("xds_tui/")] or frames
    return f"{_type_name(cause)}, {candidates[-1].partition(' ')[0]}" if candidates else _type_name(cause)


def _type_name(error: BaseException) -> str:
    return clean(type(error).__qualname__, 100)


def _chain(error: BaseException) -> Iterator[tuple[str, BaseException]]:
    """Yield the error and its causes with their relation, the outermost first; Textual's `WorkerFailed` wraps one."""
    visited: set[int] = set()
    pending = [("", error)]
    while pending and len(visited) <= _MAX_LINKED_ERRORS:
        relation, current = pending.pop(0)
        if id(current) in visited:
            continue
        visited.add(id(current))
        yield relation, current
        wrapped = getattr(current, "error", None)
        if isinstance(wrapped, BaseException):
            pending.append(("which wraps: ", wrapped))
        if current.__cause__ is not None:
            pending.append(("caused by: ", current.__cause__))
        elif current.__context__ is not None and not current.__suppress_context__:
            pending.append(("while handling: ", current.__context__))
        if isinstance(current, BaseExceptionGroup):
            pending += [("which groups: ", member) for member in current.exceptions]


def _format_frames(trace: TracebackType | None) -> list[str]:
    frames = [
        f"  {_source_path(frame.f_code.co_filename)}:{line} {frame.f_code.co_qualname}"
        for frame, line in traceback.walk_tb(trace)
    ]
    omitted = len(frames) - _MAX_OUTER_FRAMES - _MAX_INNER_FRAMES
    if omitted > 0:
        frames = [*frames[:_MAX_OUTER_FRAMES], f"  … {omitted} more", *frames[-_MAX_INNER_FRAMES:]]
    return frames


def _source_path(name: str) -> str:
    """Return the path of a source file relative to `sys.path`, because a full path may contain the user's name."""
    folders = sorted((folder for folder in sys.path if folder and name.startswith(f"{folder}{os.sep}")), key=len)
    return clean(name[len(folders[-1]) + 1 :] if folders else Path(name).name, 200)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "?"


def _format_event(event: Event) -> str:
    values: Iterable[object] = (
        event.kind.value,
        event.action and event.action.value,
        event.state and event.state.value,
        event.old and event.old.name.lower(),
        event.new and event.new.name.lower(),
        event.code,
        event.summary,
        event.trace_id and f"traceId {event.trace_id}",
    )
    details = " · ".join(str(value) for value in values if value not in (None, ""))
    return f"{event.at:%Y-%m-%d %H:%M:%S} {details}"


def _write_report(text: str) -> Path | None:
    """Write a report to a private file and return its path, or None if it cannot be written."""
    try:
        folder = state_dir() / "crashes"
        path = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}.txt"
        files.write(path, f"{text}\n")
    except (OSError, RuntimeError):  # RuntimeError: there is no home directory
        return None
    with contextlib.suppress(OSError):
        for path_to_delete in sorted(folder.glob("*.txt"))[:-MAX_REPORTS]:
            path_to_delete.unlink(missing_ok=True)
    return path
