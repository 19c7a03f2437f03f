"""`xds-tui watch install|status|uninstall`: the service that runs the command, and who carries out the rules."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from xds_tui.cli.output import CommandError, write
from xds_tui.i18n import N_, _
from xds_tui.system import files, user_service
from xds_tui.system.exit_codes import ExitCode
from xds_tui.system.user_service import MARK, UserService
from xds_tui.text import rules

if TYPE_CHECKING:
    from xds_tui.cli.services import CommandServices
    from xds_tui.config.settings import Settings
    from xds_tui.domain.guard import GuardRecord

FOREIGN: Final = N_("This file was not written by this command, so it stays as it is")
NOT_WRITTEN: Final = N_("The file of the service cannot be written")
NOT_REMOVED: Final = N_("The file of the service cannot be removed")
FROM_ENVIRONMENT: Final = N_(
    "The service does not have {names}, which contain your credentials: sign in with xds-tui login, or set"
    " credential_command in config.toml."
)


def install(settings: Settings) -> int:
    """Write the file of the service, print how to enable it, and return the exit code.

    Raises:
        CommandError: if the file cannot be written, or is one of the user.
        OutputError: if standard output cannot be written.

    """
    service = _service(settings.profile)
    _require_own(service.path)
    try:
        files.make_folder(service.path.parent)
        files.write(service.path, service.text)
    except OSError as error:
        raise CommandError(NOT_WRITTEN, f"{service.path}: {error.strerror or error}") from None
    lines = [_("Written: {path}").format(path=service.path), _("To start it now and after every sign-in, run:")]
    lines += [f"  {command}" for command in service.enable]
    if settings.credentials_source:
        lines.append(_(FROM_ENVIRONMENT).format(names=settings.credentials_source))
    write("".join(f"{line}\n" for line in lines))
    return ExitCode.OK


def uninstall(settings: Settings) -> int:
    """Remove the file of the service, print how to stop it, and return the exit code; raises as `install`."""
    service = _service(settings.profile)
    if not service.path.exists():
        write(_("Not installed: {path}").format(path=service.path) + "\n")
        return ExitCode.OK
    _require_own(service.path)
    try:
        if service.link is not None:
            service.link.unlink(missing_ok=True)
        service.path.unlink()
    except OSError as error:
        raise CommandError(NOT_REMOVED, f"{service.path}: {error.strerror or error}") from None
    lines = [_("Removed: {path}").format(path=service.path), _("If it is running, stop it:")]
    write("".join(f"{line}\n" for line in (*lines, *(f"  {command}" for command in service.disable))))
    return ExitCode.OK


def status(services: CommandServices, settings: Settings) -> int:
    """Print whether the service is installed and which program carries out the rules.

    Returns success only if a program does that, or if there are no rules.

    Raises:
        OutputError: if standard output cannot be written.

    """
    service = _service(settings.profile)
    guard = asyncio.run(_guard(services))
    text = _("Installed: {path}") if service.path.exists() else _("Not installed: {path}")
    write(f"{text.format(path=service.path)}\n{rules.guard_line(guard, services.clock())}\n")
    is_working = guard is not None and guard.is_working(services.clock())
    return ExitCode.OK if is_working or not settings.rules else ExitCode.FAILURE


async def _guard(services: CommandServices) -> GuardRecord | None:
    try:
        await services.open()
        return await services.journal.guard()
    finally:
        await services.close()


def _service(profile: str) -> UserService:
    command = user_service.command_of(sys.argv[0], sys.executable)
    kind = user_service.launch_agent if sys.platform == "darwin" else user_service.systemd_unit
    return kind(command, profile, os.environ, Path.home())


def _require_own(path: Path) -> None:
    """Raise an error if the file exists and was not written by this command."""
    try:
        text = files.read(path).decode("utf-8", errors="replace")
    except FileNotFoundError:
        return
    except OSError as error:
        raise CommandError(NOT_WRITTEN, f"{path}: {error.strerror or error}") from None
    if MARK not in text:
        raise CommandError(FOREIGN, str(path))
