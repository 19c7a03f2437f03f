"""The report on costs as rows, for other programs and for tables, and the sentences below a table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from xds_tui.domain.cost_report import FORECAST_DAYS, Amount, CostReport, CostRow
from xds_tui.domain.pricing import rounded
from xds_tui.domain.sanitize import local_time
from xds_tui.i18n import _, ngettext
from xds_tui.text import export
from xds_tui.text.export import ExportTable, Value
from xds_tui.text.export_fields import REPORT_FIELDS

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
