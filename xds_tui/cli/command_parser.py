"""A parser with grouped and translated help, and what the help adds to the options: examples, exit codes, variables.

The man page and the manual are made from the same data. Nothing but argparse is imported, so that `--help` is fast.
"""

from __future__ import annotations

import argparse
import re
import sys
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn, Protocol, cast

from xds_tui import __version__
from xds_tui.i18n import LANGUAGES, N_, _
from xds_tui.system import standard_streams
from xds_tui.system.exit_codes import DESCRIPTIONS, ExitCode
from xds_tui.text import terms

if TYPE_CHECKING:
    from _typeshed import SupportsWrite


MAX_WIDTH: Final = 80
"""Cells of the longest line, however wide the terminal is."""

SERVICE_VARIABLES: Final = ("XDS_UUID, XDS_SECRET", "XDS_TOKEN", "XDS_BASE_URL", "XDS_PROFILE")
"""Variables of `VARIABLES` that commands with an account read."""

VARIABLES: Final[Mapping[str, str]] = {
    "XDS_UUID, XDS_SECRET": N_("account ID and secret"),
    "XDS_TOKEN": N_("a token, valid for 30 minutes, instead of ID and secret"),
    "XDS_BASE_URL": N_("service address"),
    "XDS_PROFILE": N_("profile"),
    "XDS_LANG": N_("language of texts and messages (en, zh_CN)"),
    "XDS_CONFIG": N_("path of the configuration file"),
    "HTTPS_PROXY, ALL_PROXY": N_("proxy for the service: http, https or socks5"),
    "NO_PROXY": N_("hosts to reach without the proxy"),
    "SSL_CERT_FILE, SSL_CERT_DIR": N_("certificates to trust instead of those of the system"),
    "NO_COLOR": N_("no colors"),
    "PAGER": N_("pager for the manual (less)"),
}
"""Every environment variable, or several that belong together, with its meaning."""


class CommandHelp(NamedTuple):
    """The parts of a command's help that argparse does not generate."""

    topic: str
    """Page of the manual."""
    examples: Sequence[str] = ()
    """Command lines as they are typed."""
    variables: Sequence[str] = ()
    """Keys of `VARIABLES`."""
    exit_codes: Sequence[ExitCode] = (ExitCode.OK, ExitCode.FAILURE, ExitCode.USAGE, ExitCode.INTERRUPTED)


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Lays out help in at most `MAX_WIDTH` cells, also where a letter takes two."""

    def __init__(self, prog: str, headings: Mapping[str, str] | None = None) -> None:
        """Make a formatter.

        Args:
            prog: the name of the command.
            headings: titles in the list of commands, by the name of the command below each.

        """
        import shutil  # slow to import, and not needed by a command

        columns = shutil.get_terminal_size().columns
        super().__init__(prog, max_help_position=28, width=max(min(columns, MAX_WIDTH) - 1, 40))
        self._headings = headings or {}

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        """Add the usage with a translated prefix."""
        super().add_usage(usage, actions, groups, f"{_('Usage')}: " if prefix is None else prefix)

    def _format_action(self, action: argparse.Action) -> str:
        text = super()._format_action(action)
        if action.nargs == argparse.PARSER:
            return text.partition("\n")[2].lstrip("\n")  # the list without the word for a command above it
        heading = self._headings.get(str(action.dest)) if not action.option_strings else None
        return f"\n  {heading}:\n{text}" if heading else text

    def _split_lines(self, text: str, width: int) -> list[str]:
        return list(wrap(text, width))

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        lines = (line for paragraph in text.splitlines() for line in (wrap(paragraph, width - len(indent)) or [""]))
        return "".join(f"{indent}{line}\n" for line in lines)


def cells(text: str) -> int:
    """Return the number of terminal cells of `text`."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


_WIDE: Final = r"\u2e80-\ufaff\uff00-\uff60"
_UNITS: Final = rf" *(?:[{_WIDE}]|[^\s{_WIDE}]+)[，。；：！？、）》」]*"
"""A part of a line that is not broken: a word, or a wide letter with the punctuation that may not begin a line."""


def wrap(text: str, width: int) -> list[str]:
    """Break `text` into lines of at most `width` cells; an indented line keeps its indent and is not broken."""
    if text.startswith(" "):
        return [text]
    lines: list[str] = []
    line = ""
    for unit in re.findall(_UNITS, text):
        if line and cells(line) + cells(unit) > width:
            lines.append(line)
            line = unit.lstrip()
        else:
            line += unit
    return [*lines, line] if line else lines


def epilog(page: CommandHelp) -> str:
    """Return what follows the options of a command."""
    sections = [
        (_("Examples"), [f"  {example}" for example in page.examples]),
        (_("Exit codes"), list(_columns((str(int(code)), _(DESCRIPTIONS[code])) for code in page.exit_codes))),
        (_("Environment"), list(_columns((name, _(VARIABLES[name])) for name in page.variables))),
        (_("Manual"), [f"  xds-tui manual {page.topic}"]),
    ]
    return "\n\n".join("\n".join([f"{title}:", *lines]) for title, lines in sections if lines)


def _columns(rows: Iterator[tuple[str, str]]) -> Iterator[str]:
    pairs = list(rows)
    width = max((len(name) for name, _text in pairs), default=0)
    for name, text in pairs:
        first, *others = wrap(text, MAX_WIDTH - 5 - width)
        yield f"  {name:{width}}  {first}"
        for line in others:
            yield f"  {'':{width}}  {line}"


MAX_HOSTS: Final = 100_000
"""Maximum size of a simulated fleet: ten times the size that the app is designed for."""


class Parser(argparse.ArgumentParser):
    """An argument parser that accepts `--option=--` and sanitizes its messages.

    Attributes:
        page: what its help adds to the options; None for a hidden command.
        is_intermixed: whether options may stand between the arguments.

    """

    page: CommandHelp | None = None
    is_intermixed = False

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"formatter_class": HelpFormatter, "add_help": False, **settings})
        self.register("action", None, _Store)
        self._positionals.title, self._optionals.title = _("Arguments"), _("Options")

    def parse_known_args(self, args: Iterable[str] | None = None, namespace: object = None) -> tuple[Any, list[str]]:
        """Parse `args`, and return what is left over. Parsing intermixed arguments calls this method again."""
        if not self.is_intermixed:
            return super().parse_known_args(args, namespace)
        self.is_intermixed = False  # a parser parses once
        return self.parse_known_intermixed_args(args, namespace)

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

    def __init__(self, top: Parser, words: Collection[str] | None) -> None:
        """Begin without commands.

        Args:
            top: the parser that the commands belong to.
            words: the words to parse. A command that is not among them needs no arguments. None: all are needed.

        """
        self.headings: dict[str, str] = {}
        self._words = words
        top.usage = f"{top.prog} [{_('OPTIONS')}] [{_('COMMAND')}]"
        self._heading = ""
        top.formatter_class = partial(HelpFormatter, headings=self.headings)
        self._subparsers: Subparsers = top.add_subparsers(
            dest="command",
            prog=top.prog,
            title=_(terms.COMMANDS),
            metavar=_("COMMAND"),
            parser_class=cast("type[Parser]", self._new_parser),
        )

    def _new_parser(self, *, prog: str, **settings: Any) -> Parser | _Unused:
        is_used = self._words is None or prog.rpartition(" ")[2] in self._words
        return Parser(prog=prog, **settings) if is_used else _Unused()

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


class _Unused:
    """Takes the place of the parser of a command that is not in the command line."""

    page: CommandHelp

    def add_argument(self, *_names: str, **_settings: Any) -> None:
        """Ignore an argument."""

    def add_group(self, *_names: str, **_settings: Any) -> _Unused:
        """Return a group that ignores its arguments, too."""
        return self

    add_argument_group = add_mutually_exclusive_group = add_group

    def set_defaults(self, **_defaults: Any) -> None:
        """Ignore default values."""

    def _check_help(self, _action: argparse.Action) -> None:
        """Accept any help: argparse checks that of a new parser from Python 3.14 on."""


class _Store(argparse.Action):
    """Stores the value of an argument, also `--option=--`, which argparse takes for the end of the options.

    Attributes:
        complete: read by shtab: the shell code that prints the values to offer. Missing without `completes`.

    """

    def __init__(self, *args: Any, completes: str | None = None, **settings: Any) -> None:
        """Make an action; `completes` is what a shell offers: one of `COMPLETION_VALUES`, or `files`."""
        super().__init__(*args, **settings)
        if self.choices is not None and self.metavar is None and not self.option_strings:
            self.metavar = "|".join(self.choices)  # argparse would name the attribute in its messages
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
    demo, hosts, seed = (argparse.SUPPRESS,) * 3 if is_subcommand else (False, 40, 7)
    about = _("use the built-in simulator; nothing real is touched")
    group.add_argument("--demo", action="store_true", default=demo, help=about)
    about, number = _("number of hosts in the demo (40)"), whole_number(0, MAX_HOSTS)
    group.add_argument("--demo-hosts", type=number, default=hosts, metavar="N", help=about)
    about = _("random seed of the demo fleet (7)")
    group.add_argument("--demo-seed", type=int, default=seed, metavar="N", help=about)


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
