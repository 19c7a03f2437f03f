"""Runs full garbage collections when the app is idle, and not in the middle of a layout.

A full collection takes tens of milliseconds with all modules and Textual's caches in memory, and by default starts
wherever an object is allocated. Objects of imported modules are permanent, so they are excluded.
"""

from __future__ import annotations

import gc
from typing import ClassVar, Final

_THRESHOLD_0: Final = 700
_THRESHOLD_1: Final = 10
_NEVER: Final = 1_000_000
"""The threshold of the oldest generation, so that Python itself never starts a full collection."""

COLLECTIONS_UNTIL_DUE: Final = 3
"""Collections of the middle generation after which a full one is due: freeing objects takes time as well."""


class GarbageCollector:
    """Starts full collections at suitable times.

    It does nothing unless the collector is disabled, as the command line does for a faster start.
    """

    _has_frozen_imports: ClassVar[bool] = False
    """Whether the modules imported after the first paint are excluded too. The collector is global."""

    def enable(self) -> None:
        """Exclude existing objects, and enable the collector."""
        if not gc.isenabled():
            gc.freeze()
            gc.set_threshold(_THRESHOLD_0, _THRESHOLD_1, _NEVER)
            gc.enable()

    def collect_if_due(self, *, is_idle: bool) -> None:
        """Run a full collection if enough has happened since the last one.

        Args:
            is_idle: whether nothing is open that will be closed. The first time, all existing objects are excluded
                from later collections, among them the HTTP library; with a screen open, those would be too many.

        """
        if gc.get_threshold()[2] != _NEVER or gc.get_count()[2] < COLLECTIONS_UNTIL_DUE:
            return
        gc.collect()
        if is_idle and not GarbageCollector._has_frozen_imports:
            GarbageCollector._has_frozen_imports = True
            gc.freeze()
