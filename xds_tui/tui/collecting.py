"""When the garbage collector looks through everything: between two things that are done, not in the midst of one.

A full collection takes as long as there are objects, tens of milliseconds with all that Textual remembers of what it
drew. Left to itself it begins wherever something is allocated, in the longest layout as likely as not.
"""

from __future__ import annotations

import gc
from typing import Final

_YOUNG: Final = 700
_MIDDLE: Final = 10
_NEVER: Final = 1_000_000
"""Collections of the middle generation, after which one of everything would begin by itself."""

DUE: Final = 3
"""Collections of the middle generation after which one of everything is due: what was let go takes its time as well."""


def begin() -> None:
    """Collect from now on; what there is now stays, and is not looked at again.

    The command line disabled the collector for a quicker start. Where nobody did, as in tests, nothing is changed.
    """
    if not gc.isenabled():
        gc.freeze()
        gc.set_threshold(_YOUNG, _MIDDLE, _NEVER)
        gc.enable()


def when_due() -> None:
    """Look through everything, if enough has happened since the last time."""
    if gc.get_threshold()[2] == _NEVER and gc.get_count()[2] >= DUE:
        gc.collect()
