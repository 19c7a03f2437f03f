"""`xds-tui rules`: what the rules of the user want to start and stop, now and next. It does neither."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xds_tui.cli import columns
from xds_tui.cli.commands.host_reader import HostReader
from xds_tui.cli.output import CommandError, OutputFormat, RowWriter, TextWriter, print_error
from xds_tui.cli.watch import follow
from xds_tui.domain import guard
from xds_tui.domain.records import OrderAction
from xds_tui.domain.rule_planner import plan
from xds_tui.fleet.power_history import PowerHistory
from xds_tui.i18n import N_, _
from xds_tui.structs import dataclass
from xds_tui.text import export
from xds_tui.text import rules as rule_texts
from xds_tui.text.export import ExportTable

if TYPE_CHECKING:
    from xds_tui.cli.services import CommandServices
    from xds_tui.domain.rule_planner import PlannedAction, Rule
    from xds_tui.fleet.state import FleetState


NOTHING: Final = N_("There is no rule and no host of this name with anything to put off or skip")


def postpone(services: CommandServices, wanted: Sequence[Rule], target: str, delay: timedelta | None) -> int:
    """Put off the next actions of a rule or a host by `delay`, or skip them once if it is None; return the exit code.

    Raises:
        OutputError: if standard output cannot be written.

    """

    async def decide() -> str:
        state = await HostReader(services, needs_prices=False).read()
        planned, now = await _planned(services, wanted, state), services.clock()
        known = await services.journal.postponements()
        postponed = guard.postpone(now, planned, known, target, delay)
        if not postponed:
            raise CommandError(NOTHING, target)
        await services.journal.postpone(postponed, now)
        if services.journal.problem is not None:
            raise services.journal.problem
        return "".join(f"{rule_texts.postponed(each, state.snapshot)}\n" for each in postponed)

    return follow(services, decide, TextWriter(is_followed=False), 0)


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
        planned, now = await _planned(services, wanted, state), services.clock()
        moved = guard.effective(planned, await services.journal.postponements())
        planned = tuple(replace(each, at=due, is_due=due <= now) for each, due in moved)
        if view.due is not None:
            planned = tuple(each for each in planned if each.is_to_be_done and each.action is view.due)
        return export.rules_table(planned)

    writer = RowWriter(view.output_format, columns.RULES, is_followed=False, is_repeated=False)
    return follow(services, read, writer, 0) or reader.exit_code


async def _planned(services: CommandServices, wanted: Sequence[Rule], state: FleetState) -> tuple[PlannedAction, ...]:
    """Return what the rules want, without regard to what has been put off."""
    hosts = state.snapshot.hosts if state.snapshot is not None else ()
    now = services.clock()
    since = await PowerHistory(services.journal).since(hosts, now)
    return plan(now, wanted, hosts, since, state.costs.hosts)
