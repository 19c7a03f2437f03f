"""A parser whose help is grouped and translated, and the list of commands below it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol

from xds_tui import __version__
from xds_tui.cli.help_text import SERVICE_VARIABLES, CommandHelp, HelpFormatter, epilog
from xds_tui.i18n import LANGUAGES, _
from xds_tui.system import standard_streams
from xds_tui.text import terms

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

MAX_HOSTS: Final = 100_000
"""Maximum size of a simulated fleet: ten times the size that the app is designed for."""


class Parser(argparse.ArgumentParser):
    """An argument parser that accepts `--option=--` and sanitizes its messages.

    Attributes:
        page: what its help adds to the options; None for a hidden command.

    """

    page: CommandHelp | None = None

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"formatter_class": HelpFormatter, "add_help": False, **settings})
        self.register("action", None, _Store)
        self._positionals.title, self._optionals.title = _("Arguments"), _("Options")

    def format_help(self) -> str:
        """Return the help: the command's own options first, and what `page` adds last."""
        shared = [_("Service"), _("Demo"), _("General")]
        self._action_groups.sort(key=lambda group: shared.index(group.title) if group.title in shared else -1)
        if self.page is not None:
            self.epilog = epilog(self.page)
        return super().format_help()

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        """Write and flush `message`; this overrides a private method of argparse, which ignores write errors.

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
    """The result of `add_subparsers`; argparse has no public name for its type."""

    def add_parser(self, name: str, **settings: Any) -> Parser:
        """Add and return the parser of a command."""


class Commands:
    """The commands of the top parser, listed under headings.

    Attributes:
        headings: the headings, by the name of the first command below each.

    """

    def __init__(self, top: Parser) -> None:
        self.headings: dict[str, str] = {}
        top.usage = f"{top.prog} [{_('OPTIONS')}] [{_('COMMAND')}]"
        self._heading = ""
        top.formatter_class = partial(HelpFormatter, headings=self.headings)
        self._subparsers: Subparsers = top.add_subparsers(
            dest="command", prog=top.prog, title=_(terms.COMMANDS), metavar=_("COMMAND")
        )

    def begin(self, heading: str) -> None:
        """List the commands that are added from here on under `heading`."""
        self._heading = heading

    def add(self, name: str, about: str, page: CommandHelp, *, arguments: str = "", has_account: bool = True) -> Parser:
        """Add a command.

        Args:
            name: its name.
            about: what it does, in one line.
            page: what its help adds to the options.
            arguments: its positional arguments in the usage, such as `HOST...`.
            has_account: whether it works with an account, and so accepts the shared options after its name, too.

        """
        if self._heading:
            self.headings[name], self._heading = self._heading, ""
        usage = f"xds-tui {name} [{_('OPTIONS')}] {arguments}".rstrip()
        description = about[:1].upper() + about[1:]
        command = self._subparsers.add_parser(name, help=about, description=description, usage=usage)
        command.page = page
        if has_account:
            command.page = page._replace(variables=(*SERVICE_VARIABLES, *page.variables))
            add_service_options(command, is_subcommand=True)
        add_general_options(command, is_subcommand=True)
        return command

    def add_hidden(self, name: str) -> Parser:
        """Add a command that neither the help nor a completion lists."""
        return self._subparsers.add_parser(name)


class _Store(argparse.Action):
    """Stores the value of an argument, also `--option=--`, which argparse takes for the end of the options.

    Attributes:
        complete: read by shtab: the shell code that prints the values to offer. Missing without `completes`.

    """

    def __init__(self, *args: Any, completes: str | None = None, **settings: Any) -> None:
        """Make an action; `completes` is what a shell offers: one of `COMPLETION_VALUES`, or `files`."""
        super().__init__(*args, **settings)
        if completes == "files":
            self.complete = {
                "bash": "_shtab_compgen_files",
                "zsh": "_files",
                "fish": "(__fish_complete_path (commandline -ct))",
            }
        elif completes is not None:
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
                raise argparse.ArgumentError(self, _('"--" cannot be the value of this option'))
        setattr(namespace, self.dest, value)


def add_service_options(parser: argparse.ArgumentParser, *, is_subcommand: bool = False) -> None:
    """Add the options that select service and profile.

    The parser of a subcommand has no defaults for them, which would override the options before its name.
    """
    no_value = argparse.SUPPRESS if is_subcommand else None
    no_flag = argparse.SUPPRESS if is_subcommand else False
    group = parser.add_argument_group(_("Service"))
    group.add_argument(
        "--profile",
        metavar="NAME",
        default=no_value,
        completes="profiles",
        help=_("profile whose credentials and settings to use"),
    )
    group.add_argument("--base-url", metavar="URL", default=no_value, help=_("address of the service"))
    group.add_argument(
        "--insecure-http",
        action="store_true",
        default=no_flag,
        help=_("allow plain HTTP to other machines; anyone on the way can read the token"),
    )


def add_general_options(parser: argparse.ArgumentParser, *, is_subcommand: bool = False) -> None:
    """Add the options of every command."""
    group = parser.add_argument_group(_("General"))
    no_value = argparse.SUPPRESS if is_subcommand else None
    group.add_argument("--lang", choices=LANGUAGES, default=no_value, help=_("language of texts and messages"))
    group.add_argument(
        "--debug", metavar="FILE", default=no_value, help=_("log requests and decisions to FILE, with secrets masked")
    )
    group.add_argument("-h", "--help", action="help", help=_("show this help and exit"))
    if not is_subcommand:
        group.add_argument(
            "--version", action="version", version=f"xds-tui {__version__}", help=_("show the version and exit")
        )


def add_demo_options(parser: argparse.ArgumentParser, *, is_subcommand: bool = False) -> None:
    """Add the options of the demo."""
    group = parser.add_argument_group(_("Demo"))
    group.add_argument(
        "--demo",
        action="store_true",
        default=argparse.SUPPRESS if is_subcommand else False,
        help=_("use the built-in simulator; nothing real is touched"),
    )
    group.add_argument(
        "--demo-hosts",
        type=whole_number(0, MAX_HOSTS),
        default=argparse.SUPPRESS if is_subcommand else 40,
        metavar="N",
        help=_("number of hosts in the demo (40)"),
    )
    group.add_argument(
        "--demo-seed",
        type=int,
        default=argparse.SUPPRESS if is_subcommand else 7,
        metavar="N",
        help=_("random seed of the demo fleet (7)"),
    )


def whole_number(minimum: int, maximum: int | None = None) -> Callable[[str], int]:
    """Return a parser of whole numbers from `minimum` to `maximum`, both inclusive."""

    def parse_number(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = minimum - 1
        if number >= minimum and (maximum is None or number <= maximum):
            return number
        if maximum is None:
            raise argparse.ArgumentTypeError(_("this must be a whole number of at least {least}").format(least=minimum))
        message = _("this must be a whole number from {least} to {most}")
        raise argparse.ArgumentTypeError(message.format(least=minimum, most=maximum))

    return parse_number
