"""Questions of commands, asked on the terminal; without one nothing is done unless `--yes` is given."""

from __future__ import annotations

import sys

from xds_tui.cli.output import CommandError, print_error
from xds_tui.domain.sanitize import clean
from xds_tui.i18n import N_, _
from xds_tui.system import standard_streams
from xds_tui.system.exit_codes import ExitCode
from xds_tui.text.prompts import Confirmation, Risk


def require(question: Confirmation) -> None:
    """Ask on the terminal.

    Raises:
        CommandError: if the answer is not yes, or if there is no terminal to ask on.

    """
    if not can_ask():
        raise CommandError(
            N_("There is no terminal to confirm at, so nothing was done; to confirm, add --yes"), code=ExitCode.USAGE
        )
    lines = [question.title, *(f"  {target}" for target in question.targets), question.note]
    print_error(lines)
    if question.tier is Risk.FINAL:
        is_confirmed = question.accepts(_answer(_("Type {word} to confirm: ").format(word=question.wanted)))
    else:
        is_confirmed = _answer(_("Continue? [y/N] ")).strip().lower() in ("y", "yes")
    if not is_confirmed:
        raise CommandError(N_("Not confirmed, so nothing was done"))


def can_ask() -> bool:
    """Return whether standard input and standard error are a terminal."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def _answer(prompt: str) -> str:
    standard_streams.complain(clean(prompt) + " ")
    return sys.stdin.readline()
