"""Questions before an operation that costs money or cannot be undone, for the dialogs and the prompts of commands.

Starting prepaid hosts costs nothing, and stopping them undoes it: that is not confirmed. Starting on-demand hosts,
stopping and rebooting are confirmed with y. Deleting is final, so the name or the ID has to be typed. A `Selection`
compares the hosts as the user saw them with what they are when the request is sent.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from enum import Enum
from typing import Final

from xds_tui.domain import pricing, protection
from xds_tui.domain.model import Billing, Host, Status
from xds_tui.domain.pricing import Rate
from xds_tui.domain.purchase import Draft
from xds_tui.domain.records import Order, OrderAction
from xds_tui.i18n import N_, _, ngettext
from xds_tui.structs import dataclass
from xds_tui.text import formats, messages, terms
from xds_tui.text.overview import shortened


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The hosts that an operation was not sent for, by reason."""

    gone: Sequence[Host] = ()
    deleted: Sequence[Host] = ()
    """Being deleted."""
    changed: Sequence[str] = ()
    """Different from what the user confirmed: each host with what changed."""
    protected: Sequence[Host] = ()
    """Protected from the operation."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Hosts and prices as the user saw them when choosing an operation."""

    hosts: Sequence[Host]
    rates: Mapping[str, Rate]
    """Hourly prices by host ID, where known."""

    def changes(self, action: OrderAction, host: Host, rates: Mapping[str, Rate]) -> str:
        """Return in what the present host, priced by `rates`, differs from the selected one.

        Only what matters to `action` counts; empty if nothing does. Statuses count as equal if one leads to the other
        without intervention (starting and on, stopping and off). A price counts where the operation incurs it, the end
        of the prepaid period where the operation forfeits it.
        """
        seen = next(selected for selected in self.hosts if selected.id == host.id)
        pairs = [
            (seen.display_name, host.display_name),
            (formats.moment(seen.created), formats.moment(host.created)),
            (seen.os, host.os),
            (formats.billing(seen.billing), formats.billing(host.billing)),
        ]
        if _heads_for(seen.status) is not _heads_for(host.status):
            pairs.append((formats.status_word(seen.status), formats.status_word(host.status)))
        if action is OrderAction.DELETE:
            pairs.append((formats.moment(seen.expires), formats.moment(host.expires)))
        if action is OrderAction.POWER_ON:
            old, new = self.rates.get(host.id), rates.get(host.id)
            if old is not None and new is not None:
                pairs.append((formats.per_hour(formats.rate(old)), formats.per_hour(formats.rate(new))))
        return ", ".join(f"{old} → {new}" for old, new in pairs if old != new)

    def unchanged(
        self,
        action: OrderAction,
        present: Iterable[Host],
        rates: Mapping[str, Rate],
        is_hindered: Callable[[OrderAction, Host], bool],
    ) -> tuple[list[Host], LeftOut]:
        """Return the selected hosts for which `action` may be sent, and the others.

        Args:
            action: the operation.
            present: the hosts of the newest snapshot.
            rates: their hourly prices, by host ID.
            is_hindered: whether a delete of the host prevents the operation.

        """
        by_id = {host.id: host for host in present}
        gone, deleted, changed, protected, hosts = [], [], [], [], []
        for selected in self.hosts:
            host = by_id.get(selected.id)
            if host is None:
                gone.append(selected)
            elif is_hindered(action, host):
                deleted.append(host)
            elif protection.reason_against(action, host.annotation):
                protected.append(host)
            elif changes := self.changes(action, host, rates):
                changed.append(f"{selected.display_name} ({changes})")
            else:
                hosts.append(host)
        return hosts, LeftOut(gone, deleted, changed, protected)


def _heads_for(status: Status) -> Status:
    """Return the status that a host reaches without intervention."""
    if status in (Status.STARTING, Status.BILLED):
        return Status.ON
    return Status.OFF if status is Status.STOPPING else status


DELETE_COUNT: Final = N_("delete {count}")
"""What has to be typed to delete several hosts."""

DELETE_COUNT_ZH: Final = "删除 {count}"
"""The same in Chinese, which is accepted in every language."""

BUY_AGAIN: Final = N_("buy again")
"""What has to be typed to buy what may have been bought already."""


_YES: Final = N_("Yes  y")

_MAX_NAMED_LOSSES: Final = 2
"""Prepaid hosts that a question names one by one, so that the field for the answer stays on an 80x24 screen."""

_MAX_NAME_CELLS: Final = 40
"""Cells of a name in a question; a longer one is not asked to be typed."""

_MAX_LEFT_OUT_CELLS: Final = 60
"""Cells of the names of protected hosts in a question, which stays on an 80x24 screen."""


class Risk(Enum):
    """How much harm an operation can do."""

    REVERSIBLE = "reversible"
    """Not confirmed: the opposite operation undoes it."""
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
    """A question with its title, the hosts concerned and the cost."""

    tier: Risk
    title: str
    targets: Sequence[str]
    """One line a host."""
    note: str
    """What is lost, or what the user may not see; empty where there is nothing to say."""
    wanted: str
    """What has to be typed for something final."""
    yes: str
    """The label of the button that answers yes."""
    also: Sequence[str] = ()
    """Phrases that may be typed instead of `wanted`, such as the same one in another language."""
    names: Sequence[str] = ()
    """Names and IDs that may be typed instead of `wanted`, exactly as they are."""
    hint: str = ""
    """Background that is not a warning."""

    def accepts(self, typed: str) -> bool:
        """Return whether `typed` confirms. Names and IDs are exact; phrases may differ in case and spacing."""
        return typed.strip() in (self.wanted, *self.names) or _folded(typed) in map(_folded, self.also)


class CursorMove(Enum):
    """How the cursor came to another host, if the user did not move it."""

    BY_REFRESH = "refresh"
    """The host under it has gone, or the marks have."""
    BY_PURCHASE = "purchase"
    """It was put on the host that was bought."""


_MOVES: Final = {
    CursorMove.BY_REFRESH: N_("The list has just changed. Check that these are the hosts you mean."),
    CursorMove.BY_PURCHASE: N_("The cursor was moved to the host that you rented."),
}


@dataclass(frozen=True, slots=True)
class OperationTarget:
    """The hosts of an operation, with what the question about it depends on."""

    hosts: Sequence[Host]
    now: datetime
    """The time from which remaining times are counted."""
    hidden: int = 0
    """How many of the hosts the filter hides."""
    moved: CursorMove | None = None
    """How the cursor came to the host, if the user did not move it; then even a reversible operation is confirmed."""
    fleet: Sequence[Host] = ()
    """All hosts, to tell whether a name is unique."""
    rates: Mapping[str, Rate] = field(default_factory=dict)
    """Prices by host ID."""
    has_seen_caveat: bool = False
    """Whether the user has read that stopped hosts may be billed."""
    is_cost_known: bool = False
    """Whether the user knows what starting the hosts costs; then that is not confirmed."""
    protected: Sequence[Host] = ()
    """The selected hosts that are left out, because they are protected."""


def confirmation_for(action: OrderAction, target: OperationTarget) -> Confirmation:
    """Return the question for doing `action` to the hosts of `target`."""
    hosts, count = target.hosts, len(target.hosts)
    titles = {
        OrderAction.POWER_ON: ngettext("Start {count} host?", "Start {count} hosts?", count),
        OrderAction.POWER_OFF: ngettext("Stop {count} host?", "Stop {count} hosts?", count),
        OrderAction.REBOOT: ngettext("Reboot {count} host?", "Reboot {count} hosts?", count),
        OrderAction.DELETE: ngettext("Delete {count} host permanently?", "Delete {count} hosts permanently?", count),
    }
    notes = [_loss(action, hosts, target.now), *_added_cost(action, hosts, target.rates), *_surprises(target)]
    is_single = count == 1
    return Confirmation(
        tier=_risk(action, target),
        title=titles[action].format(count=count),
        targets=[_target(action, host, target.now) for host in hosts],
        note=" ".join(note for note in notes if note),
        wanted=_name_to_type(hosts[0], target.fleet) if is_single else _(DELETE_COUNT).format(count=count),
        also=() if is_single else [text.format(count=count) for text in (DELETE_COUNT, DELETE_COUNT_ZH)],
        names=[hosts[0].id] if is_single else (),
        hint="" if target.has_seen_caveat else _caveat(action, hosts),
        yes=_(terms.DELETE) if action is OrderAction.DELETE else _(_YES),
    )


def _risk(action: OrderAction, target: OperationTarget) -> Risk:
    risk = _TIERS[action]
    is_start = action is OrderAction.POWER_ON and not target.is_cost_known
    is_charged = is_start and any(host.billing is not Billing.RENT for host in target.hosts)
    return Risk.INTERRUPTING if risk is Risk.REVERSIBLE and (is_charged or target.moved) else risk


def _surprises(target: OperationTarget) -> list[str]:
    """Return what the user may not have noticed about the selection."""
    notes = []
    if target.hidden:
        text = ngettext(
            "{count} of them is hidden by the filter.", "{count} of them are hidden by the filter.", target.hidden
        )
        notes.append(text.format(count=target.hidden))
    if target.moved is not None:
        notes.append(_(_MOVES[target.moved]))
    if target.protected:
        names = shortened(", ".join(host.display_name for host in target.protected), _MAX_LEFT_OUT_CELLS)
        notes.append(_("Protected and left out: {hosts}.").format(hosts=names))
    return notes


def unprotection(hosts: Sequence[Host]) -> Confirmation:
    """Return the question for ending the protection of hosts."""
    title = ngettext("End the protection of {count} host?", "End the protection of {count} hosts?", len(hosts))
    return Confirmation(
        tier=Risk.INTERRUPTING,
        title=title.format(count=len(hosts)),
        targets=[f"{host.display_name} · {host.id}" for host in hosts],
        note=_("They can be stopped, rebooted and deleted then."),
        wanted="",
        yes=_(_YES),
    )


def buying_again(unknown: Sequence[Order]) -> Confirmation:
    """Return the question for buying what may have been bought already by orders with an unknown outcome."""
    wanted = _(BUY_AGAIN)
    return Confirmation(
        tier=Risk.FINAL,
        title=_("Buy again, although the first order may have succeeded?"),
        targets=[_bought(order) for order in unknown],
        note=ngettext(
            "It is unknown whether this order was carried out. Every refresh looks for its host. If the host "
            "exists, buying again buys a second one.",
            "It is unknown whether these orders were carried out. Every refresh looks for their hosts. If the "
            "hosts exist, buying again buys more.",
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


def _target(action: OrderAction, host: Host, now: datetime) -> str:
    parts = [host.display_name, host.id, formats.status(host), host.os]
    if action is OrderAction.DELETE and _is_prepaid(host, now) and host.expires is not None:
        parts.append(_("{time} left").format(time=formats.span(host.expires - now)))
    return " · ".join(part for part in parts if part)


def _loss(action: OrderAction, hosts: Sequence[Host], now: datetime) -> str:
    if action is not OrderAction.DELETE:
        return ""
    losses = [_("All disks and their data will be deleted.")]
    prepaid = [(host, host.expires) for host in hosts if _is_prepaid(host, now) and host.expires is not None]
    if len(prepaid) > _MAX_NAMED_LOSSES:
        losses.append(
            _("{count} of them are prepaid, and what is left of that will be forfeited.").format(count=len(prepaid))
        )
    else:
        text = _("{host} is prepaid for another {time}, which will be forfeited.")
        losses += [
            text.format(host=shortened(host.display_name, _MAX_NAME_CELLS), time=formats.span(expires - now))
            for host, expires in prepaid
        ]
    return " ".join(losses)


def _is_prepaid(host: Host, now: datetime) -> bool:
    """Return whether a part of what was paid for the host in advance is left."""
    return host.billing is Billing.RENT and host.expires is not None and host.expires > now


def _caveat(action: OrderAction, hosts: Sequence[Host]) -> str:
    if action is OrderAction.POWER_OFF and any(host.billing is Billing.ON_DEMAND for host in hosts):
        return _("Xuandashi decides whether stopped on-demand hosts are billed.")
    return ""


def _added_cost(action: OrderAction, hosts: Sequence[Host], rates: Mapping[str, Rate]) -> list[str]:
    """Return what starting `hosts` adds to the cost per hour, as far as their prices are known."""
    billed = [host for host in hosts if host.billing is not Billing.RENT]
    if action is not OrderAction.POWER_ON or not billed:
        return []
    known = [rates[host.id] for host in billed if host.id in rates]
    notes = [_("This adds {rate}/h.").format(rate=formats.rate(pricing.together(known)))] if known else []
    if unknown := len(billed) - len(known):
        text = ngettext("The price of {count} host is unknown.", "The price of {count} hosts is unknown.", unknown)
        notes.append(text.format(count=unknown))
    return notes


def _name_to_type(host: Host, fleet: Iterable[Host]) -> str:
    """Return the name of a host, or its ID where the name is not unique, long, or cannot be typed as it is shown."""
    others = {text for other in fleet if other.id != host.id for text in (other.display_name, other.name, other.id)}
    name = host.display_name
    is_typable = name.isprintable() and name == name.strip() and "  " not in name
    is_typable = is_typable and formats.cells(name) <= _MAX_NAME_CELLS
    return name if is_typable and name not in others else host.id


def missing_choices(draft: Draft, host: Host) -> str:
    """Return what has to be chosen for another host like `host`; empty if its package and image are known."""
    if draft.package is not None and draft.image is not None:
        return ""
    if draft.package is not None:
        text = _("The image of {host} is unknown. Choose one.")
    elif draft.image is not None:
        text = _("The package of {host} is unknown. Choose one.")
    else:
        text = _("The package and the image of {host} are unknown. Choose them.")
    return text.format(host=host.display_name)
