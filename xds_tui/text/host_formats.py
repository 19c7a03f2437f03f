"""Hosts in the formats of other programs: OpenSSH, Ansible and Prometheus. Pure; names come from the network.

Nothing in the output can be a directive, a template or a metric of its own: values that are not plainly safe are left
out, and a host can always be named by its ID.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from xds_tui.domain.model import Billing, Host, Snapshot, Status
from xds_tui.domain.pricing import Costs
from xds_tui.domain.sanitize import clean
from xds_tui.remote.target import System, Target, UnreachableError, safe_name, system_of, target

_ALIAS: Final = r"[A-Za-z0-9_][A-Za-z0-9_-]{0,62}"
"""A name without a dot, which could be the address of another machine, and without a pattern of ssh_config."""
_NOT_IN_GROUPS: Final = r"\W"
"""Characters that the name of a group in Ansible must not have."""
_TEMPLATE: Final = r"\{[{%#]"
"""What Ansible would evaluate in a variable."""


def aliases(hosts: Iterable[Host]) -> dict[str, str]:
    """Return the name of each host that other programs can use, by host ID; the ID where the name is not unique."""
    hosts = tuple(hosts)
    count = Counter(name for host in hosts for name in {host.annotation.alias, host.name})
    reserved = {host.id for host in hosts} | {"localhost"}

    def is_usable(name: str) -> bool:
        return count[name] == 1 and re.fullmatch(_ALIAS, name) is not None and name not in reserved

    return {host.id: next(filter(is_usable, (host.annotation.alias, host.name)), safe_name(host.id)) for host in hosts}


def ssh_config(hosts: Sequence[Host], at: datetime) -> str:
    """Return a file for `Include` in ssh_config, with one block per host that is reached by ssh.

    All hosts of a site have one address and differ by port, so each host's key is stored under its ID.
    """
    names = aliases(hosts)
    blocks = [f"# Written by xds-tui at {at:%Y-%m-%dT%H:%M:%SZ}. Changes are lost.\n"]
    for host in hosts:
        to = _linux_target(host)
        if to is not None:
            patterns = " ".join(dict.fromkeys((names[host.id], safe_name(host.id))))
            blocks.append(
                f"Host {patterns}\n    HostName {to.address}\n    Port {to.port}\n    User {to.user}\n"
                f"    HostKeyAlias {to.alias}\n"
            )
    return "\n".join(blocks)


def ansible_inventory(hosts: Sequence[Host]) -> dict[str, Any]:
    """Return a dynamic inventory: all hosts with their variables, grouped by region, OS, billing mode and status."""
    names = aliases(hosts)
    groups: dict[str, list[str]] = {}
    for host in hosts:
        for group in _groups(host):
            groups.setdefault(group, []).append(names[host.id])
    variables = {names[host.id]: ansible_variables(host) for host in hosts}
    inventory: dict[str, Any] = {"_meta": {"hostvars": variables}, "all": {"hosts": list(variables)}}
    return inventory | {group: {"hosts": members} for group, members in sorted(groups.items())}


def ansible_variables(host: Host) -> dict[str, Any]:
    """Return the variables of a host, as `--host` prints them."""
    found: dict[str, Any] = {}
    try:
        to = target(host)
    except UnreachableError:
        pass
    else:
        found = {"ansible_host": to.address, "ansible_port": to.port, "ansible_user": to.user}
        if to.system is System.LINUX:
            found["ansible_ssh_common_args"] = f"-o HostKeyAlias={to.alias}"
        else:
            found["ansible_connection"] = "winrm"
    facts = {
        "xds_id": host.id,
        "xds_name": host.name,
        "xds_alias": host.annotation.alias,
        "xds_tags": list(host.annotation.tags),
        "xds_owner": host.annotation.owner,
        "xds_status": host.status.name.lower(),
        "xds_os": host.os,
        "xds_cpu": host.cpu,
        "xds_memory_gb": host.memory,
        "xds_gpu": host.gpu_name,
        "xds_gpu_count": host.gpu_count,
    }
    return found | {name: value for name, value in facts.items() if not re.search(_TEMPLATE, str(value))}


def to_ansible(hosts: Sequence[Host]) -> str:
    """Return the inventory as JSON."""
    return json.dumps(ansible_inventory(hosts), ensure_ascii=False, indent=2) + "\n"


def prometheus(snapshot: Snapshot, costs: Costs, unknown_orders: int, now: datetime) -> str:
    """Return the fleet in the text format of Prometheus."""
    statuses = Counter(host.status for host in snapshot.hosts)
    fleet = costs.fleet
    lines = _metric("xds_hosts", "Hosts by status.", [({"status": s.name.lower()}, statuses[s]) for s in Status])
    rates = [
        ({"billing": billing, "bound": bound}, value)
        for billing, rate in (("on_demand", fleet.on_demand), ("rent", fleet.prepaid))
        for bound, value in (("low", rate.low), ("high", rate.high))
    ]
    lines += _metric("xds_cost_cny_per_hour", "What the hosts cost, in CNY per hour.", rates)
    lines += _metric("xds_hosts_without_price", "Hosts without a known price.", [({}, fleet.unpriced)])
    expiries = [
        (_identity(host), round((host.expires - now).total_seconds()))
        for host in snapshot.hosts
        if host.billing is Billing.RENT and host.expires is not None
    ]
    lines += _metric("xds_host_expiry_seconds", "Seconds until a prepaid host expires.", expiries)
    lines += _metric("xds_orders_unknown", "Orders of unknown outcome.", [({}, unknown_orders)])
    age = max(0, round((now - snapshot.at).total_seconds()))
    lines += _metric("xds_data_age_seconds", "Age of the data.", [({}, age)])
    return "".join(f"{line}\n" for line in lines)


def _metric(name: str, about: str, samples: Iterable[tuple[Mapping[str, str], object]]) -> list[str]:
    lines = [f"# HELP {name} {about}", f"# TYPE {name} gauge"]
    return lines + [f"{name}{_labels(labels)} {value}" for labels, value in samples]


def _labels(labels: Mapping[str, str]) -> str:
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def _escaped(value: str) -> str:
    return clean(value).replace("\\", r"\\").replace('"', r"\"")


def _groups(host: Host) -> tuple[str, ...]:
    system = system_of(host.os)
    groups = {
        "region": host.area.name.lower() if host.area else "unknown",
        "os": system.value if system else "unknown",
        "billing": host.billing.name.lower() if host.billing else "unknown",
        "status": host.status.name.lower(),
    }
    tags = (f"tag_{re.sub(_NOT_IN_GROUPS, '_', tag)}" for tag in host.annotation.tags)
    return (*(f"{kind}_{value}" for kind, value in groups.items()), *dict.fromkeys(tags))


def _identity(host: Host) -> dict[str, str]:
    """Return the labels of a host; those of the user only if there are any."""
    annotation = host.annotation
    extra = {"alias": annotation.alias, "owner": annotation.owner, "tags": ",".join(annotation.tags)}
    return {"id": host.id, "name": host.name} | {label: value for label, value in extra.items() if value}


def _linux_target(host: Host) -> Target | None:
    try:
        to = target(host)
    except UnreachableError:
        return None
    return to if to.system is System.LINUX else None
