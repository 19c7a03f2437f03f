"""The argument parser. It imports nothing but argparse, so that `--help` and `--version` are fast."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from xds_tui.cli import order_parser
from xds_tui.cli.command_parser import (
    MAX_HOSTS,
    VARIABLES,
    CommandHelp,
    Commands,
    Parser,
    add_demo_options,
    add_general_options,
    add_service_options,
    whole_number,
)
from xds_tui.i18n import LANGUAGES, _, from_environment
from xds_tui.manual import TOPICS

if TYPE_CHECKING:
    from xds_tui.config.settings import Arguments

SHELLS: Final = ("bash", "zsh", "fish")
"""Shells with a completion script."""

COMPLETION_VALUES: Final = ("profiles", "hosts", "packages", "images")
"""Kinds of values that `xds-tui __complete` prints."""

_FILTER: Final = "--filter"


def _attach_filter(args: Sequence[str]) -> list[str]:
    """Join `--filter`, or an abbreviation of it, with a value that begins with a single hyphen.

    argparse takes `-windows`, which excludes hosts from a list, for an option.
    """
    attached: list[str] = []
    for index, word in enumerate(args):
        if word == "--":
            return [*attached, *args[index:]]
        option = attached[-1] if attached else ""
        is_filter = len(option) > len("--") and _FILTER.startswith(option)
        is_term = word.startswith("-") and not word.startswith("--") and word != "-"
        if is_filter and is_term:
            attached[-1] = f"{option}={word}"
        else:
            attached.append(word)
    return attached


def parse(args: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse `args`, by default those of the process.

    Raises:
        SystemExit: if they are invalid, and after `--help` and `--version`.

    """
    words = _attach_filter(sys.argv[1:] if args is None else args)
    return parser(words).parse_args(words)


def language(args: Sequence[str] | None, environ: Mapping[str, str]) -> str:
    """Return the language that `args` or `environ` choose for the help, before anything is parsed."""
    words = sys.argv[1:] if args is None else args
    pairs = [word.split("=", 1) for word in words if word.startswith("--lang=")]
    chosen = [value for _option, value in pairs]
    chosen += [value for option, value in pairwise(words) if option == "--lang"]
    chosen.append(environ.get("XDS_LANG", ""))
    return next((value for value in chosen if value in LANGUAGES), from_environment())


def parser(words: Sequence[str] | None = None) -> Parser:
    """Return the parser, with help in the chosen language.

    Args:
        words: the words that it is to parse, so that only the command among them gets its arguments; None: any.

    """
    top = Parser(
        prog="xds-tui",
        description=_(
            "Rent and watch Xuandashi (渲大师) cloud hosts in a terminal. Without a command, the app starts."
        ),
    )
    top.page = CommandHelp(
        "getting-started",
        ("xds-tui --demo", "xds-tui --profile work --read-only", "xds-tui hosts --filter 'status:on' --json"),
        tuple(VARIABLES),
    )
    commands = Commands(top, words)
    add_service_options(top)
    app = top.add_argument_group(_("App"))
    app.add_argument("--interval", type=float, metavar="SECONDS", help=_("seconds between refreshes (15)"))
    app.add_argument("--read-only", action="store_true", help=_("reject everything that changes hosts or orders"))
    app.add_argument("--no-mouse", action="store_true", help=_("leave the mouse to the terminal"))
    add_demo_options(top)
    add_general_options(top)
    commands.begin(_("Read"))
    _add_listings(commands)
    _add_history(commands)
    order_parser.add_configurations(commands)
    order_parser.add_commands(commands)
    commands.begin(_("Credentials"))
    _add_credentials(commands)
    commands.begin(_("Tools"))
    _add_tools(commands)
    return top


def settings_arguments(options: argparse.Namespace) -> Arguments:
    """Return the parsed options that override settings."""
    from xds_tui.config.settings import Arguments

    return Arguments(
        profile=options.profile,
        base_url=options.base_url,
        interval=options.interval,
        read_only=options.read_only or None,
        language=options.lang,
        mouse=False if options.no_mouse else None,
        insecure_http=options.insecure_http or None,
    )


def _add_output(
    parser: argparse.ArgumentParser, filter_help: str, *, has_hosts: bool = True, has_formats: bool = False
) -> None:
    """Add the options of a listing; the shell completes its filter by host names and IDs if it `has_hosts`."""
    group = order_parser.output_group(parser)
    output_format = group.add_mutually_exclusive_group()
    output_format.add_argument("--json", action="store_true", help=_("print JSON; with --watch, one object per line"))
    order_parser.add_csv(output_format)
    if has_formats:
        output_format.add_argument("--format", choices=order_parser.FORMATS, help=_("output format (table)"))
    group.add_argument(
        "--filter", default="", metavar="WORDS", completes="hosts" if has_hosts else None, help=filter_help
    )
    group.add_argument("--watch", action="store_true", help=_("print again after every refresh, until ctrl+c"))
    group.add_argument(
        "--interval",
        type=float,
        default=argparse.SUPPRESS,
        metavar="SECONDS",
        help=_("seconds between refreshes of --watch (15)"),
    )


def _add_listings(commands: Commands) -> None:
    examples = [
        "xds-tui hosts --filter 'status:on gpu:4090'",
        "xds-tui hosts --watch --json | jq .name",
        "xds-tui hosts --demo --csv",
        "xds-tui hosts edit gpu-node-5 --name render-1 --add-tag render,prod --protect",
        "xds-tui hosts forget LaA7ruBs76",
    ]
    about = _("list your hosts, or edit their names and tags")
    hosts = commands.add("hosts", about, CommandHelp("hosts", examples), arguments="[edit|forget HOST...]")
    hosts.is_intermixed = True
    _add_output(
        hosts, _("show only what matches, for example status:on gpu:4090 expires<24h -windows"), has_formats=True
    )
    order_parser.add_host_view(hosts)
    order_parser.add_host_changes(hosts)
    add_demo_options(hosts, is_subcommand=True)
    examples = ["xds-tui catalog --filter 'gpu:4090 cost<3'", "xds-tui catalog --images --json"]
    catalog = commands.add("catalog", _("list packages and their prices"), CommandHelp("scripts", examples))
    _add_output(catalog, _("show only what matches, for example gpu:4090 cost<3 billing:rent"), has_hosts=False)
    catalog.add_argument("--images", action="store_true", help=_("list images instead of packages"))
    add_demo_options(catalog, is_subcommand=True)


def _add_history(commands: Commands) -> None:
    for name, about, examples in (
        (
            "events",
            _("list what happened to your hosts, as seen from this machine"),
            ["xds-tui events --filter 'age<24h'", "xds-tui events --last 20 --json"],
        ),
        (
            "orders",
            _("list the orders placed from this machine"),
            ["xds-tui orders --filter 'status:unknown'", "xds-tui orders --csv > orders.csv"],
        ),
    ):
        command = commands.add(name, about, CommandHelp("scripts", examples))
        _add_output(command, _("show only what matches, for example age<24h office -windows"))
        command.add_argument("--last", type=whole_number(1), metavar="N", help=_("show the latest N only"))
        if name == "orders":
            order_parser.add_order_records(command)
            command.is_intermixed = True
    _add_report(commands)
    _add_rules(commands)
    _add_caps(commands)
    _add_watch(commands)


def _add_report(commands: Commands) -> None:
    examples = ["xds-tui report", "xds-tui report --month 2026-10 --csv > october.csv", "xds-tui report --by tag --md"]
    report = commands.add("report", _("show what your hosts cost in a month"), CommandHelp("pricing", examples))
    report.add_argument(
        "--month", type=_month, metavar="YYYY-MM", help=_("month in local time (the current one)"), default=None
    )
    report.add_argument(
        "--by", choices=("host", "tag", "owner"), default="host", help=_("one row per host, tag or owner (host)")
    )
    order_parser.add_formats(report).add_argument("--md", action="store_true", help=_("print Markdown"))
    add_demo_options(report, is_subcommand=True)


def _add_rules(commands: Commands) -> None:
    examples = ["xds-tui rules", "xds-tui rules --due stop --json", "xds-tui rules delay office 1h"]
    about = _("list what your rules want to start and stop, or put it off")
    usage = "[delay RULE|HOST 1h|2h|tomorrow] [skip RULE|HOST]"
    rules = commands.add("rules", about, CommandHelp("rules", examples), arguments=usage)
    rules.is_intermixed = True
    rules.add_argument(
        "decision",
        nargs="?",
        choices=("delay", "skip"),
        metavar="ACTION",
        help=_("delay: put off the next stop or start; skip: leave it out once"),
    )
    rules.add_argument("target", nargs="?", metavar="RULE|HOST", help=_("name of the rule, or name or ID of the host"))
    rules.add_argument("delay", nargs="?", choices=("1h", "2h", "tomorrow"), help=_("how long to put it off"))
    rules.add_argument("--due", choices=("start", "stop"), help=_("only what is to be started or stopped now"))
    order_parser.add_formats(rules)
    add_demo_options(rules, is_subcommand=True)


def _add_caps(commands: Commands) -> None:
    about = _("list how much of each cap on spending is used")
    caps = commands.add("caps", about, CommandHelp("caps", ["xds-tui caps", "xds-tui caps --json"]))
    order_parser.add_formats(caps)
    add_demo_options(caps, is_subcommand=True)


def _add_watch(commands: Commands) -> None:
    examples = ["xds-tui watch", "xds-tui watch --json | jq .kind", "xds-tui watch install"]
    about = _("watch without a screen: record, notify, and carry out your rules")
    watch = commands.add("watch", about, CommandHelp("watch", examples), arguments="[install|status|uninstall]")
    watch.add_argument(
        "decision",
        nargs="?",
        choices=("install", "status", "uninstall"),
        metavar="ACTION",
        help=_("install or remove the service that runs it after the sign-in to this machine, or show its status"),
    )
    group = order_parser.output_group(watch)
    group.add_argument("--json", action="store_true", help=_("print events as JSON, one object per line"))
    group.add_argument(
        "--interval",
        type=float,
        default=argparse.SUPPRESS,
        metavar="SECONDS",
        help=_("seconds between refreshes (15)"),
    )
    add_demo_options(watch, is_subcommand=True)


def _month(text: str) -> tuple[int, int]:
    """Return the year and the month of `YYYY-MM`."""
    match = re.fullmatch(r"(20\d\d|21\d\d)-(0[1-9]|1[0-2])", text, re.ASCII)
    if match is None:
        raise argparse.ArgumentTypeError(_("this must be a month such as 2026-11"))
    return int(match[1]), int(match[2])


def _add_credentials(commands: Commands) -> None:
    about = _("prompt for account ID and secret, and store them in the keyring")
    commands.add("login", about, CommandHelp("getting-started", ("xds-tui login", "xds-tui login --profile work")))
    about = _("remove the credentials of the profile from the keyring")
    commands.add("logout", about, CommandHelp("security", ("xds-tui logout --profile work",)))


def _add_notify(commands: Commands) -> None:
    examples = [
        "xds-tui notify add team --type wecom",
        "xds-tui notify add desk --run 'notify-send xds-tui'",
        "xds-tui notify list",
    ]
    about = _("choose where alerts are sent: chats, webhooks or commands")
    notify = commands.add("notify", about, CommandHelp("notifications", examples), arguments="list|add|remove [NAME]")
    notify.is_intermixed = True
    notify.add_argument("decision", choices=("list", "add", "remove"), metavar="ACTION", help="list, add, remove")
    notify.add_argument("name", nargs="?", metavar="NAME", help=_("name of the channel"))
    target = notify.add_mutually_exclusive_group()
    kinds = ("webhook", "wecom", "dingtalk", "feishu", "xuandashi")
    target.add_argument("--type", choices=kinds, help=_("service of the channel; its address is prompted for"))
    target.add_argument(
        "--run", dest="command_line", metavar="COMMAND", help=_("command that reads each alert as JSON on its input")
    )


def _add_tools(commands: Commands) -> None:
    _add_notify(commands)
    doctor = commands.add(
        "doctor",
        _("check keyring, terminal, network, clock and files, and suggest fixes"),
        CommandHelp("troubleshooting", ("xds-tui doctor", "xds-tui doctor --json", "xds-tui doctor --clipboard")),
    )
    order_parser.add_json(doctor)
    doctor.add_argument("--notify", action="store_true", help=_("send a test to every channel of notifications"))
    doctor.add_argument("--clipboard", action="store_true", help=_("send a test text to the clipboard of the terminal"))
    _add_manual(commands)
    _add_completion(commands)
    _add_simulate(commands)


def _add_manual(commands: Commands) -> None:
    page = commands.add(
        "manual",
        _("show a page of the manual, or list its topics"),
        CommandHelp("getting-started", ("xds-tui manual", "xds-tui manual filters"), ("PAGER",)),
        arguments=f"[{_('TOPIC')}]",
        has_account=False,
    )
    page.add_argument("topic", nargs="?", choices=TOPICS, metavar=_("TOPIC"), help=", ".join(TOPICS))


def _add_completion(commands: Commands) -> None:
    completion = commands.add(
        "completion",
        _("print a completion script for a shell"),
        CommandHelp("scripts", ('eval "$(xds-tui completion bash)"', "xds-tui completion fish | source")),
        arguments="|".join(SHELLS),
        has_account=False,
    )
    completion.add_argument("shell", choices=SHELLS, help=_("shell that the script is for"))
    # Called by the completion scripts; without a help text it appears neither in the help nor in the scripts.
    values = commands.add_hidden("__complete")
    values.add_argument("kind", choices=COMPLETION_VALUES)
    values.add_argument("words", nargs="*")


def _add_simulate(commands: Commands) -> None:
    simulate = commands.add(
        "simulate",
        _("run the simulator as a server on this machine"),
        CommandHelp("simulator", ("xds-tui simulate --port 8765 --hosts 100",)),
        has_account=False,
    )
    simulate.add_argument(
        "--port",
        type=whole_number(0, 65_535),
        default=8765,
        metavar="N",
        help=_("port to listen on; 0 picks a free one (8765)"),
    )
    simulate.add_argument(
        "--dialect", choices=("later", "document"), default="later", help=_("version of the API document to follow")
    )
    simulate.add_argument(
        "--hosts", type=whole_number(0, MAX_HOSTS), default=40, metavar="N", help=_("number of hosts (40)")
    )
    simulate.add_argument("--seed", type=int, default=7, metavar="N", help=_("random seed of the fleet (7)"))
