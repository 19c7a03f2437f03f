"""Copying: a text into the clipboard of whoever sits at the terminal, and the menu of what a host has to copy.

What comes from the service was cleaned when it was read (`api/text.py`), so what is copied is what is seen.
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
"""Seconds that a program has to take a text."""

_WENT_WRONG: Final = (OrderState.REJECTED, OrderState.NOT_SENT, OrderState.UNKNOWN, OrderState.UNCONFIRMED)


# Into the clipboard


async def copy(app: App[Any], text: str, what: str) -> list[str]:
    """Send `text` to the clipboard, and return what to say of it, `what` it is and whether it can have come."""
    if not clipboard.fits(text):
        size, most = len(text.encode()) / 1000, clipboard.MAX_TEXT_BYTES / 1000
        told = _("Not copied: {what} is {size:.0f} kB, and a terminal takes {most:.0f}")
        return [told.format(what=what, size=size, most=most)]
    taken_by = await _send(app, text)
    if app.is_web:  # textual-serve's page takes OSC 52, and hands it to the browser
        told = _("Sent to the browser's clipboard: {what}").format(what=what)
        return [told, _("Nothing arrives if its address is neither localhost nor https.")]
    told = _("Sent to the terminal's clipboard: {what}").format(what=what)
    if taken_by:
        return [told, _("{program} has taken it, too").format(program=taken_by)]
    if deaf := clipboard.terminal_without_osc52(os.environ):
        return [told, _("{terminal} takes nothing: xds-tui doctor has more").format(terminal=_(deaf))]
    return [told, _("Nothing arrives if the terminal does not take OSC 52."), _("xds-tui doctor --clipboard tries it")]


async def copy_selected(app: App[Any], text: str) -> None:
    """Send what is selected on the screen to the clipboard; only what went wrong is said."""
    if clipboard.fits(text):
        await _send(app, text)
    else:
        for line in await copy(app, text, _("What is selected")):
            app.notify(line, severity="warning", markup=False)


async def _send(app: App[Any], text: str) -> str:
    """Send `text`, and return the name of the program that has taken it; empty: there is none, or it has not."""
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
    """Something that can be copied."""

    choice: Choice
    what: str
    """What it is called when it has been sent."""
    text: Callable[[], str]


async def choose_and_copy(screen: LiveScreen[Any], hosts: Sequence[Host], commands: ConnectCommands) -> None:
    """Let the user choose what of `hosts` is copied, and copy it; to be awaited in a worker."""
    if not hosts:
        return
    offered = (
        _of_one(hosts[0], screen.fleet, commands, is_afar=screen.app.is_web)
        if len(hosts) == 1
        else _of_several(hosts, screen.fleet)
    )
    title = _("Copy from {host}").format(host=hosts[0].name or hosts[0].id)
    if len(hosts) > 1:
        title = ngettext("Copy from {count} host", "Copy from {count} hosts", len(hosts)).format(count=len(hosts))
    chosen = await pick(screen.app, title, [one.choice for one in offered])
    for one in offered:
        if one.choice.id == chosen:
            await copy_and_tell(screen, one.text(), one.what)


async def copy_and_tell(screen: LiveScreen[Any], text: str, what: str) -> None:
    """Copy a text, and say so where the screen says things."""
    screen.show_notice(await copy(screen.app, text, what), mild=True, subject="copy")


def _of_one(host: Host, fleet: FleetState, commands: ConnectCommands, *, is_afar: bool) -> list[_Copy]:
    command, why_not = _command(host, commands, is_afar=is_afar)
    name = _("ssh command") if command[:1] == ("ssh",) else _("Command to connect")
    trace_id = _trace_id(host, fleet)
    password = host.password
    return [
        _one("address", _("Address"), formats.address(host) if host.address else "", _("Its address is not known yet")),
        _one("command", name, templates.shell_command(command) if command else "", why_not),
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


def _one(name: str, label: str, text: str, why_not: str = "", about: str = "") -> _Copy:
    shown = " · ".join(part for part in (text, about) if part) if text else ""
    return _Copy(Choice(name, label, shown, "" if text else why_not), label, lambda: text)


def _lines(name: str, label: str, texts: Sequence[str], why_not: str) -> _Copy:
    about = ngettext("{count} line", "{count} lines", len(texts)).format(count=len(texts))
    return _Copy(
        Choice(name, label, about, "" if texts else why_not), f"{label} ({len(texts)})", lambda: "\n".join(texts)
    )


def _table(hosts: Iterable[Host], fleet: FleetState) -> export.Table:
    """The hosts as `hosts --json` has them: no password is among it."""
    if fleet.snapshot is None:
        raise ValueError("there are no hosts before they were seen")
    return export.hosts_table(replace(fleet.snapshot, hosts=tuple(hosts)), fleet.costs)


def _command(host: Host, commands: ConnectCommands, *, is_afar: bool) -> tuple[templates.Command, str]:
    """What connects to the host without a file of ours, or why nothing does; `is_afar`: the user is not here."""
    try:
        to = target.target(host)
    except target.UnreachableError as error:
        return (), messages.error_message(error)
    return rdp.manual_command(to, commands, None if is_afar else rdp.client(os.environ, sys.platform, shutil.which)), ""


def _trace_id(host: Host, fleet: FleetState) -> str:
    """What the service calls the last thing that went wrong with the host; empty: nothing did that is at hand."""
    happened: tuple[Event | Order, ...] = (*fleet.events, *fleet.orders)
    return next(
        (one.trace_id for one in happened if one.host_id == host.id and one.trace_id and one.state in _WENT_WRONG), ""
    )
