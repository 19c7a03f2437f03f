"""Fuzzing of every method of the client with mutated responses: it returns a value or raises one of our own errors."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import multiprocessing
import resource
import time
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
from support.hostile import unsafe_in

from tests.simulator_faults.middleware import Service, build
from tests.simulator_faults.presets import EVERY_CODE
from xds_tui.api.client import Client
from xds_tui.api.errors import ApiError, NotSent, Rejected, SignedOut
from xds_tui.domain.credentials import AccountKey, BareToken, Secret
from xds_tui.domain.model import Billing, Period, PeriodUnit
from xds_tui.domain.rejections import Call, is_rejection, is_token_rejection
from xds_tui.simulator.demo_fleet import populate
from xds_tui.simulator.world import ACCOUNT, SECRET, Options, World

from .mutations import Answer, Mutator

URL: Final = "https://simulated.invalid"
TOKEN: Final = "fuzz-token-0123456789"
WARM: Final = 10
"""Growth is not counted before one in this number of responses, because caches are filled."""

SLOW: Final = 2.0
"""Seconds for one response from which on it counts as a hang."""

_NEVER_PROOF: Final = frozenset({0, 400, 404, 408, 429, 430, 499, 500, 502, 503, 504, 1003, 1005})
"""Codes that are no proof for any call that it had no effect, regardless of the table of rejections."""

GROWTH: Final = 16.0
"""MB by which the process may grow after the warm-up."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method of the client."""

    name: str
    path: str
    """The part of the path that identifies its requests."""
    call: Callable[[Client], Awaitable[Any]]
    changes: Call | None = None
    """The changing call; None for reading calls."""


async def _mint(client: Client) -> Any:
    """Discard the token and call: the response is decoded as a token, and used if it can be one."""
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
        Call.CREATE_ON_DEMAND,
    ),
    Endpoint(
        "createRent",
        "/createRent",
        lambda client: client.create_rent(package_id="bzoff4", image_id="5001", period=Period(PeriodUnit.DAY, 1)),
        Call.CREATE_RENT,
    ),
    Endpoint("operate", "/operate/", lambda client: client.power("h1", on=True), Call.POWER),
    Endpoint("reboot", "/reboot/", lambda client: client.reboot("h1"), Call.REBOOT),
    Endpoint("delete", "/delete/", lambda client: client.delete("h1"), Call.DELETE),
)


@dataclass(slots=True)
class Outcome:
    """The results for the responses of one endpoint."""

    name: str
    answers: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    growth: float = 0.0
    """Growth in MB after the first tenth."""
    ends: Counter[str] = field(default_factory=Counter)
    """The number of each kind of result: `value`, or the name of the error."""
    complaints: list[str] = field(default_factory=list)

    @property
    def is_kept(self) -> bool:
        """Whether all expectations were met."""
        return not self.complaints and self.slowest < SLOW and self.growth < GROWTH


async def originals(endpoint: Endpoint) -> list[Any]:
    """Return the regular responses to a call, in both dialects, and its rejections."""
    found: list[Any] = []
    for dialect in ("later", "document"):
        for hosts in (1, 3, 12):
            found += await _answered(endpoint, World(Options(dialect=dialect)), hosts)
    found.append({"code": 1003, "data": None, "msg": "业务异常", "traceId": "t1", "success": False})
    found.append({"code": 0, "data": True, "msg": "success", "traceId": "t2", "success": True})
    if endpoint.changes:
        refusals = _refusals()
        # About as many accepting as rejecting responses.
        found = [*found * (len(refusals) // len(found)), *refusals]
    return found


def _refusals() -> list[Any]:
    """Return every code in each form in which it has occurred."""
    found: list[Any] = []
    for code in EVERY_CODE:
        found.append({"code": code, "data": None, "msg": "m", "traceId": "t", "success": False})
        found.append({"code": code, "msg": "m", "traceId": "t"})
        found.append({"code": code, "message": "504 GATEWAY_TIMEOUT", "traceId": "TX1-E1"})
    return found


async def _answered(endpoint: Endpoint, world: World, hosts: int) -> list[Any]:
    populate(world, hosts)
    documents: list[Any] = []
    inner = httpx.ASGITransport(build(Service(world)))
    host_id = next(iter(world.hosts))

    async def ask(request: httpx.Request) -> httpx.Response:
        url = httpx.URL(str(request.url).replace("/h1", f"/{host_id}"))
        response = await inner.handle_async_request(
            httpx.Request(request.method, url, headers=request.headers, content=request.content)
        )
        content = (await response.aread()).replace(host_id.encode(), b"h1")
        if endpoint.path in request.url.path:
            documents.append(json.loads(content))
        return httpx.Response(response.status_code, content=content)

    async with Client(URL, AccountKey(ACCOUNT, Secret(SECRET)), transport=httpx.MockTransport(ask)) as client:
        with contextlib.suppress(ApiError):  # a refusal is an answer, too
            await endpoint.call(client)
    return documents


async def run(endpoint: Endpoint, count: int, seed: int) -> Outcome:
    """Give the client `count` mutated responses in sequence."""
    share = 0.4 if endpoint.changes else 0.1
    mutator = Mutator(await originals(endpoint), f"{seed} {endpoint.name}", status_share=share)
    outcome = Outcome(endpoint.name)
    sent = well = Answer(b'{"code":0,"data":[],"msg":"","traceId":""}')

    def serve(request: httpx.Request) -> httpx.Response:
        nonlocal sent
        sent = mutator.answer() if endpoint.path in request.url.path else well
        return sent.response()

    async with Client(URL, BareToken(Secret(TOKEN)), transport=httpx.MockTransport(serve)) as client:
        began, before = time.process_time(), resident()
        for number in range(count):
            if number == count // WARM:
                before = resident()
            await _once(endpoint, client, outcome, lambda: sent)
            await asyncio.sleep(0)  # the loop's turn, in which it drops the deadlines that are over
        outcome.seconds = time.process_time() - began
        outcome.growth = resident() - before
    return outcome


async def _once(endpoint: Endpoint, client: Client, outcome: Outcome, sent: Callable[[], Answer]) -> None:
    began = time.process_time()
    try:
        end: Any = await endpoint.call(client)
        outcome.ends["value"] += 1
    except ApiError as error:
        end = error
        outcome.ends[type(error).__name__] += 1
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        end = None
        outcome.ends["!"] += 1
        _complain(outcome, "".join(traceback.format_exception(error)), sent())
    outcome.answers += 1
    took = time.process_time() - began
    if took > outcome.slowest:
        outcome.slowest = took
        if took > SLOW:
            _complain(outcome, f"{took:.1f} s", sent())
    if endpoint.changes and (wrong := wrong_outcome(endpoint.changes, end, sent())):
        _complain(outcome, wrong, sent())
    if unsafe_in(said(end)):
        _complain(outcome, f"unsafe: {ascii(said(end))[:300]}", sent())


def wrong_outcome(call: Call, end: Any, answer: Answer) -> str:
    """Return a description of an outcome that the response does not prove; empty if there is none.

    The response is decoded here by the standard library, not by the code under test.
    """
    fields = _fields(answer.body)
    code = _code(fields)
    match end:
        case NotSent():
            return "NotSent, though it was answered"
        case SignedOut():
            is_proven = answer.status == 401 or is_token_rejection(answer.status, code)
            return "" if is_proven else f"signed out by HTTP {answer.status}, {code!r}"
        case Rejected():
            is_proven = code is not None and is_rejection(call, answer.status, code)
            return "" if is_proven and code not in _NEVER_PROOF else f"refused by HTTP {answer.status}, {code!r}"
        case ApiError():
            return ""
        case _:
            data = fields.get("data") if fields else None
            # An accepted power call or reboot is followed until the host shows it.
            is_shown = call in (Call.POWER, Call.REBOOT) or data not in (None, False, 0, "", [], {})
            is_success = code == 0 and is_shown and data is not False and 200 <= answer.status < 300
            return "" if is_success else f"done by HTTP {answer.status}, {fields!r:.200}"


def _code(fields: dict[str, Any] | None) -> int | None:
    """Return the code of the fields, which may be an integer in quotes; None for anything else."""
    code = fields.get("code") if fields else None
    if isinstance(code, bool) or not isinstance(code, int | float | str):
        return None
    try:
        number = float(code)
    except ValueError:
        return None
    return int(number) if number.is_integer() else None


def _fields(body: bytes) -> dict[str, Any] | None:
    """Return the fields of a JSON object, with or without control characters in it; None for anything else."""
    text = str(body, "utf-8-sig", "replace")
    for readable in (text, "".join(max(character, " ") for character in text)):
        with contextlib.suppress(ValueError, RecursionError):
            found = json.loads(readable, strict=False, parse_int=float)
            return found if isinstance(found, dict) else None
    return None


def said(end: Any) -> str:
    """Return all texts of a result that can be displayed."""
    if isinstance(end, ApiError):
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
    """Return the resident memory of this process in MB."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def run_each(count: int, seed: int, jobs: int) -> Iterator[Callable[[], Outcome]]:
    """Run every endpoint in its own process, `jobs` at the same time; yield a function that waits for each."""
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"), max_tasks_per_child=1) as pool:
        for running in [pool.submit(_run_one, number, count, seed) for number in range(len(ENDPOINTS))]:
            yield running.result


def _run_one(number: int, count: int, seed: int) -> Outcome:
    return asyncio.run(run(ENDPOINTS[number], count, seed))
