"""Templates of the commands that connect to a host, and how they are filled. Nothing is started here.

Placeholders are replaced within one argument, so that no value becomes an argument or option of its own. What a user's
template does with them is the user's choice: it may place them before `--`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Final

from xds_tui.i18n import N_
from xds_tui.structs import dataclass

if TYPE_CHECKING:
    from xds_tui.remote.target import Target

Command = tuple[str, ...]
"""A program and its arguments, with placeholders in braces until `expand` has replaced them."""

SSH: Final[Command] = ("ssh", "-p", "{port}", "-l", "{user}", "--", "{address}")

SSH_WITH_KEY_ALIAS: Final[Command] = (
    *("ssh", "-p", "{port}", "-l", "{user}", "-o", "HostKeyAlias={alias}", "--", "{address}"),
)
"""All hosts of a site have one address and differ by port: each host's key is stored under its ID."""

LINUX_PLACEHOLDERS: Final = frozenset(("address", "port", "user", "place"))
WINDOWS_PLACEHOLDERS: Final = LINUX_PLACEHOLDERS | {"file"}
"""The names of placeholders; `place` is address and port as one, `file` the path of an `.rdp` file."""

_PLACEHOLDER: Final = r"\{([^{}]*)\}"


@dataclass(frozen=True, slots=True)
class ConnectCommands:
    """The user's templates of the commands that connect to a host."""

    linux: Command | None = None
    """None: `SSH`."""
    windows: Command | None = None
    """None: the first known RDP client that is installed."""


def validate(command: Command, allowed: Collection[str], required: Collection[str]) -> Command:
    """Return a user's template if it can be expanded.

    Args:
        command: the template.
        allowed: the placeholders that may occur in it.
        required: placeholders of which at least one must occur, because the command needs a destination.

    Raises:
        ValueError: with a sentence for the user, marked for translation.

    """
    if not command or not command[0] or re.search(_PLACEHOLDER, command[0]) or any("\0" in part for part in command):
        raise ValueError(N_("This must be a list of arguments that starts with the name of the program"))
    used = {name for part in command for name in re.findall(_PLACEHOLDER, part)}
    if not used <= set(allowed):
        raise ValueError(
            N_("Only {address}, {port}, {user}, {place} and {file} are allowed in braces")
            if "file" in allowed
            else N_("Only {address}, {port}, {user} and {place} are allowed in braces")
        )
    if not used.intersection(required):
        raise ValueError(
            N_("The arguments must contain {file}, {place} or {address}")
            if "file" in allowed
            else N_("The arguments must contain {address} or {place}")
        )
    return command


def expand(command: Command, target: Target, file: str = "") -> Command:
    """Return `command` with its placeholders replaced.

    Args:
        command: a valid template.
        target: the host.
        file: the absolute path of the `.rdp` file.

    """
    values = {
        "address": target.address,
        "port": str(target.port),
        "user": target.user,
        "place": target.place,
        "file": file,
        "alias": target.alias,
    }
    return tuple(re.sub(_PLACEHOLDER, lambda match: values[match[1]], part) for part in command)


def needs_file(command: Command) -> bool:
    """Return whether a template needs an `.rdp` file."""
    return any("file" in re.findall(_PLACEHOLDER, part) for part in command)


def shell_command(command: Sequence[str]) -> str:
    """Return a command as it can be typed into a shell."""
    import shlex  # few commands show a command line

    return shlex.join(command)
