"""The table of commands without a screen, and how each gets its arguments from the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from xds_tui.cli.output import CommandError, OutputError, OutputFormat, print_error, print_output_error
from xds_tui.domain.filter_query import QueryError
from xds_tui.i18n import N_
from xds_tui.structs import dataclass
from xds_tui.system.exit_codes import ExitCode
from xds_tui.text import messages
from xds_tui.text.manual_topics import manual_hint

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from xds_tui.auth.keyring_store import KeyringStore
    from xds_tui.cli.services import CommandServices
    from xds_tui.config.settings import Settings


@dataclass(frozen=True, slots=True)
class CommandContext:
    """Factories for the objects that a command may need, so that a command imports and opens nothing else."""

    services: Callable[[], CommandServices]
    keyring_store: Callable[[], KeyringStore]
    parser: Callable[[], argparse.ArgumentParser]
    state_dir: Callable[[], Path]


def run(options: argparse.Namespace, settings: Settings, context: CommandContext) -> int:
    """Run the command that `options` name, and return the exit code."""
    try:
        return _COMMANDS[options.command](options, settings, context)
    except QueryError as error:
        print_error([f"--filter: {messages.error_message(error)}", manual_hint(error)])
        return ExitCode.USAGE
    except OutputError as error:
        return print_output_error(error)
    except CommandError as error:
        print_error([messages.error_message(error)])
        return error.code


def _hosts(options: argparse.Namespace, settings: Settings, context: CommandContext) -> int:
    if options.change is not None or options.gone:
        if options.filter:
            options.filter = _saved_filter(options.filter, settings)
        return _order_command(options, settings, context)
    from xds_tui.domain import filtering

    query = filtering.parse_for(filtering.HOSTS, _saved_filter(options.filter, settings))
    from xds_tui.cli.commands import listing
    from xds_tui.domain.host_list import Sort

    sort = Sort(options.sort.removeprefix("-"), options.sort.startswith("-")) if options.sort else Sort()
    view = listing.HostView(
        query,
        OutputFormat(options.format) if options.format else _output_format(options),
        tuple(filter(None, (options.columns or "").split(","))),
        has_header=not options.no_header,
        sort=sort,
        limit=options.limit,
    )
    return listing.hosts(context.services(), view, interval=_interval(options, settings))


def _inventory(options: argparse.Namespace, _settings: Settings, context: CommandContext) -> int:
    from xds_tui.cli.commands import listing

    return listing.inventory(context.services(), options.host)


def _ssh_config(options: argparse.Namespace, settings: Settings, context: CommandContext) -> int:
    from xds_tui.cli.commands import listing

    path = settings.config_path.parent / "ssh_config" if options.write else None
    return listing.ssh_config(context.services(), path)


def _catalog(options: argparse.Namespace, settings: Settings, context: CommandContext) -> int:
    from xds_tui.domain import filtering

    query = filtering.parse_for(filtering.IMAGES if options.images else filtering.PACKAGES, options.filter)
    from xds_tui.cli.commands import listing

    interval = _interval(options, settings)
    return listing.catalog(context.services(), _output_format(options), query, images=options.images, interval=interval)


def _events(options: argparse.Namespace, settings: Settings, context: CommandContext) -> int:
    from xds_tui.cli.commands import history
    from xds_tui.domain import filtering

    query, interval = filtering.parse_for(filtering.EVENTS, options.filter), _interval(options, settings)
    return history.events(context.services(), _output_format(options), query, last=options.last, interval=interval)


def _order_command(options: argparse.Namespace, settings: Settings, context: CommandContext) -> int:
    from xds_tui.cli.commands import order_commands

    if options.command == "create":
        _apply_template(options, settings)
    if getattr(options, "hosts", None) is not None and options.filter is not None:
        options.filter = _saved_filter(options.filter, settings)
    return order_commands.run(options.command, options, context.services())


def _apply_template(options: argparse.Namespace, settings: Settings) -> None:
    """Fill in what a template describes and the command line does not.

    Raises:
        CommandError: if there is no template of this name, or if the goods are incomplete.

    """
    if options.template is not None:
        if options.template not in settings.templates:
            names = ", ".join(settings.templates)
            raise CommandError(N_("There is no template of this name"), f"{options.template}; {names}", ExitCode.USAGE)
        template = settings.templates[options.template]
        options.package = options.package or template.package
        options.image = options.image or template.image
        if options.period is None and not options.on_demand:
            options.period, options.on_demand = template.period, template.period is None
        options.tag = [*options.tag, *template.tags]
    goods = (options.package, options.image, options.period or options.on_demand)
    options_of_goods = ("--package", "--image", "--on-demand|--period")
    missing = [option for option, value in zip(options_of_goods, goods, strict=True) if not value]
    if missing:
        raise CommandError(
            N_("These options are required, unless --template is given"), ", ".join(missing), ExitCode.USAGE
        )


def _orders(options: argparse.Namespace, settings: Settings, context: CommandContext) -> int:
    if options.decision is not None:
        return _order_command(options, settings, context)
    from xds_tui.cli.commands import history
    from xds_tui.domain import filtering

    query, interval = filtering.parse_for(filtering.ORDERS, options.filter), _interval(options, settings)
    return history.orders(context.services(), _output_format(options), query, last=options.last, interval=interval)


def _report(options: argparse.Namespace, _settings: Settings, context: CommandContext) -> int:
    from xds_tui.cli.commands import report

    output_format = OutputFormat.MARKDOWN if options.md else _output_format(options)
    return report.report(context.services(), report.ReportView(options.month, output_format, options.by))


def _rules(options: argparse.Namespace, settings: Settings, context: CommandContext) -> int:
    from xds_tui.cli.commands import rules
    from xds_tui.domain.guard import DELAYS
    from xds_tui.domain.records import OrderAction

    if options.decision is not None:
        if options.target is None or (options.decision == "delay") is (options.delay is None):
            raise CommandError(N_("Write delay RULE|HOST 1h|2h|tomorrow, or skip RULE|HOST"), code=ExitCode.USAGE)
        return rules.postpone(context.services(), settings.rules, options.target, DELAYS.get(options.delay or ""))
    due = {"start": OrderAction.POWER_ON, "stop": OrderAction.POWER_OFF}.get(options.due)
    view = rules.RulesView(_output_format(options), due)
    return rules.rules(context.services(), settings.rules, view)


def _caps(options: argparse.Namespace, _settings: Settings, context: CommandContext) -> int:
    from xds_tui.cli.commands import caps

    return caps.caps(context.services(), _output_format(options))


def _waitlist(options: argparse.Namespace, settings: Settings, context: CommandContext) -> int:
    from xds_tui.cli.commands import waitlist

    return waitlist.waitlist_command(options, settings, context.services, _output_format(options))


def _watch(options: argparse.Namespace, settings: Settings, context: CommandContext) -> int:
    from xds_tui.cli.commands import watch, watch_service

    match options.decision:
        case "install":
            return watch_service.install(settings)
        case "uninstall":
            return watch_service.uninstall(settings)
        case "status":
            return watch_service.status(context.services(), settings)
        case _:
            return watch.watch(context.services(), as_json=options.json)


def _login(_options: argparse.Namespace, _settings: Settings, context: CommandContext) -> int:
    from xds_tui.cli.commands import login

    return login.login(context.services())


def _logout(_options: argparse.Namespace, settings: Settings, context: CommandContext) -> int:
    from xds_tui.cli.commands import login

    return login.logout(context.keyring_store(), settings.profile, settings.credentials_source)


def _doctor(options: argparse.Namespace, settings: Settings, context: CommandContext) -> int:
    from xds_tui.cli.doctor import clipboard, report

    if options.clipboard:
        return clipboard.send_test_copy()
    if options.notify:
        from xds_tui.cli.commands import notify

        return notify.send_test(settings, context.keyring_store())
    return report.examine(settings, context.keyring_store(), context.state_dir(), as_json=options.json)


def _notify(options: argparse.Namespace, settings: Settings, context: CommandContext) -> int:
    from xds_tui.cli.commands import notify

    match options.decision:
        case "add":
            return notify.add(settings, context.keyring_store(), options.name, options.type, options.command_line)
        case "remove":
            return notify.remove(settings, context.keyring_store(), options.name)
        case _:
            return notify.show(settings)


def _manual(options: argparse.Namespace, _settings: Settings, _context: CommandContext) -> int:
    from xds_tui.cli.commands import manual

    return manual.show(options.topic)


def _completion(options: argparse.Namespace, _settings: Settings, context: CommandContext) -> int:
    from xds_tui.cli.commands import completion

    return completion.print_script(context.parser(), options.shell)


def _completion_values(options: argparse.Namespace, settings: Settings, context: CommandContext) -> int:
    from xds_tui.cli.commands import completion

    def hosts_path(profile: str) -> Path:
        return replace(settings, profile=profile).hosts_path

    return completion.print_values(options.kind, options.words, settings.profile, context.state_dir(), hosts_path)


_COMMANDS: Final[Mapping[str, Callable[[argparse.Namespace, Settings, CommandContext], int]]] = {
    "hosts": _hosts,
    "catalog": _catalog,
    "inventory": _inventory,
    "ssh-config": _ssh_config,
    "events": _events,
    "orders": _orders,
    "report": _report,
    "rules": _rules,
    "caps": _caps,
    "waitlist": _waitlist,
    "watch": _watch,
    **dict.fromkeys(
        ("create", "start", "stop", "reboot", "delete", "apply", "wait", "describe", "estimate", "ssh"), _order_command
    ),
    "login": _login,
    "logout": _logout,
    "notify": _notify,
    "doctor": _doctor,
    "manual": _manual,
    "completion": _completion,
    "__complete": _completion_values,
}


def _output_format(options: argparse.Namespace) -> OutputFormat:
    return OutputFormat.JSON if options.json else OutputFormat.CSV if options.csv else OutputFormat.TABLE


def _saved_filter(text: str, settings: Settings) -> str:
    """Return the filter that `@NAME` stands for, and any other as it is.

    Raises:
        CommandError: if there is no filter of that name.

    """
    if not text.startswith("@"):
        return text
    if text[1:] not in settings.hosts.filters:
        raise CommandError(N_("There is no saved filter of this name"), text[1:], ExitCode.USAGE)
    return settings.hosts.filters[text[1:]]


def _interval(options: argparse.Namespace, settings: Settings) -> float | None:
    """Return the seconds between two listings, or None where one listing is enough."""
    return settings.interval if options.watch else None
