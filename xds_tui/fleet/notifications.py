"""Sends events to the user's channels in the background, so that a slow or broken channel delays nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from xds_tui.domain.notification import (
    Channel,
    ChannelKind,
    ChannelSecrets,
    Message,
    Notification,
    Outbox,
    QuietHours,
    keys_of,
)
from xds_tui.domain.records import Event, EventKind
from xds_tui.errors import AppError
from xds_tui.i18n import N_
from xds_tui.store.database import StoreError
from xds_tui.system import debug_log, processes
from xds_tui.system.debug_log import Word

if TYPE_CHECKING:
    from xds_tui.store.journal import Journal

COMMAND_TIMEOUT: Final = 10.0
"""Seconds for a command."""

QUIET_CHECK: Final = 30.0
"""Seconds between two looks at the clock during quiet hours, and between events that are not due yet."""

ReadSecrets = Callable[[str], Awaitable[ChannelSecrets | None]]
"""Returns what the keyring has of a channel by its name; raises `CredentialStoreError`."""

MISSING: Final = N_("The keyring does not have the address of the channel; add it again with `xds-tui notify add`")


class ChannelError(AppError):
    """A channel cannot be used."""


async def deliver(
    channel: Channel, notice: Notification, read_secrets: ReadSecrets, clock: Callable[[], datetime]
) -> None:
    """Send a notification to one channel.

    Raises:
        AppError: if the channel did not accept it, or its address cannot be read from the keyring.

    """
    from xds_tui.api import webhooks  # imports the HTTP library, which most runs do not need for this

    if channel.kind is ChannelKind.COMMAND:
        text = json.dumps(webhooks.generic_body(notice), ensure_ascii=False)
        if not await processes.run_with_input(channel.command, text, os.environ, COMMAND_TIMEOUT):
            raise ChannelError(N_("The command failed, or took too long"), channel.command[0])
        return
    secrets = await read_secrets(channel.name)
    if secrets is None:
        raise ChannelError(MISSING, channel.name)
    await webhooks.send(channel.kind, secrets, notice, clock())


class Notifications:
    """Sends the events of one account to all channels.

    Attributes:
        on_failure: called with an error event when a channel begins to fail.

    """

    def __init__(
        self,
        channels: Sequence[Channel],
        quiet: QuietHours | None,
        compose: Callable[[Message], Notification],
        read_secrets: ReadSecrets,
        journal: Journal,
        clock: Callable[[], datetime],
    ) -> None:
        """Prepare to send; no channel is used before there is an event.

        Args:
            channels: where to send.
            quiet: when not to send.
            compose: returns the words of a message.
            read_secrets: reads the address of a channel.
            journal: where two programs of the same account agree which of them sends an event.
            clock: the time, UTC.

        """
        self._channels = {channel.name: channel for channel in channels}
        self._boxes: dict[str, Outbox] = {channel.name: Outbox() for channel in channels}
        self._quiet = quiet
        self._compose = compose
        self._read_secrets = read_secrets
        self._journal = journal
        self._clock = clock
        self._incoming: list[Event] = []
        self._changed = asyncio.Event()
        self._turn = asyncio.Lock()
        self._working: asyncio.Task[None] | None = None
        self.on_failure: Callable[[Event], None] = lambda _event: None

    @property
    def pending(self) -> Mapping[str, Outbox]:
        """The outbox of each channel, by its name."""
        return self._boxes

    def add(self, events: Sequence[Event]) -> None:
        """Send `events`, oldest first, soon and in the background. Must be called in the running event loop."""
        notable = [event for event in events if event.alert or event.kind in _ALWAYS_NOTABLE]
        if not notable or not self._channels:
            return
        self._incoming += notable
        self._changed.set()
        if self._working is None or self._working.done():
            self._working = asyncio.get_running_loop().create_task(self._work())

    async def flush(self, max_wait: float) -> None:
        """Send what has been added without waiting for further events, for at most `max_wait` seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max_wait), self._turn:
                if self._working is not None:  # it waits: a message under way would be sent again after this
                    self._working.cancel()
                    self._working = None
                await self._accept()
                await self._send_all(is_last=True)

    async def _work(self) -> None:
        """Send until there is nothing left."""
        while True:
            self._changed.clear()
            async with self._turn:
                await self._accept()
                await self._send_all()
            times = [at for box in self._boxes.values() if (at := box.due_at()) is not None]
            if not times and not self._incoming:
                return
            if times:
                wait = (min(times) - self._clock()).total_seconds()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(QUIET_CHECK if wait <= 0 else min(wait, QUIET_CHECK)):
                        await self._changed.wait()

    async def _accept(self) -> None:
        """Put the new events that no other program has sent into the outboxes."""
        events, self._incoming = self._incoming, []
        if not events:
            return
        keys = {event: keys_of(event) for event in events if event.kind is not EventKind.RECOVERED}
        sent: frozenset[str] = frozenset()
        with contextlib.suppress(StoreError):  # rather twice than not at all
            sent = await self._journal.mark_reported([key for pair in keys.values() for key in pair], self._clock())
        new = [event for event in events if not any(key in sent for key in keys.get(event, ()))]
        self._boxes = {name: box.add(new, self._clock()) for name, box in self._boxes.items()}

    async def _send_all(self, *, is_last: bool = False) -> None:
        now = self._clock()
        if self._quiet is not None and self._quiet.contains(now.astimezone().time()):
            return
        await asyncio.gather(*(self._send(name, now, is_last=is_last) for name in self._channels))

    async def _send(self, name: str, now: datetime, *, is_last: bool) -> None:
        message = self._boxes[name].message(now, is_last=is_last)
        if message is None:
            return
        try:
            await deliver(self._channels[name], self._compose(message), self._read_secrets, self._clock)
        except AppError as error:
            self._report(name, error)
            self._boxes[name] = self._boxes[name].after(message, self._clock(), is_delivered=False)
        else:
            self._boxes[name] = self._boxes[name].after(message, self._clock(), is_delivered=True)

    def _report(self, name: str, error: AppError) -> None:
        """Report a channel that begins to fail, once."""
        debug_log.write("notification", channel=Word(name), summary=Word(error.summary), detail=Word(error.detail))
        if not self._boxes[name].failures:
            detail = f"{name}: {error.detail}" if error.detail else name
            self.on_failure(Event(at=self._clock(), kind=EventKind.ERROR, summary=error.summary, message=detail))


_ALWAYS_NOTABLE: Final = (EventKind.ERROR, EventKind.RECOVERED, EventKind.SIGNED_OUT)
