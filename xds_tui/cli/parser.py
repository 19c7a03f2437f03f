"""argv, as the program understands it; nothing but the standard library's parser is imported for it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NoReturn

from xds_tui import __version__
from xds_tui.i18n import LANGUAGES, _
from xds_tui.system import standard_streams

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

    from xds_tui.config.settings import Arguments

SHELLS: Final = ("bash", "zsh", "fish")
"""Those that there is a completion for."""


MAX_HOSTS: Final = 100_000
"""Hosts in a simulated fleet: ten times what the app is made for."""

_FILTER: Final = "--filter"


class Parser(argparse.ArgumentParser):
    """A parser that takes `--option=--`, and whose messages a terminal does not obey."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.register("action", None, _Store)

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        """Print, now; argparse itself, whose private name this is, takes no notice of what cannot be written.

        Raises:
            OSError: if standard output cannot be written.

        """
        if file is not sys.stderr:
            print(message, end="", file=sys.stdout, flush=True)  # noqa: T201 - as argparse does
        else:
            standard_streams.complain(message)

    def error(self, message: str) -> NoReturn:
        """Print the usage and `message`, which quotes what was typed, and exit."""
        from xds_tui.domain.sanitize import clean

        super().error(clean(message))


class _Store(argparse.Action):
    """Stores the value of an option; argparse takes the one of `--option=--` for the end of the options."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        value: object = values
        if values == []:
            value = "--"
            if self.type is not None or self.choices is not None:
                raise argparse.ArgumentError(self, _("-- is no value of this option"))
        setattr(namespace, self.dest, value)


def _attach_filter(args: Sequence[str]) -> list[str]:
    """Attach the value of `--filter`, or of an abbreviation of it, that begins with a single minus.

    argparse takes `-windows` for an option, though it excludes hosts from a list.
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
    """Parse `args`, by default those of the process, in the chosen language.

    Raises:
        SystemExit: for what is no command line, and after `--help` and `--version`.

    """
    return parser().parse_args(_attach_filter(sys.argv[1:] if args is None else args))


def parser() -> Parser:
    """Return the parser, in the chosen language."""
    top = Parser(prog="xds-tui", description=_("Rent and watch Xuandashi (渲大师) cloud hosts from a terminal."))
    top.add_argument("--version", action="version", version=f"xds-tui {__version__}")
    _add_shared(top)
    top.add_argument("--interval", type=float, metavar="SECONDS", help=_("between two refreshes (15)"))
    _add_demo(top)
    top.add_argument("--read-only", action="store_true", help=_("refuse everything that changes something"))
    top.add_argument("--no-mouse", action="store_true", help=_("leave the mouse to the terminal"))
    commands = top.add_subparsers(dest="command", metavar=_("COMMAND"))
    _add_listings(commands)
    _add_records(commands)
    _add_credentials(commands)
    doctor = _command(commands, "doctor", _("check keyring, terminal, network, clock and files, and say what to do"))
    doctor.add_argument("--json", action="store_true", help=_("as JSON"))
    doctor.add_argument(
        "--clipboard", action="store_true", help=_("send a text to the terminal's clipboard, to be pasted as a test")
    )
    completion = commands.add_parser("completion", help=_("print what completes this command in a shell"))
    completion.add_argument("shell", choices=SHELLS, help=_("which shell"))
    _add_simulate(commands)
    return top


def chosen(options: argparse.Namespace) -> Arguments:
    """Return what of the parsed options is a setting."""
    from xds_tui.config.settings import Arguments

    return Arguments(
        profile=options.profile,
        base_url=options.base_url,
        interval=options.interval,
        read_only=options.read_only,
        language=options.lang,
        no_mouse=options.no_mouse,
        insecure_http=options.insecure_http,
    )


Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse gives the type of what it returns no other name


def _command(commands: Commands[Parser], name: str, about: str) -> Parser:
    """Add a command that takes the shared options behind its name as well as before it."""
    command = commands.add_parser(name, help=about, description=about)
    _add_shared(command, again=True)
    return command


def _add_shared(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """Add what says who asks which service; `again`: what was not given here leaves what was given before it."""
    nothing = argparse.SUPPRESS if again else None
    unset = argparse.SUPPRESS if again else False
    parser.add_argument("--profile", metavar="NAME", default=nothing, help=_("whose credentials and settings to use"))
    parser.add_argument("--base-url", metavar="URL", default=nothing, help=_("where the service is"))
    parser.add_argument("--lang", choices=LANGUAGES, default=nothing, help=_("the language"))
    parser.add_argument(
        "--insecure-http",
        action="store_true",
        default=unset,
        help=_("allow plain http to other machines: others can read the token"),
    )


def _add_demo(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    parser.add_argument(
        "--demo",
        action="store_true",
        default=argparse.SUPPRESS if again else False,
        help=_("run on the embedded simulator, with nothing real touched"),
    )
    parser.add_argument(
        "--demo-hosts",
        type=_whole(0, MAX_HOSTS),
        default=argparse.SUPPRESS if again else 40,
        metavar="N",
        help=_("hosts in the demo (40)"),
    )
    parser.add_argument(
        "--demo-seed", type=int, default=argparse.SUPPRESS if again else 7, metavar="N", help=_("which demo fleet (7)")
    )


def _add_output(parser: argparse.ArgumentParser, filter_help: str) -> None:
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help=_("as JSON; with --watch one object a line"))
    form.add_argument("--csv", action="store_true", help=_("as CSV with a header"))
    parser.add_argument("--filter", default="", metavar="WORDS", help=filter_help)
    parser.add_argument("--watch", action="store_true", help=_("print again every interval, until ctrl-c"))
    parser.add_argument(
        "--interval",
        type=float,
        default=argparse.SUPPRESS,
        metavar="SECONDS",
        help=_("between two readings of --watch (15)"),
    )


def _add_listings(commands: Commands[Parser]) -> None:
    hosts = _command(commands, "hosts", _("list your hosts"))
    _add_output(hosts, _("such as: status:on gpu:4090 expires<24h -windows"))
    _add_demo(hosts, again=True)
    catalog = _command(commands, "catalog", _("list what can be rented, with its price"))
    catalog.add_argument("--images", action="store_true", help=_("the operating systems, in place of the packages"))
    _add_output(catalog, _("such as: gpu:4090 cost<3 billing:rent"))
    _add_demo(catalog, again=True)


def _add_records(commands: Commands[Parser]) -> None:
    for name, about in (
        ("events", _("list what happened to your hosts, as far as it was seen here")),
        ("orders", _("list what was ordered here")),
    ):
        record = _command(commands, name, about)
        record.add_argument("--last", type=_whole(1), metavar="N", help=_("only the latest so many"))
        _add_output(record, _("such as: age<24h office -windows"))


def _add_credentials(commands: Commands[Parser]) -> None:
    _command(commands, "login", _("ask for account ID and secret, and keep them in the keyring"))
    _command(commands, "logout", _("remove what the keyring holds for the profile"))


def _add_simulate(commands: Commands[Parser]) -> None:
    simulate = commands.add_parser("simulate", help=_("serve the simulator on this machine, for trying things out"))
    simulate.add_argument(
        "--port", type=_whole(0, 65_535), default=8765, metavar="N", help=_("0 takes a free one (8765)")
    )
    simulate.add_argument("--dialect", choices=("later", "document"), default="later", help=_("of the service"))
    simulate.add_argument("--hosts", type=_whole(0, MAX_HOSTS), default=40, metavar="N", help=_("in the fleet (40)"))
    simulate.add_argument("--seed", type=int, default=7, metavar="N", help=_("which fleet (7)"))
    simulate.add_argument("--control", action="store_true", help=_("let tests move its clock and set faults"))


def _whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """Return what reads a whole number from `least` to `most`."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number >= least and (most is None or number <= most):
            return number
        if most is None:
            raise argparse.ArgumentTypeError(_("this must be a whole number from {least} on").format(least=least))
        told = _("this must be a whole number from {least} to {most}")
        raise argparse.ArgumentTypeError(told.format(least=least, most=most))

    return read
