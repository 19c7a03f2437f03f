"""Dialogs for the host list: order, groups, columns, and saved filters.

Each dialog is pushed before the next key press is handled: the `s` of a quickly typed `gstatus` would start a host.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from textual.app import App

from xds_tui.config.schema import COLUMNS, GROUPS
from xds_tui.domain import filtering
from xds_tui.domain.filter_query import QueryError
from xds_tui.i18n import _
from xds_tui.text import labels, messages
from xds_tui.tui.screens.column_picker import ColumnPickerScreen
from xds_tui.tui.screens.picker import Choice, PickerScreen
from xds_tui.tui.screens.prompt import PromptScreen
from xds_tui.tui.widgets.host_pane import HostPane

_NONE: Final = "none"
_SAVE: Final = "save"
_REMOVE: Final = "remove"
_FILTER: Final = "filter "
"""The prefix of the choices that are saved filters."""


def _sort(app: App[Any], pane: HostPane) -> None:
    sort, descending = pane.listing.sort, pane.listing.descending
    now = _("descending; choose again to reverse") if descending else _("ascending; choose again to reverse")
    choices = [Choice(_NONE, _("Order of the service"), is_current=sort is None)]
    for column in COLUMNS:
        name = _(labels.COLUMNS[column])
        choices.append(Choice(column, name, now if column == sort else "", is_current=column == sort))

    def on_result(chosen: str | None) -> None:
        if chosen is not None:
            pane.sort_by(chosen if chosen != _NONE else None)

    app.push_screen(PickerScreen(_("Sort by"), choices), on_result)


def _group(app: App[Any], pane: HostPane) -> None:
    group = pane.listing.group
    choices = [Choice(_NONE, _("No grouping"), is_current=group is None)]
    choices += [Choice(by, _(labels.GROUPS[by]), is_current=by == group) for by in GROUPS]

    def on_result(chosen: str | None) -> None:
        if chosen is not None:
            pane.list_as(replace(pane.listing, group=chosen if chosen != _NONE else None))

    app.push_screen(PickerScreen(_("Group by"), choices), on_result)


def _columns(app: App[Any], pane: HostPane) -> None:
    def on_result(columns: tuple[str, ...] | None) -> None:
        if columns is not None:
            pane.list_as(replace(pane.listing, columns=columns))

    app.push_screen(ColumnPickerScreen(pane.listing.columns), on_result)


def _filters(app: App[Any], pane: HostPane) -> None:
    filters, typed = pane.listing.filters, pane.query_text.strip()
    choices = [
        Choice(_FILTER + name, name, text, _parse_error(text), is_current=text == typed)
        for name, text in filters.items()
    ]
    choices.append(Choice(_SAVE, _("Save this filter…"), typed, _save_disabled_reason(typed)))
    choices.append(
        Choice(_REMOVE, _("Remove a saved filter…"), why_not="" if filters else _("there are no saved filters"))
    )

    def on_result(chosen: str | None) -> None:
        if chosen == _SAVE:
            _save_filter(app, pane, typed)
        elif chosen == _REMOVE:
            _remove_filter(app, pane)
        elif chosen is not None:
            pane.filter_by(filters[chosen.removeprefix(_FILTER)])

    app.push_screen(PickerScreen(_("Saved filters"), choices), on_result)


def _save_filter(app: App[Any], pane: HostPane, typed: str) -> None:
    def on_result(name: str | None) -> None:
        if name is not None:
            pane.list_as(replace(pane.listing, filters={**pane.listing.filters, name: typed}))

    app.push_screen(PromptScreen(_("Save {filter} as").format(filter=typed), pane.listing.filters), on_result)


def _remove_filter(app: App[Any], pane: HostPane) -> None:
    filters = dict(pane.listing.filters)

    def on_result(chosen: str | None) -> None:
        if chosen is not None:
            del filters[chosen]
            pane.list_as(replace(pane.listing, filters=filters))

    choices = [Choice(name, name, text) for name, text in filters.items()]
    app.push_screen(PickerScreen(_("Remove a saved filter"), choices), on_result)


def _parse_error(text: str) -> str:
    try:
        filtering.parse_for(filtering.HOSTS, text)
    except QueryError as error:
        return messages.error_message(error)
    return ""


def _save_disabled_reason(typed: str) -> str:
    return _parse_error(typed) if typed else _("no filter is set; press / to set one")


DIALOGS: Final[Mapping[str, Callable[[App[Any], HostPane], None]]] = {
    "sort": _sort,
    "group": _group,
    "columns": _columns,
    "filters": _filters,
}
"""Each opens a dialog and applies its result to the host list."""
