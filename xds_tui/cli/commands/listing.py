"""`xds-tui hosts` and `xds-tui catalog`: what the service has now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from xds_tui.api.errors import ApiError
from xds_tui.cli import columns
from xds_tui.cli.output import Output, OutputFormat
from xds_tui.cli.progress import ProgressLine
from xds_tui.cli.watch import follow
from xds_tui.domain import host_list, pricing, row_filter
from xds_tui.domain import purchase as catalog_rules
from xds_tui.domain.filter_query import Query
from xds_tui.domain.model import Billing, Catalog, Snapshot
from xds_tui.fleet.host_listing import ProgressReporter, list_hosts
from xds_tui.i18n import _, ngettext
from xds_tui.store.database import StoreError
from xds_tui.text import export, labels, messages
from xds_tui.text.export import Table
from xds_tui.text.messages import Situation

if TYPE_CHECKING:
    from xds_tui.cli.services import CommandServices

PRICES_LAST: Final = timedelta(minutes=10)
"""How long prices are taken to stand while hosts are watched."""


def hosts(parts: CommandServices, form: OutputFormat, query: Query, *, interval: float | None) -> int:
    """List the hosts that `query` holds for, every `interval` seconds or (None) once; return the exit code."""
    fleet = _Fleet(parts, query)
    out = Output(form, columns.HOSTS, is_followed=interval is not None, repeats=True)
    return follow(parts, fleet.read, out, interval or 0)


def catalog(parts: CommandServices, form: OutputFormat, query: Query, *, images: bool, interval: float | None) -> int:
    """List the packages, or the images, that a checked `query` holds for; as `hosts` otherwise."""

    async def read() -> Table:
        found = await _asking(parts).until(_catalog(parts))
        if images:
            return row_filter.kept(export.images_table(found.images, found.at), query, row_filter.IMAGES, parts.clock())
        listed = (
            (billing, package) for billing in Billing for package in catalog_rules.matching_packages(found, billing)
        )
        return row_filter.kept(export.packages_table(listed, found.at), query, row_filter.PACKAGES, parts.clock())

    shown = columns.IMAGES if images else columns.PACKAGES
    return follow(parts, read, Output(form, shown, is_followed=interval is not None, repeats=True), interval or 0)


def _asking(parts: CommandServices) -> ProgressLine:
    return ProgressLine(_("asking {url}").format(url=parts.account.base_url))


async def _catalog(parts: CommandServices) -> Catalog:
    client = parts.account.client()
    images = await client.images()
    packages = {billing: await client.packages(billing) for billing in Billing}
    return Catalog(images, packages, parts.clock())


class _Fleet:
    """The hosts, reading after reading, with what they cost."""

    def __init__(self, parts: CommandServices, query: Query) -> None:
        self._parts = parts
        self._query = query
        self._needs_prices = any(term.field == "cost" for term in query)
        self._snapshot: Snapshot | None = None
        self._catalog: Catalog | None = None

    async def read(self) -> Table:
        """Ask for everything, and return the hosts that are wanted."""
        waiting = _asking(self._parts)
        source = ProgressReporter(self._parts.account.client(), waiting.tell)
        swept = await waiting.until(list_hosts(source, self._snapshot, self._parts.clock))
        self._snapshot = snapshot = swept.snapshot
        if swept.unreadable:
            told = ngettext(
                "{count} host could not be read and is left out",
                "{count} hosts could not be read and are left out",
                swept.unreadable,
            )
            labels.print_error([told.format(count=swept.unreadable)])
        if not snapshot.is_complete:
            labels.print_error([_("The service's list contradicts itself, so hosts may be missing from it.")])
        now = self._parts.clock()
        costs = pricing.costs(snapshot.hosts, await self._prices(), await self._bought(), now)
        wanted = set(host_list.rows(snapshot, self._query, host_list.Sort(), now, costs))
        shown = tuple(host for host in snapshot.hosts if host.id in wanted)
        return export.hosts_table(replace(snapshot, hosts=shown), costs)

    async def _prices(self) -> Catalog | None:
        """The catalog; without it the hosts are listed all the same, unless the filter asks what they cost."""
        if self._catalog is None or self._parts.clock() - self._catalog.at > PRICES_LAST:
            try:
                self._catalog = await _asking(self._parts).until(_catalog(self._parts))
            except ApiError as error:
                if self._needs_prices:
                    raise
                lines = messages.trouble(error, Situation.COMMAND, given_by=self._parts.given_by)
                labels.print_error([_("The prices could not be read."), *lines])
        return self._catalog

    async def _bought(self) -> Mapping[str, Decimal]:
        """What an hour of each host that was bought here cost then."""
        try:
            bought = await self._parts.journal.bought()
        except StoreError as error:
            labels.print_error([labels.storage_error(error)])
            return {}
        prices = {host_id: pricing.hourly(promise.package) for host_id, promise in bought.items()}
        return {host_id: price for host_id, price in prices.items() if price is not None}
