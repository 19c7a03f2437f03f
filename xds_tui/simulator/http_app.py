"""The simulated service on the wire: an ASGI app over a `World`."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from xds_tui.simulator.accounts import Account
from xds_tui.simulator.endpoints import Endpoints, Parameters
from xds_tui.simulator.error_codes import MESSAGES, Code, ServiceError
from xds_tui.simulator.options import DOCUMENT, Options
from xds_tui.simulator.world import World

# Decimals are numbers with all their digits: 1.10 stays 1.10.
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


def build(world: World, lock: AbstractContextManager[object] | None = None) -> Starlette:
    """Create the app. It holds `lock` during each request, for callers that use the world from another thread."""
    wire = _Wire(world, lock or nullcontext())
    endpoints = Endpoints(world)
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
    return Starlette(routes=routes, exception_handlers={HTTPException: wire.not_found})


class _Wire:
    """Translates between HTTP and the endpoints: reads the request, and responds with an envelope in every case."""

    def __init__(self, world: World, lock: AbstractContextManager[object]) -> None:
        self._world = world
        self._lock = lock

    def route(self, method: str, path: str, call: Callable[[Parameters], object]) -> Route:
        """Create the route of an endpoint that needs no token."""
        return self._route(method, path, lambda token, parameters: call(parameters))

    def signed_in(self, method: str, path: str, call: Callable[[Account, Parameters], object]) -> Route:
        """Create the route of an endpoint that needs a token."""
        account_of = self._world.tokens.account_of
        return self._route(method, path, lambda token, parameters: call(account_of(token), parameters))

    async def not_found(self, request: Request, error: Exception) -> Response:
        """Respond to a request for an unknown path, or with a method that the path does not have."""
        return envelope(self._world.options, Code.NOT_FOUND, MESSAGES[Code.NOT_FOUND], status=404)

    def _route(self, method: str, path: str, call: Callable[[str, Parameters], object]) -> Route:
        async def endpoint(request: Request) -> Response:
            tag = request.headers.get("X-Request-Tag", "")
            parameters = Parameters(request.path_params, request.query_params, _json_object(await request.body()), tag)
            return self._respond(partial(call, request.headers.get("Finovy-Access-Token", ""), parameters))

        route = Route(f"/v1/{path}", endpoint, methods=[method])
        # Starlette adds HEAD to GET, and a GET may start and stop hosts here.
        route.methods = {method}
        return route

    def _respond(self, call: Callable[[], object]) -> Response:
        options = self._world.options
        with self._lock:
            try:
                data = call()
            except ServiceError as error:
                code = options.auth_code if error.code is Code.SIGNED_OUT else error.code
                return envelope(options, code, error.message)
            return envelope(options, Code.OK, MESSAGES[Code.OK], data)


def _json_object(body: bytes) -> dict[str, object]:
    """Decode a body as a JSON object; anything else counts as an empty one."""
    try:
        decoded = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return {}
    return decoded if isinstance(decoded, dict) else {}


def envelope(
    options: Options, code: int | None, message: str, data: object = None, *, status: int | None = None
) -> Response:
    """Create a response: `{"code", "data", "msg", "traceId"}`, and `success` in the later dialect.

    The options determine the HTTP status for a code unless `status` is given. With `code` None it has no code.
    """
    fields: dict[str, object] = {} if code is None else {"code": code}
    if code == Code.OK or options.dialect != DOCUMENT:
        fields["data"] = data
    fields |= {"msg": message, "traceId": uuid.uuid4().hex}
    if options.dialect != DOCUMENT:
        fields["success"] = code == Code.OK
    if status is None:
        statuses: dict[int | None, int] = {Code.OK: 200, options.auth_code: options.auth_status}
        status = statuses.get(code, options.error_status)
    return Response(_ENCODER.encode(fields), status, media_type="application/json")
