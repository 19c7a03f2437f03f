"""`xds-tui manual`: a page of the manual, in a pager on a terminal."""

from __future__ import annotations

import sys

from xds_tui import i18n, manual
from xds_tui.cli import output
from xds_tui.i18n import _
from xds_tui.system.exit_codes import ExitCode


def show(topic: str | None) -> int:
    """Show a page, or without a topic the list of pages, and return the exit code."""
    language = i18n.chosen()
    if topic is None:
        output.write(
            _("Topics of the manual; show one with xds-tui manual TOPIC:") + "\n\n" + manual.contents(language)
        )
    elif sys.stdin.isatty() and sys.stdout.isatty():
        import pydoc  # slow to import

        pydoc.pager(manual.read_page(topic, language))
    else:
        output.write(manual.read_page(topic, language))
    return ExitCode.OK
