"""Run the commands that order something or concern a single host, and report why they could not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from xds_tui.api.changes import READ_ONLY
from xds_tui.api.errors import ApiError
from xds_tui.cli.commands import operations, order_records, purchase, single_host
from xds_tui.cli.commands.purchase import PurchaseRequest
from xds_tui.cli.engine import Engine
from xds_tui.cli.fleet_file import read_fleet_file
from xds_tui.cli.order_input import HostWords, OrderOptions
from xds_tui.cli.output import CommandError, OutputError, OutputFormat, print_error
from xds_tui.cli.watch import report_error
from xds_tui.domain import filtering
from xds_tui.domain.annotations import NO_ANNOTATION, Annotation, AnnotationChange, parse_tags
from xds_tui.domain.filter_query import QueryError
from xds_tui.domain.records import OrderAction
from xds_tui.errors import AppError
from xds_tui.i18n import N_, _
from xds_tui.store.journal import RequestMismatchError
from xds_tui.system.exit_codes import ExitCode
from xds_tui.text import messages
from xds_tui.text.messages import Situation

if TYPE_CHECKING:
    import argparse

    from xds_tui.cli.services import CommandServices

ACTIONS: Final = {
    "start": OrderAction.POWER_ON,
    "stop": OrderAction.POWER_OFF,
    "reboot": OrderAction.REBOOT,
    "delete": OrderAction.DELETE,
}


Work = Callable[[Engine], "int | tuple[str, ...]"]
"""What a command does: returns the exit code, or a program to run in its place."""


def run(name: str, options: argparse.Namespace, services: CommandServices) -> int:
    """Run the command `name`, and return the exit code.

    Raises:
        QueryError: if the filter is invalid.
        OutputError: if standard output cannot be written.
        KeyboardInterrupt: on Ctrl-C, when the requests under way have been recorded.

    """
    return perform(services, lambda: _COMMANDS[name](options), is_change=name in _CHANGES and not options.dry_run)


def perform(services: CommandServices, prepare: Callable[[], Work], *, is_change: bool) -> int:
    """Run what `prepare` returns, and return the exit code; raises as `run`.

    Nothing is done if it changes something and the program is read-only.
    """
    if services.read_only and is_change:
        print_error([_(READ_ONLY)])
        return ExitCode.LIMIT
    try:
        work = prepare()
        with Engine(services) as engine:
            result = work(engine)
            base_url = engine.state.base_url
        return result if isinstance(result, int) else single_host.start_program(result, base_url)
    except ApiError as error:
        report_error(error, services)
        return ExitCode.FAILURE
    except (OutputError, QueryError):
        raise
    except AppError as error:
        print_error(messages.error_lines(error, Situation.COMMAND))
        if isinstance(error, RequestMismatchError):
            return ExitCode.USAGE
        return error.code if isinstance(error, CommandError) else ExitCode.FAILURE


def _create(options: argparse.Namespace) -> Work:
    request, how = replace(purchase_of(options), annotation=_annotation(options)), OrderOptions.of(options)
    return lambda engine: purchase.create(engine, request, how)


def _estimate(options: argparse.Namespace) -> Work:
    request = purchase_of(options)

    def work(engine: Engine) -> int:
        engine.read_hosts()
        return purchase.estimate(engine, request, as_json=options.json)

    return work


def _operation(action: OrderAction) -> Callable[[argparse.Namespace], Work]:
    def prepare(options: argparse.Namespace) -> Work:
        words, how = _hosts(options), OrderOptions.of(options)
        return lambda engine: operations.operate(engine, action, words, how)

    return prepare


def _wait(options: argparse.Namespace) -> Work:
    words = _hosts(options)
    return lambda engine: single_host.wait(engine, words, options.condition, max_wait=options.timeout)


def _describe(options: argparse.Namespace) -> Work:
    return lambda engine: single_host.describe(engine, options.host, as_json=options.json)


def _ssh(options: argparse.Namespace) -> Work:
    return lambda engine: single_host.ssh(engine, options.host, options.remote_command)


def _order_record(options: argparse.Namespace) -> Work:
    if options.order is None:
        raise CommandError(N_("The ID of an order is required"), code=ExitCode.USAGE)
    how = OrderOptions.of(options)
    if options.decision == "forget":
        return lambda engine: order_records.forget(engine, options.order, how)
    limits = _limits(options)
    return lambda engine: order_records.retry(engine, options.order, how, limits)


def _apply(options: argparse.Namespace) -> Work:
    from xds_tui.cli.commands import apply

    file, how, limits = read_fleet_file(Path(options.file)), OrderOptions.of(options), _limits(options)
    return lambda engine: apply.apply(engine, file, how, limits, may_replace_all=options.assume_gone)


def _hosts_command(options: argparse.Namespace) -> Work:
    """Return what `hosts edit`, `hosts forget` or `hosts --gone` does."""
    from xds_tui.cli.commands import annotate

    if options.change == "edit":
        words, change = _hosts(options), _annotation_change(options)
        return lambda engine: annotate.edit(engine, words, change)
    if options.change == "forget":
        if not options.hosts:
            raise CommandError(N_("Name the hosts to forget by ID or name"), code=ExitCode.USAGE)
        return lambda engine: annotate.forget(engine, options.hosts)
    output_format = OutputFormat.JSON if options.json else OutputFormat.CSV if options.csv else OutputFormat.TABLE
    return lambda engine: annotate.gone(engine, output_format)


def _annotation_change(options: argparse.Namespace) -> AnnotationChange:
    return AnnotationChange(
        alias=options.name,
        note=options.note,
        owner=options.owner,
        added_tags=tuple(tag for text in options.add_tag for tag in parse_tags(text)),
        removed_tags=tuple(tag for text in options.remove_tag for tag in parse_tags(text)),
        is_marked=True if options.protect else False if options.unprotect else None,
    )


def _annotation(options: argparse.Namespace) -> Annotation:
    """Return what `create` is to give the new hosts.

    Raises:
        AnnotationError: if a text cannot be stored.

    """
    change = AnnotationChange(
        alias=options.name,
        note=options.note,
        owner=options.owner,
        added_tags=tuple(tag for text in options.tag for tag in parse_tags(text)),
        is_marked=options.protect or None,
    )
    return change.validated().apply(NO_ANNOTATION)


_COMMANDS: Final[Mapping[str, Callable[[argparse.Namespace], Work]]] = {
    "create": _create,
    "estimate": _estimate,
    **{name: _operation(action) for name, action in ACTIONS.items()},
    "apply": _apply,
    "wait": _wait,
    "describe": _describe,
    "ssh": _ssh,
    "orders": _order_record,
    "hosts": _hosts_command,
}
_CHANGES: Final = ("create", *ACTIONS, "apply", "orders")


def _hosts(options: argparse.Namespace) -> HostWords:
    if bool(options.hosts) is bool(options.filter):
        raise CommandError(N_("Name the hosts, or select them with --filter"), code=ExitCode.USAGE)
    if not options.filter:
        return HostWords(tuple(options.hosts))
    return HostWords(query=filtering.parse_for(filtering.HOSTS, options.filter))


def _limits(options: argparse.Namespace) -> PurchaseRequest:
    """Return the limits of a command line that names no goods."""
    return PurchaseRequest(
        package="",
        image="",
        max_price=options.max_price,
        max_total=options.max_total,
        is_repeated=options.buy_again,
    )


def purchase_of(options: argparse.Namespace) -> PurchaseRequest:
    """Return the goods that a command line names."""
    return PurchaseRequest(
        package=options.package,
        image=options.image,
        period=options.period,
        count=options.count,
        max_price=options.max_price,
        max_total=options.max_total,
        is_repeated=getattr(options, "buy_again", False),
    )
