"""When the garbage collector looks through everything: between two things that are done, not in the midst of one.

A full collection takes as long as there are objects, tens of milliseconds with all the modules and all that Textual
remembers of what it drew. Left to itself it begins wherever something is allocated, in the longest layout as likely as
not. What has been imported stays for good, so it is set aside and not looked at again.
"""

from __future__ import annotations

import gc
import sys
from typing import Final

_YOUNG: Final = 700
_MIDDLE: Final = 10
_NEVER: Final = 1_000_000
"""Collections of the middle generation, after which one of everything would begin by itself."""

DUE: Final = 3
"""Collections of the middle generation after which one of everything is due: what was let go takes its time as well."""


class Collector:
    """Begins full collections, and keeps what stays out of them.

    The command line disabled Python's own for a quicker start. Where nobody did, as in tests, nothing is changed.
    """

    def __init__(self) -> None:
        self._modules = len(sys.modules)

    def begin(self) -> None:
        """Collect from now on; what there is now stays."""
        if not gc.isenabled():
            self._set_aside()
            gc.set_threshold(_YOUNG, _MIDDLE, _NEVER)
            gc.enable()

    def when_due(self, *, is_quiet: bool) -> None:
        """Look through everything, if enough has happened since the last time.

        Args:
            is_quiet: whether nothing is open that will be let go; only then is set aside what was imported meanwhile,
                for what is let go later would never be found.

        """
        if gc.get_threshold()[2] != _NEVER or gc.get_count()[2] < DUE:
            return
        gc.collect()
        if is_quiet and len(sys.modules) > self._modules:
            self._set_aside()

    def _set_aside(self) -> None:
        self._modules = len(sys.modules)
        gc.freeze()
