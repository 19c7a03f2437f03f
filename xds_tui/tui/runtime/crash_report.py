"""What is left behind when the program fails by a mistake of its own: where it failed, and never with which values.

Textual prints the local variables of every frame, tokens and passwords among them, and an exception's message may quote
one. So the report names kinds, places and versions, and what happened last without names; a file of the user's own
holds it, and the terminal says where that is.
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
"""Reports that are kept; the oldest leave."""

_FIRST, _LAST = 15, 45
"""Places of one error that are named, from where it was caught and from where it was raised."""

_LINKED: Final = 10
"""Errors that are named, beside the one that ended the program: those it came of."""

_PARTS: Final = ("textual", "rich", "httpx", "msgspec", "keyring")
_SURROUNDINGS: Final = ("TERM", "COLORTERM", "TERM_PROGRAM", "LANG", "LC_ALL", "COLUMNS", "LINES")
"""Variables that decide how things are drawn; others may hold anything."""


def is_mistake(error: BaseException) -> bool:
    """Whether an error that nobody waited for is the program's own, and not the network's or the service's."""
    return isinstance(error, Exception) and not isinstance(error, OSError | ApiError)


def crash_message(error: BaseException, events: Sequence[Event] = ()) -> str:
    """Write the report, and return what to say: what failed, where the report is, and how to file it.

    Where it cannot be written, the report itself takes the place of the second line.
    """
    full = report(error, events)
    path = _kept(full)
    return "\n".join(
        (
            _("xds-tui stopped by a mistake of its own. Orders that were sent are looked for at the next start.")
            + f" ({_headline(error)})",
            _("The report is in {path}; it holds no secrets.").format(path=path) if path else full,
            _("Please file it where you got xds-tui, and say what you did just before."),
        )
    )


def report(error: BaseException, events: Sequence[Event] = ()) -> str:
    """Return versions, surroundings, the places that the error and those behind it passed, and the latest events.

    No message, no value and no name of a host is in it.
    """
    lines = [
        f"xds-tui {__version__} · Python {platform.python_version()} · {platform.platform()}",
        " · ".join(f"{part} {_version(part)}" for part in _PARTS),
        " · ".join(f"{name}={clean(os.environ[name], 40)}" for name in _SURROUNDINGS if name in os.environ),
        f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
        "",
    ]
    for relation, one in _chain(error):
        lines += [f"{relation}{_kind(one)}", *_places(one.__traceback__), ""]
    lines += [_event(event) for event in events[:MAX_REPORTS]]
    return "\n".join(lines).rstrip()


def _headline(error: BaseException) -> str:
    """The error's kind, and the innermost place in our own code."""
    wrapped = getattr(error, "error", None)
    real = wrapped if isinstance(wrapped, BaseException) else error
    places = [place.strip() for place in _places(real.__traceback__)]
    own = [place for place in places if place.startswith("xds_tui/")] or places
    return f"{_kind(real)}, {own[-1].partition(' ')[0]}" if own else _kind(real)


def _kind(error: BaseException) -> str:
    return clean(type(error).__qualname__, 100)


def _chain(error: BaseException) -> Iterator[tuple[str, BaseException]]:
    """Yield the error and those it came of, the outermost first; a worker's wraps the real one."""
    seen: set[int] = set()
    waiting = [("", error)]
    while waiting and len(seen) <= _LINKED:
        relation, one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield relation, one
        wrapped = getattr(one, "error", None)
        if isinstance(wrapped, BaseException):
            waiting.append(("which wraps: ", wrapped))
        if one.__cause__ is not None:
            waiting.append(("which came of: ", one.__cause__))
        elif one.__context__ is not None and not one.__suppress_context__:
            waiting.append(("while handling: ", one.__context__))
        if isinstance(one, BaseExceptionGroup):
            waiting += [("which groups: ", member) for member in one.exceptions]


def _places(trace: TracebackType | None) -> list[str]:
    places = [
        f"  {_file(frame.f_code.co_filename)}:{line} {frame.f_code.co_qualname}"
        for frame, line in traceback.walk_tb(trace)
    ]
    if len(places) > _FIRST + _LAST:
        left_out = f"  … {len(places) - _FIRST - _LAST} more"
        places = [*places[:_FIRST], left_out, *places[-_LAST:]]
    return places


def _file(name: str) -> str:
    """A source file's name, from where Python looks for modules on: whose folder that is, is nobody's business."""
    folders = sorted((folder for folder in sys.path if folder and name.startswith(f"{folder}{os.sep}")), key=len)
    return clean(name[len(folders[-1]) + 1 :] if folders else Path(name).name, 200)


def _version(part: str) -> str:
    try:
        return metadata.version(part)
    except metadata.PackageNotFoundError:
        return "?"


def _event(event: Event) -> str:
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
    said = " · ".join(str(value) for value in values if value not in (None, ""))
    return f"{event.at:%Y-%m-%d %H:%M:%S} {said}"


def _kept(text: str) -> Path | None:
    """Write a report into a file and a folder for the user alone, whole or not at all; None: it cannot be."""
    try:
        folder = state_dir() / "crashes"
        path = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}.txt"
        files.write(path, f"{text}\n")
    except (OSError, RuntimeError):  # RuntimeError: there is no home at all
        return None
    with contextlib.suppress(OSError):
        for old in sorted(folder.glob("*.txt"))[:-MAX_REPORTS]:
            old.unlink(missing_ok=True)
    return path
