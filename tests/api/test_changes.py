"""What each response to a changing call says about its outcome, over real HTTP."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.raw_server import RawServer, envelope, http

from tests.simulator_faults.faults import Fault, Kind
from tests.simulator_faults.server import RunningSimulator
from xds_tui.api.changes import require_success
from xds_tui.api.client import Client
from xds_tui.api.errors import ApiError, OutcomeUnknown, Rejected, SignedOut
from xds_tui.domain import rejections
from xds_tui.domain.credentials import AccountKey, Secret
from xds_tui.domain.model import Period, PeriodUnit
from xds_tui.domain.rejections import Call
from xds_tui.simulator.error_codes import Code
from xds_tui.simulator.world import ACCOUNT, SECRET

Simulate = Callable[..., RunningSimulator]
DAY = Period(PeriodUnit.DAY, 1)
KEY = AccountKey(ACCOUNT, Secret(SECRET))
CALLS: dict[Call, Callable[[Client], Awaitable[object]]] = {
    Call.CREATE_ON_DEMAND: lambda client: client.create_on_demand(package_id="p1", image_id="4005"),
    Call.CREATE_RENT: lambda client: client.create_rent(package_id="p1", image_id="4005", period=DAY),
    Call.POWER: lambda client: client.power("h1", on=True),
    Call.REBOOT: lambda client: client.reboot("h1"),
    Call.DELETE: lambda client: client.delete("h1"),
}
every_call = pytest.mark.parametrize("call", Call)
a_create = pytest.mark.parametrize("call", [Call.CREATE_ON_DEMAND, Call.CREATE_RENT])

CODES = sorted({*Code, 400, 402, 403, 405, 408, 415, 429, 430, 499, 501, 502, 504, 1016, 2000, 2001, 4711} - {0})


async def outcome(client: Client, call: Call) -> ApiError | None:
    """Return the error that a call ends in, or None for success."""
    try:
        await CALLS[call](client)
    except ApiError as error:
        return error
    return None


@every_call
@pytest.mark.parametrize("status", [200, 400, 500])
async def test_a_code_is_a_rejection_only_if_the_table_lists_it(simulate: Simulate, call: Call, status: int) -> None:
    simulator = simulate(error_status=status, auth_status=status, hosts=1)
    async with Client(simulator.url, KEY) as client:
        await client.hosts(1)
        for code in CODES:
            fault = Fault(kind=Kind.CODE, endpoint=f"pve/open/{call.value}", code=code, message="because")
            simulator.service.faults.set(fault)
            simulator.service.requests.clear()
            error = await outcome(client, call)
            sent = [request for request in simulator.service.requests if call.value in request]
            assert len(sent) == 1, code
            if rejections.is_token_rejection(status, code):
                assert isinstance(error, SignedOut), code
                assert error.is_passing
            else:
                expected = Rejected if rejections.is_rejection(call, status, code) else OutcomeUnknown
                assert type(error) is expected, code
            assert isinstance(error, SignedOut | Rejected | OutcomeUnknown)
            assert error.code == code
            assert "because" in error.detail
            assert error.trace_id


BROKE: list[tuple[str, Any]] = [
    ("504 Gateway Timeout", {"code": 404, "message": "504 GATEWAY_TIMEOUT", "traceId": "TXabc-E1"}),
    ("200 OK", {"code": 9001, "message": "because", "traceId": "TXabc-E1"}),
    ("429 Too Many Requests", {"code": 429, "message": "Too_Many_Requests", "routeID": "r"}),
    ("200 OK", {"code": 430, "message": "Too_Many_Requests", "routeID": "r"}),
    ("408 Request Timeout", {"code": 9001, "data": None, "msg": "because", "traceId": "t"}),
    ("425 Too Early", {"code": 9001, "data": None, "msg": "because", "traceId": "t"}),
    ("429 Too Many Requests", {"code": 9001, "data": None, "msg": "because", "traceId": "t"}),
    ("499 Client Closed Request", {"code": 9001, "data": None, "msg": "because", "traceId": "t"}),
    ("500 Internal Server Error", {"code": 9001, "data": None, "msg": "because", "traceId": "t"}),
    ("502 Bad Gateway", {"code": 7005, "data": None, "msg": "because", "traceId": "t"}),
    ("202 Accepted", {"code": 9001, "data": None, "msg": "because", "traceId": "t"}),
    ("200 OK", {"code": 9001, "data": None, "msg": "because", "traceId": "t", "success": True}),
    ("200 OK", {"code": 9001, "data": None, "msg": "because", "traceId": "t", "success": "perhaps"}),
    ("200 OK", {"code": 9001, "data": True, "msg": "because", "traceId": "t"}),
    ("200 OK", {"code": 9001, "data": "dyMFQQgHIW", "msg": "because", "traceId": "t"}),
    ("200 OK", {"code": 9001}),
    ("200 OK", {"code": 9001, "msg": "because"}),
    ("200 OK", {"code": None, "msg": "because", "traceId": "t"}),
    ("200 OK", {"code": "9001 or so", "msg": "because", "traceId": "t"}),
    ("200 OK", {"code": 9001.5, "msg": "because", "traceId": "t"}),
    ("200 OK", {"error": "insufficient balance", "status": 402}),
    ("402 Payment Required", {"error": "insufficient balance"}),
    ("403 Forbidden", {"error": "no"}),
    ("404 Not Found", {"error": "no"}),
    ("200 OK", [9001]),
    ("200 OK", 9001),
]


@a_create
@pytest.mark.parametrize(("status", "body"), BROKE)
async def test_a_response_that_does_not_prove_a_rejection_leaves_the_outcome_unknown(
    server: RawServer, client: Client, call: Call, status: str, body: object
) -> None:
    server.answer = http(json.dumps(body), status)
    assert type(await outcome(client, call)) is OutcomeUnknown
    assert len(server.requests) == 1


@every_call
@pytest.mark.parametrize(
    ("status", "more"),
    [
        ("200 OK", {"success": False}),
        ("200 OK", {"success": 0}),
        ("200 OK", {"code": 0, "success": "no"}),
        ("500 Internal Server Error", {}),
        ("404 Not Found", {}),
        ("304 Not Modified", {}),
    ],
)
async def test_a_contradicted_success_is_unknown(
    server: RawServer, client: Client, call: Call, status: str, more: dict[str, Any]
) -> None:
    server.answer = http(envelope(True, **more), status)
    assert type(await outcome(client, call)) is OutcomeUnknown


@every_call
@pytest.mark.parametrize("success", [True, "true", None])
async def test_success_is_success(server: RawServer, client: Client, call: Call, success: object) -> None:
    server.answer = http(envelope(True, success=success), "201 Created")
    assert await outcome(client, call) is None


@pytest.mark.parametrize("code", ["9001", 9001, "9001.0"])
async def test_the_code_of_a_rejection_may_be_a_string(server: RawServer, client: Client, code: object) -> None:
    body = {"code": code, "data": "", "msg": "钱包余额不足", "traceId": None, "success": False}
    server.answer = http(json.dumps(body))
    error = await outcome(client, Call.CREATE_RENT)
    assert isinstance(error, Rejected)
    assert (error.code, error.message) == (9001, "钱包余额不足")


@every_call
@pytest.mark.parametrize("body", ["", "<h1>401</h1>", '{"uri":"/v1","msg":"Authentication Fail"}'])
async def test_http_401_alone_rejects_the_token(server: RawServer, client: Client, call: Call, body: str) -> None:
    server.answer = http(body, "401 Unauthorized")
    error = await outcome(client, call)
    assert isinstance(error, SignedOut)
    assert not error.is_passing
    assert len(server.requests) == 1


async def test_an_error_has_status_code_and_trace_id(server: RawServer, client: Client) -> None:
    body = {"code": 404, "message": "504 GATEWAY_TIMEOUT", "traceId": "TXabc-E1"}
    server.answer = http(json.dumps(body), "504 Gateway Timeout")
    error = await outcome(client, Call.CREATE_RENT)
    assert isinstance(error, OutcomeUnknown)
    assert (error.detail, error.code, error.trace_id) == ("HTTP 504: 504 GATEWAY_TIMEOUT", 404, "TXabc-E1")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9999, 9999) | st.sampled_from(["", "true", "dyMFQQgHIW", "9001", "x y"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=3,
)
ENVELOPES = st.fixed_dictionaries(
    {},
    optional={
        "code": st.sampled_from([*CODES, 0, "0", "9001"]) | JSON,
        "data": JSON,
        "msg": st.text(max_size=3),
        "message": st.text(max_size=3),
        "traceId": st.sampled_from(["", "t", None]),
        "success": JSON,
    },
)


@given(st.sampled_from(Call), st.sampled_from([200, 201, 302, 400, 401, 403, 404, 429, 499, 500, 504]), ENVELOPES)
def test_every_rejection_is_listed_in_the_table(call: Call, status: int, body: dict[str, Any]) -> None:
    response = httpx.Response(status, json=body)
    with contextlib.suppress(OutcomeUnknown, SignedOut):
        try:
            accepted = require_success(response, call, mask=lambda text: text)
        except Rejected as error:
            assert rejections.is_rejection(call, status, error.code)
            assert {"code", "msg", "traceId"} <= set(body)
            assert "success" not in body or body["success"] in (None, False, "false")
        else:
            assert (accepted.code, status in (200, 201)) == (0, True)
