"""Hosts as the user saw them when choosing an operation, compared with what they are when it is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from xds_tui.domain.model import Host, Status
from xds_tui.domain.pricing import Rate
from xds_tui.domain.records import OrderAction
from xds_tui.text import formats


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The hosts that an operation was not sent for, by reason."""

    gone: Sequence[Host] = ()
    deleted: Sequence[Host] = ()
    """Being deleted."""
    changed: Sequence[str] = ()
    """Different from what the user confirmed: each host with what changed."""


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
            (seen.name, host.name),
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
                pairs.append((f"{formats.rate(old)}/h", f"{formats.rate(new)}/h"))
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
        gone, deleted, changed, hosts = [], [], [], []
        for selected in self.hosts:
            host = by_id.get(selected.id)
            if host is None:
                gone.append(selected)
            elif is_hindered(action, host):
                deleted.append(host)
            elif changes := self.changes(action, host, rates):
                changed.append(f"{selected.name or selected.id} ({changes})")
            else:
                hosts.append(host)
        return hosts, LeftOut(gone, deleted, changed)


def _heads_for(status: Status) -> Status:
    """Return the status that a host reaches without intervention."""
    if status in (Status.STARTING, Status.BILLED):
        return Status.ON
    return Status.OFF if status is Status.STOPPING else status
