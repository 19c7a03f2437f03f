"""A simulated service in this process, with a clock that the test controls."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from typing import Any

import httpx

from tests.simulator_faults.clocks import ManualClock
from tests.simulator_faults.middleware import Service, build
from xds_tui.simulator.demo_fleet import populate
from xds_tui.simulator.world import ACCOUNT, Account, Options, World

OFF, STARTING, ON, BILLED, STOPPING, EXPIRED = range(6)
HOUR = 3600.0
DAY = 24 * HOUR

PAIR = {"packageId": "bzoff4", "imageId": "5001"}
"""¥0.99 per hour without a discount, available in both modes."""


class Simulated:
    """The service, and a signed-in client."""

    def __init__(
        self, hosts: int = 0, *, uuid: str = ACCOUNT, lock: AbstractContextManager[object] | None = None, **options: Any
    ) -> None:
        self.clock = ManualClock()
        self.world = World(Options(**options), self.clock)
        populate(self.world, hosts)
        self.service = Service(self.world, lock=lock or threading.RLock())
        self.account: Account = self.world.accounts[uuid]
        self.token = self.world.mint(uuid)
        self._transport = httpx.ASGITransport(build(self.service, control=True))

    async def send(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Send a request unchanged."""
        async with httpx.AsyncClient(transport=self._transport, base_url="http://simulated") as http:
            return await http.request(method, path, **request)

    async def ask(self, method: str, path: str, body: object = None, **query: Any) -> httpx.Response:
        """Send a request with the token to a path below `v1/pve/open/`."""
        headers = {"Finovy-Access-Token": self.token}
        content = {} if body is None else {"json": body}
        return await self.send(method, f"/v1/pve/open/{path}", headers=headers, params=query or None, **content)

    async def data(self, method: str, path: str, body: object = None, **query: Any) -> Any:
        """Send a request, and return the data of the response."""
        answer = (await self.ask(method, path, body, **query)).json()
        assert answer["code"] == 0, answer
        return answer["data"]

    async def code(self, method: str, path: str, body: object = None, **query: Any) -> int:
        """Send a request, and return the code of the response."""
        return int((await self.ask(method, path, body, **query)).json()["code"])

    async def buy(self, **fields: Any) -> str:
        """Create an on-demand host, and return its ID."""
        await self.data("POST", "createquantity", PAIR | fields)
        return self.world.ledger[-1].host_id

    async def rent(self, number: int = 1, unit: int = 1, **fields: Any) -> str:
        """Create a prepaid host, and return its ID."""
        body = PAIR | {"periodNumber": number, "periodType": unit} | fields
        return str(await self.data("POST", "createRent", body))

    async def power(self, host_id: str, *, on: bool) -> int:
        """Start or stop a host, and return the code."""
        return await self.code("GET", f"operate/{host_id}", type=int(on))

    def let_pass(self, seconds: float) -> None:
        """Advance the clock, and sign in again, because tokens expire."""
        self.clock.advance(seconds)
        self.token = self.world.mint(self.account.uuid)

    async def started(self, host_id: str) -> str:
        """Start a host, and advance the clock until it is on, and billed if applicable."""
        assert await self.power(host_id, on=True) == 0
        self.let_pass(20)
        assert await self.status(host_id) in (ON, BILLED)
        return host_id

    async def status(self, host_id: str) -> int:
        """Return the status of the host."""
        return int((await self.data("GET", f"one/{host_id}"))["status"])
