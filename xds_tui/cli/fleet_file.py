"""The file of `xds-tui apply`: TOML that describes groups of hosts.

fleet = "render-farm"

[group.render]
package = "bl4090a1"
image = "4005"
period = "1 month"        # or: on_demand = true
count = 4
running = 3               # default: count
hosts = ["gpu-node-5"]    # hosts that belong to the group although apply did not buy them
tag = "render"            # so do those with this tag, which new ones get
"""

from __future__ import annotations

import argparse
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from xds_tui.cli.order_input import find_host
from xds_tui.cli.order_parser import parse_period
from xds_tui.cli.output import CommandError
from xds_tui.domain.annotations import AnnotationError, parse_tag, selects
from xds_tui.domain.fleet_plan import MAX_COUNT, DesiredFleet, HostGroup
from xds_tui.domain.model import Host, Period
from xds_tui.i18n import N_, _
from xds_tui.structs import dataclass
from xds_tui.system.exit_codes import ExitCode

MAX_SIZE: Final = 1_000_000
"""Bytes of the longest file that is read."""

_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,30}")
_INVALID: Final = N_("The file does not describe a fleet, so nothing was done")


@dataclass(frozen=True, slots=True)
class FleetFile:
    """The contents of a file."""

    fleet: str
    groups: tuple[HostGroup, ...]
    """Their `adopted` are IDs or names, as in the file."""


class _Group(msgspec.Struct, forbid_unknown_fields=True):
    """A table `[group.NAME]`."""

    package: str
    image: str
    count: int
    running: int | None = None
    period: str | None = None
    on_demand: bool = False
    hosts: list[str] = []
    tag: str = ""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    """The whole file."""

    fleet: str
    group: dict[str, _Group]


def read_fleet_file(path: Path) -> FleetFile:
    """Read the file at `path`.

    Raises:
        CommandError: if it cannot be read, or does not describe a fleet.

    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_SIZE + 1)
    except OSError as error:
        raise CommandError(N_("The file cannot be read"), f"{path}: {error.strerror}", ExitCode.USAGE) from None
    if len(content) > MAX_SIZE:
        raise _error(path, _("larger than {size} bytes").format(size=MAX_SIZE))
    try:
        document = tomllib.loads(content.decode("utf-8-sig"))
        file_content = msgspec.convert(document, _File)
    except (ValueError, RecursionError) as error:  # of the decoder, the parser and msgspec
        raise _error(path, str(error)) from None
    _require_name(path, "fleet", file_content.fleet)
    return FleetFile(file_content.fleet, tuple(_groups(path, file_content.group)))


def desired_fleet(file: FleetFile, hosts: Sequence[Host]) -> DesiredFleet:
    """Return what `file` describes, with the IDs of the hosts that it names or that have the tags of its groups.

    Raises:
        CommandError: if a name fits no host, or several.

    """
    return DesiredFleet(file.fleet, tuple(_with_ids(group, hosts) for group in file.groups))


def _with_ids(group: HostGroup, hosts: Sequence[Host]) -> HostGroup:
    named = [find_host(hosts, word).id for word in group.adopted]
    tagged = [host.id for host in hosts if group.tag and selects(f"tag:{group.tag}", host.annotation)]
    return replace(group, adopted=tuple(dict.fromkeys((*named, *tagged))))


def _groups(path: Path, tables: Mapping[str, _Group]) -> list[HostGroup]:
    groups = []
    for name, table in tables.items():
        place = f"[group.{name}]"
        _require_name(path, place, name)
        if not 0 <= table.count <= MAX_COUNT:
            raise _error(path, _("{place}: count must be from 0 to {most}").format(place=place, most=MAX_COUNT))
        running = table.count if table.running is None else table.running
        if not 0 <= running <= table.count:
            raise _error(path, _("{place}: running must be from 0 to count").format(place=place))
        groups.append(
            HostGroup(
                name=name,
                package=table.package,
                image=table.image,
                period=_period(path, place, table),
                count=table.count,
                running=running,
                adopted=tuple(table.hosts),
                tag=_tag(path, place, table.tag),
            )
        )
    return groups


def _tag(path: Path, place: str, text: str) -> str:
    try:
        return parse_tag(text) if text else ""
    except AnnotationError as error:
        raise _error(path, f"{place}: tag: {error.fill(error.summary)}") from None


def _period(path: Path, place: str, table: _Group) -> Period | None:
    """Return how long the hosts are rented; None: on-demand."""
    if table.on_demand is (table.period is not None):
        raise _error(path, _("{place}: give either period or on_demand = true").format(place=place))
    if table.period is None:
        return None
    try:
        return parse_period(table.period)
    except argparse.ArgumentTypeError as error:
        raise _error(path, f"{place}: period: {error}") from None


def _require_name(path: Path, place: str, name: str) -> None:
    """Raise `CommandError` unless `name` can be part of a request ID."""
    if not _NAME.fullmatch(name):
        problem = _("{place}: a name has 1 to 30 ASCII letters, digits, points, hyphens and underscores")
        raise _error(path, problem.format(place=place))


def _error(path: Path, problem: str) -> CommandError:
    return CommandError(_INVALID, f"{path}: {problem}", ExitCode.USAGE)
