"""`xds-tui rules`: what the rules of the user want to start and stop, now and next. It does neither."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from xds_tui.cli import columns
from xds_tui.cli.commands.history import EVENT_PAGE_SIZE
from xds_tui.cli.commands.host_reader import HostReader
from xds_tui.cli.output import OutputFormat, RowWriter, print_error
from xds_tui.cli.watch import follow
from xds_tui.domain.records import OrderAction
from xds_tui.domain.rule_planner import on_or_off_since, plan
from xds_tui.i18n import _
from xds_tui.structs import dataclass
from xds_tui.text import export
from xds_tui.text.export import ExportTable

if TYPE_CHECKING:
    from xds_tui.cli.services import CommandServices
    from xds_tui.domain.model import Host
    from xds_tui.domain.records import Event
    from xds_tui.domain.rule_planner import Rule

HISTORY: Final = timedelta(days=60)
"""How far back the start of a host is searched for; an older one counts as this long ago."""


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
        begin, since = await _since(services, hosts, now)
        known = {host.id: max(since.get(host.id, begin), host.created or begin) for host in hosts}
        planned = plan(now, wanted, hosts, known, state.costs.hosts)
        if view.due is not None:
            planned = tuple(each for each in planned if each.is_to_be_done and each.action is view.due)
        return export.rules_table(planned)

    writer = RowWriter(view.output_format, columns.RULES, is_followed=False, is_repeated=False)
    return follow(services, read, writer, 0) or reader.exit_code


async def _since(
    services: CommandServices, hosts: Iterable[Host], now: datetime
) -> tuple[datetime, Mapping[str, datetime]]:
    """Return the first observation, and since when hosts with recorded changes have been on or off."""
    begin = now - HISTORY
    times = await services.journal.observation_times(begin, now)
    events: list[Event] = []
    before: datetime | None = None
    while page := await services.journal.events(EVENT_PAGE_SIZE, before):
        events += page
        before = page[-1].at
        if before < begin:
            break
    seen = [*times[:1], *(event.at for event in events[-1:])]
    return max(begin, min(seen, default=now)), on_or_off_since(now, hosts, events)
