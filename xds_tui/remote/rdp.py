"""RDP clients, and the `.rdp` file that they open. Nothing is started or written here.

No client ever receives a password: it would be visible in the list of processes or in the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from xds_tui.remote.target import System, Target, safe_name
from xds_tui.remote.templates import SSH, Command, ConnectCommands, expand, needs_file
from xds_tui.structs import dataclass
from xds_tui.system import terminal

MSTSC: Final[Command] = ("mstsc", "/v:{place}")
"""The command on Windows, shown if this machine has no client."""


@dataclass(frozen=True, slots=True)
class DesktopClient:
    """An RDP client."""

    program: str
    file_arguments: Command
    """The arguments to open an `.rdp` file."""
    address_arguments: Command
    """The arguments to connect to an address without a file."""
    displays: tuple[str, ...] = ("WAYLAND_DISPLAY", "DISPLAY")
    """The environment variables of which one must be set; empty: the client needs a local session instead."""
    prompts_in_terminal: bool = False
    """Whether it prompts for the password in the terminal."""


_FREERDP: Final[Command] = ("/v:{place}", "/u:{user}")
_CLIENTS: Final = (
    DesktopClient("remmina", ("-c", "{file}"), ("-c", "rdp://{place}")),
    DesktopClient("sdl-freerdp3", ("{file}",), _FREERDP),
    DesktopClient("sdl-freerdp", ("{file}",), _FREERDP),
    DesktopClient("xfreerdp3", ("{file}",), _FREERDP, displays=("DISPLAY",), prompts_in_terminal=True),
    DesktopClient("xfreerdp", ("{file}",), _FREERDP, displays=("DISPLAY",), prompts_in_terminal=True),
    DesktopClient("wlfreerdp3", ("{file}",), _FREERDP, displays=("WAYLAND_DISPLAY",), prompts_in_terminal=True),
    DesktopClient("wlfreerdp", ("{file}",), _FREERDP, displays=("WAYLAND_DISPLAY",), prompts_in_terminal=True),
    # On the Windows that runs WSL, which has other paths for a file.
    DesktopClient("mstsc.exe", ("/v:{place}",), ("/v:{place}",), displays=()),
)
"""Clients that prompt in a window come first."""

_MAC: Final = DesktopClient("open", ("{file}",), (), displays=())


def client(environ: Mapping[str, str], platform: str, which: Callable[[str], str | None]) -> DesktopClient | None:
    """Return the first client that is installed and can be used, or None.

    Args:
        environ: the environment.
        platform: as `sys.platform`.
        which: finds a program, as `shutil.which`.

    """
    candidates = (_MAC,) if platform == "darwin" else _CLIENTS
    return next((known for known in candidates if _is_usable(known, environ) and which(known.program)), None)


def _is_usable(known: DesktopClient, environ: Mapping[str, str]) -> bool:
    if known.displays:
        return any(environ.get(name) for name in known.displays)
    return not terminal.is_remote(environ)


def prompts_in_terminal(command: Command) -> bool:
    """Return whether a command is a known client that prompts for the password in the terminal."""
    name = command[0].rpartition("/")[2]
    return any(known.program == name and known.prompts_in_terminal for known in _CLIENTS)


def manual_command(target: Target, commands: ConnectCommands, installed: DesktopClient | None) -> Command:
    """Return a command that connects to a host without an `.rdp` file, to be copied by the user.

    Args:
        target: the host.
        commands: the user's templates.
        installed: the RDP client of this machine, if there is one.

    """
    if target.system is System.LINUX:
        return expand(commands.linux or SSH, target)
    template = commands.windows
    return expand(template, target) if template and not needs_file(template) else desktop_command(target, installed)


def desktop_command(target: Target, installed: DesktopClient | None) -> Command:
    """Return a command that opens the desktop without a file: with the installed client, or else `MSTSC`."""
    if installed is None or not installed.address_arguments:
        return expand(MSTSC, target)
    return expand((installed.program, *installed.address_arguments), target)


def file_content(target: Target) -> str:
    """Return the text of an `.rdp` file; it contains no password."""
    lines = (f"full address:s:{target.place}", f"username:s:{target.user}", "prompt for credentials:i:1")
    return "".join(f"{line}\r\n" for line in lines)


def file_name(host_id: str) -> str:
    """Return the name of the file of a host."""
    return f"xds-{safe_name(host_id)}.rdp"
