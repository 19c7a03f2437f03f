"""The parsers of the commands that order something or concern a single host."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from xds_tui.cli.command_parser import CommandHelp, Commands, add_demo_options, whole_number
from xds_tui.i18n import _
from xds_tui.system.exit_codes import ExitCode

if TYPE_CHECKING:
    from decimal import Decimal

    from xds_tui.domain.model import Period

FORMATS: Final = ("table", "json", "csv", "ssh-config", "ansible", "prometheus")
"""Values of `hosts --format`."""

SORT_COLUMNS: Final = (
    *("name", "status", "os", "cpu", "mem", "disk", "gpu", "cost", "billing", "expires", "area", "address", "id"),
    *("tags", "owner", "note"),
)
"""Values of `hosts --sort`, also with a hyphen before them: descending."""

WAIT_CONDITIONS: Final = ("on", "off", "gone")
"""Values of `wait --for`."""

MAX_REQUEST_ID: Final = 100
"""Characters of a request ID."""

_UNITS: Final = ("hour", "day", "week", "month", "quarter", "year")
_EXIT_CODES: Final = tuple(ExitCode)


def add_commands(commands: Commands) -> None:
    """Add the commands to the parser."""
    commands.begin(_("Change"))
    _add_create(commands)
    _add_operations(commands)
    _add_apply(commands)
    _add_waitlist(commands)
    commands.begin(_("One host"))
    _add_wait(commands)
    about = _("show everything about a host except its password")
    describe = _add(commands, "describe", about, ("xds-tui describe gpu-node-5 --json",), arguments="HOST")
    _add_host(describe)
    add_json(describe)
    about = _("estimate the cost of hosts, with the calculation")
    estimate = _add(commands, "estimate", about, ("xds-tui estimate --package ID --period '1 week' --count 3",))
    _add_purchase(estimate, needs_image=False)
    add_json(estimate)
    about = _("connect to a host over SSH")
    ssh = _add(commands, "ssh", about, ("xds-tui ssh gpu-node-5 -- nvidia-smi",), arguments="HOST [-- COMMAND]")
    _add_host(ssh)
    ssh.add_argument("remote_command", nargs="*", metavar="COMMAND", help=_("command to run on the host, after --"))


def add_host_view(hosts: argparse.ArgumentParser) -> None:
    """Add the options that select and sort what `hosts` prints."""
    hosts.add_argument("--columns", metavar="NAMES", help=_("columns or fields to show, separated by commas"))
    hosts.add_argument("--no-header", action="store_true", help=_("omit the header"))
    hosts.add_argument(
        "--sort",
        choices=_sort_keys(),
        metavar="COLUMN",
        help=_("sort by this column, descending with a minus, as in --sort=-cost"),
    )
    hosts.add_argument("--limit", type=whole_number(1), metavar="N", help=_("show at most N hosts"))


def add_host_changes(hosts: argparse.ArgumentParser) -> None:
    """Add what the command `hosts` does besides listing."""
    hosts.add_argument(
        "change",
        nargs="?",
        choices=("edit", "forget"),
        help=_("edit the names, notes, tags, owners and protection of hosts, or forget what is stored about them"),
    )
    hosts.add_argument("hosts", nargs="*", metavar="HOST", completes="hosts", help=_("IDs or names"))
    hosts.add_argument("--gone", action="store_true", help=_("list what is stored about hosts that no longer exist"))
    group = hosts.add_argument_group(_("Editing"))
    group.add_argument("--name", metavar="TEXT", help=_("your name of the host, empty for none"))
    _add_annotation(group)
    group.add_argument("--add-tag", action="append", default=[], metavar="TAG", help=_("add a tag; may be repeated"))
    group.add_argument("--remove-tag", action="append", default=[], metavar="TAG", help=_("remove a tag"))
    protection = group.add_mutually_exclusive_group()
    protection.add_argument(
        "--protect", action="store_true", help=_("prevent that the host is stopped, rebooted or deleted")
    )
    protection.add_argument("--unprotect", action="store_true", help=_("remove the protection"))


def _add_annotation(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--note", metavar="TEXT", help=_("a note, empty for none"))
    group.add_argument("--owner", metavar="NAME", help=_("the owner, empty for none"))


def add_configurations(commands: Commands) -> None:
    """Add the commands that configure other programs."""
    about = _("print a dynamic inventory for Ansible")
    page = CommandHelp("scripts", ("xds-tui inventory --list", "xds-tui inventory --host gpu-node-5"))
    inventory = commands.add("inventory", about, page)
    selection = inventory.add_mutually_exclusive_group()
    selection.add_argument("--list", action="store_true", help=_("all hosts and their groups (default)"))
    selection.add_argument("--host", metavar="NAME", help=_("variables of one host"))
    add_demo_options(inventory, is_subcommand=True)
    about = _("print an ssh_config with all hosts that are reached over SSH")
    ssh_config = commands.add("ssh-config", about, CommandHelp("scripts", ("xds-tui ssh-config --write",)))
    ssh_config.add_argument("--write", action="store_true", help=_("write it to a file and show how to include it"))
    add_demo_options(ssh_config, is_subcommand=True)


def _sort_keys() -> tuple[str, ...]:
    return (*SORT_COLUMNS, *(f"-{name}" for name in SORT_COLUMNS))


def _add_create(commands: Commands) -> None:
    create = _add(
        commands,
        "create",
        _("rent hosts"),
        (
            "xds-tui create --package ID --image ID --on-demand --dry-run",
            "xds-tui create --package ID --image ID --period '3 months' --max-total 500",
            "xds-tui create --package ID --image ID --on-demand --yes --request-id job-7",
        ),
    )
    create.add_argument(
        "--template",
        metavar="NAME",
        help=_("order what config.toml describes under this name; other options override it"),
    )
    _add_purchase(create, needs_image=True, has_template=True)
    _add_order_options(create)
    group = create.add_argument_group(_("Annotations"))
    group.add_argument("--name", metavar="TEXT", help=_("your name of the host; several hosts get numbered names"))
    group.add_argument("--tag", action="append", default=[], metavar="TAG", help=_("a tag; may be repeated"))
    _add_annotation(group)
    group.add_argument(
        "--protect", action="store_true", help=_("prevent that the host is stopped, rebooted or deleted")
    )
    create.add_argument(
        "--buy-again", action="store_true", help=_("buy even if an earlier order may have bought the same")
    )


def _add_operations(commands: Commands) -> None:
    for name, about, examples in (
        ("start", _("start hosts"), ("xds-tui start gpu-node-5",)),
        ("stop", _("stop hosts"), ("xds-tui stop --filter 'status:on' --yes", "xds-tui stop gpu-node-5 --dry-run")),
        ("reboot", _("reboot hosts"), ("xds-tui reboot gpu-node-5",)),
        ("delete", _("delete hosts permanently"), ("xds-tui delete gpu-node-5",)),
    ):
        operation = _add(commands, name, about, examples, arguments="HOST...")
        _add_hosts(operation)
        _add_order_options(operation)


def _add_apply(commands: Commands) -> None:
    examples = ("xds-tui apply fleet.toml --dry-run", "xds-tui apply fleet.toml --yes --max-total 500")
    about = _("buy, start and stop hosts until they are as a file describes them")
    apply = _add(commands, "apply", about, examples, arguments="FILE")
    apply.add_argument("file", metavar="FILE", completes="files", help=_("a description of groups of hosts, in TOML"))
    _add_limits(apply)
    _add_order_options(apply, has_request_id=False)
    apply.add_argument(
        "--buy-again", action="store_true", help=_("buy even if an earlier order may have bought the same")
    )
    apply.add_argument(
        "--assume-gone",
        action="store_true",
        help=_("buy hosts again if the service lists none, although they were not deleted here"),
    )


def _add_waitlist(commands: Commands) -> None:
    examples = (
        "xds-tui waitlist add gpu --package ID --image ID --on-demand --max-price 3",
        "xds-tui waitlist list",
        "xds-tui waitlist run",
    )
    about = _("buy hosts when they are in stock again")
    page = CommandHelp("waitlist", examples, exit_codes=_EXIT_CODES)
    waitlist = commands.add("waitlist", about, page, arguments="list|add|remove|run [NAME]")
    waitlist.is_intermixed = True
    actions = ("list", "add", "remove", "run")
    waitlist.add_argument("decision", choices=actions, metavar="ACTION", help=", ".join(actions))
    waitlist.add_argument("name", nargs="?", metavar="NAME", help=_("name of the entry"))
    _add_purchase(waitlist, needs_image=True, has_template=True, has_total=False)
    waitlist.add_argument("--until", metavar="DATE", help=_("date until which attempts are made (in 30 days)"))
    waitlist.add_argument("--hours", metavar="HH:MM-HH:MM", help=_("hours of the day in which attempts are made"))
    waitlist.add_argument("--tag", action="append", default=[], metavar="TAG", help=_("a tag; may be repeated"))
    waitlist.add_argument("--owner", metavar="NAME", help=_("the owner, empty for none"))
    waitlist.add_argument("--once", action="store_true", help=_("make one attempt at most, if it is due"))
    waitlist.add_argument("-y", "--yes", action="store_true", help=_("skip the confirmation"))
    add_formats(waitlist)
    add_demo_options(waitlist, is_subcommand=True)


def _add_wait(commands: Commands) -> None:
    about = _("wait until hosts are on, off or gone")
    wait = _add(commands, "wait", about, ("xds-tui wait gpu-node-5 --for on",), arguments="HOST...")
    _add_hosts(wait)
    wait.add_argument("--for", dest="condition", choices=WAIT_CONDITIONS, required=True, help=_("status to wait for"))
    _add_timeout(wait)


def _add(
    commands: Commands, name: str, about: str, examples: Sequence[str], *, arguments: str = ""
) -> argparse.ArgumentParser:
    page = CommandHelp("scripts", examples, exit_codes=_EXIT_CODES)
    command = commands.add(name, about, page, arguments=arguments)
    add_demo_options(command, is_subcommand=True)
    return command


def add_order_records(orders: argparse.ArgumentParser) -> None:
    """Add what the command `orders` does besides listing."""
    orders.add_argument(
        "decision",
        nargs="?",
        choices=("retry", "forget"),
        help=_("repeat an order that did nothing, or record that an order with unknown outcome did nothing"),
    )
    orders.add_argument("order", nargs="?", metavar="ORDER", help=_("ID of the order or of its request"))
    _add_order_options(orders, has_json=False)
    _add_limits(orders)
    orders.add_argument(
        "--buy-again", action="store_true", help=_("buy even if an earlier order may have bought the same")
    )


def add_json(command: argparse._ActionsContainer) -> None:
    """Add the option of a command that prints one JSON document."""
    command.add_argument("--json", action="store_true", help=_("print JSON"))


def add_formats(command: argparse.ArgumentParser) -> argparse._MutuallyExclusiveGroup:
    """Add the options of a command that prints a table, JSON or CSV, and return their group."""
    output_format = output_group(command).add_mutually_exclusive_group()
    add_json(output_format)
    add_csv(output_format)
    return output_format


def output_group(command: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Return a new group for the options of the output."""
    return command.add_argument_group(_("Output"))


def add_csv(command: argparse._ActionsContainer) -> None:
    """Add the option of a command that prints CSV."""
    command.add_argument("--csv", action="store_true", help=_("print CSV with a header"))


def _add_host(command: argparse.ArgumentParser) -> None:
    command.add_argument("host", metavar="HOST", completes="hosts", help=_("ID or name"))


def _add_hosts(command: argparse.ArgumentParser) -> None:
    command.add_argument("hosts", nargs="*", metavar="HOST", completes="hosts", help=_("IDs or names"))
    command.add_argument(
        "--filter", metavar="WORDS", completes="hosts", help=_("all hosts that match, for example status:on gpu:4090")
    )


def _add_purchase(
    command: argparse.ArgumentParser, *, needs_image: bool, has_template: bool = False, has_total: bool = True
) -> None:
    """Add the options that name the goods; with a template, the command checks whether any are missing."""
    command.add_argument(
        "--package",
        required=not has_template,
        metavar="ID",
        completes="packages",
        help=_("ID or name; see xds-tui catalog"),
    )
    command.add_argument(
        "--image",
        required=needs_image and not has_template,
        metavar="ID",
        completes="images",
        help=_("ID or name; see xds-tui catalog --images"),
    )
    term = command.add_mutually_exclusive_group(required=not has_template)
    term.add_argument("--on-demand", action="store_true", help=_("bill on demand, by the hour"))
    term.add_argument(
        "--period", type=parse_period, metavar="PERIOD", help=_('pay in advance, as in "3 months" or "1 week"')
    )
    command.add_argument("--count", type=whole_number(1, 50), default=1, metavar="N", help=_("number of hosts (1)"))
    _add_limits(command, has_total=has_total)


def _add_limits(command: argparse.ArgumentParser, *, has_total: bool = True) -> None:
    command.add_argument(
        "--max-price", type=_money, metavar="CNY", help=_("buy nothing if a host costs more than this per hour")
    )
    if has_total:
        command.add_argument(
            "--max-total", type=_money, metavar="CNY", help=_("buy nothing if the estimate is above this")
        )
    else:
        command.set_defaults(max_total=None)


def _add_order_options(command: argparse.ArgumentParser, *, has_json: bool = True, has_request_id: bool = True) -> None:
    command.add_argument("-y", "--yes", action="store_true", help=_("skip the confirmation"))
    command.add_argument("--dry-run", action="store_true", help=_("show the requests without sending them"))
    if has_request_id:
        command.add_argument(
            "--request-id",
            type=_request_id,
            metavar="ID",
            help=_("name of this request; repeating it with the same name carries it out only once"),
        )
    else:
        command.set_defaults(request_id=None)
    command.add_argument("--no-wait", action="store_true", help=_("return once the service has responded"))
    _add_timeout(command)
    if has_json:
        command.add_argument("--json", action="store_true", help=_("print JSON, one object per order"))


def _add_timeout(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--timeout", type=_seconds, default=600.0, metavar="SECONDS", help=_("seconds to wait at most (600)")
    )


def _money(text: str) -> Decimal:
    """Parse an amount in CNY, with a point before its decimals."""
    from decimal import Decimal

    if not re.fullmatch(r"\d{1,12}(\.\d{1,12})?", text, re.ASCII):
        raise argparse.ArgumentTypeError(_("this must be an amount in CNY, such as 1.50"))
    return Decimal(text)


def _seconds(text: str) -> float:
    """Parse a number of seconds, 0 or more."""
    if not re.fullmatch(r"\d{1,9}(\.\d{1,3})?", text, re.ASCII):
        raise argparse.ArgumentTypeError(_("this must be a number of seconds"))
    return float(text)


def parse_period(text: str) -> Period:
    """Parse a period such as `3 months` or `1 week`."""
    from xds_tui.domain import purchase_template

    period = purchase_template.parse_period(text)
    if period is None:
        units = ", ".join(_UNITS)
        raise argparse.ArgumentTypeError(_("this must be a number followed by one of: {units}").format(units=units))
    return period


def _request_id(text: str) -> str:
    """Parse a request ID: up to 100 letters, digits and punctuation, without spaces."""
    if not re.fullmatch(rf"[!-~]{{1,{MAX_REQUEST_ID}}}", text):
        raise argparse.ArgumentTypeError(_("this must be 1 to 100 ASCII characters without spaces"))
    return text
