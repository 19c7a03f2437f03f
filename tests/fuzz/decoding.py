"""Every method of the client, given mutated answers: it answers, or ends in an error of our own."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import resource
import time
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
from hostile import unsafe_in

from xds_tui.api.client import Client
from xds_tui.api.errors import XdsError
from xds_tui.credentials import AccountKey, BareToken
from xds_tui.model import Billing, Period, PeriodUnit
from xds_tui.secret import Secret
from xds_tui.simulator.demo_fleet import populate
from xds_tui.simulator.line import Service
from xds_tui.simulator.server import build
from xds_tui.simulator.world import ACCOUNT, SECRET, Options, World

from .mutations import Answer, Mutator

URL: Final = "https://simulated.invalid"
TOKEN: Final = "fuzz-token-0123456789"
WARM: Final = 10
"""The share of the answers, one in so many, before which growth is not counted: caches fill."""

SLOW: Final = 2.0
"""Seconds for one answer that count as a hang."""

GROWTH: Final = 16.0
"""MB that a run may grow by after it is warm."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of the client."""

    name: str
    path: str
    """The part of the request's path that tells it."""
    call: Callable[[Client], Awaitable[Any]]


async def _mint(client: Client) -> Any:
    """Forget the token and call: what comes is read as a token, and what can be one is used."""
    client.session.replace(AccountKey(ACCOUNT, Secret(SECRET)))
    return await client.images()


ENDPOINTS: Final = (
    Endpoint("getToken", "getToken", _mint),
    Endpoint("image", "/image", lambda client: client.images()),
    Endpoint("packAge", "/packAge", lambda client: client.packages(Billing.ON_DEMAND)),
    Endpoint("mypage", "/mypage", lambda client: client.hosts(1)),
    Endpoint("one", "/one/", lambda client: client.host("h1")),
    Endpoint(
        "createquantity",
        "/createquantity",
        lambda client: client.create_on_demand(package_id="bzoff4", image_id="5001"),
    ),
    Endpoint(
        "createRent",
        "/createRent",
        lambda client: client.create_rent(package_id="bzoff4", image_id="5001", period=Period(PeriodUnit.DAY, 1)),
    ),
    Endpoint("operate", "/operate/", lambda client: client.power("h1", on=True)),
    Endpoint("reboot", "/reboot/", lambda client: client.reboot("h1")),
    Endpoint("delete", "/delete/", lambda client: client.delete("h1")),
)


@dataclass(slots=True)
class Outcome:
    """What came of one endpoint's answers."""

    name: str
    answers: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    growth: float = 0.0
    """MB, after the first tenth."""
    ends: Counter[str] = field(default_factory=Counter)
    """How often each kind of end came: `value`, or the error's name."""
    complaints: list[str] = field(default_factory=list)

    @property
    def is_kept(self) -> bool:
        """Whether all that was promised held."""
        return not self.complaints and self.slowest < SLOW and self.growth < GROWTH


async def originals(endpoint: Endpoint) -> list[Any]:
    """What the service answers to this call when it is well, in both dialects, and when it refuses."""
    found: list[Any] = []
    for dialect in ("later", "document"):
        for hosts in (1, 3, 12):
            found += await _answered(endpoint, World(Options(dialect=dialect)), hosts)
    found.append({"code": 1003, "data": None, "msg": "业务异常", "traceId": "t1", "success": False})
    found.append({"code": 0, "data": True, "msg": "success", "traceId": "t2", "success": True})
    return found


async def _answered(endpoint: Endpoint, world: World, hosts: int) -> list[Any]:
    populate(world, hosts)
    documents: list[Any] = []
    inner = httpx.ASGITransport(build(Service(world)))
    host_id = next(iter(world.machines))

    async def ask(request: httpx.Request) -> httpx.Response:
        url = httpx.URL(str(request.url).replace("/h1", f"/{host_id}"))
        response = await inner.handle_async_request(
            httpx.Request(request.method, url, headers=request.headers, content=request.content)
        )
        await response.aread()
        if endpoint.path in request.url.path:
            documents.append(response.json())
        return httpx.Response(response.status_code, content=response.content)

    async with Client(URL, AccountKey(ACCOUNT, Secret(SECRET)), transport=httpx.MockTransport(ask)) as client:
        with contextlib.suppress(XdsError):  # a refusal is an answer, too
            await endpoint.call(client)
    return documents


async def run(endpoint: Endpoint, count: int, seed: int) -> Outcome:
    """Give the client `count` mutated answers, one after another."""
    mutator = Mutator(await originals(endpoint), f"{seed} {endpoint.name}")
    outcome = Outcome(endpoint.name)
    sent = well = Answer(b'{"code":0,"data":[],"msg":"","traceId":""}')

    def serve(request: httpx.Request) -> httpx.Response:
        nonlocal sent
        sent = mutator.answer() if endpoint.path in request.url.path else well
        return sent.response()

    async with Client(URL, BareToken(Secret(TOKEN)), transport=httpx.MockTransport(serve)) as client:
        began, before = time.perf_counter(), resident()
        for number in range(count):
            if number == count // WARM:
                before = resident()
            await _once(endpoint, client, outcome, lambda: sent)
            await asyncio.sleep(0)  # the loop's turn, in which it drops the deadlines that are over
        outcome.seconds = time.perf_counter() - began
        outcome.growth = resident() - before
    return outcome


async def _once(endpoint: Endpoint, client: Client, outcome: Outcome, sent: Callable[[], Answer]) -> None:
    began = time.perf_counter()
    try:
        end: Any = await endpoint.call(client)
        outcome.ends["value"] += 1
    except XdsError as error:
        end = error
        outcome.ends[type(error).__name__] += 1
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        end = None
        outcome.ends["!"] += 1
        _complain(outcome, "".join(traceback.format_exception(error)), sent())
    outcome.answers += 1
    took = time.perf_counter() - began
    if took > outcome.slowest:
        outcome.slowest = took
        if took > SLOW:
            _complain(outcome, f"{took:.1f} s", sent())
    if unsafe_in(said(end)):
        _complain(outcome, f"unsafe: {ascii(said(end))[:300]}", sent())


def said(end: Any) -> str:
    """Every text of an end, as far as it can be shown."""
    if isinstance(end, XdsError):
        return "".join((str(end), end.trace_id, getattr(end, "message", "")))
    if isinstance(end, str):
        return end
    rows = end if isinstance(end, tuple) else getattr(end, "hosts", (end,))
    texts: list[str] = []
    for row in rows:
        for name in getattr(row, "__slots__", ()):
            value = getattr(row, name, None)
            texts += [value] if isinstance(value, str) else value.values() if isinstance(value, dict) else []
    return "".join(texts)


def _complain(outcome: Outcome, what: str, answer: Answer) -> None:
    if len(outcome.complaints) < 5:
        outcome.complaints.append(
            f"{outcome.name}: HTTP {answer.status} {answer.headers!r} {answer.body[:500]!r}\n{what}"
        )


def resident() -> float:
    """MB of this process that are in memory."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def run_each(count: int, seed: int) -> list[Outcome]:
    """Run every endpoint."""
    return [asyncio.run(run(endpoint, count, seed)) for endpoint in ENDPOINTS]
