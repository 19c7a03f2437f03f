"""A side door for tests in another process: move the clock, set faults, read the books. Off unless asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from xds_tui.simulator.faults import Fault, Kind

if TYPE_CHECKING:
    from xds_tui.simulator.line import Service


class SkewedClock:
    """The wall clock, moved ahead by as much as tests asked for."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.ahead = 0.0

    def __call__(self) -> float:
        """The time, in seconds since the epoch."""
        return self._clock() + self.ahead


def control_routes(service: Service) -> list[Route]:
    """`GET /_sim/state`, `POST /_sim/advance {"seconds"}`, `POST /_sim/faults [{"kind", …}]`, `POST /_sim/expire`."""

    async def state(request: Request) -> Response:
        with service.lock:
            world = service.world
            world.catch_up()
            told: dict[str, Any] = {
                "ledger": [
                    {"host": sale.host_id, "package": sale.package_id, "image": sale.image_id, "charged": sale.charged}
                    for sale in world.ledger
                ],
                "hosts": {host.id: host.status for host in world.listed()},
                "wallets": {account.uuid: account.wallet for account in world.accounts.values()},
                "requests": service.requests,
            }
        return Response(msgspec.json.encode(told), media_type="application/json")

    async def advance(request: Request) -> Response:
        seconds = float(msgspec.json.decode(await request.body())["seconds"])
        with service.lock:
            if not isinstance(service.world.clock, SkewedClock):
                return Response("this clock cannot be moved", 409)
            service.world.clock.ahead += seconds
            service.world.catch_up()
        return Response("{}", media_type="application/json")

    async def faults(request: Request) -> Response:
        rows = msgspec.json.decode(await request.body())
        service.faults.set(*(Fault(**{**row, "kind": Kind(row["kind"])}) for row in rows))
        return Response("{}", media_type="application/json")

    async def expire(request: Request) -> Response:
        service.world.expire_tokens()
        return Response("{}", media_type="application/json")

    return [
        Route("/_sim/state", state),
        Route("/_sim/advance", advance, methods=["POST"]),
        Route("/_sim/faults", faults, methods=["POST"]),
        Route("/_sim/expire", expire, methods=["POST"]),
    ]
