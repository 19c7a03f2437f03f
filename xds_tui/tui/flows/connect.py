"""Connecting to a host: running ssh in the foreground of the terminal, or opening a remote desktop client."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any, Final

from textual.app import SuspendNotSupported

from xds_tui.domain.endpoint import DEMO
from xds_tui.domain.model import Host
from xds_tui.i18n import _
from xds_tui.remote import rdp, target, templates
from xds_tui.remote.rdp import DesktopClient
from xds_tui.remote.target import Target
from xds_tui.remote.templates import Command, ConnectCommands
from xds_tui.structs import dataclass
from xds_tui.system import processes, terminal
from xds_tui.system.files import FileWriteError, write_export
from xds_tui.text import messages
from xds_tui.tui.runtime import foreground
from xds_tui.tui.screens.base import LiveScreen
from xds_tui.tui.theme import glyphs

SSH_FAILED: Final = 255
"""The exit code of ssh for its own errors (ssh(1)); any other is that of the remote command."""

START_TIMEOUT: Final = 1.5
"""Seconds within which a client that fails to start is expected to exit."""

_WORKER_GROUP: Final = "at host"
_SUBJECT: Final = "connect"


@dataclass(frozen=True, slots=True)
class ConnectMethods:
    """The programs and files that connections are made with."""

    exports: Path
    """The folder that `.rdp` files are written to."""
    commands: ConnectCommands


def begin(screen: LiveScreen[Any], host: Host, methods: ConnectMethods) -> None:
    """Connect to `host` from `screen`, unless another connection is being made."""
    app = screen.app
    if not any(worker.group == _WORKER_GROUP and not worker.is_finished for worker in app.workers):
        # A worker of the app, which survives the screen: it has to take the terminal back.
        app.run_worker(_connect(screen, host, methods), group=_WORKER_GROUP)


async def _connect(screen: LiveScreen[Any], host: Host, methods: ConnectMethods) -> None:
    _show_message(screen, await _run_client(screen, host, methods))


def _show_message(screen: LiveScreen[Any], message: str) -> None:
    """Show a message in the notice of the screen; an empty one clears the previous message."""
    screen.show_notice([message] if message else [], mild=True, subject=_SUBJECT)


async def _run_client(screen: LiveScreen[Any], host: Host, methods: ConnectMethods) -> str:
    """Connect, and return a message about the result; empty if there is nothing to report."""
    try:
        destination = target.target(host)
    except target.UnreachableError as error:
        return messages.error_message(error)
    is_remote = screen.app.is_web  # programs of this machine are of no use in the user's browser
    client = None if is_remote else rdp.client(os.environ, sys.platform, shutil.which)
    manual = rdp.manual_command(destination, methods.commands, client)
    if screen.fleet.base_url == DEMO:
        # The simulated address may be that of a real machine.
        return _with_command(manual, _("Demo hosts do not exist. The command for a real host would be"))
    if is_remote:
        return _with_command(manual, _("A browser cannot connect. In a terminal, use"))
    if destination.system is target.System.LINUX:
        return await _run_in_terminal(screen, manual, manual)
    return await _open_desktop(screen, destination, methods, client, manual)


def _with_command(command: Command, *parts: str) -> str:
    """Return a message with a command on a line of its own, where the user can select it."""
    return "\n".join((" · ".join(parts), f"  {templates.shell_command(command)}", _("press y to copy it")))


# In the terminal


async def _run_in_terminal(screen: LiveScreen[Any], command: Command, manual: Command) -> str:
    """Run a command in the foreground of the terminal, and return a message about the result."""
    program, app = command[0], screen.app

    def displayable(line: str) -> str:
        return glyphs.to_ascii(line) if glyphs.is_ascii(app) else line

    def footer(code: int) -> str:
        # Lets the user read the error of ssh before the app covers it.
        return (
            displayable(f"xds-tui: {_ended(program, code)} · {_('press enter to go back')}")
            if code == SSH_FAILED
            else ""
        )

    header = displayable(f"xds-tui: {templates.shell_command(command)}")
    try:
        code = await foreground.run_in_foreground(app, command, os.environ, header=header, footer=footer)
    except SuspendNotSupported:
        message = _("This terminal cannot run {program}. The command is").format(program=program)
        return _with_command(manual, message)
    except FileNotFoundError:
        return _with_command(
            manual, _("{program} is not installed on this machine. The command is").format(program=program)
        )
    except OSError as error:
        return _with_command(manual, _not_started(program, error))
    return _ended(program, code) if code else ""


def _not_started(program: str, error: OSError) -> str:
    return _("{program} could not be started: {why}").format(program=program, why=error.strerror)


def _ended(program: str, code: int) -> str:
    if code < 0:
        return _("{program} was ended by {signal}").format(program=program, signal=_signal(-code))
    if program.rpartition("/")[2] != "ssh":
        return _("{program} ended with exit code {code}").format(program=program, code=code)
    if code == SSH_FAILED:
        return _("ssh could not connect, or lost the connection (exit code 255)")
    return _("ssh ended with exit code {code}, that of the last command on the host").format(code=code)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


# Remote desktop


async def _open_desktop(
    screen: LiveScreen[Any], destination: Target, methods: ConnectMethods, client: DesktopClient | None, manual: Command
) -> str:
    """Write an `.rdp` file and open it if a client is available; return a message about the result."""
    try:
        path = await write_export(methods.exports, rdp.file_name(destination.host_id), rdp.file_content(destination))
    except FileWriteError as error:
        return _with_command(manual, messages.error_message(error))
    written = _("written: {path}").format(path=path)
    has_display = terminal.has_display(os.environ)
    template = methods.commands.windows or ((client.program, *client.file_arguments) if client else None)
    if template is None:
        has_display |= sys.platform == "darwin"
        why = _("no RDP client was found") if has_display else _("there is no graphical display")
        return _with_command(manual, written, why, _("on Windows, open it with"))
    command = templates.expand(template, destination, str(path))
    # Without a display, a configured command can only be a program for the terminal.
    if rdp.prompts_in_terminal(command) or (client is None and not has_display):
        return await _run_in_terminal(screen, command, manual)
    _show_message(screen, _("starting {program}").format(program=command[0]))
    try:
        code = await _spawn(command)
    except OSError as error:
        return _with_command(manual, _not_started(command[0], error), written)
    if code:
        return _with_command(manual, _ended(command[0], code), written)
    started = _("{program} was started for {place}").format(program=command[0], place=destination.place)
    return f"{started} · {_('press y to copy the password')}"


async def _spawn(command: Command) -> int:
    """Start a program in the background; return its exit code if it ends within `START_TIMEOUT`, otherwise 0.

    Raises:
        OSError: if it cannot be started.

    """
    exit_code = asyncio.wrap_future(processes.spawn_detached(command, os.environ))
    try:
        return await asyncio.wait_for(asyncio.shield(exit_code), START_TIMEOUT)
    except TimeoutError:
        return 0
