"""`xds-tui describe`, `xds-tui wait` and `xds-tui ssh`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from xds_tui.cli import columns, output
from xds_tui.cli.order_input import HostWords, find_host
from xds_tui.cli.output import CommandError, print_error
from xds_tui.domain.endpoint import DEMO
from xds_tui.domain.model import Host, Snapshot, Status
from xds_tui.domain.records import EventKind
from xds_tui.domain.sanitize import clean
from xds_tui.i18n import N_, _
from xds_tui.remote import target, templates
from xds_tui.system.exit_codes import ExitCode
from xds_tui.text import export, formats, labels

if TYPE_CHECKING:
    from xds_tui.cli.engine import Engine

CONDITIONS: Final[Mapping[str, Callable[[Host | None], bool]]] = {
    "on": lambda host: host is not None and host.status.is_on,
    "off": lambda host: host is not None and host.status is Status.OFF,
    "gone": lambda host: host is None,
}
"""What `wait --for` waits for."""


def describe(engine: Engine, word: str, *, as_json: bool) -> int:
    """Write all that is known about a host, except its password; return the exit code.

    Raises:
        ApiError, StoreError, CommandError: if it cannot be read.
        OutputError: if standard output cannot be written.

    """
    snapshot = engine.read_hosts()
    listed = find_host(snapshot.hosts, word)
    client = engine.services.account.client()
    host = engine.run(client.host(listed.id), engine.asking) or listed  # only this call returns all fields
    host = replace(host, annotation=listed.annotation)
    engine.read_catalog()
    table = export.hosts_table(replace(snapshot, hosts=(host,)), engine.state.costs)
    (row,) = [dict(zip(table.fields, row, strict=True)) for row in table.rows]
    if as_json:
        output.write_json(f"{export.to_json_object(row)}\n")
        return ExitCode.OK
    facts = [(column.title, clean(column.text(row))) for column in columns.HOST_DETAILS]
    width = max(output.cell_width(_(title)) for title, _fact in facts)
    lines = (f"{_(title)}{' ' * (width - output.cell_width(_(title)))}  {fact}\n" for title, fact in facts)
    output.write("".join(lines))
    return ExitCode.OK


def wait(engine: Engine, words: HostWords, condition: str, *, max_wait: float) -> int:
    """Wait until every host meets `condition`, one of `CONDITIONS`; return the exit code.

    Raises:
        ApiError, StoreError, CommandError: if the hosts cannot be read.
        OutputError: if standard output cannot be written.

    """
    engine.read_hosts()
    is_gone = condition == "gone"
    try:
        hosts = words.select(engine.state)
    except CommandError as error:
        if not is_gone or error.code is not ExitCode.FAILURE:
            raise
        return ExitCode.OK
    ids = [host.id for host in hosts]
    has_met = CONDITIONS[condition]

    def is_over() -> bool:
        found = _by_id(engine.state.snapshot, ids)
        return all(has_met(host) or (host is None and not is_gone) for host in found)

    engine.run(engine.until(is_over, max_wait), _("waiting for {count} hosts").format(count=len(ids)))
    found = _by_id(engine.state.snapshot, ids)
    lines = [_status_line(host, now) for host, now in zip(hosts, found, strict=True)]
    output.write("".join(f"{clean(line)}\n" for line in lines))
    return ExitCode.OK if all(map(has_met, found)) else ExitCode.FAILURE


def ssh(engine: Engine, word: str, command: Sequence[str]) -> tuple[str, ...]:
    """Return the command that connects to a host, for `start_program`.

    Raises:
        ApiError, StoreError, CommandError, UnreachableError: if there is no way to connect.

    """
    host = find_host(engine.read_hosts().hosts, word)
    to = target.target(host)
    if to.system is not target.System.LINUX:
        raise target.UnreachableError(N_("This host is reached by remote desktop, not by SSH"), host.os)
    own = engine.services.connect_commands.linux
    arguments = templates.expand(own or templates.SSH_WITH_KEY_ALIAS, to)
    return (*arguments, *command)


def start_program(command: tuple[str, ...], base_url: str) -> int:
    """Replace this process by `command`; return an exit code if that must not be done.

    Raises:
        CommandError: if the program cannot be started.

    """
    if base_url == DEMO:
        # The address may be that of a real machine.
        print_error(
            [
                _("Demo hosts do not exist, so nothing was started. The command would be:"),
                templates.shell_command(command),
            ]
        )
        return ExitCode.FAILURE
    try:
        os.execvp(command[0], command)  # noqa: S606 - without a shell; `remote.target` has checked the address
    except OSError as error:
        raise CommandError(N_("The program could not be started"), f"{command[0]}: {error.strerror}") from None


def _by_id(snapshot: Snapshot | None, ids: Sequence[str]) -> list[Host | None]:
    hosts = {host.id: host for host in snapshot.hosts} if snapshot else {}
    return [hosts.get(host_id) for host_id in ids]


def _status_line(before: Host, now: Host | None) -> str:
    status = formats.status_word(now.status) if now else _(labels.EVENT_KINDS[EventKind.GONE])
    return f"{before.display_name} ({before.id}): {status}"
