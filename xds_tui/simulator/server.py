"""The simulated service on the wire: an ASGI app over a `World`."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Final, TypeGuard

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from xds_tui.simulator.goods import IMAGES, PACKAGES
from xds_tui.simulator.line import BadLine, Service
from xds_tui.simulator.world import Account, No

MAX_PAGE_SIZE: Final = 25


def build(service: Service, *, control: bool = False) -> ASGIApp:
    """Return the app; with `control` tests can move its clock and set faults over HTTP (see `control`)."""
    endpoints = _Endpoints(service)
    routes = [
        Route("/v1/auth/getToken", endpoints.get_token, methods=["POST"]),
        Route("/v1/pve/open/image", endpoints.images),
        Route("/v1/pve/open/packAge/{type}", endpoints.packages),
        Route("/v1/pve/open/createquantity", endpoints.create_on_demand, methods=["POST"]),
        Route("/v1/pve/open/createRent", endpoints.create_rent, methods=["POST"]),
        Route("/v1/pve/open/operate/{id}", endpoints.power),
        Route("/v1/pve/open/reboot/{id}", endpoints.reboot),
        Route("/v1/pve/open/one/{id}", endpoints.one),
        Route("/v1/pve/open/mypage", endpoints.page),
        Route("/v1/pve/open/delete/{id}", endpoints.delete, methods=["DELETE"]),
    ]
    if control:
        from xds_tui.simulator.control import control_routes

        routes += control_routes(service)
    routes.append(Route("/{path:path}", endpoints.nowhere, methods=["GET", "POST", "PUT", "DELETE"]))
    return BadLine(Starlette(routes=routes), service)


class _Endpoints:
    """One method an endpoint; each answers the envelope, whatever happens."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._world = service.world

    async def get_token(self, request: Request) -> Response:
        body = await _json(request)

        def act() -> object:
            token = self._world.sign_in(body.get("uuid"), body.get("secret"))
            return {"token": token, "effectiveTime": int(self._world.options.token_seconds * 1000)}

        return self._answer(act)

    async def images(self, request: Request) -> Response:
        return self._answer_to(request, lambda account: [image.row() for image in IMAGES])

    async def packages(self, request: Request) -> Response:
        wanted = request.path_params["type"]

        def act(account: Account) -> object:
            if wanted not in ("0", "1"):
                raise No(1001, "权限不足")
            uses = (2, int(wanted))
            return [package.row(self._world.options.dialect) for package in PACKAGES if package.use in uses]

        return self._answer_to(request, act)

    async def create_on_demand(self, request: Request) -> Response:
        body = await _json(request)

        def act(account: Account) -> object:
            host = self._world.create(account, body.get("packageId"), body.get("imageId"), None)
            return True if self._world.options.dialect == "document" else host.id

        return self._answer_to(request, act)

    async def create_rent(self, request: Request) -> Response:
        body = await _json(request)

        def act(account: Account) -> object:
            number, unit = body.get("periodNumber"), body.get("periodType")
            if number is None or unit is None:
                raise No(1007, "缺少必要参数")
            if not _is_int(number) or not _is_int(unit) or number < 1 or not 0 <= unit <= 5:
                raise No(1001, "权限不足")
            return self._world.create(account, body.get("packageId"), body.get("imageId"), (number, unit)).id

        return self._answer_to(request, act)

    async def power(self, request: Request) -> Response:
        wanted = request.query_params.get("type")

        def act(account: Account) -> object:
            if wanted is None:
                raise No(1007, "缺少必要参数")
            if wanted not in ("0", "1"):
                raise No(1001, "权限不足")
            self._world.power(account, request.path_params["id"], on=wanted == "1")
            return True

        return self._answer_to(request, act)

    async def reboot(self, request: Request) -> Response:
        def act(account: Account) -> object:
            self._world.reboot(account, request.path_params["id"])
            return True

        return self._answer_to(request, act)

    async def one(self, request: Request) -> Response:
        def act(account: Account) -> object:
            try:
                host = self._world.find(request.path_params["id"], account.uuid)
            except No:
                if self._world.options.missing == "null":
                    return None
                raise
            return host.row(self._world.options.dialect, page=False)

        return self._answer_to(request, act)

    async def page(self, request: Request) -> Response:
        def act(account: Account) -> object:
            page, size = _whole(request, "page"), _whole(request, "pageSize")
            if size > MAX_PAGE_SIZE and self._world.options.oversized_page == "error":
                raise No(1001, "权限不足")
            size = min(size, MAX_PAGE_SIZE)
            hosts = self._world.listed(account.uuid)
            rows = [host.row(self._world.options.dialect, page=True) for host in hosts[(page - 1) * size : page * size]]
            total = str(len(hosts)) if self._world.options.totals_as_text else len(hosts)
            return {"data": rows, "totalCounts": total}

        return self._answer_to(request, act)

    async def delete(self, request: Request) -> Response:
        return self._answer_to(request, lambda account: self._world.delete(account, request.path_params["id"]))

    async def nowhere(self, request: Request) -> Response:
        return self._envelope(404, None, "资源不存在")

    def _answer_to(self, request: Request, act: Callable[[Account], object]) -> Response:
        """Answer what `act` returns for the account that the token stands for."""
        token = request.headers.get("Finovy-Access-Token", "")
        return self._answer(lambda: act(self._world.account_of(token)))

    def _answer(self, act: Callable[[], object]) -> Response:
        with self._service.lock:
            try:
                return self._envelope(0, act(), "success")
            except No as no:
                return self._envelope(no.code, None, no.message)

    def _envelope(self, code: int, data: object, message: str) -> Response:
        options = self._world.options
        answer: dict[str, object] = {"code": code}
        if code == 0 or options.dialect == "later":
            answer["data"] = data
        answer |= {"msg": message, "traceId": uuid.uuid4().hex}
        if options.dialect == "later":
            answer["success"] = code == 0
        status = options.auth_status if code == 401 else 200
        return json_response(answer, status)


_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


def json_response(answer: object, status: int = 200) -> Response:
    """JSON with decimals as exact numbers."""
    return Response(_ENCODER.encode(answer), status, media_type="application/json")


async def _json(request: Request) -> dict[str, object]:
    """The body as an object; an empty one for whatever is not."""
    try:
        body = msgspec.json.decode(await request.body())
    except msgspec.DecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _is_int(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _whole(request: Request, name: str) -> int:
    text = request.query_params.get(name)
    if text is None:
        raise No(1007, "缺少必要参数")
    if not re.fullmatch("[0-9]{1,6}", text) or int(text) < 1:
        raise No(1001, "权限不足")
    return int(text)
