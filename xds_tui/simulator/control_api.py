"""A side door for tests in another process: move the clock, set faults, read the books. Off unless asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from xds_tui.simulator.error_codes import ServiceError
from xds_tui.simulator.fault_middleware import Service
from xds_tui.simulator.faults import Fault
from xds_tui.simulator.lifecycle import ManualClock, SkewedClock
from xds_tui.simulator.other_user import OtherUser, Purchase

_MOVABLE: Final = (ManualClock, SkewedClock)


def control_routes(service: Service) -> list[Route]:
    """The routes of the side door.

    `GET /_sim/state`, `POST /_sim/advance {"seconds"}`, `POST /_sim/faults [{"kind", …}]`, `POST /_sim/clear`,
    `POST /_sim/expire`, and `POST /_sim/other-user {"purchases", "every"}`, which has somebody else buy one of
    `purchases` at once or, with `every`, act about once in so many seconds.

    Each answers JSON; 400 for a body that makes no sense, 409 where the clock cannot be moved.
    """
    control = _Control(service)
    return [
        _route("GET", "state", control.state),
        _route("POST", "advance", control.advance),
        _route("POST", "faults", control.faults),
        _route("POST", "clear", control.clear),
        _route("POST", "expire", control.expire),
        _route("POST", "other-user", control.other_user),
    ]


def _route(method: str, name: str, act: Callable[[bytes], object]) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            answer, status = act(await request.body()), 200
        except _Immovable as error:
            answer, status = {"error": str(error)}, 409
        except (ValueError, RecursionError, ServiceError) as error:
            answer, status = {"error": str(error)}, 400
        return Response(msgspec.json.encode(answer), status, media_type="application/json")

    return Route(f"/_sim/{name}", endpoint, methods=[method])


class _Advance(msgspec.Struct):
    seconds: float


class _Other(msgspec.Struct):
    purchases: tuple[Purchase, ...] = (("bzoff4", "5001", None),)
    every: float | None = None


class _Immovable(Exception):
    """The clock cannot be moved."""


class _Control:
    """One method a route: it takes the request's body and returns the answer."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def state(self, body: bytes) -> object:
        """The ledger, each host's status by ID, newest first, the wallets, and what was asked of the service."""
        with self._service.lock:
            world = self._service.world
            hosts = {host.id: host.status for host in world.listed()}
            ledger: list[dict[str, Any]] = [
                {
                    "at": sale.at,
                    "account": sale.account,
                    "host": sale.host_id,
                    "package": sale.package_id,
                    "image": sale.image_id,
                    "period": sale.period,
                    "charged": sale.charged,
                    "tag": sale.request_tag,
                }
                for sale in world.ledger
            ]
            wallets = {account.uuid: account.wallet for account in world.accounts.values()}
            return {"ledger": ledger, "hosts": hosts, "wallets": wallets, "requests": list(self._service.requests)}

    def advance(self, body: bytes) -> object:
        """Let `seconds` pass."""
        seconds = msgspec.json.decode(body, type=_Advance).seconds
        with self._service.lock:
            clock = self._service.world.clock
            if not isinstance(clock, _MOVABLE):
                raise _Immovable("this clock cannot be moved")
            clock.advance(seconds)
            self._service.world.catch_up()
        return {}

    def faults(self, body: bytes) -> object:
        """Let these faults happen; each is an object with the fields of `Fault`."""
        self._service.faults.set(*msgspec.json.decode(body, type=list[Fault]))
        return {}

    def clear(self, body: bytes) -> object:
        """Let everything go well from now on."""
        self._service.faults.clear()
        return {}

    def expire(self, body: bytes) -> object:
        """End every token."""
        with self._service.lock:
            self._service.world.expire_tokens()
        return {}

    def other_user(self, body: bytes) -> object:
        """Have somebody else on the main account buy a host, or act now and then."""
        other = msgspec.json.decode(body, type=_Other)
        with self._service.lock:
            user = OtherUser(self._service.world, other.purchases, self._service.world.options.seed)
            if other.every is not None:
                user.act_every(other.every)
                return {}
            return {"host": user.buy()}
