"""What is said when the program fails by a mistake of its own: where, and never with which values.

Textual prints the local variables of every frame, tokens and passwords among them.
"""

from __future__ import annotations

import platform
import traceback

from xds_tui import __version__
from xds_tui.i18n import _


def report(error: BaseException) -> str:
    """Return the kind of the error and the places it passed, without its message and without any value."""
    places = [
        f"  {frame.filename.rpartition('site-packages/')[2]}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    return "\n".join(
        (
            _("xds-tui stopped by a mistake of its own. Orders that were sent are looked for at the next start."),
            f"{type(error).__name__} · xds-tui {__version__} · Python {platform.python_version()}",
            *places,
            _("Please report these lines; they hold no secrets."),
        )
    )
