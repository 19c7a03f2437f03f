"""The responses of faults: instead of the response of the service, or made from it."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

import msgspec
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope

from xds_tui.simulator.error_codes import MESSAGES, Code
from xds_tui.simulator.http_app import envelope
from xds_tui.simulator.options import Options

from .faults import Fault, Form, Kind

HTML: Final = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>nginx</h1></body></html>"

_BAD_GATEWAY: Final = 502


async def response_of(app: ASGIApp, scope: Scope, receive: Receive) -> Response:
    """Let the app process a request, and return its response instead of sending it."""
    body = bytearray()
    status = 200

    async def collect(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)
        body.extend(message.get("body", b""))

    await app(scope, receive, collect)
    return _json(bytes(body), status)


def is_success(body: bytes) -> bool:
    """Return whether the envelope in `body` says that a request was carried out."""
    envelope = msgspec.json.decode(body)
    return envelope.get("code") == Code.OK and envelope.get("data") is not False


def fault_response(fault: Fault, options: Options) -> Response | None:
    """Return the response to a request that was not carried out; None to drop the connection."""
    match fault.kind:
        case Kind.DROP_BEFORE:
            return None
        case Kind.HTML:
            return _html(fault)
        case Kind.CODE | Kind.CODE_AFTER:
            return _code(fault, options)
        case Kind.ANSWER:
            return _json(fault.body.encode(), fault.status or 200)
        case Kind.BUSY:
            return Response("slow down", 429, {"retry-after": f"{fault.seconds:.0f}"}, "text/plain")
        case Kind.REDIRECT:
            return Response(b"", 302, {"location": fault.location})
        case Kind.HUGE:
            return _json(b'{"code":0,"data":"' + b"x" * fault.size + b'"}')
        case _:
            return _json(b'["not", "an", "envelope"]')


def damaged_response(
    fault: Fault, options: Options, response: Response, sleep: Callable[[float], Awaitable[object]]
) -> Response | None:
    """Damage the response to a request that was carried out; None to drop the connection.

    `sleep` waits between the bytes of a response that drips.
    """
    body = bytes(response.body)
    match fault.kind:
        case Kind.DROP_AFTER:
            return None
        case Kind.HTML_AFTER:
            return _html(fault)
        case Kind.CODE_AFTER:
            return _code(fault, options)
        case Kind.ANSWER_AFTER:
            return _json(fault.body.encode(), fault.status or 200)
        case Kind.ALTERED:
            return _altered(fault, response)
        case Kind.TRUNCATED:
            return _json(body[: len(body) // 2])
        case Kind.WRONG_TYPE if is_success(body):  # a rejection that reads as a success would be another service
            return envelope(options, Code.OK, MESSAGES[Code.OK], [[42]])
        case Kind.WRONG_TYPE:
            return response
        case _:
            length = {"content-length": str(len(body))}
            return StreamingResponse(_drip(body, fault.seconds, sleep), 200, length, "application/json")


def _code(fault: Fault, options: Options) -> Response:
    """Return the code of the fault in its form."""
    code, message = fault.code, fault.message or MESSAGES.get(fault.code, "")
    fields: dict[str, Any]
    match fault.form:
        case Form.ENVELOPE:
            return envelope(options, code, message, status=fault.status or None)
        case Form.GATEWAY:
            fields = {"code": code, "message": message, "traceId": f"TX{uuid.uuid4().hex[:12]}-E1"}
        case Form.FLOW_CONTROL:
            fields = {"code": code, "message": message or "Too_Many_Requests", "routeID": "pve"}
        case Form.SECURITY:
            fields = {"code": code, "uri": "/v1/pve/open", "msg": message or "Authentication Fail"}
        case Form.BARE:
            fields = {"code": code, "msg": message}
        case Form.NO_CODE:
            fields = {"message": message}
    return _json(msgspec.json.encode(fields), fault.status or options.error_status)


def _altered(fault: Fault, response: Response) -> Response:
    # Raw keeps every other field as it was sent, including the digits of prices.
    fields = msgspec.json.decode(bytes(response.body), type=dict[str, msgspec.Raw])
    altered: dict[str, Any] = {**fields, **fault.fields}
    remaining = {name: value for name, value in altered.items() if name not in fault.without}
    return _json(msgspec.json.encode(remaining), fault.status or response.status_code)


def _html(fault: Fault) -> Response:
    return Response(HTML, fault.status or _BAD_GATEWAY, media_type="text/html")


def _json(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type="application/json")


async def _drip(body: bytes, seconds: float, sleep: Callable[[float], Awaitable[object]]) -> AsyncIterator[bytes]:
    for byte in body:
        yield bytes((byte,))
        await sleep(seconds)
