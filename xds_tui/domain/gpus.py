"""GPU models, and how many of each a fleet uses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from xds_tui.domain.model import Host, Status
from xds_tui.structs import dataclass

_COUNT: Final = re.compile(r"\s*[*×xX✕]\s*(\d{1,3})\s*$")


@dataclass(frozen=True, slots=True)
class GpuUse:
    """The GPUs of one model in a fleet."""

    model: str
    """Empty if the service does not name it."""
    used: int
    """GPUs of hosts that are on."""
    total: int
    """GPUs of all hosts that have not expired."""


def gpu_model(name: str | None, count: int) -> str | None:
    """Return the model in a GPU's name without the number of GPUs, which some names include, as in `RTX 4090*1`."""
    if name and (match := _COUNT.search(name)) and int(match[1]) == count:
        return name[: match.start()].rstrip() or name
    return name


def model_of(host: Host) -> str:
    """Return the GPU model of a host: `GPU` if the service does not name it, and nothing without a GPU."""
    return (gpu_model(host.gpu_name, host.gpu_count) or "GPU") if host.gpu_count else ""


def gpu_use(hosts: Iterable[Host]) -> tuple[GpuUse, ...]:
    """Return the use of each GPU model, the most numerous first."""
    used: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for host in hosts:
        if host.gpu_count and host.status is not Status.EXPIRED:
            model = gpu_model(host.gpu_name, host.gpu_count) or ""
            total[model] += host.gpu_count
            used[model] += host.gpu_count if host.status.is_on else 0
    return tuple(GpuUse(model, used[model], count) for model, count in total.most_common())
