"""Randomly chosen faults: of requests and connections, outages, sleep, wrong clocks, and other users."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

from tests.simulator_faults.faults import Fault, Form, Kind
from xds_tui.simulator.error_codes import Code

from .metrics import LoopWatch
from .service import Service
from .time_lapse import Lapse

MINUTE: Final = 60.0
HOUR: Final = 3600.0

_ENDPOINTS: Final = (
    "",
    "pve/open/",
    "pve/open/mypage",
    "pve/open/mypage?page=2",
    "pve/open/one/",
    "pve/open/image",
    "pve/open/packAge/",
    "pve/open/create",
    "pve/open/operate/",
    "pve/open/reboot/",
    "pve/open/delete/",
    "auth/getToken",
)
_SLOW: Final = (0.5, 5.0, 18.0, 30.0, 90.0)
"""Delays in seconds, below and above the timeouts of the client."""
_NEVER: Final = 100_000.0


class Trouble:
    """Injects all kinds of faults.

    Attributes:
        happened: how often each kind of fault was injected.

    """

    def __init__(self, service: Service, lapse: Lapse, watch: LoopWatch, seed: int, often: float) -> None:
        """Inject faults `often` times as frequently as in a week."""
        self._service = service
        self._lapse = lapse
        self._watch = watch
        self._lot = random.Random(f"trouble {seed}")
        self._often = often
        self._kinds: list[Kind] = []
        self.happened: Counter[str] = Counter()

    async def go_on(self) -> None:
        """Inject faults until cancelled."""
        async with asyncio.TaskGroup() as group:
            for every, act in (
                (12 * MINUTE, self._strike),
                (10 * MINUTE, self._stir),
                (13 * HOUR, self._outage),
                (26 * HOUR, self._sleep),
                (9 * HOUR, self._set_clock),
            ):
                group.create_task(self._now_and_then(every, act))

    def end(self) -> None:
        """Clear all faults except that of the clock."""
        with self._watch.aside():
            self._service.up()
            self._service.clear()

    async def _now_and_then(self, every: float, act: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(self._lot.expovariate(self._often / every))
            await act()

    async def _strike(self) -> None:
        """Apply each kind of fault in random order to some of the next requests."""
        if not self._kinds:
            self._kinds = self._lot.sample(list(Kind), len(Kind))
        fault = self._fault(self._kinds.pop())
        self.happened[f"fault: {fault.kind.value}"] += 1
        with self._watch.aside():
            self._service.strike([fault])

    def _fault(self, kind: Kind) -> Fault:
        lot = self._lot
        return Fault(
            kind=kind,
            endpoint=lot.choice(_ENDPOINTS),
            skip=lot.randrange(4),
            times=lot.choice((1, 1, 2, 6)),
            seconds={Kind.BUSY: lot.uniform(1, 300), Kind.DRIP: 2.0}.get(kind, lot.choice(_SLOW)),
            status=lot.choice((500, 502, 503, 504)),
            code=lot.choice([code for code in Code if code is not Code.OK]),
            form=lot.choice(list(Form)),
            fields={"success": False},
            repeats=lot.choice((1, 4)),
            hidden=lot.choice((0, 1, 6)),
            total=lot.choice((None, 0, 50, 60)),
            nameless=lot.choice((0, 1)),
            location="http://127.0.0.1:9/",
            size=lot.choice((100_000, 12_000_000)),
        )

    async def _stir(self) -> None:
        with self._watch.aside():
            done = self._service.stir()
        self.happened[f"others: {done.partition(':')[0]}"] += 1

    async def _outage(self) -> None:
        """Make the service unreachable, broken or silent for minutes to hours."""
        kind = self._lot.choice(("refused", "refused", "broken", "silent"))
        self.happened[f"outage: {kind}"] += 1
        with self._watch.aside():
            if kind == "refused":
                self._service.down()
            elif kind == "broken":
                self._service.strike([Fault(kind=Kind.HTML, status=502, times=1_000_000)])
            else:
                self._service.strike([Fault(kind=Kind.LATENCY, seconds=_NEVER, times=1_000_000)])
        longest = 30 * MINUTE if kind == "silent" else 3 * HOUR
        await asyncio.sleep(self._lot.uniform(2 * MINUTE, longest) / self._often)
        with self._watch.aside():
            self._service.down()  # lets go of what it held back
        self.end()

    async def _sleep(self) -> None:
        self.happened["machine slept 8 h"] += 1
        self._lapse.sleep(8 * HOUR)

    async def _set_clock(self) -> None:
        self.happened["wall clock set"] += 1
        self._lapse.skew = self._lot.uniform(-10 * MINUTE, 10 * MINUTE)
