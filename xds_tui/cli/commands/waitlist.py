"""`xds-tui waitlist`: purchases that wait for stock."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Final

from xds_tui.cli import columns, order_input
from xds_tui.cli.commands.order_commands import perform, purchase_of
from xds_tui.cli.commands.purchase import draft_of, estimate_lines
from xds_tui.cli.engine import READING_JOURNAL, Engine
from xds_tui.cli.output import CommandError, OutputFormat, RowWriter, print_error, write
from xds_tui.config import toml_file
from xds_tui.config.rules import parse_entry_table
from xds_tui.config.toml_file import WAITLIST, ConfigFile, SettingsError
from xds_tui.config.values import InvalidValueError, is_profile_name
from xds_tui.domain import waitlist
from xds_tui.domain.annotations import parse_tags
from xds_tui.domain.purchase import Draft
from xds_tui.domain.records import Order
from xds_tui.domain.sanitize import clean
from xds_tui.domain.waitlist import Standing, WaitlistEntry
from xds_tui.fleet.waitlist_runner import Attempt, Result, WaitlistRunner
from xds_tui.i18n import N_, _, ngettext
from xds_tui.system.exit_codes import ExitCode
from xds_tui.text import export, formats, labels, messages
from xds_tui.text.prompts import Confirmation, Risk

if TYPE_CHECKING:
    from xds_tui.cli.services import CommandServices
    from xds_tui.config.settings import Settings

LOOK_INTERVAL: Final = 5.0
"""Seconds between two looks at whether an attempt is due."""

DEFAULT_TERM: Final = timedelta(days=30)
"""How long attempts are made for an entry without a date."""

_NO_ENTRY: Final = N_("There is no such entry in the waiting list")
_BAD_NAME: Final = N_("The name of an entry must be 1 to 40 letters, digits, dots, hyphens and underscores")
_INCOMPLETE: Final = N_("These options are required")


def waitlist_command(
    options: argparse.Namespace,
    settings: Settings,
    services: Callable[[], CommandServices],
    output_format: OutputFormat,
) -> int:
    """Run `waitlist ACTION`, and return the exit code.

    Raises:
        CommandError: if the arguments are not valid.
        OutputError: if standard output cannot be written.

    """
    match options.decision:
        case "add":
            return perform(services(), lambda: partial(_add, options=options, settings=settings), is_change=True)
        case "remove":
            return _remove(settings, options.name)
        case "run":
            return perform(
                services(),
                lambda: partial(_run, entries=lambda: _read(settings), is_once=options.once),
                is_change=True,
            )
    return perform(
        services(), lambda: partial(_show, entries=_read(settings), output_format=output_format), is_change=False
    )


def _read(settings: Settings) -> tuple[WaitlistEntry, ...]:
    """Return the entries of the profile that config.toml has now: they may have been changed by another program."""
    config = ConfigFile(settings.config_path, must_exist=False)
    entries = config.named(WAITLIST, parse_entry_table)
    return tuple(replace(entry, name=name) for name, entry in entries.items() if entry.profile == settings.profile)


def _add(engine: Engine, *, options: argparse.Namespace, settings: Settings) -> int:
    """Add an entry after the user has confirmed it.

    Raises:
        ApiError, StoreError, CommandError: if nothing was added.

    """
    name, request = _new_name(settings, options.name), purchase_of(options)
    _require_options(options)
    engine.read_hosts()
    draft = draft_of(engine.read_catalog(), replace(request, count=1))
    table = _table(options, draft, settings.profile, engine.services.clock())
    try:
        entry = replace(parse_entry_table(table), name=name)
    except InvalidValueError as error:
        raise CommandError(_(error.reason).format(**error.values), code=ExitCode.USAGE) from None
    if not options.yes:
        order_input.require_confirmation(_question(entry, estimate_lines(draft)))
    _save(settings, {(*WAITLIST, name, key): value for key, value in table.items()})
    write(_("{name} is on the waiting list. xds-tui waitlist run makes the attempts.").format(name=name) + "\n")
    return ExitCode.OK


def _require_options(options: argparse.Namespace) -> None:
    given = {
        "--package": options.package,
        "--image": options.image,
        "--on-demand|--period": options.on_demand or options.period,
        "--max-price": options.max_price,
    }
    if missing := [option for option, value in given.items() if not value]:
        raise CommandError(_INCOMPLETE, ", ".join(missing), ExitCode.USAGE)


def _table(options: argparse.Namespace, draft: Draft, profile: str, now: datetime) -> dict[str, object]:
    """Return the table of config.toml for what a command line describes."""
    price: Decimal = options.max_price
    values = {
        "key": os.urandom(4).hex(),
        "profile": profile if profile != waitlist.DEFAULT_PROFILE else None,
        "package": draft.package.id if draft.package else "",
        "image": draft.image.id if draft.image else "",
        "period": f"{options.period.number} {options.period.unit.name.lower()}s" if options.period else None,
        "count": options.count,
        "max_price": int(price) if price == price.to_integral_value() else float(price),
        "until": options.until or f"{now.astimezone() + DEFAULT_TERM:%Y-%m-%d}",
        "hours": options.hours,
        "tags": [tag for text in options.tag for tag in parse_tags(text)] or None,
        "owner": options.owner or None,
    }
    return {key: value for key, value in values.items() if value is not None}


def _question(entry: WaitlistEntry, goods: Sequence[str]) -> Confirmation:
    title = ngettext(
        "Buy {count} host as soon as it is in stock?", "Buy {count} hosts as soon as they are in stock?", entry.count
    )
    limit = _("At most {price} CNY per hour and host, until {time}.").format(
        price=formats.exact(entry.max_price), time=formats.moment(entry.until)
    )
    return Confirmation(Risk.INTERRUPTING, title.format(count=entry.count), (*goods, limit), "", "", "")


def _remove(settings: Settings, name: str | None) -> int:
    """Remove an entry, and return the exit code; what it has bought stays.

    Raises:
        CommandError: if there is none.

    """
    if name not in [entry.name for entry in settings.waitlist]:
        raise CommandError(_NO_ENTRY, name or "")
    _save(settings, {(*WAITLIST, name): None})
    write(_("{name} is not on the waiting list any more.").format(name=name) + "\n")
    return ExitCode.OK


def _show(engine: Engine, *, entries: Sequence[WaitlistEntry], output_format: OutputFormat) -> int:
    """List the entries, and return the exit code."""
    if not entries:
        print_error([_("The waiting list is empty. Add a purchase with xds-tui waitlist add.")])
    orders, now = _orders(engine), engine.services.clock()
    table = export.waitlist_table(waitlist.progress(entry, orders, now) for entry in entries)
    RowWriter(output_format, columns.WAITLIST, is_followed=False, is_repeated=False).write(table)
    return ExitCode.OK


def _run(engine: Engine, *, entries: Callable[[], Sequence[WaitlistEntry]], is_once: bool) -> int:
    """Make attempts until no entry waits, or at most one, and return the exit code.

    Args:
        engine: sends the orders.
        entries: returns the entries as they are now: another program may add and remove some.
        is_once: whether to end after one look.

    Raises:
        ApiError, StoreError: if nothing can be attempted.
        OutputError: if standard output cannot be written.

    """
    engine.read_hosts()
    monitor, services = engine.monitor, engine.services
    if services.caps:
        engine.read_catalog()  # the prices of hosts that were not bought here
    runner = WaitlistRunner(monitor.orders, monitor.guard, services.journal, services.account.client, services.clock)
    reported = ""
    while True:
        wanted = entries()
        made = engine.run(runner.attempt(wanted), _("buying what is in stock"))
        if made is not None and (line := _line(made)) != reported:
            reported = line
            write(clean(f"{formats.moment(services.clock())} {line}") + "\n")
        orders, now = _orders(engine), services.clock()
        if is_once or waitlist.is_finished(wanted, orders, now):
            return _exit_code(wanted, orders, now)
        engine.run(asyncio.sleep(LOOK_INTERVAL), _("waiting for stock"))


def _orders(engine: Engine) -> tuple[Order, ...]:
    return engine.run(engine.services.journal.creates(), _(READING_JOURNAL))


def _exit_code(entries: Iterable[WaitlistEntry], orders: Sequence[Order], now: datetime) -> ExitCode:
    standings = [waitlist.progress(entry, orders, now).standing for entry in entries]
    return ExitCode.UNKNOWN if Standing.UNSETTLED in standings else ExitCode.OK


def _line(made: Attempt) -> str:
    """Return the result of an attempt in one line."""
    text = f"{made.entry.name}: {labels.exported_word('attempt', made.result.value)}"
    if made.result is Result.BOUGHT and made.order is not None:
        return f"{text} {made.order.host_id or ''}".rstrip()
    return f"{text}: {messages.with_detail(made.summary, made.detail)}" if made.summary else text


def _new_name(settings: Settings, name: str | None) -> str:
    if name is None or not is_profile_name(name):
        raise CommandError(_BAD_NAME, code=ExitCode.USAGE)
    if any(entry.name == name for entry in settings.waitlist):
        raise CommandError(N_("The waiting list has an entry of this name; remove it first"), name, ExitCode.USAGE)
    return name


def _save(settings: Settings, changes: dict[tuple[str, ...], object]) -> None:
    try:
        toml_file.write(settings.config_path, changes)
    except SettingsError as error:
        raise CommandError(error.summary, error.detail) from None
