"""Questions before something is done that cannot be undone, for the dialogs of the app and the prompts of commands.

There are three levels: starting a host is undone by stopping it and is not asked about; stopping and rebooting
interrupt somebody's work and are asked with yes or no; deleting is final and requires the target to be typed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from xds_tui.domain.model import Billing, Host
from xds_tui.domain.records import Order, OrderAction
from xds_tui.i18n import N_, _, ngettext
from xds_tui.text import formats, messages

BUY_AGAIN: Final = N_("buy again")
"""What has to be typed to buy what may have been bought already."""


class Risk(Enum):
    """How much an order can do harm."""

    REVERSIBLE = "reversible"
    """Done at once: the opposite order undoes it."""
    INTERRUPTING = "interrupting"
    FINAL = "final"


_TIERS = {
    OrderAction.POWER_ON: Risk.REVERSIBLE,
    OrderAction.POWER_OFF: Risk.INTERRUPTING,
    OrderAction.REBOOT: Risk.INTERRUPTING,
    OrderAction.DELETE: Risk.FINAL,
}


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What is asked, about what, and what it would cost."""

    tier: Risk
    title: str
    targets: Sequence[str]
    """One line a host."""
    note: str
    """What is lost, or what the user may not see; empty where there is nothing to say."""
    wanted: str
    """What has to be typed for something final."""
    yes: str
    """What the button says that answers yes."""
    also: Sequence[str] = ()
    """What may be typed instead of `wanted`: the same phrase in another language."""

    def accepts(self, typed: str) -> bool:
        """Whether `typed` is what has to be typed. Names and IDs are exact; phrases may differ in case and spacing."""
        return typed.strip() == self.wanted or _folded(typed) in map(_folded, self.also)


def confirmation_for(
    action: OrderAction, hosts: Sequence[Host], hidden: int, now: datetime, *, is_moved: bool = False
) -> Confirmation:
    """Return the question for doing `action` to `hosts`, of which the filter hides `hidden`.

    `is_moved`: the cursor came to the host without the user, so that even what is reversible is asked.
    """
    titles = {
        OrderAction.POWER_ON: ngettext("Start {count} host?", "Start {count} hosts?", len(hosts)),
        OrderAction.POWER_OFF: ngettext("Stop {count} host?", "Stop {count} hosts?", len(hosts)),
        OrderAction.REBOOT: ngettext("Reboot {count} host?", "Reboot {count} hosts?", len(hosts)),
        OrderAction.DELETE: ngettext("Delete {count} host for good?", "Delete {count} hosts for good?", len(hosts)),
    }
    notes = [_loss(action, hosts, now)]
    if hidden:
        notes.append(
            ngettext(
                "{count} of them is hidden by the filter.", "{count} of them are hidden by the filter.", hidden
            ).format(count=hidden)
        )
    tier = _TIERS[action]
    if is_moved:
        notes.append(_("The list has changed: the cursor or the marks were elsewhere before."))
        tier = Risk.INTERRUPTING if tier is Risk.REVERSIBLE else tier
    return Confirmation(
        tier=tier,
        title=titles[action].format(count=len(hosts)),
        targets=[_target(host) for host in hosts],
        note=" ".join(note for note in notes if note),
        wanted=hosts[0].id if len(hosts) == 1 else f"delete {len(hosts)}",
        yes=_("Delete") if action is OrderAction.DELETE else _("Yes  y"),
    )


def buying_again(unknown: Sequence[Order]) -> Confirmation:
    """Return the question for buying what may have been bought already by orders whose outcome is not known."""
    wanted = _(BUY_AGAIN)
    return Confirmation(
        tier=Risk.FINAL,
        title=_("Buy again though the first may have gone through?"),
        targets=[_bought(order) for order in unknown],
        note=ngettext(
            "Whether this order was carried out is not known. Every refresh looks for its host. If the host exists,"
            " buying again buys a second one.",
            "Whether these orders were carried out is not known. Every refresh looks for their hosts. If the hosts"
            " exist, buying again buys more.",
            len(unknown),
        ),
        wanted=wanted,
        also=(wanted, BUY_AGAIN),
        yes=_("Buy again"),
    )


def _folded(phrase: str) -> str:
    return "".join(unicodedata.normalize("NFKC", phrase).casefold().split())


def _bought(order: Order) -> str:
    name = order.quote.package.name if order.quote else order.id
    at = formats.moment(order.sent_at or order.created_at)
    parts = (name, at, messages.order_status(order), messages.order_reason(order))
    return " · ".join(part for part in parts if part)


def _target(host: Host) -> str:
    parts = (host.name, host.id, formats.status(host), host.os)
    return " · ".join(part for part in parts if part)


def _loss(action: OrderAction, hosts: Sequence[Host], now: datetime) -> str:
    if action is OrderAction.POWER_OFF and any(host.billing is Billing.ON_DEMAND for host in hosts):
        return _("Whether a stopped on-demand host is still billed is the vendor's to say.")
    if action is not OrderAction.DELETE:
        return ""
    told = [_("The disks and everything on them are lost.")]
    for host in hosts:
        if host.billing is Billing.RENT and host.expires is not None and host.expires > now:
            left = formats.span(host.expires - now)
            told.append(_("{host} is paid for another {time}, which is forfeited.").format(host=host.name, time=left))
    return " ".join(told)
