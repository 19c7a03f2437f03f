"""The operations that a protected host is spared, and why. `fleet.annotation_book` enforces it for every order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from xds_tui.domain.annotations import Annotation
from xds_tui.domain.model import Host
from xds_tui.domain.records import OrderAction
from xds_tui.i18n import N_

GUARDED_ACTIONS: Final = frozenset({OrderAction.POWER_OFF, OrderAction.REBOOT, OrderAction.DELETE})
"""What cannot be done to a protected host; it can be started."""

MARKED: Final = N_("The host is protected, so nothing was sent. Unprotect it first.")
BY_RULE: Final = N_(
    "A rule protects this host, so nothing was sent. Remove its tag or owner, or the rule in config.toml, first."
)
UNKNOWN: Final = N_(
    "The file that says which hosts are protected is unreadable, so nothing was sent. Correct it first."
)
REASONS: Final = (MARKED, BY_RULE, UNKNOWN)
"""The summaries of orders that were not sent because of protection."""


def reason_against(action: OrderAction, annotation: Annotation) -> str:
    """Return why `action` must not be done to a host with this annotation, one of `REASONS`; empty if it may be."""
    if action not in GUARDED_ACTIONS or not annotation.is_protected:
        return ""
    return MARKED if annotation.is_marked else BY_RULE


def split_protected(action: OrderAction, hosts: Iterable[Host]) -> tuple[list[Host], list[Host]]:
    """Return the hosts that `action` may be done to, and those that are protected from it, in their order."""
    allowed: list[Host] = []
    protected: list[Host] = []
    for host in hosts:
        (protected if reason_against(action, host.annotation) else allowed).append(host)
    return allowed, protected
