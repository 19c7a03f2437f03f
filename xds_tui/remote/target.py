"""The address of a host, checked so that it can become an argument of a program.

Address and account come from the service. What passes `target` is nothing but an address and a name: it never begins
with `-`, contains no space, quote or control character, and has no meaning in a shell. This program uses no shell, but
ssh's configuration may start one with the address and the name in it (`%h` and `%r` in ProxyCommand or `Match exec`).
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from xds_tui.domain.model import Host
from xds_tui.errors import AppError
from xds_tui.i18n import N_
from xds_tui.structs import dataclass

SSH_PORT: Final = 22
RDP_PORT: Final = 3389
"""The ports to use if the service sends none."""

ADDRESS_UNKNOWN: Final = N_("The address is not known yet")

MAX_SHOWN: Final = 60
"""Characters of an invalid value that an error shows."""

_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST_NAME: Final = rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)*[A-Za-z](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9])?"
"""RFC 1123. The last label begins with a letter, because `127.1` and `0x7f.1` would be read as IP addresses."""

_NAMED_PORT: Final = r"(.+?):([0-9]{1,5})"
_USER: Final = {
    "linux": r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}",
    "windows": r"[A-Za-z0-9_](?:[A-Za-z0-9_.@\\ -]{0,103}[A-Za-z0-9_])?",
}
"""Account names; those of Windows may contain a domain. There is no line break, which would start a new setting."""

_WINDOWS: Final = r"(?i)windows|\bwin\s?\d"
_LINUX: Final = (
    r"(?i)linux|ubuntu|debian|centos|red\s?hat|\brhel|fedora|rocky|suse|\barch\b|alpine|gentoo|euler|anolis|kylin|deepin"
    r"|麒麟|欧拉|龙蜥|统信|bsd|unix"
)


class System(Enum):
    """How a host is used."""

    LINUX = "linux"
    """With SSH."""
    WINDOWS = "windows"
    """As a desktop, with RDP."""


class UnreachableError(AppError):
    """The address of a host is missing or invalid.

    Attributes:
        detail: the invalid value, truncated.

    """

    def __init__(self, summary: str, detail: str = "") -> None:
        super().__init__(summary, detail[:MAX_SHOWN])


@dataclass(frozen=True, slots=True)
class Target:
    """The address and account of a host, safe as arguments of a program."""

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

    @property
    def alias(self) -> str:
        """A name made of the host's ID that is safe in a file name, a shell and the configuration of ssh."""
        return f"xds-{safe_name(self.host_id)}"


def safe_name(host_id: str) -> str:
    """Return the host's ID, with a hash of it if it had to be changed or truncated."""
    import hashlib

    name = re.sub(r"[^A-Za-z0-9_-]", "_", host_id)[:40]
    suffix = "" if name == host_id else f"-{hashlib.blake2s(host_id.encode(), digest_size=4).hexdigest()}"
    return name + suffix


def target(host: Host) -> Target:
    """Return the address and account of `host`.

    Raises:
        UnreachableError: if they are missing or unsafe.

    """
    system = system_of(host.os)
    if system is None:
        raise UnreachableError(
            N_("It is unknown whether this OS is reached over SSH or by remote desktop")
            if host.os
            else N_("The OS is unknown, and so is how to connect"),
            host.os,
        )
    address, port = _address(host)
    if not host.account:
        raise UnreachableError(N_("The user name is not known yet"))
    if not re.fullmatch(_USER[system.value], host.account):
        raise UnreachableError(N_("The user name is unsafe to pass to a program"), host.account)
    return Target(host.id, system, address, port or (SSH_PORT if system is System.LINUX else RDP_PORT), host.account)


def system_of(os: str) -> System | None:
    """Return how a host is used by the name of its operating system; None: the name is unknown."""
    if re.search(_WINDOWS, os):
        return System.WINDOWS
    return System.LINUX if re.search(_LINUX, os) else None


def _address(host: Host) -> tuple[str, int | None]:
    """Return address and port; if the service sends no address, those of `ipv4`, which may be `name:port`."""
    address, port = host.address, host.port
    if not address and host.ipv4:
        match = re.fullmatch(_NAMED_PORT, host.ipv4)
        address, port = (match[1], port or int(match[2])) if match else (host.ipv4, port)
    if not address:
        raise UnreachableError(ADDRESS_UNKNOWN)
    if not is_address(address) or not (port is None or 0 < port < 1 << 16):
        raise UnreachableError(N_("The address is unsafe to pass to a program"), address)
    return address, port


def is_address(text: str) -> bool:
    """Return whether `text` is a host name or an IP address without a zone."""
    if re.fullmatch(_HOST_NAME, text):
        return True
    import ipaddress  # not needed before the first paint

    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not getattr(address, "scope_id", None)
