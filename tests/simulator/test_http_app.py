from __future__ import annotations

import json
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.simulator_client import PAIR, Simulated
from support.wait import TIMEOUT

from tests.simulator_faults.faults import Fault, Kind
from tests.simulator_faults.middleware import Service
from tests.simulator_faults.server import RunningSimulator
from xds_tui.simulator.world import ACCOUNT, SECRET, World

POSTS = ["auth/getToken", "pve/open/createquantity", "pve/open/createRent"]


@pytest.mark.parametrize(
    ("dialect", "fields", "fields_of_errors"),
    [
        ("document", ["code", "data", "msg", "traceId"], ["code", "msg", "traceId"]),
        ("later", ["code", "data", "msg", "traceId", "success"], ["code", "data", "msg", "traceId", "success"]),
    ],
)
async def test_every_response_is_an_envelope(dialect: str, fields: list[str], fields_of_errors: list[str]) -> None:
    simulated = Simulated(dialect=dialect)
    fine, refused = await simulated.ask("GET", "image"), await simulated.ask("GET", "packAge/9")
    assert fine.headers["content-type"] == refused.headers["content-type"] == "application/json"
    assert (fine.json()["code"], fine.json()["msg"], fine.json().get("success", True)) == (0, "success", True)
    assert refused.json().get("success", False) is False
    assert refused.json().get("data") is None
    assert (list(fine.json()), list(refused.json())) == (fields, fields_of_errors)
    assert fine.json()["traceId"] != refused.json()["traceId"]


async def test_errors_have_the_configured_http_status() -> None:
    simulated = Simulated(error_status=400, auth_status=401)
    answers = [await simulated.ask("GET", path) for path in ("image", "one/missing", "nothing")]
    simulated.token = "wrong"
    answers.append(await simulated.ask("GET", "image"))
    seen = [(answer.status_code, answer.json()["code"]) for answer in answers]
    assert seen == [(200, 0), (400, 1021), (404, 404), (401, 401)]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/v1/pve/open/nothing"),
        ("POST", "/v1/PveMachineHardDisk/open/getList"),
        ("GET", "/v1/pve/open/packAge/"),
        ("GET", "/v1/pve/open/one/a/b"),
        ("POST", "/v1/pve/open/mypage"),
        ("PUT", "/v1/pve/open/createRent"),
        ("GET", "/v1/pve/open/createRent"),
        ("OPTIONS", "/v1/pve/open/image"),
        ("PATCH", "/v1/auth/getToken"),
    ],
)
async def test_an_unknown_path_returns_an_envelope(method: str, path: str) -> None:
    answer = await Simulated().send(method, path)
    assert (answer.status_code, answer.json()["code"], answer.json()["msg"]) == (404, 404, "资源不存在")


async def test_a_head_request_to_power_does_nothing() -> None:
    simulated = Simulated()
    host_id = await simulated.buy()
    assert (await simulated.ask("HEAD", f"operate/{host_id}", type=1)).status_code == 404
    assert await simulated.status(host_id) == 0


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b'{"uuid": "\xff"}',
        b'{"uuid": "\\ud800", "secret": "\\ud800"}',
        b"[" * 100_000,
        b'{"packageId": ' + b"9" * 5000 + b"}",
        b'{"packageId": {"a": []}, "imageId": [null]}',
        b"NaN",
        b'"text"',
        b"null",
        b"\x00" * 1000,
        json.dumps({"uuid": "x" * 1_000_000, "secret": "y"}).encode(),
    ],
    ids=range(12),
)
async def test_garbage_is_rejected_and_changes_nothing(path: str, body: bytes) -> None:
    simulated = Simulated()
    headers = {"Finovy-Access-Token": simulated.token}
    answer = await simulated.send("POST", f"/v1/{path}", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"] in {1001, 1007}) == (200, True)
    assert simulated.world.ledger == []
    assert await simulated.code("GET", "image") == 0


@settings(max_examples=50)
@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from([*PAIR, "periodNumber"]), inner),
    )
)
async def test_any_json_gets_an_envelope(body: object) -> None:
    simulated = Simulated()
    headers = {"Finovy-Access-Token": simulated.token}
    for path in POSTS:
        answer = await simulated.send("POST", f"/v1/{path}", content=json.dumps(body).encode(), headers=headers)
        assert answer.json()["code"] in {1001, 1007}


class ObservedLock:
    """A lock that records whether it is held."""

    def __init__(self) -> None:
        self.depth = 0

    def __enter__(self) -> None:
        self.depth += 1

    def __exit__(self, *error: object) -> None:
        self.depth -= 1


async def test_each_request_holds_the_lock() -> None:
    lock, looks = ObservedLock(), 0
    simulated = Simulated(5, lock=lock)
    host_id = await simulated.rent()

    def clock() -> float:
        nonlocal looks
        looks += 1
        assert lock.depth
        return 1_790_000_000.0

    simulated.world.clock = clock
    for method, path, body in (
        ("GET", "mypage?page=1&pageSize=25", None),
        ("GET", f"one/{host_id}", None),
        ("GET", f"operate/{host_id}?type=1", None),
        ("GET", f"reboot/{host_id}", None),
        ("DELETE", f"delete/{host_id}", None),
        ("POST", "createquantity", PAIR),
    ):
        before = looks
        assert await simulated.code(method, path, body) != 401
        assert looks > before
    before = looks
    simulated.service.faults.set(Fault(kind=Kind.SHIFT))
    await simulated.ask("GET", "image")
    await simulated.send("GET", "/_sim/state")
    assert looks >= before + 2


def test_invalid_bytes_do_not_end_the_server() -> None:
    with RunningSimulator(Service(World())) as simulator:
        address = ("127.0.0.1", int(simulator.url.rsplit(":", 1)[1]))
        for line in (
            b"GET /v1/pve/open/mypage?page=%ff&pageSize=\xff\xfe HTTP/1.1",
            b"GET /v1/pve/open/one/%ff%00 HTTP/1.1",
            b"GET /v1/\xff HTTP/1.1",
            b"\x00\x01 nonsense",
        ):
            with socket.create_connection(address, timeout=TIMEOUT) as connection:
                connection.sendall(line + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
                assert connection.makefile("rb").readline().split()[1] in {b"200", b"400", b"404"}
        key = json.dumps({"uuid": ACCOUNT, "secret": SECRET}).encode()
        with socket.create_connection(address, timeout=TIMEOUT) as connection:
            connection.sendall(
                b"POST /v1/auth/getToken HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
                % len(key)
                + key
            )
            assert b'"code":0' in connection.makefile("rb").read()
