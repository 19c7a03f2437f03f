"""Fuzzing of the whole app with mutated responses: it continues, and the screen contains no active text."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import httpx
from support.app_driver import AppDriver
from support.hostile import unsafe_in
from support.wait import until

from tests.simulator_faults.middleware import build
from xds_tui.api.client import Client
from xds_tui.auth.account import TokenCache
from xds_tui.domain.credentials import AccountKey, Credentials, Secret
from xds_tui.domain.records import OrderAction
from xds_tui.simulator.world import ACCOUNT, SECRET
from xds_tui.tui.flows.power import place_orders, select

from .decoding import ENDPOINTS, WARM, Endpoint, Outcome, originals, resident
from .mutations import Answer, Mutator

KEYS: Final = (
    ("enter",),
    ("escape",),
    ("2",),
    ("3",),
    ("1",),
    ("down",),
    ("b", "escape"),
    ("D", "escape"),
    ("n", "escape"),
)
"""Keys to press in turn, so that every screen is open during some responses."""

OFTEN: Final = 10
"""Number of responses after which a key is pressed."""


class FuzzedApp(AppDriver):
    """The app on a service with one endpoint that returns given responses."""

    def __init__(self) -> None:
        super().__init__()
        self.fuzzed: Endpoint | None = None
        self.mutator: Mutator | None = None
        self.sent = Answer(b"")
        self.served = 0

    async def _connect(self, base_url: str, credentials: Credentials, tokens: TokenCache) -> Client:
        well = httpx.ASGITransport(build(self.service))

        async def serve(request: httpx.Request) -> httpx.Response:
            if self.mutator is not None and self.fuzzed is not None and self.fuzzed.path in request.url.path:
                self.served += 1
                self.sent = self.mutator.answer()
                return self.sent.response()
            response = await well.handle_async_request(request)
            return httpx.Response(response.status_code, content=await response.aread())

        return Client(base_url, credentials, transport=httpx.MockTransport(serve), clock=self.now)

    def unsafe(self) -> set[str]:
        """Return the characters on the screen that must not be there."""
        return set().union(*(unsafe_in(strip.text) for strip in self.app.screen._compositor.render_strips()))

    async def well(self) -> None:
        """Make all endpoints respond normally, sign in, and start again."""
        self.fuzzed = None
        self.account.client().session.replace(AccountKey(ACCOUNT, Secret(SECRET)))
        self.monitor.handle_sign_in()
        before = self.monitor.state.snapshot
        await until(lambda: self.monitor.state.snapshot not in (None, before))


def _order(action: OrderAction) -> Callable[[FuzzedApp], None]:
    def give_it(driver: FuzzedApp) -> None:
        snapshot = driver.monitor.state.snapshot
        if snapshot is not None:
            place_orders(driver.monitor, action, select(snapshot.hosts[:1], driver.monitor.state))

    return give_it


def _ask_for_token(driver: FuzzedApp) -> None:
    driver.account.client().session.replace(AccountKey(ACCOUNT, Secret(SECRET)))
    driver.monitor.refresh()


ASKING: Final[dict[str, Callable[[FuzzedApp], None]]] = {
    "getToken": _ask_for_token,
    "image": lambda driver: driver.monitor.refresh_catalog(),
    "packAge": lambda driver: driver.monitor.refresh_catalog(),
    "mypage": lambda driver: driver.monitor.refresh(),
    "operate": _order(OrderAction.POWER_ON),
    "reboot": _order(OrderAction.REBOOT),
    "delete": _order(OrderAction.DELETE),
}
"""The actions that cause requests; they cause the requests of the other endpoints too."""


@asynccontextmanager
async def _sitting() -> AsyncIterator[FuzzedApp]:
    driver = FuzzedApp()
    async with driver.app.run_test(size=(120, 40)) as pilot:
        driver.pilot = pilot
        await driver.settle()
        yield driver
        await driver.monitor.close(5)
    await driver.database.close()


async def run(endpoint: Endpoint, count: int, seed: int) -> Outcome:
    """Give the app `count` mutated responses of an endpoint, with different screens open."""
    outcome = Outcome(f"app: {endpoint.name}")
    try:
        async with _sitting() as driver:
            mutator = Mutator(await originals(endpoint), f"{seed} app {endpoint.name}")
            began = before = time.perf_counter()
            size = resident()
            for number in range(count):
                if number == count // WARM:
                    size = resident()
                if number % OFTEN == 0:
                    await driver.well()
                    driver.mutator, driver.fuzzed = mutator, endpoint
                    await driver.press(*KEYS[number // OFTEN % len(KEYS)])
                before = time.perf_counter()
                await _once(driver, endpoint, outcome)
                outcome.slowest = max(outcome.slowest, time.perf_counter() - before)
            outcome.seconds = time.perf_counter() - began
            outcome.growth = resident() - size
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        outcome.ends["!"] += 1
        outcome.complaints.append(f"{driver.sent.body[:2000]!r}\n{''.join(traceback.format_exception(error))}")
    return outcome


async def _once(driver: FuzzedApp, endpoint: Endpoint, outcome: Outcome) -> None:
    served = driver.served
    ASKING[endpoint.name](driver)
    try:
        async with asyncio.timeout(0.2):
            while driver.served == served:  # noqa: ASYNC110 - what is waited for knows of no event
                await asyncio.sleep(0.001)
    except TimeoutError:
        # The user is signed out, or an order of this host is still open.
        outcome.ends["not asked"] += 1
        await driver.well()
        driver.fuzzed = endpoint
    await driver.pilot.pause()
    outcome.answers += driver.served - served
    outcome.ends[driver.monitor.state.connection.value] += 1
    if unsafe := driver.unsafe():
        outcome.complaints.append(f"unsafe: {unsafe!r} of {driver.sent.body[:2000]!r}")


def run_screens(count: int, seed: int) -> Iterator[Callable[[], Outcome]]:
    """Yield a function for each endpoint that the app can be made to request."""
    for endpoint in ENDPOINTS if count else ():
        if endpoint.name in ASKING:
            yield partial(_run_one, endpoint, count, seed)


def _run_one(endpoint: Endpoint, count: int, seed: int) -> Outcome:
    return asyncio.run(run(endpoint, count, seed))
