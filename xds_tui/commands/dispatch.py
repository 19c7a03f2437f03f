"""Which command does what with the options, and what its end means to a shell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xds_tui.commands import output, saying
from xds_tui.commands.output import OutputError, OutputFormat
from xds_tui.fleet import query
from xds_tui.fleet.query import Query, QueryError
from xds_tui.text import messages

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from xds_tui.commands.parts import CommandServices
    from xds_tui.settings import Settings
    from xds_tui.vault import KeyringStore


@dataclass(frozen=True, slots=True)
class CommandBuilder:
    """What `cli` builds for a command, when that asks for it."""

    parts: Callable[[], CommandServices]
    vault: Callable[[], KeyringStore]
    parser: Callable[[], argparse.ArgumentParser]
    state_dir: Callable[[], Path]


def run(options: argparse.Namespace, settings: Settings, building: CommandBuilder) -> int:
    """Run the command that `options` name, and return the exit code."""
    try:
        return _COMMANDS[options.command](options, settings, building)
    except QueryError as error:
        saying.print_error([saying.query_error(error)])
        return saying.USAGE
    except OutputError as error:
        return end(error)


def end(error: OutputError) -> int:
    """Say why standard output could not be written, and return the exit code."""
    if error.is_left:
        return 0  # whoever read it has had enough
    saying.print_error([messages.with_detail(error.summary, error.detail)])
    return saying.FAILURE


def _hosts(options: argparse.Namespace, settings: Settings, building: CommandBuilder) -> int:
    wanted = query.parse(options.filter)
    from xds_tui.commands import listing

    return listing.hosts(building.parts(), _form(options), wanted, interval=_interval(options, settings))


def _catalog(options: argparse.Namespace, settings: Settings, building: CommandBuilder) -> int:
    from xds_tui.commands import filters

    wanted = _query(options, filters.IMAGES if options.images else filters.PACKAGES)
    from xds_tui.commands import listing

    interval = _interval(options, settings)
    return listing.catalog(building.parts(), _form(options), wanted, images=options.images, interval=interval)


def _events(options: argparse.Namespace, settings: Settings, building: CommandBuilder) -> int:
    from xds_tui.commands import filters, records

    wanted, interval = _query(options, filters.EVENTS), _interval(options, settings)
    return records.events(building.parts(), _form(options), wanted, last=options.last, interval=interval)


def _orders(options: argparse.Namespace, settings: Settings, building: CommandBuilder) -> int:
    from xds_tui.commands import filters, records

    wanted, interval = _query(options, filters.ORDERS), _interval(options, settings)
    return records.orders(building.parts(), _form(options), wanted, last=options.last, interval=interval)


def _login(options: argparse.Namespace, settings: Settings, building: CommandBuilder) -> int:
    from xds_tui.commands import signing

    return signing.login(building.parts())


def _logout(options: argparse.Namespace, settings: Settings, building: CommandBuilder) -> int:
    from xds_tui.commands import signing

    return signing.logout(building.vault(), settings.profile, settings.credentials_source)


def _doctor(options: argparse.Namespace, settings: Settings, building: CommandBuilder) -> int:
    from xds_tui.commands import clipboard_check, doctor

    if options.clipboard:
        return clipboard_check.try_it()
    return doctor.examine(settings, building.vault(), building.state_dir(), as_json=options.json)


def _completion(options: argparse.Namespace, settings: Settings, building: CommandBuilder) -> int:
    from xds_tui.commands import completion

    output.write(completion.script(building.parser(), options.shell))
    return 0


_COMMANDS: Final[Mapping[str, Callable[[argparse.Namespace, Settings, CommandBuilder], int]]] = {
    "hosts": _hosts,
    "catalog": _catalog,
    "events": _events,
    "orders": _orders,
    "login": _login,
    "logout": _logout,
    "doctor": _doctor,
    "completion": _completion,
}


def _query(options: argparse.Namespace, fields: Mapping[str, tuple[str, ...]]) -> Query:
    from xds_tui.commands import filters

    wanted = query.parse(options.filter)
    filters.check(wanted, fields)
    return wanted


def _form(options: argparse.Namespace) -> OutputFormat:
    return OutputFormat.JSON if options.json else OutputFormat.CSV if options.csv else OutputFormat.TABLE


def _interval(options: argparse.Namespace, settings: Settings) -> float | None:
    return settings.interval if options.watch else None
