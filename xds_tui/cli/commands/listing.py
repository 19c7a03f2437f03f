"""`xds-tui hosts` and `xds-tui catalog`: current data from the service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from xds_tui.api.errors import ApiError
from xds_tui.cli import columns
from xds_tui.cli.output import OutputFormat, RowWriter, print_error
from xds_tui.cli.progress import ProgressLine
from xds_tui.cli.watch import follow
from xds_tui.domain import filtering, host_list, pricing
from xds_tui.domain import purchase as catalog_rules
from xds_tui.domain.filter_query import Query
from xds_tui.domain.model import Billing, Catalog, Snapshot
from xds_tui.fleet.host_listing import ProgressReporter, list_hosts
from xds_tui.i18n import _, ngettext
from xds_tui.store.database import StoreError
from xds_tui.text import export, messages
from xds_tui.text.export import Table
from xds_tui.text.messages import Situation

if TYPE_CHECKING:
    from xds_tui.cli.services import CommandServices

CATALOG_MAX_AGE: Final = timedelta(minutes=10)
"""Age at which the prices are read again while hosts are watched."""


def hosts(services: CommandServices, output_format: OutputFormat, query: Query, *, interval: float | None) -> int:
    """List the hosts that match `query`, once or every `interval` seconds, and return the exit code."""
    reader = _HostReader(services, query)
    writer = RowWriter(output_format, columns.HOSTS, is_followed=interval is not None, is_repeated=True)
    return follow(services, reader.read, writer, interval or 0)


def catalog(
    services: CommandServices, output_format: OutputFormat, query: Query, *, images: bool, interval: float | None
) -> int:
    """List the packages, or the images, that match a validated `query`; otherwise as `hosts`."""

    async def read() -> Table:
        found = await _progress_line(services).until(_read_catalog(services))
        context = filtering.RowContext(services.clock())
        if images:
            return export.images_table(filtering.select(filtering.IMAGES, found.images, query, context), found.at)
        packages = [
            (billing, package) for billing in Billing for package in catalog_rules.matching_packages(found, billing)
        ]
        return export.packages_table(filtering.select(filtering.PACKAGES, packages, query, context), found.at)

    shown = columns.IMAGES if images else columns.PACKAGES
    writer = RowWriter(output_format, shown, is_followed=interval is not None, is_repeated=True)
    return follow(services, read, writer, interval or 0)


def _progress_line(services: CommandServices) -> ProgressLine:
    return ProgressLine(_("asking {url}").format(url=services.account.base_url))


async def _read_catalog(services: CommandServices) -> Catalog:
    client = services.account.client()
    images = await client.images()
    packages = {billing: await client.packages(billing) for billing in Billing}
    return Catalog(images, packages, services.clock())


class _HostReader:
    """Reads the hosts and their hourly costs, one snapshot after another."""

    def __init__(self, services: CommandServices, query: Query) -> None:
        self._services = services
        self._query = query
        self._needs_prices = any(term.field == "cost" for term in query)
        self._snapshot: Snapshot | None = None
        self._catalog: Catalog | None = None

    async def read(self) -> Table:
        """Read all hosts and prices, and return the rows of the hosts that match the query."""
        progress = _progress_line(self._services)
        source = ProgressReporter(self._services.account.client(), progress.update)
        listing = await progress.until(list_hosts(source, self._snapshot, self._services.clock))
        self._snapshot = snapshot = listing.snapshot
        if listing.unreadable:
            warning = ngettext(
                "{count} host could not be read and is left out",
                "{count} hosts could not be read and are left out",
                listing.unreadable,
            )
            print_error([warning.format(count=listing.unreadable)])
        if not snapshot.is_complete:
            print_error([_("The service's list contradicts itself, so hosts may be missing from it.")])
        now = self._services.clock()
        costs = pricing.costs(snapshot.hosts, await self._prices(), await self._order_prices(), now)
        matching = set(host_list.rows(snapshot, self._query, host_list.Sort(), now, costs))
        hosts = tuple(host for host in snapshot.hosts if host.id in matching)
        return export.hosts_table(replace(snapshot, hosts=hosts), costs)

    async def _prices(self) -> Catalog | None:
        """Return the catalog; None, with a warning, if it cannot be read and the query does not depend on costs."""
        if self._catalog is None or self._services.clock() - self._catalog.at > CATALOG_MAX_AGE:
            try:
                self._catalog = await _progress_line(self._services).until(_read_catalog(self._services))
            except ApiError as error:
                if self._needs_prices:
                    raise
                lines = messages.error_lines(error, Situation.COMMAND, given_by=self._services.credentials_source)
                print_error([_("The prices could not be read."), *lines])
        return self._catalog

    async def _order_prices(self) -> Mapping[str, Decimal]:
        """Return the hourly price at which each host was ordered on this machine, by host ID, CNY."""
        try:
            quotes = await self._services.journal.bought()
        except StoreError as error:
            print_error([messages.error_message(error)])
            return {}
        prices = {host_id: pricing.hourly(quote.package) for host_id, quote in quotes.items()}
        return {host_id: price for host_id, price in prices.items() if price is not None}
