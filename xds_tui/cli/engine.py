"""The fleet engine of a command without a screen: the same monitor, journal and order service as in the app.

The event loop runs inside the methods of `Engine` only. Between them, while the user is asked something, Ctrl-C ends
the program at once; within them it ends the waiting, and requests under way are recorded before the program ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from xds_tui.api.errors import ApiError
from xds_tui.cli.progress import ProgressLine, asking
from xds_tui.domain.model import Catalog, Snapshot
from xds_tui.domain.order_states import FINAL
from xds_tui.domain.records import Order, OrderState
from xds_tui.fleet.monitor import Monitor
from xds_tui.fleet.state import ConnectionState, FleetState
from xds_tui.i18n import N_

if TYPE_CHECKING:
    from xds_tui.cli.services import CommandServices

T = TypeVar("T")

READING_JOURNAL: Final = N_("reading the local records")
"""Subject of the progress line."""

INTERRUPT_TIMEOUT: Final = 5.0
"""Seconds that an interrupted command waits for the response to a request under way."""


class Engine:
    """Runs a monitor, and waits for what it publishes. Use it as a context manager.

    Attributes:
        services: what the command works with.
        monitor: follows the fleet and the orders.

    """

    def __init__(self, services: CommandServices) -> None:
        """Prepare to run; nothing is requested yet."""
        self.services = services
        self.monitor = Monitor(
            services.account,
            services.journal,
            interval=services.interval,
            clock=services.clock,
            is_for_orders=True,
            annotations=services.annotations,
            caps=services.caps,
        )
        self._runner = asyncio.Runner()
        self._changed = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._runner.run(self._close())
        finally:
            self._runner.close()

    @property
    def state(self) -> FleetState:
        """The latest state."""
        return self.monitor.state

    def run(self, work: Coroutine[Any, Any, T], subject: str) -> T:
        """Run the event loop until `work` ends, and return its result; the progress line shows `subject`.

        Raises:
            KeyboardInterrupt: on Ctrl-C, when the requests under way have been recorded.

        """
        return self._runner.run(self._with_progress(work, subject))

    def read_hosts(self) -> Snapshot:
        """Return all hosts as the service has them now; a second call reads them again.

        Raises:
            ApiError: if they cannot be read.
            StoreError: if no order can be recorded.

        """
        return self.run(self._read_hosts(), self.asking)

    def read_catalog(self) -> Catalog:
        """Return what can be bought. Call `read_hosts` first.

        Raises:
            ApiError: if it cannot be read.

        """
        return self.run(self._read_catalog(), self.asking)

    async def until(self, condition: Callable[[], bool], max_wait: float | None = None) -> bool:
        """Wait until `condition` is met; return False if that takes longer than `max_wait` seconds."""
        try:
            async with asyncio.timeout(max_wait):
                while not condition():
                    self._raise_end()
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    async def outcome(self, orders: Sequence[Order], *, is_final: bool, max_wait: float | None) -> tuple[Order, ...]:
        """Wait for the outcome of `orders`, and return them as they are then.

        Args:
            orders: what was submitted.
            is_final: whether to wait until the hosts show the result; otherwise the response is enough.
            max_wait: seconds to wait; None: no limit.

        """
        open_states = _OPEN if is_final else _UNDER_WAY

        def has_ended() -> bool:
            return not any(order.state in open_states for order in self.current(orders))

        await self.until(has_ended, max_wait)
        return self.current(orders)

    def current(self, orders: Sequence[Order]) -> tuple[Order, ...]:
        """Return `orders` as they are now."""
        known = {order.id: order for order in self.monitor.orders.all}
        return tuple(known.get(order.id, order) for order in orders)

    @property
    def asking(self) -> str:
        """The subject of the progress line during a request."""
        return asking(self.services.account.base_url)

    async def _with_progress(self, work: Coroutine[Any, Any, T], subject: str) -> T:
        self._watch()
        try:
            return await ProgressLine(subject).until(work)
        except asyncio.CancelledError:
            await self.monitor.orders.close(INTERRUPT_TIMEOUT)
            raise

    def _watch(self) -> None:
        if self._watching is None:
            self._watching = asyncio.get_running_loop().create_task(
                self.monitor.run(lambda _state: self._changed.set())
            )
            self._watching.add_done_callback(lambda _task: self._changed.set())

    def _raise_end(self) -> None:
        if self._watching is not None and self._watching.done():
            self._watching.result()

    async def _read_hosts(self) -> Snapshot:
        before = self.state.snapshot if self.state.connection is ConnectionState.LIVE else None
        if before is not None:
            self.monitor.refresh(with_catalog=False)
        await self.until(lambda: self._has_failed() or self._is_newer_than(before))
        if self._has_failed():
            raise self.state.error or self._missing_credentials()
        if self.state.storage_problem is not None:
            raise self.state.storage_problem
        assert self.state.snapshot is not None  # noqa: S101 - the condition above
        return self.state.snapshot

    async def _read_catalog(self) -> Catalog:
        self.monitor.refresh_catalog()
        await self.until(lambda: self.state.catalog is not None or self.state.catalog_error is not None)
        if self.state.catalog is None:
            raise self.state.catalog_error or self._missing_credentials()
        return self.state.catalog

    def _has_failed(self) -> bool:
        return self.state.connection in (ConnectionState.ERROR, ConnectionState.SIGNED_OUT)

    def _is_newer_than(self, before: Snapshot | None) -> bool:
        snapshot = self.state.snapshot
        return snapshot is not None and not self.state.is_restored and snapshot is not before

    def _missing_credentials(self) -> ApiError:
        try:
            self.services.account.client()
        except ApiError as error:
            return error
        raise AssertionError("no error to report")

    async def _close(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait({self._watching})
        await self.monitor.close(INTERRUPT_TIMEOUT)
        await self.services.close_store()


_UNDER_WAY: Final = (OrderState.PENDING, OrderState.SENT)
_OPEN: Final = tuple(state for state in OrderState if state not in FINAL)
