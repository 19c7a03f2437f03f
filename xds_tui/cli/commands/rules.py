"""`xds-tui rules`: what the rules of the user want to start and stop, now and next. It does neither."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from xds_tui.cli import columns
from xds_tui.cli.commands.host_reader import HostReader
from xds_tui.cli.output import OutputFormat, RowWriter, print_error
from xds_tui.cli.watch import follow
from xds_tui.domain.records import OrderAction
from xds_tui.domain.rule_planner import plan
from xds_tui.fleet.power_history import PowerHistory
from xds_tui.i18n import _
from xds_tui.structs import dataclass
from xds_tui.text import export
from xds_tui.text.export import ExportTable

if TYPE_CHECKING:
    from xds_tui.cli.services import CommandServices
    from xds_tui.domain.rule_planner import Rule


@dataclass(frozen=True, slots=True)
class RulesView:
    """The part of the plan to print, and its format."""

    output_format: OutputFormat
    due: OrderAction | None = None
    """Only what is to be done now."""


def rules(services: CommandServices, wanted: Sequence[Rule], view: RulesView) -> int:
    """List what `wanted` want, and return the exit code.

    Raises:
        OutputError: if standard output cannot be written.

    """
    if not wanted:
        print_error([_("There are no rules. See: xds-tui manual rules")])

    reader = HostReader(services, needs_prices=False)

    async def read() -> ExportTable:
        state = await reader.read()
        hosts = state.snapshot.hosts if state.snapshot is not None else ()
        now = services.clock()
        since = await PowerHistory(services.journal).since(hosts, now)
        planned = plan(now, wanted, hosts, since, state.costs.hosts)
        if view.due is not None:
            planned = tuple(each for each in planned if each.is_to_be_done and each.action is view.due)
        return export.rules_table(planned)

    writer = RowWriter(view.output_format, columns.RULES, is_followed=False, is_repeated=False)
    return follow(services, read, writer, 0) or reader.exit_code
