"""Windows desktops: the programs that show one, and the `.rdp` file that they open. Nothing is started or written here.

None is ever given a password: it would stand in the list of processes, or in the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from xds_tui.config.schema import ConnectCommands
from xds_tui.remote.target import SSH, Command, System, Target, expand, needs_file

ELSEWHERE: Final[Command] = ("mstsc", "/v:{place}")
"""What opens a desktop on Windows itself, where this machine has no client."""


@dataclass(frozen=True, slots=True)
class Client:
    """A program that shows a Windows desktop."""

    program: str
    opens: Command
    """Its arguments for an `.rdp` file."""
    goes_to: Command
    """Its arguments for a place, without a file."""
    displays: tuple[str, ...] = ("WAYLAND_DISPLAY", "DISPLAY")
    """The variables of which one must be set; none: the desktop of whoever is signed in here, not from afar."""
    prompts_in_terminal: bool = False
    """Whether it asks for the password in the terminal that it was started from."""


_FREERDP: Final[Command] = ("/v:{place}", "/u:{user}")
_CLIENTS: Final = (
    Client("remmina", ("-c", "{file}"), ("-c", "rdp://{place}")),
    Client("sdl-freerdp3", ("{file}",), _FREERDP),
    Client("sdl-freerdp", ("{file}",), _FREERDP),
    Client("xfreerdp3", ("{file}",), _FREERDP, displays=("DISPLAY",), prompts_in_terminal=True),
    Client("xfreerdp", ("{file}",), _FREERDP, displays=("DISPLAY",), prompts_in_terminal=True),
    Client("wlfreerdp3", ("{file}",), _FREERDP, displays=("WAYLAND_DISPLAY",), prompts_in_terminal=True),
    Client("wlfreerdp", ("{file}",), _FREERDP, displays=("WAYLAND_DISPLAY",), prompts_in_terminal=True),
    # Windows around WSL: a file would have to be found from there first.
    Client("mstsc.exe", ("/v:{place}",), ("/v:{place}",), displays=()),
)
"""Those that ask in a window of their own come first."""

_MAC: Final = Client("open", ("{file}",), (), displays=())


def client(environ: Mapping[str, str], platform: str, which: Callable[[str], str | None]) -> Client | None:
    """Return the client that can be used here, or None.

    Args:
        environ: the environment.
        platform: as `sys.platform` has it.
        which: finds a program, as `shutil.which` does.

    """
    candidates = (_MAC,) if platform == "darwin" else _CLIENTS
    return next((found for found in candidates if _can_show(found, environ) and which(found.program)), None)


def _can_show(one: Client, environ: Mapping[str, str]) -> bool:
    if one.displays:
        return any(environ.get(name) for name in one.displays)
    return not (environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))


def has_display(environ: Mapping[str, str]) -> bool:
    """Whether a window can be opened here."""
    return any(environ.get(name) for name in ("WAYLAND_DISPLAY", "DISPLAY"))


def prompts_in_terminal(command: Command) -> bool:
    """Whether a command is one of those that ask for the password in the terminal."""
    name = command[0].rpartition("/")[2]
    return any(known.program == name and known.prompts_in_terminal for known in _CLIENTS)


def manual_command(to: Target, commands: ConnectCommands, found: Client | None) -> Command:
    """Return what connects to a host without a file of ours, to be typed or copied.

    Args:
        to: the host.
        commands: what the user has chosen.
        found: what shows a desktop here, if anything does.

    """
    if to.system is System.LINUX:
        return expand(commands.linux or SSH, to)
    chosen = commands.windows
    return expand(chosen, to) if chosen and not needs_file(chosen) else desktop_command(to, found)


def desktop_command(to: Target, found: Client | None) -> Command:
    """Return what opens the desktop without a file: by the client that is here, or else by Windows' own."""
    if found is None or not found.goes_to:
        return expand(ELSEWHERE, to)
    return expand((found.program, *found.goes_to), to)


def content(to: Target) -> str:
    """Return the text of an `.rdp` file: where to and as whom. No password is in it."""
    lines = (f"full address:s:{to.place}", f"username:s:{to.user}", "prompt for credentials:i:1")
    return "".join(f"{line}\r\n" for line in lines)


def file_name(host_id: str) -> str:
    """Return the file's name: the host's ID, with a mark of the whole where something of it cannot stand there."""
    import hashlib

    name = re.sub(r"[^A-Za-z0-9_-]", "_", host_id)[:40]
    mark = "" if name == host_id else f"-{hashlib.blake2s(host_id.encode(), digest_size=4).hexdigest()}"
    return f"xds-{name}{mark}.rdp"
