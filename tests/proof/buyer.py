"""A user of the program without its screens: the real services, controlled over standard input.

`python -m tests.proof.buyer FOLDER URL ACCOUNT SECRET`. Each line of input is a `Purchase` or a `Rest` as JSON. The
requests of the user are written to `FOLDER/asked.jsonl` and synced before they are passed to the program; a line of
output reports the end of a purchase. The process may be killed: a new one in the same folder continues.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from tests.simulator_faults.request_tags import note_sending, tag_requests
from xds_tui.api.client import Client, Deadlines
from xds_tui.api.errors import ApiError
from xds_tui.auth.account import Account, Source, TokenCache
from xds_tui.domain import purchase
from xds_tui.domain.credentials import AccountKey, Credentials, Secret, Token
from xds_tui.domain.model import Billing
from xds_tui.domain.purchase import Draft
from xds_tui.domain.records import Order, OrderState
from xds_tui.fleet.monitor import Monitor, utc_now
from xds_tui.fleet.state import ConnectionState, FleetState
from xds_tui.store.database import Database
from xds_tui.store.journal import Journal, SettleResult

from .request import Asked, Purchase, Rest, Stage

DEADLINES: Final = Deadlines(connect=1.0, reading=1.5, changing=0.8)
"""Far shorter than the timeout of the program, so that a run of minutes has as many timeouts as a month."""

INTERVAL: Final = 0.6
"""Seconds between two refreshes."""

READ_TIMEOUT: Final = 300.0
"""Seconds to wait for the fleet; the program pauses for minutes if tokens expire early."""

_SWEEPS: Final = 5
"""Number of refreshes at the end after which an unseen order counts as unconfirmed."""

_OUTCOMES: Final = {OrderState.ACCEPTED, OrderState.REJECTED, OrderState.UNKNOWN, OrderState.NOT_SENT}


class HaltingJournal(Journal):
    """A journal that can block before and after writing an order, so that a kill occurs exactly there."""

    halt: Stage | None = None

    async def write_orders(self, orders: Iterable[Order]) -> None:
        """Write `orders`, and block before or after if the process is to be killed at that stage."""
        orders = tuple(orders)
        states = {order.state for order in orders if order.sent_at is not None}
        if states & _OUTCOMES:
            await self._halt_at(Stage.ANSWERED)
        if OrderState.CONFIRMED in states:
            await self._halt_at(Stage.SEEN)
        await super().write_orders(orders)
        note_sending(orders)
        if OrderState.SENT in states:
            await self._halt_at(Stage.WRITTEN)

    async def settle_order(self, found: Order) -> SettleResult:
        """Write that a host was found, and block before if the process is to be killed at that stage."""
        await self._halt_at(Stage.SEEN)
        return await super().settle_order(found)

    async def _halt_at(self, stage: Stage) -> None:
        if self.halt is stage:
            _say(f"halted {stage.name}")
            await asyncio.Event().wait()


async def _connect(base_url: str, credentials: Credentials, tokens: TokenCache) -> Client:
    return Client(
        base_url,
        credentials,
        deadlines=DEADLINES,
        token=tokens.initial,
        on_token=lambda value, ends_at: tokens.store(Token(value, ends_at)),
        find_token=tokens.find,
    )


class Buyer:
    """The services as `cli` builds them, and the user who operates them."""

    def __init__(self, folder: Path, url: str, key: AccountKey) -> None:
        account = Account(
            _connect,
            base_url=url,
            profile="proof",
            keyring_store=None,
            is_base_url_given=True,
            credentials=key,
            source=Source.ENVIRONMENT,
        )
        self._database = Database(folder / "journal.db")
        self._journal = HaltingJournal(self._database, "proof")
        self._monitor = Monitor(account, self._journal, interval=INTERVAL)
        self._log = folder / "asked.jsonl"
        self._changed = asyncio.Event()
        self._trouble: ApiError | None = None

    async def work(self) -> None:
        """Refresh the fleet, and buy what is requested, until a `Rest` arrives."""
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(self._monitor.run(self._publish))
            await self._buy_what_is_asked()
            await self._see_everything()
            _say("rested")
            watching.cancel()
        await self._monitor.close(30.0)
        await self._database.close()

    async def _buy_what_is_asked(self) -> None:
        lines = _lines_of_input()
        async with asyncio.TaskGroup() as group:
            while isinstance(told := msgspec.json.decode(await lines.get(), type=Purchase | Rest), Purchase):
                group.create_task(self._buy(told))

    def _publish(self, state: FleetState) -> None:
        self._changed.set()

    async def _buy(self, told: Purchase) -> None:
        await self._until(lambda: self._is_offered(told))
        draft = self._draft(told)
        earlier = [order.id for order in await self._monitor.orders.possible_purchases(draft.quote())]
        asked = Asked(told.number, told.count, told.kind, doubtful=earlier, is_confirmed=told.is_confirmed)
        self._write(asked)
        self._journal.halt = told.halt or self._journal.halt
        # Nothing is sent before the next await: the log contains each request before its order.
        batch = self._monitor.orders.buy(draft.quote(), told.count, confirmed=earlier if told.is_confirmed else ())
        own = [order.id for order in self._orders if order.batch == batch]
        self._write(msgspec.structs.replace(asked, orders=own))
        await self._until(lambda: not self._is_under_way(batch))
        _say("ended")

    def _is_offered(self, told: Purchase) -> bool:
        state = self._monitor.state
        if state.catalog is None and state.catalog_error is not self._trouble:
            # The reaction of a user to a catalog that could not be read.
            self._trouble = state.catalog_error
            self._monitor.refresh_catalog()
        return state.catalog is not None and purchase.image_by_id(state.catalog, told.kind.image) is not None

    def _draft(self, told: Purchase) -> Draft:
        there = self._monitor.state.catalog
        assert there is not None
        kind = told.kind
        billing = Billing.RENT if kind.period else Billing.ON_DEMAND
        draft = Draft(
            billing,
            purchase.package_by_id(there, billing, kind.package),
            purchase.image_by_id(there, kind.image),
            count=told.count,
        )
        return draft if kind.period is None else kind.rented(draft)

    def _is_under_way(self, batch: str) -> bool:
        moving = (OrderState.PENDING, OrderState.SENT)
        return any(order.batch == batch and order.state in moving for order in self._orders)

    async def _see_everything(self) -> None:
        """Refresh until a listing can tell the host of each order, and several times more.

        The outcomes that follow from a refresh are written after it is published, so they are certain after the next.
        After a restart the orders are known once the fleet has been seen.
        """
        await self._sweep()
        while self._monitor.orders.book.seconds_until_decision(utc_now()) is not None:
            await self._sweep()
            await asyncio.sleep(INTERVAL)
        for _ in range(_SWEEPS):
            await self._sweep()

    async def _sweep(self) -> None:
        began = utc_now()
        self._monitor.refresh()
        try:
            async with asyncio.timeout(READ_TIMEOUT):
                await self._until(partial(self._has_swept_since, began))
        except TimeoutError as error:
            state = self._monitor.state
            at = state.snapshot.at if state.snapshot else None
            raise TimeoutError(f"{state.connection}, {state.error!r}, snapshot of {at}, since {began}") from error

    @property
    def _orders(self) -> tuple[Order, ...]:
        return tuple(self._monitor.orders.book)

    def _has_swept_since(self, began: datetime) -> bool:
        state = self._monitor.state
        return state.connection is ConnectionState.LIVE and state.snapshot is not None and state.snapshot.at > began

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    def _write(self, asked: Asked) -> None:
        with self._log.open("ab") as log:
            log.write(msgspec.json.encode(asked) + b"\n")
            log.flush()
            os.fsync(log.fileno())


def _lines_of_input() -> asyncio.Queue[str]:
    """The lines of standard input, read by a thread; its end terminates the process."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str] = asyncio.Queue()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        os._exit(1)

    threading.Thread(target=read, daemon=True).start()
    return lines


def _say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    tag_requests()
    _folder, _url, _account, _secret = sys.argv[1:]
    asyncio.run(Buyer(Path(_folder), _url, AccountKey(_account, Secret(_secret))).work())
