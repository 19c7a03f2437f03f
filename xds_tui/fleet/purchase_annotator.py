"""Give hosts what the user entered when they were ordered: name, tags, owner, note and protection."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from xds_tui.config.toml_file import SettingsError
from xds_tui.domain.annotations import NO_ANNOTATION, AnnotationError, initial_change
from xds_tui.domain.records import Order
from xds_tui.fleet.annotation_book import AnnotationBook
from xds_tui.store.problems import StoreError

if TYPE_CHECKING:
    from xds_tui.store.journal import Journal


MAX_AGE: Final = timedelta(days=7)
"""Older orders of earlier runs are left alone; the journal keeps its marks for longer."""


class PurchaseAnnotator:
    """Annotates the host of each order once, also if the host becomes known in a later run.

    The journal records for which orders that was done, so that what the user changes or removes later stays as it is.
    Until it has recorded that, a host is annotated again; then only what it lacks is added.
    """

    def __init__(self, journal: Journal, annotations: AnnotationBook, clock: Callable[[], datetime]) -> None:
        """Annotate the hosts of the orders in `journal`."""
        self._journal = journal
        self._annotations = annotations
        self._clock = clock
        self._done: set[str] = set()
        self._earlier: tuple[Order, ...] = ()

    def resume(self, orders: Iterable[Order]) -> None:
        """Add the orders of earlier runs."""
        oldest = self._clock() - MAX_AGE
        self._earlier = tuple(order for order in orders if _is_annotated(order) and order.created_at > oldest)

    async def annotate(self, orders: Iterable[Order]) -> None:
        """Annotate the hosts of these orders, and of those of earlier runs, as far as they are known.

        If the hosts file or the journal cannot be used, the next call tries again.
        """
        found = {order.id: order for order in (*self._earlier, *orders) if _is_annotated(order)}
        due = {f"annotated {order_id}": order for order_id, order in found.items() if order_id not in self._done}
        if not due:
            return
        try:
            earlier = await self._journal.reported(due)
            new = {order.host_id or "": order for key, order in due.items() if key not in earlier}
            if new:
                changes = {host_id: initial_change(order.annotation) for host_id, order in new.items()}
                await self._annotations.edit(changes)
                await self._journal.mark_reported(due, self._clock())
        except (StoreError, SettingsError, AnnotationError):
            return  # both are shown already
        self._done.update(order.id for order in due.values())
        self._earlier = ()


def _is_annotated(order: Order) -> bool:
    return bool(order.host_id) and order.quote is not None and order.annotation != NO_ANNOTATION
