"""`python -m tests.bench.refresh`: the CPU time of a refresh of unchanged hosts, compared with a plain httpx loop.

Both run in this process and use an event loop. The loop requests the same pages one after another, and decodes them.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Final

import httpx

from tests.bench.service import ACCOUNT, SECRET, serving
from tests.bench.table import Line, compared, run
from xds_tui.api.client import Client
from xds_tui.domain.credentials import AccountKey, Secret
from xds_tui.fleet.host_listing import PAGE_SIZE, list_hosts

HOSTS: Final = 1_000
REFRESHES: Final = 6
RUNS: Final = 3
AIM: Final = 0.9


async def refreshes(url: str) -> list[float]:
    """Return the seconds of CPU time of some refreshes, after two that fill caches."""
    client = Client(url, AccountKey(ACCOUNT, Secret(SECRET)))
    snapshot, times = None, []
    for _ in range(REFRESHES + 2):
        began = time.process_time()
        snapshot = (await list_hosts(client, snapshot, lambda: datetime.now(UTC))).snapshot
        times.append(time.process_time() - began)
    await client.aclose()
    return times[2:]


async def plain_loops(url: str) -> list[float]:
    """Return the seconds of CPU time of as many loops over the same pages, after two."""
    async with httpx.AsyncClient(base_url=f"{url}/v1/") as client:
        answer = await client.post("auth/getToken", json={"uuid": ACCOUNT, "secret": SECRET})
        client.headers["Finovy-Access-Token"] = answer.json()["data"]["token"]
        times = []
        for _ in range(REFRESHES + 2):
            began = time.process_time()
            page, rows = 1, PAGE_SIZE
            while rows == PAGE_SIZE:
                answer = await client.get("pve/open/mypage", params={"page": page, "pageSize": PAGE_SIZE})
                page, rows = page + 1, len(answer.raise_for_status().json()["data"]["data"])
            times.append(time.process_time() - began)
        return times[2:]


def measure(quick: bool) -> list[Line]:
    """Measure both in turn."""
    ours: list[float] = []
    plain: list[float] = []
    with serving(HOSTS) as service:
        for _ in range(1 if quick else RUNS):
            ours += asyncio.run(refreshes(service.url))
            plain += asyncio.run(plain_loops(service.url))
    return [compared(f"CPU of a refresh of {HOSTS:,} unchanged hosts, to a loop with httpx", ours, plain, aim=AIM)]


if __name__ == "__main__":
    run(measure)
