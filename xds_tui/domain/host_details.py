"""What only `one/{id}` tells of a host, kept across refreshes whose list leaves it out.

In the document's dialect a page of the list has neither the MAC nor the IPv4, and the table of its fields omits the
login. What was learned stays until the service says something else, or until the host is reached elsewhere.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from xds_tui.domain.model import Host

_DETAILS: Final = {"mac": "mac", "ipv4": "ipv4", "account": "hostAccount", "password": "hostPw"}
"""What is kept, with the service's name for it."""


def keep_details(host: Host, before: Host) -> Host:
    """Return `host` with the details of `before` that it does not tell; `before` itself where they are equal then.

    Args:
        host: as the service described it now.
        before: the same host as it was known before.

    """
    if _is_moved(host, before):
        return host
    learned: dict[str, Any] = {name: getattr(before, name) for name in _DETAILS if _is_untold(host, name)}
    kept = replace(host, **learned) if learned else host
    return before if kept == before else kept


def _is_untold(host: Host, name: str) -> bool:
    """Whether the service said nothing at all: what it said and nobody understood contradicts what was known."""
    return getattr(host, name) is None and _DETAILS[name] not in host.raw


def _is_moved(host: Host, before: Host) -> bool:
    """Whether it is another machine, or the same one reached elsewhere: what was learned may not hold any more."""
    pairs = ((host.created, before.created), (host.address, before.address), (host.port, before.port))
    return any(now is not None and was is not None and now != was for now, was in pairs)
