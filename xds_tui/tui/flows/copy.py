"""Copying a text to the user's clipboard, and the dialog with the copyable fields of a host.

Strings from the service are sanitized when they are decoded (`domain/sanitize.py`), so the copy equals what is shown.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from textual.app import App

from xds_tui.domain.credentials import MASK
from xds_tui.domain.model import Host
from xds_tui.domain.records import Event, Order, OrderState
from xds_tui.fleet.state import FleetState
from xds_tui.i18n import _, ngettext
from xds_tui.remote import rdp, target, templates
from xds_tui.remote.templates import ConnectCommands
from xds_tui.structs import dataclass
from xds_tui.system import clipboard, osc, processes, terminal
from xds_tui.text import export, formats, messages, terms
from xds_tui.tui.screens.base import LiveScreen
from xds_tui.tui.screens.picker import Choice, pick
from xds_tui.tui.textual_compat import get_driver, set_clipboard

COPY_TIMEOUT: Final = 2.0
"""Seconds after which a clipboard program is expected to have read the text."""

_FAILED_STATES: Final = (OrderState.REJECTED, OrderState.NOT_SENT, OrderState.UNKNOWN, OrderState.UNCONFIRMED)


# Clipboard


async def copy(app: App[Any], text: str, what: str) -> list[str]:
    """Send a text to the clipboard, and return a message.

    Args:
        app: the app in the terminal or browser that has the clipboard.
        text: the text to copy.
        what: the name of the text in the message.

    Returns:
        The lines of the message: what was sent, and whether it can have reached the clipboard.

    """
    if not clipboard.fits(text):
        size, most = len(text.encode()) / 1000, clipboard.MAX_TEXT_BYTES / 1000
        message = _("Not copied: {what} has {size:.0f} kB, and a terminal accepts at most {most:.0f} kB")
        return [message.format(what=what, size=size, most=most)]
    program = await _send(app, text)
    if app.is_web:  # the page of textual-serve passes OSC 52 to the browser
        sent = _("Sent to the browser's clipboard: {what}").format(what=what)
        return [sent, _("It arrives only if the address of the page is localhost or https.")]
    sent = _("Sent to the terminal's clipboard: {what}").format(what=what)
    if program:
        return [sent, messages.copied_by(program)]
    if unsupported := clipboard.terminal_without_osc52(os.environ):
        return [sent, _("{terminal} does not support copying; see xds-tui doctor").format(terminal=_(unsupported))]
    return [
        sent,
        _("It arrives only if the terminal supports OSC 52."),
        _("To test it, run xds-tui doctor --clipboard."),
    ]


async def copy_selected(app: App[Any], text: str) -> None:
    """Send the selected text to the clipboard, and show a message only if it is too long."""
    if clipboard.fits(text):
        await _send(app, text)
    else:
        for line in await copy(app, text, _("the selected text")):
            app.notify(line, severity="warning", markup=False)


async def _send(app: App[Any], text: str) -> str:
    """Send a text to the terminal and to a clipboard program; return the program's name, or "" if none accepted it."""
    set_clipboard(app, text)
    driver = get_driver(app)
    if driver is None or app.is_headless:
        return ""
    driver.write(osc.set_clipboard(text, terminal.multiplexer(os.environ)))
    # The user of a browser is not at this machine.
    command = None if app.is_web else clipboard.program(os.environ, sys.platform, shutil.which)
    if command is None or not await processes.run_with_input(command, text, os.environ, COPY_TIMEOUT):
        return ""
    return command[0]


# Fields of hosts


@dataclass(frozen=True, slots=True)
class _Copyable:
    """A field that can be copied."""

    choice: Choice
    what: str
    """The name of the field in the message."""
    text: Callable[[], str]


async def choose_and_copy(screen: LiveScreen[Any], hosts: Sequence[Host], commands: ConnectCommands) -> None:
    """Let the user choose a field of `hosts`, and copy it. Call it in a worker."""
    if not hosts:
        return
    fields = (
        _host_fields(hosts[0], screen.fleet, commands, is_remote=screen.app.is_web)
        if len(hosts) == 1
        else _fields_of_several(hosts, screen.fleet)
    )
    title = _("Copy from {host}").format(host=hosts[0].display_name)
    if len(hosts) > 1:
        title = ngettext("Copy from {count} host", "Copy from {count} hosts", len(hosts)).format(count=len(hosts))
    chosen = await pick(screen.app, title, [field.choice for field in fields])
    for field in fields:
        if field.choice.id == chosen:
            await copy_and_report(screen, field.text(), field.what)


async def copy_and_report(screen: LiveScreen[Any], text: str, what: str) -> None:
    """Copy a text, and show the message of `copy` in the notice of the screen."""
    screen.show_notice(await copy(screen.app, text, what), mild=True, subject="copy")


def _host_fields(host: Host, fleet: FleetState, commands: ConnectCommands, *, is_remote: bool) -> list[_Copyable]:
    command, why_not = _command(host, commands, is_remote=is_remote)
    name = _("ssh command") if command[:1] == ("ssh",) else _("Connection command")
    trace_id = _trace_id(host, fleet)
    password = host.password
    return [
        _field(
            "address",
            _(terms.ADDRESS),
            formats.address(host) if host.address else "",
            _(target.ADDRESS_UNKNOWN),
        ),
        _field("command", name, templates.shell_command(command) if command else "", why_not),
        _field("id", _(terms.ID), host.id),
        _Copyable(
            Choice("password", _(terms.PASSWORD), MASK, "" if password else _(messages.NO_PASSWORD)),
            _(terms.PASSWORD),
            lambda: password.reveal() if password else "",
        ),
        _field("trace-id", "traceId", trace_id, _("no errors were reported for it recently"), _("of its last error")),
        _Copyable(
            Choice("json", _("Row as JSON"), _("same fields as xds-tui hosts --json")),
            _("Row as JSON"),
            lambda: export.to_json_lines(_table([host], fleet)).rstrip("\n"),
        ),
    ]


def _fields_of_several(hosts: Sequence[Host], fleet: FleetState) -> list[_Copyable]:
    addresses = [formats.address(host) for host in hosts if host.address]
    return [
        _lines("address", _("Addresses"), addresses, _("none of them has an address yet")),
        _lines("id", _("IDs"), [host.id for host in hosts], ""),
        _Copyable(
            Choice("json", _("Rows as JSON"), _("same fields as xds-tui hosts --json")),
            _("Rows as JSON"),
            lambda: export.to_json(_table(hosts, fleet)),
        ),
    ]


def _field(name: str, label: str, text: str, why_not: str = "", note: str = "") -> _Copyable:
    shown = " · ".join(part for part in (text, note) if part) if text else ""
    return _Copyable(Choice(name, label, shown, "" if text else why_not), label, lambda: text)


def _lines(name: str, label: str, texts: Sequence[str], why_not: str) -> _Copyable:
    note = ngettext("{count} line", "{count} lines", len(texts)).format(count=len(texts))
    return _Copyable(
        Choice(name, label, note, "" if texts else why_not), f"{label} ({len(texts)})", lambda: "\n".join(texts)
    )


def _table(hosts: Iterable[Host], fleet: FleetState) -> export.ExportTable:
    """Return the table of `hosts --json`, which contains no passwords."""
    if fleet.snapshot is None:
        raise ValueError("hosts cannot be exported before the first listing")
    return export.hosts_table(replace(fleet.snapshot, hosts=tuple(hosts)), fleet.costs)


def _command(host: Host, commands: ConnectCommands, *, is_remote: bool) -> tuple[templates.Command, str]:
    """Return a command that connects to the host without an `.rdp` file, and the reason if there is none.

    With `is_remote`, the user is not at this machine, and the programs installed here are not considered.
    """
    try:
        destination = target.target(host)
    except target.UnreachableError as error:
        return (), messages.error_message(error)
    client = None if is_remote else rdp.client(os.environ, sys.platform, shutil.which)
    return rdp.manual_command(destination, commands, client), ""


def _trace_id(host: Host, fleet: FleetState) -> str:
    """Return the traceId of the latest failure that concerns the host, or an empty string."""
    records: tuple[Event | Order, ...] = (*fleet.events, *fleet.orders)
    failures = (record for record in records if record.host_id == host.id and record.state in _FAILED_STATES)
    return next((failure.trace_id for failure in failures if failure.trace_id), "")
