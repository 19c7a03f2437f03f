"""`xds-tui report`: what the hosts cost in a month, from the local records and the current prices."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from xds_tui.api.errors import ApiError
from xds_tui.cli import columns, output
from xds_tui.cli.commands.host_reader import HostReader
from xds_tui.cli.output import CommandError, OutputFormat, RowWriter, TextColumn, print_error
from xds_tui.cli.watch import follow, report_error
from xds_tui.domain import pricing
from xds_tui.domain.cost_report import CostReport
from xds_tui.domain.pricing import Costs
from xds_tui.domain.sanitize import clean
from xds_tui.fleet.cost_records import month_of, read_report
from xds_tui.i18n import N_, _
from xds_tui.structs import dataclass
from xds_tui.system.exit_codes import ExitCode
from xds_tui.text.export import ExportTable
from xds_tui.text.report import report_notes, report_table

if TYPE_CHECKING:
    from xds_tui.cli.services import CommandServices
    from xds_tui.domain.model import Host


@dataclass(frozen=True, slots=True)
class ReportView:
    """The month and the format of a report."""

    month: tuple[int, int] | None
    """Year and month; None for the current one."""
    output_format: OutputFormat
    part: str = "host"
    """What a row is of: `host`, `tag` or `owner`."""


@dataclass(frozen=True, slots=True)
class _Result:
    report: CostReport
    observed_since: datetime


_DAY: Final = timedelta(days=1)


def report(services: CommandServices, view: ReportView) -> int:
    """Write the report of a month, and return the exit code.

    If the service cannot be reached, the hosts are reported as they were last seen.

    Raises:
        CommandError: if the month has not begun.
        OutputError: if standard output cannot be written.

    """
    start, end = month_of(view.month, services.clock())
    if start > services.clock():
        raise CommandError(N_("This month has not begun yet"), f"{start:%Y-%m}", ExitCode.USAGE)

    async def read() -> _Result:
        hosts, costs = await _hosts(services)
        journal, now = services.journal, services.clock()
        await services.annotations.refresh()
        annotation = services.annotations.find
        found = await read_report(journal, hosts, costs.hosts, (start, end), now, annotation, view.part)
        if (problem := journal.problem or journal.notice) is not None:
            raise problem
        return _Result(*found)

    return follow(services, read, _ReportWriter(view), 0)


async def _hosts(services: CommandServices) -> tuple[tuple[Host, ...], Costs]:
    """Return the hosts with their prices; as they were last seen, with a warning, if they cannot be read."""
    try:
        state = await HostReader(services, needs_prices=False).read()
    except ApiError as error:
        report_error(error, services)
        print_error([_("Using local records only; hosts that were not ordered here have no price.")])
        snapshot = await services.journal.last_snapshot()
        hosts = snapshot.hosts if snapshot is not None else ()
        quotes = await services.journal.bought()
        prices = {
            host_id: price for host_id, quote in quotes.items() if (price := pricing.hourly(quote.package)) is not None
        }
        return hosts, pricing.costs(hosts, None, prices, services.clock())
    return (state.snapshot.hosts if state.snapshot is not None else ()), state.costs


class _ReportWriter:
    """Writes a report to standard output.

    Attributes:
        is_followed: False, because a report is written once.

    """

    is_followed = False

    def __init__(self, view: ReportView) -> None:
        self._format = view.output_format
        self._part = view.part
        self._columns = columns.REPORTS[view.part]
        row_format = OutputFormat.TABLE if self._format is OutputFormat.MARKDOWN else self._format
        self._rows = RowWriter(row_format, self._columns, is_followed=False, is_repeated=False)

    def write(self, result: _Result, /) -> None:
        """Write a report; raises `OutputError`."""
        has_sums = self._format is not OutputFormat.CSV
        table = report_table(result.report, self._part, result.observed_since, has_sums=has_sums)
        notes = list(report_notes(result.report, result.observed_since))
        if self._format is OutputFormat.MARKDOWN:
            output.write_json(_markdown(table, self._columns, f"{result.report.start:%Y-%m}", notes))
            return
        if self._format is OutputFormat.TABLE:
            rows = [row for row in table.rows if row[table.fields.index("part")] != "forecast"]
            table = ExportTable(table.fields, tuple(rows))
        self._rows.write(table)
        if self._format is OutputFormat.TABLE:
            output.write("\n" + "".join(f"{note}\n" for note in notes))


def _markdown(table: ExportTable, columns: Sequence[TextColumn], month: str, notes: Iterable[str]) -> str:
    """Return a report as Markdown, in which names stay what they are."""
    lines = [
        [_(column.title) for column in columns],
        ["---:" if column.is_number else "---" for column in columns],
    ]
    for values in table.rows:
        row = dict(zip(table.fields, values, strict=True))
        if row["part"] != "forecast":
            lines.append([_MARKUP.sub(r"\\\g<0>", clean(column.text(row))) for column in columns])
    rows = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    title = _("Cost of {month}").format(month=month)
    return f"# {title}\n\n{rows}\n" + "".join(f"- {note}\n" for note in notes)


_MARKUP: Final = re.compile(r"[\\`*_{}\[\]<>#|~$]")
