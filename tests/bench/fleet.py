"""Hosts for measurements without a service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from xds_tui.domain.model import Area, Billing, Host, Purpose, Status

START: Final = datetime(2026, 11, 1, tzinfo=UTC)

_HOST: Final = Host(
    id="",
    name="",
    status=Status.ON,
    billing=Billing.ON_DEMAND,
    cpu=16,
    memory=64,
    disk=500,
    gpu_count=1,
    gpu_name="RTX 4090",
    os="Ubuntu 22.04",
    account="root",
    password=None,
    address="gpu.example.com",
    port=54_320,
    mac="52:54:00:12:34:56",
    ipv4="10.0.0.17",
    purpose=Purpose.COMPUTE,
    area=Area.SOUTH,
    created=START,
    expires=None,
)


def hosts(count: int) -> Iterator[Host]:
    """Yield a number of hosts."""
    return (replace(_HOST, id=f"{number:08x}-host", name=f"gpu-node-{number}") for number in range(count))
