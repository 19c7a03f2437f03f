"""Copy texts to the clipboard of the user's terminal, and offer a menu of the texts of a host.

Texts of the service were sanitized when they were decoded (`domain/sanitize.py`), so the copy equals the display.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from textual.app import App

from xds_tui.domain.credentials import MASK
from xds_tui.domain.model import Host
from xds_tui.domain.records import Event, Order, OrderState
from xds_tui.fleet.state import FleetState
from xds_tui.i18n import _, ngettext
from xds_tui.remote import rdp, target, templates
from xds_tui.remote.templates import ConnectCommands
from xds_tui.system import clipboard, osc, processes, terminal
from xds_tui.text import export, formats, messages
from xds_tui.tui.screens.base import LiveScreen
from xds_tui.tui.screens.picker import Choice, pick
from xds_tui.tui.textual_compat import get_driver, set_clipboard

COPY_TIMEOUT: Final = 2.0
"""Seconds for a program to accept a text."""

_FAILED_STATES: Final = (OrderState.REJECTED, OrderState.NOT_SENT, OrderState.UNKNOWN, OrderState.UNCONFIRMED)


# Into the clipboard


async def copy(app: App[Any], text: str, what: str) -> list[str]:
    """Send `text` to the clipboard, and return lines for the user: `what` was sent, and whether it may have arrived."""
    if not clipboard.fits(text):
        size, most = len(text.encode()) / 1000, clipboard.MAX_TEXT_BYTES / 1000
        message = _("Not copied: {what} is {size:.0f} kB, and a terminal takes {most:.0f}")
        return [message.format(what=what, size=size, most=most)]
    program = await _send(app, text)
    if app.is_web:  # textual-serve's page takes OSC 52, and hands it to the browser
        message = _("Sent to the browser's clipboard: {what}").format(what=what)
        return [message, _("Nothing arrives if its address is neither localhost nor https.")]
    message = _("Sent to the terminal's clipboard: {what}").format(what=what)
    if program:
        return [message, _("{program} has taken it, too").format(program=program)]
    if terminal_name := clipboard.terminal_without_osc52(os.environ):
        return [message, _("{terminal} takes nothing: xds-tui doctor has more").format(terminal=_(terminal_name))]
    return [
        message,
        _("Nothing arrives if the terminal does not take OSC 52."),
        _("xds-tui doctor --clipboard tries it"),
    ]


async def copy_selected(app: App[Any], text: str) -> None:
    """Send the selected text to the clipboard; report only failures."""
    if clipboard.fits(text):
        await _send(app, text)
    else:
        for line in await copy(app, text, _("What is selected")):
            app.notify(line, severity="warning", markup=False)


async def _send(app: App[Any], text: str) -> str:
    """Send `text`, and return the name of the program that accepted it; empty without one."""
    set_clipboard(app, text)
    driver = get_driver(app)
    if driver is None or app.is_headless:
        return ""
    driver.write(osc.set_clipboard(text, terminal.multiplexer(os.environ)))
    # In a browser the user is not at this machine.
    command = None if app.is_web else clipboard.program(os.environ, sys.platform, shutil.which)
    if command is None or not await processes.run_with_input(command, text, os.environ, COPY_TIMEOUT):
        return ""
    return command[0]


# What a host has


@dataclass(frozen=True, slots=True)
class _Copy:
    """A text that can be copied."""

    choice: Choice
    what: str
    """Its name in the report."""
    text: Callable[[], str]


async def choose_and_copy(screen: LiveScreen[Any], hosts: Sequence[Host], commands: ConnectCommands) -> None:
    """Let the user choose a text of `hosts`, and copy it. Call it from a worker."""
    if not hosts:
        return
    offered = (
        _of_one(hosts[0], screen.fleet, commands, is_remote=screen.app.is_web)
        if len(hosts) == 1
        else _of_several(hosts, screen.fleet)
    )
    title = _("Copy from {host}").format(host=hosts[0].name or hosts[0].id)
    if len(hosts) > 1:
        title = ngettext("Copy from {count} host", "Copy from {count} hosts", len(hosts)).format(count=len(hosts))
    chosen = await pick(screen.app, title, [one.choice for one in offered])
    for one in offered:
        if one.choice.id == chosen:
            await copy_and_report(screen, one.text(), one.what)


async def copy_and_report(screen: LiveScreen[Any], text: str, what: str) -> None:
    """Copy a text, and report it in the notice of the screen."""
    screen.show_notice(await copy(screen.app, text, what), mild=True, subject="copy")


def _of_one(host: Host, fleet: FleetState, commands: ConnectCommands, *, is_remote: bool) -> list[_Copy]:
    command, disabled_reason = _command(host, commands, is_remote=is_remote)
    name = _("ssh command") if command[:1] == ("ssh",) else _("Command to connect")
    trace_id = _trace_id(host, fleet)
    password = host.password
    return [
        _one("address", _("Address"), formats.address(host) if host.address else "", _("Its address is not known yet")),
        _one("command", name, templates.shell_command(command) if command else "", disabled_reason),
        _one("id", _("ID"), host.id),
        _Copy(
            Choice("password", _("Password"), MASK, "" if password else _("The service gives no password for it")),
            _("Password"),
            lambda: password.reveal() if password else "",
        ),
        _one("trace-id", "traceId", trace_id, _("Nothing went wrong with it lately"), _("of what went wrong last")),
        _Copy(
            Choice("json", _("Row as JSON"), _("the fields of xds-tui hosts --json")),
            _("Row as JSON"),
            lambda: export.to_json_lines(_table([host], fleet)).rstrip("\n"),
        ),
    ]


def _of_several(hosts: Sequence[Host], fleet: FleetState) -> list[_Copy]:
    addresses = [formats.address(host) for host in hosts if host.address]
    return [
        _lines("address", _("Addresses"), addresses, _("None of them has an address yet")),
        _lines("id", _("IDs"), [host.id for host in hosts], ""),
        _Copy(
            Choice("json", _("Rows as JSON"), _("the fields of xds-tui hosts --json")),
            _("Rows as JSON"),
            lambda: export.to_json(_table(hosts, fleet)),
        ),
    ]


def _one(name: str, label: str, text: str, disabled_reason: str = "", about: str = "") -> _Copy:
    shown = " · ".join(part for part in (text, about) if part) if text else ""
    return _Copy(Choice(name, label, shown, "" if text else disabled_reason), label, lambda: text)


def _lines(name: str, label: str, texts: Sequence[str], disabled_reason: str) -> _Copy:
    about = ngettext("{count} line", "{count} lines", len(texts)).format(count=len(texts))
    return _Copy(
        Choice(name, label, about, "" if texts else disabled_reason),
        f"{label} ({len(texts)})",
        lambda: "\n".join(texts),
    )


def _table(hosts: Iterable[Host], fleet: FleetState) -> export.Table:
    """Return the hosts as in `hosts --json`, without passwords."""
    if fleet.snapshot is None:
        raise ValueError("there are no hosts before they were seen")
    return export.hosts_table(replace(fleet.snapshot, hosts=tuple(hosts)), fleet.costs)


def _command(host: Host, commands: ConnectCommands, *, is_remote: bool) -> tuple[templates.Command, str]:
    """Return the command that connects to the host, or why there is none; `is_remote` if the user is elsewhere."""
    try:
        to = target.target(host)
    except target.UnreachableError as error:
        return (), messages.error_message(error)
    return rdp.manual_command(
        to, commands, None if is_remote else rdp.client(os.environ, sys.platform, shutil.which)
    ), ""


def _trace_id(host: Host, fleet: FleetState) -> str:
    """Return the trace ID of the last failure of the host; empty without a known one."""
    records: tuple[Event | Order, ...] = (*fleet.events, *fleet.orders)
    return next(
        (one.trace_id for one in records if one.host_id == host.id and one.trace_id and one.state in _FAILED_STATES), ""
    )
