"""`xds-tui hosts`, `xds-tui catalog`, `xds-tui inventory` and `xds-tui ssh-config`: current data from the service."""

from __future__ import annotations

import contextlib
import json
from dataclasses import field, replace
from typing import TYPE_CHECKING

from xds_tui.cli import columns
from xds_tui.cli.commands.host_reader import HostReader, count_unknown, progress_line, read_catalog
from xds_tui.cli.output import CommandError, OutputFormat, RowWriter, TextColumn, TextWriter, print_error
from xds_tui.cli.watch import follow
from xds_tui.domain import filtering, host_list
from xds_tui.domain import purchase as catalog_rules
from xds_tui.domain.filter_query import Query
from xds_tui.domain.host_list import Sort
from xds_tui.domain.model import Billing, Snapshot
from xds_tui.fleet.state import FleetState
from xds_tui.i18n import N_, _
from xds_tui.store.database import StoreError
from xds_tui.structs import dataclass
from xds_tui.system import files
from xds_tui.system.exit_codes import ExitCode
from xds_tui.text import export, host_formats
from xds_tui.text.export import ExportTable

if TYPE_CHECKING:
    from pathlib import Path

    from xds_tui.cli.services import CommandServices


@dataclass(frozen=True, slots=True)
class HostView:
    """The filter, order and format of a list of hosts."""

    query: Query
    output_format: OutputFormat = OutputFormat.TABLE
    columns: tuple[str, ...] = ()
    """Names of columns of the table, or of fields in JSON and CSV; empty: all."""
    has_header: bool = True
    sort: Sort = field(default_factory=Sort)
    limit: int | None = None

    def select(self, state: FleetState) -> Snapshot:
        """Return the snapshot with the hosts that match, sorted.

        Raises:
            ValueError: if no hosts have been read.

        """
        if state.snapshot is None:
            raise ValueError("no hosts")
        ids = host_list.rows(state.snapshot, self.query, self.sort, state.snapshot.at, state.costs)[: self.limit]
        by_id = {host.id: host for host in state.snapshot.hosts}
        return replace(state.snapshot, hosts=tuple(by_id[host_id] for host_id in ids))


def hosts(services: CommandServices, view: HostView, *, interval: float | None) -> int:
    """List the hosts of `view`, once or every `interval` seconds, and return the exit code.

    Raises:
        CommandError: if it names columns that do not exist.
        OutputError: if standard output cannot be written.

    """
    is_row_format = view.output_format in (OutputFormat.TABLE, OutputFormat.JSON, OutputFormat.CSV)
    shown = _columns(view) if is_row_format else ()
    needs_prices = any(term.field == "cost" for term in view.query) or view.sort.column == "cost"
    is_followed = interval is not None
    reader = HostReader(services, needs_prices=needs_prices, is_followed=is_followed)

    async def read_table() -> ExportTable:
        state = await reader.read()
        table = export.hosts_table(view.select(state), state.costs)
        is_cut = view.columns and view.output_format is not OutputFormat.TABLE
        return table.only(view.columns) if is_cut else table

    async def read_text() -> str:
        return _text(view, await reader.read(), count_unknown(await services.journal.orders(1_000)))

    if not is_row_format:
        code = follow(services, read_text, TextWriter(is_followed=is_followed), interval or 0)
        return code if is_followed else code or reader.exit_code
    writer = RowWriter(view.output_format, shown, is_followed=is_followed, is_repeated=True, has_header=view.has_header)
    code = follow(services, read_table, writer, interval or 0)
    return code if is_followed else code or reader.exit_code


def inventory(services: CommandServices, name: str | None) -> int:
    """Write the dynamic inventory of Ansible, or with `name` the variables of that host; return the exit code.

    Raises:
        OutputError: if standard output cannot be written.

    """
    reader = HostReader(services, needs_prices=False)

    async def read() -> str:
        state = await reader.read()
        found = state.snapshot.hosts if state.snapshot else ()
        if name is None:
            return host_formats.to_ansible(found)
        names = host_formats.aliases(found)
        variables = next((host_formats.ansible_variables(host) for host in found if names[host.id] == name), {})
        return json.dumps(variables, ensure_ascii=False) + "\n"

    return follow(services, read, TextWriter(is_followed=False), 0) or reader.exit_code


def ssh_config(services: CommandServices, path: Path | None) -> int:
    """Write a configuration for ssh to standard output, or to the file `path`; return the exit code.

    Raises:
        CommandError: if the file cannot be written.
        OutputError: if standard output cannot be written.

    """
    reader = HostReader(services, needs_prices=False)

    async def read() -> str:
        state = await reader.read()
        text = _text(HostView((), OutputFormat.SSH_CONFIG), state, 0)
        if path is None:
            return text
        try:
            files.make_folder(path.parent)
            files.write(path, text)
        except OSError as error:
            raise CommandError(N_("The ssh_config file could not be written"), str(error)) from None
        print_error([str(path), _("Add this to ~/.ssh/config, above the first Host line:"), f"Include {path}"])
        return ""

    return follow(services, read, TextWriter(is_followed=False), 0) or reader.exit_code


def catalog(
    services: CommandServices, output_format: OutputFormat, query: Query, *, images: bool, interval: float | None
) -> int:
    """List the packages, or the images, that match a validated `query`; otherwise as `hosts`."""

    async def read() -> ExportTable:
        found = await progress_line(services).until(read_catalog(services))
        with contextlib.suppress(StoreError):  # only a completion misses it
            await services.journal.save_offers(found)
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


def _columns(view: HostView) -> tuple[TextColumn, ...]:
    """Return the columns of the table, after a check of the names that the user gave."""
    if not view.columns:
        return columns.HOSTS
    if view.output_format is not OutputFormat.TABLE:
        _require_names(view.columns, export.host_fields())
        return columns.HOSTS
    by_name = {column.name: column for column in columns.HOST_DETAILS}
    _require_names(view.columns, tuple(by_name))
    # What the user asks for is not left out for lack of room.
    return tuple(replace(by_name[name], drop=0, is_optional=False) for name in view.columns)


def _require_names(names: tuple[str, ...], known: tuple[str, ...]) -> None:
    unknown = [name for name in names if name not in known]
    if unknown:
        summary = N_("There is no such column")
        raise CommandError(summary, f"{', '.join(unknown)}; {', '.join(known)}", code=ExitCode.USAGE)


def _text(view: HostView, state: FleetState, unknown_orders: int) -> str:
    snapshot = view.select(state)
    if view.output_format is OutputFormat.ANSIBLE:
        return host_formats.to_ansible(snapshot.hosts)
    if view.output_format is OutputFormat.PROMETHEUS:
        return host_formats.prometheus(snapshot, state.costs, unknown_orders, snapshot.at)
    return host_formats.ssh_config(snapshot.hosts, snapshot.at)
