"""The layout of `--help`, and what it adds to the options: examples, exit codes, variables and the manual's page.

The man page and the manual are made from the same data. Nothing but argparse is imported, so that `--help` is fast.
"""

from __future__ import annotations

import argparse
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from xds_tui.i18n import N_, _
from xds_tui.system.exit_codes import DESCRIPTIONS, ExitCode

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
_UNITS: Final = re.compile(rf" *(?:[{_WIDE}]|[^\s{_WIDE}]+)[，。；：！？、）》」]*")
"""A part of a line that is not broken: a word, or a wide letter with the punctuation that may not begin a line."""


def wrap(text: str, width: int) -> list[str]:
    """Break `text` into lines of at most `width` cells; an indented line keeps its indent and is not broken."""
    if text.startswith(" "):
        return [text]
    lines: list[str] = []
    line = ""
    for unit in _UNITS.findall(text):
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
