"""Routes for tests in another process: advance the clock, set faults, read the ledger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from xds_tui.simulator.error_codes import ServiceError

from .clocks import ManualClock, SkewedClock
from .faults import Fault
from .middleware import Service
from .other_user import OtherUser, Purchase

_ADJUSTABLE_CLOCKS: Final = (ManualClock, SkewedClock)


def control_routes(service: Service) -> list[Route]:
    """Create the control routes.

    `GET /_sim/state`, `POST /_sim/advance {"seconds"}`, `POST /_sim/faults [{"kind", …}]`, `POST /_sim/clear`,
    `POST /_sim/expire`, and `POST /_sim/other-user {"purchases", "every"}`, which lets another user buy one of
    `purchases` immediately or, with `every`, act about once in so many seconds.

    Each responds with JSON: 400 for an invalid body, 409 if the clock cannot be advanced.
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


def _route(method: str, name: str, handler: Callable[[bytes], object]) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            result, status = handler(await request.body()), 200
        except _FixedClockError as error:
            result, status = {"error": str(error)}, 409
        except (ValueError, RecursionError, ServiceError) as error:
            result, status = {"error": str(error)}, 400
        return Response(msgspec.json.encode(result), status, media_type="application/json")

    return Route(f"/_sim/{name}", endpoint, methods=[method])


class _Advance(msgspec.Struct):
    seconds: float


class _OtherUserRequest(msgspec.Struct):
    purchases: tuple[Purchase, ...] = (("bzoff4", "5001", None),)
    every: float | None = None


class _FixedClockError(Exception):
    """The clock cannot be advanced."""


class _Control:
    """The handlers of the routes. Each takes the body of a request and returns the result as plain objects."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def state(self, body: bytes) -> object:
        """Return the ledger, the status of each host by ID, newest first, the wallets, and the log of requests."""
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
        """Advance the clock by `seconds`."""
        seconds = msgspec.json.decode(body, type=_Advance).seconds
        with self._service.lock:
            clock = self._service.world.clock
            if not isinstance(clock, _ADJUSTABLE_CLOCKS):
                raise _FixedClockError("this clock cannot be advanced")
            clock.advance(seconds)
            self._service.world.catch_up()
        return {}

    def faults(self, body: bytes) -> object:
        """Add faults; each is an object with the fields of `Fault`."""
        self._service.faults.set(*msgspec.json.decode(body, type=list[Fault]))
        return {}

    def clear(self, body: bytes) -> object:
        """Remove the pending faults."""
        self._service.faults.clear()
        return {}

    def expire(self, body: bytes) -> object:
        """Expire every token."""
        with self._service.lock:
            self._service.world.expire_tokens()
        return {}

    def other_user(self, body: bytes) -> object:
        """Let another user of the main account buy a host, or act from time to time."""
        request = msgspec.json.decode(body, type=_OtherUserRequest)
        with self._service.lock:
            user = OtherUser(self._service.world, request.purchases, self._service.world.options.seed)
            if request.every is not None:
                user.act_every(request.every)
                return {}
            return {"host": user.buy()}
