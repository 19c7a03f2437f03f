"""Checks of this machine: versions, configuration, files and terminal."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import stat
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from xds_tui import __version__
from xds_tui.cli.doctor import Check, CheckStatus
from xds_tui.i18n import _
from xds_tui.system.terminal import ColorDepth, color_depth, is_remote, multiplexer
from xds_tui.text.messages import error_message

if TYPE_CHECKING:
    from xds_tui.config.settings import Settings

LOW_DISK_SPACE: Final = 100 * 1024 * 1024
"""Bytes of free disk space below which to warn: the history of a large fleet grows to about this size."""
NO_DISK_SPACE: Final = 5 * 1024 * 1024
"""Bytes of free disk space below which to report an error."""

LIBRARIES: Final = ("textual", "httpx", "msgspec", "keyring")

MIN_COLUMNS, MIN_LINES = 80, 24
"""The smallest terminal in which everything is shown."""


def versions() -> list[Check]:
    """Report the versions of the program, Python, the system and the libraries."""
    libraries = ", ".join(f"{library} {metadata.version(library)}" for library in LIBRARIES)
    system = f"{platform.system()} {platform.release()}"
    message = f"xds-tui {__version__}, Python {platform.python_version()}, {system}; {libraries}"
    return [Check("versions", CheckStatus.OK, message)]


def configuration(settings: Settings) -> list[Check]:
    """Check the configuration file, and report the profile."""
    path = settings.config_path
    found = [Check("configuration", CheckStatus.WARN, error_message(problem)) for problem in settings.problems]
    if found and settings.read_only:
        found.append(
            Check(
                "configuration", CheckStatus.WARN, _("Because of this, xds-tui is read-only and rejects all changes.")
            )
        )
    if not found:
        message = _("{path} is valid.") if path.exists() else _("{path} does not exist; the defaults apply.")
        found.append(Check("configuration", CheckStatus.OK, message.format(path=path)))
    # Without a configured address, the keyring may have another than the default.
    is_known = settings.base_url_given or settings.credentials is not None
    message = _("profile {profile}, service {url}") if is_known else _("profile {profile}")
    message = message.format(profile=settings.profile, url=settings.base_url)
    return [*found, Check("profile", CheckStatus.OK, message)]


async def files(state_dir: Path) -> list[Check]:
    """Check the state folder, the free disk space and the history file."""
    existing = next(folder for folder in (state_dir, *state_dir.parents) if folder.exists())
    found = [_folder(existing, is_ours=existing == state_dir), _space(existing)]
    journal = state_dir / "journal.db"
    if found[0].status is CheckStatus.BAD:
        return found
    if not journal.exists():
        return [*found, Check("history", CheckStatus.OK, _("{path} will be created.").format(path=journal))]
    return [*found, *_private("history", journal), await _history(journal)]


def _folder(folder: Path, *, is_ours: bool) -> Check:
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        owner = folder.stat().st_uid
        path = shlex.quote(str(folder))
        command = f"  chmod u+rwx {path}" if owner == os.getuid() else f'  sudo chown -R "$USER": {path}'
        message = _("{path} is not writable, so nothing is recorded.").format(path=folder)
        return Check("files", CheckStatus.BAD, message, (command,))
    exposed = _private("files", folder) if is_ours else []
    return exposed[0] if exposed else Check("files", CheckStatus.OK, _("{path} is writable.").format(path=folder))


def _private(subject: str, path: Path) -> list[Check]:
    """Return a warning if other users may read a file or folder."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & 0o077:
        return []
    message = _("{path} can be read by other users (mode {mode}).").format(path=path, mode=f"{mode:04o}")
    return [Check(subject, CheckStatus.WARN, message, (f"  chmod go= {shlex.quote(str(path))}",))]


def _space(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    message = _("{size} MB of disk space are free.").format(size=free // (1024 * 1024))
    if free >= LOW_DISK_SPACE:
        return Check("disk", CheckStatus.OK, message)
    return Check(
        "disk",
        CheckStatus.WARN if free >= NO_DISK_SPACE else CheckStatus.BAD,
        message,
        (_("Free some space on it:"), f"  df -h {folder}"),
    )


async def _history(path: Path) -> Check:
    from xds_tui.store.database import Database
    from xds_tui.store.journal_rows import count_unreadable_events
    from xds_tui.store.problems import StoreError, remedy
    from xds_tui.store.samples import count_unreadable_samples

    database = await Database.open(path)
    try:
        if database.problem is not None:
            advice = _(remedy(database.problem.summary))
            return Check("history", CheckStatus.BAD, error_message(database.problem), (advice,))
        if database.notice is not None:
            return Check("history", CheckStatus.BAD, error_message(database.notice))
        events = await database.read(count_unreadable_events)
        samples = await database.read(count_unreadable_samples)
        if events or samples:
            message = _("Some records in {path} cannot be read and are skipped: {events} events, {samples} samples.")
            message = message.format(events=events, samples=samples, path=path)
            advice = _("A newer version wrote them, or they are damaged. All other records are unaffected.")
            return Check("history", CheckStatus.WARN, message, (advice,))
        return Check("history", CheckStatus.OK, _("{path} can be opened.").format(path=path))
    except StoreError as error:
        return Check("history", CheckStatus.BAD, error_message(error))
    finally:
        await database.close()


def terminal(environ: Mapping[str, str], *, lacks_utf8: bool) -> list[Check]:
    """Check the type, size, colors and encoding of the terminal."""
    if not is_at_terminal():
        return [Check("terminal", CheckStatus.OK, _("Not running in a terminal, so none was checked."))]
    kind = environ.get("TERM", "")
    if kind in ("", "dumb", "unknown"):
        message = _("TERM is {kind}, so the app cannot be shown here.").format(kind=kind or '""')
        return [Check("terminal", CheckStatus.BAD, message, ("  export TERM=xterm-256color",))]
    size = os.get_terminal_size(sys.stderr.fileno())
    message = f"{kind}, {size.columns}x{size.lines}, {_describe_colors(environ)}{_describe_session(environ)}"
    is_small = size.columns < MIN_COLUMNS or size.lines < MIN_LINES
    fits = _("Everything fits at {columns}x{lines} and larger.").format(columns=MIN_COLUMNS, lines=MIN_LINES)
    advice = (fits,) if is_small else ()
    return [
        Check("terminal", CheckStatus.WARN if is_small else CheckStatus.OK, message, advice),
        _check_encoding(lacks_utf8),
    ]


def is_at_terminal() -> bool:
    """Return whether the streams that the app uses, standard input and standard error, are terminals."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def _describe_colors(environ: Mapping[str, str]) -> str:
    match color_depth(environ):
        case ColorDepth.NONE:
            return _("no colors (NO_COLOR)")
        case ColorDepth.STANDARD:
            return _("16 colors")
        case ColorDepth.PALETTE:
            return _("256 colors")
        case ColorDepth.TRUE_COLOR:
            return _("16 million colors")


def _describe_session(environ: Mapping[str, str]) -> str:
    program = multiplexer(environ)
    names = ([program.value] if program else []) + (["SSH"] if is_remote(environ) else [])
    return "".join(f", {name}" for name in names)


def _check_encoding(lacks_utf8: bool) -> Check:
    if not lacks_utf8:
        return Check("unicode", CheckStatus.OK, _("The locale uses UTF-8."))
    message = _(
        "The locale does not use UTF-8, so screens are drawn in ASCII and Chinese names are shown as question marks."
    )
    return Check("unicode", CheckStatus.WARN, message, ("  export LANG=C.UTF-8",))
