"""Each kind of fault, in this process; those that break the connection over real HTTP as well."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from decimal import Decimal

import httpx
import pytest
from starlette.types import Message
from support.simulator_client import PAIR, Simulated
from support.wait import wait_until

from tests.simulator_faults import middleware
from tests.simulator_faults.faults import Fault, Kind
from tests.simulator_faults.middleware import Service, build
from tests.simulator_faults.server import RunningSimulator
from xds_tui.simulator.world import World

CREATE = ("POST", "createquantity", PAIR)
LISTING = "pve/open/mypage"
DROPS = [Kind.DROP_BEFORE, Kind.DROP_AFTER]
DONE = [
    *(Kind.DROP_AFTER, Kind.HTML_AFTER, Kind.TRUNCATED, Kind.DRIP, Kind.LATENCY, Kind.SHIFT, Kind.WRONG_TYPE),
    *(Kind.CODE_AFTER, Kind.ANSWER_AFTER, Kind.ALTERED, Kind.REPEATED),
]


def faulty(kind: Kind, **fields: object) -> Simulated:
    simulated = Simulated()
    simulated.service.faults.set(Fault(kind=kind, **fields))  # type: ignore[arg-type]
    return simulated


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    with RunningSimulator(Service(World())) as running:
        yield running


@pytest.fixture
def http(simulator: RunningSimulator) -> Iterator[httpx.Client]:
    """A client of the simulator over HTTP that is signed in."""
    headers = {"Finovy-Access-Token": simulator.service.world.mint()}
    with httpx.Client(base_url=f"{simulator.url}/v1/pve/open", headers=headers, trust_env=False) as client:
        yield client


def sales(simulator: RunningSimulator) -> int:
    with simulator.service.lock:
        return len(simulator.service.world.ledger)


@pytest.mark.parametrize("kind", Kind)
async def test_a_fault_strikes_once_with_or_without_carrying_out_the_request(kind: Kind) -> None:
    simulated = faulty(kind, location="http://elsewhere.invalid/", endpoint=LISTING if kind is Kind.LISTING else "")
    if kind is Kind.LISTING:
        await simulated.ask("GET", "mypage", page=1, pageSize=25)
    elif kind in DROPS:
        with pytest.raises(ConnectionResetError):
            await simulated.ask(*CREATE)
    else:
        await simulated.ask(*CREATE)
    assert len(simulated.world.ledger) == (kind in DONE)
    simulated.token = simulated.world.mint()
    await simulated.buy()
    assert simulated.service.faults.pending == []


@pytest.mark.parametrize("kind", [Kind.HTML, Kind.HTML_AFTER])
async def test_html_has_the_configured_status(kind: Kind) -> None:
    answer = await faulty(kind, status=503).ask(*CREATE)
    assert (answer.status_code, answer.content) == (503, middleware.HTML)
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("dialect", ["document", "later"])
async def test_a_code_comes_in_the_envelope_of_the_dialect(dialect: str) -> None:
    simulated = Simulated(dialect=dialect)
    simulated.service.faults.set(Fault(kind=Kind.CODE, code=6005), Fault(kind=Kind.CODE, code=77, message="x"))
    queued, unknown = (await simulated.ask("GET", "image")).json(), (await simulated.ask("GET", "image")).json()
    assert (queued["code"], queued["msg"], "success" in queued) == (6005, "创建等待", dialect == "later")
    assert (unknown["code"], unknown["msg"]) == (77, "x")


async def test_busy_has_retry_after() -> None:
    answer = await faulty(Kind.BUSY, seconds=7.0).ask("GET", "image")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


async def test_a_redirect_has_a_location() -> None:
    answer = await faulty(Kind.REDIRECT, location="http://elsewhere.invalid/x").ask("GET", "image")
    assert (answer.status_code, answer.headers["location"]) == (302, "http://elsewhere.invalid/x")


async def test_huge_has_the_configured_size() -> None:
    answer = await faulty(Kind.HUGE, size=100_000).ask("GET", "image")
    assert len(answer.json()["data"]) == 100_000


async def test_nonsense_is_json_without_an_envelope() -> None:
    assert isinstance((await faulty(Kind.NONSENSE).ask("GET", "image")).json(), list)


async def test_a_wrong_type_is_a_list_in_a_list_in_a_sound_envelope() -> None:
    answer = (await faulty(Kind.WRONG_TYPE).ask(*CREATE)).json()
    assert (answer["code"], answer["data"]) == (0, [[42]])


async def test_a_fault_can_strike_one_page_of_the_list_alone() -> None:
    simulated = Simulated(60)
    simulated.service.faults.set(Fault(kind=Kind.CODE, endpoint="pve/open/mypage?page=2&"))
    codes = [await simulated.code("GET", "mypage", page=page, pageSize=25) for page in (1, 2, 20, 2)]
    assert codes == [0, 500, 0, 0]


async def test_a_truncated_response_is_its_first_half() -> None:
    answer = await faulty(Kind.TRUNCATED).ask(*CREATE)
    assert answer.text.startswith('{"code":0,"data":"')
    with pytest.raises(json.JSONDecodeError):
        answer.json()


async def test_expired_tokens_reject_the_request_itself() -> None:
    simulated = faulty(Kind.EXPIRE_TOKENS)
    assert await simulated.code("GET", "image") == 401


@pytest.mark.parametrize("hosts", [0, 3])
async def test_a_shifted_list_has_a_new_host_at_the_top(hosts: int) -> None:
    simulated = Simulated(hosts)
    before = [row["id"] for row in simulated.world.host_rows()]
    simulated.service.faults.set(Fault(kind=Kind.SHIFT, times=2))
    for number in (1, 2):
        page = await simulated.data("GET", "mypage", page=1, pageSize=25)
        assert [row["id"] for row in page["data"]][number:] == before
        assert page["totalCounts"] == hosts + number
    assert simulated.world.ledger == []


async def test_a_shifted_list_never_reuses_an_id() -> None:
    simulated = Simulated(2)
    simulated.service.faults.set(Fault(kind=Kind.SHIFT, times=2))
    first = (await simulated.data("GET", "mypage", page=1, pageSize=25))["data"][0]["id"]
    del simulated.world.hosts[first]
    second = (await simulated.data("GET", "mypage", page=1, pageSize=25))["data"][0]["id"]
    assert second != first


async def test_requests_are_logged_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    simulated = Simulated()
    monkeypatch.setattr(middleware, "_MAX_LOGGED_REQUESTS", 4)
    await simulated.ask("GET", "mypage", page=1, pageSize=25)
    await simulated.ask("GET", "image")
    assert simulated.service.requests == ["GET /v1/pve/open/mypage?page=1&pageSize=25", "GET /v1/pve/open/image"]
    for _ in range(3):
        await simulated.ask("GET", "image")
    assert simulated.service.requests == ["GET /v1/pve/open/image"] * 3


@pytest.mark.parametrize("kind", DROPS)
def test_a_drop_breaks_only_its_own_connection(simulator: RunningSimulator, http: httpx.Client, kind: Kind) -> None:
    simulator.service.faults.set(Fault(kind=kind, endpoint="pve/open/create"))
    with httpx.Client(base_url=http.base_url, headers=http.headers, trust_env=False) as other:
        assert other.get("image").json()["code"] == 0
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            http.post("createquantity", json=PAIR)
        assert other.get("image").json()["code"] == 0
    assert sales(simulator) == (kind is Kind.DROP_AFTER)
    assert http.post("createquantity", json=PAIR).json()["code"] == 0


async def test_a_drip_is_sent_byte_by_byte_and_completely() -> None:
    simulated, sent = faulty(Kind.DRIP), []
    asked: list[Message] = [{"type": "http.request", "body": b""}]

    async def receive() -> Message:
        return asked.pop() if asked else await asyncio.Future()  # the client stays connected

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"finovy-access-token", simulated.token.encode())]
    scope = {"type": "http", "method": "GET", "path": "/v1/pve/open/image", "query_string": b"", "headers": headers}
    await build(simulated.service)(scope, receive, send)
    start, *drops, end = sent
    assert {len(drop["body"]) for drop in drops} == {1}
    assert json.loads(b"".join(drop["body"] for drop in drops))["code"] == 0
    assert dict(start["headers"])[b"content-length"] == b"%d" % len(drops)
    assert (end["body"], end["more_body"]) == (b"", False)


def test_a_drip_is_complete_over_real_http(simulator: RunningSimulator, http: httpx.Client) -> None:
    simulator.service.faults.set(Fault(kind=Kind.DRIP))
    assert http.post("createquantity", json=PAIR).json()["code"] == 0
    assert sales(simulator) == 1


def test_a_drip_ends_when_the_client_disconnects(simulator: RunningSimulator, http: httpx.Client) -> None:
    simulator.service.faults.set(Fault(kind=Kind.DRIP, seconds=3600.0))
    with http.stream("POST", "createquantity", json=PAIR) as answer:
        assert next(answer.iter_raw()) == b"{"
    assert sales(simulator) == 1
    assert http.get("image").json()["code"] == 0


def test_a_late_response_delays_no_other_request(simulator: RunningSimulator, http: httpx.Client) -> None:
    simulator.service.faults.set(Fault(kind=Kind.LATENCY, endpoint="pve/open/create", seconds=0.3))
    with pytest.raises(httpx.ReadTimeout):
        http.post("createquantity", json=PAIR, timeout=0.05)
    assert http.get("image").json()["code"] == 0
    wait_until(lambda: bool(sales(simulator)))


def test_prices_keep_their_digits_over_real_http(http: httpx.Client) -> None:
    assert '"amount":0.1234567890123456789,' in http.get("packAge/0").text
    prices = json.loads(http.get("packAge/0").content, parse_float=Decimal)["data"]
    assert Decimal("0.1234567890123456789") in {price["amount"] for price in prices}
