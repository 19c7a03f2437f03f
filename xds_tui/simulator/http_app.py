"""The simulated service on the wire: an ASGI app over a `Service`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from xds_tui.simulator.accounts import Account
from xds_tui.simulator.endpoints import Asked, Endpoints
from xds_tui.simulator.error_codes import MESSAGES, Code, ServiceError
from xds_tui.simulator.fault_middleware import FaultMiddleware, Service
from xds_tui.simulator.protocol import envelope

__all__ = ["Service", "build"]


def build(service: Service, *, control: bool = False) -> ASGIApp:
    """Return the app; with `control` tests can move its clock and set faults over HTTP (see `control`)."""
    wire = _Wire(service)
    endpoints = Endpoints(service.world)
    routes = [
        wire.route("POST", "auth/getToken", endpoints.get_token),
        wire.signed_in("GET", "pve/open/image", endpoints.images),
        wire.signed_in("GET", "pve/open/packAge/{type}", endpoints.packages),
        wire.signed_in("POST", "pve/open/createquantity", endpoints.create_on_demand),
        wire.signed_in("POST", "pve/open/createRent", endpoints.create_rent),
        wire.signed_in("GET", "pve/open/operate/{id}", endpoints.power),
        wire.signed_in("GET", "pve/open/reboot/{id}", endpoints.reboot),
        wire.signed_in("GET", "pve/open/one/{id}", endpoints.one),
        wire.signed_in("GET", "pve/open/mypage", endpoints.page),
        wire.signed_in("DELETE", "pve/open/delete/{id}", endpoints.delete),
    ]
    if control:
        from xds_tui.simulator.control_api import control_routes

        routes += control_routes(service)
    return FaultMiddleware(Starlette(routes=routes, exception_handlers={HTTPException: wire.nowhere}), service)


class _Wire:
    """Between HTTP and the endpoints: reads the request, answers the envelope whatever happens."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def route(self, method: str, path: str, act: Callable[[Asked], object]) -> Route:
        """The route to an endpoint that anyone may call."""
        return self._route(method, path, lambda token, asked: act(asked))

    def signed_in(self, method: str, path: str, act: Callable[[Account, Asked], object]) -> Route:
        """The route to an endpoint that takes a token."""
        account_of = self._service.world.tokens.account_of
        return self._route(method, path, lambda token, asked: act(account_of(token), asked))

    async def nowhere(self, request: Request, error: Exception) -> Response:
        """Answer a request for a path that is not there, or not for this method."""
        return envelope(self._service.world.options, Code.NOT_FOUND, MESSAGES[Code.NOT_FOUND], status=404)

    def _route(self, method: str, path: str, act: Callable[[str, Asked], object]) -> Route:
        async def endpoint(request: Request) -> Response:
            tag = request.headers.get("X-Request-Tag", "")
            asked = Asked(request.path_params, request.query_params, _as_object(await request.body()), tag)
            return self._answer(partial(act, request.headers.get("Finovy-Access-Token", ""), asked), tag)

        route = Route(f"/v1/{path}", endpoint, methods=[method])
        # Starlette adds HEAD to GET; here that would start and stop hosts.
        route.methods = {method}
        return route

    def _answer(self, act: Callable[[], object], tag: str) -> Response:
        options = self._service.world.options
        with self._service.lock:
            try:
                data = act()
            except ServiceError as refusal:
                code = options.auth_code if refusal.code is Code.SIGNED_OUT else refusal.code
                return envelope(options, code, refusal.message)
            if tag and data is not False:
                self._service.carried_out[tag] += 1
            return envelope(options, Code.OK, MESSAGES[Code.OK], data)


def _as_object(body: bytes) -> dict[str, object]:
    """A body as a JSON object; an empty one for whatever is not."""
    try:
        decoded = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return {}
    return decoded if isinstance(decoded, dict) else {}
