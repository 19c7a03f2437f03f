"""How a host is reached: where, as whom, and by a program with which arguments. Nothing is started here.

Address and account are the service's word, and become arguments of a program. What passes `target` can be nothing but
an address and a name: it never begins with `-`, holds no space, quote or control character, and means nothing to a
shell. There is no shell of ours, but ssh's own configuration may start one with the address and the name in it (`%h`
and `%r` in ProxyCommand or `Match exec`). So a command of the user's own may put them where it likes, before `--` too:
no value becomes an option, and each fills its place within one argument.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from xds_tui.domain.model import Host
from xds_tui.errors import AppError
from xds_tui.i18n import N_

Command = tuple[str, ...]
"""A program and its arguments; with placeholders in braces, as long as it is not `expand`."""

SSH: Final[Command] = ("ssh", "-p", "{port}", "-l", "{user}", "--", "{address}")

_PLACES: Final = ("address", "port", "user", "place")
LINUX_COMMANDS: Final = frozenset(_PLACES)
WINDOWS_COMMANDS: Final = frozenset((*_PLACES, "file"))
"""What can stand in braces; `place` is address and port as one."""

SSH_PORT: Final = 22
RDP_PORT: Final = 3389
"""Where the service names no port."""

MAX_SHOWN: Final = 60
"""Characters of what cannot be used that are shown."""

_BRACES: Final = re.compile(r"\{([^{}]*)\}")
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST_NAME: Final = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)*[A-Za-z](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9])?")
"""RFC 1123. The last part begins with a letter, as all real ones do: `127.1` and `0x7f.1` are addresses in disguise."""

_NAMED_PORT: Final = re.compile(r"(.+?):([0-9]{1,5})")
_USER: Final = {
    "linux": re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}"),
    "windows": re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.@\\ -]{0,103}[A-Za-z0-9_])?"),
}
"""Windows has names with a domain before or behind them; no control character, so no line of a file ends in one."""

_WINDOWS: Final = re.compile(r"windows|\bwin\s?\d", re.IGNORECASE)
_LINUX: Final = re.compile(
    r"linux|ubuntu|debian|centos|red\s?hat|\brhel|fedora|rocky|suse|\barch\b|alpine|gentoo|euler|anolis|kylin|deepin"
    r"|麒麟|欧拉|龙蜥|统信|bsd|unix",
    re.IGNORECASE,
)


class System(Enum):
    """What kind of machine a host is to whoever wants to work on it."""

    LINUX = "linux"
    """Reached by ssh."""
    WINDOWS = "windows"
    """Reached as a desktop, by RDP."""


class UnreachableError(AppError):
    """A host that no program can connect to.

    Attributes:
        detail: what the service sent, truncated.

    """

    def __init__(self, summary: str, detail: str = "") -> None:
        super().__init__(summary, detail[:MAX_SHOWN])


@dataclass(frozen=True, slots=True)
class Target:
    """Where a host is reached and as whom: checked, so that it can be handed to a program."""

    host_id: str
    system: System
    address: str
    """An IP address or a host name."""
    port: int
    user: str

    @property
    def place(self) -> str:
        """Address and port as one."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


def target(host: Host) -> Target:
    """Return where `host` is reached.

    Raises:
        UnreachableError: if it is not known, or cannot be handed to a program.

    """
    system = system_of(host.os)
    if system is None:
        raise UnreachableError(
            N_("It is not known whether its system is reached by ssh or as a desktop")
            if host.os
            else N_("Its system is not known, so neither is how to connect"),
            host.os,
        )
    address, port = _address(host)
    if not host.account:
        raise UnreachableError(N_("Its account is not known yet"))
    if not _USER[system.value].fullmatch(host.account):
        raise UnreachableError(N_("Its account cannot be handed to a program"), host.account)
    return Target(host.id, system, address, port or (SSH_PORT if system is System.LINUX else RDP_PORT), host.account)


def system_of(os: str) -> System | None:
    """Return what kind of machine it is by the name of its operating system; None: it is not known."""
    if _WINDOWS.search(os):
        return System.WINDOWS
    return System.LINUX if _LINUX.search(os) else None


def _address(host: Host) -> tuple[str, int | None]:
    """Return address and port; where the service names no address, those of its `ipv4`, which may be `name:port`."""
    sent, port = host.address, host.port
    if not sent and host.ipv4:
        named = _NAMED_PORT.fullmatch(host.ipv4)
        sent, port = (named[1], port or int(named[2])) if named else (host.ipv4, port)
    if not sent:
        raise UnreachableError(N_("Its address is not known yet"))
    if not is_address(sent) or not (port is None or 0 < port < 1 << 16):
        raise UnreachableError(N_("Its address cannot be handed to a program"), sent)
    return sent, port


def is_address(text: str) -> bool:
    """Whether `text` is an IP address, without a zone, or a host name."""
    if _HOST_NAME.fullmatch(text):
        return True
    import ipaddress  # rarely needed, and not before the first paint

    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not getattr(address, "scope_id", None)


# Commands


def validate(command: Command, known: Collection[str], needed: Collection[str]) -> Command:
    """Return a command of the user's if it can be filled.

    Args:
        command: as it was written.
        known: what may stand in braces.
        needed: of which one must, or it would say nothing of where to.

    Raises:
        ValueError: with a sentence for the user, marked for translation.

    """
    if not command or not command[0] or _BRACES.search(command[0]) or any("\0" in part for part in command):
        raise ValueError(N_("This must be a list of arguments, the program's name first"))
    used = {name for part in command for name in _BRACES.findall(part)}
    if not used <= set(known):
        raise ValueError(
            N_("Only {address}, {port}, {user}, {place} and {file} can stand in braces")
            if "file" in known
            else N_("Only {address}, {port}, {user} and {place} can stand in braces")
        )
    if not used.intersection(needed):
        raise ValueError(
            N_("{file}, {place} or {address} must be among the arguments")
            if "file" in known
            else N_("{address} or {place} must be among the arguments")
        )
    return command


def expand(command: Command, to: Target, file: str = "") -> Command:
    """Return `command` with its placeholders filled, argument by argument.

    Args:
        command: one that has been checked.
        to: what it is to reach.
        file: the absolute path of the `.rdp` file.

    """
    values = {"address": to.address, "port": str(to.port), "user": to.user, "place": to.place, "file": file}
    return tuple(_BRACES.sub(lambda found: values[found[1]], part) for part in command)


def needs_file(command: Command) -> bool:
    """Whether a command wants an `.rdp` file."""
    return any("file" in _BRACES.findall(part) for part in command)


def shell_command(command: Sequence[str]) -> str:
    """Return a command as it can be typed into a shell."""
    return shlex.join(command)
