from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import httpx
import pytest
from support.raw_server import HANG_UP, TOKEN, RawServer, envelope, http, listening, raw_server

from xds_tui.api import envelope as envelope_module
from xds_tui.api.client import Client, Deadlines
from xds_tui.api.decode import Envelope, decode_envelope
from xds_tui.api.errors import ApiError, BadResponse, NotSent, OutcomeUnknown, Rejected, SignedOut
from xds_tui.api.transport import MAX_BODY, MAX_CONNECTIONS, SendTracker
from xds_tui.domain.credentials import AccountKey, BareToken, Secret
from xds_tui.domain.model import Billing, Period, PeriodUnit

Call = Callable[[Client], Awaitable[object]]

READS: dict[str, Call] = {
    "images": lambda client: client.images(),
    "packages": lambda client: client.packages(Billing.RENT),
    "host": lambda client: client.host("h1"),
    "hosts": lambda client: client.hosts(1),
}
CHANGES: dict[str, Call] = {
    "create_on_demand": lambda client: client.create_on_demand(package_id="p1", image_id="4005"),
    "create_rent": lambda client: client.create_rent(
        package_id="p1", image_id="4005", period=Period(PeriodUnit.MONTH, 4)
    ),
    "power": lambda client: client.power("h1", on=True),
    "reboot": lambda client: client.reboot("h1"),
    "delete": lambda client: client.delete("h1"),
}
every_read = pytest.mark.parametrize("call", READS.values(), ids=READS)
every_change = pytest.mark.parametrize("call", CHANGES.values(), ids=CHANGES)
every_call = pytest.mark.parametrize("call", [*READS.values(), *CHANGES.values()], ids=[*READS, *CHANGES])

PORTAL = http("<html><head><title>Hotel Wi-Fi</title></head></html>", kind="text/html")

NONSENSE = {
    "a closed connection": HANG_UP,
    "half an answer": b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "a captive portal": PORTAL,
    "a gateway's error": http("<h1>Bad Gateway</h1>", "502 Bad Gateway", "text/html"),
    "a page that is not there": http("nginx", "404 Not Found", "text/plain"),
    "nothing": http(""),
    "cut JSON": http('{"code":0,"data":'),
    "a list": http("[]"),
    "an envelope without code": http('{"data":true}'),
    "gzip": http(b"\x1f\x8b", Content_Encoding="gzip"),
    "too much": http(b" " * (MAX_BODY + 1)),
    "a redirect": http("", "302 Found", Location="https://elsewhere.test/login"),
    "a redirect to nowhere": http("", "307 Temporary Redirect", Location="http://a:x"),
}
every_nonsense = pytest.mark.parametrize("answer", NONSENSE.values(), ids=NONSENSE)


async def test_each_call_is_the_documents_request(server: RawServer, client: Client) -> None:
    server.answer = http(envelope(None))
    for call in [*READS.values(), *CHANGES.values()]:
        with contextlib.suppress(ApiError):
            await call(client)
    assert [request.split(" HTTP/1.1")[0] for request in server.requests] == [
        "GET /v1/pve/open/image",
        "GET /v1/pve/open/packAge/1",
        "GET /v1/pve/open/one/h1",
        "GET /v1/pve/open/mypage?page=1&pageSize=25",
        "POST /v1/pve/open/createquantity",
        "POST /v1/pve/open/createRent",
        "GET /v1/pve/open/operate/h1?type=1",
        "GET /v1/pve/open/reboot/h1",
        "DELETE /v1/pve/open/delete/h1",
    ]
    assert all(f"Finovy-Access-Token: {TOKEN}\r\n" in request for request in server.requests)
    bodies = [request.partition("\r\n\r\n")[2] for request in server.requests]
    assert json.loads(bodies[4]) == {"packageId": "p1", "imageId": "4005"}
    assert json.loads(bodies[5]) == {"packageId": "p1", "imageId": "4005", "periodNumber": 4, "periodType": 3}
    assert not any(bodies[:4] + bodies[6:])


async def test_power_off_is_type_0(server: RawServer, client: Client) -> None:
    server.answer = http(envelope(True))
    await client.power("h1", on=False)
    assert server.requests[0].startswith("GET /v1/pve/open/operate/h1?type=0 ")


@pytest.mark.parametrize("suffix", ["", "/"])
async def test_an_address_may_have_a_prefix_and_a_trailing_slash(server: RawServer, suffix: str) -> None:
    server.answer = http(envelope([]))
    async with Client(f"{server.url}/prefix{suffix}", BareToken(Secret(TOKEN))) as client:
        await client.images()
    assert server.requests[0].startswith("GET /prefix/v1/pve/open/image ")


@pytest.mark.parametrize(("data", "made"), [(True, None), ("dyMFQQgHIW", "dyMFQQgHIW")])
async def test_a_create_returns_an_id_or_true(server: RawServer, client: Client, data: object, made: object) -> None:
    server.answer = http(envelope(data))
    assert await CHANGES["create_on_demand"](client) == made
    assert await CHANGES["create_rent"](client) == made


async def test_a_denied_deletion_is_unknown_and_has_its_trace_id(server: RawServer, client: Client) -> None:
    # The gateway may have repeated the request after an earlier attempt deleted the host.
    server.answer = http(envelope(False))
    with pytest.raises(OutcomeUnknown, match="did not do it") as caught:
        await client.delete("h1")
    assert (caught.value.code, caught.value.trace_id) == (0, "trace-1")
    server.answer = http(envelope(True))
    await client.delete("h1")


async def test_an_envelope_is_decoded_once(server: RawServer, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    server.answer = http(envelope([]))
    await client.images()  # signs in
    bodies: list[bytes] = []

    def record(body: bytes) -> Envelope:
        bodies.append(body)
        return decode_envelope(body)

    monkeypatch.setattr(envelope_module, "decode_envelope", record)
    await client.images()
    assert len(bodies) == 1


@pytest.mark.parametrize("answer", [envelope(code=1001), envelope(code=1021), envelope(None), '{"code":0}'])
async def test_a_missing_host_is_none(server: RawServer, client: Client, answer: str) -> None:
    server.answer = http(answer)
    assert await client.host("h1") is None


@pytest.mark.parametrize("status", ["408 Request Timeout", "429 Too Many Requests", "502 Bad Gateway", "504 Timeout"])
@pytest.mark.parametrize("answer", [envelope(code=1001), envelope(code=1021), envelope(None), '{"code":0}'])
async def test_a_gateway_error_does_not_mean_that_a_host_is_missing(
    server: RawServer, client: Client, answer: str, status: str
) -> None:
    server.answer = http(answer, status)
    with pytest.raises((Rejected, BadResponse)):
        await client.host("h1")


async def test_another_host_in_the_response_is_not_the_host_that_was_requested(
    server: RawServer, client: Client
) -> None:
    server.answer = http(envelope({"id": "h2", "name": "another", "status": "3"}))
    with pytest.raises(BadResponse):
        await client.host("h1")
    assert await client.host("h2") is not None


@pytest.mark.parametrize("change", ["create_on_demand", "create_rent", "delete"])
@pytest.mark.parametrize("data", [None, [], {"id": "h1"}, "", 123, "123", "%00", "1e400"])
async def test_success_without_a_clear_result_leaves_a_change_unknown(
    server: RawServer, client: Client, change: str, data: object
) -> None:
    server.answer = http(envelope(data))
    with pytest.raises(OutcomeUnknown) as caught:
        await CHANGES[change](client)
    assert caught.value.trace_id == "trace-1"


@pytest.mark.parametrize("change", ["create_on_demand", "create_rent", "power", "reboot"])
async def test_false_with_code_0_leaves_a_change_unknown(server: RawServer, client: Client, change: str) -> None:
    server.answer = http(envelope(False))
    with pytest.raises(OutcomeUnknown):
        await CHANGES[change](client)


@every_read
@pytest.mark.parametrize("code", [429, 1003, 1005, 6002, 9001, 4711])
async def test_a_code_rejects_a_read_with_its_trace_id(
    server: RawServer, client: Client, call: Call, code: int
) -> None:
    server.answer = http(envelope(code=code, msg="because"), "400 Bad Request")
    with pytest.raises(Rejected) as caught:
        await call(client)
    assert (caught.value.code, caught.value.message, caught.value.trace_id) == (code, "because", "trace-1")
    assert len(server.requests) == 1


@every_change
@pytest.mark.parametrize("code", [500, 503])
async def test_a_system_error_leaves_a_change_unknown(server: RawServer, client: Client, call: Call, code: int) -> None:
    server.answer = http(envelope(code=code, msg="系统异常"))
    with pytest.raises(OutcomeUnknown, match="系统异常") as caught:
        await call(client)
    assert (caught.value.code, caught.value.trace_id) == (code, "trace-1")
    assert len(server.requests) == 1


@every_read
@pytest.mark.parametrize("code", [500, 503])
async def test_a_system_error_rejects_a_read(server: RawServer, client: Client, call: Call, code: int) -> None:
    server.answer = http(envelope(code=code), "500 Internal Server Error")
    with pytest.raises(Rejected):
        await call(client)


async def test_a_busy_gateway_has_retry_after(server: RawServer, client: Client) -> None:
    server.answer = http("busy", "503 Service Unavailable", "text/plain", Retry_After="9")
    with pytest.raises(Rejected) as caught:
        await client.hosts(1)
    assert (caught.value.code, caught.value.retry_after) == (503, 9.0)
    with pytest.raises(OutcomeUnknown):
        await CHANGES["create_rent"](client)


@every_read
@every_nonsense
async def test_nonsense_is_a_bad_response_to_a_read_sent_once(
    server: RawServer, client: Client, call: Call, answer: bytes
) -> None:
    server.answer = answer
    with pytest.raises(BadResponse) as caught:
        await call(client)
    assert len(server.requests) == 1
    assert_nothing_shows(caught.value)


@pytest.mark.parametrize(
    ("call", "data"),
    [
        ("images", [{"imageId": "4005"}]),
        ("packages", [{"packageId": "p1"}]),
        ("host", {"id": "h1"}),
        ("hosts", {"data": [{"id": "h1"}], "totalCounts": "1"}),
    ],
)
async def test_success_false_with_code_0_does_not_reject_a_read(
    server: RawServer, client: Client, call: str, data: object
) -> None:
    server.answer = http(envelope(data, success=False))
    seen = await READS[call](client)
    server.answer = http(envelope(data))
    assert seen == await READS[call](client)
    assert seen


@every_call
async def test_a_code_beside_success_true_is_an_error(server: RawServer, client: Client, call: Call) -> None:
    server.answer = http(envelope(code=6002, success=True))
    with pytest.raises(ApiError):
        await call(client)


@every_change
@pytest.mark.parametrize("body", [envelope(True, success=False), envelope("h1", success=False)])
async def test_success_false_with_code_0_leaves_a_change_unknown(
    server: RawServer, client: Client, call: Call, body: str
) -> None:
    server.answer = http(body)
    with pytest.raises(OutcomeUnknown):
        await call(client)
    assert len(server.requests) == 1


@every_change
@every_nonsense
async def test_nonsense_leaves_a_change_unknown_sent_once(
    server: RawServer, client: Client, call: Call, answer: bytes
) -> None:
    server.answer = answer
    with pytest.raises(OutcomeUnknown) as caught:
        await call(client)
    assert len(server.requests) == 1
    assert_nothing_shows(caught.value)


@every_call
@pytest.mark.parametrize("status", ["200 OK", "401 Unauthorized"])
async def test_code_401_is_signed_out(server: RawServer, client: Client, call: Call, status: str) -> None:
    server.answer = http(envelope(code=401, msg=f"bad token {TOKEN}"), status)
    with pytest.raises(SignedOut) as caught:
        await call(client)
    assert caught.value.message == "bad token ••••"
    assert len(server.requests) == 1
    assert_nothing_shows(caught.value)


async def test_an_unexpected_page_is_described(server: RawServer, client: Client) -> None:
    server.answer = PORTAL
    with pytest.raises(BadResponse, match=r"HTTP 200, text/html: Hotel Wi-Fi"):
        await client.hosts(1)


async def test_a_redirect_is_not_followed_with_the_token(server: RawServer, client: Client) -> None:
    async with raw_server(http(envelope([]))) as elsewhere:
        server.answer = http("", "302 Found", Location=f"{elsewhere.url}/v1/pve/open/image?secret=1")
        with pytest.raises(BadResponse) as caught:
            await client.images()
        with pytest.raises(OutcomeUnknown):
            await client.reboot("h1")
        assert elsewhere.requests == []
    assert caught.value.detail == f"HTTP 302 → {elsewhere.url}"


async def silent(*_: object) -> None:
    await asyncio.Event().wait()


async def dripping(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("script", [silent, dripping])
async def test_the_deadline_is_for_the_whole_call(
    server: RawServer, script: Callable[..., Coroutine[Any, Any, None]]
) -> None:
    server.answer = script
    async with Client(server.url, BareToken(Secret(TOKEN)), deadlines=Deadlines(0.5, 0.5, 0.5)) as client:
        with pytest.raises(BadResponse, match="in time") as read:
            await client.hosts(1)
        with pytest.raises(OutcomeUnknown, match="in time") as change:
            await CHANGES["create_on_demand"](client)
    assert len(server.requests) == 2
    assert_nothing_shows(read.value)
    assert_nothing_shows(change.value)


async def test_a_cancelled_change_is_sent_once_and_passes_the_cancellation_on(
    server: RawServer, client: Client
) -> None:
    server.answer = silent
    task = asyncio.create_task(client.create_on_demand(package_id="p", image_id="i"))
    await server.asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(server.requests) == 1


async def refusing_port() -> int:
    async with raw_server() as server:
        return server.port


@every_call
async def test_a_connection_that_is_refused_was_never_sent(call: Call) -> None:
    async with Client(f"http://127.0.0.1:{await refusing_port()}", BareToken(Secret(TOKEN))) as client:
        with pytest.raises(NotSent, match="cannot be reached") as caught:
            await call(client)
    assert_nothing_shows(caught.value)


async def test_a_name_that_is_not_found_was_never_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    async with Client("https://service.test", BareToken(Secret(TOKEN))) as client:
        with pytest.raises(NotSent, match="Name or service not known"):
            await CHANGES["create_rent"](client)


@pytest.mark.parametrize("url", [f"https://{'a' * 64}.test", "https://a..b"])
async def test_an_invalid_name_was_never_sent(url: str) -> None:
    async with Client(url, BareToken(Secret(TOKEN))) as client:
        with pytest.raises(NotSent):
            await CHANGES["create_rent"](client)


async def greeting_in_plain_text(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    writer.close()


async def test_a_tls_failure_was_never_sent() -> None:
    token = BareToken(Secret(TOKEN))
    async with listening(greeting_in_plain_text) as port, Client(f"https://127.0.0.1:{port}", token) as client:
        with pytest.raises(NotSent):
            await CHANGES["power"](client)
        with pytest.raises(NotSent):
            await client.images()


@pytest.mark.parametrize("answer", [HANG_UP, b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", PORTAL])
async def test_a_refused_tunnel_was_never_sent(
    server: RawServer, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    server.answer = answer
    async with Client("https://service.test", BareToken(Secret(TOKEN))) as client:
        with pytest.raises(NotSent):
            await CHANGES["create_rent"](client)
    assert server.requests[0].startswith("CONNECT service.test:443 ")
    assert TOKEN not in server.requests[0]


@every_change
async def test_a_change_without_a_token_was_never_sent(server: RawServer, call: Call) -> None:
    async with Client(server.url, AccountKey("A1", Secret("app-s3cr3t"))) as client:
        for answer in (HANG_UP, PORTAL, http("<h1>Bad Gateway</h1>", "502 Bad Gateway")):
            server.answer = answer
            with pytest.raises(NotSent) as caught:
                await call(client)
            assert_nothing_shows(caught.value)
        server.answer = http(envelope(code=500))
        with pytest.raises(NotSent):
            await call(client)
        server.answer = http(envelope(code=1003, msg="no such secret: app-s3cr3t"))
        with pytest.raises(NotSent) as failed:
            await call(client)
        assert_nothing_shows(failed.value)
        server.answer = http(envelope(code=1001, msg="no such secret: app-s3cr3t"))
        with pytest.raises(NotSent, match="not accepted") as rejected:
            await call(client)
        assert_nothing_shows(rejected.value)
    assert all(request.startswith("POST /v1/auth/getToken ") for request in server.requests)


@every_change
async def test_read_only_prevents_every_change(server: RawServer, call: Call) -> None:
    async with Client(server.url, BareToken(Secret(TOKEN)), read_only=True) as client:
        with pytest.raises(NotSent, match="read-only"):
            await call(client)
    assert server.requests == []


@every_read
async def test_read_only_permits_reads(server: RawServer, call: Call) -> None:
    server.answer = http(envelope(None))
    async with Client(server.url, BareToken(Secret(TOKEN)), read_only=True) as client:
        await call(client)
    assert len(server.requests) == 1


def test_every_public_call_is_tested_as_a_read_or_a_change() -> None:
    public = {name for name in vars(Client) if not name.startswith("_")}
    assert public == {*READS, *CHANGES, "aclose"}


@pytest.mark.parametrize(
    ("host_id", "segment"),
    [("a/b", "a%2Fb"), ("a?type=0#", "a%3Ftype%3D0%23"), ("a%2Fb", "a%252Fb"), ("a b", "a%20b"), ("主", "%E4%B8%BB")],
)
async def test_an_id_stays_one_segment_of_the_path(
    server: RawServer, client: Client, host_id: str, segment: str
) -> None:
    server.answer = http(envelope(True))
    await client.delete(host_id)
    assert server.requests[0].startswith(f"DELETE /v1/pve/open/delete/{segment} ")


@pytest.mark.parametrize("host_id", ["", ".", "..", "a\nb", "\ud800", "x" * 500])
async def test_an_invalid_id_is_not_sent(server: RawServer, client: Client, host_id: str) -> None:
    for call in (client.host, client.reboot, client.delete):
        with pytest.raises(NotSent):
            await call(host_id)
    assert server.requests == []


@pytest.mark.parametrize(("page", "size"), [(-1, 25), (1, 0), (1, 26)])
async def test_a_page_that_the_service_does_not_have_is_a_mistake_of_the_caller(
    client: Client, page: int, size: int
) -> None:
    with pytest.raises(ValueError, match=f"page {page} of {size}"):
        await client.hosts(page, size)


@pytest.mark.parametrize("url", ["http://example.com", "example.com", "https://exa\x1bmple.com", "https://xn--"])
def test_an_address_that_must_not_get_the_token_is_rejected_immediately(url: str) -> None:
    with pytest.raises(NotSent):
        Client(url, BareToken(Secret(TOKEN)))


async def test_an_unusable_environment_is_reported_by_the_first_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/bundle.pem")
    async with Client("https://service.test", BareToken(Secret(TOKEN))) as client:
        with pytest.raises(NotSent, match="SSL_CERT_FILE"):
            await client.images()


async def test_changes_use_separate_connections_and_reads_reuse_theirs() -> None:
    connections: list[int] = []

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(0)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"\r\n\r\n"):
                connections[-1] += 1
                writer.write(http(envelope(True)).replace(b"Connection: close\r\n", b""))
        writer.close()

    async with listening(keep) as port, Client(f"http://127.0.0.1:{port}", BareToken(Secret(TOKEN))) as client:
        for _ in range(2):
            await client.reboot("h1")
        for _ in range(2):
            with pytest.raises(BadResponse):
                await client.images()
    assert connections == [1, 1, 2]


async def test_a_given_transport_is_used_and_closed() -> None:
    closed: list[bool] = []

    class Demo(httpx.MockTransport):
        async def aclose(self) -> None:
            closed.append(True)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            raise ConnectionResetError("gone")
        return httpx.Response(200, json={"code": 0, "data": []})

    async with Client("http://localhost", BareToken(Secret(TOKEN)), transport=Demo(answer)) as client:
        assert await client.images() == ()
        with pytest.raises(OutcomeUnknown):
            await CHANGES["create_on_demand"](client)
    assert closed


async def test_a_closed_client_sends_nothing(server: RawServer, client: Client) -> None:
    server.answer = http(envelope([]))
    await client.images()
    await client.aclose()
    for call in (*READS.values(), *CHANGES.values()):
        with pytest.raises(NotSent):
            await call(client)
    assert len(server.requests) == 1


def test_the_errors_are_imported_without_httpx() -> None:
    modules = "xds_tui.api.errors, xds_tui.domain.credentials, xds_tui.domain.endpoint"
    script = f"import sys, {modules}; print('httpx' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def assert_nothing_shows(error: BaseException) -> None:
    """See that no secret hangs on `error`, nor on what led to it, in any form that a crash report could print."""
    lines = traceback.TracebackException.from_exception(error, capture_locals=False).format()
    chain: list[BaseException] = [error]
    while (before := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(before)
    assert not any(isinstance(link, httpx.HTTPError) for link in chain)
    shown = "".join(lines) + "".join(f"{link} {link!r} {vars(link)}" for link in chain)
    frames = traceback.walk_tb(error.__traceback__)
    local = "".join(repr(frame.f_locals) for frame, _ in frames if "/xds_tui/" in frame.f_code.co_filename)
    assert TOKEN not in shown + local
    assert "app-s3cr3t" not in shown + local


@pytest.mark.parametrize("call", [READS["images"], CHANGES["reboot"]], ids=["reading", "changing"])
@pytest.mark.parametrize("stage", ["connection.connect_tcp.complete", "http11.send_request_headers.started"])
async def test_requests_that_are_cancelled_use_up_no_connections(
    server: RawServer, client: Client, monkeypatch: pytest.MonkeyPatch, call: Call, stage: str
) -> None:
    """The pool has few connections, and httpcore loses one that is cancelled right after it was made."""

    async def cancel(_tracker: SendTracker, event: str, _info: object) -> None:
        task = asyncio.current_task()
        if event == stage and task is not None:
            task.cancel()

    async def request() -> object:
        return await call(client)

    server.answer = http(envelope([] if call is READS["images"] else True))
    with monkeypatch.context() as patch:
        patch.setattr(SendTracker, "__call__", cancel)
        for _ in range(MAX_CONNECTIONS + 1):
            with pytest.raises(asyncio.CancelledError):
                await asyncio.create_task(request())
    await request()
