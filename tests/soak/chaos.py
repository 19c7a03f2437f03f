"""`python -m tests.soak.chaos --minutes 60`: a service that restarts, rejects, slows down and returns wrong data.

The real monitor and orders run in real time, without screens, on a simulated service in another process that has other
users too. After the faults are cleared, the program must show the true state. It must never have reported an existing
host as gone, raised or logged an error, or used more memory than before. Prints figures as JSON, and exits with 1 if a
check failed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.simulator_faults.request_tags import note_sending, tag_requests
from xds_tui.api.client import Client
from xds_tui.auth.account import Account, Source, TokenCache
from xds_tui.domain.credentials import AccountKey, Credentials, Secret, Token
from xds_tui.domain.model import Snapshot, Status
from xds_tui.domain.purchase import Draft
from xds_tui.domain.records import Event, EventKind, Order, OrderAction, OrderState
from xds_tui.domain.rejections import Call, is_rejection, is_token_rejection
from xds_tui.fleet.monitor import Monitor
from xds_tui.fleet.state import ConnectionState, FleetState
from xds_tui.simulator.accounts import ACCOUNT, SECRET
from xds_tui.simulator.options import Options
from xds_tui.store.database import Database
from xds_tui.store.journal import Journal, SettleResult

from .chaos_trouble import ChaosTrouble
from .log_records import listen, listen_to_loop
from .metrics import Held, Holdings
from .service import Service
from .verdict import MOST_MEMORY, rise

INTERVAL: Final = 5.0
"""Seconds between two refreshes."""

_STIR_EVERY: Final = 3.0
_ORDER_EVERY: Final = 8.0
"""Seconds between two actions of other users, and between two orders of the program."""

_QUIET: Final = 600.0
"""Seconds at the end until the program has to show the true state; it is refreshed repeatedly."""

_LISTED: Final = 120.0
"""Seconds until the program has to read a correct list after the service returned a wrong one."""

_CALLS: Final = {
    OrderAction.CREATE: (Call.CREATE_ON_DEMAND, Call.CREATE_RENT),
    OrderAction.POWER_ON: (Call.POWER,),
    OrderAction.POWER_OFF: (Call.POWER,),
    OrderAction.REBOOT: (Call.REBOOT,),
    OrderAction.DELETE: (Call.DELETE,),
}

_CLOCK_MARGIN: Final = 1.0
_MEASUREMENTS: Final = 60
_FEWEST: Final = 10
"""Number of measurements from which on memory is checked."""


@dataclass(slots=True)
class Figures:
    """The results of a run."""

    minutes: float
    seed: int
    truth: dict[str, int] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    link: str = ""
    gone_events: int = 0
    false_gone: list[str] = field(default_factory=list)
    denied: list[str] = field(default_factory=list)
    """Orders that were carried out, but are reported not to have been."""
    unreported: list[str] = field(default_factory=list)
    """Hosts that were shown, have gone, and were not reported as gone."""
    complaints: list[str] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    trouble: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)
    orders: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    refreshes: int = 0
    """Number of published snapshots."""
    seconds_to_truth: float = 0.0
    seconds: float = 0.0
    cpu_seconds: float = 0.0

    @property
    def memory_rise(self) -> float | None:
        """Growth in bytes by linear regression after the warm-up; None with too few measurements."""
        return rise(self.held, lambda held: held.memory) if len(self.held) >= _FEWEST else None

    @property
    def broken(self) -> list[str]:
        """Return the names of the failed checks."""
        risen = self.memory_rise
        promises = {
            "the snapshot is the truth": bool(self.truth) and self.seen == self.truth,
            "the connection is live": self.link == ConnectionState.LIVE.value,
            "no host was reported gone that was there": not self.false_gone,
            "every host that is gone was reported gone": self.gone_events > 0 and not self.unreported,
            "no order was denied that was carried out": not self.denied,
            "nothing was raised or logged": not self.complaints,
            "memory is flat": risen is None or risen <= MOST_MEMORY,
        }
        return [promise for promise, is_kept in promises.items() if not is_kept]

    def summary(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        wrong = sorted(id_ for id_ in {*self.truth, *self.seen} if self.truth.get(id_) != self.seen.get(id_))
        risen = self.memory_rise
        return {
            "broken": self.broken,
            "minutes": self.minutes,
            "seed": self.seed,
            "hosts": len(self.truth),
            "hosts_wrong": wrong,
            "link": self.link,
            "seconds_to_truth": round(self.seconds_to_truth, 1),
            "gone_events": self.gone_events,
            "false_gone": self.false_gone,
            "unreported": self.unreported,
            "denied": self.denied,
            "complaints": self.complaints,
            "memory_mb": [round(held.memory / 2**20, 1) for held in self.held[:: max(1, len(self.held) // 10)]],
            "memory_rise_mb": None if risen is None else round(risen / 2**20, 2),
            "refreshes": self.refreshes,
            "cpu_percent": round(100 * self.cpu_seconds / max(self.seconds, 1), 1),
            "trouble": dict(self.trouble),
            "others": dict(self.others),
            "orders": dict(self.orders),
            "events": dict(self.events),
        }


class WatchedJournal(Journal):
    """A journal that passes on all events, and records which order is being sent."""

    def __init__(self, database: Database, on_event: Callable[[Event], None]) -> None:
        super().__init__(database, "chaos")
        self._on_event = on_event
        self.written: dict[str, Order] = {}
        """The latest state of every order, by ID."""

    async def write_orders(self, orders: Iterable[Order]) -> None:
        """Write the orders, and record which are being sent."""
        orders = tuple(orders)
        await super().write_orders(orders)
        self.written.update((order.id, order) for order in orders)
        note_sending(orders)

    async def settle_order(self, found: Order) -> SettleResult:
        """Write that a host was found for an order."""
        claim = await super().settle_order(found)
        if claim is SettleResult.WRITTEN:
            self.written[found.id] = found
        return claim

    async def add_events(self, events: Iterable[Event]) -> None:
        """Pass the events on, and store them."""
        events = tuple(events)
        for event in events:
            self._on_event(event)
        await super().add_events(events)


class Chaos:
    """A run."""

    def __init__(self, minutes: float, hosts: int, seed: int, folder: Path) -> None:
        self.figures = Figures(minutes, seed)
        self._options = Options(
            hosts=hosts, seed=seed, time_resolution=1000, enters_list_after=1.5, leaves_list_after=1.0
        )
        self._lot = random.Random(f"orders {seed}")
        self._database = Database(folder / "journal.db")
        self._holdings = Holdings(folder / "journal.db", self.figures.held)
        self._journal = WatchedJournal(self._database, self._note)
        self._gone: list[Event] = []
        self._changed = asyncio.Event()
        self._last: Snapshot | None = None
        self._shown: set[str] = set()

    async def run(self) -> Figures:
        """Inject faults for a number of minutes, clear them, and compare the program with the service."""
        began = time.monotonic()
        listen_to_loop(self._complain)
        with Service(self._options) as service:
            self._monitor = Monitor(_account(service.url), self._journal, interval=INTERVAL)
            self._trouble = ChaosTrouble(service, self.figures.seed, self._until_listed)
            watching = asyncio.create_task(self._monitor.run(self._publish))
            await self._until_listed()
            tasks = [
                asyncio.create_task(self._trouble.go_on()),
                asyncio.create_task(self._stir(service)),
                asyncio.create_task(self._order()),
            ]
            await self._measure(tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._trouble.end()
            await self._compare(service)
            self._judge_gone(service.gone())
            self._judge_orders(service.carried_out())
            watching.cancel()
            await self._monitor.close(5)
        await self._database.close()
        self.figures.trouble = self._trouble.happened
        self.figures.seconds = time.monotonic() - began
        used = resource.getrusage(resource.RUSAGE_SELF)
        self.figures.cpu_seconds = used.ru_utime + used.ru_stime
        return self.figures

    # During the run

    async def _measure(self, tasks: list[asyncio.Task[None]]) -> None:
        step = self.figures.minutes * 60 / _MEASUREMENTS
        for number in range(1, _MEASUREMENTS + 1):
            await asyncio.sleep(step)
            for task in tasks:
                if task.done():
                    task.result()
            self._holdings.count(number * step / 3600, 0)

    async def _stir(self, service: Service) -> None:
        while True:
            await asyncio.sleep(self._lot.expovariate(1 / _STIR_EVERY))
            self.figures.others[service.stir().partition(":")[0]] += 1

    async def _order(self) -> None:
        while True:
            await asyncio.sleep(self._lot.expovariate(1 / _ORDER_EVERY))
            snapshot, orders = self._monitor.state.snapshot, self._monitor.orders
            if snapshot is None or not snapshot.hosts:
                continue
            host = self._lot.choice(snapshot.hosts)
            match self._lot.choice(("power", "power", "reboot", "delete", "buy")):
                case "reboot":
                    orders.reboot([host])
                case "delete" if host.status in (Status.OFF, Status.EXPIRED):
                    orders.delete([host])
                case "buy":
                    self._buy()
                case _:
                    orders.power([host], on=not host.status.is_on)

    def _buy(self) -> None:
        catalog = self._monitor.state.catalog
        if catalog is None:
            self._monitor.refresh_catalog()
            return
        draft = Draft().with_package(self._lot.choice(catalog.packages[Draft().billing]))
        for image in catalog.images:
            chosen = draft.with_image(image)
            if chosen.is_complete and chosen.estimate is not None:
                orders = self._monitor.orders
                orders.buy(chosen.quote(), 1, confirmed=[order.id for order in orders.book])
                return

    def _publish(self, state: FleetState) -> None:
        self.figures.refreshes += state.snapshot is not self._last
        self._last = state.snapshot
        if state.snapshot is not None:
            self._shown.update(host.id for host in state.snapshot.hosts)
        self._changed.set()

    def _note(self, event: Event) -> None:
        self.figures.events[event.kind.value] += 1
        if event.kind is EventKind.GONE:
            self._gone.append(event)

    def _complain(self, what: str) -> None:
        if len(self.figures.complaints) < 20:
            self.figures.complaints.append(what)

    async def _until_listed(self) -> None:
        """Refresh until a refresh that starts now has succeeded."""
        before = self._monitor.state.snapshot
        async with asyncio.timeout(_LISTED):
            while self._monitor.state.snapshot is before or self._monitor.state.connection is not ConnectionState.LIVE:
                self._changed.clear()
                await self._changed.wait()

    # At the end

    async def _compare(self, service: Service) -> None:
        """Wait until the program shows the true state, including hosts in transition."""
        began = time.monotonic()
        while True:
            truth = service.truth()
            self._monitor.refresh()
            await asyncio.sleep(INTERVAL)
            snapshot = self._monitor.state.snapshot
            self.figures.seen = {host.id: host.status.value for host in snapshot.hosts} if snapshot else {}
            self.figures.truth = service.truth()
            self.figures.link = self._monitor.state.connection.value
            self.figures.seconds_to_truth = time.monotonic() - began
            is_true = (
                self.figures.seen == self.figures.truth == truth and self.figures.link == ConnectionState.LIVE.value
            )
            if is_true or self.figures.seconds_to_truth > _QUIET:
                break

    def _judge_orders(self, carried_out: dict[str, int]) -> None:
        for order in self._journal.written.values():
            self.figures.orders[f"{order.action.value}: {order.state.value}"] += 1
            is_denied = order.state in (OrderState.REJECTED, OrderState.NOT_SENT)
            if is_denied and order.id in carried_out and not _is_listed_rejection(order):
                self.figures.denied.append(f"{order.action.value}, {order.state.value}, code {order.code}")

    def _judge_gone(self, deleted: dict[str, float]) -> None:
        self.figures.gone_events = len(self._gone)
        reported = {event.host_id for event in self._gone}
        self.figures.unreported = sorted(self._shown - self.figures.truth.keys() - reported)
        for event in self._gone:
            at = deleted.get(event.host_id or "")
            if at is None or event.at.timestamp() < at - _CLOCK_MARGIN:
                self.figures.false_gone.append(f"{event.host_id} at {event.at:%H:%M:%S}, deleted {at}")


def _is_listed_rejection(order: Order) -> bool:
    """Return whether the service responded with a code that, by its documents, means that the call had no effect."""
    if order.code is None:
        return False
    if is_token_rejection(200, order.code) or is_token_rejection(401, order.code):
        return True
    return any(is_rejection(call, 200, order.code) for call in _CALLS[order.action])


def _account(url: str) -> Account:
    return Account(
        _connect,
        base_url=url,
        profile="chaos",
        keyring_store=None,
        is_base_url_given=True,
        credentials=AccountKey(ACCOUNT, Secret(SECRET)),
        source=Source.ENVIRONMENT,
    )


async def _connect(base_url: str, credentials: Credentials, tokens: TokenCache) -> Client:
    return Client(
        base_url,
        credentials,
        token=tokens.initial,
        on_token=lambda value, ends_at: tokens.store(Token(value, ends_at)),
        find_token=tokens.find,
    )


def main() -> int:
    """Run it, print the figures, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="of trouble (60)")
    parser.add_argument("--hosts", type=int, default=60, help="in the fleet (60)")
    parser.add_argument("--seed", type=int, default=1, help="of everything random (1)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        chaos = Chaos(options.minutes, options.hosts, options.seed, Path(folder))
        listen(chaos._complain)
        tag_requests()
        figures = asyncio.run(chaos.run())
    print(json.dumps(figures.summary(), ensure_ascii=False, indent=2))
    return 1 if figures.broken else 0


if __name__ == "__main__":
    sys.exit(main())
