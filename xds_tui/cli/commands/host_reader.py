"""The hosts and their costs, read again and again, with what has changed written to the journal as the app does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from xds_tui.api.errors import ApiError
from xds_tui.cli.output import print_error
from xds_tui.cli.progress import ProgressLine, asking
from xds_tui.domain import pricing
from xds_tui.domain.model import Billing, Catalog, Snapshot
from xds_tui.fleet import reducer
from xds_tui.fleet.host_listing import HostListing, ProgressReporter, list_hosts
from xds_tui.fleet.recorder import Recorder
from xds_tui.fleet.state import FleetState, OrderContext
from xds_tui.fleet.updates import NoticeRaised, UpdateQueue
from xds_tui.i18n import _, ngettext
from xds_tui.store.database import StoreError
from xds_tui.system.exit_codes import ExitCode
from xds_tui.text import messages, terms
from xds_tui.text.messages import Situation

if TYPE_CHECKING:
    from xds_tui.cli.services import CommandServices
    from xds_tui.domain.records import Order

CATALOG_MAX_AGE: Final = timedelta(minutes=10)
"""Age at which the prices are read again while hosts are watched."""

RECORD_TIMEOUT: Final = 5.0
"""Seconds that a listing waits for a slow disk to record the changes."""

MAX_ORDERS: Final = 100
"""Orders that are compared with the changes of hosts, the latest ones."""


def progress_line(services: CommandServices) -> ProgressLine:
    """Return the progress line of a request."""
    return ProgressLine(asking(services.account.base_url))


async def read_catalog(services: CommandServices) -> Catalog:
    """Return what is on sale; raises as `Client.images`."""
    client = services.account.client()
    images = await client.images()
    packages = {billing: await client.packages(billing) for billing in Billing}
    return Catalog(images, packages, services.clock())


class HostReader:
    """Reads the hosts and their hourly costs, one snapshot after another."""

    def __init__(self, services: CommandServices, *, needs_prices: bool, is_followed: bool = False) -> None:
        """Prepare to read.

        Args:
            services: the account and its journal.
            needs_prices: whether a catalog that cannot be read is an error; otherwise it is a warning.
            is_followed: whether the hosts are watched: failures are recorded, and alerts go to the user's channels.

        """
        self._is_followed = is_followed
        self._failed: FleetState | None = None
        self._services = services
        self._needs_prices = needs_prices
        self._state: FleetState | None = None
        self._notices = UpdateQueue()
        self._recorder = Recorder(services.journal, services.clock, self._notices)
        if is_followed and services.notifications is not None:
            self._recorder.notify_through(services.notifications)

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of a command that printed what was read last: a failure if hosts may be missing from it."""
        snapshot = self._state.snapshot if self._state is not None else None
        return ExitCode.OK if snapshot is None or snapshot.is_complete else ExitCode.FAILURE

    async def read(self) -> FleetState:
        """Read all hosts and prices, and record what has changed since the last reading.

        Raises:
            ApiError: if they cannot be read.

        """
        before = self._failed or self._state or FleetState(snapshot=await self._last_snapshot(), is_restored=True)
        may_be_other_account = self._state is None and not self._services.account.account_id
        progress = progress_line(self._services)
        source = ProgressReporter(self._services.account.client(), progress.update)
        try:
            listing = await progress.until(
                list_hosts(source, before.snapshot, self._services.clock, may_be_others=may_be_other_account)
            )
        except ApiError as error:
            await self._record_failure(before, error)
            raise
        self._failed = None
        _warn(listing)
        catalog, context = await self._prices(before.catalog), await self._orders()
        now = self._services.clock()
        before = await self._annotated(before)
        state, events = reducer.after_listing(before, listing, context, now, may_be_other_account=may_be_other_account)
        self._state = state = reducer.after_catalog(state, catalog, None, now)
        self._recorder.record(events)
        self._recorder.record(await self._recorder.new_expiries(listing.snapshot))
        self._recorder.record_sample(listing.snapshot, state.costs, state.catalog)
        await self._finish_recording()
        return state

    async def _record_failure(self, before: FleetState, error: ApiError) -> None:
        """Record that the hosts cannot be watched."""
        if self._is_followed:
            now = self._services.clock()
            self._failed, events = reducer.after_error(before, error, now, now)
            self._recorder.record(events)
            await self._finish_recording()

    async def _finish_recording(self) -> None:
        """Wait until everything is recorded and sent, and report what could not be."""
        await self._recorder.close(None, RECORD_TIMEOUT)
        for notice in self._notices.take():
            if isinstance(notice, NoticeRaised):
                print_error(messages.event_lines(notice.event))

    async def _annotated(self, state: FleetState) -> FleetState:
        """Return `state` with the present annotations; report why they cannot be used, once."""
        book = self._services.annotations
        await book.refresh()
        if book.problem is not None and book.problem is not state.annotations_problem:
            print_error([messages.error_message(book.problem)])
        return reducer.after_annotations(state, book.annotations, book.problem)

    async def _last_snapshot(self) -> Snapshot | None:
        try:
            return await self._services.journal.last_snapshot()
        except StoreError:
            return None  # reported when this listing is recorded

    async def _prices(self, known: Catalog | None) -> Catalog | None:
        """Return the catalog; None, with a warning, if it cannot be read and is not needed."""
        if known is not None and self._services.clock() - known.at <= CATALOG_MAX_AGE:
            return known
        try:
            return await progress_line(self._services).until(read_catalog(self._services))
        except ApiError as error:
            if self._needs_prices:
                raise
            lines = messages.error_lines(error, Situation.COMMAND, given_by=self._services.credentials_source)
            print_error([_("The prices could not be read."), *lines])
            return known

    async def _orders(self) -> OrderContext:
        """Return the latest orders, and the hourly price at which each host was ordered on this machine."""
        try:
            orders = await self._services.journal.orders(MAX_ORDERS)
            quotes = await self._services.journal.bought()
        except StoreError as error:
            print_error([messages.error_message(error)])
            return OrderContext()
        prices: Mapping[str, Decimal | None] = {
            host_id: pricing.hourly(quote.package) for host_id, quote in quotes.items()
        }
        known = {host_id: price for host_id, price in prices.items() if price is not None}
        return OrderContext(orders, confirmed={}, prices=known)


def count_unknown(orders: tuple[Order, ...]) -> int:
    """Return the number of orders of unknown outcome."""
    from xds_tui.domain.records import OrderState

    return sum(order.state is OrderState.UNKNOWN for order in orders)


def _warn(listing: HostListing) -> None:
    if listing.unreadable:
        warning = ngettext(
            "{count} host could not be parsed and is left out",
            "{count} hosts could not be parsed and are left out",
            listing.unreadable,
        )
        print_error([warning.format(count=listing.unreadable)])
    if not listing.snapshot.is_complete:
        print_error([_(terms.INCOMPLETE_LIST)])
