"""When the garbage collector looks through everything: between two things that are done, not in the midst of one.

A full collection takes as long as there are objects, tens of milliseconds with all the modules and all that Textual
remembers of what it drew. Left to itself it begins wherever something is allocated, in the longest layout as likely as
not. What has been imported stays for good, so it is set aside and not looked at again.
"""

from __future__ import annotations

import gc
from typing import ClassVar, Final

_YOUNG: Final = 700
_MIDDLE: Final = 10
_NEVER: Final = 1_000_000
"""Collections of the middle generation, after which one of everything would begin by itself."""

DUE: Final = 3
"""Collections of the middle generation after which one of everything is due: what was let go takes its time as well."""


class GarbageCollector:
    """Begins full collections, and keeps what stays out of them.

    The command line disabled Python's own for a quicker start. Where nobody did, as in tests, nothing is changed.
    """

    _is_settled: ClassVar[bool] = False
    """Whether what was imported after the first paint has been set aside, too: the collector is one of the process."""

    def begin(self) -> None:
        """Collect from now on; what there is now stays."""
        if not gc.isenabled():
            gc.freeze()
            gc.set_threshold(_YOUNG, _MIDDLE, _NEVER)
            gc.enable()

    def when_due(self, *, is_quiet: bool) -> None:
        """Look through everything, if enough has happened since the last time.

        Args:
            is_quiet: whether nothing is open that will be let go. What there is at the first time of that, HTTP library
                and all, is set aside for good; later it would be too much that is let go sooner or later.

        """
        if gc.get_threshold()[2] != _NEVER or gc.get_count()[2] < DUE:
            return
        gc.collect()
        if is_quiet and not GarbageCollector._is_settled:
            GarbageCollector._is_settled = True
            gc.freeze()
