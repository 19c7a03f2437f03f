"""The annotations of the hosts of a profile: read with every refresh, edited by the user, and consulted before orders.

The monitor puts `AnnotationBook.annotations` into `FleetState.annotations`, and each annotation into its host
(`Host.annotation`). A screen or a command changes some with `await monitor.annotations.edit(changes)`; the next state
that the monitor publishes shows them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from datetime import datetime
from typing import Final

from xds_tui.api.errors import NotSent
from xds_tui.config.hosts_file import UNREADABLE, HostsFile
from xds_tui.config.hosts_toml import HostsFileContent
from xds_tui.config.toml_file import SettingsError
from xds_tui.domain import protection
from xds_tui.domain.annotations import (
    NO_ANNOTATION,
    NO_ANNOTATIONS,
    Annotation,
    AnnotationChange,
    Annotations,
    keep_known,
    protect,
)
from xds_tui.domain.protection import GUARDED_ACTIONS
from xds_tui.domain.records import Event, EventKind, Order
from xds_tui.fleet.updates import AnnotationsChanged, NoticeRaised, UpdateQueue
from xds_tui.i18n import N_
from xds_tui.system.threads import submit

READ_TIMEOUT: Final = 5.0
"""Seconds after which a file on a disk that does not respond is considered unreadable; hosts are still refreshed."""

NO_RESPONSE: Final = N_("the disk does not respond")


Report = Callable[[Annotations, SettingsError | None], None]


class AnnotationBook:
    """Holds the last valid content of a hosts file.

    Attributes:
        annotations: by host ID, with the rules applied; equal annotations keep their identity across readings.
        problem: why the file is not used, or a part of it; None if all of it is.
        is_known: whether the file has been read successfully, or does not exist.

    """

    def __init__(self, file: HostsFile, rules: Iterable[str] = ()) -> None:
        """Start empty.

        Args:
            file: where the annotations are.
            rules: the rules that protect hosts, as `annotations.parse_rule` returns them.

        """
        self._file = file
        self._rules = tuple(rules)
        self._reading: Future[HostsFileContent | None] | None = None
        self.annotations: Annotations = NO_ANNOTATIONS
        self.problem: SettingsError | None = None
        self.is_known = False
        self._report: Report = _ignore
        self._own_problems: tuple[SettingsError, ...] = ()

    def subscribe(self, report: Report) -> None:
        """Pass the annotations and the problem to `report` whenever they change."""
        self._report = report

    async def refresh(self) -> None:
        """Read the file if it has changed; if it cannot be read, keep what is known and set `problem`."""
        if self._reading is None:
            self._reading = submit(self._file.read)
        try:
            async with asyncio.timeout(READ_TIMEOUT):
                content = await asyncio.shield(asyncio.wrap_future(self._reading))
        except TimeoutError:
            self._set(self.annotations, SettingsError(UNREADABLE, f"{self._file.path}: {NO_RESPONSE}"))
            return
        except SettingsError as error:
            self._reading = None
            self._set(self.annotations, error)
            return
        self._reading = None
        self._take(content)

    async def obstacle(self, order: Order) -> NotSent | None:
        """Return why `order` must not be sent, because its host is protected or may be; None if it may be sent."""
        if order.action not in GUARDED_ACTIONS:
            return None
        await self.refresh()
        if not self.is_known:
            return NotSent(protection.UNKNOWN, self.problem.detail if self.problem else "")
        annotation = self.find(order.host_id)
        reason = protection.reason_against(order.action, annotation)
        return NotSent(reason, annotation.rule) if reason else None

    async def edit(self, changes: Mapping[str, AnnotationChange]) -> None:
        """Apply `changes`, by host ID, to the file, and read it again.

        Raises:
            AnnotationError: if one cannot be stored; nothing is changed then.
            SettingsError: if the file cannot be changed; nothing is changed then.

        """
        validated = {host_id: change.validated() for host_id, change in changes.items() if not change.is_empty}
        if validated:
            await asyncio.wrap_future(submit(lambda: self._file.edit(validated)))
        await self.refresh()

    async def forget(self, host_ids: Iterable[str]) -> None:
        """Remove all that is stored about these hosts; raises `SettingsError` as `edit`."""
        removed = tuple(host_ids)
        await asyncio.wrap_future(submit(lambda: self._file.forget(removed)))
        await self.refresh()

    def find(self, host_id: str | None) -> Annotation:
        """Return the annotation of a host, or `NO_ANNOTATION` if it has none."""
        return self.annotations.get(host_id or "", NO_ANNOTATION)

    def _take(self, content: HostsFileContent | None) -> None:
        self.is_known = True
        annotations = self.annotations
        if content is not None:
            self._own_problems = content.problems
            annotations = keep_known(protect(content.annotations, self._rules), annotations)
        self._set(annotations, next(iter(self._own_problems), None))

    def _set(self, annotations: Annotations, problem: SettingsError | None) -> None:
        if annotations is not self.annotations or str(problem) != str(self.problem):
            self.annotations, self.problem = annotations, problem
            self._report(annotations, problem)


def _ignore(_annotations: Annotations, _problem: SettingsError | None) -> None:
    """Do nothing with annotations that were read, in a command without a screen."""


def subscribed(book: AnnotationBook, updates: UpdateQueue, clock: Callable[[], datetime]) -> AnnotationBook:
    """Post what `book` reads, and once a notice of each problem of its file."""
    reported = ""

    def post(annotations: Annotations, problem: SettingsError | None) -> None:
        nonlocal reported
        updates.post(AnnotationsChanged(annotations, problem))
        if problem is not None and str(problem) != reported:
            summary, detail = problem.summary, problem.detail
            event = Event(at=clock(), kind=EventKind.ERROR, summary=summary, message=detail, alert=True)
            updates.post(NoticeRaised(event))
        reported = str(problem or "")

    book.subscribe(post)
    return book
