"""Connecting to a host: the terminal goes to ssh and comes back, or a desktop is opened beside it."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from textual.app import SuspendNotSupported

from xds_tui.domain.endpoint import DEMO
from xds_tui.domain.model import Host
from xds_tui.i18n import _
from xds_tui.remote import rdp, target, templates
from xds_tui.remote.rdp import Client
from xds_tui.remote.target import Target
from xds_tui.remote.templates import Command, ConnectCommands
from xds_tui.system import processes, terminal
from xds_tui.system.exports import FileWriteError, write_export
from xds_tui.text import messages
from xds_tui.tui.runtime import foreground
from xds_tui.tui.screens.base import LiveScreen
from xds_tui.tui.theme import glyphs

SSH_FAILED: Final = 255
"""ssh's own exit code (ssh(1)); any other is that of what ran at the host."""

SOON: Final = 1.5
"""Seconds in which a client that cannot do what is asked of it ends."""

_AT_HOST: Final = "at host"
_SUBJECT: Final = "connect"


@dataclass(frozen=True, slots=True)
class ConnectMethods:
    """What there is to connect with."""

    exports: Path
    """The folder that `.rdp` files are written to."""
    commands: ConnectCommands


def begin(screen: LiveScreen[Any], host: Host, means: ConnectMethods) -> None:
    """Connect to `host` from `screen`, unless a connection is being opened already."""
    app = screen.app
    if not any(worker.group == _AT_HOST and not worker.is_finished for worker in app.workers):
        # The app's work, and not the screen's: it must end with the terminal back, whatever is shown.
        app.run_worker(_connect(screen, host, means), group=_AT_HOST)


async def _connect(screen: LiveScreen[Any], host: Host, means: ConnectMethods) -> None:
    _report(screen, await _outcome(screen, host, means))


def _report(screen: LiveScreen[Any], message: str) -> None:
    """Show it where the screen shows notices; empty: what was shown before no longer holds."""
    screen.show_notice([message] if message else [], mild=True, subject=_SUBJECT)


async def _outcome(screen: LiveScreen[Any], host: Host, means: ConnectMethods) -> str:
    """Connect, and return what there is to say of it; empty: nothing."""
    try:
        to = target.target(host)
    except target.UnreachableError as error:
        return messages.error_message(error)
    is_afar = screen.app.is_web  # what is here is of the machine that serves, and not the user's
    found = None if is_afar else rdp.client(os.environ, sys.platform, shutil.which)
    by_hand = rdp.manual_command(to, means.commands, found)
    if screen.fleet.base_url == DEMO:
        # The text may be the address of a private machine.
        return _with(by_hand, _("The demo's hosts are nowhere. A real one is reached by"))
    if is_afar:
        return _with(by_hand, _("A browser cannot do it. In a terminal this does"))
    if to.system is target.System.LINUX:
        return await _in_terminal(screen, by_hand, by_hand)
    return await _desktop(screen, to, means, found, by_hand)


def _with(by_hand: Command, *messages: str) -> str:
    """Return messages followed by a command on a separate line, where it can be selected."""
    return "\n".join((" · ".join(messages), f"  {templates.shell_command(by_hand)}", _("y copies it")))


# In the terminal


async def _in_terminal(screen: LiveScreen[Any], command: Command, by_hand: Command) -> str:
    """Lend the terminal to a command, and return what there is to say afterwards."""
    program, app = command[0], screen.app

    def readable(line: str) -> str:
        return glyphs.to_ascii(line) if glyphs.is_ascii(app) else line

    def last(code: int) -> str:
        # What ssh said of it is read here, or nowhere.
        return readable(f"xds-tui: {_ended(program, code)} · {_('Enter goes back')}") if code == SSH_FAILED else ""

    first = readable(f"xds-tui: {templates.shell_command(command)}")
    try:
        code = await foreground.run_in_foreground(app, command, os.environ, header=first, footer=last)
    except SuspendNotSupported:
        return _with(by_hand, _("This terminal cannot be lent to {program}. The command is").format(program=program))
    except FileNotFoundError:
        return _with(by_hand, _("{program} is not installed here. The command is").format(program=program))
    except OSError as error:
        return _with(by_hand, _not_started(program, error))
    return _ended(program, code) if code else ""


def _not_started(program: str, error: OSError) -> str:
    return _("{program} could not be started: {why}").format(program=program, why=error.strerror)


def _ended(program: str, code: int) -> str:
    if code < 0:
        return _("{program} was ended by {signal}").format(program=program, signal=_signal(-code))
    if program.rpartition("/")[2] != "ssh":
        return _("{program} ended with code {code}").format(program=program, code=code)
    if code == SSH_FAILED:
        return _("ssh could not connect, or lost the connection (code 255)")
    return _("ssh ended with code {code}, that of the last command there").format(code=code)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


# Beside it


async def _desktop(
    screen: LiveScreen[Any], to: Target, means: ConnectMethods, found: Client | None, by_hand: Command
) -> str:
    """Write the `.rdp` file and open it, if there is anything here to open it with; return what there is to say."""
    try:
        path = await write_export(means.exports, rdp.file_name(to.host_id), rdp.file_content(to))
    except FileWriteError as error:
        return _with(by_hand, messages.error_message(error))
    written = _("written: {path}").format(path=path)
    is_seen = terminal.has_display(os.environ)
    chosen = means.commands.windows or ((found.program, *found.file_arguments) if found else None)
    if chosen is None:
        is_seen |= sys.platform == "darwin"
        why = _("no RDP client was found here") if is_seen else _("there is no display here")
        return _with(by_hand, written, why, _("on Windows this opens it"))
    command = templates.expand(chosen, to, str(path))
    # Without a display what the user has chosen can only be something for the terminal.
    if rdp.prompts_in_terminal(command) or (found is None and not is_seen):
        return await _in_terminal(screen, command, by_hand)
    _report(screen, _("starting {program}").format(program=command[0]))
    try:
        code = await _beside(command)
    except OSError as error:
        return _with(by_hand, _not_started(command[0], error), written)
    if code:
        return _with(by_hand, _ended(command[0], code), written)
    started = _("{program} was started for {place}").format(program=command[0], place=to.place)
    return f"{started} · {_('y has the password to copy')}"


async def _beside(command: Command) -> int:
    """Start a program that goes its own way; return its exit code if it ends at once, and otherwise 0.

    Raises:
        OSError: if it cannot be started.

    """
    ending = asyncio.wrap_future(processes.spawn_detached(command, os.environ))
    try:
        return await asyncio.wait_for(asyncio.shield(ending), SOON)
    except TimeoutError:
        return 0
