"""Details of a host that only `one/{id}` returns, kept across refreshes in which the list lacks them.

In the dialect of the published documents the list has neither the MAC nor the IPv4 address, and the table of its fields
omits the login. A known value is kept until the service returns another one, or until the host has another address.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from xds_tui.domain.model import Host

_DETAILS: Final = {"mac": "mac", "ipv4": "ipv4", "account": "hostAccount", "password": "hostPw"}
"""Attributes that are kept, with the service's names of the fields."""

_LOGIN: Final = {"account", "password"}
"""Attributes that are not kept once the host lost its address: they are no use without one, and may have changed."""


def keep_details(host: Host, before: Host) -> Host:
    """Return `host` with the details of `before` that it lacks; `before` itself if the two are equal then.

    Args:
        host: the host as the service describes it.
        before: the same host as it was known before.

    """
    if _has_moved(host, before):
        return host
    names = _DETAILS if _is_reachable(host) or not _is_reachable(before) else _DETAILS.keys() - _LOGIN
    kept: dict[str, Any] = {name: getattr(before, name) for name in names if _is_missing(host, name)}
    complete = replace(host, **kept) if kept else host
    return before if complete == before else complete


def _is_reachable(host: Host) -> bool:
    return host.address is not None and host.port is not None


def _is_missing(host: Host, name: str) -> bool:
    """Return whether the response lacks a field. An unreadable value is present, and replaces the known one."""
    return getattr(host, name) is None and _DETAILS[name] not in host.raw


def _has_moved(host: Host, before: Host) -> bool:
    """Return whether this is another machine, or one at another address, so that known details may be wrong."""
    pairs = ((host.created, before.created), (host.address, before.address), (host.port, before.port))
    return any(new is not None and old is not None and new != old for new, old in pairs)
