"""Pages of a contradictory host list: missing hosts, a wrong number of hosts, rows without an ID."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qs

import msgspec
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Scope

from .faults import Fault
from .responses import response_of

_PAGE_SIZE: Final = 25


async def contradictory_page(fault: Fault, app: ASGIApp, scope: Scope) -> Response:
    """Return the requested page with the contradictions of the fault, or an error of the app unchanged."""
    rows: list[dict[str, Any]] = []
    number = 0
    is_complete = False
    while not is_complete:
        number += 1
        response = await response_of(app, _for_page(scope, number), _empty_body)
        envelope = msgspec.json.decode(bytes(response.body))
        if envelope.get("code") != 0 or not isinstance(envelope.get("data"), dict):
            return response
        page = envelope["data"]["data"] or []
        rows += page
        is_complete = len(page) < _PAGE_SIZE
    shown = rows[: max(0, len(rows) - fault.hidden)]
    query = parse_qs(scope["query_string"].decode())
    wanted, size = int(query["page"][0]), min(_PAGE_SIZE, int(query["pageSize"][0]))
    page = shown[(wanted - 1) * size : wanted * size]
    for row in page[: fault.nameless]:
        del row["id"]
    envelope["data"] = {"data": page, "totalCounts": len(shown) if fault.total is None else fault.total}
    return Response(msgspec.json.encode(envelope), 200, media_type="application/json")


def _for_page(scope: Scope, number: int) -> Scope:
    return {**scope, "query_string": f"page={number}&pageSize={_PAGE_SIZE}".encode()}


async def _empty_body() -> Message:
    return {"type": "http.request", "body": b""}
