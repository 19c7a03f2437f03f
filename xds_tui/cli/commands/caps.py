"""`xds-tui caps`: how much of each cap on spending is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xds_tui.cli import columns
from xds_tui.cli.commands.host_reader import HostReader
from xds_tui.cli.output import OutputFormat, RowWriter, print_error
from xds_tui.cli.watch import follow
from xds_tui.fleet.spending_guard import SpendingGuard
from xds_tui.i18n import _
from xds_tui.text import export
from xds_tui.text.export import ExportTable

if TYPE_CHECKING:
    from xds_tui.cli.services import CommandServices


def caps(services: CommandServices, output_format: OutputFormat) -> int:
    """List the caps with what is used of each, and return the exit code.

    Raises:
        OutputError: if standard output cannot be written.

    """
    if not services.caps:
        print_error([_("There are no caps on spending. See: xds-tui manual caps")])

    async def read() -> ExportTable:
        state = await HostReader(services, needs_prices=False).read()
        await services.annotations.refresh()
        guard = SpendingGuard(services.caps, services.journal, services.annotations, services.clock, lambda: state)
        return export.caps_table(await guard.uses())

    return follow(services, read, RowWriter(output_format, columns.CAPS, is_followed=False, is_repeated=False), 0)
