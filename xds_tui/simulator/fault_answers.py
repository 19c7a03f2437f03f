"""The answers that faults give: instead of the service's own, or made of it."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

import msgspec
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope

from xds_tui.simulator.error_codes import MESSAGES, Code
from xds_tui.simulator.faults import Fault, Form, Kind
from xds_tui.simulator.options import Options
from xds_tui.simulator.protocol import envelope

HTML: Final = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>nginx</h1></body></html>"

_BAD_GATEWAY: Final = 502


async def answer_of(app: ASGIApp, scope: Scope, receive: Receive) -> Response:
    """Have the app do what is asked, and return its answer instead of sending it."""
    body = bytearray()
    status = 200

    async def collect(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)
        body.extend(message.get("body", b""))

    await app(scope, receive, collect)
    return _json(bytes(body), status)


def instead_of_answer(fault: Fault, options: Options) -> Response | None:
    """Return the answer to a request that nothing was done about; None for a connection that breaks."""
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


def spoiled_answer(
    fault: Fault, options: Options, answer: Response, sleep: Callable[[float], Awaitable[object]]
) -> Response | None:
    """Return what becomes of the answer to something that was done; None for a connection that breaks.

    `sleep` waits between the bytes of an answer that drips.
    """
    body = bytes(answer.body)
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
            return _altered(fault, answer)
        case Kind.TRUNCATED:
            return _json(body[: len(body) // 2])
        case Kind.WRONG_TYPE:
            return envelope(options, Code.OK, MESSAGES[Code.OK], [[42]])
        case _:
            length = {"content-length": str(len(body))}
            return StreamingResponse(_drops(body, fault.seconds, sleep), 200, length, "application/json")


def _code(fault: Fault, options: Options) -> Response:
    """Answer the fault's code in its form."""
    code, message = fault.code, fault.message or MESSAGES.get(fault.code, "")
    answer: dict[str, Any]
    match fault.form:
        case Form.ENVELOPE:
            return envelope(options, code, message, status=fault.status or None)
        case Form.GATEWAY:
            answer = {"code": code, "message": message, "traceId": f"TX{uuid.uuid4().hex[:12]}-E1"}
        case Form.FLOW_CONTROL:
            answer = {"code": code, "message": message or "Too_Many_Requests", "routeID": "pve"}
        case Form.SECURITY:
            answer = {"code": code, "uri": "/v1/pve/open", "msg": message or "Authentication Fail"}
        case Form.BARE:
            answer = {"code": code, "msg": message}
        case Form.NO_CODE:
            answer = {"message": message}
    return _json(msgspec.json.encode(answer), fault.status or options.error_status)


def _altered(fault: Fault, answer: Response) -> Response:
    # Raw keeps every other field as it was sent, digits of prices among them.
    fields = msgspec.json.decode(bytes(answer.body), type=dict[str, msgspec.Raw])
    altered: dict[str, Any] = {**fields, **fault.fields}
    kept = {name: value for name, value in altered.items() if name not in fault.without}
    return _json(msgspec.json.encode(kept), fault.status or answer.status_code)


def _html(fault: Fault) -> Response:
    return Response(HTML, fault.status or _BAD_GATEWAY, media_type="text/html")


def _json(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type="application/json")


async def _drops(body: bytes, seconds: float, sleep: Callable[[float], Awaitable[object]]) -> AsyncIterator[bytes]:
    for byte in body:
        yield bytes((byte,))
        await sleep(seconds)
