"""The simulated service on the wire: the endpoints of the host rental document, and an ASGI app over a `World`."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from xds_tui.simulator.accounts import Account
from xds_tui.simulator.billing import PERIOD_SECONDS
from xds_tui.simulator.catalog_data import IMAGES, PACKAGES
from xds_tui.simulator.error_codes import MESSAGES, Code, ServiceError
from xds_tui.simulator.options import DOCUMENT, Options
from xds_tui.simulator.world import World

MAX_PAGE_SIZE: Final = 25


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a request."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, object]
    tag: str = ""
    """The header `X-Request-Tag`, which only tests send."""

    def flag(self, name: str) -> bool:
        """Return a `0` or `1` of the query as a bool."""
        return self._query_text(name, "[01]") == "1"

    def count(self, name: str) -> int:
        """Return a whole number of the query, from 1."""
        return int(self._query_text(name, "0*[1-9][0-9]{0,5}"))

    def _query_text(self, name: str, pattern: str) -> str:
        text = self.query.get(name)
        if text is None:
            raise ServiceError(Code.PARAMETER_MISSING)
        if not re.fullmatch(pattern, text):
            raise ServiceError(Code.NO_PERMISSION)
        return text


class Endpoints:
    """One method per endpoint: takes the caller and the parameters, returns the `data` or raises `ServiceError`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def get_token(self, parameters: Parameters) -> object:
        """`POST auth/getToken`: a token for an account ID and its secret. The only endpoint that needs no token."""
        token, seconds = self._world.tokens.sign_in(parameters.body.get("uuid"), parameters.body.get("secret"))
        return {"token": token, "effectiveTime": round(seconds * 1000)}

    def images(self, account: Account, parameters: Parameters) -> object:
        """`GET pve/open/image`: every image."""
        return [image.row() for image in IMAGES]

    def packages(self, account: Account, parameters: Parameters) -> object:
        """`GET pve/open/packAge/{type}`: the packages sold on demand (`0`) or as a rent (`1`)."""
        billing = parameters.path["type"]
        if billing not in ("0", "1"):
            raise ServiceError(Code.NO_PERMISSION)
        options, is_rent = self._world.options, billing == "1"
        packages = (*PACKAGES, *options.extra_packages)
        return [package.row(options.dialect) for package in packages if package.is_sold(rented=is_rent)]

    def create_on_demand(self, account: Account, parameters: Parameters) -> object:
        """`POST pve/open/createquantity`: `true` as the document has it, the host's ID in the later dialect."""
        host = self._world.create(
            account, parameters.body.get("packageId"), parameters.body.get("imageId"), None, parameters.tag
        )
        options = self._world.options
        answers_true = options.create_answers_true
        if answers_true is None:
            answers_true = options.dialect == DOCUMENT
        return True if answers_true else host.id

    def create_rent(self, account: Account, parameters: Parameters) -> object:
        """`POST pve/open/createRent`: the host's ID."""
        period = _period(parameters.body.get("periodNumber"), parameters.body.get("periodType"))
        package_id, image_id = parameters.body.get("packageId"), parameters.body.get("imageId")
        return self._world.create(account, package_id, image_id, period, parameters.tag).id

    def power(self, account: Account, parameters: Parameters) -> object:
        """`GET pve/open/operate/{id}?type=`: `true` if the host will be started (`1`) or stopped (`0`)."""
        self._world.power(account, parameters.path["id"], on=parameters.flag("type"))
        return True

    def reboot(self, account: Account, parameters: Parameters) -> object:
        """`GET pve/open/reboot/{id}`: `true` if the host will be rebooted."""
        self._world.reboot(account, parameters.path["id"])
        return True

    def one(self, account: Account, parameters: Parameters) -> object:
        """`GET pve/open/one/{id}`: the host; null or an error if there is none."""
        options, host_id = self._world.options, parameters.path["id"]
        if options.missing == "null" and self._world.find(host_id, account.uuid) is None:
            return None
        return self._world.one(host_id, account.uuid).row(options, page=False)

    def page(self, account: Account, parameters: Parameters) -> object:
        """`GET pve/open/mypage?page=&pageSize=`: the hosts of one page, newest first, and how many there are."""
        options = self._world.options
        page, size = parameters.count("page"), parameters.count("pageSize")
        if size > MAX_PAGE_SIZE and options.oversized_page == "error":
            raise ServiceError(Code.NO_PERMISSION)
        size = min(size, MAX_PAGE_SIZE)
        hosts = self._world.listed(account.uuid)
        rows = [host.row(options, page=True) for host in hosts[(page - 1) * size : page * size]]
        data = None if options.empty_page == "null" and not rows else rows
        return {"data": data, "totalCounts": str(len(hosts)) if options.totals_as_text else len(hosts)}

    def delete(self, account: Account, parameters: Parameters) -> object:
        """`DELETE pve/open/delete/{id}`: whether the host was deleted."""
        return self._world.delete(account, parameters.path["id"])


def _period(number: object, unit: object) -> tuple[int, int]:
    """The number and the type of a rent's periods, both as whole numbers."""
    if number is None or unit is None:
        raise ServiceError(Code.PARAMETER_MISSING)
    # A bool is an int to Python, but not to the service.
    if type(number) is not int or type(unit) is not int or number < 1 or unit not in range(len(PERIOD_SECONDS)):
        raise ServiceError(Code.NO_PERMISSION)
    return number, unit


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
