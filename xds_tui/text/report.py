"""The report on costs as rows, for other programs and for tables, and the sentences below a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from xds_tui.domain.cost_report import FORECAST_DAYS, Amount, CostReport, CostRow
from xds_tui.domain.pricing import rounded
from xds_tui.domain.sanitize import local_time
from xds_tui.i18n import _, ngettext
from xds_tui.text import export, formats, terms
from xds_tui.text.export import ExportTable, Value
from xds_tui.text.export_fields import REPORT_FIELDS
from xds_tui.text.labels import HEADERS
from xds_tui.text.overview import Line

_HOUR: Final = timedelta(hours=1)
_EMPTY: Final[dict[str, Value]] = dict.fromkeys(REPORT_FIELDS)


def report_table(report: CostReport, part: str, observed_since: datetime, *, has_sums: bool) -> ExportTable:
    """Return one row per host, tag or owner.

    Args:
        report: the report.
        part: what a row is of: `host`, `tag` or `owner`.
        observed_since: the first observation of the fleet.
        has_sums: whether the rows `total` and `forecast` follow.

    """
    common = {
        "month": f"{local_time(report.start):%Y-%m}",
        "since": export.exported_time(max(report.start, observed_since)),
        "until": export.exported_time(report.until),
    }
    rows = [{**common, "part": part, **_row(row)} for row in report.rows]
    if has_sums:
        rows.append({**common, "part": "total", **_row(report.total), "key": None, "name": None})
        if report.forecast is not None:
            until = export.exported_time(report.end)
            rows.append({**_EMPTY, **common, "part": "forecast", "until": until, **_costs(report.forecast)})
    return export.table_of(REPORT_FIELDS, rows)


def _row(row: CostRow) -> dict[str, Value]:
    return {
        "key": row.key,
        "name": row.name or None,
        "billing": row.billing.name.lower() if row.billing is not None else None,
        "hosts": row.hosts,
        "unpriced": row.unpriced,
        "hours_on": _hours(row.on_time.counted),
        "hours_on_least": _hours(row.on_time.least),
        "hours_on_most": _hours(row.on_time.most),
        "on_demand": _fen(row.on_demand.value),
        "prepaid": _fen(row.prepaid.value),
        **_costs(row.cost),
    }


def _costs(cost: Amount) -> dict[str, Value]:
    return {"cost": _fen(cost.value), "cost_low": _fen(cost.low), "cost_high": _fen(cost.high)}


def _fen(amount: Decimal) -> str:
    return f"{rounded(amount):f}"


def _hours(length: timedelta) -> float:
    return round(length / _HOUR, 2)


def report_notes(report: CostReport, observed_since: datetime) -> Iterator[str]:
    """Yield what the table does not show: the forecast, how certain the costs are, and what they lack."""
    total = report.total
    yield _("{cost}, of which {prepaid} are prepaid periods, until {until}").format(
        cost=_range(total.cost), prepaid=_yuan(total.prepaid.value), until=_moment(report.until)
    )
    if report.forecast is not None:
        yield _("Forecast for the whole month: {cost}").format(cost=_range(report.forecast))
        yield _(
            "The forecast continues the average of the last {count} days, between the cheapest and the most expensive"
            " of them; prepaid hosts are not renewed."
        ).format(count=FORECAST_DAYS)
    if observed_since > report.start:
        yield _("Hosts were first observed on {time}; hours on before that are not counted.").format(
            time=_moment(observed_since)
        )
    if total.on_time.unobserved >= _HOUR / 10:
        yield _(
            "Hosts were not observed for {hours} hours in total: AT LEAST counts them as off, AT MOST as on."
        ).format(hours=_hours_text(total.on_time.unobserved))
    if total.unpriced:
        yield ngettext(
            "The price of {count} host is unknown, so it is not included.",
            "The prices of {count} hosts are unknown, so they are not included.",
            total.unpriced,
        ).format(count=total.unpriced)
    if total.on_demand.high:
        yield _("Time in which a host is off counts as free. Taxes, disks and traffic are not included.")


# On a screen

_GUTTER: Final = 2
_MIN_NAME: Final = 12
_COSTS: Final[tuple[tuple[str, int, Callable[[CostRow], str]], ...]] = (
    ("hours_on", 0, lambda row: f"{row.on_time.counted / _HOUR:,.1f}"),
    ("on_demand_cny", 76, lambda row: _figure(row.on_demand.value)),
    ("rent_cny", 76, lambda row: _figure(row.prepaid.value)),
    ("cost_cny", 0, lambda row: "?" if row.unpriced == row.hosts else _figure(row.cost.value)),
    ("at_least_cny", 110, lambda row: _figure(row.cost.low)),
    ("at_most_cny", 110, lambda row: _figure(row.cost.high)),
)
"""Each column of figures: its header, the width of the screen from which it is shown, and its text."""

_NO_PART: Final = {"host": formats.NOTHING, "tag": terms.NO_TAG, "owner": terms.NO_OWNER}


def report_lines(report: CostReport, observed_since: datetime, part: str, width: int) -> Iterator[Line]:
    """Yield the sum and the forecast, the rows in columns, and the other notes, in lines of at most `width` cells."""
    notes = list(report_notes(report, observed_since))
    sums, other = (notes[:2], notes[2:]) if report.forecast is not None else (notes[:1], notes[1:])
    yield from (((text, "strong"),) for note in sums for text in formats.wrapped(note, width))
    yield ()
    yield from _table_lines(report, part, width)
    yield ()
    yield from (((text, "muted"),) for note in other for text in formats.wrapped(note, width))


def _table_lines(report: CostReport, part: str, width: int) -> Iterator[Line]:
    """Yield the headers, the rows and the total."""
    columns = [(_(HEADERS[header]), text) for header, least, text in _COSTS if width >= least]
    rows = [(_name(row, part), row) for row in report.rows]
    total = report.total
    texts = [[text(row) for _title, text in columns] for row in (*report.rows, total)]
    sizes = [
        max(map(formats.cells, (title, *column)))
        for (title, _text), column in zip(columns, zip(*texts, strict=True), strict=True)
    ]
    room = width - sum(size + _GUTTER for size in sizes)
    longest = max((formats.cells(name) for name, _row in rows), default=0)
    name_width = max(_MIN_NAME, min(room, max(longest, formats.cells(_(terms.TOTAL)))))

    def line(name: str, figures: Sequence[str], style: str) -> Line:
        cells = [formats.flush_right(figure, size + _GUTTER) for figure, size in zip(figures, sizes, strict=True)]
        return ((formats.padded(name, name_width) + "".join(cells), style),)

    yield line(_(HEADERS[part]), [title for title, _text in columns], "muted")
    for (name, _row), figures in zip(rows, texts[:-1], strict=True):
        yield line(name, figures, "")
    yield line(_(terms.TOTAL), texts[-1], "strong")


def _name(row: CostRow, part: str) -> str:
    return row.name or row.key or _(_NO_PART[part])


def _figure(amount: Decimal) -> str:
    return f"{rounded(amount):,f}"


def _range(cost: Amount) -> str:
    if rounded(cost.low) == rounded(cost.high):
        return _yuan(cost.value)
    return _("{cost} ({low} to {high})").format(cost=_yuan(cost.value), low=_yuan(cost.low), high=_yuan(cost.high))


def _yuan(amount: Decimal) -> str:
    return f"¥{rounded(amount):,f}"


def _hours_text(length: timedelta) -> str:
    return f"{length / _HOUR:,.1f}"


def _moment(at: datetime) -> str:
    return f"{local_time(at):%Y-%m-%d %H:%M}"
