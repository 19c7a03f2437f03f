"""What is asked before an order is given, in words: pure, by consequence (see `screens/confirm.py`)."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from xds_tui.i18n import N_, _, ngettext
from xds_tui.model import Billing, Host
from xds_tui.record import Action, Order
from xds_tui.tui import telling, wording

BUY_AGAIN: Final = N_("buy again")
"""What has to be typed to buy what may have been bought already."""


class Tier(Enum):
    """How much an order can do harm."""

    REVERSIBLE = "reversible"
    """Done at once: the opposite order undoes it."""
    INTERRUPTING = "interrupting"
    FINAL = "final"


_TIERS = {
    Action.POWER_ON: Tier.REVERSIBLE,
    Action.POWER_OFF: Tier.INTERRUPTING,
    Action.REBOOT: Tier.INTERRUPTING,
    Action.DELETE: Tier.FINAL,
}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, about what, and what it would cost."""

    tier: Tier
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


def about(action: Action, hosts: Sequence[Host], hidden: int, now: datetime, *, is_moved: bool = False) -> Question:
    """Return the question for doing `action` to `hosts`, of which the filter hides `hidden`.

    `is_moved`: the cursor came to the host without the user, so that even what is reversible is asked.
    """
    titles = {
        Action.POWER_ON: ngettext("Start {count} host?", "Start {count} hosts?", len(hosts)),
        Action.POWER_OFF: ngettext("Stop {count} host?", "Stop {count} hosts?", len(hosts)),
        Action.REBOOT: ngettext("Reboot {count} host?", "Reboot {count} hosts?", len(hosts)),
        Action.DELETE: ngettext("Delete {count} host for good?", "Delete {count} hosts for good?", len(hosts)),
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
        tier = Tier.INTERRUPTING if tier is Tier.REVERSIBLE else tier
    return Question(
        tier=tier,
        title=titles[action].format(count=len(hosts)),
        targets=[_target(host) for host in hosts],
        note=" ".join(note for note in notes if note),
        wanted=hosts[0].id if len(hosts) == 1 else f"delete {len(hosts)}",
        yes=_("Delete") if action is Action.DELETE else _("Yes  y"),
    )


def buying_again(unknown: Sequence[Order]) -> Question:
    """Return the question for buying what may have been bought already by orders whose outcome is not known."""
    wanted = _(BUY_AGAIN)
    return Question(
        tier=Tier.FINAL,
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
    name = order.promise.package.name if order.promise else order.id
    at = wording.moment(order.sent_at or order.created_at)
    parts = (name, at, telling.order_status(order), telling.order_reason(order))
    return " · ".join(part for part in parts if part)


def _target(host: Host) -> str:
    parts = (host.name, host.id, wording.status(host), host.os)
    return " · ".join(part for part in parts if part)


def _loss(action: Action, hosts: Sequence[Host], now: datetime) -> str:
    if action is Action.POWER_OFF and any(host.billing is Billing.ON_DEMAND for host in hosts):
        return _("Whether a stopped on-demand host is still billed is the vendor's to say.")
    if action is not Action.DELETE:
        return ""
    told = [_("The disks and everything on them are lost.")]
    for host in hosts:
        if host.billing is Billing.RENT and host.expires is not None and host.expires > now:
            left = wording.span(host.expires - now)
            told.append(_("{host} is paid for another {time}, which is forfeited.").format(host=host.name, time=left))
    return " ".join(told)
