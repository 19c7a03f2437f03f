"""The argument parser. It imports nothing but argparse, so that `--help` and `--version` are fast."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol

from xds_tui import __version__
from xds_tui.i18n import LANGUAGES, _
from xds_tui.system import standard_streams

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

    from xds_tui.config.settings import Arguments

SHELLS: Final = ("bash", "zsh", "fish")
"""Shells with a completion script."""

COMPLETION_VALUES: Final = ("profiles", "hosts")
"""Kinds of values that `xds-tui __complete` prints."""

MAX_HOSTS: Final = 100_000
"""Maximum size of a simulated fleet: ten times the size that the app is designed for."""

_FILTER: Final = "--filter"


class Parser(argparse.ArgumentParser):
    """An argument parser that accepts `--option=--` and sanitizes its messages."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.register("action", None, _Store)

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        """Write and flush `message`; argparse, whose private method this overrides, ignores write errors.

        Raises:
            OSError: if standard output cannot be written.

        """
        if file is not sys.stderr:
            print(message, end="", file=sys.stdout, flush=True)  # noqa: T201 - the output of the parser itself
        else:
            standard_streams.complain(message)

    def error(self, message: str) -> NoReturn:
        """Print the usage and `message`, which quotes the command line, and exit."""
        from xds_tui.domain.sanitize import clean

        super().error(clean(message))


class Subparsers(Protocol):
    """What `add_subparsers` returns; argparse has no public name for its type."""

    def add_parser(self, name: str, *, help: str = ..., description: str | None = ...) -> Parser:  # noqa: A002
        """Add and return the parser of a command."""


class _Store(argparse.Action):
    """Stores the value of an argument, also `--option=--`, which argparse takes for the end of the options.

    Attributes:
        complete: read by shtab: the shell code that prints the values to offer. Missing without `completes`.

    """

    def __init__(self, *args: Any, completes: str | None = None, **settings: Any) -> None:
        """Make an action; `completes` is the kind of values that a shell offers, one of `COMPLETION_VALUES`."""
        super().__init__(*args, **settings)
        if completes is not None:
            function = f"_xds_tui_{completes}"
            self.complete = {"bash": function, "zsh": function, "fish": f"({function})"}

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        value: object = values
        if values == [] and self.nargs is None:
            value = "--"
            if self.type is not None or self.choices is not None:
                raise argparse.ArgumentError(self, _("-- is no value of this option"))
        setattr(namespace, self.dest, value)


def _attach_filter(args: Sequence[str]) -> list[str]:
    """Join `--filter`, or an abbreviation of it, with a value that begins with a single hyphen.

    argparse takes `-windows`, which excludes hosts from a list, for an option.
    """
    attached: list[str] = []
    for word in args:
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
    return parser().parse_args(_attach_filter(sys.argv[1:] if args is None else args))


def parser() -> Parser:
    """Return the parser, with help in the chosen language."""
    top = Parser(prog="xds-tui", description=_("Rent and watch Xuandashi (渲大师) cloud hosts from a terminal."))
    top.add_argument("--version", action="version", version=f"xds-tui {__version__}")
    _add_shared(top)
    top.add_argument("--interval", type=float, metavar="SECONDS", help=_("between two refreshes (15)"))
    _add_demo(top)
    top.add_argument("--read-only", action="store_true", help=_("refuse everything that changes something"))
    top.add_argument("--no-mouse", action="store_true", help=_("leave the mouse to the terminal"))
    commands = top.add_subparsers(dest="command", metavar=_("COMMAND"))
    _add_listings(commands)
    _add_history(commands)
    _add_credentials(commands)
    doctor = _command(commands, "doctor", _("check keyring, terminal, network, clock and files, and say what to do"))
    doctor.add_argument("--json", action="store_true", help=_("as JSON"))
    doctor.add_argument(
        "--clipboard", action="store_true", help=_("send a text to the terminal's clipboard, to be pasted as a test")
    )
    completion = commands.add_parser("completion", help=_("print what completes this command in a shell"))
    completion.add_argument("shell", choices=SHELLS, help=_("which shell"))
    # Called by the completion scripts; without a help text it appears neither in the help nor in the scripts.
    values = commands.add_parser("__complete")
    values.add_argument("kind", choices=COMPLETION_VALUES)
    values.add_argument("words", nargs="*")
    _add_simulate(commands)
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


def _command(commands: Subparsers, name: str, about: str) -> Parser:
    """Add a command that accepts the shared options after its name as well as before it."""
    command = commands.add_parser(name, help=about, description=about)
    _add_shared(command, is_subcommand=True)
    return command


def _add_shared(parser: argparse.ArgumentParser, *, is_subcommand: bool = False) -> None:
    """Add the options that select service, profile and language.

    The parser of a subcommand has no defaults for them, which would override the options before its name.
    """
    no_value = argparse.SUPPRESS if is_subcommand else None
    no_flag = argparse.SUPPRESS if is_subcommand else False
    parser.add_argument(
        "--profile",
        metavar="NAME",
        default=no_value,
        completes="profiles",
        help=_("whose credentials and settings to use"),
    )
    parser.add_argument("--base-url", metavar="URL", default=no_value, help=_("where the service is"))
    parser.add_argument("--lang", choices=LANGUAGES, default=no_value, help=_("the language"))
    parser.add_argument(
        "--insecure-http",
        action="store_true",
        default=no_flag,
        help=_("allow plain http to other machines: others can read the token"),
    )


def _add_demo(parser: argparse.ArgumentParser, *, is_subcommand: bool = False) -> None:
    parser.add_argument(
        "--demo",
        action="store_true",
        default=argparse.SUPPRESS if is_subcommand else False,
        help=_("run on the embedded simulator, with nothing real touched"),
    )
    parser.add_argument(
        "--demo-hosts",
        type=_whole_number(0, MAX_HOSTS),
        default=argparse.SUPPRESS if is_subcommand else 40,
        metavar="N",
        help=_("hosts in the demo (40)"),
    )
    parser.add_argument(
        "--demo-seed",
        type=int,
        default=argparse.SUPPRESS if is_subcommand else 7,
        metavar="N",
        help=_("which demo fleet (7)"),
    )


def _add_output(parser: argparse.ArgumentParser, filter_help: str, *, has_hosts: bool = True) -> None:
    """Add the options of a listing; the shell completes its filter by host names and IDs if it `has_hosts`."""
    output_format = parser.add_mutually_exclusive_group()
    output_format.add_argument("--json", action="store_true", help=_("as JSON; with --watch one object a line"))
    output_format.add_argument("--csv", action="store_true", help=_("as CSV with a header"))
    parser.add_argument(
        "--filter", default="", metavar="WORDS", completes="hosts" if has_hosts else None, help=filter_help
    )
    parser.add_argument("--watch", action="store_true", help=_("print again every interval, until ctrl-c"))
    parser.add_argument(
        "--interval",
        type=float,
        default=argparse.SUPPRESS,
        metavar="SECONDS",
        help=_("between two readings of --watch (15)"),
    )


def _add_listings(commands: Subparsers) -> None:
    hosts = _command(commands, "hosts", _("list your hosts"))
    _add_output(hosts, _("such as: status:on gpu:4090 expires<24h -windows"))
    _add_demo(hosts, is_subcommand=True)
    catalog = _command(commands, "catalog", _("list what can be rented, with its price"))
    catalog.add_argument("--images", action="store_true", help=_("the operating systems, in place of the packages"))
    _add_output(catalog, _("such as: gpu:4090 cost<3 billing:rent"), has_hosts=False)
    _add_demo(catalog, is_subcommand=True)


def _add_history(commands: Subparsers) -> None:
    for name, about in (
        ("events", _("list what happened to your hosts, as far as it was seen here")),
        ("orders", _("list what was ordered here")),
    ):
        command = _command(commands, name, about)
        command.add_argument("--last", type=_whole_number(1), metavar="N", help=_("only the latest so many"))
        _add_output(command, _("such as: age<24h office -windows"))


def _add_credentials(commands: Subparsers) -> None:
    _command(commands, "login", _("ask for account ID and secret, and keep them in the keyring"))
    _command(commands, "logout", _("remove what the keyring holds for the profile"))


def _add_simulate(commands: Subparsers) -> None:
    simulate = commands.add_parser("simulate", help=_("serve the simulator on this machine, for trying things out"))
    simulate.add_argument(
        "--port", type=_whole_number(0, 65_535), default=8765, metavar="N", help=_("0 takes a free one (8765)")
    )
    simulate.add_argument("--dialect", choices=("later", "document"), default="later", help=_("of the service"))
    simulate.add_argument(
        "--hosts", type=_whole_number(0, MAX_HOSTS), default=40, metavar="N", help=_("in the fleet (40)")
    )
    simulate.add_argument("--seed", type=int, default=7, metavar="N", help=_("which fleet (7)"))


def _whole_number(minimum: int, maximum: int | None = None) -> Callable[[str], int]:
    """Return a parser of whole numbers from `minimum` to `maximum`, both inclusive."""

    def parse_number(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = minimum - 1
        if number >= minimum and (maximum is None or number <= maximum):
            return number
        if maximum is None:
            raise argparse.ArgumentTypeError(_("this must be a whole number from {least} on").format(least=minimum))
        message = _("this must be a whole number from {least} to {most}")
        raise argparse.ArgumentTypeError(message.format(least=minimum, most=maximum))

    return parse_number
