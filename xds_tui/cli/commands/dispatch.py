"""Which command does what with the options, and what its end means to a shell."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xds_tui.cli import output
from xds_tui.cli.output import OutputError, OutputFormat
from xds_tui.domain import filter_query
from xds_tui.domain.filter_query import Query, QueryError
from xds_tui.text import labels, messages

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from xds_tui.auth.keyring_store import KeyringStore
    from xds_tui.cli.services import CommandServices
    from xds_tui.config.settings import Settings

PROGRAM: Final = "xds-tui"


@dataclass(frozen=True, slots=True)
class Option:
    """One option of the parser."""

    flags: tuple[str, ...]
    about: str
    takes: bool
    """Whether a value follows."""
    values: tuple[str, ...]
    """The values there are; empty: any."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command, or the program itself (without a name)."""

    name: str
    about: str
    options: tuple[Option, ...]
    words: tuple[str, ...]
    """What may stand behind it that is no option."""


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """Return the script for `shell`, one of `arguments.SHELLS`."""
    return _SHELLS[shell](tuple(_commands(parser)))


def _commands(parser: argparse.ArgumentParser) -> Iterator[Command]:
    """The program, and then its commands."""
    under = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))  # noqa: SLF001 - argparse tells in no other way what it knows
    yield Command("", "", tuple(_options(parser)), tuple(under.choices))
    abouts = {choice.dest: choice.help or "" for choice in under._choices_actions}  # noqa: SLF001 - as above
    for name, command in under.choices.items():
        words = [
            str(word)
            for action in command._actions  # noqa: SLF001 - as above
            if not action.option_strings
            for word in action.choices or ()
        ]
        yield Command(name, abouts[name], tuple(_options(command)), tuple(words))


def _options(parser: argparse.ArgumentParser) -> Iterator[Option]:
    for action in parser._actions:  # noqa: SLF001 - as above
        if action.option_strings:
            values = tuple(str(value) for value in action.choices or ())
            yield Option(tuple(action.option_strings), action.help or "", action.nargs != 0, values)


# bash


def _bash(commands: tuple[Command, ...]) -> str:
    top = commands[0]
    taking = " ".join(flag for flag in _flags(top) if _takes(top, flag))
    options = [option for option in _all_options(commands) if option.takes]
    free = "|".join(flag for option in options if not option.values for flag in option.flags)
    values = [
        f"    {'|'.join(option.flags)}) COMPREPLY=($(compgen -W '{' '.join(option.values)}' -- \"$word\")); return ;;"
        for option in options
        if option.values
    ]
    offers = [
        f"    {_quoted(command.name)}) words='{' '.join((*command.words, *_flags(command)))}' ;;"
        for command in commands
    ]
    return f"""\
# bash completion for {PROGRAM}: eval "$({PROGRAM} completion bash)"
_xds_tui() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} command= words= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case " {taking} " in *" ${{COMP_WORDS[i]}} "*) ((i++)); continue ;; esac
    if [[ ${{COMP_WORDS[i]}} != -* ]]; then command=${{COMP_WORDS[i]}}; break; fi
  done
  case $before in
    {free}) return ;;
{chr(10).join(values)}
  esac
  case $command in
{chr(10).join(offers)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -F _xds_tui {PROGRAM}
"""


# zsh


def _zsh(commands: tuple[Command, ...]) -> str:
    top, *others = commands
    named = "\n".join(f"      {_quoted(f'{_colons(each.name)}:{each.about}')}" for each in others)
    cases = "\n".join(
        f"      {each.name}) _arguments {_zsh_options(each)}"
        + (f" {_quoted('1: :(' + ' '.join(each.words) + ')')}" if each.words else "")
        + " ;;"
        for each in others
    )
    return f"""\
#compdef {PROGRAM}
# zsh completion for {PROGRAM}: eval "$({PROGRAM} completion zsh)", or a file _xds-tui in $fpath
_xds_tui() {{
  local context state state_descr line
  typeset -A opt_args
  local -a commands
  _arguments -C {_zsh_options(top)} '1: :->command' '*:: :->rest'
  case $state in
    command)
      commands=(
{named}
      )
      _describe command commands ;;
    rest)
      case $line[1] in
{cases}
      esac ;;
  esac
}}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _xds_tui "$@"; else compdef _xds_tui {PROGRAM}; fi
"""


def _zsh_options(command: Command) -> str:
    return " ".join(_quoted(spec) for option in command.options for spec in _zsh_specs(option))


def _zsh_specs(option: Option) -> Iterator[str]:
    about = option.about.replace("[", "(").replace("]", ")").replace(":", r"\:")
    value = f": :({' '.join(option.values)})" if option.values else ": : " if option.takes else ""
    for flag in option.flags:
        yield f"{flag}[{about}]{value}"


def _colons(text: str) -> str:
    return text.replace(":", r"\:")


# fish


def _fish(commands: tuple[Command, ...]) -> str:
    top, *others = commands
    lines = [f"# fish completion for {PROGRAM}: {PROGRAM} completion fish | source", f"complete -c {PROGRAM} -f"]
    lines += [_fish_option(option, "__fish_use_subcommand") for option in top.options]
    for command in others:
        seen = f"__fish_seen_subcommand_from {command.name}"
        lines.append(
            f"complete -c {PROGRAM} -n __fish_use_subcommand -a {command.name} -d {_fish_quoted(command.about)}"
        )
        lines += [_fish_option(option, seen) for option in command.options]
        if command.words:
            lines.append(f"complete -c {PROGRAM} -n {_fish_quoted(seen)} -a {_fish_quoted(' '.join(command.words))}")
    return "\n".join(lines) + "\n"


def _fish_option(option: Option, where: str) -> str:
    names = " ".join(f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in option.flags)
    takes = " -x" if option.takes else ""
    values = f" -a {_fish_quoted(' '.join(option.values))}" if option.values else ""
    return f"complete -c {PROGRAM} -n {_fish_quoted(where)} {names}{takes}{values} -d {_fish_quoted(option.about)}"


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


# All


def _all_options(commands: tuple[Command, ...]) -> tuple[Option, ...]:
    """Every option once; one that several commands have means the same in each."""
    return tuple({option.flags: option for command in commands for option in command.options}.values())


def _flags(command: Command) -> tuple[str, ...]:
    return tuple(flag for option in command.options for flag in option.flags)


def _takes(command: Command, flag: str) -> bool:
    return any(option.takes and flag in option.flags for option in command.options)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


_SHELLS: Final[dict[str, Callable[[tuple[Command, ...]], str]]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}


@dataclass(frozen=True, slots=True)
class CommandBuilder:
    """What `cli` builds for a command, when that asks for it."""

    parts: Callable[[], CommandServices]
    vault: Callable[[], KeyringStore]
    parser: Callable[[], argparse.ArgumentParser]
    state_dir: Callable[[], Path]


def run(options: argparse.Namespace, settings: Settings, building: CommandBuilder) -> int:
    """Run the command that `options` name, and return the exit code."""
    try:
        return _COMMANDS[options.command](options, settings, building)
    except QueryError as error:
        labels.print_error([labels.query_error(error)])
        return labels.USAGE
    except OutputError as error:
        return end(error)


def end(error: OutputError) -> int:
    """Say why standard output could not be written, and return the exit code."""
    if error.is_left:
        return 0  # whoever read it has had enough
    labels.print_error([messages.with_detail(error.summary, error.detail)])
    return labels.FAILURE


def _hosts(options: argparse.Namespace, settings: Settings, building: CommandBuilder) -> int:
    wanted = filter_query.parse(options.filter)
    from xds_tui.cli.commands import listing

    return listing.hosts(building.parts(), _form(options), wanted, interval=_interval(options, settings))


def _catalog(options: argparse.Namespace, settings: Settings, building: CommandBuilder) -> int:
    from xds_tui.domain import row_filter

    wanted = _query(options, row_filter.IMAGES if options.images else row_filter.PACKAGES)
    from xds_tui.cli.commands import listing

    interval = _interval(options, settings)
    return listing.catalog(building.parts(), _form(options), wanted, images=options.images, interval=interval)


def _events(options: argparse.Namespace, settings: Settings, building: CommandBuilder) -> int:
    from xds_tui.cli.commands import history
    from xds_tui.domain import row_filter

    wanted, interval = _query(options, row_filter.EVENTS), _interval(options, settings)
    return history.events(building.parts(), _form(options), wanted, last=options.last, interval=interval)


def _orders(options: argparse.Namespace, settings: Settings, building: CommandBuilder) -> int:
    from xds_tui.cli.commands import history
    from xds_tui.domain import row_filter

    wanted, interval = _query(options, row_filter.ORDERS), _interval(options, settings)
    return history.orders(building.parts(), _form(options), wanted, last=options.last, interval=interval)


def _login(options: argparse.Namespace, settings: Settings, building: CommandBuilder) -> int:
    from xds_tui.cli.commands import login

    return login.login(building.parts())


def _logout(options: argparse.Namespace, settings: Settings, building: CommandBuilder) -> int:
    from xds_tui.cli.commands import login

    return login.logout(building.vault(), settings.profile, settings.credentials_source)


def _doctor(options: argparse.Namespace, settings: Settings, building: CommandBuilder) -> int:
    from xds_tui.cli.doctor import clipboard, report

    if options.clipboard:
        return clipboard.try_it()
    return report.examine(settings, building.vault(), building.state_dir(), as_json=options.json)


def _completion(options: argparse.Namespace, settings: Settings, building: CommandBuilder) -> int:

    output.write(script(building.parser(), options.shell))
    return 0


_COMMANDS: Final[Mapping[str, Callable[[argparse.Namespace, Settings, CommandBuilder], int]]] = {
    "hosts": _hosts,
    "catalog": _catalog,
    "events": _events,
    "orders": _orders,
    "login": _login,
    "logout": _logout,
    "doctor": _doctor,
    "completion": _completion,
}


def _query(options: argparse.Namespace, fields: Mapping[str, tuple[str, ...]]) -> Query:
    from xds_tui.domain import row_filter

    wanted = filter_query.parse(options.filter)
    row_filter.check(wanted, fields)
    return wanted


def _form(options: argparse.Namespace) -> OutputFormat:
    return OutputFormat.JSON if options.json else OutputFormat.CSV if options.csv else OutputFormat.TABLE


def _interval(options: argparse.Namespace, settings: Settings) -> float | None:
    return settings.interval if options.watch else None
