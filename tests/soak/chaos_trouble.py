"""Randomly chosen faults in real time: the service restarts, rejects, slows down, fails, and returns wrong data."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from tests.simulator_faults.faults import Fault, Form, Kind
from tests.simulator_faults.presets import TABLE_CODES, codes, misleading

from .service import Service

ENDLESS: Final = 1_000_000
"""Number of requests to which a fault applies that lasts until it is cleared."""

_LISTING: Final = "pve/open/mypage"
_ONE: Final = "pve/open/one"
_TOKEN: Final = "auth/getToken"
_CHANGES: Final = ("pve/open/create", "pve/open/operate", "pve/open/reboot", "pve/open/delete")
_READS: Final = (_LISTING, "pve/open/image", "pve/open/packAge")

_GONE_CODES: Final = frozenset({1001, 1021})
"""Codes with which `one/{id}` reports a missing host; getToken reports a wrong secret with the first one."""

_ERRORS: Final = tuple(code for code in (*TABLE_CODES, 404, 429, 502, 504, 4711) if code not in _GONE_CODES)


class ChaosTrouble:
    """Injects one kind of fault after another.

    The list and `one/{id}` never return wrong data at the same time, which would be indistinguishable from the truth.

    Attributes:
        happened: how often each kind of fault was injected.

    """

    def __init__(self, service: Service, seed: int, is_listed_again: Callable[[], Awaitable[object]]) -> None:
        """Inject faults into `service`; `is_listed_again` waits until the client has read a correct list."""
        self._service = service
        self._lot = random.Random(f"chaos {seed}")
        self._is_listed_again = is_listed_again
        self.happened: Counter[str] = Counter()
        self._turns: list[Callable[[], Awaitable[None]]] = []

    async def go_on(self) -> None:
        """Inject faults until cancelled."""
        kinds = (
            self._restart,
            self._refuse,
            self._slow_down,
            self._fail,
            self._break_answers,
            self._lie_about_list,
            self._lie_about_hosts,
            self._end_tokens,
            self._limit_rate,
            self._lie_about_changes,
            self._rest,
        )
        while True:
            if not self._turns:
                self._turns = self._lot.sample(kinds, len(kinds))
            turn = self._turns.pop()
            self.happened[turn.__name__.strip("_").replace("_", " ")] += 1
            await turn()
            self.end()

    def end(self) -> None:
        """Clear all faults."""
        self._service.up()
        self._service.clear()

    async def _for_a_while(self, longest: float = 15.0) -> None:
        await asyncio.sleep(self._lot.uniform(2, longest))

    async def _rest(self) -> None:
        await self._for_a_while()

    async def _restart(self) -> None:
        for _ in range(self._lot.randint(1, 4)):
            self._service.down()
            await asyncio.sleep(self._lot.uniform(0, 0.5))
            self._service.up()
            await asyncio.sleep(self._lot.uniform(0.2, 3))

    async def _refuse(self) -> None:
        self._service.down()
        await self._for_a_while()

    async def _slow_down(self) -> None:
        seconds = self._lot.choice((0.2, 1.0, 3.0, 40.0))
        self._strike(Fault(kind=Kind.LATENCY, seconds=seconds, times=ENDLESS))
        await self._for_a_while()

    async def _fail(self) -> None:
        """Respond to reading calls with errors, some of them in the formats of the gateway."""
        for _ in range(20):
            status = self._lot.choice((0, 0, 400, 500, 502, 503, 504))
            form = self._lot.choice(list(Form))
            code = self._lot.choice(_ERRORS)
            self._strike_some(Fault(kind=Kind.CODE, code=code, status=status, form=form), (*_READS, _ONE))
        await self._for_a_while()

    async def _break_answers(self) -> None:
        kinds = (
            *(Kind.HTML, Kind.HTML_AFTER, Kind.TRUNCATED, Kind.DRIP, Kind.WRONG_TYPE, Kind.NONSENSE, Kind.REDIRECT),
            *(Kind.DROP_BEFORE, Kind.DROP_AFTER, Kind.HUGE, Kind.ALTERED, Kind.SHIFT),
        )
        for _ in range(20):
            fault = Fault(
                kind=self._lot.choice(kinds),
                status=self._lot.choice((0, 200, 502, 503)),
                seconds=0.002,
                fields={"success": False},
                location="http://127.0.0.1:9/",
                size=self._lot.choice((100_000, 12_000_000)),
            )
            self._strike_some(fault, (*_READS, _ONE, _TOKEN, *_CHANGES))
        await self._for_a_while()

    async def _lie_about_list(self) -> None:
        """Omit hosts from the list, with a total that contradicts the list or agrees with it."""
        fault = Fault(
            kind=Kind.LISTING,
            endpoint=_LISTING,
            times=ENDLESS,
            hidden=self._lot.choice((0, 1, 6, 35, 1000)),
            total=self._lot.choice((None, None, 0, 50, 60, 10_000)),
            nameless=self._lot.choice((0, 0, 1, 3)),
        )
        self._strike(fault)
        await self._for_a_while(40)
        self._service.clear()
        await self._is_listed_again()

    async def _lie_about_hosts(self) -> None:
        """Respond for every host that it does not exist, although the list contains it."""
        if self._lot.random() < 0.5:
            fault = Fault(kind=Kind.CODE, code=self._lot.choice(sorted(_GONE_CODES)))
        else:
            fault = Fault(kind=Kind.ANSWER, body='{"code":0,"data":null,"msg":"data null","traceId":"N/A"}')
        self._strike(replace(fault, endpoint=_ONE, times=ENDLESS))
        await self._for_a_while(20)
        self._service.clear()
        await self._is_listed_again()

    async def _end_tokens(self) -> None:
        """Expire tokens repeatedly, and respond to getToken with errors other than a wrong secret."""
        for _ in range(self._lot.randint(1, 6)):
            self._service.expire()
            code = self._lot.choice((1003, 500, 503, 1005, 429))
            if self._lot.random() < 0.5:
                self._strike(Fault(kind=Kind.CODE, endpoint=_TOKEN, code=code))
            code, status = self._lot.choice(((401, 401), (2000, 200), (2001, 401), (501, 200), (502, 401)))
            form = self._lot.choice((Form.ENVELOPE, Form.SECURITY, Form.NO_CODE if status == 401 else Form.BARE))
            self._strike_some(Fault(kind=Kind.CODE, code=code, status=status, form=form), _READS)
            await asyncio.sleep(self._lot.uniform(0.2, 4))

    async def _limit_rate(self) -> None:
        for endpoint in self._lot.sample((*_READS, _ONE, _TOKEN), 3):
            if self._lot.random() < 0.5:
                fault = Fault(kind=Kind.BUSY, seconds=self._lot.choice((0, 1, 5)))
            else:
                fault = Fault(kind=Kind.CODE, code=429, status=429, form=Form.FLOW_CONTROL)
            self._strike(replace(fault, endpoint=endpoint, times=self._lot.randint(1, 10)))
        await self._for_a_while()

    async def _lie_about_changes(self) -> None:
        """Carry out changing calls with a wrong response; repeat power calls and deletes."""
        for endpoint in _CHANGES:
            is_done = self._lot.random() < 0.7
            answers = (*codes(endpoint, is_done=is_done), *misleading(endpoint, is_done=is_done))
            self._strike(*self._lot.sample(answers, 2))
            self._strike(Fault(kind=Kind.REPEATED, endpoint=endpoint, repeats=self._lot.randint(1, 4)))
        await self._for_a_while(20)

    def _strike_some(self, fault: Fault, endpoints: tuple[str, ...]) -> None:
        """Apply a fault to some of the requests to one of `endpoints`."""
        skip, times = self._lot.randrange(3), self._lot.choice((1, 1, 2, 5))
        self._strike(replace(fault, endpoint=self._lot.choice(endpoints), skip=skip, times=times))

    def _strike(self, *faults: Fault) -> None:
        self._service.strike(faults)
